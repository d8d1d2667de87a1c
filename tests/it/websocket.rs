//! WebSocket: how it begins, what may be said on it, and how it ends (CUS-4). What
//! is said over it is tested with the other ways to reach a host.

use std::io::{Read, Write};
use std::thread;

use serde_json::{Value, json};
use tungstenite::protocol::Message;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use wharf_fixtures::{HELLO, ROGUE};

use crate::support::{Host, Modern, PLACES, Request, Response, Signal, WebSocket};

const PING: &str = r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#;
const PONG: &str = r#"{"jsonrpc":"2.0","id":"p","result":{}}"#;

fn host(arguments: &[&str]) -> Host {
    Host::serve(&[&["--listen", "127.0.0.1:0"], arguments].concat())
}

fn call(tool: &str, arguments: Value) -> String {
    Modern::call(tool, arguments).message.to_string()
}

#[track_caller]
fn text(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let text = answer["result"]["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("no text: {answer}"))
        .to_owned()
}

/// Libraries insist on hearing what they named, and on not hearing what they did
/// not.
#[test]
fn the_subprotocol() {
    let host = host(&[HELLO]);
    let bare = WebSocket::handshake().without("Sec-WebSocket-Protocol");
    for (offered, chosen) in [
        (None, None),
        (Some("mcp"), Some("mcp")),
        (Some("chat, mcp"), Some("mcp")),
        (Some("mcp,chat"), Some("mcp")),
    ] {
        let request = match offered {
            Some(offered) => bare.clone().header("Sec-WebSocket-Protocol", offered),
            None => bare.clone(),
        };
        let response = request.send(host.address()).must_be(101);
        assert_eq!(response.header("sec-websocket-protocol"), chosen);
        // RFC 6455 §1.3 has this key and this answer.
        let accept = response.header("sec-websocket-accept");
        assert_eq!(accept, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(WebSocket::accepted(&response).ask(PING), PONG);
    }
    for offered in ["chat", "MCP", "chat, mcp2"] {
        let request = bare.clone().header("Sec-WebSocket-Protocol", offered);
        let refusal = request.send(host.address()).must_be(400).json();
        let message = refusal["error"]["message"].as_str().unwrap();
        assert!(message.contains("`mcp`"), "{message}");
    }
}

#[test]
fn requests_that_are_no_handshake() {
    let host = host(&[HELLO]);
    let handshake = WebSocket::handshake;
    for request in [
        Request::new("GET", "/ws"),
        handshake().without("Connection"),
        handshake().without("Upgrade"),
        handshake().without("Sec-WebSocket-Version"),
        handshake()
            .without("Sec-WebSocket-Version")
            .header("Sec-WebSocket-Version", "8"),
    ] {
        let response = request.send(host.address()).must_be(426);
        assert_eq!(response.header("upgrade"), Some("websocket"));
        assert_eq!(response.header("sec-websocket-version"), Some("13"));
        assert_eq!(response.json()["error"]["code"], -32600);
    }
    for request in [
        handshake().without("Sec-WebSocket-Key"),
        handshake()
            .without("Sec-WebSocket-Key")
            .header("Sec-WebSocket-Key", "short"),
    ] {
        request.send(host.address()).must_be(400);
    }
    Request::post("/ws", "{}").send(host.address()).must_be(405);
}

/// RPC-1: what is no message is answered, and nothing else happens.
#[test]
fn text_that_is_no_message() {
    let host = host(&[HELLO]);
    let mut socket = WebSocket::connect(host.address());
    for nonsense in ["", "{", "hello\nworld"] {
        let answer: Value = serde_json::from_str(&socket.ask(nonsense)).unwrap();
        assert_eq!(answer["error"]["code"], -32700, "{nonsense:?}");
    }
    assert_eq!(socket.ask(PING), PONG);
}

/// A message is a message, in however many frames it comes, and whatever is asked
/// in between.
#[test]
fn a_message_in_several_frames() {
    let host = host(&[HELLO]);
    let mut socket = WebSocket::connect(host.address());
    let greet = call("greet", json!({ "name": "Ada" }));
    let (begin, rest) = greet.split_at(17);
    let (middle, end) = rest.split_at(1);
    let frame = |text: &str, kind, is_final| {
        Frame::message(text.as_bytes().to_vec(), OpCode::Data(kind), is_final)
    };
    socket.send_frame(frame(begin, Data::Text, false));
    socket.send(Message::Ping("are you there?".into()));
    socket.send_frame(frame(middle, Data::Continue, false));
    socket.send_frame(frame(end, Data::Continue, true));
    let pong = socket.next().unwrap();
    assert_eq!(pong, Message::Pong("are you there?".into()));
    assert_eq!(text(&socket.hear().unwrap()), "Hello, Ada!");
}

#[test]
fn a_binary_message() {
    let host = host(&[HELLO]);
    let mut socket = WebSocket::connect(host.address());
    socket.send(Message::binary(PING.as_bytes().to_vec()));
    assert_eq!(socket.must_be_closed(1003), "messages are text");
    assert_eq!(WebSocket::connect(host.address()).ask(PING), PONG);
}

#[test]
fn frames_that_break_the_rules() {
    let host = host(&[HELLO]);
    // A mask of zeros changes nothing.
    for (bytes, code) in [
        // Text that is not UTF-8.
        (&[0x81, 0x81, 0, 0, 0, 0, 0xff][..], 1007),
        // No mask.
        (&[0x81, 0x01, b'x'], 1002),
        // An operation that does not exist.
        (&[0x83, 0x80, 0, 0, 0, 0], 1002),
        // A continuation of nothing.
        (&[0x80, 0x80, 0, 0, 0, 0], 1002),
    ] {
        let mut socket = WebSocket::connect(host.address());
        socket.stream().write_all(bytes).unwrap();
        socket.must_be_closed(code);
    }
    assert_eq!(WebSocket::connect(host.address()).ask(PING), PONG);
}

/// SEC-5: refused by its head, or as soon as it has grown too long; and the client
/// hears why although it is still sending.
#[test]
fn a_message_without_end() {
    let host = host(&[HELLO]);
    let mut socket = WebSocket::connect(host.address());
    let mut reader = socket.another();
    let hearing = thread::spawn(move || reader.must_be_closed(1009));
    let huge = Message::text("x".repeat(100 << 20));
    // The host may have ended the connection before all of it is written.
    let _ = socket.try_send(huge);
    let reason = hearing.join().unwrap();
    assert_eq!(reason, "the message is longer than 16 MiB");

    let mut socket = WebSocket::connect(host.address());
    let mut reader = socket.another();
    let hearing = thread::spawn(move || reader.must_be_closed(1009));
    for number in 0..100 {
        let kind = if number == 0 {
            Data::Text
        } else {
            Data::Continue
        };
        let part = Frame::message(vec![b'x'; 1 << 20], OpCode::Data(kind), false);
        if socket.try_send(Message::Frame(part)).is_err() {
            break;
        }
    }
    hearing.join().unwrap();
    assert!(host.peak_memory() < 120, "{} MiB", host.peak_memory());
    assert_eq!(WebSocket::connect(host.address()).ask(PING), PONG);
}

#[test]
fn a_long_message_that_is_not_too_long() {
    let host = host(&[HELLO, "--memory", "512MiB"]);
    let mut socket = WebSocket::connect(host.address());
    let name = "x".repeat(15 << 20);
    let greeting = socket.ask(&call("greet", json!({ "name": name })));
    assert_eq!(text(&greeting).len(), name.len() + "Hello, !".len());
}

#[test]
fn a_client_that_is_done() {
    let host = host(&[ROGUE, "--timeout", "1h"]);
    for code in [1000, 1001, 3000] {
        let mut socket = WebSocket::connect(host.address());
        assert_eq!(socket.ask(PING), PONG);
        for place in 0..PLACES {
            let mut sleep = Modern::call("sleep", json!({ "ms": 3_600_000 }));
            sleep.message["id"] = place.into();
            socket.say(&sleep.message.to_string());
        }
        socket.close(code);
        socket.must_be_closed(code);
        // The host ends the connection, as servers do.
        let mut rest = Vec::new();
        socket.stream().read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"");
    }
    // All places were taken; what took them is over.
    let mut socket = WebSocket::connect(host.address());
    let echo = socket.ask(&call("echo", json!({ "text": "here" })));
    assert_eq!(text(&echo), "here");
}

/// LIF-9: what runs is answered, then everybody is told to come back later.
#[test]
fn a_drain() {
    let mut host = host(&[ROGUE]);
    let mut busy = WebSocket::connect(host.address());
    let mut idle = WebSocket::connect(host.address());
    assert_eq!(idle.ask(PING), PONG);
    let mut count = Modern::call("count", json!({ "n": 3, "delay_ms": 200 }));
    count.message["params"]["_meta"]["progressToken"] = "t".into();
    let progress = busy.ask(&count.message.to_string());
    assert!(progress.contains("notifications/progress"), "{progress}");
    host.signal(Signal::Terminate);
    assert_eq!(idle.must_be_closed(1001), "the server is shutting down");
    let last = loop {
        let heard = busy.hear().unwrap();
        if !heard.contains("notifications/progress") {
            break heard;
        }
    };
    assert_eq!(text(&last), "done");
    busy.must_be_closed(1001);
    assert_eq!(host.exit_code(), Some(0));
}

/// A client that does not answer the close frame, or does not even read, is not
/// waited for.
#[test]
fn a_drain_without_an_answer() {
    let mut host = host(&[ROGUE]);
    let mut mute = WebSocket::connect(host.address());
    assert_eq!(mute.ask(PING), PONG);
    let mut deaf = WebSocket::connect(host.address());
    for id in 0..PLACES {
        let mut huge = Modern::call("huge_result", json!({ "bytes": 1 << 20 }));
        huge.message["id"] = id.into();
        deaf.say(&huge.message.to_string());
    }
    host.signal(Signal::Terminate);
    assert_eq!(host.exit_code(), Some(0));
}

/// What a client does not read holds up its own calls only.
#[test]
fn a_client_that_does_not_read() {
    let host = host(&[ROGUE]);
    let mut deaf = WebSocket::connect(host.address());
    for id in 0..PLACES {
        let mut huge = Modern::call("huge_result", json!({ "bytes": 1 << 20 }));
        huge.message["id"] = id.into();
        deaf.say(&huge.message.to_string());
    }
    let mut other = WebSocket::connect(host.address());
    let echo = other.ask(&call("echo", json!({ "text": "here" })));
    assert_eq!(text(&echo), "here");
    // Whatever it has missed is still there for it.
    for _ in 0..PLACES {
        assert_eq!(text(&deaf.hear().unwrap()).len(), 1 << 20);
    }
}

/// A connection serves HTTP first, for as long as the client likes.
#[test]
fn a_handshake_on_a_connection_that_was_used_before() {
    let host = host(&[HELLO]);
    let mut connection = Request::new("GET", "/healthz")
        .write_to(host.address())
        .unwrap();
    Response::read(connection.try_clone().unwrap())
        .unwrap()
        .must_be(200);
    let handshake = WebSocket::handshake().bytes(host.address());
    connection.write_all(&handshake).unwrap();
    let response = Response::read(connection).unwrap().must_be(101);
    assert_eq!(WebSocket::accepted(&response).ask(PING), PONG);
}
