//! `wharf check`: what would be served, in words, and whether it would.

use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, HELLO, ROGUE};

use super::Place;

const CONFIG: &str = r#"
listen = ["127.0.0.1:0", "unix:mcp.sock"]
data-dir = "data"

[plugins.hello]
source = "hello.wasm"

[plugins.rogue]
source = "rogue.wasm"
prefix = "r."
instances = { per = "session", max = 5, idle = "1m" }
functions = true
files = [{ host = "notes", guest = "/notes", mode = "rw" }, { host = "old", guest = "/old" }]
env = { LANG = "C", KEY = { env = "KEY" }, PIN = { value = "sesame", secret = true } }
config = { token = { file = "token" } }
http = { allow = ["https://api.example.com"], methods = ["GET"], addresses = ["10.0.0.0/8"] }
sockets = { tcp = ["10.0.0.5:5432"] }
store = true
clock = "2026-01-01T00:00:00Z"
random = 42
limits = { memory = "1MiB", rate = 5 }
"#;

fn place() -> Place {
    let place = Place::new();
    place
        .file("wharf.toml", CONFIG)
        .file("notes/a", "")
        .file("old/a", "")
        .file("token", "hush\n");
    for (name, from) in [("hello", HELLO), ("rogue", ROGUE), ("whole", EVERYTHING)] {
        fs::copy(from, place.path().join(format!("{name}.wasm"))).unwrap();
    }
    place
}

fn check(place: &Place, words: &str) -> String {
    let cache = concat!("--cache-dir=", env!("CARGO_TARGET_TMPDIR"), "/compiled");
    let mut command = place.command("check");
    command.arg(cache).args(words.split_whitespace());
    place.speech(&command.env("KEY", "hush").output().unwrap())
}

#[test]
fn what_would_be_served() {
    assert_snapshot!(check(&place(), ""), @"");
}

#[test]
fn what_would_be_served_as_json() {
    let said = check(&place(), "--json");
    assert!(!said.contains("hush") && !said.contains("sesame"), "{said}");
    let json = said.strip_prefix("exit 0\n--- stdout\n").unwrap();
    let found: Value = serde_json::from_str(json).unwrap();
    assert_eq!(found["file"], "wharf.toml");
    assert_eq!(found["problem"], Value::Null);
    let [hello, rogue] = found["plugins"].as_array().unwrap().as_slice() else {
        panic!("{found:#}");
    };
    assert_eq!(hello["tools"], json!(["greet"]));
    assert_eq!(hello["grants"]["http"], Value::Null);
    assert_eq!(rogue["tools"][0], "r.echo");
    assert_eq!(
        rogue["instances"],
        json!({ "per": "session", "max": 5, "idle": "1m" })
    );
    assert_eq!(
        rogue["grants"]["env"],
        json!([
            { "name": "LANG", "value": "C", "from": null },
            { "name": "KEY", "value": null, "from": "the variable KEY" },
            { "name": "PIN", "value": null, "from": null },
        ])
    );
    assert_eq!(rogue["limits"]["memory"], "1MiB");
    assert_eq!(rogue["limits"]["rate"], "5");
    assert_eq!(
        rogue["grants"]["store"],
        json!({ "scope": "principal", "quota": "16MiB" })
    );
    assert_eq!(rogue["grants"]["files"][0]["mode"], "rw");
    assert_eq!(rogue["not_granted"], json!([]));
}

/// The status says so, the rest is looked at all the same.
#[test]
fn a_plugin_that_cannot_be_served() {
    let place = place();
    place.file("broken.wasm", "text");
    assert_snapshot!(check(&place, "--stdio broken.wasm hello.wasm"), @"");
}

#[test]
fn plugins_that_do_not_go_together() {
    let place = place();
    place.file(
        "wharf.toml",
        "[plugins.a]\nsource = \"hello.wasm\"\n[plugins.b]\nsource = \"hello.wasm\"\n",
    );
    let said = check(&place, "--json");
    assert!(said.starts_with("exit 1\n"), "{said}");
    let problem = "the plugins `a` and `b` both have a tool called `greet`";
    assert!(
        said.contains(&format!(
            "\"problem\": \"the plugins cannot be served together: {problem}\""
        )),
        "{said}"
    );
    assert!(
        said.contains("hint: set `prefix` for one of them"),
        "{said}"
    );
}

#[test]
fn a_configuration_that_is_wrong() {
    let place = place();
    place.file(
        "wharf.toml",
        "[plugins.a]\nsource = \"hello.wasm\"\nmemory = \"1MiB\"\n",
    );
    assert_snapshot!(check(&place, ""), @r#"
    exit 2
    --- stderr
    error: wharf.toml:3: `plugins.a.memory`: there is no such key

    hint: the keys here are `source`, `prefix`, `instances`, `functions`, `files`, `env`, `config`, `http`, `sockets`, `store`, `clock`, `random`, `limits`
    "#);
}
