//! Many clients at once: each gets its own answers and nothing else, whatever the
//! others are doing.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};
use wharf_fixtures::{HELLO, ROGUE};

use crate::support::{Client, Host, Way};

/// How many clients there are.
const CLIENTS: usize = 100;

/// How often each of them calls.
const CALLS: usize = 20;

#[test]
fn everybody_gets_their_own_answers() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", HELLO, ROGUE]);
    let to = host.address();
    let served = AtomicBool::new(false);
    thread::scope(|scope| {
        let rogues = [
            scope.spawn(|| misbehave(to, "panic", &served)),
            scope.spawn(|| misbehave(to, "spin", &served)),
        ];
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| scope.spawn(move || converse(to, number)))
            .collect();
        let outcomes: Vec<_> = clients
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        served.store(true, Ordering::Relaxed);
        assert!(
            outcomes.iter().all(Result::is_ok),
            "a client was not served"
        );
        for rogue in rogues {
            assert!(rogue.join().unwrap(), "nothing happened meanwhile");
        }
    });
}

/// As many clients of each kind.
fn way(number: usize) -> Way {
    match number % 5 {
        0 => Way::SSE,
        1 => Way::STREAMABLE,
        2 => Way::STREAMABLE_MODERN,
        3 => Way::WEBSOCKET,
        _ => Way::WEBSOCKET_MODERN,
    }
}

/// All clients use the same request ids, so only the arguments tell them apart.
fn converse(to: SocketAddr, number: usize) {
    let mut client = Client::connect_to(to, way(number));
    for call in 0..CALLS {
        let text = format!("client {number}, call {call}");
        let echo = client.start_call("echo", json!({ "text": text }));
        let greeting = client.start_call("greet", json!({ "name": text }));
        for (id, expected) in [(greeting, format!("Hello, {text}!")), (echo, text)] {
            let exchange = client.answer(id);
            assert_eq!(exchange.before, Vec::<Value>::new());
            assert_eq!(exchange.result()["content"][0]["text"], expected);
        }
    }
}

/// Calls this tool again and again until everybody else is served. Whether it did
/// what it does at least once.
fn misbehave(to: SocketAddr, tool: &str, served: &AtomicBool) -> bool {
    let mut client = Client::connect_to(to, Way::STREAMABLE_MODERN);
    let mut started = 0;
    while !served.load(Ordering::Relaxed) {
        let id = client.start_call(tool, json!({}));
        started += 1;
        if tool == "spin" {
            // It does not come back, so each one is given up for the next.
            assert_eq!(client.text("greet", json!({ "name": "x" })), "Hello, x!");
            client.cancel(id);
        } else {
            assert_eq!(client.answer(id).result()["isError"], true);
        }
    }
    started > 0
}
