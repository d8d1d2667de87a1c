//! A plugin reaches what it is granted, and nothing else.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;
use wharf_runtime::{DirGrant, Grants, Limits, Plugin};

use crate::support::{Log, call, rogue_in, runtime};

/// A folder `in` to be granted, beside something that is not.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/file"), "inside").unwrap();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    symlink(
        folder.path().join("secret"),
        folder.path().join("in/absolute"),
    )
    .unwrap();
    symlink("../secret", folder.path().join("in/relative")).unwrap();
    symlink("..", folder.path().join("in/up")).unwrap();
    folder
}

async fn with_folder(folder: &TempDir, writable: bool) -> Plugin {
    let dir = DirGrant {
        host: folder.path().join("in"),
        guest: "/data".to_owned(),
        writable,
    };
    let grants = Grants {
        dirs: vec![dir],
        ..Grants::default()
    };
    rogue_in(&runtime(), &grants, &Limits::default()).await
}

async fn on_path(plugin: &Plugin, tool: &str, path: &str) -> String {
    let arguments = format!(r#"{{"path":"{path}"}}"#);
    call(plugin, tool, &arguments).await.unwrap()
}

#[tokio::test]
async fn a_granted_folder_can_be_read() {
    let folder = folder();
    let plugin = with_folder(&folder, false).await;
    assert_eq!(on_path(&plugin, "read", "/data/file").await, "inside");
}

#[tokio::test]
async fn writing_needs_a_writable_grant() {
    let folder = folder();
    for (writable, expected) in [(false, "inside"), (true, "new")] {
        let plugin = with_folder(&folder, writable).await;
        let said = on_path(&plugin, "write", "/data/file").await;
        assert_eq!(said == "written", writable, "{said}");
        let file = fs::read_to_string(folder.path().join("in/file")).unwrap();
        assert_eq!(file, expected);
    }
}

#[tokio::test]
async fn there_is_no_way_out_of_a_folder() {
    let folder = folder();
    let plugin = with_folder(&folder, true).await;
    for path in [
        "/data/../secret",
        "/data/absolute",
        "/data/relative",
        "/data/up/secret",
        "/secret",
        "/etc/passwd",
        "../../../../../../etc/passwd",
    ] {
        for tool in ["read", "write"] {
            let said = on_path(&plugin, tool, path).await;
            assert!(said.starts_with("error: "), "{tool} {path}: {said}");
        }
    }
}

#[tokio::test]
async fn without_a_grant_there_are_no_files_and_the_log_says_how() {
    let (log, _guard) = Log::capture();
    let plugin = rogue_in(&runtime(), &Grants::default(), &Limits::default()).await;
    for _ in 0..3 {
        let said = on_path(&plugin, "read", "/etc/passwd").await;
        assert!(said.starts_with("error: "), "{said}");
    }
    let log = log.text();
    assert_eq!(
        log.matches("`--dir HOST:GUEST` would grant one").count(),
        1,
        "{log}"
    );
}

#[tokio::test]
async fn variables_are_those_that_were_granted() {
    let plugin = rogue_in(&runtime(), &Grants::default(), &Limits::default()).await;
    assert_eq!(call(&plugin, "env", "{}").await.as_deref(), Ok(""));
    let grants = Grants {
        env: vec![
            ("A".to_owned(), "1".to_owned()),
            ("B".to_owned(), "2".to_owned()),
        ],
        ..Grants::default()
    };
    let plugin = rogue_in(&runtime(), &grants, &Limits::default()).await;
    assert_eq!(call(&plugin, "env", "{}").await.as_deref(), Ok("A=1,B=2"));
}

#[tokio::test]
async fn the_network_is_out_of_reach() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let (log, _guard) = Log::capture();
    let plugin = rogue_in(&runtime(), &Grants::default(), &Limits::default()).await;
    let arguments = format!(r#"{{"address":"{}"}}"#, listener.local_addr().unwrap());
    let said = call(&plugin, "connect", &arguments).await.unwrap();
    assert!(said.starts_with("error: "), "{said}");
    assert!(
        log.text().contains(r#"capability="network""#),
        "{}",
        log.text()
    );
    assert!(listener.accept().is_err());
}
