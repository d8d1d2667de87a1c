//! Noticing that the configuration or a component has changed on disk.
//!
//! Files are looked at once a second: what they are (device and number), how large, and
//! when they were last changed. A change counts when two looks in a row see the same, so
//! that a file that is being written is not loaded before it is whole. The source trees
//! of plugin crates are not watched; SIGHUP compiles those.

use std::collections::BTreeMap;
use std::fs::metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::config::{Origin, PluginPath, ServeConfig};

/// How often files are looked at. A look costs microseconds for each file, and somebody
/// who has just saved one hardly notices two of them.
const PERIOD: Duration = Duration::from_secs(1);

/// Looks at files again and again.
#[derive(Debug)]
pub(crate) struct Watch {
    ticks: Interval,
    /// What was there when it was last read.
    taken: Looks,
    /// What was there at the last look.
    seen: Looks,
}

/// What is there at each path; nothing if there is no file.
type Looks = BTreeMap<PathBuf, Option<Look>>;

/// A file from outside. Seconds and nanoseconds of both times: the second also changes
/// when a file is put in place with an old date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Watch {
    /// Watches what this configuration was read from. Blocks on the file system.
    pub(crate) fn new(config: &ServeConfig) -> Self {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let taken = look(paths(config));
        Self {
            ticks,
            seen: taken.clone(),
            taken,
        }
    }

    /// Completes at the next look, and says whether something has changed and stays as it
    /// is. Nothing is lost if the future is dropped.
    pub(crate) async fn next(&mut self) -> bool {
        self.ticks.tick().await;
        let paths: Vec<PathBuf> = self.taken.keys().cloned().collect();
        let looked = spawn_blocking(move || look(paths.into_iter())).await;
        // Looking does not panic; if it did, nothing would have been seen.
        let now = looked.unwrap_or_else(|_panic| self.seen.clone());
        let settled = now == self.seen;
        self.seen = now;
        if !settled || self.seen == self.taken {
            return false;
        }
        self.taken.clone_from(&self.seen);
        true
    }

    /// Watches what another configuration was read from. What was watched before stays as
    /// it was last read. Blocks on the file system.
    pub(crate) fn follow(&mut self, config: &ServeConfig) {
        let known = std::mem::take(&mut self.taken);
        self.taken = look(paths(config));
        for (path, look) in &mut self.taken {
            if let Some(known) = known.get(path) {
                *look = *known;
            }
        }
        self.seen.clone_from(&self.taken);
    }
}

/// Everything that is read when a configuration is: the file, the values that stand in
/// files of their own, the components.
fn paths(config: &ServeConfig) -> impl Iterator<Item = PathBuf> {
    let plugins = config.plugins.iter().flat_map(|plugin| {
        let component = match &plugin.source {
            PluginPath::File(path) => Some(path.clone()),
            PluginPath::Crate(_) => None,
        };
        let origins = plugin.origins.env.iter().chain(&plugin.origins.config);
        let values = origins.filter_map(|origin| match origin {
            Origin::File(path) => Some(path.clone()),
            Origin::Written | Origin::Variable(_) => None,
        });
        component.into_iter().chain(values)
    });
    config.file.clone().into_iter().chain(plugins)
}

fn look(paths: impl Iterator<Item = PathBuf>) -> Looks {
    let looks = paths.map(|path| {
        let found = metadata(&path).ok().map(|found| Look {
            file: (found.dev(), found.ino()),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        });
        (path, found)
    });
    looks.collect()
}
