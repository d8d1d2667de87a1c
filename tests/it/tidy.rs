//! The rules that sources keep, as far as a program can tell: those that
//! ARCHITECTURE.md gives, and those of good manners.
//!
//! What an edge between modules forbids is looked for in code only. A comment may
//! name what the code may not.

mod promises;
mod requirements;

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::REVISIONS;

/// Where sources are.
const ROOTS: [&str; 4] = ["guest-sdk", "host", "plugins", "tests"];

/// What was put there by programs.
const FOREIGN: [&str; 4] = [".git", ".venv", "node_modules", "target"];

/// A source should be read in one sitting.
const MAX_LINES: usize = 500;

/// A file, by its path from the root of the repository.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Whether it is one of these files, or in one of these folders.
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            let rest = self.path.strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The lines of code with their numbers: no comments, no unit tests.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let shipped = self
            .text
            .split("\n#[cfg(test)]\nmod ")
            .next()
            .unwrap_or_default();
        let lines = shipped.lines().map(str::trim).zip(1..);
        lines
            .filter(|(line, _)| !line.starts_with("//"))
            .map(|(line, number)| (number, line))
    }
}

fn root() -> PathBuf {
    let host = Path::new(env!("CARGO_MANIFEST_DIR"));
    host.parent()
        .expect("the host's crate is in the workspace")
        .to_owned()
}

/// All files below these places, in order.
fn files(places: &[&str], wanted: fn(&Path) -> bool) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = places.iter().map(|place| root.join(place)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            if path.is_dir() && !FOREIGN.contains(&&*name) {
                folders.push(path);
            } else if path.is_file() && wanted(&path) {
                let relative = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                // What is not text has no lines to complain about.
                found.extend(fs::read_to_string(&path).ok().map(|text| Source {
                    path: relative,
                    text,
                }));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn sources() -> Vec<Source> {
    files(&ROOTS, |path| {
        path.extension().is_some_and(|extension| extension == "rs")
    })
}

/// What ships, and no tests.
fn shipped() -> Vec<Source> {
    let mut sources = sources();
    sources.retain(|source| {
        source.path.contains("/src/")
            && !source.is_in(&["tests"])
            && !source.path.ends_with("/tests.rs")
    });
    sources
}

/// None of these words is in the code of `sources`, except in these places.
#[track_caller]
fn named_only_in(sources: &[Source], words: &[&str], places: &[&str]) {
    let mut strays = Vec::new();
    for source in sources.iter().filter(|source| !source.is_in(places)) {
        for (number, line) in source.code() {
            if words.iter().any(|word| line.contains(word)) {
                strays.push(format!("{}:{number}: {line}", source.path));
            }
        }
    }
    assert!(
        strays.is_empty(),
        "only {places:?} may name {words:?}:\n{}",
        strays.join("\n")
    );
    let kept = |source: &Source| {
        source
            .code()
            .any(|(_, line)| words.iter().any(|word| line.contains(word)))
    };
    assert!(
        sources.iter().any(kept),
        "nobody names {words:?}: is this still a rule?"
    );
}

#[test]
fn sources_begin_by_saying_what_they_are() {
    for source in sources() {
        let first = source.text.lines().next().unwrap_or_default();
        let documented = first.starts_with("//! ") || first.starts_with("#![doc = include_str!(");
        assert!(documented, "{}: {first}", source.path);
    }
}

#[test]
fn sources_are_short() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", source.path);
    }
}

/// Nobody compares revisions: differences are facts in a dialect.
#[test]
fn only_one_crate_knows_revisions() {
    let dates = REVISIONS.map(|date| format!("{date}\""));
    let mut words: Vec<&str> = dates.iter().map(String::as_str).collect();
    words.push("Revision::V");
    named_only_in(&shipped(), &words, &["host/mcp"]);
}

/// Standard output is the protocol.
#[test]
fn only_few_print() {
    let words = ["print!(", "println!(", "dbg!(", "stdout()", "stderr()"];
    let places = [
        "host/src/report.rs",
        "host/src/logging.rs",
        "host/src/logging",
        // Frames.
        "host/src/transport/stdio.rs",
    ];
    named_only_in(&of_the_host(), &words, &places);
}

#[test]
fn only_the_configuration_reads_the_environment() {
    let words = ["env::", "use std::env"];
    named_only_in(
        &of_the_host(),
        &words,
        &["host/src/config.rs", "host/src/config"],
    );
}

fn of_the_host() -> Vec<Source> {
    let mut sources = shipped();
    sources.retain(|source| source.is_in(&["host"]));
    sources
}

#[test]
fn the_sandbox_is_known_to_few() {
    let places = [
        "host/src/check",
        "host/src/check.rs",
        "host/src/config",
        "host/src/config.rs",
        "host/src/inspect",
        "host/src/inspect.rs",
        "host/src/lib.rs",
        "host/src/load.rs",
        // What its engine traces.
        "host/src/logging.rs",
        "host/src/registry",
        "host/src/registry.rs",
        "host/src/serve.rs",
    ];
    named_only_in(&shipped(), &["wharf_runtime"], &places);
    named_only_in(&shipped(), &["wasmtime"], &["host/runtime"]);
}

#[test]
fn http_is_known_to_its_binding() {
    let places = [
        "host/src/transport/http.rs",
        "host/src/transport/http",
        // What plugins send.
        "host/runtime/src/http.rs",
        "host/runtime/src/http",
    ];
    named_only_in(&shipped(), &["axum", "hyper"], &places);
}

/// What the protocol crate is made of does no IO, and nor does it.
#[test]
fn the_protocol_does_no_io() {
    let manifest = fs::read_to_string(root().join("host/mcp/Cargo.toml")).unwrap();
    for library in ["tokio", "wasmtime", "axum", "hyper", "rand", "tracing"] {
        assert!(!manifest.contains(&format!("\n{library}")), "{library}");
    }
    for source in shipped()
        .iter()
        .filter(|source| source.is_in(&["host/mcp"]))
    {
        for (number, line) in source.code() {
            for world in [
                "std::fs",
                "std::net",
                "std::io",
                "std::thread",
                "Instant",
                "SystemTime",
            ] {
                assert!(!line.contains(world), "{}:{number}: {line}", source.path);
            }
        }
    }
}

/// A path of somebody's machine is of use to nobody else.
#[test]
fn nothing_mentions_where_it_was_written() {
    let here = root().to_str().unwrap().to_owned();
    let home = ["", "root", ""].join("/");
    for file in files(&[""], |_| true) {
        for (line, number) in file.text.lines().zip(1..) {
            for path in [&here, &home] {
                assert!(!names(line, path), "{}:{number}: {line}", file.path);
            }
        }
    }
}

/// Whether the text has this path in it, and not as the rest of a longer one.
fn names(text: &str, path: &str) -> bool {
    let longer =
        |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || "._-*".contains(c));
    text.match_indices(path).any(|(at, _)| !longer(&text[..at]))
}
