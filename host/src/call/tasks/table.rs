//! Which tasks there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wharf_mcp::Refusal;

use super::Entry;

/// All tasks, by their identifiers.
#[derive(Default)]
pub(super) struct Table(Mutex<HashMap<Arc<str>, Arc<Entry>>>);

impl Table {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Entry>>> {
        // A panic while the lock is held leaves the table as it was.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the oldest of some tasks that is of no more use. False if there is none.
pub(super) fn make_room(
    table: &mut HashMap<Arc<str>, Arc<Entry>>,
    among: impl Fn(&Entry) -> bool,
) -> bool {
    let oldest = table
        .values()
        .filter(|entry| among(entry) && entry.is_done_with())
        .min_by_key(|entry| entry.number)
        .map(|entry| Arc::clone(&entry.id));
    let Some(entry) = oldest.and_then(|id| table.remove(&id)) else {
        return false;
    };
    entry.state.send_modify(|state| state.removed = true);
    true
}

/// What is said of a task that is not there, no longer there, or somebody else's.
pub(super) fn gone(id: &str) -> Refusal {
    Refusal::InvalidParams(format!("there is no task `{id}` (any more)"))
}
