//! Tasks that ask.

use serde_json::{Value, json};

use super::{able, ada, begun, get, host_of, named, on_every_binding, related, stage, text, until};
use crate::support::{Binding, D, E, Partner, Way};

mod legacy {
    use super::*;

    on_every_binding! { D:
        are_asked_where_the_result_is_waited_for
        can_be_told_no
        ask_again_whoever_waits_later
        ask_nobody_who_cannot_answer
    }
}

mod extension {
    use super::*;

    on_every_binding! { E:
        are_answered_by_an_update
        take_answers_one_by_one
        do_not_take_what_is_no_answer
        ask_nobody_who_cannot_answer
    }
}

/// TKD-4, TKD-7, TKD-8, TKD-11: we leave it at a plain question.
fn are_asked_where_the_result_is_waited_for(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_asks", json!({}));
    let found = until(&mut client, &id, "input_required");
    assert_eq!(found.get("inputRequests"), None);
    let waiting = client.start("tasks/result", named(&id));
    let question = client.question();
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(question["params"]["_meta"], related(&id));
    assert_eq!(question["params"].get("task"), None);
    assert_eq!(
        question["params"]["requestedSchema"]["required"],
        json!(["name"])
    );
    // TKD-5: there is no result yet.
    assert_eq!(get(&mut client, &id)["status"], "input_required");
    client.respond(&question, &ada());
    let end = client.answer(waiting);
    assert_eq!(text(&end["result"]), "Hello, Ada!");
    assert_eq!(end["result"]["_meta"], related(&id));
    assert_eq!(get(&mut client, &id)["status"], "completed");
}

/// ELI-7, TKD-6.
fn can_be_told_no(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_asks", json!({}));
    let waiting = client.start("tasks/result", named(&id));
    let question = client.question();
    client.respond(&question, &json!({ "action": "decline" }));
    assert_eq!(client.answer(waiting)["result"]["isError"], true);
    assert_eq!(get(&mut client, &id)["status"], "failed");
}

/// TKD-8: a client may stop waiting, which ends its wait and not the task.
fn ask_again_whoever_waits_later(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_asks", json!({}));
    let given_up = client.start("tasks/result", named(&id));
    let first = client.question();
    client.notify("notifications/cancelled", &json!({ "requestId": given_up }));
    // Without a connection of its own, that goes to whoever listens to what belongs to
    // no request.
    if way.binding != Binding::Streamable {
        let taken_back = client.notification();
        assert_eq!(taken_back["params"]["requestId"], first["id"]);
    }
    assert_eq!(get(&mut client, &id)["status"], "input_required");
    let waiting = client.start("tasks/result", named(&id));
    let second = client.question();
    assert_ne!(first["id"], second["id"]);
    // Nobody waits for this any more.
    client.respond(&first, &json!({ "action": "cancel" }));
    client.respond(&second, &ada());
    assert_eq!(text(&client.answer(waiting)["result"]), "Hello, Ada!");
}

/// TKE-5, TKE-6.
fn are_answered_by_an_update(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_asks", json!({}));
    let found = until(&mut client, &id, "input_required");
    let question = &found["inputRequests"]["name"];
    assert_eq!(question["method"], "elicitation/create");
    // MRT-2: it is no message.
    assert!(question.get("id").is_none() && question.get("jsonrpc").is_none());
    assert_eq!(keys(&found), ["name"]);
    assert!(found.get("result").is_none());
    // What was not asked is ignored.
    update(&mut client, &id, json!({ "colour": ada() }));
    assert_eq!(get(&mut client, &id), found);
    update(&mut client, &id, json!({ "name": ada(), "colour": ada() }));
    let ended = until(&mut client, &id, "completed");
    assert_eq!(text(&ended["result"]), "Hello, Ada!");
    assert!(ended.get("inputRequests").is_none());
    // So is what was answered already.
    update(&mut client, &id, json!({ "name": ada() }));
    assert_eq!(get(&mut client, &id), ended);
}

/// TKE-6.
fn take_answers_one_by_one(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_asks_all", json!({}));
    let found = until(&mut client, &id, "input_required");
    assert_eq!(keys(&found), ["colour", "name"]);
    update(&mut client, &id, json!({ "name": ada() }));
    let found = get(&mut client, &id);
    assert_eq!(found["status"], "input_required");
    assert_eq!(keys(&found), ["colour"]);
    // The first answer stands.
    let eve = json!({ "action": "accept", "content": { "name": "Eve" } });
    let blue = json!({ "action": "accept", "content": { "colour": "blue" } });
    update(&mut client, &id, json!({ "name": eve, "colour": blue }));
    let ended = until(&mut client, &id, "completed");
    assert_eq!(text(&ended["result"]), "Ada likes blue");
}

/// MRT-7, TKE-6: the question stays.
fn do_not_take_what_is_no_answer(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_asks", json!({}));
    let found = until(&mut client, &id, "input_required");
    let filled = |content: Value| json!({ "name": { "action": "accept", "content": content } });
    for responses in [
        json!({ "name": {} }),
        json!({ "name": "Ada" }),
        json!({ "name": { "action": "perhaps" } }),
        json!({ "name": { "roots": [] } }),
        filled(json!({ "name": 7 })),
        filled(json!({})),
        json!([]),
        json!("name"),
    ] {
        let params = json!({ "taskId": &id, "inputResponses": &responses });
        let error = client.error("tasks/update", params);
        assert_eq!(error["code"], -32602, "{responses}");
        assert_eq!(get(&mut client, &id), found, "{responses}");
    }
    assert_eq!(client.error("tasks/update", named(&id))["code"], -32602);
    update(&mut client, &id, json!({ "name": { "action": "cancel" } }));
    let ended = until(&mut client, &id, "completed");
    assert_eq!(ended["result"]["isError"], true);
}

/// S2C-1, MRT-3: what the client has declared is what counts.
fn ask_nobody_who_cannot_answer(way: Way) {
    let mut able = able(way);
    able.as_object_mut().unwrap().remove("elicitation");
    let mut host = host_of(way);
    let client = &mut Partner::connect(&mut host, way, able);
    let id = begun(client, "task_asks", json!({}));
    let result = if client.way.is_modern() {
        until(client, &id, "completed")["result"].take()
    } else {
        client.result("tasks/result", named(&id))
    };
    assert_eq!(result["isError"], true);
    let needed = "this needs a client that can be asked for";
    assert!(text(&result).starts_with(needed), "{result}");
}

#[track_caller]
fn update(client: &mut Partner, task: &str, responses: Value) {
    let mut params = named(task);
    params["inputResponses"] = responses;
    let noted = client.result("tasks/update", params);
    assert_eq!(noted["resultType"], "complete");
    assert_eq!(noted.get("status"), None);
}

/// The keys of what is being asked.
fn keys(task: &Value) -> Vec<&str> {
    let asked = task["inputRequests"].as_object().expect("questions");
    asked.keys().map(|key| &**key).collect()
}
