//! A disk that is full for a while.

use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use super::{KEEPS, on_socket};
use crate::support::Host;

/// A file that cannot grow is what a full disk looks like. The plugin is told, the host
/// goes on, and so does the store when there is room again.
#[test]
fn a_full_disk_is_an_error_and_passes() {
    let folder = TempDir::new().unwrap();
    let arguments = [&KEEPS[..], &["--store=plugin"]].concat();
    // In blocks of 512 bytes: 4 MiB.
    let host = Host::serve_with_small_files(folder.path(), &arguments, 8 << 10);
    let mut client = on_socket(&host);
    client.text("set", json!({ "key": "k", "value": "before" }));
    let filled = client.text("fill", json!({ "size": 100_000, "limit": 100 }));
    let (count, why) = filled.split_once(": ").unwrap();
    assert_eq!(why, "the host's store has failed; the host's log says how");
    let count: usize = count.parse().unwrap();
    assert!((1..100).contains(&count), "{count}");
    host.wait_for_log("the store has failed");
    for _ in 0..3 {
        assert_eq!(client.text("get", json!({ "key": "k" })), "before");
        assert!(
            !client
                .failure("set", json!({ "key": "x", "value": "x".repeat(1 << 20) }))
                .is_empty()
        );
    }
    let raised = Command::new("prlimit")
        .args(["--pid", &host.pid().to_string(), "--fsize=unlimited"])
        .status();
    assert!(raised.expect("prlimit is there, on Linux").success());
    let filled = client.text("fill", json!({ "size": 100_000, "limit": 100 }));
    assert_eq!(filled, "100: enough");
    assert_eq!(client.text("get", json!({ "key": "k" })), "before");
}
