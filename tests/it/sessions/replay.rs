//! Coming back for the rest of a stream (§6.5).

use serde_json::{Value, json};

use super::{Session, event, events, host, id, is_primer, parsed, progress};
use crate::support::{C, D, Event, Response, eventually, hang_up};

/// The messages among some events, with their ids.
fn said(events: Vec<Event>) -> Vec<Event> {
    events.into_iter().filter(Event::is_message).collect()
}

/// A call that reports so many steps, as it was told without an interruption.
fn counted(session: &Session, id: u64, steps: u64) -> Vec<Event> {
    let mut call = session.stream(id, "count", &json!({ "n": steps }));
    said(events(&mut call))
}

/// SHL-25, SHL-29: from anywhere on, as often as wanted, and nothing else.
#[test]
fn after_the_end() {
    let host = host();
    for revision in [C, D] {
        let session = Session::open(&host, revision);
        // So that there is something to be mixed up with.
        counted(&session, 1, 2);
        let all = counted(&session, 2, 3);
        counted(&session, 3, 2);
        assert_eq!(parsed(all.last().unwrap())["id"], 2);
        for seen in 1..=all.len() {
            for _ in 0..2 {
                let last = id(&all[seen - 1]);
                let mut rest = session.returning(last).must_be(200);
                assert!(rest.is_stream());
                assert_eq!(said(events(&mut rest)), all[seen..], "{revision}: {last}");
            }
        }
    }
}

/// SHL-9, SHL-25: a client that hangs up does not end its call, and gets exactly
/// what it has missed.
#[test]
fn in_the_middle() {
    let host = host();
    let session = Session::open(&host, D);
    let forever = json!({ "n": 1_000_000, "delay_ms": 5 });
    let mut call = session.stream(1, "count", &forever);
    assert!(is_primer(&event(&mut call)));
    let mut next = 1;
    for _ in 0..4 {
        let last = follow(&mut call, &mut next);
        hang_up(&call.socket());
        call = session.returning(&last).must_be(200);
        let first = event(&mut call);
        assert!(is_primer(&first));
        assert_eq!(id(&first), last);
    }
    session.cancel(1);
    let rest = said(events(&mut call));
    assert!(rest.iter().all(|event| parsed(event).get("id").is_none()));
}

/// Reads a few steps, none of them left out. The id of the last.
#[track_caller]
fn follow(call: &mut Response, next: &mut u64) -> String {
    let mut last = None;
    while last.is_none() || *next % 5 != 1 {
        let event = event(call);
        // The same call logs each step as well.
        if parsed(&event)["method"] == "notifications/progress" {
            assert_eq!(progress(&event), *next);
            *next += 1;
        }
        last = Some(id(&event).to_owned());
    }
    last.expect("there was one")
}

/// SHL-25: a client that has not seen all it was sent says so, and is believed.
#[test]
fn what_was_sent_and_not_seen() {
    let host = host();
    let session = Session::open(&host, D);
    let mut call = session.stream(1, "count", &json!({ "n": 3 }));
    let first = event(&mut call);
    assert!(is_primer(&first));
    let all = said(events(&mut call));
    let mut rest = session.returning(id(&first)).must_be(200);
    assert_eq!(said(events(&mut rest)), all);
}

/// SHL-29: an answer is delivered though the connection it was for is gone.
#[test]
fn an_answer_that_nobody_was_there_for() {
    let host = host();
    let session = Session::open(&host, D);
    let mut call = session.stream(1, "silent", &json!({ "ms": 50 }));
    let first = event(&mut call);
    hang_up(&call.socket());
    // The id is free as soon as there is an answer.
    let answer = eventually("it has ended", || {
        let mut rest = session.returning(id(&first)).must_be(200);
        said(events(&mut rest)).pop()
    });
    assert_eq!(parsed(&answer)["id"], 1);
    assert_eq!(parsed(&answer)["result"]["content"][0]["text"], "back");
}

