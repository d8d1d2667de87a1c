//! Too much: refused before it is kept, so that what one client sends costs the
//! host no more memory than a large message may (SEC-5).

use std::io::Write;

use serde_json::{Value, json};
use wharf_fixtures::HELLO;

use crate::support::{
    A, Client, D, E, Host, Modern, Request, Response, Session, Way, handshake, stage,
};

/// More than a message may be, several times over.
const TOO_MUCH: usize = 100 << 20;

/// What the host may have needed at most, in mebibytes. It needs 40 by itself, 60
/// if it has to compile the plugin, and a message of the greatest length fits in
/// several times; with all that is sent it would need 140.
const MEMORY: u64 = 120;

const PING: &str = r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#;

/// STD-5: said once, and the next line is read as usual.
#[test]
fn a_line_without_end() {
    for (revision, id) in [(A, Some(Value::Null)), (D, None), (E, None)] {
        let mut host = Host::serve(&["--stdio", HELLO]);
        let mut lines = host.lines();
        if revision != E {
            let params = handshake(revision);
            let hello =
                json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
            lines.ask(&hello.to_string());
        }
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..TOO_MUCH / chunk.len() {
            lines.write(&chunk);
        }
        let answer: Value = serde_json::from_str(&lines.ask("")).unwrap();
        assert!(
            matches!(answer["error"]["code"].as_i64(), Some(-32700 | -32600)),
            "{answer}"
        );
        assert_eq!(answer.get("id"), id.as_ref(), "RPC-5");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains("longer than 16777216 bytes"), "{message}");
        assert_eq!(lines.ask(PING), r#"{"jsonrpc":"2.0","id":"p","result":{}}"#);
        assert!(host.peak_memory() < MEMORY, "{} MiB", host.peak_memory());
    }
}

#[test]
fn a_line_without_end_at_the_end() {
    let mut host = Host::serve(&["--stdio", HELLO]);
    let mut lines = host.lines();
    lines.write(&vec![b'x'; 20 << 20]);
    lines.close();
    let rest = lines.rest();
    assert_eq!(rest.len(), 1, "{rest:?}");
    assert!(rest[0].contains("-32700"), "{rest:?}");
    assert_eq!(host.exit_code(), Some(0));
}

/// A message as long as messages may be is no mistake.
#[test]
fn a_long_message_that_is_not_too_long() {
    let (_host, mut client) = stage(Way::STDIO, &[HELLO, "--memory", "512MiB"]);
    let name = "x".repeat(15 << 20);
    let greeting = client.text("greet", json!({ "name": name }));
    assert_eq!(greeting.len(), name.len() + "Hello, !".len());
}

#[test]
fn a_body_without_end() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", HELLO]);
    let session = Session::open(host.address());
    let mut stream = Client::connect_to(host.address(), Way::SSE);
    let messages = format!("/messages?sessionId={}", stream.session());
    let too_much = || vec![b' '; TOO_MUCH];
    for request in [
        Request::post("/mcp", ""),
        Modern::call("greet", json!({})).request(),
        session.post(""),
        Request::post(&messages, ""),
    ] {
        let refusal = request
            .body(too_much())
            .send(host.address())
            .must_be(413)
            .json();
        assert_eq!(refusal["error"]["code"], -32600);
    }
    assert!(host.peak_memory() < MEMORY, "{} MiB", host.peak_memory());
    session.ping().must_be(200);
    assert_eq!(stream.result("ping", json!({})), json!({}));
}

/// The same if the client does not say beforehand how much it will be.
#[test]
fn a_body_in_chunks_without_end() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", HELLO]);
    let request = Request::post("/mcp", "").header("Transfer-Encoding", "chunked");
    let mut socket = request.write_to(host.address()).unwrap();
    let chunk = [
        b"100000\r\n".to_vec(),
        vec![b' '; 1 << 20],
        b"\r\n".to_vec(),
    ]
    .concat();
    for _ in 0..TOO_MUCH >> 20 {
        // The host answers in the middle, and listens no longer.
        if socket.write_all(&chunk).is_err() {
            break;
        }
    }
    let response = Response::read(socket).expect("a response").must_be(413);
    assert_eq!(response.json()["error"]["code"], -32600);
    assert!(host.peak_memory() < MEMORY, "{} MiB", host.peak_memory());
}

/// A body that is shorter than was said is no message.
#[test]
fn a_body_that_is_cut_off() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", HELLO]);
    let request = Modern::call("greet", json!({ "name": "Ada" })).request();
    let cut = request.clone().header("Content-Length", "100000");
    let socket = cut.write_to(host.address()).unwrap();
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    // Whether there is still an answer does not matter, only that it is no result.
    if let Ok(response) = Response::read(socket) {
        assert_ne!(response.status, 200);
    }
    request.send(host.address()).must_be(200);
}
