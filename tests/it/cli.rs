//! What the program says: help, and the answer to every mistake, with the exit
//! code that scripts see.
//!
//! Nothing here serves anything. Programs that wharf runs are stand-ins where the
//! real ones would need a network.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use insta::assert_snapshot;
use tempfile::TempDir;

/// A folder to run the program in, with an environment that is empty but for
/// what finds cargo.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with the folders it is in.
    fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A crate that needs nothing, `manifest` being the end of its Cargo.toml.
    fn package(&self, folder: &str, name: &str, manifest: &str) -> &Self {
        let package = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{manifest}\n");
        self.file(&format!("{folder}/Cargo.toml"), &package);
        self.file(&format!("{folder}/src/lib.rs"), "")
    }

    /// A shell script in `bin`.
    #[cfg(unix)]
    fn program(&self, name: &str, script: &str) -> &Self {
        use std::os::unix::fs::PermissionsExt;

        let name = format!("bin/{name}");
        self.file(&name, &format!("#!/bin/sh\n{script}\n"));
        let path = self.path().join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
        command
            .args(line.split_whitespace())
            .current_dir(self.path());
        command.env_clear().stdin(Stdio::null());
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
        ] {
            command.envs(env::var_os(name).map(|value| (name, value)));
        }
        command
    }

    /// Runs `wharf` with the words of `line`.
    fn wharf(&self, line: &str) -> String {
        self.speech(&self.command(line).output().unwrap())
    }

    /// The same where only the programs in `bin` are installed.
    #[cfg(unix)]
    fn wharf_with_bin(&self, line: &str) -> String {
        let mut command = self.command(line);
        command.env("PATH", self.path().join("bin"));
        self.speech(&command.output().unwrap())
    }

    /// What can be seen of a run, the same on every machine.
    fn speech(&self, output: &Output) -> String {
        let text = |bytes| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let mut speech = format!("exit {}", output.status.code().unwrap());
        for (name, text) in [("stdout", out), ("stderr", err)] {
            if !text.is_empty() {
                speech += &format!("\n--- {name}\n{text}");
            }
        }
        let real = self.path().canonicalize().unwrap();
        speech.replace(real.to_str().unwrap(), "[FOLDER]")
    }
}

#[test]
fn help() {
    assert_snapshot!(Place::new().wharf("--help"), @"");
}

#[test]
fn help_for_serve() {
    assert_snapshot!(Place::new().wharf("serve --help"), @"");
}

#[test]
fn short_help_for_serve() {
    assert_snapshot!(Place::new().wharf("serve -h"), @"");
}

#[test]
fn help_for_build() {
    assert_snapshot!(Place::new().wharf("build -h"), @"");
}

#[test]
fn help_for_inspect() {
    assert_snapshot!(Place::new().wharf("inspect -h"), @"");
}

#[test]
fn without_a_command_there_is_help_and_a_failure() {
    let speech = Place::new().wharf("");
    assert!(
        speech.starts_with("exit 2\n--- stderr\nServe Model Context Protocol"),
        "{speech}"
    );
}

#[test]
fn a_flag_that_does_not_exist() {
    assert_snapshot!(Place::new().wharf("serve --dirs x"), @"");
}

#[test]
fn no_plugin() {
    assert_snapshot!(Place::new().wharf("serve"), @"");
}

#[test]
fn a_plugin_that_does_not_exist() {
    assert_snapshot!(Place::new().wharf("serve no.wasm"), @"");
}

#[test]
fn an_address_without_a_port() {
    let place = Place::new();
    place.file("x.wasm", "");
    assert_snapshot!(place.wharf("serve x.wasm --listen 127.0.0.1"), @"");
}

#[test]
fn an_address_that_others_can_reach() {
    let place = Place::new();
    place.file("x.wasm", "");
    assert_snapshot!(place.wharf("serve x.wasm --listen 0.0.0.0:8080"), @"");
}

