//! Who wants a task, who has to have one, and who cannot.

use serde_json::{Value, json};

use super::{able, begun, host, stage, text, until};
use crate::support::{A, B, Binding, C, D, E, Host, Partner, Way};

fn over_http() -> Host {
    host(&["--listen", "127.0.0.1:0"])
}

fn client(host: &Host, revision: &'static str) -> Partner {
    let way = Way::new(Binding::Streamable, revision);
    Partner::beside(host, way, able(way))
}

/// TKD-2.
#[test]
fn tools_that_do_not_become_tasks() {
    let host = over_http();
    let mut client = client(&host, D);
    let wish = |tool: &str| json!({ "name": tool, "arguments": {}, "task": {} });
    for tool in ["content", "put_off"] {
        let (status, error) = client.refusal("tools/call", wish(tool));
        assert_eq!(error["code"], -32601, "{tool}");
        assert_eq!(status, Some(200));
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(tool), "{message}");
    }
    // There is no such thing, with or without a task.
    assert_eq!(client.error("tools/call", wish("none"))["code"], -32602);
}

/// TKD-2.
#[test]
fn tools_that_are_nothing_but_tasks() {
    let host = over_http();
    let plain = json!({ "name": "task_required" });
    let mut newest = client(&host, D);
    let error = newest.error("tools/call", plain.clone());
    assert_eq!(error["code"], -32601);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("only as a task"), "{message}");
    let id = begun(&mut newest, "task_required", json!({}));
    until(&mut newest, &id, "completed");
    // DWN-10: those that know no tasks have no error for it, but a model that reads.
    for revision in [A, B, C] {
        let mut client = client(&host, revision);
        let result = client.result("tools/call", plain.clone());
        assert_eq!(result["isError"], true, "{revision}");
        assert!(text(&result).contains("only as a task"), "{result}");
    }
}

/// TKD-2, TKE-1: it means nothing where it is not a part of the protocol.
#[test]
fn wishes_that_are_not_heard() {
    let host = over_http();
    for revision in [A, B, C] {
        let mut client = client(&host, revision);
        for task in [json!({}), json!({ "ttl": 1 }), json!("nonsense")] {
            let result = client.call("task_steps", json!({ "n": 1 }), json!({ "task": task }));
            assert_eq!(text(&result), "1 steps", "{revision}");
        }
        for method in ["tasks/get", "tasks/list", "tasks/cancel", "tasks/result"] {
            let error = client.error(method, json!({ "taskId": "x" }));
            assert_eq!(error["code"], -32601, "{revision}: {method}");
        }
    }
    let mut client = client(&host, E);
    let wish = json!({ "task": { "ttl": 5 } });
    let result = client.call("full", json!({ "id": 1 }), wish.clone());
    assert_eq!(result["resultType"], "task", "it is optional");
    assert_eq!(result["ttlMs"], super::HOUR);
    let result = client.call("content", json!({}), wish);
    assert_eq!(result["resultType"], "complete", "it is forbidden");
}

/// TKD-2: a client that does not ask for a task does not get one.
#[test]
fn calls_without_a_wish() {
    let (_host, mut client) = stage(Way::STREAMABLE);
    for more in [json!({}), json!({ "_meta": {} })] {
        let result = client.call("task_steps", json!({ "n": 1 }), more);
        assert_eq!(text(&result), "1 steps");
    }
}

/// TKD-3: what cannot be understood is not taken for no wish at all.
#[test]
fn wishes_that_make_no_sense() {
    let (_host, mut client) = stage(Way::STDIO);
    for task in [
        json!(true),
        json!("yes"),
        json!([]),
        Value::Null,
        json!({ "ttl": "long" }),
        json!({ "ttl": -1 }),
    ] {
        let params = json!({ "name": "task_required", "task": task });
        assert_eq!(client.error("tools/call", params)["code"], -32602, "{task}");
    }
}

/// TOL-13: arguments are looked at as they are in a plain call, and the task ends
/// with what the model is to read.
#[test]
fn arguments_that_do_not_fit() {
    for way in [Way::STREAMABLE, Way::STREAMABLE_MODERN] {
        let (_host, mut client) = stage(way);
        let id = begun(&mut client, "task_steps", json!({ "n": "many" }));
        let ended = if way.is_modern() {
            until(&mut client, &id, "completed")["result"].take()
        } else {
            until(&mut client, &id, "failed");
            client.result("tasks/result", super::named(&id))
        };
        assert_eq!(ended["isError"], true);
        assert!(text(&ended).starts_with("Invalid arguments"), "{ended}");
    }
}
