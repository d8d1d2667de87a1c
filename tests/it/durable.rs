//! What plugins keep is there when the host comes back, is whose it is, and costs
//! nobody else anything.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use wharf_fixtures::{HELLO, KEEPER, NOTES};

use crate::support::{Client, Host, Signal, Way, refused_in};

mod full;
mod kills;

/// A host that keeps things in `data` of its folder.
const KEEPS: [&str; 7] = [
    "--listen",
    "unix:wharf.sock",
    "--listen",
    "127.0.0.1:0",
    "--data-dir",
    "data",
    KEEPER,
];

fn keeping(folder: &Path, scope: &str) -> Host {
    Host::serve_in(
        folder,
        &[&KEEPS[..], &[&format!("--store={scope}")]].concat(),
    )
}

fn get(client: &mut Client) -> String {
    client.text("get", json!({ "key": "k" }))
}

fn set(client: &mut Client, value: &str) {
    client.text("set", json!({ "key": "k", "value": value }));
}

fn on_socket(host: &Host) -> Client {
    Client::connect_to_socket(&host.socket(), Way::UNIX)
}

#[test]
fn what_is_kept_survives_a_restart() {
    let folder = TempDir::new().unwrap();
    for round in 1..=3 {
        let mut host = keeping(folder.path(), "plugin");
        let added = on_socket(&host).text("increment", json!({ "key": "n", "delta": 1 }));
        assert_eq!(added, round.to_string());
        host.signal(Signal::Terminate);
        assert_eq!(host.exit_code(), Some(0));
    }
}

/// The user at the other end of a socket is somebody, whoever comes by HTTP is nobody.
#[test]
fn principals_have_stores_of_their_own() {
    let folder = TempDir::new().unwrap();
    let host = keeping(folder.path(), "principal");
    set(&mut on_socket(&host), "of a user");
    for way in [Way::STREAMABLE, Way::STREAMABLE_MODERN] {
        let mut nobody = Client::connect_to(host.address(), way);
        assert_ne!(get(&mut nobody), "of a user");
        set(&mut nobody, "of nobody");
    }
    assert_eq!(get(&mut on_socket(&host)), "of a user");
}

#[test]
fn sessions_have_stores_of_their_own() {
    let folder = TempDir::new().unwrap();
    let host = keeping(folder.path(), "session");
    let mut clients: Vec<Client> = vec![
        on_socket(&host),
        on_socket(&host),
        Client::connect_to(host.address(), Way::STREAMABLE),
        Client::connect_to(host.address(), Way::STREAMABLE),
    ];
    for (number, client) in clients.iter_mut().enumerate() {
        assert_eq!(get(client), "nothing");
        set(client, &number.to_string());
    }
    for (number, client) in clients.iter_mut().enumerate() {
        assert_eq!(get(client), number.to_string());
    }
    let mut stateless = Client::connect_to(host.address(), Way::STREAMABLE_MODERN);
    let refused = stateless.failure("get", json!({ "key": "k" }));
    assert_eq!(refused, "there is no store for this call");
    // Nothing of it was meant to stay.
    assert!(!folder.path().join("data").exists());
}

/// The plugin that comes with wharf.
#[test]
fn notes_are_remembered() {
    let folder = TempDir::new().unwrap();
    let serve = || {
        let arguments = [
            "--listen",
            "unix:wharf.sock",
            "--data-dir",
            "data",
            "--store",
            NOTES,
        ];
        Host::serve_in(folder.path(), &arguments)
    };
    let milk = json!({ "name": "shopping", "text": "milk" });
    on_socket(&serve()).text("remember", milk);
    let host = serve();
    let mut client = on_socket(&host);
    let bread = json!({ "name": "shopping", "text": "bread", "append": true });
    client.text("remember", bread);
    let which = json!({ "name": "shopping" });
    assert_eq!(client.text("recall", which.clone()), "milk\nbread");
    let listed = client.call("list", json!({}));
    assert_eq!(
        listed["structuredContent"],
        json!({ "names": ["shopping"] })
    );
    client.text("forget", which.clone());
    assert_eq!(
        client.failure("recall", which),
        "there is no note `shopping`; `list` has all names"
    );
}

/// Who comes second is told what to do.
#[test]
fn a_folder_has_one_host() {
    let folder = TempDir::new().unwrap();
    let host = keeping(folder.path(), "plugin");
    let second = [
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        "data",
        KEEPER,
        "--store=plugin",
    ];
    let (code, said) = refused_in(folder.path(), &second);
    assert_eq!(code, Some(1));
    assert!(
        said.contains(
            "another process is using the store `data/store.redb`; end that one, or give this one \
             a folder of its own with `--data-dir`"
        ),
        "{said}"
    );
    set(&mut on_socket(&host), "x");
    // Who keeps nothing needs no folder.
    let beside = ["--listen", "127.0.0.1:0", "--data-dir", "data", HELLO];
    drop(Host::serve_in(folder.path(), &beside));
}

/// The values of these keys, those of them that are there.
fn values(client: &mut Client, keys: &[String]) -> Vec<Option<String>> {
    let mut values = Vec::with_capacity(keys.len());
    for keys in keys.chunks(1000) {
        let found = client.text("get_many", json!({ "keys": keys }));
        values.extend(serde_json::from_str::<Vec<Option<String>>>(&found).unwrap());
    }
    values
}

/// A number that is kept.
fn number(client: &mut Client, key: &str) -> u64 {
    let arguments: Value = json!({ "key": key, "delta": 0 });
    client.text("increment", arguments).parse().unwrap()
}
