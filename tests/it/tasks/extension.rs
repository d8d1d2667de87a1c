//! The extension of 2026-07-28 (§23.2).

use serde_json::{Value, json};
use wharf_fixtures::HELLO;

use super::{
    HOUR, TASKS, able, begin, begun, get, id, named, on_every_binding, stage, text, until,
};
use crate::support::{Binding, E, Host, Modern, Partner, Way};

on_every_binding! { E:
    is_advertised
    is_found_at_once_and_ends_with_a_result
    says_nothing_meanwhile
    a_failure_of_the_tool_is_a_completed_task
    a_breakdown_is_a_failed_task
    can_be_given_up_at_any_time
    those_that_do_not_exist_are_invalid_params
    is_nothing_for_clients_that_do_not_declare_it
    has_no_methods_of_the_older_form
}

/// TKE-1.
fn is_advertised(way: Way) {
    let (_host, mut client) = stage(way);
    let capabilities = &client.hello["capabilities"];
    assert_eq!(capabilities["extensions"], json!({ TASKS: {} }));
    assert_eq!(capabilities.get("tasks"), None);
    // TKD-1: the hint belongs to the other form.
    let listed = client.result("tools/list", json!({}));
    let tools = listed["tools"].as_array().unwrap();
    assert!(tools.iter().all(|tool| tool.get("execution").is_none()));
}

/// TKE-1.
#[test]
fn is_not_advertised_without_need() {
    let mut host = Host::serve(&["--stdio", HELLO]);
    let way = Way::STDIO_MODERN;
    let mut client = Partner::connect(&mut host, way, able(way));
    assert_eq!(client.hello["capabilities"].get("extensions"), None);
    assert_eq!(client.error("tasks/get", named("x"))["code"], -32601);
}

/// TKE-3, TKE-4, TKE-5.
fn is_found_at_once_and_ends_with_a_result(way: Way) {
    let (_host, mut client) = stage(way);
    let task = begin(&mut client, "task_steps", json!({ "n": 2, "delay_ms": 20 }));
    let members: Vec<&str> = task.as_object().unwrap().keys().map(|key| &**key).collect();
    let mut expected = [
        "resultType",
        "taskId",
        "status",
        "createdAt",
        "lastUpdatedAt",
        "ttlMs",
        "pollIntervalMs",
        "_meta",
    ];
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!(task["status"], "working");
    assert_eq!(task["ttlMs"], HOUR);
    assert!(task["pollIntervalMs"].as_u64().unwrap() > 0);
    let id = id(&task);
    let found = get(&mut client, &id);
    assert_eq!(found["resultType"], "complete");
    for member in ["taskId", "createdAt", "ttlMs", "pollIntervalMs"] {
        assert_eq!(found[member], task[member]);
    }
    let ended = until(&mut client, &id, "completed");
    assert_eq!(ended["result"]["resultType"], "complete");
    assert_eq!(text(&ended["result"]), "2 steps");
    assert!(ended.get("error").is_none() && ended.get("inputRequests").is_none());
    // Looking changes nothing.
    assert_eq!(get(&mut client, &id), ended);
}

/// TKE-10, PRG-4.
fn says_nothing_meanwhile(way: Way) {
    let (_host, mut client) = stage(way);
    let wishes = json!({ "_meta": {
        "progressToken": "steps",
        "io.modelcontextprotocol/logLevel": "debug",
    }});
    let task = client.call("task_steps", json!({ "n": 20 }), wishes);
    until(&mut client, &id(&task), "completed");
    assert_eq!(client.unasked(), Vec::<&Value>::new());
}

/// TKE-8: the task has done what it was there for.
fn a_failure_of_the_tool_is_a_completed_task(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_fails", json!({}));
    let ended = until(&mut client, &id, "completed");
    assert_eq!(ended["result"]["isError"], true);
    assert_eq!(text(&ended["result"]), "this task always fails");
}

/// TKE-8: the error is that of a plain call.
fn a_breakdown_is_a_failed_task(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_breaks", json!({}));
    let ended = until(&mut client, &id, "failed");
    assert!(ended.get("result").is_none());
    client.declares(json!({}));
    let plain = client.error("tools/call", json!({ "name": "task_breaks" }));
    assert_eq!(ended["error"], plain);
    assert_eq!(ended["statusMessage"], plain["message"]);
}

