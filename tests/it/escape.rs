//! Plugins that try to get out of their folders.
//!
//! One folder is granted, to be changed, and lies beside things that are not. Every
//! path in [`paths`] is then tried with every tool of two plugins: `filesystem`, which
//! checks paths itself, and the rogue, which passes them on as they are, so that the
//! sandbox alone stands in the way. Whatever is answered, nothing that lies outside may
//! be in it; and afterwards everything outside must be as it was, to the last name.

mod paths;
mod race;
mod stage;

use serde_json::{Value, json};
use wharf_fixtures::{FILESYSTEM, ROGUE};

use self::paths::paths;
use self::stage::Stage;
use crate::support::{Client, Host, Way};

/// What may be tried at once with a path. The first is the tool.
type Attack = (&'static str, fn(&str) -> Value);

/// With the plugin that is made for files.
const FILESYSTEM_ATTACKS: &[Attack] = &[
    ("read_text_file", |path| json!({ "path": path })),
    (
        "read_multiple_files",
        |path| json!({ "paths": ["/data/note", path] }),
    ),
    ("read_media_file", |path| json!({ "path": path })),
    ("list_directory", |path| json!({ "path": path })),
    ("directory_tree", |path| json!({ "path": path })),
    (
        "search_files",
        |path| json!({ "path": path, "pattern": "*", "content": "SECRET" }),
    ),
    ("get_file_info", |path| json!({ "path": path })),
    (
        "write_file",
        |path| json!({ "path": path, "content": "BROKEN IN" }),
    ),
    (
        "edit_file",
        |path| json!({ "path": path, "edits": [{ "old_text": "SECRET", "new_text": "BROKEN IN" }] }),
    ),
    ("create_directory", |path| json!({ "path": path })),
    (
        "move_file",
        |path| json!({ "source": path, "destination": "/data/taken" }),
    ),
    (
        "move_file",
        |path| json!({ "source": "/data/note", "destination": path }),
    ),
];

/// With one that is made for nothing good.
const ROGUE_ATTACKS: &[Attack] = &[
    ("read_file", |path| json!({ "path": path })),
    ("list_dir", |path| json!({ "path": path })),
    (
        "write_file",
        |path| json!({ "path": path, "text": "BROKEN IN" }),
    ),
];

/// At least so many kinds of path: what this is worth depends on it.
const ENOUGH: usize = 60;

#[test]
fn there_are_enough_ways_to_try() {
    let stage = Stage::set();
    let mut paths = paths(&stage);
    paths.sort_unstable();
    paths.dedup();
    assert!(paths.len() >= ENOUGH, "{}", paths.len());
}

#[test]
fn the_filesystem_plugin_has_no_way_out() {
    attack(FILESYSTEM, FILESYSTEM_ATTACKS);
}

#[test]
fn a_plugin_that_checks_nothing_has_no_way_out() {
    attack(ROGUE, ROGUE_ATTACKS);
}

/// The same as URIs of resources.
#[test]
fn resources_have_no_way_out() {
    let stage = Stage::set();
    let (before, grant) = (stage.outside(), stage.grant(":rw"));
    let mut host = Host::serve(&["--stdio", "--dir", &grant, FILESYSTEM]);
    let mut client = Client::connect(&mut host, Way::STDIO);
    for path in paths(&stage) {
        for uri in [
            format!("file://{path}"),
            format!("file:{path}"),
            path.clone(),
        ] {
            let asked = client.start("resources/read", json!({ "uri": uri }));
            check(&uri, &client.answer(asked).answer);
        }
    }
    assert_eq!(stage.outside(), before);
}

/// A folder that is granted to be read is not changed.
#[test]
fn what_is_read_only_stays_as_it_is() {
    let stage = Stage::set();
    let (before, grant) = (stage.everything(), stage.grant(""));
    for (plugin, attacks) in [(FILESYSTEM, FILESYSTEM_ATTACKS), (ROGUE, ROGUE_ATTACKS)] {
        let mut host = Host::serve(&["--stdio", "--dir", &grant, plugin]);
        let mut client = Client::connect(&mut host, Way::STDIO);
        for path in ["/data/note", "/data/new", "/data/sub", "/data/sub/new"] {
            for (tool, arguments) in attacks {
                client.call(tool, arguments(path));
            }
        }
        assert_eq!(stage.everything(), before, "{plugin}");
    }
}

fn attack(plugin: &str, attacks: &[Attack]) {
    let stage = Stage::set();
    let (before, grant) = (stage.outside(), stage.grant(":rw"));
    let mut host = Host::serve(&["--stdio", "--dir", &grant, plugin]);
    let mut client = Client::connect(&mut host, Way::STDIO);
    for path in paths(&stage) {
        for (tool, arguments) in attacks {
            let params = json!({ "name": tool, "arguments": arguments(&path) });
            let asked = client.start("tools/call", params);
            let answer = client.answer(asked).answer;
            check(&format!("{tool} {path:?}"), &answer);
        }
        // It may have been moved, on purpose or not.
        stage.restore();
    }
    assert_eq!(stage.outside(), before);
    // And what may be read can be read.
    let asked = client.result("tools/call", {
        let (tool, arguments) = attacks[0];
        json!({ "name": tool, "arguments": arguments("/data/note") })
    });
    assert_eq!(asked["content"][0]["text"], stage::NOTE, "{asked}");
}

/// Nothing of what lies outside may be in an answer, and not where that is.
#[track_caller]
fn check(what: &str, answer: &Value) {
    let text = answer.to_string();
    for secret in [stage::SECRET, "root:x:0:0", "PATH="] {
        assert!(!text.contains(secret), "{what}: {text}");
    }
    for name in stage::OUTSIDE {
        assert!(!text.contains(&format!("\"{name}\"")), "{what}: {text}");
    }
}
