//! A folder that is a link to the outside at one moment and a folder at the next.
//!
//! A check of the path before it is used would be beaten by this. The two are swapped
//! as fast as the system can, while a plugin reads and writes through them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use serde_json::json;
use wharf_fixtures::ROGUE;

use super::check;
use super::stage::Stage;
use crate::support::{Client, Host, Way};

/// How often each is tried.
const TRIES: usize = 300;

/// Swaps until it is dropped.
struct Swapping {
    stop: Arc<AtomicBool>,
    times: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Swapping {
    /// `swapped` in this folder is now a folder with a file `hidden`, now a link to
    /// `outer`, and never nothing for long.
    fn begin(granted: &Path) -> Self {
        let (stop, times) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let (folder, link) = (granted.join("a-folder"), granted.join("a-link"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("hidden"), "nothing special").unwrap();
        symlink("../outer", &link).unwrap();
        let place = granted.join("swapped");
        let thread = thread::spawn({
            let (stop, times) = (Arc::clone(&stop), Arc::clone(&times));
            move || {
                while !stop.load(Ordering::Relaxed) {
                    for here in [&folder, &link] {
                        fs::rename(here, &place).unwrap();
                        fs::rename(&place, here).unwrap();
                    }
                    times.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self {
            stop,
            times,
            thread: Some(thread),
        }
    }
}

impl Drop for Swapping {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[test]
fn what_changes_under_a_plugin_does_not_let_it_out() {
    let stage = Stage::set();
    let (before, grant) = (stage.outside(), stage.grant(":rw"));
    let mut host = Host::serve(&["--stdio", "--dir", &grant, ROGUE]);
    let mut client = Client::connect(&mut host, Way::STDIO);
    let swapping = Swapping::begin(&stage.root().join("in"));
    for _ in 0..TRIES {
        for (tool, arguments) in [
            ("read_file", json!({ "path": "/data/swapped/hidden" })),
            ("list_dir", json!({ "path": "/data/swapped" })),
            (
                "write_file",
                json!({ "path": "/data/swapped/hidden", "text": "nothing special" }),
            ),
            (
                "write_file",
                json!({ "path": "/data/swapped/new", "text": "BROKEN IN" }),
            ),
        ] {
            let asked = client.start(
                "tools/call",
                json!({ "name": tool, "arguments": arguments }),
            );
            let answer = client.answer(asked).answer;
            // What is in the folder may be listed; what is only outside may not.
            if tool == "read_file" {
                check(tool, &answer);
            }
            assert!(!answer.to_string().contains("deeper"), "{answer}");
        }
    }
    assert!(swapping.times.load(Ordering::Relaxed) > TRIES);
    drop(swapping);
    assert_eq!(stage.outside(), before);
}
