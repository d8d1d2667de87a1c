//! What one client does to the host takes nothing from another: computing goes by
//! turns, and whoever has gone no longer computes.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tokio::time::Instant;
use wharf_fixtures::{HELLO, ROGUE};

use crate::config::Place;
use crate::support::{Client, Host, Way, eventually};

/// Calls that are measured.
const CALLS: usize = 100;

/// Calls that loop for ever meanwhile.
const LOOPS: usize = 100;

/// What the middle one of a hundred calls takes. The slowest of them say more about
/// what else the machine has to do.
fn usual(to: SocketAddr) -> Duration {
    let mut client = Client::connect_to(to, Way::STREAMABLE_MODERN);
    let mut took: Vec<Duration> = (0..CALLS)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(
                client.text("greet", json!({ "name": "Ada" })),
                "Hello, Ada!"
            );
            start.elapsed()
        })
        .collect();
    took.sort();
    took[CALLS / 2]
}

/// Without turns each call would wait for a tick of each of 64 loops. `cargo bench
/// --bench fairness` measures it properly.
#[test]
fn endless_loops_of_one_plugin_do_not_keep_another_waiting() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", "--timeout", "1h", HELLO, ROGUE]);
    let quiet = usual(host.address());
    let mut looping = Client::connect_to(host.address(), Way::STREAMABLE_MODERN);
    for _ in 0..LOOPS {
        looping.start_call("spin", json!({}));
    }
    let beside = usual(host.address());
    let allowed = quiet.max(Duration::from_millis(2)) * 20;
    assert!(
        beside <= allowed,
        "{quiet:?} alone, {beside:?} beside loops"
    );
}

#[test]
fn calls_a_second_are_limited_where_the_operator_says_so() {
    let place = Place::new();
    let config = "[plugins.hello]\nsource = \"hello.wasm\"\nlimits = { rate = 1 }\n\
                  [plugins.rogue]\nsource = \"rogue.wasm\"\n";
    let host = place.serve(config, &["--listen", "127.0.0.1:0"]);
    let greet = || {
        // Each in a connection of its own: it is the plugin's limit and nobody's else.
        let mut client = Client::connect_to(host.address(), Way::STREAMABLE_MODERN);
        client.call("greet", json!({ "name": "Ada" }))
    };
    let mut refusals = 0;
    let greeted = eventually("a call is refused and a later one not", || {
        let result = greet();
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        if result["isError"] == true {
            let expected = "The tool `greet` cannot be called now: plugin `hello` is busy: it may be \
                            called once a second; try again in ";
            assert!(text.starts_with(expected), "{text}");
            refusals += 1;
        }
        (refusals > 0 && text == "Hello, Ada!").then_some(text)
    });
    assert_eq!(greeted, "Hello, Ada!");
    let mut client = Client::connect_to(host.address(), Way::STREAMABLE_MODERN);
    for _ in 0..10 {
        assert_eq!(client.text("echo", json!({ "text": "x" })), "x");
    }
}

/// A file that a call appends to for as long as it runs.
struct Pulse {
    _folder: TempDir,
    file: PathBuf,
    grant: String,
}

impl Pulse {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("pulse");
        fs::write(&file, "").unwrap();
        let grant = format!("{}::/data:rw", folder.path().display());
        Self {
            _folder: folder,
            file,
            grant,
        }
    }

    fn beats(&self) -> u64 {
        beats(&self.file)
    }

    /// A call that beats every five milliseconds. Comes back when it does.
    fn start(&self, client: &mut Client) -> u64 {
        let before = self.beats();
        let id = client.start_call("append_forever", json!({ "path": "/data/pulse" }));
        eventually("the guest writes", || {
            (self.beats() > before + 2).then_some(())
        });
        id
    }

    /// Whether it has stopped: two hundred milliseconds in which forty beats would
    /// have been.
    fn must_stop(&self) {
        eventually("the guest stops", || {
            let before = self.beats();
            thread::sleep(Duration::from_millis(200));
            (self.beats() == before).then_some(())
        });
    }
}

fn beats(file: &Path) -> u64 {
    fs::metadata(file).unwrap().len()
}

#[test]
fn who_is_cancelled_stops() {
    let pulse = Pulse::new();
    let grants = [
        "--listen",
        "127.0.0.1:0",
        "--timeout",
        "1h",
        "--dir",
        &pulse.grant,
        ROGUE,
    ];
    let host = Host::serve(&grants);
    for way in [
        Way::SSE,
        Way::STREAMABLE,
        Way::STREAMABLE_MODERN,
        Way::WEBSOCKET,
        Way::WEBSOCKET_MODERN,
    ] {
        let mut client = Client::connect_to(host.address(), way);
        let id = pulse.start(&mut client);
        client.cancel(id);
        pulse.must_stop();
    }
}

#[test]
fn whose_client_has_gone_stops() {
    let pulse = Pulse::new();
    let grants = [
        "--listen",
        "127.0.0.1:0",
        "--timeout",
        "1h",
        "--dir",
        &pulse.grant,
        ROGUE,
    ];
    let host = Host::serve(&grants);
    for way in [
        Way::STREAMABLE_MODERN,
        Way::WEBSOCKET,
        Way::WEBSOCKET_MODERN,
    ] {
        let mut client = Client::connect_to(host.address(), way);
        pulse.start(&mut client);
        client.hang_up();
        pulse.must_stop();
    }
}