#[test]
fn hosts_and_origins_in_the_wrong_form() {
    let place = Place::new();
    place.file("x.wasm", "");
    assert_snapshot!(place.wharf("serve x.wasm --allow-host http://example.com"), @"");
    assert_snapshot!(place.wharf("serve x.wasm --allow-origin example.com"), @"");
}

#[test]
fn a_folder_separated_as_elsewhere() {
    let place = Place::new();
    place.file("x.wasm", "").file("notes/a", "");
    assert_snapshot!(place.wharf("serve x.wasm --dir notes:/notes"), @"");
}

#[test]
fn a_folder_that_would_not_be_read_only() {
    let place = Place::new();
    place.file("x.wasm", "").file("notes/old/a", "");
    assert_snapshot!(place.wharf("serve x.wasm --dir notes:rw --dir notes/old"), @"");
}

#[test]
fn a_variable_that_is_not_set() {
    let place = Place::new();
    place.file("x.wasm", "");
    assert_snapshot!(place.wharf("serve x.wasm --env WEATHER_KEY"), @"");
}

#[test]
fn a_time_without_a_unit() {
    let place = Place::new();
    place.file("x.wasm", "");
    assert_snapshot!(place.wharf("serve x.wasm --timeout 30"), @"");
}

#[test]
fn a_size_in_a_unit_of_two_meanings() {
    let place = Place::new();
    place.file("x.wasm", "");
    assert_snapshot!(place.wharf("serve x.wasm --memory 64MB"), @"");
}

#[test]
fn a_log_filter_that_is_none() {
    let place = Place::new();
    place.file("x.wasm", "");
    let output = place
        .command("serve x.wasm")
        .env("WHARF_LOG", "wharf=loud")
        .output();
    assert_snapshot!(place.speech(&output.unwrap()), @"");
}

#[test]
fn building_a_component() {
    let place = Place::new();
    place.file("x.wasm", "");
    assert_snapshot!(place.wharf("build x.wasm"), @"");
}

#[test]
fn a_folder_that_is_not_a_crate() {
    let place = Place::new();
    place.file("notes/a", "");
    assert_snapshot!(place.wharf("serve notes"), @"");
}

#[test]
fn a_crate_that_is_not_a_plugin() {
    let place = Place::new();
    place.package("tool", "tool", "[workspace]");
    assert_snapshot!(place.wharf("build tool"), @"");
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
    assert_snapshot!(place.wharf("build all"), @"");
}

#[test]
fn a_manifest_that_is_not_one() {
    let place = Place::new();
    place.file("tool/Cargo.toml", "[package");
    assert_snapshot!(place.wharf("build tool"), @"");
}

#[test]
fn a_crate_that_does_not_compile() {
    let place = Place::new();
    place
        .package(
            "tool",
            "tool",
            "[lib]\ncrate-type = [\"cdylib\"]\n[workspace]",
        )
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
    place.package(
        "tool",
        "my-tool",
        "[lib]\ncrate-type = [\"cdylib\"]\n[workspace]",
    );
    assert_snapshot!(place.wharf("-q build tool"), @"");
    assert_snapshot!(place.wharf("-q build tool --out dist"), @"");
    let component = fs::read(place.path().join("dist/my-tool.wasm")).unwrap();
    assert_eq!(component.get(..4), Some(&b"\0asm"[..]));
}

#[test]
fn two_crates_that_would_be_one_file() {
    let place = Place::new();
    place
        .package("a", "tool", "[lib]\ncrate-type = [\"cdylib\"]\n[workspace]")
        .package("b", "tool", "[lib]\ncrate-type = [\"cdylib\"]\n[workspace]");
    assert_snapshot!(place.wharf("-q build a b --out dist"), @"");
}

#[test]
#[cfg(unix)]
fn without_rust() {
    let place = Place::new();
    place.package("tool", "tool", "[workspace]");
    assert_snapshot!(place.wharf_with_bin("build tool"), @"");
}

#[test]
#[cfg(unix)]
fn a_toolchain_that_is_too_old() {
    let place = Place::new();
    place
        .package("tool", "tool", "[workspace]")
        .program("rustc", "exit 1");
    assert_snapshot!(place.wharf_with_bin("build tool"), @"");
}

