//! `wharf check`: what would be served, in words, and whether it would.

use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};
use wharf_fixtures::{HELLO, MODEST};

use super::Place;

const CONFIG: &str = r#"
listen = ["127.0.0.1:0", "unix:mcp.sock"]
data-dir = "data"

[plugins.hello]
source = "hello.wasm"

[plugins.stranger]
source = "hello.wasm"
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
limits = { memory = "8MiB", rate = 5 }
"#;

fn place() -> Place {
    let place = Place::new();
    place
        .file("wharf.toml", CONFIG)
        .file("notes/a", "")
        .file("old/a", "")
        .file("token", "hush\n");
    fs::copy(HELLO, place.path().join("hello.wasm")).unwrap();
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
    assert_snapshot!(check(&place(), ""), @r#"
    exit 0
    --- stdout
    wharf.toml
      listen         127.0.0.1:0 (HTTP)
                     unix:mcp.sock (line by line)
      data           data
      calls          1000 at once, of all plugins

    hello
      source         hello.wasm
      instances      a new one for each call
      Granted
        nothing
      Imported, but not granted
        environment    env = { NAME = "…" }
      Limits
        memory 64MiB, timeout 30s, task-timeout 10m, cpu 10s, task-cpu 2m
        output 16MiB, concurrency 64, queue 256, queue-wait 10s, handles 256
        table-elements 100000, core-instances 100, messages 1000, message-bytes 1MiB, changes 100
        console 64KiB
      Tools
        greet

    stranger
      source         hello.wasm
      prefix         r.
      instances      one for each session, 5 at most, until unused for 1m
      functions      served as tools
      Granted
        files          [FOLDER]/notes as /notes, to read and change
                       [FOLDER]/old as /old, to read
        env            LANG = "C"
                       KEY = (secret), from the variable KEY
                       PIN = (secret)
        config         token = (secret), from the file token
        http           https://api.example.com
                       with GET only
                       also at 10.0.0.0/8, which is not public
                       8 at once, 20s for an answer, bodies up to 16MiB there and 64MiB back
        sockets        TCP to 10.0.0.5:5432
        store          one for each principal, up to 16MiB
        clock          always 2026-01-01T00:00:00Z
        random         not random: seeded with 42
      Limits
        memory 8MiB, timeout 30s, task-timeout 10m, cpu 10s, task-cpu 2m
        output 16MiB, concurrency 64, queue 256, queue-wait 10s, rate 5
        handles 256, table-elements 100000, core-instances 100, messages 1000, message-bytes 1MiB
        changes 100, console 64KiB
      Tools
        r.greet
    "#);
}

#[test]
fn what_would_be_served_as_json() {
    let said = check(&place(), "--json");
    assert!(!said.contains("hush") && !said.contains("sesame"), "{said}");
    let json = said.strip_prefix("exit 0\n--- stdout\n").unwrap();
    let found: Value = serde_json::from_str(json).unwrap();
    assert_eq!(found["file"], "wharf.toml");
    assert_eq!(found["problem"], Value::Null);
    let [hello, stranger] = found["plugins"].as_array().unwrap().as_slice() else {
        panic!("{found:#}");
    };
    assert_eq!(hello["tools"], json!(["greet"]));
    assert_eq!(hello["grants"]["http"], Value::Null);
    assert_eq!(stranger["tools"][0], "r.greet");
    assert_eq!(
        stranger["instances"],
        json!({ "per": "session", "max": 5, "idle": "1m" })
    );
    assert_eq!(
        stranger["grants"]["env"],
        json!([
            { "name": "LANG", "value": "C", "from": null },
            { "name": "KEY", "value": null, "from": "the variable KEY" },
            { "name": "PIN", "value": null, "from": null },
        ])
    );
    assert_eq!(stranger["limits"]["memory"], "8MiB");
    assert_eq!(stranger["limits"]["rate"], "5");
    assert_eq!(
        stranger["grants"]["store"],
        json!({ "scope": "principal", "quota": "16MiB" })
    );
    assert_eq!(stranger["grants"]["files"][0]["mode"], "rw");
    assert_eq!(stranger["not_granted"], json!([]));
}

/// The status says so, the rest is looked at all the same.
#[test]
fn a_plugin_that_cannot_be_served() {
    let place = place();
    place.file("broken.wasm", "text");
    assert_snapshot!(check(&place, "--stdio --data-dir data broken.wasm hello.wasm"), @r#"
    exit 1
    --- stdout
    from the command line
      listen         standard input and output
      data           data
      calls          1000 at once, of all plugins

    broken
      Cannot be served: it is not a WebAssembly file
      source         broken.wasm
      instances      a new one for each call
      Granted
        nothing
      Limits
        memory 64MiB, timeout 30s, task-timeout 10m, cpu 10s, task-cpu 2m
        output 16MiB, concurrency 64, queue 256, queue-wait 10s, handles 256
        table-elements 100000, core-instances 100, messages 1000, message-bytes 1MiB, changes 100
        console 64KiB

    hello
      source         hello.wasm
      instances      a new one for each call
      Granted
        nothing
      Imported, but not granted
        environment    env = { NAME = "…" }
      Limits
        memory 64MiB, timeout 30s, task-timeout 10m, cpu 10s, task-cpu 2m
        output 16MiB, concurrency 64, queue 256, queue-wait 10s, handles 256
        table-elements 100000, core-instances 100, messages 1000, message-bytes 1MiB, changes 100
        console 64KiB
      Tools
        greet
    --- stderr
    error: 1 of 2 plugins cannot be served
    "#);
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

/// A plugin that asks gets what it asks for, and its operator sees what is missing.
#[test]
fn what_a_plugin_asks_for() {
    let place = Place::new();
    let config = r#"
        data-dir = "memory"
        plugins.p = { source = "modest.wasm", env = { WANTED = "1", OTHER = "2" } }
    "#;
    place.file("wharf.toml", config);
    fs::copy(MODEST, place.path().join("modest.wasm")).unwrap();
    let found = check(&place, "");
    for line in [
        "not granted    read files in `/in`: to see what there is",
        "read and change files in `/in/out`: to keep what was made of it",
        "granted        see the environment variable `WANTED`: to know its way",
        "make HTTP requests to `https://*.example.com`, if possible: to ask others",
    ] {
        assert!(found.contains(line), "{line}: {found}");
    }
    let json = check(&place, "--json");
    assert!(json.contains(r#""reason": "to know its way""#), "{json}");
}
