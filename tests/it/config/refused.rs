//! Configurations that cannot be served. What can be wrong with each key is tested
//! beside the code that reads it; here is what the program says and how it ends.

use wharf_fixtures::HELLO;

use super::Place;
use crate::support::refused_in;

/// What is said to this file and these arguments, and the exit code.
fn said(place: &Place, config: &str, arguments: &[&str]) -> (Option<i32>, String) {
    place.file("wharf.toml", config);
    refused_in(place.path(), arguments)
}

#[track_caller]
fn check(config: &str, arguments: &[&str], code: i32, expected: &str) {
    let place = Place::new();
    let (exit, text) = said(&place, config, arguments);
    let folder = place.path().to_str().unwrap();
    assert_eq!(text.replace(folder, "$"), expected);
    assert_eq!(exit, Some(code));
}

#[test]
fn a_mistake_in_the_file() {
    check(
        "[plugins.hello]\nsource = \"hello.wasm\"\n[plugins.hello.limits]\nmemory = \"64MB\"\n",
        &[],
        2,
        "error: wharf.toml:4: `plugins.hello.limits.memory`: `64MB`: `MB` is not a unit\n\n\
         hint: write a whole number and `KiB`, `MiB` or `GiB`, such as `64MiB`\n",
    );
}

#[test]
fn a_file_that_is_missing() {
    check(
        "",
        &["--config", "no.toml"],
        2,
        "error: the configuration `no.toml` cannot be read\n  caused by: No such file or \
         directory (os error 2)\n\nhint: a path on the command line starts from the working \
         folder\n",
    );
}

#[test]
fn a_file_without_plugins() {
    let (code, text) = said(&Place::new(), "stdio = true\n", &[]);
    let expected = "error: there is no plugin to serve\n\nhint: ";
    assert!(text.starts_with(expected), "{text}");
    assert_eq!(code, Some(2));
}

/// A flag that would give something to nobody.
#[test]
fn flags_for_nobody() {
    for (flags, flag) in [
        (&["--dir", "."][..], "--dir"),
        (&["--env", "A=1"], "--env"),
        (&["--config-value", "A=1"], "--config-value"),
        (&["--http", "a.example"], "--http"),
        (&["--store"], "--store"),
        (&["--functions"], "--functions"),
    ] {
        let config = "[plugins.hello]\nsource = \"hello.wasm\"\n";
        let expected = format!(
            "error: `{flag}` is for plugins on the command line, and there is none\n\nhint: \
             write what plugins of a configuration file get below them, in `[plugins.NAME]`\n"
        );
        check(config, flags, 2, &expected);
    }
}

/// TOL-6: neither wins silently, and the message says how both can be had.
#[test]
fn two_tools_of_one_name() {
    check(
        "[plugins.a]\nsource = \"hello.wasm\"\n[plugins.b]\nsource = \"hello.wasm\"\n",
        &["--stdio", "--config", "wharf.toml"],
        1,
        "error: the plugins cannot be served together\n  caused by: the plugins `a` and `b` both \
         have a tool called `greet`\n\nhint: set `prefix` for one of them, in `wharf.toml`: \
         `prefix = \"b_\"` below `[plugins.b]`\n",
    );
}

#[test]
fn two_plugins_of_one_name() {
    check(
        "[plugins.hello]\nsource = \"rogue.wasm\"\n",
        &["--stdio", "--config", "wharf.toml", "hello.wasm"],
        1,
        "error: two plugins are called `hello`: rogue.wasm and hello.wasm\n",
    );
}

/// Nobody has `HOME` here.
#[test]
fn a_store_without_a_place() {
    check(
        "[plugins.hello]\nsource = \"hello.wasm\"\nstore = true\n",
        &["--stdio"],
        2,
        "error: plugins are granted stores, and there is no folder to keep them in: `HOME` is \
         not set\n\nhint: name a folder with `data-dir` or `--data-dir`; \"memory\" keeps nothing\n",
    );
}

/// It could grant itself whatever it wants.
#[test]
fn a_plugin_that_may_change_the_configuration() {
    let place = Place::new();
    place.copy(HELLO, "elsewhere.wasm");
    let plugins = tempfile::tempdir().unwrap();
    let source = plugins.path().join("hello.wasm");
    std::fs::copy(HELLO, &source).unwrap();
    let config = format!(
        "[plugins.hello]\nsource = {source:?}\nfiles = [{{ host = \".\", guest = \"/\", mode = \
         \"rw\" }}]\n"
    );
    let (code, text) = said(&place, &config, &["--stdio"]);
    let folder = place.path().canonicalize().unwrap();
    let text = text.replace(folder.to_str().unwrap(), "$");
    let expected = "error: the plugin `hello` is granted `$`, and could change what is allowed \
                    in `$/wharf.toml`\n\nhint: grant a folder beside it or below it, or keep the \
                    other elsewhere\n";
    assert_eq!(text, expected);
    assert_eq!(code, Some(2));
}

/// A socket of the file that others can reach has to be wanted, as on the command line.
#[test]
fn a_public_address() {
    let config = "listen = [\"0.0.0.0:0\"]\n[plugins.hello]\nsource = \"hello.wasm\"\n";
    let (code, text) = said(&Place::new(), config, &[]);
    let expected = "error: `0.0.0.0:0` can be reached from other machines";
    assert!(text.starts_with(expected), "{text}");
    assert_eq!(code, Some(2));
}
