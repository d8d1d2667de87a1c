//! What command lines mean. Run in the folder of the package, where `.` is the
//! folder of a crate and `Cargo.toml` a file.

use std::time::Duration;

use clap::{CommandFactory, Parser};
use wharf_runtime::{Limits, PluginOptions, StoreScope, Value};

use super::{
    BuildConfig, Colour, Config, ConfigError, DataDir, Environment, Listen, Origin, PluginPath,
    ServeConfig, Task, from_cli, units,
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

fn sources(config: &ServeConfig) -> Vec<PluginPath> {
    let plugins = config.plugins.iter();
    plugins.map(|plugin| plugin.source.clone()).collect()
}

fn http(address: &str) -> Listen {
    Listen::Http(address.parse().unwrap())
}

#[test]
fn a_plugin_is_enough() {
    let config = serve(".", &[]);
    assert_eq!(sources(&config), [PluginPath::Crate(".".into())]);
    assert_eq!(config.listen, [http("127.0.0.1:8080")]);
    assert!(!config.stdio);
    assert_eq!(config.plugins[0].options, PluginOptions::default());
    assert_eq!(config.data, DataDir::Memory);
    assert_eq!(config.file, None);
    assert!(config.watch);
}

#[test]
fn the_help_text_shows_the_defaults() {
    let command = Cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    let shown = |flag: &str| {
        let mut arguments = serve.get_arguments();
        let argument = arguments.find(|it| it.get_long() == Some(flag)).unwrap();
        let help = argument.get_help().unwrap().to_string();
        let (_, default) = help.split_once("[default: ").unwrap();
        default.trim_end_matches(']').to_owned()
    };
    let limits = Limits::default();
    assert_eq!(units::time(&shown("timeout")).unwrap(), limits.deadline);
    assert_eq!(
        units::time(&shown("task-timeout")).unwrap(),
        limits.task_deadline
    );
    assert_eq!(units::size(&shown("memory")).unwrap(), limits.memory);
}

#[test]
fn limits_are_for_all_plugins_of_the_command_line() {
    let config = serve("--timeout 5s --memory 1MiB . src/lib.rs", &[]);
    for plugin in &config.plugins {
        let limits = &plugin.options.limits;
        assert_eq!(limits.deadline, Duration::from_secs(5));
        assert_eq!(limits.memory, 1 << 20);
        assert_eq!(limits.task_deadline, Limits::default().task_deadline);
    }
}

#[test]
fn data_is_where_data_is() {
    let home = ("HOME", "/home/me");
    let folder = |path: &str| DataDir::Folder(path.into());
    for (line, variables, expected) in [
        (".", &[home][..], folder("/home/me/.local/share/wharf")),
        (
            ".",
            &[home, ("XDG_DATA_HOME", "/data")],
            folder("/data/wharf"),
        ),
        ("--data-dir x .", &[home], folder("x")),
        ("--data-dir memory .", &[home], DataDir::Memory),
        (".", &[], DataDir::Memory),
        ("--store=session .", &[], DataDir::Memory),
    ] {
        assert_eq!(serve(line, variables).data, expected, "{line}");
    }
    for line in ["serve --store .", "serve --store=plugin ."] {
        let refused = config(line, &[]).unwrap_err();
        assert!(matches!(refused, ConfigError::NoDataDir), "{line}");
    }
}

/// Flags for grants reach the grants.
#[test]
fn grants_are_for_all_plugins_of_the_command_line() {
    let line = "--http https://a.example --http b.example:8443 --store=plugin --functions \
                --config-value a=1 --config-value KEY . src/lib.rs";
    let config = serve(line, &[("KEY", "sesame"), ("HOME", "/home/me")]);
    for plugin in &config.plugins {
        let PluginOptions {
            grants, functions, ..
        } = &plugin.options;
        let http = grants.http.as_ref().unwrap();
        let allowed: Vec<String> = http.allow.iter().map(ToString::to_string).collect();
        assert_eq!(allowed, ["https://a.example", "https://b.example:8443"]);
        assert_eq!(grants.store.unwrap().scope, StoreScope::Plugin);
        assert!(functions);
        assert_eq!(
            grants.config,
            [
                ("a".to_owned(), Value::plain("1")),
                ("KEY".to_owned(), Value::secret("sesame"))
            ]
        );
        let from = Origin::Variable("KEY".to_owned());
        assert_eq!(plugin.origins.config, [Origin::Written, from]);
    }
    assert!(!format!("{config:?}").contains("sesame"));
}

/// What would let a plugin grant itself more, or run code outside.
#[test]
fn no_plugin_may_change_what_decides_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for name in ["cache", "data", "work"] {
        std::fs::create_dir(root.join(name)).unwrap();
    }
    let at = |line: &str| line.replace('$', root.to_str().unwrap());
    let places = "--cache-dir $/cache --data-dir $/data";
    for (dir, refused) in [
        ("$/work::/w:rw", None),
        ("$::/w", Some("read the data of others")),
        ("$/data::/w", Some("read the data of others")),
        ("$/cache::/w", None),
        ("$/cache::/w:rw", Some("change compiled code")),
        ("src::/w", None),
        ("src::/w:rw", Some("change a plugin")),
    ] {
        let line = at(&format!("serve {places} --dir {dir} src/lib.rs"));
        match (config(&line, &[]), refused) {
            (Ok(_), None) => {}
            (Err(ConfigError::Guarded { harm, .. }), Some(expected)) => {
                assert_eq!(harm, expected, "{dir}");
            }
            other => panic!("{dir}: {other:?}"),
        }
    }
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
        sources(&serve("Cargo.toml", &[])),
        [PluginPath::Crate(".".into())]
    );
    assert_eq!(
        sources(&serve("src/lib.rs", &[])),
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
