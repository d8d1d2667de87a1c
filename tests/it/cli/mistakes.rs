//! What it says to command lines that make no sense, before doing anything.

use insta::assert_snapshot;

use super::Place;

/// The answer to `wharf serve` with a file that exists and more words.
fn serve(words: &str) -> String {
    let place = Place::new();
    place.file("x.wasm", "").file("notes/old/a", "");
    place.wharf(&format!("serve x.wasm {words}"))
}

#[test]
fn a_flag_that_does_not_exist() {
    assert_snapshot!(Place::new().wharf("serve --dirs x"), @"
    exit 2
    --- stderr
    error: unexpected argument '--dirs' found

      tip: a similar argument exists: '--dir'

    Usage: wharf serve --dir <HOST::GUEST> [PATH]...

    For more information, try '--help'.
    ");
}

#[test]
fn no_plugin() {
    assert_snapshot!(Place::new().wharf("serve"), @r#"
    exit 2
    --- stderr
    error: there is no plugin to serve

    hint: name a `.wasm` component or the folder of a plugin crate: `wharf serve plugins/hello`; or write a `wharf.toml` with `[plugins.hello]` and `source = "plugins/hello"` in it
    "#);
}

#[test]
fn a_plugin_that_does_not_exist() {
    assert_snapshot!(Place::new().wharf("serve no.wasm"), @"
    exit 2
    --- stderr
    error: the plugin `no.wasm` does not exist

    hint: a plugin is a `.wasm` component or the folder of a plugin crate
    ");
}

#[test]
fn a_name_instead_of_an_address() {
    assert_snapshot!(serve("--listen example.com:8080"), @"
    exit 2
    --- stderr
    error: `--listen example.com:8080`: this is not an IP address and a port

    hint: write it like `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `8080`
    ");
}

#[test]
fn an_address_without_a_port() {
    assert_snapshot!(serve("--listen 127.0.0.1"), @"
    exit 2
    --- stderr
    error: `--listen 127.0.0.1`: the port is missing

    hint: add one, such as `:8080`; `:0` takes any that is free
    ");
}

#[test]
fn an_address_that_others_can_reach() {
    assert_snapshot!(serve("--listen 0.0.0.0:8080"), @"
    exit 2
    --- stderr
    error: `0.0.0.0:8080` can be reached from other machines, and there is no authentication yet

    hint: listen on 127.0.0.1, or add `--allow-public` if everybody who can reach this address may call every tool
    ");
}

#[test]
fn a_url_instead_of_a_host_name() {
    assert_snapshot!(serve("--allow-host http://example.com"), @"
    exit 2
    --- stderr
    error: `--allow-host http://example.com` is not a host name

    hint: give the name alone, without scheme or port: `tools.example.com`
    ");
}

#[test]
fn a_host_name_instead_of_an_origin() {
    assert_snapshot!(serve("--allow-origin example.com"), @"
    exit 2
    --- stderr
    error: `--allow-origin example.com` is not an origin

    hint: give scheme and name, without a path: `https://app.example.com`
    ");
}

#[test]
fn a_folder_that_does_not_exist() {
    assert_snapshot!(serve("--dir no::/no"), @"
    exit 2
    --- stderr
    error: `--dir no::/no`: the folder `no` does not exist
    ");
}

#[test]
fn a_folder_separated_as_elsewhere() {
    assert_snapshot!(serve("--dir notes:/notes"), @"
    exit 2
    --- stderr
    error: `--dir notes:/notes`: the folder `notes:/notes` does not exist

    hint: separate HOST and GUEST by two colons: `--dir notes::/notes`
    ");
}

#[test]
fn a_folder_under_a_relative_path() {
    assert_snapshot!(serve("--dir notes::notes"), @"
    exit 2
    --- stderr
    error: `--dir notes::notes`: the path inside plugins, `notes`, is not absolute

    hint: begin it with `/`: `/notes`
    ");
}

#[test]
fn a_mode_that_does_not_exist() {
    assert_snapshot!(serve("--dir notes::/notes:rx"), @"
    exit 2
    --- stderr
    error: `--dir notes::/notes:rx`: there is no mode `rx`

    hint: use `:ro` to allow reading, or `:rw` to allow changes too
    ");
}

#[test]
fn two_folders_under_one_path() {
    assert_snapshot!(serve("--dir notes::/a --dir notes/old::/a"), @"
    exit 2
    --- stderr
    error: two folders are granted as `/a`

    hint: choose another path for one of them
    ");
}

#[test]
fn a_folder_that_would_not_be_read_only() {
    assert_snapshot!(serve("--dir notes:rw --dir notes/old"), @"
    exit 2
    --- stderr
    error: `[FOLDER]/notes/old` is granted read-only, but lies in `[FOLDER]/notes`, which plugins may change

    hint: move it out of that folder, grant that folder read-only, or grant fewer folders of it
    ");
}

#[test]
fn a_variable_that_is_not_set() {
    assert_snapshot!(serve("--env WEATHER_KEY"), @"
    exit 2
    --- stderr
    error: `--env WEATHER_KEY`: `WEATHER_KEY` is not set

    hint: set it where wharf is started, or give a value: `--env WEATHER_KEY=VALUE`
    ");
}

#[test]
fn a_time_without_a_unit() {
    assert_snapshot!(serve("--timeout 30"), @"
    exit 2
    --- stderr
    error: `--timeout 30`: the unit is missing

    hint: write a whole number and `ms`, `s`, `m` or `h`, such as `30s`
    ");
}

#[test]
fn a_size_in_a_unit_of_two_meanings() {
    assert_snapshot!(serve("--memory 64MB"), @"
    exit 2
    --- stderr
    error: `--memory 64MB`: `MB` is not a unit

    hint: write a whole number and `KiB`, `MiB` or `GiB`, such as `64MiB`
    ");
}

#[test]
fn two_wishes_about_the_cache() {
    assert_snapshot!(serve("--no-cache --cache-dir x"), @"
    exit 2
    --- stderr
    error: the argument '--no-cache' cannot be used with '--cache-dir <DIR>'

    Usage: wharf serve --no-cache <PATH>...

    For more information, try '--help'.
    ");
}

#[test]
fn a_log_filter_that_is_none() {
    let place = Place::new();
    place.file("x.wasm", "");
    let mut command = place.command("serve x.wasm");
    let output = command.env("WHARF_LOG", "wharf=loud").output();
    assert_snapshot!(place.speech(&output.unwrap()), @r#"
    exit 2
    --- stderr
    error: `WHARF_LOG=wharf=loud` is not a log filter
      caused by: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5

    hint: write it like `warn`, or like `warn,wharf=debug,plugin=off`
    "#);
}

#[test]
fn building_a_component() {
    let place = Place::new();
    place.file("x.wasm", "");
    assert_snapshot!(place.wharf("build x.wasm"), @"
    exit 2
    --- stderr
    error: `x.wasm` is a file, not the folder of a plugin crate

    hint: `wharf serve` and `wharf inspect` take components as they are
    ");
}
