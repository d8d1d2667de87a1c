//! Why a plugin cannot be loaded.

use std::sync::Arc;

use wharf_mcp::model::Fault;

use crate::grants::GrantError;
use crate::masks::Masks;

/// Why a plugin cannot be loaded. Messages say what the file is or does, in a
/// sentence that starts with "it"; whoever prints them says which plugin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Not WebAssembly at all.
    #[error("it is not a WebAssembly file")]
    NotWasm,
    /// WebAssembly of the kind before components.
    #[error("it is a core WebAssembly module, not a component; build for wasm32-wasip2")]
    CoreModule,
    /// Damaged, cut off, or in need of a feature that is not supported.
    #[error("it is not a valid component: {reason}")]
    Malformed {
        /// What the validator says.
        reason: String,
    },
    /// A component of some other kind.
    #[error("it exports none of the interfaces of a plugin; {}", alternatives(.exports))]
    NotAPlugin {
        /// What it exports instead.
        exports: Vec<String>,
    },
    /// A component whose functions should be served as they are, and cannot be.
    #[error("none of its exported functions can be served as a tool")]
    NoFunction,
    /// Made for another version of the plugin contract.
    #[error(
        "it is made for another version of the plugin contract ({}); this host accepts {accepted}",
        .found.join(", ")
    )]
    ContractVersion {
        /// The interfaces, with their versions.
        found: Vec<String>,
        /// The lines this host accepts.
        accepted: &'static str,
    },
    /// It wants interfaces that no plugin gets.
    #[error("it imports {}, which wharf does not grant", .imports.join(", "))]
    UnsupportedImports {
        /// Which.
        imports: Vec<String>,
    },
    /// Interfaces of the right name and the wrong shape.
    #[error("it does not fit the plugin contract: {reason}")]
    Mismatch {
        /// What does not fit.
        reason: String,
    },
    /// An instance would take more memories and tables than the host has.
    #[error("it needs {needed} slots of the instance pool, which has {available}")]
    TooManySlots {
        /// Slots for one instance.
        needed: u32,
        /// Slots in all.
        available: u32,
    },
    /// It describes itself in a way the protocol does not allow.
    #[error("{item} is not valid: {problem}")]
    Definition {
        /// Which tool, prompt or template of which plugin.
        item: String,
        /// What is wrong with it.
        problem: String,
    },
    /// It breaks down before any function of it is called.
    #[error("it cannot be started")]
    Start(#[source] Fault),
    /// It could not say what it offers.
    #[error("its function {function} failed")]
    List {
        /// Which function.
        function: &'static str,
        /// How.
        #[source]
        fault: Fault,
    },
    /// What is to be granted cannot be.
    #[error("a grant cannot be given")]
    Grant(#[source] GrantError),
    /// The host failed.
    #[error("the host failed: {0}")]
    Host(String),
}

/// What wasmtime says when types do not fit.
#[expect(
    clippy::needless_pass_by_value,
    reason = "used as the argument of map_err"
)]
pub(crate) fn mismatch(error: wasmtime::Error) -> LoadError {
    LoadError::Mismatch {
        reason: format!("{error:#}"),
    }
}

/// A definition that the protocol does not allow, before it is known whose.
#[derive(Debug)]
pub(crate) struct BadDefinition {
    /// Such as "tool `x`".
    pub(crate) item: String,
    pub(crate) problem: String,
}

impl BadDefinition {
    pub(crate) fn of(self, plugin: &Arc<str>, masks: &Masks) -> LoadError {
        LoadError::Definition {
            item: format!("{} of plugin `{plugin}`", masks.hide(&self.item)),
            problem: masks.hide_in(self.problem),
        }
    }
}

fn alternatives(exports: &[String]) -> String {
    if exports.is_empty() {
        return "it exports nothing".to_owned();
    }
    format!(
        "it exports {}; functions of plain types in there could be served as tools, \
         with `functions`",
        exports.join(", ")
    )
}
