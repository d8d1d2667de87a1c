//! The form that is a part of 2025-11-25 (§23.1).

use serde_json::{Value, json};
use wharf_fixtures::HELLO;

use super::{HOUR, begin, begun, get, id, named, on_every_binding, related, stage, text, until};
use crate::support::{Binding, D, Host, Partner, Way};

on_every_binding! { D:
    is_advertised
    is_found_at_once_and_ends_with_a_result
    is_told_of_progress_under_the_same_token
    a_failure_of_the_tool_is_a_failed_task
    a_breakdown_is_the_answer_to_the_request_for_the_result
    can_be_given_up
    whoever_waits_hears_that_it_was_given_up
    cannot_be_given_up_when_it_has_ended
    those_that_do_not_exist_are_invalid_params
}

/// TKD-1, TKD-10: nobody in particular cannot list tasks.
fn is_advertised(way: Way) {
    let (_host, mut client) = stage(way);
    let expected = json!({ "cancel": {}, "requests": { "tools": { "call": {} } } });
    assert_eq!(client.hello["capabilities"]["tasks"], expected);
    let listed = client.result("tools/list", json!({}));
    let support = |tool: &str| {
        let tools = listed["tools"].as_array().unwrap();
        let found = tools.iter().find(|listed| listed["name"] == tool);
        found.expect("it is listed")["execution"]["taskSupport"].clone()
    };
    assert_eq!(support("task_steps"), "optional");
    assert_eq!(support("full"), "optional");
    assert_eq!(support("task_required"), "required");
    assert!([Value::Null, json!("forbidden")].contains(&support("content")));
}

/// TKD-1: where there is nothing that could become one, nothing is said of tasks.
#[test]
fn is_not_advertised_without_need() {
    let way = Way::STDIO;
    let mut host = Host::serve(&["--stdio", HELLO]);
    let mut client = Partner::connect(&mut host, way, json!({}));
    assert_eq!(client.hello["capabilities"].get("tasks"), None);
    // TKD-2: and a wish for one is ignored.
    let result = client.call("greet", json!({ "name": "Ada" }), json!({ "task": {} }));
    assert_eq!(text(&result), "Hello, Ada!");
    assert_eq!(
        client.error("tasks/get", named("x"))["code"],
        -32601,
        "there is no such method"
    );
}

/// TKD-3, TKD-4, TKD-5, TKD-7.
fn is_found_at_once_and_ends_with_a_result(way: Way) {
    let (_host, mut client) = stage(way);
    let steps = json!({ "n": 2, "delay_ms": 20 });
    let task = begin(&mut client, "task_steps", steps);
    let members: Vec<&str> = task.as_object().unwrap().keys().map(|key| &**key).collect();
    let mut expected = [
        "taskId",
        "status",
        "createdAt",
        "lastUpdatedAt",
        "ttl",
        "pollInterval",
    ];
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!(task["status"], "working");
    assert_eq!(task["createdAt"], task["lastUpdatedAt"]);
    assert_eq!(task["ttl"], HOUR);
    assert!(task["pollInterval"].as_u64().unwrap() > 0);
    let id = id(&task);
    let found = get(&mut client, &id);
    for member in ["taskId", "createdAt", "ttl", "pollInterval"] {
        assert_eq!(found[member], task[member]);
    }
    let end = client.result("tasks/result", named(&id));
    assert_eq!(text(&end), "2 steps");
    assert_eq!(end["_meta"], related(&id));
    let found = get(&mut client, &id);
    assert_eq!(found["status"], "completed");
    assert!(found.get("content").is_none() && found.get("result").is_none());
    // As often as it is asked for.
    assert_eq!(client.result("tasks/result", named(&id)), end);
    // It is what a plain call would have been answered.
    let mut plain = client.call("task_steps", json!({ "n": 2 }), json!({}));
    plain["_meta"] = related(&id);
    assert_eq!(end, plain);
}

/// PRG-4, TKD-7. It goes where somebody waits: on the channel itself, or on the
/// response to the request for the result.
fn is_told_of_progress_under_the_same_token(way: Way) {
    let (_host, mut client) = stage(way);
    let forever = json!({ "n": 1_000_000, "delay_ms": 10 });
    let wish = json!({ "task": {}, "_meta": { "progressToken": "steps" } });
    let id = id(&client.call("task_steps", forever, wish)["task"]);
    let waiting =
        (way.binding == Binding::Streamable).then(|| client.start("tasks/result", named(&id)));
    let mut last = 0.0;
    for _ in 0..3 {
        let said = client.notification();
        assert_eq!(said["method"], "notifications/progress");
        let params = &said["params"];
        assert_eq!(params["progressToken"], "steps");
        assert_eq!(params["_meta"], related(&id));
        let progress = params["progress"].as_f64().unwrap();
        assert!(last < progress, "{last} is followed by {progress}");
        last = progress;
    }
    client.result("tasks/cancel", named(&id));
    if let Some(waiting) = waiting {
        assert!(client.answer(waiting)["error"].is_object());
    }
}

