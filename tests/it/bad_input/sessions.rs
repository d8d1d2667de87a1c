//! Sessions that are not there, no longer or not yet.

use serde_json::{Value, json};
use wharf_fixtures::HELLO;

use crate::support::{B, C, Client, D, E, Host, Request, Session, Way};

fn host() -> Host {
    Host::serve(&["--listen", "127.0.0.1:0", HELLO])
}

const PING: &str = r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#;

/// SHL-11: not to be guessed.
#[test]
fn each_handshake_opens_a_session() {
    let host = host();
    let (first, second) = (Session::open(host.address()), Session::open(host.address()));
    assert_ne!(first.id, second.id);
    for session in [first, second] {
        assert!(session.id.len() >= 32, "{}", session.id);
        assert!(
            session.id.bytes().all(|byte| byte.is_ascii_graphic()),
            "{}",
            session.id
        );
        assert_eq!(session.ping().must_be(200).json()["result"], json!({}));
    }
}

/// SHL-12, SHL-13, trap 26: 400 is missing, 404 is gone.
#[test]
fn a_session_that_is_missing_or_unknown() {
    let host = host();
    let answer = Request::post("/mcp", PING)
        .send(host.address())
        .must_be(400)
        .json();
    assert_eq!(answer["error"]["code"], -32600);
    let message = answer["error"]["message"].as_str().unwrap();
    for way_in in ["initialize", "io.modelcontextprotocol/protocolVersion"] {
        assert!(message.contains(way_in), "{message}");
    }
    Request::new("DELETE", "/mcp")
        .send(host.address())
        .must_be(400);
    for id in ["0123456789abcdef0123456789abcdef", "x", "", "../../etc"] {
        let with_id = |request: Request| request.header("Mcp-Session-Id", id).send(host.address());
        with_id(Request::post("/mcp", PING)).must_be(404);
        with_id(Request::post("/mcp", r#"{"jsonrpc":"2.0","method":"n"}"#)).must_be(404);
        with_id(Request::new("DELETE", "/mcp")).must_be(404);
    }
}

/// SHL-14.
#[test]
fn a_session_that_has_been_ended() {
    let host = host();
    let (session, other) = (Session::open(host.address()), Session::open(host.address()));
    session.ending().send(host.address()).must_be(204);
    session.ping().must_be(404);
    session.ending().send(host.address()).must_be(404);
    other.ping().must_be(200);
}

/// SHL-18, SHL-19, ERA-3.
#[test]
fn a_session_in_another_version() {
    let host = host();
    let session = Session::open(host.address());
    let ping = |version| {
        let request = session.post(PING).header("MCP-Protocol-Version", version);
        request.send(host.address())
    };
    for version in [B, C, D] {
        ping(version).must_be(200);
    }
    for version in ["nonsense", "1999-01-01", ""] {
        ping(version).must_be(400);
    }
    let answer = ping(E).must_be(400).json();
    assert_eq!(
        answer["error"]["code"], -32602,
        "a modern request without its `_meta`"
    );
}

/// SHL-5, SHL-2.
#[test]
fn messages_that_want_no_answer() {
    let host = host();
    let session = Session::open(host.address());
    for message in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{}}"#,
    ] {
        assert_eq!(
            session
                .post(message)
                .send(host.address())
                .must_be(202)
                .text(),
            ""
        );
        Request::post("/mcp", message)
            .send(host.address())
            .must_be(400);
    }
}

/// SSE-3, SSE-5.
#[test]
fn a_stream_that_is_missing_or_unknown() {
    let host = host();
    let post = |target: &str| Request::post(target, PING).send(host.address());
    post("/messages").must_be(400);
    post("/messages?sessionId=").must_be(404);
    post("/messages?sessionId=x").must_be(404);
    let unknown = post("/messages?sessionId=0123456789abcdef0123456789abcdef")
        .must_be(404)
        .json();
    assert_eq!(unknown["error"]["code"], -32600);
    // Ids of one kind are no ids of the other.
    let session = Session::open(host.address());
    post(&format!("/messages?sessionId={}", session.id)).must_be(404);
    let mut client = Client::connect_to(host.address(), Way::SSE);
    let foreign = Request::post("/mcp", PING).header("Mcp-Session-Id", client.session());
    foreign.send(host.address()).must_be(404);
    // The name that servers in Python gave it.
    client.expect_answer_to(PING);
    post(&format!("/messages?session_id={}", client.session())).must_be(202);
}

/// SSE-7: the stream is the session.
#[test]
fn a_stream_that_has_been_closed() {
    let host = host();
    let (client, mut other) = (
        Client::connect_to(host.address(), Way::SSE),
        Client::connect_to(host.address(), Way::SSE),
    );
    let target = format!("/messages?sessionId={}", client.session());
    client.hang_up();
    crate::support::eventually("the session ends", || {
        let response = Request::post(&target, PING).send(host.address());
        (response.status == 404).then_some(())
    });
    assert_eq!(other.result("ping", json!({})), json!({}));
}

/// One session never hears what is said to another.
#[test]
fn sessions_do_not_mix() {
    let host = host();
    for way in [Way::SSE, Way::STREAMABLE] {
        let mut first = Client::connect_to(host.address(), way);
        let mut second = Client::connect_to(host.address(), way);
        let (one, two) = (
            first.start("ping", json!({})),
            second.start("tools/list", json!({})),
        );
        assert_eq!(one, two, "both use the same ids");
        assert_eq!(first.answer(one).result(), json!({}));
        let exchange = second.answer(two);
        assert_eq!(exchange.before, Vec::<Value>::new());
        assert_eq!(exchange.result()["tools"][0]["name"], "greet");
    }
}
