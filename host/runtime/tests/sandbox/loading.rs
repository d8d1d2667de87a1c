//! Loading: what is refused, with which words, and what is remembered.

use std::os::unix::fs::PermissionsExt;

use bytes::Bytes;
use wharf_fixtures::{BAD_NAME, BAD_ROOT, BAD_SCHEMA, BAD_TWICE, EMPTY, HELLO, ROGUE};
use wharf_runtime::{
    DirGrant, GrantError, Grants, Interface, Limits, LoadError, Need, Plugin, Runtime,
    RuntimeConfig,
};

use crate::support::{component, load, load_in, runtime};

async fn refusal(bytes: impl Into<Bytes>) -> String {
    load(bytes.into()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn what_is_not_webassembly_is_refused() {
    for bytes in ["", "(component)", "#!/bin/sh"] {
        let refusal = refusal(bytes).await;
        assert_eq!(refusal, "it is not a WebAssembly file", "{bytes:?}");
    }
}

#[tokio::test]
async fn core_modules_are_told_what_to_build() {
    let expected = "it is a core WebAssembly module, not a component; build for wasm32-wasip2";
    assert_eq!(refusal(&b"\0asm\x01\0\0\0"[..]).await, expected);
}

#[tokio::test]
async fn half_a_component_is_refused() {
    let bytes = component(ROGUE);
    for length in [9, bytes.len() / 2, bytes.len() - 1] {
        let refusal = refusal(bytes.slice(..length)).await;
        assert!(
            refusal.starts_with("it is not a valid component: "),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn a_component_without_our_exports_is_told_what_it_exports() {
    let expected = "it exports none of the interfaces of a plugin; it exports nothing";
    assert_eq!(refusal(&b"\0asm\x0d\0\x01\0"[..]).await, expected);
    let refusal = refusal(component(EMPTY)).await;
    assert!(refusal.starts_with("it exports none of"), "{refusal}");
}

#[tokio::test]
async fn a_grant_of_a_folder_needs_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for (host, guest) in [
        (folder.path().join("missing"), "/a"),
        (file, "/a"),
        (folder.path().into(), ""),
    ] {
        let dir = DirGrant {
            host,
            guest: guest.to_owned(),
            writable: false,
        };
        let error = load_with(dir).await.unwrap_err();
        let LoadError::Grant(error) = error else {
            panic!("{error:?}");
        };
        match error {
            GrantError::Folder { host, .. } => assert!(host.ends_with("missing")),
            GrantError::NotAFolder { host } => assert!(host.ends_with("file")),
            GrantError::GuestName { guest } => assert_eq!(guest, ""),
            other => panic!("{other:?}"),
        }
    }
}

async fn load_with(dir: DirGrant) -> Result<Plugin, LoadError> {
    let grants = Grants {
        dirs: vec![dir],
        ..Grants::default()
    };
    load_in(&runtime(), component(ROGUE), &grants, &Limits::default()).await
}

#[tokio::test]
async fn a_plugin_that_cannot_start_is_refused() {
    let limits = Limits {
        memory: 1 << 10,
        ..Limits::default()
    };
    let loaded = load_in(&runtime(), component(ROGUE), &Grants::default(), &limits).await;
    let error = loaded.unwrap_err();
    assert!(matches!(error, LoadError::Start(_)), "{error:?}");
}

#[tokio::test]
async fn definitions_that_break_the_protocol_are_refused_by_name() {
    for (path, item, problem) in [
        (
            BAD_SCHEMA,
            "tool `broken`",
            "a malformed `input-schema`: not valid JSON: ",
        ),
        (BAD_NAME, "tool `two words`", "a malformed `name`: "),
        (
            BAD_ROOT,
            "tool `listed`",
            "a malformed `input-schema`: its `type` is not `object`",
        ),
        (
            BAD_TWICE,
            "tool `same`",
            "there is another one of this name",
        ),
    ] {
        let refusal = refusal(component(path)).await;
        let expected = format!("{item} of plugin `p` is not valid: {problem}");
        assert!(refusal.starts_with(&expected), "{refusal}");
    }
}

#[tokio::test]
async fn a_loaded_plugin_describes_itself() {
    let plugin = load(component(ROGUE)).await.unwrap();
    let description = plugin.description();
    let tools = description.tools.as_ref().unwrap();
    assert!(tools.iter().any(|tool| tool.name.as_str() == "echo"));
    assert_eq!(description.resources, None);
    assert!(!description.completions);
}

#[tokio::test]
async fn inspecting_runs_nothing_and_says_what_a_component_wants() {
    let found = runtime().inspect(component(ROGUE)).await.unwrap();
    assert_eq!(found.interfaces, [Interface::Tools]);
    assert_eq!(found.contract.as_deref(), Some("0.1.0"));
    assert!(found.needs.contains(&Need::Files));
    assert!(found.unsupported.is_empty());
}

#[tokio::test]
async fn compiled_code_is_found_again_in_a_private_folder() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("cache");
    for hits in [0, 1] {
        let runtime = cached_in(&folder);
        runtime.inspect(component(HELLO)).await.unwrap();
        assert_eq!(runtime.cache_hits(), Some(hits));
    }
    let mode = folder.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn a_cache_that_others_can_write_to_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let runtime = cached_in(folder.path());
    assert_eq!(runtime.cache_hits(), None);
    assert!(runtime.inspect(component(HELLO)).await.is_ok());
}

fn cached_in(folder: &std::path::Path) -> Runtime {
    let config = RuntimeConfig {
        cache_dir: Some(folder.to_owned()),
        ..RuntimeConfig::default()
    };
    Runtime::new(&config).unwrap()
}
