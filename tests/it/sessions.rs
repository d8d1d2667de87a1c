//! Sessions over Streamable HTTP (§6): streams that begin and end with connections,
//! and calls that do not.

mod full;
mod owners;
mod polling;
mod replay;
mod streams;
mod versions;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, ROGUE};

use crate::support::{D, Event, Host, PLACES, Request, Response, Signal, handshake};

/// A session of a client that writes everything by hand.
struct Session {
    host: SocketAddr,
    id: String,
}

fn host() -> Host {
    Host::serve(&[
        "--listen",
        "127.0.0.1:0",
        "--timeout",
        "2h",
        ROGUE,
        EVERYTHING,
    ])
}

/// `initialize` with this version, by a client that can fill in forms.
fn opening(version: &str) -> Request {
    let mut params = handshake(version);
    params["capabilities"] = json!({ "elicitation": {} });
    Request::post("/mcp", &message(0, "initialize", &params))
}

fn message(id: impl Into<Value>, method: &str, params: &Value) -> String {
    let id = id.into();
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

impl Session {
    fn open(host: &Host, version: &str) -> Self {
        let host = host.address();
        let response = opening(version).send(host).must_be(200);
        let id = response.header("mcp-session-id").expect("a session id");
        let id = id.to_owned();
        assert_eq!(response.json()["result"]["protocolVersion"], version);
        Self { host, id }
    }

    /// The same session of a request.
    fn of(&self, request: Request) -> Request {
        request.header("Mcp-Session-Id", &self.id)
    }

    fn post(&self, message: &str) -> Request {
        self.of(Request::post("/mcp", message))
    }

    /// Sends a request, and reads the head of its response.
    #[track_caller]
    fn ask(&self, id: u64, method: &str, params: &Value) -> Response {
        let request = self.post(&message(id, method, params));
        request.send(self.host).must_be(200)
    }

    /// Calls a tool that says something before its answer.
    #[track_caller]
    fn stream(&self, id: u64, tool: &str, arguments: &Value) -> Response {
        let response = self.ask(id, "tools/call", &told(id, tool, arguments));
        assert!(response.is_stream());
        response
    }

    /// Sends what needs no answer.
    #[track_caller]
    fn tell(&self, message: &Value) {
        let request = self.post(&message.to_string());
        request.send(self.host).must_be(202);
    }

    #[track_caller]
    fn cancel(&self, id: u64) {
        self.tell(&json!({
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": { "requestId": id },
        }));
    }

    fn getting(&self) -> Request {
        self.of(Request::new("GET", "/mcp"))
            .header("Accept", "text/event-stream")
    }

    /// Listens to what belongs to no request.
    #[track_caller]
    fn listen(&self) -> Response {
        let response = self.getting().send(self.host).must_be(200);
        assert!(response.is_stream());
        response
    }

    /// Comes back for what followed this event.
    fn returning(&self, last: &str) -> Response {
        let request = self.getting().header("Last-Event-ID", last);
        request.send(self.host)
    }

    fn ending(&self) -> Request {
        self.of(Request::new("DELETE", "/mcp"))
    }

    /// What `ping` is answered with.
    fn ping(&self) -> Response {
        self.post(&message("ping", "ping", &json!({})))
            .send(self.host)
    }

    /// Has the plugin tell that its tools have changed.
    #[track_caller]
    fn announce(&self) {
        let params = json!({ "name": "announce", "arguments": { "what": "tools" } });
        let response = self.ask(999, "tools/call", &params);
        assert_eq!(response.json()["result"]["content"][0]["text"], "announced");
    }
}

/// The parameters of a call whose progress is wanted under the request's id.
fn told(id: u64, tool: &str, arguments: &Value) -> Value {
    json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": id } })
}

/// The next event, which there is.
#[track_caller]
fn event(response: &mut Response) -> Event {
    let event = response.event().expect("the stream is whole");
    event.expect("there is an event")
}

/// The events up to the end.
#[track_caller]
fn events(response: &mut Response) -> Vec<Event> {
    std::iter::from_fn(|| response.event().expect("the stream is whole")).collect()
}

/// SHL-26: says where the stream is and nothing else.
fn is_primer(event: &Event) -> bool {
    event.id.is_some() && event.data.is_empty() && event.retry.is_none()
}

#[track_caller]
fn parsed(event: &Event) -> Value {
    serde_json::from_str(&event.data).expect("a message")
}

/// How far the call says it is.
#[track_caller]
fn progress(event: &Event) -> u64 {
    let message = parsed(event);
    assert_eq!(message["method"], "notifications/progress", "{message}");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the tool counts in small whole numbers"
    )]
    let progress = message["params"]["progress"].as_f64().expect("a number") as u64;
    progress
}

fn id(event: &Event) -> &str {
    event.id.as_deref().expect("an id")
}

