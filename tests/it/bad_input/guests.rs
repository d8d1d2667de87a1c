//! Plugins that fail, in every way programs do. The caller hears what happened, in
//! one line; everybody else hears nothing, then and afterwards.

use serde_json::{Value, json};
use wharf_fixtures::{HELLO, ROGUE};

use crate::support::{Binding, Client, Exchange, Host, PLACES, Signal, Way, on_every_way, stage};

on_every_way! {
    a_guest_that_breaks_down
    a_guest_that_never_ends
    a_guest_that_takes_what_it_is_given
    a_guest_that_returns_nonsense
    a_guest_that_returns_too_much
    a_guest_that_prints
    a_guest_that_talks_too_much
}

/// What the caller of `tool` is told.
fn told(tool: &str, what: &str) -> String {
    format!("The tool `{tool}` of the plugin `fixture_rogue` failed: {what}")
}

/// All is well, for this client and for a new one.
#[track_caller]
fn all_is_well(host: &Host, client: &mut Client) {
    assert_eq!(client.text("echo", json!({ "text": "well" })), "well");
    if client.way.binding != Binding::Stdio {
        let mut other = Client::connect_beside(host, client.way);
        assert_eq!(other.text("echo", json!({ "text": "as well" })), "as well");
    }
}

fn a_guest_that_breaks_down(way: Way) {
    let (host, mut client) = stage(way, &[ROGUE]);
    for (arguments, message) in [
        (json!({}), "boom"),
        (json!({ "message": "two\nlines" }), "two lines"),
        (json!({ "message": "\u{1b}[2J" }), "\u{fffd}[2J"),
    ] {
        let said = client.failure("panic", arguments);
        assert!(
            said.starts_with(&told("panic", "it crashed: panicked at ")),
            "{said}"
        );
        assert!(said.ends_with(&format!(": {message}")), "{said}");
    }
    // WASI 0.2 tells success from failure and nothing more.
    let said = client.failure("exit", json!({}));
    assert_eq!(said, told("exit", "it crashed: exited with status 1"));
    let said = client.failure("recurse", json!({}));
    assert_eq!(said, told("recurse", "it crashed: stack overflow"));
    all_is_well(&host, &mut client);
    // The operator hears more.
    host.wait_for_log("wasm backtrace");
    host.wait_for_log("stack overflow");
}

/// TOL-13: and meanwhile others are served.
fn a_guest_that_never_ends(way: Way) {
    let (host, mut client) = stage(way, &[ROGUE, "--timeout", "3s"]);
    let spinning: Vec<u64> = (0..3)
        .map(|_| client.start_call("spin", json!({})))
        .collect();
    let sleeping = client.start_call("sleep", json!({ "ms": 3_600_000 }));
    all_is_well(&host, &mut client);
    for id in spinning {
        let result = client.answer(id).result();
        assert_eq!(result["isError"], true);
        let said = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(said, told("spin", "it did not finish within 3 s"));
    }
    let result = client.answer(sleeping).result();
    let said = result["content"][0]["text"].as_str().unwrap();
    assert_eq!(said, told("sleep", "it did not finish within 3 s"));
    all_is_well(&host, &mut client);
}

fn a_guest_that_takes_what_it_is_given(way: Way) {
    let (host, mut client) = stage(way, &[ROGUE, "--memory", "24MiB"]);
    let said = client.failure("alloc", json!({}));
    assert_eq!(
        said,
        told("alloc", "it needed more than its 24 MiB of memory")
    );
    // One that takes no for an answer gets on with less.
    let got = client.text("alloc_try", json!({}));
    let mebibytes: u32 = got.strip_suffix(" MiB").unwrap().parse().unwrap();
    assert!((1..24).contains(&mebibytes), "{got}");
    all_is_well(&host, &mut client);
}

fn a_guest_that_returns_nonsense(way: Way) {
    let (host, mut client) = stage(way, &[ROGUE]);
    let said = client.failure("bad_structured", json!({}));
    assert!(
        said.starts_with(&told("bad_structured", "it returned ")),
        "{said}"
    );
    assert!(said.contains("JSON"), "{said}");
    let said = client.failure("bad_meta", json!({}));
    assert!(
        said.starts_with(&told("bad_meta", "it returned ")),
        "{said}"
    );
    assert!(said.contains("_meta"), "{said}");
    all_is_well(&host, &mut client);
}

