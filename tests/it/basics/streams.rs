//! How answers come over HTTP: in one piece if there is nothing before them, else
//! as a stream of events, under the headers that proxies need.

use serde_json::{Value, json};
use wharf_fixtures::ROGUE;

use crate::support::{Client, D, Host, Modern, Request, Response, Session, Way};

fn host() -> Host {
    Host::serve(&["--listen", "127.0.0.1:0", ROGUE])
}

/// A call that says something before its answer.
fn count() -> Value {
    json!({
        "name": "count",
        "arguments": { "n": 2 },
        "_meta": { "progressToken": "t" },
    })
}

/// SSE-6, SHM-6.
#[track_caller]
fn is_a_stream(response: &Response) {
    assert_eq!(response.header("content-type"), Some("text/event-stream"));
    assert_eq!(response.header("cache-control"), Some("no-cache"));
    assert_eq!(response.header("x-accel-buffering"), Some("no"));
}

/// SHM-4, SHM-5, SHM-8, SHL-6, SHL-7: the answer is the last event, and ends it.
#[track_caller]
fn ends_with_the_answer(mut response: Response) {
    is_a_stream(&response);
    let mut frames = Vec::new();
    while let Some(event) = response.message().expect("a proper end") {
        frames.push(serde_json::from_str::<Value>(&event.data).unwrap());
    }
    let last = frames.pop().expect("an answer");
    assert_eq!(last["result"]["content"][0]["text"], "done");
    assert!(!frames.is_empty());
    assert!(frames.iter().all(|frame| frame.get("id").is_none()));
}

#[test]
fn modern_answers() {
    let host = host();
    let plain = Modern::call("echo", json!({ "text": "x" })).send(host.address());
    assert_eq!(plain.header("content-type"), Some("application/json"));
    ends_with_the_answer(Modern::new("tools/call", count()).send(host.address()));
}

#[test]
fn answers_in_a_session() {
    let host = host();
    let session = Session::open(host.address());
    let call = |params: Value| {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        session.post(&call.to_string()).send(host.address())
    };
    let plain = call(json!({ "name": "echo", "arguments": { "text": "x" } }));
    assert_eq!(plain.header("content-type"), Some("application/json"));
    ends_with_the_answer(call(count()));
}

/// SHM-8: what is wrong with a request is still to be seen in the status, however
/// much its call might have said.
#[test]
fn refusals_of_requests_that_might_have_been_streams() {
    let host = host();
    let mut request = Modern::new("tools/destroy", count());
    request.send(host.address()).must_be(404);
    request.message["method"] = "tools/call".into();
    request
        .without("Mcp-Method")
        .send(host.address())
        .must_be(400);
}

/// SSE-2, SSE-3: the endpoint is not JSON, has no origin, and works as it stands.
#[test]
fn the_stream_of_a_pair() {
    let host = host();
    let mut response = Request::new("GET", "/sse")
        .send(host.address())
        .must_be(200);
    is_a_stream(&response);
    let endpoint = response.event().unwrap().expect("an event");
    assert_eq!(endpoint.name, "endpoint");
    assert!(
        endpoint.data.starts_with("/messages?sessionId="),
        "{}",
        endpoint.data
    );
    let ping = r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#;
    let accepted = Request::post(&endpoint.data, ping)
        .send(host.address())
        .must_be(202);
    assert_eq!(accepted.text(), "", "SSE-5");
    let pong = response.event().unwrap().expect("an event");
    assert_eq!(pong.name, "message");
    assert_eq!(pong.data, r#"{"jsonrpc":"2.0","id":"p","result":{}}"#);
}

/// SSE-9: headers of other bindings mean nothing here.
#[test]
fn a_pair_with_headers_of_other_bindings() {
    let host = host();
    let mut client = Client::connect_to(host.address(), Way::SSE);
    let target = format!("/messages?sessionId={}", client.session());
    let ping = r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#;
    client.expect_answer_to(ping);
    let ping = Request::post(&target, ping)
        .header("MCP-Protocol-Version", D)
        .header("Mcp-Session-Id", "nonsense")
        .header("Mcp-Method", "tools/call");
    ping.send(host.address()).must_be(202);
}
