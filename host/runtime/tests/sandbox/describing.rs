//! Definitions that change: a plugin describes itself again, and what runs already
//! stays as it was.

use std::fs;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use wharf_fixtures::MOODY;
use wharf_mcp::model::{Change, List};
use wharf_runtime::{
    ChangeSink, DirGrant, Grants, Limits, LoadError, Plugin, PluginOptions, PluginSource,
};

use crate::support::{call, component, runtime};

/// A plugin that reads its names from `names` in this folder.
async fn moody(folder: &TempDir, changes: ChangeSink) -> Result<Plugin, LoadError> {
    let grants = Grants {
        dirs: vec![DirGrant {
            host: folder.path().to_owned(),
            guest: "/mood".to_owned(),
            writable: false,
        }],
        ..Grants::default()
    };
    let source = PluginSource {
        name: "p".into(),
        bytes: component(MOODY),
    };
    let limits = Limits::default();
    runtime()
        .load(
            source,
            &PluginOptions {
                grants,
                limits,
                ..PluginOptions::default()
            },
            changes,
        )
        .await
}

fn mood(folder: &TempDir, names: &str) {
    fs::write(folder.path().join("names"), names).unwrap();
}

#[track_caller]
fn check(plugin: &Plugin, expected: &[&str]) {
    let description = plugin.description();
    let tools = description.tools.as_deref().unwrap().iter();
    let tools: Vec<_> = tools.map(|tool| tool.name.as_str()).collect();
    assert_eq!(tools, expected);
    let prompts = description.prompts.as_deref().unwrap().iter();
    let prompts: Vec<_> = prompts.map(|prompt| prompt.name.as_str()).collect();
    assert_eq!(prompts, expected);
}

#[tokio::test]
async fn a_plugin_describes_itself_again() {
    let folder = tempfile::tempdir().unwrap();
    mood(&folder, "one");
    let old = moody(&folder, Arc::new(|_| ())).await.unwrap();
    mood(&folder, "one\ntwo");
    let new = old.described_again().await.unwrap();
    check(&old, &["one"]);
    check(&new, &["one", "two"]);
    assert_eq!(old.name(), new.name());
    for plugin in [old, new] {
        let said = call(&plugin, "one", "{}").await;
        assert_eq!(said.as_deref(), Ok("this is one"));
    }
}

#[tokio::test]
async fn a_new_description_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    mood(&folder, "one");
    let plugin = moody(&folder, Arc::new(|_| ())).await.unwrap();
    mood(&folder, "two words");
    let refusal = plugin.described_again().await.unwrap_err();
    assert!(matches!(refusal, LoadError::Definition { .. }), "{refusal}");
    fs::remove_file(folder.path().join("names")).unwrap();
    let refusal = plugin.described_again().await.unwrap_err();
    assert!(matches!(refusal, LoadError::List { .. }), "{refusal}");
    check(&plugin, &["one"]);
}

#[tokio::test]
async fn what_is_announced_while_listing_is_not_heard() {
    let folder = tempfile::tempdir().unwrap();
    mood(&folder, "one");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    let sink: ChangeSink = Arc::new(move |change| sink.lock().unwrap().push(change));
    let plugin = moody(&folder, sink).await.unwrap();
    let plugin = plugin.described_again().await.unwrap();
    assert_eq!(*heard.lock().unwrap(), []);
    call(&plugin, "one", "{}").await.unwrap();
    let expected = [List::Tools, List::Prompts].map(Change::List);
    assert_eq!(*heard.lock().unwrap(), expected);
}