fn a_guest_that_returns_too_much(way: Way) {
    let (host, mut client) = stage(way, &[ROGUE]);
    let said = client.failure("huge_result", json!({ "bytes": 17 << 20 }));
    assert_eq!(
        said,
        told("huge_result", "its result was larger than 16 MiB")
    );
    let large = client.text("huge_result", json!({ "bytes": 8 << 20 }));
    assert_eq!(large.len(), 8 << 20);
    all_is_well(&host, &mut client);
}

/// STD-2, trap 60: the client takes every line for a message, and would notice.
fn a_guest_that_prints(way: Way) {
    let (mut host, mut client) = stage(way, &[ROGUE]);
    for text in [
        "plain",
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        "\u{1b}[31m",
        "a\nb",
        "",
    ] {
        assert_eq!(client.text("print", json!({ "text": text })), "printed");
    }
    all_is_well(&host, &mut client);
    host.wait_for_log("plain");
    assert!(host.log().contains("fixture_rogue"), "{}", host.log());
    assert!(!host.log().contains('\u{1b}'), "{}", host.log());
    if way.binding == Binding::Stdio {
        assert_eq!(client.rest(), Vec::<Value>::new());
        assert_eq!(host.exit_code(), Some(0));
    }
}

/// PRG-2, LOG-4, SEC-5: the first thousand are passed on, the rest is dropped.
fn a_guest_that_talks_too_much(way: Way) {
    let (host, mut client) = stage(way, &[ROGUE]);
    client.set_log_level("warning");
    let exchange = flood(&mut client, "flood_logs");
    assert!(!exchange.before.is_empty() && exchange.before.len() <= 1_000);
    for (message, number) in exchange.before.iter().zip(0..) {
        assert_eq!(message["params"]["data"], format!("message {number}"));
    }
    let exchange = flood(&mut client, "flood_progress");
    assert!(!exchange.before.is_empty() && exchange.before.len() <= 1_000);
    let reports = exchange
        .before
        .iter()
        .map(|report| report["params"]["progress"].as_f64());
    assert!(reports.is_sorted_by(|one, next| one < next));
    all_is_well(&host, &mut client);
}

fn flood(client: &mut Client, tool: &str) -> Exchange {
    let params = json!({
        "name": tool,
        "arguments": { "n": 100_000 },
        "_meta": { "progressToken": 1 },
    });
    let exchange = client.request("tools/call", params);
    assert!(
        exchange.answer["result"].get("isError").is_none(),
        "{}",
        exchange.answer
    );
    exchange
}

/// SEC-5: so many run, so many wait, and the others are told. Other plugins have
/// places of their own.
#[test]
fn a_guest_that_everybody_calls() {
    let mut host = Host::serve(&["--listen", "127.0.0.1:0", ROGUE, HELLO, "--timeout", "1h"]);
    let mut clients = [(); 2].map(|()| Client::connect_to(host.address(), Way::SSE));
    let (places_to_wait, too_many) = (256, 20);
    for client in &mut clients {
        for _ in 0..usize::midpoint(PLACES + places_to_wait, too_many) {
            client.start_call("sleep", json!({ "ms": 3_600_000 }));
        }
        assert_eq!(
            client.text("greet", json!({ "name": "Ada" })),
            "Hello, Ada!"
        );
    }
    // What does not end is given up without an answer.
    host.signal(Signal::Terminate);
    let answers: Vec<Value> = clients.into_iter().flat_map(Client::rest).collect();
    assert_eq!(answers.len(), too_many);
    for answer in answers {
        let said = answer["result"]["content"][0]["text"].as_str().unwrap();
        assert!(said.contains("plugin `fixture_rogue` is busy"), "{said}");
    }
    assert_eq!(host.exit_code(), Some(0));
}

/// All at once, on one host, from several sides.
#[test]
fn everything_at_once() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", ROGUE, "--timeout", "3s"]);
    let mut clients: Vec<Client> = [Way::SSE, Way::STREAMABLE, Way::STREAMABLE_MODERN]
        .map(|way| Client::connect_to(host.address(), way))
        .into();
    for client in &mut clients {
        for tool in [
            "panic",
            "spin",
            "exit",
            "recurse",
            "alloc",
            "bad_structured",
        ] {
            client.start_call(tool, json!({}));
        }
    }
    for client in &mut clients {
        for number in 0..20 {
            let text = number.to_string();
            assert_eq!(client.text("echo", json!({ "text": text })), text);
        }
    }
}
