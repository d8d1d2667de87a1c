//! Several calls at once: none waits for another, and each can be given up.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf_fixtures::ROGUE;

use crate::support::{Binding, Client, PLACES, Signal, Way, on_every_way, stage};

on_every_way! {
    a_slow_call_holds_nobody_up
    many_calls_get_their_own_answers
    however_many_calls_run_the_client_is_heard
    a_cancelled_call_is_over
    a_guest_that_never_looks_up_is_stopped
    a_cancellation_that_means_nothing_is_ignored
    an_id_is_free_when_its_call_is_over
}

/// Longer than any test runs, and longer than any of them waits.
const FOR_EVER: &str = "1h";

/// A call that reports every now and then and does not end. Once it has reported,
/// it is known to be running.
fn start_endless(client: &mut Client, id: u64) {
    let params = json!({
        "name": "count",
        "arguments": { "n": 1_000_000, "delay_ms": 200 },
        "_meta": { "progressToken": id },
    });
    client.start_as(id, "tools/call", params);
}

/// Waits until each of these has reported.
fn wait_until_running(client: &mut Client, ids: &[u64]) {
    let mut waiting: BTreeSet<u64> = ids.iter().copied().collect();
    while !waiting.is_empty() {
        let report = client.notification();
        if let Some(id) = report["params"]["progressToken"].as_u64() {
            waiting.remove(&id);
        }
    }
}

/// STD-9, trap 62.
fn a_slow_call_holds_nobody_up(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE, "--timeout", FOR_EVER]);
    let spinning = client.start_call("spin", json!({}));
    let slow = client.start_call("sleep", json!({ "ms": 3_600_000 }));
    for number in 0..10 {
        let text = number.to_string();
        assert_eq!(client.text("echo", json!({ "text": text })), text);
    }
    client.cancel(slow);
    client.cancel(spinning);
}

fn many_calls_get_their_own_answers(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE]);
    let calls: Vec<_> = (0..100)
        .map(|number| {
            (
                number,
                client.start_call("echo", json!({ "text": format!("{number}") })),
            )
        })
        .collect();
    for (number, id) in calls.into_iter().rev() {
        let result = client.answer(id).result();
        assert_eq!(result["content"][0]["text"], format!("{number}"));
    }
}

/// Trap 62: no number of slow calls keeps the host from hearing that they are not
/// wanted any more.
fn however_many_calls_run_the_client_is_heard(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE, "--timeout", FOR_EVER]);
    let sleep = json!({ "ms": 3_600_000 });
    let ids: Vec<u64> = (0..300)
        .map(|_| client.start_call("sleep", sleep.clone()))
        .collect();
    for id in ids {
        client.cancel(id);
    }
    let result = client.request("tools/list", json!({}));
    result.result();
}

/// CAN-2 to CAN-4, STD-8: no answer, no further report, and its place is free.
fn a_cancelled_call_is_over(way: Way) {
    let (mut host, mut client) = stage(way, &[ROGUE, "--timeout", FOR_EVER]);
    let ids: Vec<u64> = (1_000..).take(PLACES).collect();
    for id in &ids {
        start_endless(&mut client, *id);
    }
    wait_until_running(&mut client, &ids);
    for id in &ids {
        client.cancel(*id);
    }
    // All places were taken; this call needs one of them.
    assert_eq!(client.text("echo", json!({ "text": "free" })), "free");
    host.signal(Signal::Terminate);
    let rest = client.rest();
    let answers = rest
        .iter()
        .filter(|frame| frame.get("id").is_some())
        .count();
    assert_eq!(answers, 0, "{rest:?}");
    if way.binding != Binding::Streamable {
        // On an ordered channel everything after the answer was said after the
        // cancellations had been read.
        assert_eq!(rest, Vec::<Value>::new());
    }
    assert_eq!(host.exit_code(), Some(0));
}

/// Cancellation needs no help from the guest.
fn a_guest_that_never_looks_up_is_stopped(way: Way) {
    let (mut host, mut client) = stage(way, &[ROGUE, "--timeout", FOR_EVER]);
    let spinning = client.start_call("spin", json!({}));
    start_endless(&mut client, 1_000);
    wait_until_running(&mut client, &[1_000]);
    client.cancel(spinning);
    client.cancel(1_000);
    assert_eq!(client.text("echo", json!({ "text": "well" })), "well");
    // A drain waits for what is running.
    host.signal(Signal::Terminate);
    assert_eq!(host.exit_code(), Some(0));
}

/// CAN-2, RPC-10: not even an error.
fn a_cancellation_that_means_nothing_is_ignored(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE]);
    for params in [
        json!({ "requestId": 4711 }),
        json!({ "requestId": "x" }),
        json!({ "requestId": null }),
        json!({}),
    ] {
        client.notify("notifications/cancelled", params);
    }
    let id = client.start_call("echo", json!({ "text": "still here" }));
    let exchange = client.answer(id);
    assert_eq!(exchange.before, Vec::<Value>::new());
    exchange.result();
    // Finished calls cannot be cancelled any more.
    if !way.is_modern() {
        client.cancel(id);
    }
    assert_eq!(
        client.text("echo", json!({ "text": "and here" })),
        "and here"
    );
}

/// RPC-7. Modern requests over HTTP stand alone, and may share an id (trap 10).
fn an_id_is_free_when_its_call_is_over(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE, "--timeout", FOR_EVER]);
    start_endless(&mut client, 1_000);
    wait_until_running(&mut client, &[1_000]);
    let echo = json!({ "name": "echo", "arguments": { "text": "second" } });
    client.start_as(1_000, "tools/call", echo.clone());
    let second = client.answer(1_000);
    if way == Way::STREAMABLE_MODERN {
        assert_eq!(second.result()["content"][0]["text"], "second");
        return;
    }
    if way.binding == Binding::Streamable {
        assert_eq!(second.status, Some(400));
    }
    assert_eq!(second.error()["code"], -32600);
    // The first was not disturbed.
    wait_until_running(&mut client, &[1_000]);
    client.cancel(1_000);
    for _ in 0..2 {
        client.start_as(1_000, "tools/call", echo.clone());
        assert_eq!(
            client.answer(1_000).result()["content"][0]["text"],
            "second"
        );
    }
}