/// PRG-4: to stop waiting for the result is not to stop listening.
#[test]
fn is_told_of_progress_when_nobody_waits_any_more() {
    let (_host, mut client) = stage(Way::WEBSOCKET);
    let forever = json!({ "n": 1_000_000, "delay_ms": 10 });
    let wish = json!({ "task": {}, "_meta": { "progressToken": "steps" } });
    let id = id(&client.call("task_steps", forever, wish)["task"]);
    let waiting = client.start("tasks/result", named(&id));
    // By then it waits.
    for _ in 0..50 {
        get(&mut client, &id);
    }
    client.notify("notifications/cancelled", &json!({ "requestId": waiting }));
    // The cancellation has been read by the time there is an answer to this.
    get(&mut client, &id);
    for _ in 0..=client.unasked().len() {
        assert_eq!(client.notification()["method"], "notifications/progress");
    }
    client.result("tasks/cancel", named(&id));
}

/// TKD-6.
fn a_failure_of_the_tool_is_a_failed_task(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_fails", json!({}));
    until(&mut client, &id, "failed");
    let end = client.result("tasks/result", named(&id));
    assert_eq!(end["isError"], true);
    assert_eq!(text(&end), "this task always fails");
    assert_eq!(end["_meta"], related(&id));
}

/// TKD-5, TKD-6: exactly the error that a plain call would have had.
fn a_breakdown_is_the_answer_to_the_request_for_the_result(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_breaks", json!({}));
    let failed = until(&mut client, &id, "failed");
    let error = client.error("tasks/result", named(&id));
    let plain = client.error("tools/call", json!({ "name": "task_breaks" }));
    assert_eq!(error, plain);
    assert_eq!(error["code"], -32603);
    assert_eq!(failed["statusMessage"], error["message"]);
}

/// TKD-5: the answer says so already.
fn can_be_given_up(way: Way) {
    let (_host, mut client) = stage(way);
    let task = begin(
        &mut client,
        "task_steps",
        json!({ "n": 1, "delay_ms": HOUR }),
    );
    let id = id(&task);
    let cancelled = client.result("tasks/cancel", named(&id));
    assert_eq!(cancelled["status"], "cancelled");
    for member in ["taskId", "createdAt", "ttl"] {
        assert_eq!(cancelled[member], task[member]);
    }
    assert_eq!(get(&mut client, &id), cancelled);
    // TKD-4: and it stays that way.
    assert_eq!(client.error("tasks/cancel", named(&id))["code"], -32602);
    client.error("tasks/result", named(&id));
    assert_eq!(get(&mut client, &id), cancelled);
}

/// TKD-5.
fn whoever_waits_hears_that_it_was_given_up(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_asks", json!({}));
    let waiting = client.start("tasks/result", named(&id));
    let question = client.question();
    client.result("tasks/cancel", named(&id));
    let end = client.answer(waiting);
    let message = end["error"]["message"].as_str().unwrap();
    assert!(message.contains("cancelled"), "{message}");
    // CAN-3: and nobody has to answer any more. Without a connection of its own, that
    // goes to whoever listens to what belongs to no request.
    if way.binding == Binding::Streamable {
        return;
    }
    let cancelled = client.notification();
    assert_eq!(cancelled["method"], "notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], question["id"]);
}

/// TKD-5.
fn cannot_be_given_up_when_it_has_ended(way: Way) {
    let (_host, mut client) = stage(way);
    for (tool, status) in [("task_required", "completed"), ("task_fails", "failed")] {
        let id = begun(&mut client, tool, json!({}));
        let ended = until(&mut client, &id, status);
        assert_eq!(client.error("tasks/cancel", named(&id))["code"], -32602);
        assert_eq!(get(&mut client, &id), ended);
    }
}

/// TKD-9.
fn those_that_do_not_exist_are_invalid_params(way: Way) {
    let (_host, mut client) = stage(way);
    for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
        for unknown in ["", "x", "00000000000000000000000000000000"] {
            let (status, error) = client.refusal(method, named(unknown));
            assert_eq!(error["code"], -32602, "{method}");
            // SHL-10.
            assert!([None, Some(200)].contains(&status));
        }
        assert_eq!(client.error(method, json!({}))["code"], -32602);
        assert_eq!(client.error(method, json!({ "taskId": 1 }))["code"], -32602);
    }
    // What only the other form has.
    let update = json!({ "taskId": "x", "inputResponses": {} });
    assert_eq!(client.error("tasks/update", update)["code"], -32601);
}