/// TKE-7: noted, whether it runs or has ended.
fn can_be_given_up_at_any_time(way: Way) {
    let (_host, mut client) = stage(way);
    let running = begun(
        &mut client,
        "task_steps",
        json!({ "n": 1, "delay_ms": HOUR }),
    );
    let ended = begun(&mut client, "task_required", json!({}));
    until(&mut client, &ended, "completed");
    for (id, status) in [
        (&running, "cancelled"),
        (&running, "cancelled"),
        (&ended, "completed"),
    ] {
        let noted = client.result("tasks/cancel", named(id));
        assert_eq!(noted["resultType"], "complete");
        assert_eq!(noted.get("taskId"), None);
        let found = until(&mut client, id, status);
        assert_eq!(found.get("result").is_some(), status == "completed");
    }
}

/// TKE-9.
fn those_that_do_not_exist_are_invalid_params(way: Way) {
    let (_host, mut client) = stage(way);
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        for unknown in ["x", "00000000000000000000000000000000"] {
            let params = json!({ "taskId": unknown, "inputResponses": {} });
            assert_eq!(client.error(method, params)["code"], -32602, "{method}");
        }
    }
}

/// TKE-2, TKE-9: whatever they declared before.
fn is_nothing_for_clients_that_do_not_declare_it(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(
        &mut client,
        "task_steps",
        json!({ "n": 1, "delay_ms": HOUR }),
    );
    client.declares(json!({}));
    let plain = client.call("task_steps", json!({ "n": 1 }), json!({}));
    assert_eq!(plain["resultType"], "complete");
    assert_eq!(text(&plain), "1 steps");
    let listen = json!({ "notifications": { "taskIds": [&id] } });
    let update = json!({ "taskId": &id, "inputResponses": {} });
    for (method, params) in [
        ("tools/call", json!({ "name": "task_required" })),
        ("tasks/get", named(&id)),
        ("tasks/cancel", named(&id)),
        ("tasks/update", update),
        ("subscriptions/listen", listen),
    ] {
        let (status, error) = client.refusal(method, params);
        assert_eq!(error["code"], -32021, "{method}");
        let required = json!({ "requiredCapabilities": { "extensions": { TASKS: {} } } });
        assert_eq!(error["data"], required, "{method}");
        assert_eq!(status, streamable(way, 400), "{method}");
    }
    client.declares(able(way));
    assert_eq!(get(&mut client, &id)["status"], "working");
}

/// TKE-7.
fn has_no_methods_of_the_older_form(way: Way) {
    let (_host, mut client) = stage(way);
    let id = begun(&mut client, "task_required", json!({}));
    for method in ["tasks/result", "tasks/list"] {
        let (status, error) = client.refusal(method, named(&id));
        assert_eq!(error["code"], -32601, "{method}");
        assert_eq!(status, streamable(way, 404), "{method}");
    }
}

/// TKE-11, SHM-9 to SHM-11.
#[test]
fn is_named_in_a_header() {
    let (host, mut client) = stage(Way::STREAMABLE_MODERN);
    let id = begun(&mut client, "task_required", json!({}));
    let about = |method| {
        let request = Modern::new(method, json!({ "taskId": &id, "inputResponses": {} }));
        request.meta("clientCapabilities", Some(able(Way::STREAMABLE_MODERN)))
    };
    let wrapped = base64(&id);
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        for refused in [
            about(method).without("Mcp-Name"),
            about(method).instead("Mcp-Name", "another"),
            about(method).instead("Mcp-Name", &id.to_ascii_uppercase()),
            about(method).with("Mcp-Name", &id),
        ] {
            let answer = refused.send(host.address()).must_be(400).json();
            assert_eq!(answer["error"]["code"], -32020, "{method}");
        }
        for served in [about(method), about(method).instead("Mcp-Name", &wrapped)] {
            served.send(host.address()).must_be(200).json()["result"].take();
        }
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    format!("=?base64?{encoded}?=")
}

/// A status, where there is one.
fn streamable(way: Way, status: u16) -> Option<u16> {
    (way.binding == Binding::Streamable).then_some(status)
}
