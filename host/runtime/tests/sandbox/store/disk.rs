//! What outlives the process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;
use wharf_runtime::LoadError;

use super::*;

fn runtime_on(folder: &Path) -> Runtime {
    runtime_with(|config| config.data_dir = Some(folder.to_owned()))
}

async fn try_load(runtime: &Runtime, scope: StoreScope) -> Result<Plugin, LoadError> {
    let source = PluginSource {
        name: "keeper".into(),
        bytes: component(KEEPER),
    };
    let grants = Grants {
        store: Some(StoreGrant {
            scope,
            ..StoreGrant::default()
        }),
        ..Grants::default()
    };
    let options = PluginOptions {
        grants,
        ..PluginOptions::default()
    };
    runtime.load(source, &options, Arc::new(|_| ())).await
}

/// The error with all its causes.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[tokio::test]
async fn it_is_there_the_next_time() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("deep/data");
    for round in 1..=3 {
        let plugin = try_load(&runtime_on(&data), StoreScope::Principal)
            .await
            .unwrap();
        let arguments = json!({ "key": "n", "delta": 1 });
        let count = tool(&plugin, by(Some("a")), "increment", arguments).await;
        assert_eq!(count.unwrap(), round.to_string());
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("store.redb")), 0o600);
}

#[tokio::test]
async fn there_is_no_file_unless_somebody_needs_it() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let runtime = runtime_on(&data);
    let session = try_load(&runtime, StoreScope::Session).await.unwrap();
    let set = json!({ "key": "a", "value": "b" });
    tool(&session, within(&Session::new()), "set", set)
        .await
        .unwrap();
    keeper_in(&runtime, "other", None).await;
    assert!(!data.exists());
}

#[tokio::test]
async fn one_at_a_time() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (runtime_on(folder.path()), runtime_on(folder.path()));
    let plugin = try_load(&one, StoreScope::Plugin).await.unwrap();
    let refused = try_load(&other, StoreScope::Plugin).await.unwrap_err();
    let file = folder.path().join("store.redb");
    let said = format!("another process is using the store `{}`", file.display());
    assert!(causes(&refused).contains(&said), "{}", causes(&refused));
    drop((plugin, one));
    assert!(try_load(&other, StoreScope::Plugin).await.is_ok());
}

#[tokio::test]
async fn what_is_no_store_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("store.redb");
    fs::write(&file, "dear diary").unwrap();
    let refused = try_load(&runtime_on(folder.path()), StoreScope::Plugin).await;
    let said = causes(&refused.unwrap_err());
    assert!(said.contains("cannot be opened"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "dear diary");
    // Nor can a folder be where a file is.
    let refused = try_load(&runtime_on(&file), StoreScope::Plugin).await;
    let said = causes(&refused.unwrap_err());
    assert!(said.contains("the data folder"), "{said}");
}
