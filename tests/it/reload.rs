//! What changes on disk is served: plugins that are replaced, added and removed while
//! clients are connected. A call ends with what it began with, and what is wrong changes
//! nothing.

mod load;

use std::fs;

use serde_json::json;
use tempfile::TempDir;
use wharf_fixtures::{EMPTY, EVERYTHING, HELLO, ROGUE};

use crate::config::{Place, client, names};
use crate::support::{Client, Host, Signal, Way, eventually};

const ONE: &str = "[plugins.one]\nsource = \"hello.wasm\"\n";
const TWO: &str = "[plugins.two]\nsource = \"rogue.wasm\"\nprefix = \"two_\"\n";

/// Has everything read again, and waits until that has been done for the so-many-th time.
#[track_caller]
fn reload(host: &Host, times: usize) {
    host.signal(Signal::Hangup);
    eventually("it is read again", || {
        let done = host.log().matches("reloaded:").count();
        (done >= times).then_some(())
    });
}

/// A component in a folder of its own, to be replaced by others.
struct Component(TempDir);

impl Component {
    fn new(from: &str) -> Self {
        let component = Self(TempDir::new().unwrap());
        component.becomes(from);
        component
    }

    fn path(&self) -> String {
        let path = self.0.path().join("it.wasm");
        path.to_str().unwrap().to_owned()
    }

    /// Puts another in its place, all at once.
    fn becomes(&self, from: &str) {
        let new = self.0.path().join("new");
        fs::copy(from, &new).unwrap();
        fs::rename(new, self.path()).unwrap();
    }
}

/// CHG-1, SUB-3, CAP-4: everybody is told, of the lists that are others now, and of no
/// more. What is told in excess would be in the place of the next.
#[test]
fn a_component_that_is_replaced() {
    let component = Component::new(HELLO);
    let path = component.path();
    let arguments = ["--stdio", "--listen", "127.0.0.1:0", &path, EVERYTHING];
    let mut host = Host::serve(&arguments);
    let ways = [
        Way::STDIO,
        Way::SSE,
        Way::STREAMABLE,
        Way::WEBSOCKET,
        Way::STREAMABLE_MODERN,
        Way::WEBSOCKET_MODERN,
    ];
    let mut clients = ways.map(|way| Client::connect(&mut host, way));
    for client in &mut clients {
        client.watch(&[]);
    }
    component.becomes(ROGUE);
    host.wait_for_log("reloaded: changed it\n");
    for client in &mut clients {
        assert_eq!(client.change(), "tools/list_changed", "{:?}", client.way);
        let tools = names(client, "tools");
        assert!(tools.contains(&"echo".to_owned()), "{tools:?}");
        assert!(!tools.contains(&"greet".to_owned()), "{tools:?}");
    }
    let [first, ..] = &mut clients;
    first.call_aside("announce", json!({ "what": "prompts" }));
    for client in &mut clients {
        assert_eq!(client.change(), "prompts/list_changed", "{:?}", client.way);
    }
}

/// Of a plugin with resources it is not known what it would list.
#[test]
fn a_component_with_resources_and_prompts() {
    let component = Component::new(EVERYTHING);
    let mut host = Host::serve(&["--listen", "127.0.0.1:0", &component.path(), ROGUE]);
    let mut client = Client::connect(&mut host, Way::STREAMABLE_MODERN);
    client.watch(&[]);
    component.becomes(HELLO);
    for list in ["tools", "resources", "prompts"] {
        assert_eq!(client.change(), format!("{list}/list_changed"));
    }
    assert_eq!(names(&mut client, "tools")[0], "greet");
}

/// The old one goes on, the log says why, and the next good one is taken.
#[test]
fn a_component_that_is_broken_and_mended() {
    let component = Component::new(HELLO);
    let host = Host::serve(&["--listen", "unix:wharf.sock", &component.path()]);
    let mut client = client(&host);
    let mut greets = || client.text("greet", json!({ "name": "Ada" }));
    fs::write(component.path(), "half a compo").unwrap();
    host.wait_for_log("it is not a WebAssembly file");
    assert!(host.log().contains("everything stays as it was"));
    assert_eq!(greets(), "Hello, Ada!");
    component.becomes(EMPTY);
    host.wait_for_log("it exports none of the interfaces of a plugin");
    assert_eq!(greets(), "Hello, Ada!");
    fs::remove_file(component.path()).unwrap();
    host.wait_for_log("does not exist");
    assert_eq!(greets(), "Hello, Ada!");
    component.becomes(ROGUE);
    host.wait_for_log("reloaded: changed it\n");
    assert_eq!(client.text("echo", json!({ "text": "mended" })), "mended");
    assert_eq!(host.log().matches("does not exist").count(), 1, "said once");
}

#[test]
fn plugins_that_are_added_and_removed() {
    let place = Place::new();
    let host = place.serve(&format!("watch = false\n{ONE}"), &[]);
    let mut client = client(&host);
    client.watch(&[]);
    assert_eq!(names(&mut client, "tools"), ["greet"]);
    place.file("wharf.toml", &format!("{TWO}{ONE}"));
    reload(&host, 1);
    assert!(host.log().contains("reloaded: added two\n"));
    assert_eq!(client.change(), "tools/list_changed");
    assert_eq!(client.text("two_echo", json!({ "text": "hi" })), "hi");
    assert_eq!(names(&mut client, "tools").last().unwrap(), "greet");
    place.file("wharf.toml", &format!("watch = false\n{TWO}"));
    reload(&host, 2);
    assert!(host.log().contains("reloaded: removed one\n"));
    assert_eq!(client.change(), "tools/list_changed");
    let gone = json!({ "name": "greet", "arguments": {} });
    assert_eq!(client.error("tools/call", gone)["code"], -32602);
    // The same again is no change, and nobody is told of one.
    reload(&host, 3);
    assert!(host.log().contains("reloaded: no plugin has changed\n"));
    place.file("wharf.toml", &format!("watch = false\n{ONE}{TWO}"));
    reload(&host, 4);
    assert_eq!(client.change(), "tools/list_changed");
    assert_eq!(names(&mut client, "tools")[0], "greet");
}

