//! Which message goes on which stream (SHL-7, SHL-21 to SHL-24).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Session, event, events, host, id, is_primer, parsed};
use crate::support::{C, D, Event, Modern, Response, hang_up};

/// SHL-6: a call that says nothing before its answer has no stream.
#[test]
fn an_answer_and_nothing_else() {
    let host = host();
    let session = Session::open(&host, D);
    let params = json!({ "name": "echo", "arguments": { "text": "here" } });
    let response = session.ask(1, "tools/call", &params);
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.json()["result"]["content"][0]["text"], "here");
}

/// SHL-7, SHL-21, SHL-24: each call has its own stream, and no event the name of
/// another.
#[test]
fn several_calls_at_once() {
    let host = host();
    for revision in [C, D] {
        let session = Session::open(&host, revision);
        let mut general = session.listen();
        let steps = json!({ "n": 5, "delay_ms": 10 });
        let calls: Vec<(u64, Response)> = (1..=4)
            .map(|id| (id, session.stream(id, "count", &steps)))
            .collect();
        session.announce();
        let mut all: Vec<Event> = Vec::new();
        for (id, mut call) in calls {
            let said = events(&mut call);
            let messages: Vec<Value> = said
                .iter()
                .filter(|event| event.is_message())
                .map(parsed)
                .collect();
            let (answer, before) = messages.split_last().expect("an answer");
            assert_eq!(answer["id"], id);
            let steps = before.iter().map(|it| &it["params"]["progressToken"]);
            let steps: Vec<&Value> = steps.filter(|token| !token.is_null()).collect();
            assert_eq!(steps, [id; 5]);
            all.extend(said);
        }
        if revision == D {
            all.push(event(&mut general));
        }
        all.push(event(&mut general));
        let ids: BTreeSet<&str> = all.iter().map(id).collect();
        assert_eq!(ids.len(), all.len(), "{revision}");
    }
}

/// SHL-22: each message goes to one stream, the newest that is there.
#[test]
fn several_that_listen() {
    let host = host();
    let session = Session::open(&host, D);
    let mut streams: Vec<Response> = (0..3)
        .map(|_| {
            let mut listening = session.listen();
            assert!(is_primer(&event(&mut listening)));
            listening
        })
        .collect();
    let mut heard: Vec<String> = Vec::new();
    while let Some(mut newest) = streams.pop() {
        let told = event_of_changes(&session, &mut newest);
        assert_eq!(parsed(&told)["method"], "notifications/tools/list_changed");
        heard.push(id(&told).to_owned());
        hang_up(&newest.socket());
    }
    let once: BTreeSet<&String> = heard.iter().collect();
    assert_eq!(once.len(), 3);
}

/// The next event of a stream, while one change comes after another. Some may go to
/// a connection of which the host does not know yet that it is gone.
#[track_caller]
fn event_of_changes(session: &Session, listening: &mut Response) -> Event {
    let heard = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !heard.load(Ordering::Relaxed) {
                session.announce();
                thread::sleep(Duration::from_millis(10));
            }
        });
        let event = listening.event();
        heard.store(true, Ordering::Relaxed);
        event.expect("the stream is whole").expect("an event")
    })
}

/// SHL-23: what changes while nobody listens is told to the next who does, once.
#[test]
fn nobody_who_listens() {
    let host = host();
    let session = Session::open(&host, D);
    let uri = "item:///1";
    session.ask(1, "resources/subscribe", &json!({ "uri": uri }));
    let arguments = json!({ "what": "resource", "uri": uri });
    let changed = json!({ "name": "announce", "arguments": arguments });
    for id in 2..5 {
        session.ask(id, "tools/call", &changed);
    }
    let mut listening = session.listen();
    assert!(is_primer(&event(&mut listening)));
    let told = parsed(&event(&mut listening));
    assert_eq!(told["method"], "notifications/resources/updated");
    assert_eq!(told["params"]["uri"], uri);
    session.announce();
    let told = parsed(&event(&mut listening));
    assert_eq!(told["method"], "notifications/tools/list_changed");
}

/// CAN-2, CAN-3: a call that is given up ends its stream without an answer, and what
/// it has asked is taken back.
#[test]
fn a_call_that_is_given_up() {
    let host = host();
    let session = Session::open(&host, D);
    let mut general = session.listen();
    assert!(is_primer(&event(&mut general)));
    let mut call = session.stream(1, "ask_form", &json!({}));
    assert!(is_primer(&event(&mut call)));
    let question = parsed(&event(&mut call));
    session.cancel(1);
    assert_eq!(events(&mut call), []);
    let taken_back = parsed(&event(&mut general));
    assert_eq!(taken_back["method"], "notifications/cancelled");
    assert_eq!(taken_back["params"]["requestId"], question["id"]);
    // The id is free again.
    let echo = json!({ "name": "echo", "arguments": { "text": "here" } });
    assert_eq!(session.ask(1, "tools/call", &echo).json()["id"], 1);
}

/// SHL-9: hanging up is no word, and gives nothing up.
#[test]
fn a_connection_that_breaks() {
    let host = host();
    let session = Session::open(&host, D);
    let mut general = session.listen();
    assert!(is_primer(&event(&mut general)));
    let mut call = session.stream(1, "ask_form", &json!({}));
    assert!(is_primer(&event(&mut call)));
    let question = parsed(&event(&mut call));
    hang_up(&call.socket());
    // RPC-7: the call is still there.
    let again = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let refusal = session.post(&again.to_string()).send(session.host);
    assert_eq!(refusal.must_be(400).json()["error"]["code"], -32600);
    // Its question is, too.
    session.announce();
    let told = parsed(&event(&mut general));
    assert_eq!(told["method"], "notifications/tools/list_changed");
    let no = json!({ "action": "decline" });
    session.tell(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": no }));
    crate::support::eventually("it ends", || {
        let again = session.post(&again.to_string()).send(session.host);
        (again.status == 200).then_some(())
    });
}

/// SHM-6, SHL-30: proxies are told not to hold events back.
#[test]
fn what_a_stream_says_about_itself() {
    let host = host();
    let session = Session::open(&host, D);
    for response in [
        session.listen(),
        session.stream(1, "count", &json!({ "n": 1 })),
    ] {
        assert_eq!(response.header("content-type"), Some("text/event-stream"));
        assert_eq!(response.header("cache-control"), Some("no-cache"));
        assert_eq!(response.header("x-accel-buffering"), Some("no"));
        assert_eq!(response.header("mcp-session-id"), None);
    }
}

/// PRG-2, SHL-7, SHM-5: whatever a call says goes before its answer, however fast it
/// says it, and though others talk as well.
#[test]
fn calls_that_say_much_at_once() {
    // As much as one call may say.
    const MUCH: usize = 1_000;
    let host = host();
    let much = json!({ "n": MUCH });
    let mut modern = Modern::call("flood_progress", much.clone());
    modern.message["params"]["_meta"]["progressToken"] = 1.into();
    let is_all_there = |mut call: Response| {
        let said = events(&mut call);
        let messages = said.iter().filter(|event| event.is_message());
        assert_eq!(messages.count(), MUCH + 1);
    };
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let session = Session::open(&host, D);
                for id in 1..=4 {
                    is_all_there(session.stream(id, "flood_progress", &much));
                    is_all_there(modern.send(host.address()).must_be(200));
                }
            });
        }
    });
}
