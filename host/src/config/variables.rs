//! What the environment variables mean.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tracing_subscriber::filter::Targets;

use super::{Colour, ConfigError, Environment};
use crate::cli::Verbosity;
use wharf_mcp::StateKeys;

/// The log for somebody who only wants to use plugins: what is wrong, and what
/// the plugins themselves say. Targets are matched by how they begin, so `wharf`
/// stands for all our crates.
const LOG: &str = "warn,plugin=info";
const LOG_QUIET: &str = "error";
const LOG_VERBOSE: &str = "warn,wharf=info,plugin=debug";
const LOG_VERY_VERBOSE: &str = "info,wharf=debug,plugin=trace";
const LOG_EVERYTHING: &str = "trace";

/// What cargo sets for the programs it runs (`cargo run -- serve …`), what build
/// scripts see, and flags meant for the host. Cargo would take some of it for
/// itself: `-C target-cpu=native` does not suit WebAssembly, and each change of
/// flags compiles everything again. Flags for plugins have places of their own,
/// the crate's `.cargo/config.toml` and `CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS`.
const FORGOTTEN: &[&str] = &[
    "CARGO",
    "CARGO_BIN_NAME",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_CRATE_NAME",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_TMPDIR",
    "CLIPPY_ARGS",
    "OUT_DIR",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTFLAGS",
    // A plugin's build script has no business with our secrets.
    "WHARF_STATE_KEYS",
];

/// The same, by how names begin.
const FORGOTTEN_PREFIXES: &[&str] = &[
    "CARGO_BIN_EXE_",
    "CARGO_CFG_",
    "CARGO_FEATURE_",
    "CARGO_PKG_",
];

/// Which events are logged: what the flags say, else `WHARF_LOG`, else a default.
pub(super) fn log_filter(
    verbosity: Verbosity,
    environment: &Environment,
) -> Result<Targets, ConfigError> {
    let chosen = environment
        .get("WHARF_LOG")
        .filter(|filter| !filter.is_empty());
    let filter = match (verbosity.quiet, verbosity.verbose, chosen) {
        (true, _, _) => LOG_QUIET.into(),
        (false, 0, Some(filter)) => filter.to_string_lossy(),
        (false, 0, None) => LOG.into(),
        (false, 1, _) => LOG_VERBOSE.into(),
        (false, 2, _) => LOG_VERY_VERBOSE.into(),
        (false, _, _) => LOG_EVERYTHING.into(),
    };
    filter.parse().map_err(|source| ConfigError::LogFilter {
        value: filter.into_owned(),
        source,
    })
}

/// The keys in `WHARF_STATE_KEYS`: 64 hexadecimal digits each, with commas between
/// them. The first seals; the others open what was sealed before it came. None of
/// them is ever shown.
pub(super) fn state_keys(environment: &Environment) -> Result<Option<StateKeys>, ConfigError> {
    let Some(given) = environment
        .get("WHARF_STATE_KEYS")
        .filter(|it| !it.is_empty())
    else {
        return Ok(None);
    };
    let keys = given
        .to_str()
        .map(|keys| keys.split(',').map(state_key).collect());
    let keys: Option<Vec<[u8; 32]>> = keys.flatten();
    match keys.as_deref() {
        Some([first, others @ ..]) => Ok(Some(StateKeys::new(*first, others))),
        Some([]) | None => Err(ConfigError::StateKeys),
    }
}

fn state_key(digits: &str) -> Option<[u8; 32]> {
    let digits = digits.trim();
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; 32];
    for (byte, at) in key.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
    }
    Some(key)
}

pub(super) fn colour(environment: &Environment) -> Colour {
    let asked = environment
        .get("NO_COLOR")
        .is_some_and(|value| !value.is_empty());
    let dumb = environment.get("TERM").is_some_and(|term| term == "dumb");
    if asked || dumb {
        Colour::Never
    } else {
        Colour::Auto
    }
}

/// Where compiled code is kept.
pub(super) fn cache_dir(environment: &Environment) -> Option<PathBuf> {
    folder(environment, "XDG_CACHE_HOME", ".cache")
}

/// Where the data of plugins is kept.
pub(super) fn data_dir(environment: &Environment) -> Option<PathBuf> {
    folder(environment, "XDG_DATA_HOME", ".local/share")
}

/// Follows the XDG rules on every system; a path that is not absolute is ignored.
fn folder(environment: &Environment, variable: &str, in_home: &str) -> Option<PathBuf> {
    let absolute = |name| {
        environment
            .get(name)
            .map(Path::new)
            .filter(|path| path.is_absolute())
    };
    let at_home = || absolute("HOME").map(|home| home.join(in_home));
    let found = absolute(variable).map(Path::to_owned).or_else(at_home);
    found.map(|folder| folder.join("wharf"))
}

/// The variables that are kept from cargo.
pub(super) fn forgotten(environment: &Environment) -> Vec<OsString> {
    let keep_toolchain = !chosen_by_rustup(environment);
    let is_forgotten = |name: &str| {
        FORGOTTEN.contains(&name)
            || FORGOTTEN_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix))
            || (name == "RUSTUP_TOOLCHAIN" && !keep_toolchain)
    };
    let names = environment.names();
    names
        .filter(|name| name.to_str().is_some_and(is_forgotten))
        .map(Into::into)
        .collect()
}

/// Whether `RUSTUP_TOOLCHAIN` was set by rustup for a program it started. A plugin
/// crate may have a `rust-toolchain.toml`, and that counts for it; what a person
/// has set counts more.
fn chosen_by_rustup(environment: &Environment) -> bool {
    environment.get("RUST_RECURSION_COUNT").is_some()
        && environment
            .get("RUSTUP_TOOLCHAIN_SOURCE")
            .is_none_or(|source| source != "env")
}
