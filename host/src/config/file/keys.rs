//! The keys of a configuration file, table by table.

/// At the top.
pub(super) const TOP: &[&str] = &[
    "listen",
    "stdio",
    "allow-public",
    "allow-hosts",
    "allow-origins",
    "data-dir",
    "cache-dir",
    "watch",
    "limits",
    "plugins",
];

/// Limits that plugins have each for themselves.
pub(super) const LIMITS: &[&str] = &[
    "memory",
    "timeout",
    "task-timeout",
    "cpu",
    "task-cpu",
    "output",
    "concurrency",
    "queue",
    "queue-wait",
    "rate",
    "handles",
    "table-elements",
    "core-instances",
    "messages",
    "message-bytes",
    "changes",
    "console",
];

/// Limits of all plugins together, in `[limits]` only.
pub(super) const SHARED_LIMITS: &[&str] = &["total-concurrency", "stack"];

/// Of a plugin.
pub(super) const PLUGIN: &[&str] = &[
    "source",
    "prefix",
    "instances",
    "functions",
    "files",
    "env",
    "config",
    "http",
    "sockets",
    "store",
    "clock",
    "random",
    "limits",
];

/// How long an instance lives.
pub(super) const INSTANCES: &[&str] = &["per", "max", "idle", "uses"];

/// A folder.
pub(super) const FILES: &[&str] = &["host", "guest", "mode"];

/// A value that is not written as a text alone.
pub(super) const VALUE: &[&str] = &["value", "env", "file", "secret"];

/// Outgoing HTTP.
pub(super) const HTTP: &[&str] = &[
    "allow",
    "methods",
    "addresses",
    "connections",
    "timeout",
    "request-body",
    "response-body",
];

/// Sockets.
pub(super) const SOCKETS: &[&str] = &["tcp", "udp"];

/// A key-value store.
pub(super) const STORE: &[&str] = &["scope", "quota"];

/// Every table with its keys.
pub(super) const ALL: &[(&str, &[&str])] = &[
    ("the top", TOP),
    ("limits", LIMITS),
    ("limits", SHARED_LIMITS),
    ("plugins.NAME", PLUGIN),
    ("plugins.NAME.instances", INSTANCES),
    ("plugins.NAME.files", FILES),
    ("plugins.NAME.env", VALUE),
    ("plugins.NAME.http", HTTP),
    ("plugins.NAME.sockets", SOCKETS),
    ("plugins.NAME.store", STORE),
];
