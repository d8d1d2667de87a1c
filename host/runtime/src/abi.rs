//! The lines of the plugin contract this host speaks.
//!
//! A line is a folder under `wit/` and a module here. Which line a component
//! speaks is decided once, when it is loaded, and is an enum variant from then
//! on; the enum is matched in one place, [`crate::invoke`]. Behind that match
//! everything is in the vocabulary of [`wharf_mcp::model`]: no generated type
//! leaves the module of its line.

pub(crate) mod functions;
pub(crate) mod v0_1;

use std::future::Future;

use wasmtime::component::{Instance, InstancePre, Linker};
use wasmtime::{Result, Store};
use wharf_mcp::model::{CompletionTarget, Fault, Json};

use crate::output::Bad;
use crate::state::State;

/// The lines a plugin may be made for, in words.
pub(crate) const ACCEPTED: &str = "0.1";

/// The exports of a component, by the line it speaks.
pub(crate) enum Abi {
    /// `wit/v0.1`.
    V0_1(v0_1::Exports),
    /// None: its functions are served as they are.
    Functions(functions::Functions),
}

/// The optional parts of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "five independent facts about a component"
)]
pub(crate) struct Parts {
    pub(crate) tools: bool,
    pub(crate) resources: bool,
    pub(crate) prompts: bool,
    pub(crate) completions: bool,
    /// It says what it would like to be granted.
    pub(crate) permissions: bool,
}

/// Why a guest's function has no result.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The guest returned an error: its own words.
    Said(Fault),
    /// The guest returned something that makes no sense.
    Bad(Bad),
    /// There is no instance: the host's fault, or the guest's start function's.
    Start(wasmtime::Error),
    /// The guest's function is of another type than was found when it was loaded.
    Shape(wasmtime::Error),
    /// The guest trapped, or broke the rules of the component model.
    Broke(wasmtime::Error),
}

/// Something to be done with a fresh instance: one method for each line.
pub(crate) trait Operation: Send {
    /// What comes out of it.
    type Output: Send;

    /// Whether the guest may announce changes meanwhile. Not while it lists what it
    /// offers: a change makes the host list again, and there would be no end to it.
    const MAY_ANNOUNCE: bool = true;

    /// Does it in line 0.1.
    fn v0_1(
        self,
        exports: &v0_1::Exports,
        store: &mut Store<State>,
    ) -> impl Future<Output = Result<Self::Output, Stop>> + Send;

    /// Does it with a component that speaks no line. Asked only of what such a
    /// component has: see [`Abi::parts`].
    fn functions(
        self,
        functions: &functions::Functions,
        store: &mut Store<State>,
    ) -> impl Future<Output = Result<Self::Output, Stop>> + Send
    where
        Self: Sized,
    {
        let _ = (functions, store);
        let error = wasmtime::format_err!("a component without interfaces has only tools");
        std::future::ready(Err(Stop::Shape(error)))
    }
}

/// Checks that the functions have the types they should have.
pub(crate) struct CheckTypes;

/// Lists tools.
pub(crate) struct ListTools;

/// Lists resource templates.
pub(crate) struct ListTemplates;

/// Lists prompts.
pub(crate) struct ListPrompts;

/// Lists what it asks for.
pub(crate) struct ListPermissions;

/// Calls a tool.
pub(crate) struct CallTool<'a> {
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a Json,
}

/// Lists a page of resources.
pub(crate) struct ListResources<'a> {
    pub(crate) cursor: Option<&'a str>,
}

/// Reads a resource.
pub(crate) struct ReadResource<'a> {
    pub(crate) uri: &'a str,
}

/// Fills in a prompt.
pub(crate) struct GetPrompt<'a> {
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a [(String, String)],
}

/// Completes an argument.
pub(crate) struct Complete<'a> {
    pub(crate) target: &'a CompletionTarget,
    pub(crate) argument: &'a str,
    pub(crate) value: &'a str,
    pub(crate) context: &'a [(String, String)],
}

/// Offers the host's interfaces of all lines.
pub(crate) fn link(linker: &mut Linker<State>) -> Result<()> {
    v0_1::link(linker)
}

impl Abi {
    /// Finds the functions of a component that exports something of ours.
    pub(crate) fn find(component: &InstancePre<State>) -> Result<Self> {
        v0_1::Exports::find(component).map(Self::V0_1)
    }

    /// Which parts it has.
    pub(crate) fn parts(&self) -> Parts {
        match self {
            Self::V0_1(exports) => exports.parts(),
            Self::Functions(_) => functions::Functions::PARTS,
        }
    }
}

/// The instance of a store, which is made for its first call.
async fn instance_in(
    store: &mut Store<State>,
    component: &InstancePre<State>,
) -> Result<Instance, Stop> {
    if let Some(instance) = store.data().instance {
        return Ok(instance);
    }
    let instance = component.instantiate_async(&mut *store).await;
    let instance = instance.map_err(Stop::Start)?;
    store.data_mut().instance = Some(instance);
    Ok(instance)
}

impl From<Bad> for Stop {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}
