//! What it says when a crate is to become a component.

use std::fs;
#[cfg(unix)]
use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use insta::assert_snapshot;

use super::Place;

/// The rest of the manifest of a plugin crate that belongs to no workspace.
const PLUGIN: &str = "[lib]\ncrate-type = [\"cdylib\"]\n[workspace]";

#[test]
fn a_folder_that_is_not_a_crate() {
    let place = Place::new();
    place.file("notes/a", "");
    assert_snapshot!(place.wharf("serve notes"), @"
    exit 1
    --- stderr
    error: the folder `notes` has no Cargo.toml

    hint: a plugin is a `.wasm` component or the folder of a plugin crate
    ");
}

#[test]
fn a_crate_that_is_not_a_plugin() {
    let place = Place::new();
    place.package("tool", "tool", "[workspace]");
    assert_snapshot!(place.wharf("build tool"), @r#"
    exit 1
    --- stderr
    error: the crate `tool` is not made to be a plugin: it has no target of type `cdylib`

    hint: a plugin is a library; its Cargo.toml says
      [lib]
      crate-type = ["cdylib"]
    "#);
}

#[test]
fn a_folder_of_crates() {
    let place = Place::new();
    place
        .file(
            "all/Cargo.toml",
            "workspace = { resolver = \"3\", members = [\"*\"] }",
        )
        .package("all/library", "library", "")
        .package("all/one", "one", "[lib]\ncrate-type = [\"cdylib\"]")
        .package("all/two", "two", "[lib]\ncrate-type = [\"cdylib\"]");
    assert_snapshot!(place.wharf("build all"), @"
    exit 1
    --- stderr
    error: the folder `all` is a workspace, not a crate

    hint: there are plugin crates in `all/one` and `all/two`
    ");
}

#[test]
fn a_manifest_that_is_not_one() {
    let place = Place::new();
    place.file("tool/Cargo.toml", "[package");
    assert_snapshot!(place.wharf("build tool"), @"
    exit 1
    --- stderr
    error: cargo does not accept the manifest of `tool`
      caused by: unclosed table, expected `]`
         --> Cargo.toml:1:9
          |
        1 | [package
          |         ^
    ");
}

#[test]
fn a_crate_that_does_not_compile() {
    let place = Place::new();
    place
        .package("tool", "tool", PLUGIN)
        .file("tool/src/lib.rs", "fn tool() { missing }");
    let speech = place.wharf("build tool");
    // What cargo says in between is cargo's affair, but it has to be there.
    assert!(
        speech.starts_with("exit 1\n--- stderr\ncompiling tool for wasm32-wasip2\n"),
        "{speech}"
    );
    assert!(speech.contains("cannot find value `missing`"), "{speech}");
    assert!(
        speech.ends_with("\nerror: `tool` does not compile"),
        "{speech}"
    );
}

#[test]
fn building_a_crate_prints_where_the_component_is() {
    let place = Place::new();
    place.package("tool", "my-tool", PLUGIN);
    assert_snapshot!(place.wharf("-q build tool"), @"
    exit 0
    --- stdout
    [FOLDER]/tool/target/wasm32-wasip2/plugin/my_tool.wasm
    ");
    assert_snapshot!(place.wharf("-q build tool --out dist"), @"
    exit 0
    --- stdout
    dist/my-tool.wasm
    ");
    let component = fs::read(place.path().join("dist/my-tool.wasm")).unwrap();
    assert_eq!(component.get(..4), Some(&b"\0asm"[..]));
}

#[test]
fn two_crates_that_would_be_one_file() {
    let place = Place::new();
    place
        .package("a", "tool", PLUGIN)
        .package("b", "tool", PLUGIN);
    assert_snapshot!(place.wharf("-q build a b --out dist"), @"
    exit 1
    --- stderr
    error: two of the crates are called `tool`

    hint: build them into folders of their own
    ");
}

#[test]
#[cfg(unix)]
fn without_rust() {
    let place = Place::new();
    place.package("tool", "tool", PLUGIN);
    assert_snapshot!(place.wharf_with_bin("build tool"), @"
    exit 1
    --- stderr
    error: `rustc` is not installed, or not where PATH leads

    hint: install Rust from https://rustup.rs, or give a `.wasm` component instead
    ");
}

#[test]
#[cfg(unix)]
fn a_toolchain_that_is_too_old() {
    let place = Place::new();
    place
        .package("tool", "tool", PLUGIN)
        .program("rustc", "exit 1");
    assert_snapshot!(place.wharf_with_bin("build tool"), @"
    exit 1
    --- stderr
    error: the Rust toolchain used in `tool` does not know wasm32-wasip2

    hint: use Rust 1.82 or newer: `rustup update stable`
    ");
}

/// A crate, and a toolchain that has everything but the target.
#[cfg(unix)]
fn without_target() -> Place {
    let place = Place::new();
    place
        .package("tool", "tool", PLUGIN)
        .program("rustc", "echo /nowhere")
        .program("cargo", &cargo(&place, "exit 1"));
    place
}

/// A cargo that knows of one package, and does something else than to build it.
#[cfg(unix)]
fn cargo(place: &Place, build: &str) -> String {
    let root = place.path().canonicalize().unwrap();
    let root = root.display();
    format!(
        r#"[ "$1" = metadata ] || {{ {build}; }}
echo '{{ "workspace_root": "{root}/tool", "packages": [{{ "name": "tool", "id": "tool",
  "manifest_path": "{root}/tool/Cargo.toml", "targets": [{{ "kind": ["cdylib"] }}] }}] }}'"#
    )
}

#[test]
#[cfg(unix)]
fn the_target_is_missing_and_there_is_no_rustup() {
    assert_snapshot!(without_target().wharf_with_bin("build tool"), @"
    exit 1
    --- stderr
    adding the Rust target wasm32-wasip2, with rustup
    error: the Rust toolchain used in `tool` lacks the target wasm32-wasip2

    hint: install Rust from https://rustup.rs and run `rustup target add wasm32-wasip2`, or install the package with the wasm32-wasip2 standard library where Rust came from
    ");
}

#[test]
#[cfg(unix)]
fn the_target_is_missing_and_cannot_be_added() {
    let place = without_target();
    place.program("rustup", "echo 'error: no network' >&2; exit 1");
    assert_snapshot!(place.wharf_with_bin("build tool"), @"
    exit 1
    --- stderr
    adding the Rust target wasm32-wasip2, with rustup
    error: no network
    error: the Rust toolchain used in `tool` lacks the target wasm32-wasip2

    hint: add it with `cd tool && rustup target add wasm32-wasip2`
    ");
}

#[test]
#[cfg(unix)]
fn the_target_is_missing_and_is_added() {
    let place = without_target();
    place.program(
        "rustup",
        r#"echo "rustup $* in ${PWD##*/}" >&2; echo 'never on stdout'"#,
    );
    assert_snapshot!(place.wharf_with_bin("build tool"), @"
    exit 1
    --- stderr
    adding the Rust target wasm32-wasip2, with rustup
    rustup target add wasm32-wasip2 in tool
    compiling tool for wasm32-wasip2
    error: `tool` does not compile
    ");
}

#[test]
#[cfg(unix)]
fn cargo_ends_with_the_program() {
    let place = Place::new();
    place
        .package("tool", "tool", PLUGIN)
        .program("rustc", "echo /")
        .program(
            "cargo",
            &cargo(&place, "echo busy >&2; exec /bin/sleep 600"),
        );
    let mut wharf = place.command_with_bin("serve tool --listen 0 --quiet");
    let mut wharf = wharf.stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(wharf.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert_eq!(line, "busy\n");

    let kill = format!("kill {}", wharf.id());
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(wharf.wait().unwrap().code(), Some(130));
    // Cargo has the other end of the pipe, too.
    let (at_end, end) = channel();
    thread::spawn(move || at_end.send(stderr.read_to_string(&mut line)));
    end.recv_timeout(Duration::from_secs(10)).unwrap().unwrap();
}
