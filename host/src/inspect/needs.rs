//! The words for what a plugin can use, and the flags that grant it.

use wharf_runtime::Need;

/// What it is called.
pub(super) fn word(need: Need) -> &'static str {
    match need {
        Need::Files => "files",
        Need::Environment => "environment",
        Need::Network => "network",
        Need::Http => "http",
        Need::KeyValue => "key-value",
        Need::Config => "config",
    }
}

/// How it is granted. None: it is not.
pub(super) fn flag(need: Need) -> Option<&'static str> {
    match need {
        Need::Files => Some("--dir HOST[::GUEST][:rw]"),
        Need::Environment => Some("--env NAME[=VALUE]"),
        Need::Network | Need::Http | Need::KeyValue | Need::Config => None,
    }
}
