//! What lives as long as a client's session.

use std::fmt;
use std::sync::Arc;

/// A client's session, as far as plugins are concerned. Clones are the same session;
/// what plugins keep in it ends with the last of them.
#[derive(Clone, Default)]
pub struct Session(Arc<Kept>);

/// What plugins keep in a session.
#[derive(Default)]
struct Kept {}

impl Session {
    /// A session in which nothing is kept yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether both are the same session.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}
