//! The seeds of the fuzz targets, and chains of their pieces, without a fuzzer.

// Clippy allows tests to panic, and takes helpers for tests only inside of this.
#![cfg(test)]

#[path = "../../fuzz/harness.rs"]
mod harness;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

/// The seeds of one target.
type Seeds = LazyLock<Vec<(String, Vec<u8>)>>;

static PEER: Seeds = LazyLock::new(|| seeds("peer"));
static HTTP: Seeds = LazyLock::new(|| seeds("http"));
static JSONRPC: Seeds = LazyLock::new(|| seeds("jsonrpc"));

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let files = fs::read_dir(folder.join(target)).unwrap();
    let mut seeds: Vec<_> = files
        .map(|file| {
            let file = file.unwrap();
            let name = file.file_name().to_string_lossy().into_owned();
            (name, fs::read(file.path()).unwrap())
        })
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{target} has seeds");
    seeds
}

/// Runs all seeds, and names the one that fails.
fn replay(seeds: &Seeds, target: fn(&[u8])) {
    for (name, seed) in seeds.iter() {
        let outcome = std::panic::catch_unwind(|| target(seed));
        assert!(outcome.is_ok(), "the seed {name}");
    }
}

#[test]
fn seeds_of_peer() {
    replay(&PEER, harness::peer);
}

#[test]
fn seeds_of_http() {
    replay(&HTTP, harness::http);
}

#[test]
fn seeds_of_jsonrpc() {
    replay(&JSONRPC, harness::jsonrpc);
}

/// Lines of all seeds, in any order.
fn scripts() -> impl Strategy<Value = Vec<u8>> {
    let lines = PEER
        .iter()
        .flat_map(|(_, seed)| seed.split(|byte| *byte == b'\n'));
    let lines: Vec<&'static [u8]> = lines.collect();
    prop::collection::vec(prop::sample::select(lines), 0..24).prop_map(|lines| lines.join(&b'\n'))
}

/// A seed with some bytes in it replaced.
fn spoilt(seeds: &'static Seeds) -> impl Strategy<Value = Vec<u8>> {
    let seeds: Vec<&'static [u8]> = seeds.iter().map(|(_, seed)| seed.as_slice()).collect();
    let place = (
        any::<prop::sample::Index>(),
        0..4_usize,
        prop::collection::vec(any::<u8>(), 0..4),
    );
    let changes = prop::collection::vec(place, 1..4);
    (prop::sample::select(seeds), changes).prop_map(|(seed, changes)| {
        let mut bytes = seed.to_vec();
        for (at, length, instead) in changes {
            let from = at.index(bytes.len() + 1);
            let to = bytes.len().min(from + length);
            bytes.splice(from..to, instead);
        }
        bytes
    })
}

proptest! {
    #[test]
    fn scripts_of_known_lines(script in scripts()) {
        harness::peer(&script);
    }

    #[test]
    fn spoilt_scripts(script in spoilt(&PEER)) {
        harness::peer(&script);
    }

    #[test]
    fn spoilt_posts(post in spoilt(&HTTP)) {
        harness::http(&post);
    }

    #[test]
    fn spoilt_messages(message in spoilt(&JSONRPC)) {
        harness::jsonrpc(&message);
    }
}