/// SHL-7, SHL-25: a question is as good as any other message, and whoever comes
/// back can answer it.
#[test]
fn a_question_that_was_missed() {
    let host = host();
    let session = Session::open(&host, D);
    let mut call = session.stream(1, "ask_form", &json!({}));
    let first = event(&mut call);
    hang_up(&call.socket());
    let mut rest = session.returning(id(&first)).must_be(200);
    assert!(is_primer(&event(&mut rest)));
    let question = parsed(&event(&mut rest));
    assert_eq!(question["method"], "elicitation/create");
    let ada = json!({ "action": "accept", "content": { "name": "Ada" } });
    session.tell(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": ada }));
    let answer = parsed(&event(&mut rest));
    assert_eq!(answer["result"]["content"][0]["text"], "Hello, Ada!");
}

/// SHL-28.
#[test]
fn ids_that_are_none() {
    let host = host();
    let session = Session::open(&host, D);
    let all = counted(&session, 1, 1);
    let (stream, last) = id(all.last().unwrap()).split_once('-').expect("two parts");
    let beyond: u64 = last.parse::<u64>().unwrap() + 1;
    for unknown in [
        "",
        "x",
        "-",
        "1",
        "1-",
        "-1",
        "1-2-3",
        "1 - 1",
        "\u{e4}-1",
        "99999999999999999999-1",
        &format!("{stream}-{beyond}"),
        "4711-0",
    ] {
        let refusal = session.returning(unknown).must_be(400).json();
        assert_eq!(refusal["error"]["code"], -32600, "{unknown}");
    }
    session.ping().must_be(200);
}

/// SHL-25, SHL-28: the streams of other sessions are not to be had, whatever their
/// events are called.
#[test]
fn ids_of_others() {
    let host = host();
    let (mine, other) = (Session::open(&host, D), Session::open(&host, D));
    let theirs = counted(&other, 1, 3);
    mine.returning(id(&theirs[0])).must_be(400);
    // Not even if there is one of the same name.
    let own = counted(&mine, 1, 1);
    for event in &theirs {
        let mut response = mine.returning(id(event));
        if response.status == 200 {
            let rest = said(events(&mut response));
            assert!(rest.iter().all(|event| own.contains(event)));
        } else {
            response.must_be(400);
        }
    }
    assert_eq!(id(&own[0]), id(&theirs[0]), "they have the same names");
}

/// SHL-28: what is kept has bounds. Whoever has missed more is told so, rather than
/// given a story with a hole in it.
#[test]
fn what_is_not_kept_any_more() {
    const MANY: u64 = 1_000;
    let host = host();
    let session = Session::open(&host, D);
    let mut call = session.stream(1, "flood_progress", &json!({ "n": MANY }));
    let first = event(&mut call);
    assert!(is_primer(&first));
    hang_up(&call.socket());
    // As long as somebody reads, everything is kept for them.
    let refusal = eventually("it is forgotten", || {
        let response = session.returning(id(&first));
        (response.status == 400).then(|| response.json())
    });
    let message = refusal["error"]["message"].as_str().unwrap();
    assert!(message.contains("not kept any more"), "{message}");
    // The newest is there: the answer.
    let (stream, _) = id(&first).split_once('-').unwrap();
    let answer = eventually("there is an answer", || {
        let response = session.returning(&format!("{stream}-{MANY}"));
        (response.status == 200).then_some(response)
    });
    let answer = said(events(&mut { answer })).pop().expect("the answer");
    assert_eq!(parsed(&answer)["result"]["content"][0]["text"], "reported");
}

/// SHL-21, SHL-25: the stream that belongs to no request can be come back for, too.
#[test]
fn what_belongs_to_no_request() {
    let host = host();
    let session = Session::open(&host, D);
    let mut listening = session.listen();
    let first = event(&mut listening);
    let mut told: Vec<Event> = Vec::new();
    for _ in 0..3 {
        session.announce();
        told.push(event(&mut listening));
    }
    for (seen, last) in [&first].into_iter().chain(&told).enumerate() {
        let mut again = session.returning(id(last)).must_be(200);
        assert_eq!(id(&event(&mut again)), id(last));
        for missed in &told[seen..] {
            assert_eq!(event(&mut again), *missed);
        }
    }
    let methods: Vec<Value> = told.iter().map(|it| parsed(it)["method"].clone()).collect();
    assert_eq!(methods, ["notifications/tools/list_changed"; 3]);
}