/// A crate, and a toolchain that has everything but the target.
#[cfg(unix)]
fn without_target() -> Place {
    let place = Place::new();
    place
        .package("tool", "tool", "[workspace]")
        .program("rustc", "echo /nowhere")
        .program(
            "cargo",
            &cargo_metadata(&place.path().canonicalize().unwrap()),
        );
    place
}

/// A cargo that knows of one package and fails to build it.
#[cfg(unix)]
fn cargo_metadata(root: &Path) -> String {
    let root = root.display();
    format!(
        r#"[ "$1" = metadata ] || exit 1
echo '{{ "workspace_root": "{root}/tool", "packages": [{{ "name": "tool", "id": "tool",
  "manifest_path": "{root}/tool/Cargo.toml", "targets": [{{ "kind": ["cdylib"] }}] }}] }}'"#
    )
}

#[test]
#[cfg(unix)]
fn the_target_is_missing_and_there_is_no_rustup() {
    assert_snapshot!(without_target().wharf_with_bin("build tool"), @"");
}

#[test]
#[cfg(unix)]
fn the_target_is_missing_and_cannot_be_added() {
    let place = without_target();
    place.program("rustup", "echo 'error: no network' >&2; exit 1");
    assert_snapshot!(place.wharf_with_bin("build tool"), @"");
}

#[test]
#[cfg(unix)]
fn the_target_is_missing_and_is_added() {
    let place = without_target();
    place.program(
        "rustup",
        r#"echo "rustup $* in ${PWD##*/}" >&2; echo 'never on stdout'"#,
    );
    assert_snapshot!(place.wharf_with_bin("build tool"), @"");
}

/// A place with a fixture, and how to make what is said of its size the same
/// for ever.
fn with_component(path: &str) -> (Place, impl Fn(String) -> String) {
    let place = Place::new();
    let size = fs::copy(path, place.path().join("x.wasm")).unwrap();
    let size_for_people = format!("{}.{} KiB", size / 1024, size % 1024 * 10 / 1024);
    let normal = move |speech: String| {
        let speech = speech.replace(&format!("\"size\": {size},"), "\"size\": [SIZE],");
        speech.replace(&size_for_people, "[SIZE]")
    };
    (place, normal)
}

#[test]
fn inspecting_a_plugin() {
    let (place, normal) = with_component(wharf_fixtures::HELLO);
    assert_snapshot!(normal(place.wharf("inspect x.wasm")), @"");
}

#[test]
fn inspecting_a_plugin_for_programs() {
    let (place, normal) = with_component(wharf_fixtures::HELLO);
    assert_snapshot!(normal(place.wharf("inspect x.wasm --json")), @"");
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
        r#"["completions","prompts","resources","tools"]"#
    );
    assert_eq!(of("resource_templates"), r#"["item:///{id}"]"#);
    assert_eq!(of("prompts"), r#"["plain","review","media","personal"]"#);
}

#[test]
fn inspecting_a_component_that_is_not_a_plugin() {
    let (place, normal) = with_component(wharf_fixtures::EMPTY);
    assert_snapshot!(normal(place.wharf("inspect x.wasm")), @"");
}

#[test]
fn inspecting_what_is_not_a_component() {
    let place = Place::new();
    place
        .file("text.wasm", "(component)")
        .file("module.wasm", "\0asm\u{1}\0\0\0");
    assert_snapshot!(place.wharf("inspect text.wasm"), @"");
    assert_snapshot!(place.wharf("inspect module.wasm"), @"");
}

#[test]
fn nobody_has_to_read_to_the_end() {
    let (place, _) = with_component(wharf_fixtures::HELLO);
    let mut command = place.command("inspect x.wasm");
    let mut wharf = command.stdout(Stdio::piped()).spawn().unwrap();
    drop(wharf.stdout.take());
    assert!(wharf.wait().unwrap().success());
}
