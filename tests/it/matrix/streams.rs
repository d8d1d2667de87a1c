//! The streams of a session over Streamable HTTP: what belongs to no request is kept
//! for the one that is opened for it, and what broke off can be had again (§6.4,
//! §6.5).

use std::io;

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, ROGUE};

use crate::support::{B, C, D, Event, Host, Request, Response, Session, told};

fn host() -> Host {
    Host::serve(&["--listen", "127.0.0.1:0", ROGUE, EVERYTHING])
}

/// A client that does what each test says and nothing else.
struct Hand<'a> {
    host: &'a Host,
    session: Session,
}

impl<'a> Hand<'a> {
    fn new(host: &'a Host, revision: &str) -> Self {
        let capabilities = json!({ "elicitation": {} });
        let session = Session::open_as(host.address(), revision, &capabilities);
        Self { host, session }
    }

    /// Sends a message.
    #[track_caller]
    fn post(&self, message: &Value) -> Response {
        let request = self.session.post(&message.to_string());
        request.send(self.host.address())
    }

    #[track_caller]
    fn call(&self, id: u32, tool: &str, arguments: &Value) -> Response {
        let mut params = json!({ "name": tool });
        params["arguments"] = arguments.clone();
        params["_meta"] = json!({ "progressToken": id });
        self.post(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }))
    }

    #[track_caller]
    fn announce(&self, what: &str, uri: &str) {
        let announced = self.call(9, "announce", &json!({ "what": what, "uri": uri }));
        assert_eq!(
            announced.json()["result"]["content"][0]["text"],
            "announced"
        );
    }

    #[track_caller]
    fn subscribe(&self, uri: &str) {
        let params = json!({ "uri": uri });
        let request =
            json!({ "jsonrpc": "2.0", "id": 8, "method": "resources/subscribe", "params": params });
        assert_eq!(self.post(&request).json()["result"], json!({}));
    }

    fn get(&self) -> Request {
        Request::new("GET", "/mcp")
            .header("Accept", "text/event-stream")
            .header("Mcp-Session-Id", &self.session.id)
    }

    /// Opens the stream of what belongs to no request.
    #[track_caller]
    fn open(&self) -> Response {
        self.get().send(self.host.address()).must_be(200)
    }

    /// Comes back for what followed this event.
    #[track_caller]
    fn come_back(&self, after: &str) -> Response {
        let request = self.get().header("Last-Event-ID", after);
        request.send(self.host.address())
    }
}

/// The next message, and where it is.
#[track_caller]
fn message(stream: &mut Response) -> (String, Value) {
    let event = stream.message().unwrap().expect("a message");
    let message = serde_json::from_str(&event.data).unwrap();
    (event.id.expect("SHL-24"), message)
}

/// SHL-26: an empty event tells where a stream is, in the one revision whose clients
/// know what that means.
#[test]
fn begin_with_where_they_are() {
    let host = host();
    for revision in [B, C, D] {
        let hand = Hand::new(&host, revision);
        let mut general = hand.open();
        let mut counting = hand.call(1, "count", &json!({ "n": 1 }));
        hand.announce("tools", "");
        for stream in [&mut general, &mut counting] {
            let first = stream.event().unwrap().expect("an event");
            let primed = revision == D;
            assert_eq!(first.data.is_empty(), primed, "{revision}: {first:?}");
            assert!(first.id.is_some(), "{revision}: {first:?}");
        }
    }
}

/// SHL-23: what happens while nobody listens is kept, each of it once.
#[test]
fn keep_what_nobody_heard() {
    let host = host();
    let hand = Hand::new(&host, D);
    hand.subscribe("item:///1");
    for _ in 0..3 {
        hand.announce("resource", "item:///1");
    }
    // What is listed is read again first, and is told when it has been.
    let elsewhere = Hand::new(&host, D);
    let mut told_elsewhere = elsewhere.open();
    for _ in 0..2 {
        hand.announce("prompts", "");
        assert_eq!(
            told(&message(&mut told_elsewhere).1),
            "prompts/list_changed"
        );
    }
    let mut stream = hand.open();
    for expected in ["prompts/list_changed", "resources/updated item:///1"] {
        assert_eq!(told(&message(&mut stream).1), expected);
    }
    hand.announce("tools", "");
    assert_eq!(told(&message(&mut stream).1), "tools/list_changed");
}

/// SHL-22: each message goes to one of them, the newest.
#[test]
fn do_not_say_things_twice() {
    let host = host();
    let hand = Hand::new(&host, D);
    let (mut old, mut new) = (hand.open(), hand.open());
    for what in ["tools", "prompts"] {
        hand.announce(what, "");
        assert_eq!(told(&message(&mut new).1), format!("{what}/list_changed"));
    }
    let end = hand.session.ending();
    end.send(host.address()).must_be(204);
    // SHL-14: both end, and the old one has heard nothing.
    assert_eq!(old.message().unwrap(), None);
    assert_eq!(new.message().unwrap(), None);
}

/// SHL-22, SHL-25: the newest stream goes; what comes then is for the next one, which
/// need not say where it was.
#[test]
fn are_opened_again() {
    let host = host();
    let hand = Hand::new(&host, C);
    let mut stream = hand.open();
    hand.announce("tools", "");
    let (id, _) = message(&mut stream);
    drop(stream);
    hand.announce("prompts", "");
    let mut again = hand.come_back(&id).must_be(200);
    assert_eq!(told(&message(&mut again).1), "prompts/list_changed");
}

