//! Lists and calls, what a call says on its way, and how it is given up.

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, HELLO, ROGUE};

use crate::support::{B, Binding, Client, Host, PLACES, REVISIONS, Way, matrix};

matrix! { REVISIONS, &[HELLO, ROGUE, EVERYTHING, "--timeout", "1h"] =>
    lists
    calls
    reports_progress_in_order
    logs_from_a_level_on
    cancels
    survives_a_client_that_disconnects
    turns_pages
    refuses_cursors_it_did_not_give_out
}

/// TOL-1, RES-1, PRM-1: of all plugins at once.
fn lists(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    for (list, some) in [
        ("tools", ["greet", "echo", "structured"].as_slice()),
        ("prompts", &["plain", "review"]),
    ] {
        let result = client.result(&format!("{list}/list"), json!({}));
        let definitions = result[list].as_array().unwrap();
        for name in some {
            let found = definitions.iter().filter(|found| found["name"] == *name);
            assert_eq!(found.count(), 1, "{name}");
        }
    }
    let templates = client.result("resources/templates/list", json!({}));
    let template = &templates["resourceTemplates"][0]["uriTemplate"];
    assert_eq!(template, "item:///{id}");
}

/// TOL-13, RES-4, PRM-4: a call of each plugin, and of each kind.
fn calls(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    assert_eq!(
        client.text("greet", json!({ "name": "Ada" })),
        "Hello, Ada!"
    );
    assert_eq!(client.text("echo", json!({ "text": "ä" })), "ä");
    assert_eq!(
        client.failure("end", json!({ "how": "tool_error" })),
        "this tool always fails"
    );
    let read = client.result("resources/read", json!({ "uri": "item:///1" }));
    assert_eq!(read["contents"][0]["text"], "This is item:///1");
    let prompt = client.result("prompts/get", json!({ "name": "plain" }));
    assert_eq!(
        prompt["messages"][0]["content"]["text"],
        "Tell me something."
    );
    let gone = json!({ "name": "nobody", "arguments": {} });
    assert_eq!(client.error("tools/call", gone)["code"], -32602);
}

fn count(to: u64, token: &Value) -> Value {
    let mut params = json!({ "name": "count", "arguments": { "n": to } });
    params["_meta"] = json!({ "progressToken": token });
    params
}

/// PRG-2, PRG-6, DWN-9: all of it, in order, before the answer.
fn reports_progress_in_order(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    for token in [json!("7"), json!(7)] {
        let exchange = client.request("tools/call", count(4, &token));
        let mut reports = exchange.before.clone();
        reports.retain(|frame| frame["method"] == "notifications/progress");
        let found: Vec<_> = reports
            .iter()
            .map(|report| report["params"]["progress"].as_f64().unwrap())
            .collect();
        assert_eq!(found, [1.0, 2.0, 3.0, 4.0]);
        for report in &reports {
            assert_eq!(report["params"]["progressToken"], token);
            let words = report["params"].get("message").is_some();
            assert_eq!(words, way.revision >= B);
        }
        assert_eq!(exchange.result()["content"][0]["text"], "done");
    }
}

/// LOG-2, LOG-3.
fn logs_from_a_level_on(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    for (level, expected) in [("debug", 3), ("warning", 3), ("error", 0)] {
        client.set_log_level(level);
        let params = json!({ "name": "flood_logs", "arguments": { "n": 3 } });
        let exchange = client.request("tools/call", params);
        let mut messages = exchange.before;
        messages.retain(|frame| frame["method"] == "notifications/message");
        assert_eq!(messages.len(), expected, "{level}");
        for (message, number) in messages.iter().zip(0..) {
            assert_eq!(message["params"]["data"], format!("message {number}"));
        }
    }
}

/// Calls that report and do not end.
fn start_endless(client: &mut Client, ids: &[u64]) {
    for id in ids {
        let mut params = count(1_000_000, &json!(id));
        params["arguments"]["delay_ms"] = 100.into();
        client.start_as(*id, "tools/call", params);
    }
    let mut waiting = ids.to_vec();
    while !waiting.is_empty() {
        let report = client.notification();
        waiting.retain(|id| report["params"]["progressToken"] != *id);
    }
}