/// The file itself is watched, and everything in it is or nothing: one good change beside
/// a bad one does not count.
#[test]
fn a_configuration_that_is_broken_and_mended() {
    let place = Place::new();
    let host = place.serve(ONE, &[]);
    let mut client = client(&host);
    place.file("wharf.toml", &format!("{ONE}{TWO}memory = \"1GiB\"\n"));
    host.wait_for_log("wharf.toml:6: `plugins.two.memory`: there is no such key");
    assert_eq!(names(&mut client, "tools"), ["greet"]);
    // A plugin whose file comes later than the line that names it.
    let three = "[plugins.three]\nsource = \"three.wasm\"\nprefix = \"three_\"\n";
    place.file("wharf.toml", &format!("{ONE}{TWO}{three}"));
    host.wait_for_log("`plugins.three.source`: the plugin `three.wasm` does not exist");
    assert_eq!(names(&mut client, "tools"), ["greet"]);
    place.copy(HELLO, "three.wasm");
    host.wait_for_log("reloaded: added two, three\n");
    let greeting = client.text("three_greet", json!({ "name": "Ada" }));
    assert_eq!(greeting, "Hello, Ada!");
    // Names that go together with nothing.
    place.file(
        "wharf.toml",
        &format!("{ONE}{}", three.replace('_', "").replace("prefix", "#")),
    );
    host.wait_for_log("both have a tool called `greet`");
    assert_eq!(client.text("two_echo", json!({ "text": "hi" })), "hi");
}

/// Grants and limits count from the next call on, and secrets that stand in files are
/// read again when they change there.
#[test]
fn grants_that_change() {
    let place = Place::new();
    place.file("key", "first\n");
    let config = "[plugins.two]\nsource = \"rogue.wasm\"\nenv.KEY = { file = \"key\" }\n";
    let host = place.serve(config, &[]);
    let mut client = client(&host);
    let mut key = || client.text("env", json!({ "name": "KEY" }));
    assert_eq!(key(), "first");
    place.file("key", "second\n");
    host.wait_for_log("reloaded: changed two\n");
    assert_eq!(key(), "second");
    place.file("wharf.toml", &config.replace("env.KEY", "config.KEY"));
    reload(&host, 2);
    client.failure("env", json!({ "name": "KEY" }));
    place.file(
        "wharf.toml",
        &format!("{config}limits.timeout = \"200ms\"\n"),
    );
    reload(&host, 3);
    let late = client.failure("sleep", json!({ "ms": 1_000 }));
    assert!(late.contains("0.2 s"), "{late}");
    let log = host.log();
    assert!(!log.contains("first") && !log.contains("second"), "{log}");
}

/// What belongs to the process is not taken over, and that is said.
#[test]
fn what_counts_from_the_next_start_on() {
    let place = Place::new();
    let host = place.serve(ONE, &["--no-watch"]);
    let config = format!("data-dir = \"memory\"\nallow-hosts = [\"a.example\"]\n{ONE}");
    place.file(
        "wharf.toml",
        &format!("{config}[limits]\ntotal-concurrency = 5\n"),
    );
    reload(&host, 1);
    for key in ["allow-hosts", "total-concurrency"] {
        let line = host.log();
        let line = line
            .lines()
            .find(|line| line.contains(key))
            .unwrap_or_default();
        assert!(
            line.contains("counts from the next start on"),
            "{key}: {line}"
        );
    }
}

/// A call in the middle of its work ends as it would have; its plugin is another by then.
#[test]
fn a_call_in_flight() {
    let place = Place::new();
    let config = "[plugins.it]\nsource = \"rogue.wasm\"\n";
    let host = place.serve(config, &["--no-watch"]);
    let mut client = client(&host);
    let id = client.start(
        "tools/call",
        json!({
            "name": "count",
            "arguments": { "n": 3, "delay_ms": 700 },
            "_meta": { "progressToken": "t" },
        }),
    );
    assert_eq!(client.notification()["params"]["progress"], json!(1.0));
    place.copy(HELLO, "rogue.wasm");
    reload(&host, 1);
    let mut other = self::client(&host);
    assert_eq!(names(&mut other, "tools"), ["greet"]);
    let exchange = client.answer(id);
    assert_eq!(exchange.answer["result"]["content"][0]["text"], "done");
    let progress = exchange.before.iter();
    let progress: Vec<f64> = progress
        .filter(|it| it["method"] == "notifications/progress")
        .map(|it| it["params"]["progress"].as_f64().unwrap())
        .collect();
    assert_eq!(progress, [2.0, 3.0]);
}

/// With nobody watching, only the signal counts.
#[test]
fn nobody_has_to_watch() {
    let component = Component::new(HELLO);
    let path = component.path();
    let watching = Host::serve(&["--listen", "unix:wharf.sock", &path]);
    let other = Host::serve(&["--listen", "unix:wharf.sock", "--no-watch", &path]);
    for from in [ROGUE, HELLO] {
        component.becomes(from);
        let seen = watching.log().matches("reloaded:").count();
        eventually("it is noticed", || {
            (watching.log().matches("reloaded:").count() > seen).then_some(())
        });
    }
    assert!(!other.log().contains("reloaded:"));
    component.becomes(ROGUE);
    reload(&other, 1);
    let tools = names(&mut client(&other), "tools");
    assert!(tools.contains(&"echo".to_owned()), "{tools:?}");
}
