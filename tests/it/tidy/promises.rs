//! The promises in `docs/security.md`: each has a test, and what is named is there.

use std::fs;

use super::requirements::exists;
use super::{root, sources};

const TABLE: &str = "docs/security.md";

/// So many sentences; fewer would be a promise taken back.
const PROMISES: usize = 30;

#[test]
fn every_promise_is_shown_by_tests_that_exist() {
    let sources = sources();
    let text = fs::read_to_string(root().join(TABLE)).unwrap();
    let mut promises = 0;
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let columns: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let [promise, _, shown] = columns.as_slice() else {
            panic!("{TABLE}: {line}");
        };
        if promise.trim() == "promise" || promise.trim().starts_with("---") {
            continue;
        }
        promises += 1;
        let tests: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "{promise}");
        for test in tests {
            assert!(exists(test, &sources), "{promise}: {test}");
        }
    }
    assert!(promises >= PROMISES, "{promises}");
}
