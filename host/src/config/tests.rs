//! What command lines mean. Run in the folder of the package, where `.` is the
//! folder of a crate and `Cargo.toml` a file.

use clap::Parser;
use wharf_runtime::Limits;

use super::{
    BuildConfig, Colour, Config, ConfigError, Environment, Listen, PluginPath, ServeConfig, Task,
    from_cli,
};
use crate::cli::Cli;

fn config(line: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = variables.iter().copied().collect();
    let words = std::iter::once("wharf").chain(line.split_whitespace());
    from_cli(Cli::try_parse_from(words).unwrap(), &environment)
}

fn serve(line: &str, variables: &[(&str, &str)]) -> ServeConfig {
    let Task::Serve(config) = config(&format!("serve {line}"), variables).unwrap().task else {
        panic!("not serving");
    };
    *config
}

#[test]
fn keys_for_state_are_read_and_never_shown() {
    let one = "0f".repeat(32);
    let both = format!("{one}, {}", "A0".repeat(32));
    for keys in [&one, &both] {
        let config = serve("Cargo.toml", &[("WHARF_STATE_KEYS", keys)]);
        assert!(config.state_keys.is_some());
        assert!(!format!("{config:?}").to_lowercase().contains("0f0f"));
    }
    for keys in [
        "0f",
        &"x".repeat(64),
        &format!("{one},"),
        &format!("{one} {one}"),
    ] {
        let error = config("serve Cargo.toml", &[("WHARF_STATE_KEYS", keys)]).unwrap_err();
        assert_eq!(error.to_string(), "`WHARF_STATE_KEYS` does not hold keys");
    }
    assert_eq!(serve("Cargo.toml", &[]).state_keys, None);
}

fn http(address: &str) -> Listen {
    Listen::Http(address.parse().unwrap())
}

#[test]
fn a_plugin_is_enough() {
    let config = serve(".", &[]);
    assert_eq!(config.plugins, [PluginPath::Crate(".".into())]);
    assert_eq!(config.listen, [http("127.0.0.1:8080")]);
    assert!(!config.stdio);
    assert_eq!(config.grants, wharf_runtime::Grants::default());
    assert_eq!(
        config.limits,
        Limits::default(),
        "the help text shows other defaults"
    );
}

#[test]
fn standard_input_and_output_replace_http_unless_both_are_wanted() {
    assert_eq!(serve("--stdio .", &[]).listen, []);
    let both = serve("--stdio --listen :0 .", &[]);
    assert!(both.stdio);
    assert_eq!(both.listen, [http("127.0.0.1:0")]);
}

#[test]
fn public_addresses_have_to_be_wanted() {
    let refused = config("serve --listen 0.0.0.0:80 .", &[]).unwrap_err();
    assert!(matches!(refused, ConfigError::PublicAddress { .. }));
    let allowed = serve("--listen 0.0.0.0:80 --allow-public .", &[]);
    assert_eq!(allowed.listen, [http("0.0.0.0:80")]);
    let loopback = serve("--listen [::ffff:127.0.0.1]:80 .", &[]);
    assert_eq!(loopback.listen, [http("[::ffff:127.0.0.1]:80")]);
    let refused = config("serve --listen :1 --listen 0.0.0.0:80 .", &[]).unwrap_err();
    assert!(matches!(refused, ConfigError::PublicAddress { .. }));
}

#[test]
fn any_number_of_places_can_be_listened_on() {
    let config = serve("--listen :1 --listen unix:/a --listen http+unix:b .", &[]);
    assert_eq!(
        config.listen,
        [
            http("127.0.0.1:1"),
            Listen::Unix("/a".into()),
            Listen::HttpUnix("b".into()),
        ]
    );
}

#[test]
fn a_manifest_stands_for_its_folder() {
    assert_eq!(
        serve("Cargo.toml", &[]).plugins,
        [PluginPath::Crate(".".into())]
    );
    assert_eq!(
        serve("src/lib.rs", &[]).plugins,
        [PluginPath::File("src/lib.rs".into())]
    );
    let refused = config("build src/lib.rs", &[]).unwrap_err();
    assert!(matches!(refused, ConfigError::NotACrate { .. }));
}

#[test]
fn the_cache_is_where_caches_are() {
    let home = ("HOME", "/home/me");
    let dir = |line, variables: &[_]| {
        let dir = serve(line, variables).cache_dir?;
        Some(dir.to_str().unwrap().to_owned())
    };
    let at = |path: &str| Some(path.to_owned());
    assert_eq!(dir(".", &[home]), at("/home/me/.cache/wharf"));
    assert_eq!(
        dir(".", &[home, ("XDG_CACHE_HOME", "/cache")]),
        at("/cache/wharf")
    );
    assert_eq!(
        dir(".", &[home, ("XDG_CACHE_HOME", "cache")]),
        at("/home/me/.cache/wharf")
    );
    assert_eq!(dir(".", &[("HOME", "")]), None);
    assert_eq!(dir("--cache-dir x .", &[home]), at("x"));
    assert_eq!(dir("--no-cache .", &[home]), None);
}

#[test]
fn flags_choose_the_log_over_variables() {
    let variable = [("WHARF_LOG", "trace")];
    for (flags, variables, expected) in [
        ("", &[][..], "plugin=info,warn"),
        ("", &[("WHARF_LOG", "")], "plugin=info,warn"),
        ("", &variable, "trace"),
        ("-q", &variable, "error"),
        ("-v", &variable, "plugin=debug,wharf=info,warn"),
    ] {
        let log = config(&format!("{flags} inspect ."), variables)
            .unwrap()
            .log;
        assert_eq!(log.filter.to_string(), expected, "{flags}");
    }
    let refused = config("inspect .", &[("WHARF_LOG", "a=b=c")]).unwrap_err();
    assert!(matches!(refused, ConfigError::LogFilter { .. }));
}

#[test]
fn colour_is_left_out_on_request() {
    for (variables, expected) in [
        (&[][..], Colour::Auto),
        (&[("NO_COLOR", "")], Colour::Auto),
        (&[("NO_COLOR", "1")], Colour::Never),
        (&[("TERM", "dumb")], Colour::Never),
        (&[("TERM", "xterm")], Colour::Auto),
    ] {
        let environment: Environment = variables.iter().copied().collect();
        assert_eq!(environment.colour(), expected, "{variables:?}");
    }
}

#[test]
fn cargo_forgets_who_ran_us() {
    let forgotten = |variables: &[(&str, &str)]| {
        let Task::Build(BuildConfig { compile, .. }) = config("build .", variables).unwrap().task
        else {
            panic!("not a build");
        };
        compile.forget
    };
    let leaked = [
        ("CARGO_HOME", "kept"),
        ("CARGO_TARGET_DIR", "kept"),
        ("PATH", "kept"),
        ("CARGO_PKG_NAME", "wharf"),
        ("CARGO_MANIFEST_DIR", "/host"),
        ("RUSTFLAGS", "-C target-cpu=native"),
    ];
    assert_eq!(
        forgotten(&leaked),
        ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "RUSTFLAGS"]
    );

    let toolchain = ("RUSTUP_TOOLCHAIN", "nightly");
    let by_rustup = ("RUST_RECURSION_COUNT", "1");
    let by_person = ("RUSTUP_TOOLCHAIN_SOURCE", "env");
    assert_eq!(forgotten(&[toolchain, by_rustup]), ["RUSTUP_TOOLCHAIN"]);
    assert!(forgotten(&[toolchain]).is_empty());
    assert!(forgotten(&[toolchain, by_rustup, by_person]).is_empty());
}
