//! A plugin reaches what it is granted, and nothing else.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;
use wharf_runtime::{DirGrant, Grants, Limits, Plugin, Value};

use crate::support::{Log, rogue_in, runtime, tool};

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

/// Reads a file, or says why not.
async fn read(plugin: &Plugin, path: &str) -> Result<String, String> {
    tool(plugin, "read_file", &format!(r#"{{"path":"{path}"}}"#)).await
}

/// Writes `new` into a file, or says why not.
async fn write(plugin: &Plugin, path: &str) -> Result<String, String> {
    let arguments = format!(r#"{{"path":"{path}","text":"new"}}"#);
    tool(plugin, "write_file", &arguments).await
}

#[tokio::test]
async fn a_granted_folder_can_be_read() {
    let folder = folder();
    let plugin = with_folder(&folder, false).await;
    assert_eq!(read(&plugin, "/data/file").await.as_deref(), Ok("inside"));
}

#[tokio::test]
async fn writing_needs_a_writable_grant() {
    let folder = folder();
    for (writable, expected) in [(false, "inside"), (true, "new")] {
        let plugin = with_folder(&folder, writable).await;
        let written = write(&plugin, "/data/file").await;
        assert_eq!(written.is_ok(), writable, "{written:?}");
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
        let (read, written) = (read(&plugin, path).await, write(&plugin, path).await);
        assert!(
            read.is_err() && written.is_err(),
            "{path}: {read:?} {written:?}"
        );
    }
}

#[tokio::test]
async fn without_a_grant_there_are_no_files_and_the_log_says_how() {
    let (log, _guard) = Log::capture();
    let plugin = rogue_in(&runtime(), &Grants::default(), &Limits::default()).await;
    for _ in 0..3 {
        assert!(read(&plugin, "/etc/passwd").await.is_err());
    }
    let log = log.text();
    assert_eq!(
        log.matches("`--dir HOST::GUEST` would grant one").count(),
        1,
        "{log}"
    );
}

#[tokio::test]
async fn the_log_says_what_a_granted_folder_does_not_allow() {
    let folder = folder();
    let (log, _guard) = Log::capture();
    let plugin = with_folder(&folder, false).await;
    for _ in 0..2 {
        assert!(write(&plugin, "/data/file").await.is_err());
        assert!(read(&plugin, "/data/../secret").await.is_err());
        assert!(read(&plugin, "/data/relative").await.is_err());
        assert!(read(&plugin, "/data/missing").await.is_err());
    }
    let log = log.text();
    for (what, why) in [
        ("what=/data/file", "the folder may only be read"),
        ("what=/data/../secret", "leads out of the folder"),
        ("what=/data/relative", "leads out of the folder"),
    ] {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(what)).collect();
        assert!(matches!(lines[..], [line] if line.contains(why)), "{log}");
    }
    assert!(
        log.contains(r#"`mode = "rw"` in `plugins.p.files`"#),
        "{log}"
    );
    assert!(!log.contains("/data/missing"), "{log}");
}

#[tokio::test]
async fn variables_are_those_that_were_granted() {
    let grants = Grants {
        env: vec![("GRANTED".to_owned(), Value::plain("1"))],
        ..Grants::default()
    };
    let without = rogue_in(&runtime(), &Grants::default(), &Limits::default()).await;
    let with = rogue_in(&runtime(), &grants, &Limits::default()).await;
    let granted = r#"{"name":"GRANTED"}"#;
    assert_eq!(tool(&with, "env", granted).await.as_deref(), Ok("1"));
    assert!(tool(&without, "env", granted).await.is_err());
    // Our own environment has this one.
    assert!(tool(&with, "env", r#"{"name":"PATH"}"#).await.is_err());
}

#[tokio::test]
async fn the_network_is_out_of_reach() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let (log, _guard) = Log::capture();
    let plugin = rogue_in(&runtime(), &Grants::default(), &Limits::default()).await;
    let address = listener.local_addr().unwrap();
    for address in [address.to_string(), "example.com:80".to_owned()] {
        let arguments = format!(r#"{{"addr":"{address}"}}"#);
        let connected = tool(&plugin, "connect", &arguments).await;
        assert!(connected.is_err(), "{connected:?}");
    }
    assert!(listener.accept().is_err());
    let log = log.text();
    for what in ["any TCP socket", "the address of example.com"] {
        let line = format!(r#"capability="sockets" what={what}"#);
        assert_eq!(log.matches(&line).count(), 1, "{log}");
    }
    assert!(log.contains("`plugins.p.sockets.tcp = ["), "{log}");
}
