//! `wharf.toml`: what it says is what is served, and what is wrong in it is said at the
//! start.

mod documented;
mod refused;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use wharf_fixtures::{EVERYTHING, HELLO, ROGUE};

use crate::support::{Client, Host, Way};

/// A folder with plugins in it, for a configuration to be written into.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        for (name, from) in [("hello", HELLO), ("rogue", ROGUE), ("whole", EVERYTHING)] {
            place.copy(from, &format!("{name}.wasm"));
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn copy(&self, from: &str, name: &str) {
        fs::copy(from, self.path().join(name)).unwrap();
    }

    /// Writes a file, with the folders it is in.
    pub(crate) fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Serves what the configuration says, on a socket that it need not mention.
    pub(crate) fn serve(&self, config: &str, arguments: &[&str]) -> Host {
        self.file("wharf.toml", config);
        let listen = ["--config", "wharf.toml", "--listen", "unix:wharf.sock"];
        Host::serve_in(self.path(), &[&listen, arguments].concat())
    }
}

/// A client of a host that listens on `wharf.sock`.
pub(crate) fn client(host: &Host) -> Client {
    Client::connect_to_socket(&host.socket(), Way::UNIX)
}

/// The names in a list.
#[track_caller]
pub(crate) fn names(client: &mut Client, list: &str) -> Vec<String> {
    let result = client.result_aside(&format!("{list}/list"), json!({}));
    let definitions = result[list].as_array().unwrap().iter();
    let name = |definition: &Value| definition["name"].as_str().unwrap().to_owned();
    definitions.map(name).collect()
}

/// Without a flag or a plugin, `wharf.toml` says everything.
#[test]
fn the_file_in_the_working_folder() {
    let place = Place::new();
    place.file(
        "wharf.toml",
        "listen = [\"unix:mcp.sock\"]\n[plugins.hello]\nsource = \"hello.wasm\"\n",
    );
    let host = Host::serve_in(place.path(), &[]);
    host.wait_for_log("using wharf.toml\n");
    host.wait_for_log("mcp.sock (line by line)\n");
    let mut client = Client::connect_to_socket(&place.path().join("mcp.sock"), Way::UNIX);
    let greeting = client.text("greet", json!({ "name": "Ada" }));
    assert_eq!(greeting, "Hello, Ada!");
}

