//! Calling tools: what goes in, what comes out, whose fault it is.

use std::os::unix::fs::MetadataExt;

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, HELLO, ROGUE};

use crate::support::{Binding, Way, on_every_way, stage};

on_every_way! {
    lists_the_tools_of_all_plugins
    calls_a_tool
    takes_absent_arguments_for_none
    refuses_arguments_that_are_no_object
    explains_arguments_that_do_not_fit
    checks_nested_arguments
    knows_no_other_tools
    passes_on_how_a_call_ended
    checks_results
    tells_the_plugin_who_asks
    returns_ids_as_they_came
}

/// TOL-1, TOL-2: in the order of the plugins and of their tools, each time.
fn lists_the_tools_of_all_plugins(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE, HELLO, EVERYTHING]);
    let first = client.result("tools/list", json!({}));
    let tools = first["tools"].as_array().unwrap();
    let names: Vec<_> = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    let place = |wanted: &str| names.iter().position(|name| *name == wanted);
    assert_eq!(place("echo"), Some(0));
    assert!(
        place("now") < place("greet") && place("greet") < place("content"),
        "{names:?}"
    );
    assert_eq!(first.get("nextCursor"), None, "PAG-3");
    assert_eq!(client.result("tools/list", json!({})), first);
    // PAG-2, PAG-3: no cursor was given out, so there is none.
    for cursor in ["", "0", "made up"] {
        let error = client.error("tools/list", json!({ "cursor": cursor }));
        assert_eq!(error["code"], -32602, "{cursor:?}");
    }
}

fn calls_a_tool(way: Way) {
    let (_host, mut client) = stage(way, &[HELLO, ROGUE]);
    assert_eq!(
        client.text("greet", json!({ "name": "Ada" })),
        "Hello, Ada!"
    );
    let text = "line\n\"quoted\" \\ \u{0} \u{7f} \u{2028} ä 🦀";
    assert_eq!(client.text("echo", json!({ "text": text })), text);
}

/// TOL-9.
fn takes_absent_arguments_for_none(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let result = client.result("tools/call", json!({ "name": "list" }));
    assert_eq!(
        result["content"],
        json!([{ "type": "text", "text": "[1,2,3]" }])
    );
    let result = client.result("tools/call", json!({ "name": "full" }));
    assert_eq!(result["isError"], true, "{result}");
}

/// TOL-9, §1.3: the request is malformed, no tool has run.
fn refuses_arguments_that_are_no_object(way: Way) {
    let (_host, mut client) = stage(way, &[HELLO]);
    for arguments in [json!(null), json!([]), json!("x"), json!(1)] {
        let params = json!({ "name": "greet", "arguments": arguments });
        assert_eq!(
            client.error("tools/call", params)["code"],
            -32602,
            "{arguments}"
        );
    }
    for name in [json!(null), json!(7)] {
        let exchange = client.request("tools/call", json!({ "name": name, "arguments": {} }));
        assert_eq!(exchange.error()["code"], -32602, "{name}");
    }
    assert_eq!(client.error("tools/call", json!({}))["code"], -32602);
}

/// TOL-13: in every revision a result that the model can read and act on.
fn explains_arguments_that_do_not_fit(way: Way) {
    let (_host, mut client) = stage(way, &[HELLO, EVERYTHING]);
    for (tool, arguments, expected) in [
        (
            "greet",
            json!({}),
            "Invalid arguments for `greet`: \"name\" is a required property",
        ),
        (
            "greet",
            json!({ "name": 7 }),
            "Invalid arguments for `greet`: /name: 7 is not of type \"string\"",
        ),
        (
            "full",
            json!({ "id": 1, "extra": true }),
            "Invalid arguments for `full`: Additional properties are not allowed \
             ('extra' was unexpected)",
        ),
        (
            "full",
            json!({ "id": -1 }),
            "Invalid arguments for `full`: /id: -1 is less than the minimum of 0",
        ),
    ] {
        assert_eq!(client.failure(tool, arguments), expected);
    }
    // RPC-12: what the schema does not forbid is no mistake.
    assert_eq!(
        client.text("greet", json!({ "name": "Ada", "more": 1 })),
        "Hello, Ada!"
    );
}

