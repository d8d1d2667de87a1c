//! What lives as long as a client's session.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::keeper::Sessions;
use crate::store::{Ledger, Memory};

/// A client's session, as far as plugins are concerned. Clones are the same session;
/// what plugins keep in it ends with the last of them.
#[derive(Clone, Default)]
pub struct Session(Arc<Kept>);

/// What plugins keep in a session: each its own, by its name.
#[derive(Default)]
struct Kept {
    memories: Mutex<BTreeMap<Arc<str>, Arc<Memory>>>,
    instances: Instances,
}

/// Tells sessions apart, also after they have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionId(u64);

/// Who keeps instances for the session; they are told when it ends.
struct Instances {
    id: SessionId,
    keepers: Mutex<Vec<Weak<Sessions>>>,
}

impl Session {
    /// A session in which nothing is kept yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether both are the same session.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What this plugin keeps here. Its memory is booked in this ledger.
    pub(crate) fn memory(&self, plugin: &Arc<str>, ledger: &Arc<Ledger>) -> Arc<Memory> {
        let memories = self.0.memories.lock();
        let mut memories = memories.unwrap_or_else(PoisonError::into_inner);
        let memory = memories.entry(Arc::clone(plugin));
        Arc::clone(memory.or_insert_with(|| Arc::new(Memory::new(ledger))))
    }

    pub(crate) fn id(&self) -> SessionId {
        self.0.instances.id
    }

    /// Tells a keeper when the session ends. Once for each is enough, and those that
    /// are gone are forgotten: there are never more than plugins.
    pub(crate) fn tell_at_end(&self, keeper: &Weak<Sessions>) {
        let keepers = &self.0.instances.keepers;
        let mut keepers = keepers.lock().unwrap_or_else(PoisonError::into_inner);
        if !keepers.iter().any(|known| known.ptr_eq(keeper)) {
            keepers.retain(|known| known.strong_count() > 0);
            keepers.push(Weak::clone(keeper));
        }
    }
}

impl Default for Instances {
    fn default() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self {
            id: SessionId(LAST.fetch_add(1, Ordering::Relaxed)),
            keepers: Mutex::default(),
        }
    }
}

impl Drop for Instances {
    fn drop(&mut self) {
        let keepers = self
            .keepers
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        for keeper in keepers.iter().filter_map(Weak::upgrade) {
            keeper.forget(self.id);
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}