/// SHL-14.
#[test]
fn the_end_of_a_session_is_the_end_of_its_streams() {
    let host = host();
    let session = Session::open(&host, D);
    let mut general = session.listen();
    assert!(is_primer(&event(&mut general)));
    let forever = json!({ "n": 1_000_000, "delay_ms": 10 });
    let mut call = session.stream(1, "count", &forever);
    let resumable = id(&event(&mut call)).to_owned();
    session.ending().send(session.host).must_be(204);
    assert_eq!(events(&mut general), []);
    for event in events(&mut call) {
        assert!(parsed(&event).get("id").is_none(), "there is no answer");
    }
    session.ping().must_be(404);
    session.returning(&resumable).must_be(404);
    session.getting().send(session.host).must_be(404);
    session.ending().send(session.host).must_be(404);
}

/// SHL-14: and of its calls. Only so many of a plugin run at once.
#[test]
fn the_end_of_a_session_is_the_end_of_its_calls() {
    let host = host();
    let session = Session::open(&host, D);
    for id in 0..PLACES as u64 {
        // It runs when it has said so.
        session.stream(id, "silent", &json!({ "ms": 3_600_000 }));
    }
    session.ending().send(session.host).must_be(204);
    Session::open(&host, D).announce();
}

/// SHL-14, CAN-3: and of its questions. Whoever answers them now is not known.
#[test]
fn the_end_of_a_session_is_the_end_of_its_questions() {
    let host = host();
    let session = Session::open(&host, D);
    let mut asking = session.stream(1, "ask_form", &json!({}));
    assert!(is_primer(&event(&mut asking)));
    let question = parsed(&event(&mut asking));
    assert_eq!(question["method"], "elicitation/create");
    session.ending().send(session.host).must_be(204);
    assert_eq!(events(&mut asking), []);
    let answer =
        json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "cancel" } });
    session
        .post(&answer.to_string())
        .send(session.host)
        .must_be(404);
}

/// SHL-8, SHL-23: a host that ends finishes what has been begun, and listens no more.
#[test]
fn the_end_of_a_host() {
    let mut host = host();
    let session = Session::open(&host, D);
    let mut general = session.listen();
    let primer = event(&mut general);
    let mut again = session.returning(id(&primer)).must_be(200);
    assert_eq!(event(&mut again), primer);
    let steps = json!({ "n": 5, "delay_ms": 50 });
    let mut call = session.stream(1, "count", &steps);
    host.signal(Signal::Terminate);
    assert_eq!(events(&mut general), []);
    assert_eq!(events(&mut again), []);
    let last = events(&mut call).pop().expect("an answer");
    assert_eq!(parsed(&last)["result"]["content"][0]["text"], "done");
    assert_eq!(host.exit_code(), Some(0));
}

/// SHL-1, SHL-20: other verbs are refused with those that are not.
#[test]
fn verbs() {
    let host = host();
    let session = Session::open(&host, D);
    let mut listening = session.listen();
    assert!(is_primer(&event(&mut listening)));
    for verb in ["PUT", "PATCH", "OPTIONS", "HEAD", "TRACE"] {
        let request = session.of(Request::new(verb, "/mcp"));
        let response = request.send(session.host);
        assert_eq!(response.status, 405, "{verb}");
        let allowed = response.header("allow").expect("what is allowed");
        let allowed: BTreeSet<&str> = allowed.split(',').map(str::trim).collect();
        assert_eq!(allowed, BTreeSet::from(["DELETE", "GET", "POST"]), "{verb}");
    }
    // None of them was taken for somebody who listens.
    session.announce();
    let told = parsed(&event(&mut listening));
    assert_eq!(told["method"], "notifications/tools/list_changed");
}

/// SHL-3, SHL-12, SHL-13, SHL-20.
#[test]
fn requests_to_listen() {
    let host = host();
    let session = Session::open(&host, D);
    let get = |headers: &[(&str, &str)]| {
        let headers = headers.iter();
        let request = headers.fold(Request::new("GET", "/mcp"), |request, (name, value)| {
            request.header(name, value)
        });
        request.send(session.host).status
    };
    let mine = ("Mcp-Session-Id", session.id.as_str());
    for accept in ["application/json", "text/html", "image/*"] {
        assert_eq!(get(&[mine, ("Accept", accept)]), 406, "{accept}");
    }
    for accept in [
        "text/event-stream",
        "application/json, text/event-stream",
        "text/*",
        "*/*",
        "Text/Event-Stream;q=0.5",
    ] {
        assert_eq!(get(&[mine, ("Accept", accept)]), 200, "{accept}");
    }
    assert_eq!(get(&[mine]), 200, "whoever does not say takes everything");
    let events = ("Accept", "text/event-stream");
    assert_eq!(get(&[events]), 400, "no session");
    let unknown = "0".repeat(32);
    assert_eq!(get(&[events, ("Mcp-Session-Id", &unknown)]), 404);
    assert_eq!(get(&[events, ("Mcp-Session-Id", "\u{e4}")]), 404);
}