/// Paths start from the folder of the file, wherever the program runs.
#[test]
fn a_file_elsewhere() {
    let place = Place::new();
    place
        .file("notes/a.txt", "a note")
        .file("key", "sesame\n")
        .file(
            "wharf.toml",
            "listen = [\"unix:mcp.sock\"]\n[plugins.rogue]\nsource = \"rogue.wasm\"\n\
             files = [{ host = \"notes\", guest = \"/n\" }]\nenv = { KEY = { file = \"key\" } }\n",
        );
    let file = place.path().join("wharf.toml");
    let host = Host::serve(&["--config", file.to_str().unwrap()]);
    host.wait_for_log("mcp.sock (line by line)\n");
    let socket = place.path().join("mcp.sock");
    let mut client = Client::connect_to_socket(&socket, Way::UNIX);
    assert_eq!(
        client.text("read_file", json!({ "path": "/n/a.txt" })),
        "a note"
    );
    assert_eq!(client.text("env", json!({ "name": "KEY" })), "sesame");
    let mode = fs::metadata(socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Each plugin has what is written below it, and nothing of what the others have.
#[test]
fn plugins_have_their_own_grants() {
    let place = Place::new();
    place.file("a/f", "of a").file("b/f", "of b");
    let host = place.serve(
        r#"
        [plugins.a]
        source = "rogue.wasm"
        prefix = "a_"
        files = [{ host = "a", guest = "/f" }]
        env = { ONE = "1" }
        [plugins.b]
        source = "rogue.wasm"
        prefix = "b_"
        files = [{ host = "b", guest = "/f", mode = "rw" }]
        env = { TWO = "2" }
        "#,
        &[],
    );
    let mut client = client(&host);
    let file = || json!({ "path": "/f/f" });
    assert_eq!(client.text("a_read_file", file()), "of a");
    assert_eq!(client.text("b_read_file", file()), "of b");
    let new = || json!({ "path": "/f/new", "text": "new" });
    assert!(
        client
            .failure("a_write_file", new())
            .contains("not permitted")
    );
    assert_eq!(client.text("b_write_file", new()), "written");
    assert_eq!(
        fs::read_to_string(place.path().join("b/new")).unwrap(),
        "new"
    );
    assert_eq!(client.text("a_env", json!({ "name": "ONE" })), "1");
    client.failure("a_env", json!({ "name": "TWO" }));
    assert_eq!(client.text("b_env", json!({ "name": "TWO" })), "2");
    client.failure("b_env", json!({ "name": "ONE" }));
}

#[test]
fn plugins_have_their_own_limits() {
    let place = Place::new();
    let host = place.serve(
        r#"
        [limits]
        timeout = "200ms"
        [plugins.quick]
        source = "rogue.wasm"
        prefix = "quick."
        [plugins.patient]
        source = "rogue.wasm"
        prefix = "patient."
        limits = { timeout = "20s", output = "64KiB" }
        "#,
        &[],
    );
    let mut client = client(&host);
    let nap = || json!({ "ms": 600 });
    assert!(client.failure("quick.sleep", nap()).contains("0.2 s"));
    assert_eq!(client.text("patient.sleep", nap()), "awake");
    let large = || json!({ "bytes": 200_000 });
    assert_eq!(client.text("quick.huge_result", large()).len(), 200_000);
    client.failure("patient.huge_result", large());
}

/// Flags replace what the file says for the host, and give plugins of their own to it.
#[test]
fn flags_beside_a_file() {
    let place = Place::new();
    let host = place.serve(
        "listen = [\"unix:other.sock\"]\n[plugins.hello]\nsource = \"hello.wasm\"\n\
         [plugins.own]\nsource = \"rogue.wasm\"\nprefix = \"own_\"\nlimits.timeout = \"20s\"\n",
        &["--timeout", "200ms", "--env", "A=b", "rogue.wasm"],
    );
    assert!(!place.path().join("other.sock").exists());
    let mut client = client(&host);
    assert_eq!(
        client.text("greet", json!({ "name": "Ada" })),
        "Hello, Ada!"
    );
    assert_eq!(client.text("env", json!({ "name": "A" })), "b");
    client.failure("own_env", json!({ "name": "A" }));
    let nap = || json!({ "ms": 600 });
    assert!(client.failure("sleep", nap()).contains("0.2 s"));
    assert_eq!(client.text("own_sleep", nap()), "awake");
}

/// TOL-6: what clients see has the prefix, what the plugin sees has not.
#[test]
fn prefixes() {
    let place = Place::new();
    let host = place.serve(
        r#"
        [plugins.plain]
        source = "hello.wasm"
        [plugins.second]
        source = "hello.wasm"
        prefix = "second-"
        [plugins.whole]
        source = "whole.wasm"
        prefix = "w."
        "#,
        &[],
    );
    let mut client = client(&host);
    let tools = names(&mut client, "tools");
    assert_eq!(&tools[..2], ["greet", "second-greet"]);
    assert!(
        tools[2..].iter().all(|name| name.starts_with("w.")),
        "{tools:?}"
    );
    for tool in ["greet", "second-greet"] {
        let greeting = client.text(tool, json!({ "name": "Ada" }));
        assert_eq!(greeting, "Hello, Ada!");
    }
    let prompts = names(&mut client, "prompts");
    assert_eq!(prompts, ["w.plain", "w.review", "w.media", "w.personal"]);
    let prompt = client.result("prompts/get", json!({ "name": "w.plain" }));
    assert_eq!(prompt["messages"].as_array().unwrap().len(), 1);
    for name in ["plain", "second-plain"] {
        assert_eq!(
            client.error("prompts/get", json!({ "name": name }))["code"],
            -32602
        );
    }
    let gone = json!({ "name": "full", "arguments": {} });
    assert_eq!(client.error("tools/call", gone)["code"], -32602);
    let complete = json!({
        "ref": { "type": "ref/prompt", "name": "w.review" },
        "argument": { "name": "language", "value": "py" },
    });
    let completion = client.result("completion/complete", complete);
    assert_eq!(completion["completion"]["values"], json!(["python"]));
    // What has a URI has no prefix.
    let read = client.result("resources/read", json!({ "uri": "item:///1" }));
    assert_eq!(read["contents"][0]["text"], "This is item:///1");
    // And faults name the tool as the client does.
    let complaint = client.failure("w.full", json!({}));
    assert!(complaint.contains("`w.full`"), "{complaint}");
}
