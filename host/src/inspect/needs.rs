//! The words for what a plugin can use, and the flags that grant it.

use wharf_runtime::Need;

/// What it is called.
pub(crate) fn word(need: Need) -> &'static str {
    match need {
        Need::Files => "files",
        Need::Environment => "environment",
        Need::Network => "network",
        Need::Http => "http",
        Need::KeyValue => "key-value",
        Need::Config => "config",
    }
}

/// The flag that grants it, to plugins on the command line. None: only the
/// configuration file can.
pub(crate) fn flag(need: Need) -> Option<&'static str> {
    match need {
        Need::Files => Some("--dir HOST[::GUEST][:rw]"),
        Need::Environment => Some("--env NAME[=VALUE]"),
        Need::Http => Some("--http HOST"),
        Need::KeyValue => Some("--store[=SCOPE]"),
        Need::Config => Some("--config-value NAME[=VALUE]"),
        Need::Network => None,
    }
}

/// The key that grants it, in the configuration file.
pub(crate) fn key(need: Need) -> &'static str {
    match need {
        Need::Files => "files = [{ host = \"…\", guest = \"…\" }]",
        Need::Environment => "env = { NAME = \"…\" }",
        Need::Http => "http = { allow = [\"https://…\"] }",
        Need::KeyValue => "store = true",
        Need::Config => "config = { NAME = \"…\" }",
        Need::Network => "sockets = { tcp = [\"ADDRESS:PORT\"] }",
    }
}
