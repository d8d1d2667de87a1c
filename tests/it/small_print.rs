//! What the protocol says in passing: what need not be waited for, what is
//! forgotten between two requests, and what is nobody's mistake.

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, HELLO, ROGUE};

use crate::support::{Client, D, E, Host, Modern, Session, Way, handshake, on_every_way, stage};

mod everywhere {
    use super::{Way, ignores_what_it_does_not_know, on_every_way};

    on_every_way! { ignores_what_it_does_not_know }
}

/// RPC-12, MET-4, MET-6: members and keys that mean nothing here, or are not what
/// they are called, are no mistake; and they are not said back.
fn ignores_what_it_does_not_know(way: Way) {
    let (_host, mut client) = stage(way, &[HELLO]);
    let params = json!({
        "name": "greet",
        "arguments": { "name": "Ada" },
        "surprise": { "depth": [1] },
        "_meta": {
            "example.com/mood": "good",
            "no key!/": 1,
            "traceparent": "nonsense",
            "io.modelcontextprotocol/unheard-of": {},
        },
    });
    let result = client.result("tools/call", params);
    assert_eq!(result["content"][0]["text"], "Hello, Ada!");
    let meta = result.get("_meta").and_then(Value::as_object);
    let said: Vec<&str> = meta
        .into_iter()
        .flat_map(|meta| meta.keys().map(String::as_str))
        .collect();
    let ours: &[&str] = if way.is_modern() {
        &["io.modelcontextprotocol/serverInfo"]
    } else {
        &[]
    };
    assert_eq!(said, ours);
}

/// LIF-5: a client that has its answer may go on at once. Over HTTP, its requests
/// may even overtake the notification.
#[test]
fn requests_do_not_wait_for_the_end_of_a_handshake() {
    let list = r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#;
    let host = Host::serve(&["--listen", "127.0.0.1:0", HELLO]);
    let session = Session::open(host.address());
    let answer = session.post(list).send(host.address()).must_be(200).json();
    assert_eq!(answer["result"]["tools"][0]["name"], "greet");

    let mut host = Host::serve(&["--stdio", HELLO]);
    let mut lines = host.lines();
    let hello =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": handshake(D) });
    lines.say(&hello.to_string());
    lines.say(list);
    for id in [1, 2] {
        let answer: Value = serde_json::from_str(&lines.hear()).unwrap();
        assert_eq!(answer["id"], id);
        assert!(answer.get("result").is_some(), "{answer}");
    }
}

/// CAN-7, SHM-3: an id means something to whoever gave it, and a cancellation over
/// modern HTTP nothing to anybody.
#[test]
fn nobody_cancels_the_calls_of_others() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", ROGUE]);
    for way in [
        Way::SSE,
        Way::STREAMABLE,
        Way::STREAMABLE_MODERN,
        Way::WEBSOCKET,
        Way::WEBSOCKET_MODERN,
    ] {
        let [mut one, mut other] = [(); 2].map(|()| Client::connect_to(host.address(), way));
        let params = json!({
            "name": "count",
            "arguments": { "n": 3, "delay_ms": 200 },
            "_meta": { "progressToken": "t" },
        });
        let id = one.start("tools/call", params);
        one.notification();
        other.notify("notifications/cancelled", json!({ "requestId": id }));
        // By then it has been read.
        other.text("echo", json!({ "text": "x" }));
        let answer = one.answer(id).result();
        assert_eq!(answer["content"][0]["text"], "done", "{way:?}");
    }
}

/// DSC-2, ERA-11: what a session has agreed on means nothing to a request that
/// says everything about itself, on the same channel.
#[test]
fn a_session_means_nothing_to_requests_that_stand_alone() {
    for way in [Way::STDIO, Way::UNIX, Way::SSE, Way::WEBSOCKET] {
        let mut host = Host::of(way.binding, &[EVERYTHING, ROGUE]);
        let mut client = Client::dial(&mut host, way);
        let mut hello = handshake(D);
        hello["capabilities"] = json!({ "elicitation": {} });
        client.result("initialize", hello);
        client.set_log_level("debug");
        let exchange = client.request("tools/call", alone("flood_logs", json!({ "n": 2 })));
        assert_eq!(exchange.before, Vec::<Value>::new(), "{way:?}");
        exchange.result();
        let error = client.error("tools/call", alone("ask_reply", json!({})));
        assert_eq!(error["code"], -32021, "{way:?}: {error}");
    }
}

