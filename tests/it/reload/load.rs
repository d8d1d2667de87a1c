//! Many reloads while many clients call: nobody loses a call.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use super::reload;
use crate::config::{Place, client};
use crate::support::{Client, Way};

/// How often everything is loaded again.
const RELOADS: usize = 20;

/// Clients that call all the time.
const CLIENTS: usize = 4;

fn config(number: usize) -> String {
    format!("[plugins.it]\nsource = \"rogue.wasm\"\nenv = {{ N = \"{number}\" }}\n")
}

#[test]
fn nobody_loses_a_call() {
    let place = Place::new();
    let host = place.serve(&config(0), &["--no-watch", "--listen", "127.0.0.1:0"]);
    let done = AtomicBool::new(false);
    let calls: usize = thread::scope(|scope| {
        let callers: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (host, done) = (&host, &done);
                scope.spawn(move || {
                    let mut caller = match number % 2 {
                        0 => client(host),
                        _ => Client::connect_to(host.address(), Way::STREAMABLE_MODERN),
                    };
                    let mut calls = 0;
                    while !done.load(Ordering::Relaxed) {
                        let text = format!("{number}: {calls}");
                        assert_eq!(caller.text("echo", json!({ "text": text })), text);
                        calls += 1;
                    }
                    calls
                })
            })
            .collect();
        // Also if something here fails, so that the callers end.
        let end = End(&done);
        let mut asking = client(&host);
        for number in 1..=RELOADS {
            place.file("wharf.toml", &config(number));
            reload(&host, number);
            let n = asking.text("env", json!({ "name": "N" }));
            assert_eq!(n, number.to_string(), "what is loaded counts");
        }
        drop(end);
        callers.into_iter().map(|it| it.join().unwrap()).sum()
    });
    assert!(calls > RELOADS, "{calls} calls");
    assert_eq!(
        host.log().matches("reloaded: changed it\n").count(),
        RELOADS
    );
}

/// Says so when it is dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
