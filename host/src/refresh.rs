//! Keeping the catalogue up to date: reading a plugin's lists again when it says that
//! they have changed, and everything when the configuration or a component has (see
//! [`crate::reload`]). One task does both, so that neither undoes the other.
//!
//! A plugin tells that a list has changed; the host asks it for its lists again,
//! builds a new catalogue, puts it in the place of the old one, and only then tells
//! clients. What cannot be read, or no longer goes together with the other plugins,
//! changes nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use wharf_mcp::model::{Change, List};

use crate::load::{Loaded, Loader, catalogue};
use crate::reload::Reloading;
use crate::router::Router;

/// How long to wait before reading again. Plugins that tell of change after change
/// are read now and then.
const PAUSE: Duration = Duration::from_millis(50);

/// What plugins have said, until it is dealt with. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    lists: Arc<Mutex<BTreeMap<String, Lists>>>,
    something: Arc<Notify>,
}

/// Which lists of a plugin have changed.
#[derive(Debug, Clone, Copy, Default)]
struct Lists {
    tools: bool,
    resources: bool,
    prompts: bool,
}

/// Keeps the catalogue as plugins say it is.
pub(crate) struct Refresher {
    pub(crate) plugins: Vec<Loaded>,
    pub(crate) router: Router,
    pub(crate) loader: Loader,
    pub(crate) reloading: Reloading,
}

impl Told {
    /// Notes that a list has changed. Does not wait.
    pub(crate) fn note(&self, plugin: &str, list: List) {
        let mut lists = self.lock();
        let noted = lists.entry(plugin.to_owned()).or_default();
        match list {
            List::Tools => noted.tools = true,
            List::Resources => noted.resources = true,
            List::Prompts => noted.prompts = true,
        }
        drop(lists);
        self.something.notify_one();
    }

    fn take(&self) -> BTreeMap<String, Lists> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Lists>> {
        // A panic while the lock is held leaves the table as it was.
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refresher {
    /// Refreshes for ever.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::select! {
                () = self.loader.told.something.notified() => self.read_lists().await,
                crates = self.reloading.due() => self.reload(crates).await,
            }
        }
    }

    async fn read_lists(&mut self) {
        for (name, lists) in self.loader.told.take() {
            if let Err(error) = self.refresh(&name).await {
                tracing::warn!(
                    plugin = name,
                    error = format!("{error:#}"),
                    "its lists have changed and cannot be read; the old ones stay"
                );
                continue;
            }
            for (changed, list) in [
                (lists.tools, List::Tools),
                (lists.resources, List::Resources),
                (lists.prompts, List::Prompts),
            ] {
                if changed {
                    self.loader.changes.publish(&Change::List(list));
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }

    async fn refresh(&mut self, name: &str) -> anyhow::Result<()> {
        let Some(place) = self.plugins.iter().position(|it| it.file.name == name) else {
            return Ok(());
        };
        let again = self.plugins[place].plugin.described_again().await?;
        let before = std::mem::replace(&mut self.plugins[place].plugin, again);
        match catalogue(&self.plugins) {
            Ok(catalogue) => {
                self.router.replace(catalogue);
                Ok(())
            }
            Err(error) => {
                self.plugins[place].plugin = before;
                Err(error.into())
            }
        }
    }
}
