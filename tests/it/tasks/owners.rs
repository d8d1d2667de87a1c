//! Whose tasks are whose. The kernel tells who is at the other end of a Unix
//! socket; whoever comes over the network is nobody in particular.

use serde_json::{Value, json};

use super::{able, begun, get, host, id, named, text, until};
use crate::support::{Binding, D, E, Host, Partner, Way};

fn both() -> Host {
    host(&["--listen", "unix:wharf.sock", "--listen", "127.0.0.1:0"])
}

fn client(host: &Host, binding: Binding, revision: &'static str) -> Partner {
    let way = Way::new(binding, revision);
    Partner::beside(host, way, able(way))
}

/// TKD-1, TKD-10: only those who are somebody can list what is theirs.
#[test]
fn who_can_list_tasks() {
    let host = both();
    let mut somebody = client(&host, Binding::Unix, D);
    assert_eq!(
        somebody.hello["capabilities"]["tasks"],
        json!({ "list": {}, "cancel": {}, "requests": { "tools": { "call": {} } } })
    );
    assert_eq!(
        somebody.result("tasks/list", json!({})),
        json!({ "tasks": [] })
    );
    let first = begun(&mut somebody, "task_required", json!({}));
    let second = begun(&mut somebody, "task_asks", json!({}));
    let first = until(&mut somebody, &first, "completed");
    let second = until(&mut somebody, &second, "input_required");
    let listed = somebody.result("tasks/list", json!({}));
    assert_eq!(listed, json!({ "tasks": [first, second] }));
    for cursor in [json!("x"), json!("t"), json!("t-1"), json!(1)] {
        let error = somebody.error("tasks/list", json!({ "cursor": cursor }));
        // TKD-9.
        assert_eq!(error["code"], -32602, "{cursor}");
    }
    let mut nobody = client(&host, Binding::Streamable, D);
    assert_eq!(nobody.hello["capabilities"]["tasks"].get("list"), None);
    assert_eq!(nobody.error("tasks/list", json!({}))["code"], -32601);
}

/// TKD-10, TKE-13: the tasks of others do not exist, in either direction and form.
#[test]
fn who_can_see_a_task() {
    let host = both();
    for revision in [D, E] {
        let mut somebody = client(&host, Binding::Unix, revision);
        let mut nobody = client(&host, Binding::Streamable, revision);
        let theirs = begun(&mut nobody, "task_asks", json!({}));
        let own = begun(&mut somebody, "task_asks", json!({}));
        until(&mut nobody, &theirs, "input_required");
        until(&mut somebody, &own, "input_required");
        cannot_touch(&mut somebody, &theirs);
        cannot_touch(&mut nobody, &own);
        // And nothing has happened to them.
        for (owner, id) in [(&mut nobody, &theirs), (&mut somebody, &own)] {
            assert_eq!(get(owner, id)["status"], "input_required");
        }
    }
    let mut somebody = client(&host, Binding::Unix, D);
    let listed = somebody.result("tasks/list", json!({}));
    assert_eq!(listed["tasks"].as_array().unwrap().len(), 2);
}

/// The answer is that of a task that is not there at all.
#[track_caller]
fn cannot_touch(client: &mut Partner, foreign: &str) {
    let methods = if client.way.is_modern() {
        ["tasks/get", "tasks/update", "tasks/cancel"]
    } else {
        ["tasks/get", "tasks/result", "tasks/cancel"]
    };
    for method in methods {
        let about = |id: &str| json!({ "taskId": id, "inputResponses": {} });
        let none = "0".repeat(32);
        let unknown = client.error(method, about(&none));
        let error = client.error(method, about(foreign));
        assert_eq!(error["code"], -32602, "{method}");
        let said = error.to_string().replace(foreign, &none);
        assert_eq!(said, unknown.to_string(), "{method}");
    }
}

/// TKD-10, TKE-13: identifiers are all that nobody has.
#[test]
fn identifiers_are_not_to_be_guessed() {
    let host = both();
    let mut client = client(&host, Binding::Streamable, E);
    let mut ids: Vec<String> = (0..20)
        .map(|_| begun(&mut client, "task_required", json!({})))
        .collect();
    for id in &ids {
        assert!(id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    // None is a neighbour of another.
    let start = |id: &String| id[..8].to_owned();
    let starts: std::collections::BTreeSet<String> = ids.iter().map(start).collect();
    assert_eq!(starts.len(), 20);
}

/// TKE-14: in the words of whoever looks.
#[test]
fn one_form_of_a_task_can_be_seen_in_the_other() {
    let host = both();
    let mut older = client(&host, Binding::Unix, D);
    let mut newer = client(&host, Binding::Unix, E);
    let begun_older = begun(&mut older, "task_fails", json!({}));
    let seen = until(&mut newer, &begun_older, "completed");
    assert_eq!(seen["result"]["isError"], true);
    assert_eq!(seen.get("ttl"), None);
    assert_eq!(get(&mut older, &begun_older)["status"], "failed");
    let begun_newer = begun(&mut newer, "task_asks", json!({}));
    let seen = until(&mut older, &begun_newer, "input_required");
    assert_eq!(seen.get("ttlMs"), None);
    assert_eq!(seen.get("inputRequests"), None);
    assert_eq!(seen.get("resultType"), None);
    // Either may answer.
    let waiting = older.start("tasks/result", named(&begun_newer));
    let question = older.question();
    older.respond(&question, &super::ada());
    assert_eq!(text(&older.answer(waiting)["result"]), "Hello, Ada!");
    let listed: Vec<String> = older.result("tasks/list", json!({}))["tasks"]
        .as_array()
        .map(|tasks| tasks.iter().map(id).collect())
        .unwrap();
    assert_eq!(listed, [begun_older, begun_newer]);
}

/// TKD-8, TKE-6, TKE-14: a question is taken back when it has its answer elsewhere.
#[test]
fn a_question_that_somebody_else_answers() {
    let host = both();
    let mut older = client(&host, Binding::Unix, D);
    let mut newer = client(&host, Binding::Unix, E);
    let id = begun(&mut older, "task_asks", json!({}));
    let waiting = older.start("tasks/result", named(&id));
    let question = older.question();
    let responses = json!({ "taskId": &id, "inputResponses": { "name": super::ada() } });
    newer.result("tasks/update", responses);
    let taken_back = older.notification();
    assert_eq!(taken_back["method"], "notifications/cancelled");
    assert_eq!(taken_back["params"]["requestId"], question["id"]);
    assert_eq!(text(&older.answer(waiting)["result"]), "Hello, Ada!");
    assert_eq!(older.unasked(), Vec::<&Value>::new());
}

/// TKD-7, PRG-4: what a task says is said to the client that began it, not to
/// another one that looks at it.
#[test]
fn progress_is_nobody_elses() {
    let host = both();
    let mut newer = client(&host, Binding::Unix, E);
    let mut older = client(&host, Binding::Unix, D);
    let wish = json!({ "_meta": { "progressToken": "newer" } });
    let steps = json!({ "n": 30, "delay_ms": 10 });
    let id = id(&newer.call("task_steps", steps, wish));
    let end = older.result("tasks/result", named(&id));
    assert_eq!(text(&end), "30 steps");
    assert_eq!(older.unasked(), Vec::<&Value>::new());
}
