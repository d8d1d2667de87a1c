//! Sessions belong to whoever opened them.

use serde_json::json;
use std::path::PathBuf;
use wharf_fixtures::ROGUE;

use super::{message, opening};
use crate::support::{D, Host, Request};
use crate::unix::exchange;

/// A client that the kernel knows, at a Unix socket.
struct Somebody {
    socket: PathBuf,
    /// What comes into `Host`, where there is none.
    host: std::net::SocketAddr,
}

impl Somebody {
    /// The status and the headers of the response.
    fn send(&self, request: Request) -> String {
        let request = request.header("Connection", "close");
        exchange(&self.socket, &request.bytes(self.host))
    }

    fn status(&self, request: Request) -> u16 {
        let response = self.send(request);
        let status = response.split(' ').nth(1).expect("a status");
        status.parse().expect("a number")
    }
}

fn ping(session: &str) -> Request {
    let ping = message(1, "ping", &json!({}));
    Request::post("/mcp", &ping).header("Mcp-Session-Id", session)
}

fn get(session: &str) -> Request {
    let request = Request::new("GET", "/mcp").header("Accept", "text/event-stream");
    request.header("Mcp-Session-Id", session)
}

fn delete(session: &str) -> Request {
    Request::new("DELETE", "/mcp").header("Mcp-Session-Id", session)
}

/// SHL-13, SHL-15: to anybody else they do not exist.
#[test]
fn are_not_there_for_others() {
    let host = Host::serve(&[
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "http+unix:http.sock",
        ROGUE,
    ]);
    let somebody = Somebody {
        socket: host.folder().join("http.sock"),
        host: host.address(),
    };
    let opened = somebody.send(opening(D));
    let (_, rest) = opened.split_once("mcp-session-id: ").expect("a session");
    let theirs = rest.lines().next().unwrap();
    let opened = opening(D).send(host.address()).must_be(200);
    let nobodys = opened.header("mcp-session-id").unwrap();
    for request in [ping(theirs), get(theirs), delete(theirs)] {
        request.send(host.address()).must_be(404);
    }
    let resumed = get(theirs).header("Last-Event-ID", "0-0");
    resumed.send(host.address()).must_be(404);
    for request in [ping(nobodys), get(nobodys), delete(nobodys)] {
        assert_eq!(somebody.status(request), 404);
    }
    // Nothing has happened to them.
    assert_eq!(somebody.status(ping(theirs)), 200);
    ping(nobodys).send(host.address()).must_be(200);
    assert_eq!(somebody.status(delete(theirs)), 204);
    delete(nobodys).send(host.address()).must_be(204);
}

/// SHL-13, SHL-15: the refusal is the one that an id gets which nobody has.
#[test]
fn cannot_be_told_from_none() {
    let host = Host::serve(&[
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "http+unix:http.sock",
        ROGUE,
    ]);
    let somebody = Somebody {
        socket: host.folder().join("http.sock"),
        host: host.address(),
    };
    let opened = somebody.send(opening(D));
    let (_, rest) = opened.split_once("mcp-session-id: ").expect("a session");
    let theirs = rest.lines().next().unwrap();
    let none = "0".repeat(32);
    let said = |session: &str| ping(session).send(host.address()).must_be(404).text();
    assert_eq!(said(theirs), said(&none));
}