/// SHL-24, SHL-25, SHL-29: a call goes on when its connection breaks, and what it said
/// since then is there, to the answer. Nothing of other streams is.
#[test]
fn go_on_where_they_broke_off() {
    let host = host();
    for revision in [B, C, D] {
        let hand = Hand::new(&host, revision);
        let mut counting = hand.call(1, "count", &json!({ "n": 5, "delay_ms": 20 }));
        let mut other = hand.call(2, "count", &json!({ "n": 2 }));
        let (seen, first) = progress(&mut counting);
        assert_eq!(first, "1 of 5");
        drop(counting);
        while other.message().unwrap().is_some() {}
        // Also from the beginning again.
        for _ in 0..2 {
            let mut rest = hand.come_back(&seen).must_be(200);
            for expected in 2..=5 {
                assert_eq!(progress(&mut rest).1, format!("{expected} of 5"));
            }
            let (_, answer) = next(&mut rest, |frame| frame.get("id").is_some());
            assert_eq!(answer["id"], 1);
            assert_eq!(answer["result"]["content"][0]["text"], "done");
            assert_eq!(rest.event().unwrap(), None, "the answer is the last");
        }
    }
}

fn next(stream: &mut Response, wanted: impl Fn(&Value) -> bool) -> (String, Value) {
    loop {
        let (id, frame) = message(stream);
        if wanted(&frame) {
            return (id, frame);
        }
    }
}

fn progress(stream: &mut Response) -> (String, String) {
    let is_progress = |frame: &Value| frame["method"] == "notifications/progress";
    let (id, report) = next(stream, is_progress);
    let words = report["params"]["message"].as_str().unwrap();
    (id, words.to_owned())
}

/// S2C-2: a question comes on the stream of its call, also to whoever comes back for
/// it; the answer is a message of its own.
#[test]
fn carry_questions_of_their_own_calls() {
    let host = host();
    let hand = Hand::new(&host, D);
    let mut general = hand.open();
    let mut asking = hand.call(1, "ask_form", &json!({}));
    let prime = asking.event().unwrap().expect("an event");
    let (_, question) = message(&mut asking);
    assert_eq!(question["method"], "elicitation/create");
    drop(asking);
    let mut again = hand.come_back(&prime.id.unwrap()).must_be(200);
    assert_eq!(message(&mut again).1, question);
    let filled_in = json!({ "action": "accept", "content": { "name": "Ada" } });
    let response = json!({ "jsonrpc": "2.0", "id": question["id"], "result": filled_in });
    // CAN-7: somebody else's answer answers nothing.
    let stranger = Hand::new(&host, D);
    let theirs = response.to_string().replace("Ada", "Eve");
    let theirs: Value = serde_json::from_str(&theirs).unwrap();
    assert_eq!(stranger.post(&theirs).must_be(202).text(), "");
    assert_eq!(hand.post(&response).must_be(202).text(), "");
    let (_, answer) = message(&mut again);
    assert_eq!(answer["result"]["content"][0]["text"], "Hello, Ada!");
    // SHL-21: the stream of the others heard of nothing.
    hand.announce("tools", "");
    assert_eq!(told(&message(&mut general).1), "tools/list_changed");
}

/// SHL-12, SHL-13, SHL-20, SHL-28.
#[test]
fn are_for_those_who_know_their_way() {
    let host = host();
    let (hand, stranger) = (Hand::new(&host, D), Hand::new(&host, D));
    let mut counting = stranger.call(1, "count", &json!({ "n": 1 }));
    let (id, _) = message(&mut counting);
    let to = host.address();
    for cursor in ["", "nonsense", "1", "1-x", "77-1", "0-77", id.as_str()] {
        let refusal = hand.come_back(cursor).must_be(400).json();
        assert_eq!(refusal["error"]["code"], -32600, "{cursor}");
    }
    let accept = hand.get().without("Accept");
    accept
        .clone()
        .header("Accept", "application/json")
        .send(to)
        .must_be(406);
    let nobody = hand.get().without("Mcp-Session-Id");
    nobody.send(to).must_be(400);
    nobody
        .header("Mcp-Session-Id", "nonsense")
        .send(to)
        .must_be(404);
    // An extra: the version of another era.
    let other_era = hand.get().header("MCP-Protocol-Version", "2026-07-28");
    other_era.send(to).must_be(400);
}

/// SHL-27: a call that will be silent for long lets go of its client, who comes back.
#[test]
fn let_go_of_those_who_would_wait() {
    let host = host();
    let hand = Hand::new(&host, D);
    let mut silent = hand.call(1, "silent", &json!({ "ms": 1_000 }));
    let prime = silent.event().unwrap().expect("SHL-26");
    let retry: Event = silent.event().unwrap().expect("SHL-27");
    assert_eq!(retry.retry, Some(1_000));
    let end: io::Result<Option<Event>> = silent.event();
    assert_eq!(end.unwrap(), None);
    let mut again = hand.come_back(&prime.id.unwrap()).must_be(200);
    let (_, answer) = message(&mut again);
    assert_eq!(answer["result"]["content"][0]["text"], "back");
}
