//! Plugins that cannot be served, and an address that is taken: said at the
//! start, with an exit code, before any client can connect.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use tempfile::TempDir;
use wharf_fixtures::{BAD_NAME, BAD_ROOT, BAD_SCHEMA, BAD_TWICE, EMPTY, HELLO, ROGUE};

use crate::support::refused;

/// A folder with files in it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// What is wrong with the one plugin, in one line.
#[track_caller]
fn check(path: &str, cause: &str) {
    let (code, said) = refused(&["--stdio", path]);
    let expected = format!("error: the plugin `{path}` cannot be loaded\n  caused by: {cause}");
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(code, Some(1));
}

#[test]
fn a_file_that_is_no_component() {
    let folder = Folder::new();
    let not_wasm = "it is not a WebAssembly file\n";
    check(&folder.file("text.wasm", b"hello"), not_wasm);
    check(&folder.file("empty.wasm", b""), not_wasm);
    check(&folder.file("almost.wasm", b"\0as"), not_wasm);
}

#[test]
fn a_core_module() {
    let folder = Folder::new();
    let expected = "it is a core WebAssembly module, not a component; build for wasm32-wasip2\n";
    check(&folder.file("core.wasm", b"\0asm\x01\0\0\0"), expected);
}

#[test]
fn a_component_that_is_cut_off() {
    let whole = fs::read(HELLO).unwrap();
    let folder = Folder::new();
    for length in [6, 8, 9, 1_000, whole.len() / 2, whole.len() - 1] {
        let path = folder.file("cut.wasm", &whole[..length]);
        let (code, said) = refused(&["--stdio", &path]);
        assert!(said.starts_with("error: the plugin `"), "{length}: {said}");
        assert!(said.contains("\n  caused by: it "), "{length}: {said}");
        assert_eq!(code, Some(1), "{length}");
    }
}

#[test]
fn a_component_that_is_damaged() {
    let mut bytes = fs::read(HELLO).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 1_000].fill(0);
    let folder = Folder::new();
    check(
        &folder.file("damaged.wasm", &bytes),
        "it is not a valid component: ",
    );
}

#[test]
fn a_component_that_is_no_plugin() {
    check(
        EMPTY,
        "it exports none of the interfaces of a plugin; it exports nothing\n",
    );
    let folder = Folder::new();
    let least = folder.file("least.wasm", b"\0asm\x0d\0\x01\0");
    check(
        &least,
        "it exports none of the interfaces of a plugin; it exports nothing\n",
    );
}

/// TOL-4, TOL-6, TOL-15: a tool that no client could use is noticed at the start.
#[test]
fn a_plugin_that_describes_itself_wrongly() {
    check(
        BAD_SCHEMA,
        "tool `broken` of plugin `fixture_bad_schema` is not valid: a malformed `input-schema`: \
         not valid JSON",
    );
    check(
        BAD_NAME,
        "tool `two words` of plugin `fixture_bad_name` is not valid: a malformed `name`",
    );
    check(
        BAD_ROOT,
        "tool `listed` of plugin `fixture_bad_root` is not valid: a malformed `input-schema`: its \
         `type` is not `object`\n",
    );
    check(
        BAD_TWICE,
        "tool `same` of plugin `fixture_bad_twice` is not valid: there is another one of this \
         name\n",
    );
}

#[test]
fn a_file_that_does_not_exist() {
    let folder = Folder::new();
    let path = folder.path("none.wasm");
    let path = path.to_str().unwrap();
    let (code, said) = refused(&["--stdio", HELLO, path]);
    let expected = format!("error: the plugin `{path}` does not exist\n\nhint: ");
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(code, Some(2));
}

/// Neither wins silently.
#[test]
fn two_plugins_with_one_tool_name() {
    let folder = Folder::new();
    let hello = fs::read(HELLO).unwrap();
    let (first, second) = (
        folder.file("a/first.wasm", &hello),
        folder.file("b/second.wasm", &hello),
    );
    let (code, said) = refused(&["--stdio", &first, ROGUE, &second]);
    let expected = "error: the plugins cannot be served together\n  caused by: the plugins `first` \
                    and `second` both have a tool called `greet`\n";
    assert!(said.starts_with(expected), "{said}");
    assert_eq!(code, Some(1));
}

#[test]
fn two_plugins_with_one_name() {
    let folder = Folder::new();
    let (first, second) = (folder.file("a/x.wasm", b""), folder.file("b/x.wasm", b""));
    let (code, said) = refused(&["--stdio", &first, &second]);
    let expected = format!("error: two plugins are called `x`: {first} and {second}\n");
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(code, Some(1));
}

/// Noticed before anything is loaded.
#[test]
fn an_address_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, said) = refused(&["--listen", &address, EMPTY]);
    let expected =
        format!("error: cannot listen on {address}\n  caused by: Address already in use");
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(code, Some(1));
}
