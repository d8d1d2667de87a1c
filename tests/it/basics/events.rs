//! What a call says before its answer: progress and log messages, in order, and
//! only to those who want them.

use serde_json::{Value, json};
use wharf_fixtures::ROGUE;

use crate::support::{Client, Exchange, Way, on_every_way, stage};

on_every_way! {
    reports_progress_in_order
    keeps_progress_tokens_as_they_are
    reports_nothing_to_those_who_do_not_ask
    logs_from_a_level_on
    refuses_levels_that_are_none
    keeps_the_events_of_calls_apart
}

/// Without a token if it is null.
fn count(client: &mut Client, to: u32, token: &Value) -> Exchange {
    let mut params = json!({ "name": "count", "arguments": { "n": to } });
    if !token.is_null() {
        params["_meta"] = json!({ "progressToken": token });
    }
    client.request("tools/call", params)
}

/// The notifications of one kind, without what is the same in all.
#[track_caller]
fn only(exchange: &Exchange, method: &str) -> Vec<Value> {
    let found = exchange
        .before
        .iter()
        .filter(|frame| frame["method"] == method);
    found.map(|frame| frame["params"].clone()).collect()
}

/// PRG-2: all of it, in order, before the answer.
fn reports_progress_in_order(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE]);
    let exchange = count(&mut client, 5, &json!("p"));
    let reports = only(&exchange, "notifications/progress");
    assert_eq!(reports.len(), 5, "{reports:?}");
    for (report, number) in reports.iter().zip(1..) {
        assert_eq!(report["progressToken"], "p");
        assert_eq!(report["progress"].as_f64(), Some(f64::from(number)));
        assert_eq!(report["total"].as_f64(), Some(5.0));
        let message = (way.revision >= crate::support::B).then(|| format!("{number} of 5"));
        assert_eq!(report["message"].as_str(), message.as_deref(), "DWN-9");
    }
    assert_eq!(exchange.result()["content"][0]["text"], "done");
}

/// PRG-6.
fn keeps_progress_tokens_as_they_are(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE]);
    for token in [
        json!("1"),
        json!(1),
        json!(-9_007_199_254_740_993_i64),
        json!(""),
    ] {
        let exchange = count(&mut client, 1, &token);
        let reports = only(&exchange, "notifications/progress");
        assert_eq!(reports.len(), 1, "{token}");
        assert_eq!(reports[0]["progressToken"], token);
    }
}

/// PRG-1, LOG-3: modern requests ask for each by itself.
fn reports_nothing_to_those_who_do_not_ask(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE]);
    if !way.is_modern() {
        client.set_log_level("emergency");
    }
    let exchange = client.request(
        "tools/call",
        json!({ "name": "count", "arguments": { "n": 3 } }),
    );
    assert_eq!(exchange.before, Vec::<Value>::new());
    let exchange = client.request(
        "tools/call",
        json!({ "name": "flood_logs", "arguments": { "n": 3 } }),
    );
    assert_eq!(exchange.before, Vec::<Value>::new());
}

/// LOG-1, LOG-2, LOG-3.
fn logs_from_a_level_on(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE]);
    for (level, infos, warnings) in [
        ("debug", 2, 2),
        ("info", 2, 2),
        ("warning", 0, 2),
        ("error", 0, 0),
    ] {
        client.set_log_level(level);
        let exchange = count(&mut client, 2, &Value::Null);
        let messages = only(&exchange, "notifications/message");
        assert_eq!(messages.len(), infos, "{level}");
        for (message, number) in messages.iter().zip(1..) {
            let expected = json!({
                "level": "info",
                "logger": "count",
                "data": format!("{number} of 2"),
            });
            assert_eq!(*message, expected);
        }
        let flood = json!({ "name": "flood_logs", "arguments": { "n": 2 } });
        let exchange = client.request("tools/call", flood);
        let messages = only(&exchange, "notifications/message");
        assert_eq!(messages.len(), warnings, "{level}");
        assert!(
            messages.iter().all(|message| message["level"] == "warning"),
            "{messages:?}"
        );
    }
}

/// LOG-2, LOG-3.
fn refuses_levels_that_are_none(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE]);
    for level in [json!("loud"), json!("Info"), json!(3), Value::Null] {
        let exchange = if way.is_modern() {
            let meta = json!({ "io.modelcontextprotocol/logLevel": level });
            client.request("tools/list", json!({ "_meta": meta }))
        } else {
            client.request("logging/setLevel", json!({ "level": level }))
        };
        assert_eq!(exchange.error()["code"], -32602, "{level}");
    }
}

/// Each call's reports carry its own token, and stop at its own answer.
fn keeps_the_events_of_calls_apart(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE]);
    let mut start = |token: &str| {
        let params = json!({
            "name": "count",
            "arguments": { "n": 10, "delay_ms": 5 },
            "_meta": { "progressToken": token },
        });
        client.start("tools/call", params)
    };
    let (first, second) = (start("first"), start("second"));
    let mut reports = Vec::new();
    for (id, token) in [(first, "first"), (second, "second")] {
        reports.extend(only(&client.answer(id), "notifications/progress"));
        let of_this = reports
            .iter()
            .filter(|report| report["progressToken"] == token);
        let progress: Vec<_> = of_this
            .map(|report| report["progress"].as_f64().unwrap())
            .collect();
        let expected: Vec<_> = (1..=10).map(f64::from).collect();
        assert_eq!(progress, expected, "{token}");
    }
    assert_eq!(reports.len(), 20);
}