fn checks_nested_arguments(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let order =
        json!({ "customer": { "name": "Ada" }, "lines": [{ "article": "a", "amount": 2 }] });
    let understood = client.call("nested", order.clone());
    let text = understood["content"][0]["text"].as_str().unwrap();
    let text: Value = serde_json::from_str(text).unwrap();
    assert_eq!(text["lines"], order["lines"]);
    assert_eq!(text["shipping"], "letter");
    let broken = json!({ "customer": { "name": "" }, "lines": [{ "article": "a", "amount": 51 }] });
    let complaint = client.failure("nested", broken);
    assert!(complaint.contains("/customer/name: "), "{complaint}");
    assert!(
        complaint.contains("/lines/0/amount: 51 is greater than"),
        "{complaint}"
    );
}

/// TOL-13.
fn knows_no_other_tools(way: Way) {
    let (_host, mut client) = stage(way, &[HELLO]);
    let exchange = client.request("tools/call", json!({ "name": "Greet", "arguments": {} }));
    if exchange.status.is_some() {
        assert_eq!(exchange.status, Some(200), "Q4");
    }
    let error = exchange.error();
    assert_eq!(error["code"], -32602);
    assert_eq!(error["message"], "Invalid params: there is no tool `Greet`");
}

/// TOL-13, and DSC-10/DWN-10 for a question nobody can answer.
fn passes_on_how_a_call_ended(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    assert_eq!(
        client.call("end", json!({ "how": "empty" }))["content"],
        json!([])
    );
    for (how, expected) in [
        ("tool_error", "this tool always fails"),
        ("system_error", "invalid digit found in string"),
        (
            "invalid_params",
            "Invalid arguments for `end`: these arguments are wrong",
        ),
        ("not_found", "the thing"),
    ] {
        assert_eq!(
            client.failure("end", json!({ "how": how })),
            expected,
            "{how}"
        );
    }
    let internal = json!({ "name": "end", "arguments": { "how": "internal" } });
    let error = client.error("tools/call", internal);
    assert_eq!(error["code"], -32603);
    assert_eq!(error["message"], "this plugin is broken");
    if way.is_modern() {
        let exchange = client.request("tools/call", json!({ "name": "ask_reply" }));
        assert_eq!(exchange.status.unwrap_or(400), 400);
        let error = exchange.error();
        assert_eq!(error["code"], -32021);
        let needed = json!({ "requiredCapabilities": { "elicitation": { "form": {} } } });
        assert_eq!(error["data"], needed);
    } else {
        let expected = "this needs a client that can be asked for a form";
        assert_eq!(client.failure("ask_reply", json!({})), expected);
    }
}

/// TOL-11.
fn checks_results(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let result = client.call("mismatch", json!({}));
    assert_eq!(result["isError"], true);
    assert_eq!(result.get("structuredContent"), None);
    let text = result["content"][0]["text"].as_str().unwrap();
    assert_eq!(
        text,
        "The tool `mismatch` returned a result that does not match its own output schema: \
         /count: \"many\" is not of type \"integer\""
    );
}

/// §33.3: after the edge the eras look the same.
fn tells_the_plugin_who_asks(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE]);
    let params = json!({
        "name": "whoami",
        "arguments": { "meta": "example.com/trace" },
        "_meta": { "example.com/trace": { "depth": [1] } },
    });
    let result = client.result("tools/call", params);
    let known: Value =
        serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(known["client"], json!({ "name": "tests", "version": "1" }));
    assert_eq!(known["meta"], json!({ "depth": [1] }));
    assert_eq!(known["canAsk"], json!([]));
    // CUS-5: the kernel knows who is at the other end of a Unix socket.
    let subject = match way.binding {
        Binding::Unix => Value::from(format!("uid:{}", me())),
        Binding::Memory
        | Binding::Stdio
        | Binding::Sse
        | Binding::Streamable
        | Binding::WebSocket => Value::Null,
    };
    assert_eq!(known["subject"], subject);
    assert_eq!(known["cancelled"], false);
}

/// Who runs the tests.
fn me() -> u32 {
    let mine = tempfile::NamedTempFile::new().unwrap();
    mine.as_file().metadata().unwrap().uid()
}

/// RPC-2 to RPC-4: byte for byte, also where a number would not survive.
fn returns_ids_as_they_came(way: Way) {
    let (_host, mut client) = stage(way, &[HELLO]);
    let ids = [
        "0",
        "-1",
        "1.0",
        "1e2",
        "123456789012345678901234567890",
        "\"1\"",
        r#""\u00e4 \/""#,
    ];
    for id in ids {
        let answer = client.ask_as(id, "tools/list");
        let expected = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"#);
        assert!(answer.starts_with(&expected), "{id}: {answer}");
    }
}