/// The parameters of a call that stands alone.
fn alone(tool: &str, arguments: Value) -> Value {
    let mut message = Modern::call(tool, arguments).message;
    message["params"].take()
}

/// DSC-2, and RPC-12 for capabilities that nobody here knows.
#[test]
fn one_request_means_nothing_to_the_next() {
    let able = json!({ "elicitation": { "form": {}, "telepathy": {} }, "flying": {} });
    let wary = Modern::call("ask_reply", json!({}));
    let open = wary.clone().meta("clientCapabilities", Some(able));

    let mut host = Host::serve(&["--stdio", EVERYTHING]);
    let mut lines = host.lines();
    let mut ask = |request: &Modern| -> Value {
        let answer = lines.ask(&request.message.to_string());
        serde_json::from_str(&answer).unwrap()
    };
    assert_eq!(ask(&open)["result"]["resultType"], "input_required");
    assert_eq!(ask(&wary)["error"]["code"], -32021);

    let host = Host::serve(&["--listen", "127.0.0.1:0", EVERYTHING]);
    let asked = open.send(host.address()).must_be(200).json();
    assert_eq!(asked["result"]["resultType"], "input_required");
    let refused = wary.send(host.address()).must_be(400).json();
    assert_eq!(refused["error"]["code"], -32021);
}

/// TOL-2, RES-2, PAG-4: what there is does not depend on who is connected by what,
/// and a place in a list means the same to every host with the same plugins.
#[test]
fn lists_are_the_same_for_everybody() {
    let (_one_host, mut one) = stage(Way::STREAMABLE_MODERN, &[ROGUE, EVERYTHING]);
    let (_other_host, mut other) = stage(Way::STDIO_MODERN, &[ROGUE, EVERYTHING]);
    one.call("announce", json!({ "what": "tools" }));
    for method in [
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    ] {
        let seen = [&mut one, &mut other].map(|client| client.result(method, json!({})));
        assert_eq!(seen[0], seen[1], "{method}");
    }
    let first = one.result("resources/list", json!({}));
    let second = json!({ "cursor": first["nextCursor"] });
    let seen = [&mut one, &mut other].map(|client| client.result("resources/list", second.clone()));
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0]["resources"][0]["uri"], "item:///3");
}

/// CCH-4, MRT-2: a client that keeps what it has read must not take the question,
/// or what came of one person's answer, for the resource.
#[test]
fn what_is_read_after_a_question_is_not_to_be_kept() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", EVERYTHING]);
    let mut read = Modern::new("resources/read", json!({ "uri": "item:///asks" }))
        .meta("clientCapabilities", Some(json!({ "elicitation": {} })));
    let asked = read.send(host.address()).must_be(200).json()["result"].take();
    assert_eq!(asked["resultType"], "input_required");
    for hint in ["ttlMs", "cacheScope"] {
        assert_eq!(asked.get(hint), None, "{asked}");
    }
    let answer = json!({ "action": "accept", "content": { "name": "Ada" } });
    read.message["params"]["requestState"] = asked["requestState"].clone();
    read.message["params"]["inputResponses"] = json!({ "reader": answer });
    let found = read.send(host.address()).must_be(200).json()["result"].take();
    assert_eq!(found["contents"][0]["text"], "Hello, Ada!");
    assert_eq!(found["ttlMs"], 0);
    assert_eq!(found["cacheScope"], "private");
    // Which is not for want of a wish: the plugin gives it five seconds, as it does
    // to what depends on nobody.
    let mut client = Client::connect_to(host.address(), Way::STREAMABLE_MODERN);
    assert_eq!(client.way.revision, E);
    let plain = client.result("resources/read", json!({ "uri": "item:///1" }));
    assert_eq!(plain["ttlMs"], 5_000);
}
