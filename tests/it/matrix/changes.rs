//! What plugins say has changed reaches the clients that want to know: once, and
//! when it is true (§21).

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;
use wharf_fixtures::{EVERYTHING, MOODY};

use crate::support::{Client, Host, REVISIONS, Way, matrix, stage};

matrix! { REVISIONS, &[EVERYTHING] =>
    tells_of_changed_lists
    tells_of_watched_resources
    tells_every_client
}

mod every_revision {
    use super::{a_burst_is_told_once, lists_are_read_again};
    use crate::support::{Binding, REVISIONS, Way};

    fn over(binding: Binding, test: fn(Way)) {
        for revision in REVISIONS {
            test(Way::new(binding, revision));
        }
    }

    #[test]
    fn a_burst_is_told_once_in_memory() {
        over(Binding::Memory, a_burst_is_told_once);
    }

    #[test]
    fn a_burst_is_told_once_over_http() {
        over(Binding::Streamable, a_burst_is_told_once);
    }

    #[test]
    fn lists_are_read_again_in_memory() {
        over(Binding::Memory, lists_are_read_again);
    }

    #[test]
    fn lists_are_read_again_over_http() {
        over(Binding::Streamable, lists_are_read_again);
    }
}

fn announce(client: &mut Client, what: &str, uri: &str) {
    client.call_aside("announce", json!({ "what": what, "uri": uri }));
}

/// CHG-1, SUB-3, SUB-4: each change once. What is told twice would be in the place
/// of the next.
fn tells_of_changed_lists(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    client.watch(&[]);
    for _ in 0..2 {
        for what in ["tools", "resources", "prompts"] {
            announce(&mut client, what, "");
            assert_eq!(client.change(), format!("{what}/list_changed"));
        }
    }
}

/// RES-7, CHG-1, SUB-3: only what is watched, and what is below it.
fn tells_of_watched_resources(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    client.watch(&["item:///1", "item:///last"]);
    for (uri, watched) in [
        ("item:///2", false),
        ("item:///1", true),
        ("item:///1/part", true),
        ("item:///10", false),
        ("item:///1", true),
        ("item:///last", true),
    ] {
        announce(&mut client, "resource", uri);
        if watched {
            assert_eq!(client.change(), format!("resources/updated {uri}"));
        }
    }
    if way.is_modern() {
        return;
    }
    // Doing so again changes nothing, also not how often it is told.
    for uri in ["item:///2", "item:///1", "item:///1", "item:///3"] {
        client.result("resources/subscribe", json!({ "uri": uri }));
    }
    for uri in ["item:///1", "item:///4"] {
        client.result("resources/unsubscribe", json!({ "uri": uri }));
    }
    for uri in ["item:///1", "item:///1/part", "item:///4", "item:///3"] {
        announce(&mut client, "resource", uri);
    }
    assert_eq!(client.change(), "resources/updated item:///3");
    assert_eq!(
        client.error("resources/subscribe", json!({}))["code"],
        -32602
    );
}

/// CHG-1, SUB-6: everybody hears of it, and nobody of what somebody else watches.
fn tells_every_client(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    client.watch(&["item:///1"]);
    if way.binding == crate::support::Binding::Stdio {
        announce(&mut client, "resource", "item:///1");
        assert_eq!(client.change(), "resources/updated item:///1");
        return;
    }
    let mut other = Client::connect(host, way);
    other.watch(&["item:///2"]);
    announce(&mut other, "resource", "item:///1");
    announce(&mut other, "resource", "item:///2");
    announce(&mut other, "tools", "");
    assert_eq!(client.change(), "resources/updated item:///1");
    assert_eq!(other.change(), "resources/updated item:///2");
    for client in [&mut client, &mut other] {
        assert_eq!(client.change(), "tools/list_changed");
    }
}

/// A plugin whose lists are what is written here.
struct Mood {
    folder: TempDir,
    grant: String,
}

impl Mood {
    fn new(names: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let grant = format!("{}::/mood", folder.path().display());
        let mood = Self { folder, grant };
        mood.turns(names);
        mood
    }

    fn turns(&self, names: &str) {
        fs::write(self.folder.path().join("names"), names).unwrap();
    }

    /// The arguments that load it.
    fn arguments(&self) -> [&str; 3] {
        [MOODY, "--dir", &self.grant]
    }
}

#[track_caller]
fn names(client: &mut Client, list: &str) -> Vec<String> {
    let result = client.result_aside(&format!("{list}/list"), json!({}));
    let definitions = result[list].as_array().unwrap();
    let name = |definition: &Value| definition["name"].as_str().unwrap().to_owned();
    definitions.iter().map(name).collect()
}

/// CHG-1: two lists in one call, each told once. That the plugin says so again while
/// it is read, nobody hears.
fn a_burst_is_told_once(way: Way) {
    let mood = Mood::new("one");
    let (_host, mut client) = stage(way, &mood.arguments());
    client.watch(&[]);
    for _ in 0..3 {
        client.call_aside("one", json!({}));
        assert_eq!(client.change(), "tools/list_changed", "{way:?}");
        assert_eq!(client.change(), "prompts/list_changed", "{way:?}");
    }
}

/// CAP-4: when clients are told, the new list is there.
fn lists_are_read_again(way: Way) {
    let mood = Mood::new("one\ntwo");
    let (_host, mut client) = stage(way, &mood.arguments());
    client.watch(&[]);
    assert_eq!(names(&mut client, "tools"), ["one", "two"]);
    mood.turns("two\nthree");
    // Nobody has said so yet.
    assert_eq!(names(&mut client, "tools"), ["one", "two"]);
    client.call_aside("one", json!({}));
    client.change();
    assert_eq!(names(&mut client, "tools"), ["two", "three"], "{way:?}");
    client.change();
    assert_eq!(names(&mut client, "prompts"), ["two", "three"], "{way:?}");
    assert_eq!(client.text("three", json!({})), "this is three");
    let gone = json!({ "name": "one", "arguments": {} });
    assert_eq!(client.error("tools/call", gone)["code"], -32602, "TOL-13");
}

/// CAP-4: a list that is no good changes nothing, and nobody is told that it does.
#[test]
fn lists_that_are_no_good() {
    for (names_now, way) in [
        ("two words", Way::STREAMABLE),
        ("one\none", Way::STREAMABLE_MODERN),
        ("announce", Way::SSE),
    ] {
        let mood = Mood::new("one");
        let arguments = [&mood.arguments()[..], &[EVERYTHING]].concat();
        let (host, mut client) = stage(way, &arguments);
        client.watch(&[]);
        let before = names(&mut client, "tools");
        mood.turns(names_now);
        client.call_aside("one", json!({}));
        host.wait_for_log("cannot be read; the old ones stay");
        assert_eq!(names(&mut client, "tools"), before, "{names_now}");
        mood.turns("good");
        client.call_aside("one", json!({}));
        assert_eq!(client.change(), "tools/list_changed");
        assert!(names(&mut client, "tools").contains(&"good".to_owned()));
    }
}
