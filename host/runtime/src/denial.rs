//! Telling the operator what a plugin was refused, and what would allow it.
//!
//! A guest only sees an error code of its system interface. The operator should
//! not have to guess: the host says what was wanted, once for each plugin and
//! kind, because a guest can ask in a loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::console::harmless;

/// What has been said about one plugin.
#[derive(Debug)]
pub(crate) struct Denials {
    plugin: Arc<str>,
    files: AtomicBool,
    env: AtomicBool,
    network: AtomicBool,
    store: AtomicBool,
    session: AtomicBool,
    config: AtomicBool,
}

impl Denials {
    pub(crate) fn new(plugin: &Arc<str>) -> Arc<Self> {
        Arc::new(Self {
            plugin: Arc::clone(plugin),
            files: AtomicBool::new(false),
            env: AtomicBool::new(false),
            network: AtomicBool::new(false),
            store: AtomicBool::new(false),
            session: AtomicBool::new(false),
            config: AtomicBool::new(false),
        })
    }

    /// It looked for folders, and none are granted.
    pub(crate) fn files(&self) {
        if first(&self.files) {
            tracing::warn!(
                plugin = %self.plugin,
                capability = "files",
                "the plugin wants to use files, but no folder is granted; \
                 `--dir HOST::GUEST` would grant one"
            );
        }
    }

    /// It looked for environment variables, and none are granted. Language
    /// runtimes do that by themselves, so this is not worth a warning.
    pub(crate) fn env(&self) {
        if first(&self.env) {
            tracing::debug!(
                plugin = %self.plugin,
                capability = "environment",
                "the plugin looked at the environment, but no variable is granted; \
                 `--env NAME` would grant one"
            );
        }
    }

    /// It opened a store, and none is granted.
    pub(crate) fn store(&self) {
        if first(&self.store) {
            tracing::warn!(
                plugin = %self.plugin,
                capability = "store",
                "the plugin wants to keep something, but no store is granted; \
                 `--store` would grant one"
            );
        }
    }

    /// It opened a store in a call that belongs to no session.
    pub(crate) fn no_session(&self) {
        if first(&self.session) {
            tracing::warn!(
                plugin = %self.plugin,
                capability = "store",
                "the plugin wants to keep something for a session, but this client has none; \
                 `--store=principal` would keep it for whoever calls"
            );
        }
    }

    /// It looked for its configuration, and none is granted. As with variables, that
    /// is often no more than a look.
    pub(crate) fn config(&self) {
        if first(&self.config) {
            tracing::debug!(
                plugin = %self.plugin,
                capability = "config",
                "the plugin looked at its configuration, but no value is granted"
            );
        }
    }

    /// It asked for something of the network.
    pub(crate) fn network(&self, what: &str) {
        if first(&self.network) {
            let what = harmless(what);
            tracing::warn!(
                plugin = %self.plugin,
                capability = "network",
                %what,
                "the plugin wants to use the network, which is never granted"
            );
        }
    }
}

fn first(said: &AtomicBool) -> bool {
    !said.swap(true, Ordering::Relaxed)
}
