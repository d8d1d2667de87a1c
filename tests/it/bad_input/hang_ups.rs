//! Clients that go away in the middle of something: what they wanted is given up
//! or goes on, as their binding says, and nobody else notices.

use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};
use wharf_fixtures::{HELLO, ROGUE};

use crate::support::{Client, Host, Modern, PLACES, Request, Way};

/// Longer than any test runs.
const FOR_EVER: &str = "1h";

fn host() -> Host {
    Host::serve(&["--listen", "127.0.0.1:0", ROGUE, "--timeout", FOR_EVER])
}

/// A call that reports that it is running, and goes on.
fn start_endless(client: &mut Client, id: u64) {
    let params = json!({
        "name": "count",
        "arguments": { "n": 1_000_000, "delay_ms": 200 },
        "_meta": { "progressToken": id },
    });
    client.start_as(id, "tools/call", params);
}

/// Takes every place there is, and goes away.
fn occupy_and_leave(host: &Host, way: Way) {
    let mut client = Client::connect_to(host.address(), way);
    for place in 0..PLACES {
        if place == 0 {
            client.start_call("spin", json!({}));
        } else {
            client.start_call("sleep", json!({ "ms": 3_600_000 }));
        }
    }
    client.hang_up();
}

#[track_caller]
fn echoes(client: &mut Client) {
    assert_eq!(client.text("echo", json!({ "text": "here" })), "here");
}

/// SHM-7: the call is over, whether it has said something or not.
#[test]
fn from_modern_requests() {
    let host = host();
    for _ in 0..3 {
        occupy_and_leave(&host, Way::STREAMABLE_MODERN);
    }
    let mut client = Client::connect_to(host.address(), Way::STREAMABLE_MODERN);
    for id in (1_000..).take(PLACES) {
        start_endless(&mut client, id);
    }
    for _ in 0..PLACES {
        client.notification();
    }
    client.hang_up();
    echoes(&mut Client::connect_to(
        host.address(),
        Way::STREAMABLE_MODERN,
    ));
}

/// SSE-7: the stream was the session, and everything in it is over. So was the
/// socket.
#[test]
fn from_a_stream() {
    let host = host();
    for _ in 0..3 {
        occupy_and_leave(&host, Way::SSE);
        occupy_and_leave(&host, Way::WEBSOCKET);
        occupy_and_leave(&host, Way::WEBSOCKET_MODERN);
    }
    for way in [Way::SSE, Way::WEBSOCKET, Way::STREAMABLE] {
        echoes(&mut Client::connect_to(host.address(), way));
    }
}

/// SHL-9, trap 8: the session lives on, and so does the call.
#[test]
fn from_a_response_in_a_session() {
    let host = host();
    let mut client = Client::connect_to(host.address(), Way::STREAMABLE);
    start_endless(&mut client, 1_000);
    client.notification();
    client.hang_up_on(1_000);
    echoes(&mut client);
    // RPC-7: the id is taken for as long as the call runs.
    let echo = json!({ "name": "echo", "arguments": { "text": "x" } });
    client.start_as(1_000, "tools/call", echo.clone());
    assert_eq!(client.answer(1_000).error()["code"], -32600);
    client.notify("notifications/cancelled", json!({ "requestId": 1_000 }));
    client.start_as(1_000, "tools/call", echo);
    assert_eq!(client.answer(1_000).result()["content"][0]["text"], "x");
}

/// SHL-14: with the session everything in it ends.
#[test]
fn with_the_end_of_a_session() {
    let host = host();
    let mut client = Client::connect_to(host.address(), Way::STREAMABLE);
    let ids: Vec<u64> = (1_000..).take(PLACES).collect();
    for id in &ids {
        start_endless(&mut client, *id);
    }
    for _ in &ids {
        client.notification();
    }
    let end = Request::new("DELETE", "/mcp").header("Mcp-Session-Id", client.session());
    end.send(host.address()).must_be(204);
    // The responses end without an answer.
    let rest = client.rest();
    assert!(
        rest.iter().all(|frame| frame.get("id").is_none()),
        "{rest:?}"
    );
    echoes(&mut Client::connect_to(host.address(), Way::STREAMABLE));
}

/// STD-3: the end of standard input ends the host, after what is running.
#[test]
fn from_standard_input() {
    let mut host = Host::serve(&["--stdio", ROGUE, "--timeout", FOR_EVER]);
    let mut lines = host.lines();
    lines.say(&modern_call("sleep", &json!({ "ms": 100 })));
    lines.close();
    assert!(lines.hear().contains("awake"));
    assert_eq!(lines.rest(), Vec::<String>::new());
    assert_eq!(host.exit_code(), Some(0));
}

/// A client that was killed closes everything. What would run for ever is given
/// up after a while.
#[test]
fn from_both_pipes() {
    let mut host = Host::serve(&["--stdio", ROGUE, "--timeout", FOR_EVER]);
    let mut lines = host.lines();
    lines.say(&modern_call("spin", &json!({})));
    drop(lines);
    assert_eq!(host.exit_code(), Some(0));
}

/// A client that does not read any more is gone; that is no failure of the host.
#[test]
fn from_standard_output() {
    let mut host = Host::serve(&["--stdio", ROGUE, "--timeout", FOR_EVER]);
    let (mut stdin, heard) = host.lines().split();
    drop(heard);
    let call = modern_call("echo", &json!({ "text": "x" }));
    let stdin = stdin.as_mut().unwrap();
    // The host notices at its first attempt to answer, or at a later one.
    while stdin.write_all(format!("{call}\n").as_bytes()).is_ok() {}
    assert_eq!(host.exit_code(), Some(0));
}

fn modern_call(tool: &str, arguments: &Value) -> String {
    Modern::call(tool, arguments.clone()).message.to_string()
}

/// In the middle of a head, of a body, and right after the last byte.
#[test]
fn at_every_point_of_a_request() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", HELLO]);
    let call = Modern::call("greet", json!({ "name": "Ada" }));
    let bytes = call.request().bytes(host.address());
    for cut in (0..bytes.len()).step_by(17).chain([bytes.len()]) {
        let mut socket = TcpStream::connect(host.address()).unwrap();
        socket.write_all(&bytes[..cut]).unwrap();
    }
    call.send(host.address()).must_be(200);
}

/// What one client does not read is kept for it within bounds, and holds up its
/// own calls only.
#[test]
fn by_not_reading() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", ROGUE]);
    let mut deaf = Request::new("GET", "/sse")
        .send(host.address())
        .must_be(200);
    let endpoint = deaf.event().unwrap().expect("an event").data;
    for id in 0..PLACES {
        let mut call = Modern::call("huge_result", json!({ "bytes": 1 << 20 }));
        call.message["id"] = id.into();
        Request::post(&endpoint, &call.message.to_string())
            .send(host.address())
            .must_be(202);
    }
    for way in [Way::SSE, Way::STREAMABLE, Way::STREAMABLE_MODERN] {
        echoes(&mut Client::connect_to(host.address(), way));
    }
    // Whatever it has missed is still there for it.
    for _ in 0..PLACES {
        let missed = deaf.event().unwrap().expect("an event");
        assert!(missed.data.len() > 1 << 20, "{}", missed.data.len());
    }
}
