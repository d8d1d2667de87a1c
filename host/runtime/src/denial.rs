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
}

impl Denials {
    pub(crate) fn new(plugin: &Arc<str>) -> Arc<Self> {
        Arc::new(Self {
            plugin: Arc::clone(plugin),
            files: AtomicBool::new(false),
            env: AtomicBool::new(false),
            network: AtomicBool::new(false),
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