/// CAN-2 to CAN-4: nothing comes any more, and the id is free.
fn cancels(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    start_endless(&mut client, &[1_000]);
    client.cancel(1_000);
    let echo = json!({ "name": "echo", "arguments": { "text": "again" } });
    client.start_as(1_000, "tools/call", echo);
    let answer = client.answer(1_000).result();
    assert_eq!(answer["content"][0]["text"], "again");
    // What was queued before the cancellation has been heard by now; nothing follows.
    let exchange = client.request("tools/list", json!({}));
    if way.binding != Binding::Streamable {
        assert_eq!(exchange.before, Vec::<Value>::new());
    }
}

/// SSE-7, SHM-7, CUS-2: what a client has running ends with it, and nobody else
/// notices. SHL-9: what a session has running does not.
fn survives_a_client_that_disconnects(host: &mut Host, way: Way) {
    match way.binding {
        // The host is there for this one client.
        Binding::Stdio => {}
        Binding::Streamable if !way.is_modern() => goes_on_in_a_session(host, way),
        Binding::Memory
        | Binding::Unix
        | Binding::Sse
        | Binding::Streamable
        | Binding::WebSocket => makes_room(host, way),
    }
}

fn goes_on_in_a_session(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    start_endless(&mut client, &[1_000]);
    client.hang_up_on(1_000);
    let echo = json!({ "name": "echo", "arguments": { "text": "x" } });
    client.start_as(1_000, "tools/call", echo);
    assert_eq!(client.answer(1_000).error()["code"], -32600, "RPC-7");
    client.cancel(1_000);
    assert_eq!(client.text("echo", json!({ "text": "here" })), "here");
}

fn makes_room(host: &mut Host, way: Way) {
    let mut other = Client::connect(host, way);
    // Each takes half of the places, so that two of them would leave none.
    for _ in 0..2 {
        let mut leaving = Client::connect(host, way);
        let ids: Vec<u64> = (1_000..).take(PLACES / 2).collect();
        start_endless(&mut leaving, &ids);
        leaving.hang_up();
    }
    assert_eq!(other.text("echo", json!({ "text": "here" })), "here");
}

/// PAG-1, PAG-3: all of them, each once, and no cursor after the last page.
fn turns_pages(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let mut uris = Vec::new();
    let mut params = json!({});
    loop {
        let page = client.result("resources/list", params.clone());
        for resource in page["resources"].as_array().unwrap() {
            uris.push(resource["uri"].as_str().unwrap().to_owned());
        }
        match page.get("nextCursor") {
            Some(cursor) => {
                assert!(cursor.as_str().is_some_and(|cursor| !cursor.is_empty()));
                // PAG-2: the same page again.
                params["cursor"] = cursor.clone();
            }
            None => break,
        }
    }
    let expected: Vec<_> = (1..=6).map(|number| format!("item:///{number}")).collect();
    assert_eq!(uris, expected);
}

/// PAG-2, PAG-3: an empty one is a cursor like any other.
fn refuses_cursors_it_did_not_give_out(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let first = client.result("resources/list", json!({}));
    let cursor = first["nextCursor"].as_str().unwrap();
    let cut = &cursor[..cursor.len() - 1];
    for method in [
        "resources/list",
        "tools/list",
        "prompts/list",
        "resources/templates/list",
    ] {
        for bad in [json!(""), json!("nonsense"), json!(cut), json!(7)] {
            let error = client.error(method, json!({ "cursor": bad }));
            assert_eq!(error["code"], -32602, "{method} {bad}");
        }
    }
    // PAG-4: bound to its list.
    for method in ["tools/list", "prompts/list"] {
        let error = client.error(method, json!({ "cursor": cursor }));
        assert_eq!(error["code"], -32602, "{method}");
    }
}
