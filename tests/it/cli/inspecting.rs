//! What it says about components.

use std::fs;
use std::process::Stdio;

use insta::assert_snapshot;

use super::Place;

/// A place with a fixture, and how to make what is said of its size the same
/// for ever.
fn with_component(path: &str) -> (Place, impl Fn(String) -> String) {
    let place = Place::new();
    let size = fs::copy(path, place.path().join("x.wasm")).unwrap();
    let size_for_people = format!(
        "{:.1} KiB",
        f64::from(u32::try_from(size).unwrap()) / 1024.0
    );
    let normal = move |speech: String| {
        let speech = speech.replace(&format!("\"size\": {size},"), "\"size\": [SIZE],");
        speech.replace(&size_for_people, "[SIZE]")
    };
    (place, normal)
}

#[test]
fn inspecting_a_plugin() {
    let (place, normal) = with_component(wharf_fixtures::HELLO);
    assert_snapshot!(normal(place.wharf("inspect x.wasm")), @"
    exit 0
    --- stdout
    x
    x.wasm, [SIZE], contract 0.1.0

    Tools
      greet

    Can use, if granted
      environment  --env NAME[=VALUE]

    Exports
      wharf:plugin@0.1.0: tools

    Imports
      wharf:plugin@0.1.0: types, host
      wasi:io@0.2.6: poll, error, streams
      wasi:cli@0.2.6: environment, exit, stdin, stdout, stderr, terminal-input, terminal-output, terminal-stdin, terminal-stdout, terminal-stderr
    ");
}

#[test]
fn inspecting_a_plugin_for_programs() {
    let (place, normal) = with_component(wharf_fixtures::HELLO);
    assert_snapshot!(normal(place.wharf("inspect x.wasm --json")), @r#"
    exit 0
    --- stdout
    {
      "name": "x",
      "file": "x.wasm",
      "size": [SIZE],
      "contract": "0.1.0",
      "problem": null,
      "interfaces": [
        "tools"
      ],
      "tools": [
        "greet"
      ],
      "prompts": null,
      "resource_templates": null,
      "needs": [
        {
          "what": "environment",
          "flag": "--env NAME[=VALUE]"
        }
      ],
      "permissions": null,
      "unsupported": [],
      "imports": [
        "wharf:plugin/types@0.1.0",
        "wharf:plugin/host@0.1.0",
        "wasi:io/poll@0.2.6",
        "wasi:io/error@0.2.6",
        "wasi:io/streams@0.2.6",
        "wasi:cli/environment@0.2.6",
        "wasi:cli/exit@0.2.6",
        "wasi:cli/stdin@0.2.6",
        "wasi:cli/stdout@0.2.6",
        "wasi:cli/stderr@0.2.6",
        "wasi:cli/terminal-input@0.2.6",
        "wasi:cli/terminal-output@0.2.6",
        "wasi:cli/terminal-stdin@0.2.6",
        "wasi:cli/terminal-stdout@0.2.6",
        "wasi:cli/terminal-stderr@0.2.6"
      ],
      "exports": [
        "wharf:plugin/tools@0.1.0"
      ]
    }
    "#);
}

#[test]
fn inspecting_a_plugin_with_everything() {
    let (place, _) = with_component(wharf_fixtures::EVERYTHING);
    let output = place.command("inspect x.wasm --json").output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |field: &str| found.get(field).unwrap().to_string();
    assert_eq!(of("problem"), "null");
    assert_eq!(
        of("interfaces"),
        r#"["tools","resources","prompts","completions"]"#
    );
    assert_eq!(of("resource_templates"), r#"["item:///{id}"]"#);
    assert_eq!(of("prompts"), r#"["plain","review","media","personal"]"#);
}

#[test]
fn inspecting_a_component_that_is_not_a_plugin() {
    let (place, normal) = with_component(wharf_fixtures::EMPTY);
    assert_snapshot!(normal(place.wharf("inspect x.wasm")), @"
    exit 0
    --- stdout
    x
    x.wasm, [SIZE], not made for the plugin contract
    Cannot be served: it exports none of the interfaces of a plugin; it exports nothing
    ");
}

#[test]
fn inspecting_what_is_not_a_component() {
    let place = Place::new();
    place
        .file("text.wasm", "(component)")
        .file("module.wasm", "\0asm\u{1}\0\0\0");
    assert_snapshot!(place.wharf("inspect text.wasm"), @"
    exit 1
    --- stderr
    error: `text.wasm` cannot be inspected
      caused by: it is not a WebAssembly file
    ");
    assert_snapshot!(place.wharf("inspect module.wasm"), @"
    exit 1
    --- stderr
    error: `module.wasm` cannot be inspected
      caused by: it is a core WebAssembly module, not a component; build for wasm32-wasip2
    ");
}

#[test]
fn nobody_has_to_read_to_the_end() {
    let (place, _) = with_component(wharf_fixtures::HELLO);
    let mut command = place.command("inspect x.wasm");
    let mut wharf = command.stdout(Stdio::piped()).spawn().unwrap();
    drop(wharf.stdout.take());
    assert!(wharf.wait().unwrap().success());
}
