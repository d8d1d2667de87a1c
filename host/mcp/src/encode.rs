//! From the canonical model to the wire, for a client of any revision.
//!
//! Every encoder takes a [`Dialect`] and leaves out what that revision does not
//! know, without losing anything that a model is meant to see
//! (docs/requirements.md, §27, DWN-1 to DWN-9). Nothing here decides anything else.

mod content;
mod definition;
mod result;

pub use definition::DefinitionList;
pub(crate) use result::{completion, prompt_result, read_result, resource_page, tool_result};

use crate::revision::Dialect;
use crate::write::Writer;

/// Hints for clients that cache (CCH-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CacheHint {
    /// For how many milliseconds the result may be used again.
    pub(crate) ttl_ms: u64,
}

impl CacheHint {
    /// Always right (CCH-4).
    pub(crate) const NONE: Self = Self { ttl_ms: 0 };

    /// Writes the hint, for clients that know it. The scope is always `private`:
    /// what a list or resource holds may depend on who asks.
    pub(crate) fn write(self, w: &mut Writer, dialect: &Dialect) {
        if dialect.cache_hints {
            w.key("ttlMs").number(self.ttl_ms);
            w.key("cacheScope").string("private");
        }
    }
}
