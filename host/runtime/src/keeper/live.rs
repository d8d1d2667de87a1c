//! One instance.

use wasmtime::Store;

use crate::slots::Slot;
use crate::state::State;

/// An instance with its memory, or a store in which it is going to be made. Fields are
/// dropped in this order: the slot stands for the store's place in the pool.
pub(crate) struct Live {
    pub(crate) store: Store<State>,
    /// How many calls it has taken.
    pub(crate) calls: u32,
    _slot: Slot,
}

impl Live {
    pub(crate) fn new(store: Store<State>, slot: Slot) -> Self {
        Self {
            store,
            calls: 0,
            _slot: slot,
        }
    }
}
