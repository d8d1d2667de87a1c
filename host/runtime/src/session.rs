//! What lives as long as a client's session.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::{Ledger, Memory};

/// A client's session, as far as plugins are concerned. Clones are the same session;
/// what plugins keep in it ends with the last of them.
#[derive(Clone, Default)]
pub struct Session(Arc<Kept>);

/// What plugins keep in a session: each its own, by its name.
#[derive(Default)]
struct Kept {
    memories: Mutex<BTreeMap<Arc<str>, Arc<Memory>>>,
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
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}
