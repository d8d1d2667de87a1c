//! What a plugin asks for, and what it gets.

use std::fs;

use tempfile::TempDir;
use wharf_fixtures::{MODEST, ROGUE};
use wharf_runtime::{Capability, DirGrant, Grants, Limits, Permission, Plugin, Value};

use crate::support::{call, component, load, load_in, runtime};

/// A folder with `note`, `in/note` and `in/out`, granted as `/` with all that is in it.
struct Stage {
    _folder: TempDir,
    plugin: Plugin,
}

impl Stage {
    async fn of(path: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("in/out")).unwrap();
        fs::write(folder.path().join("note"), "outside").unwrap();
        fs::write(folder.path().join("in/note"), "inside").unwrap();
        let dir = |guest: &str| DirGrant {
            host: folder.path().join(guest.trim_start_matches('/')),
            guest: guest.to_owned(),
            writable: true,
        };
        let env = |name: &str| (name.to_owned(), Value::plain("given"));
        let grants = Grants {
            dirs: vec![dir("/in"), dir("/in/out"), dir("/")],
            env: vec![env("WANTED"), env("OTHER")],
            ..Grants::default()
        };
        let plugin = load_in(&runtime(), component(path), &grants, &Limits::default()).await;
        Self {
            plugin: plugin.unwrap(),
            _folder: folder,
        }
    }

    async fn call(&self, tool: &str, argument: &str) -> String {
        call(&self.plugin, tool, argument).await.unwrap()
    }
}

#[tokio::test]
async fn it_gets_what_it_asks_for() {
    let stage = Stage::of(MODEST).await;
    assert_eq!(stage.call("env", r#"{"name":"WANTED"}"#).await, "given");
    let note = stage.call("read_file", r#"{"path":"/in/note"}"#).await;
    assert_eq!(note, "inside");
    let made = stage.call("write_file", r#"{"path":"/in/out/made"}"#).await;
    assert_eq!(made, "written");
}

#[tokio::test]
async fn it_does_not_get_what_it_did_not_ask_for() {
    let stage = Stage::of(MODEST).await;
    let other = stage.call("env", r#"{"name":"OTHER"}"#).await;
    assert!(other.contains("not found"), "{other}");
    let outside = stage.call("read_file", r#"{"path":"/note"}"#).await;
    assert!(outside.contains("No such file"), "{outside}");
    let made = stage.call("write_file", r#"{"path":"/in/made"}"#).await;
    assert_ne!(made, "written");
    // One that does not say what it wants gets what is granted.
    let stage = Stage::of(ROGUE).await;
    assert_eq!(stage.call("env", r#"{"name":"OTHER"}"#).await, "given");
    let note = stage.call("read_file", r#"{"path":"/note"}"#).await;
    assert_eq!(note, "outside");
}

#[tokio::test]
async fn asking_grants_nothing() {
    let plugin = load(component(MODEST)).await.unwrap();
    let wanted = call(&plugin, "env", r#"{"name":"WANTED"}"#).await.unwrap();
    assert!(wanted.contains("not found"), "{wanted}");
}

#[tokio::test]
async fn what_it_asks_for_can_be_seen() {
    let stage = Stage::of(MODEST).await;
    let asked = stage.plugin.description().permissions.clone().unwrap();
    let permission = |capability, reason: &str, required| Permission {
        capability,
        reason: reason.to_owned(),
        required,
    };
    let expected = [
        permission(
            Capability::ReadFiles("/in".to_owned()),
            "to see what there is",
            true,
        ),
        permission(
            Capability::ChangeFiles("/in/out".to_owned()),
            "to keep what was made of it",
            true,
        ),
        permission(
            Capability::Environment("WANTED".to_owned()),
            "to know its way",
            true,
        ),
        permission(
            Capability::Http("*.example.com".parse().unwrap()),
            "to ask others",
            false,
        ),
    ];
    assert_eq!(asked, expected);
    assert_eq!(
        Stage::of(ROGUE).await.plugin.description().permissions,
        None
    );
}
