//! Key-value state: whose it is, and how much.

/// A key-value store for a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreGrant {
    /// Who shares what is in it.
    pub scope: StoreScope,
    /// Bytes of keys and values that one scope may hold: one plugin, one principal,
    /// or one session. 16 MiB.
    pub quota: u64,
}

/// Who shares what a plugin keeps. Two plugins never do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StoreScope {
    /// All callers of the plugin.
    Plugin,
    /// Each principal has their own. Callers without an identity share one.
    #[default]
    Principal,
    /// Each session has its own, which ends with it. Calls outside of a session are
    /// refused.
    Session,
}

impl Default for StoreGrant {
    fn default() -> Self {
        Self {
            scope: StoreScope::default(),
            quota: 16 << 20,
        }
    }
}
