//! Line 0.1 of the plugin contract.
//!
//! This file finds a guest's functions, [`calls`] says which of them does what. The
//! other submodules convert: [`host`] answers the guest's own calls, [`content`]
//! and [`outcome`] read what its functions return, [`definition`] its lists.
//!
//! A call looks up the one function it needs and no other: looking up means
//! comparing types, and a result type with all kinds of content in it is large.

mod bindings;
mod calls;
mod content;
mod definition;
mod host;
mod outcome;

use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, HasSelf, Instance, InstancePre, Lift,
    Linker, Lower, Resource, TypedFunc,
};
use wasmtime::{Result, Store, format_err};
use wharf_mcp::model::Fault;

use self::bindings::exports::wharf::plugin::{completions, permissions, prompts, resources, tools};
use self::bindings::wharf::plugin as wit;
use self::host::RequestHandle;
use crate::abi::{Parts, Stop, instance_in};
use crate::state::State;

/// A component of this line: how to make an instance, and where its functions
/// are.
pub(crate) struct Exports {
    instance: InstancePre<State>,
    tools: Option<Tools>,
    resources: Option<Resources>,
    prompts: Option<Prompts>,
    complete: Option<Function>,
    permissions: Option<Function>,
}

type Function = ComponentExportIndex;

struct Tools {
    list: Function,
    call: Function,
}

struct Resources {
    list: Function,
    templates: Function,
    read: Function,
}

struct Prompts {
    list: Function,
    get: Function,
}

/// The handle every call gets. It is the only one there is in the store, so its
/// number means nothing.
type Request = Resource<RequestHandle>;

/// The types of the guest's functions: parameters, and what is inside `result`.
type Call<'a> = (Request, &'a str, &'a str);
type Page<'a> = (Request, Option<&'a str>);
type Read<'a> = (Request, &'a str);
type Get<'a> = (Request, &'a str, &'a [(String, String)]);
type Fill<'a> = (
    Request,
    &'a completions::CompletionTarget,
    &'a str,
    &'a str,
    &'a [(String, String)],
);
type Answer<T> = (Result<T, wit::types::Error>,);

/// Offers the host's interfaces of this line.
pub(crate) fn link(linker: &mut Linker<State>) -> Result<()> {
    type Own = HasSelf<State>;
    wit::types::add_to_linker::<State, Own>(linker, |state| state)?;
    wit::host::add_to_linker::<State, Own>(linker, |state| state)?;
    wit::changes::add_to_linker::<State, Own>(linker, |state| state)
}

impl Exports {
    /// Finds what of this line a component exports. Its patch version may be
    /// another than ours.
    pub(crate) fn find(instance: &InstancePre<State>) -> Result<Self> {
        let component = instance.component();
        let tools = part(component, "wharf:plugin/tools@0.1.0", |function| {
            Ok(Tools {
                list: function("list-tools")?,
                call: function("call-tool")?,
            })
        })?;
        let resources = part(component, "wharf:plugin/resources@0.1.0", |function| {
            Ok(Resources {
                list: function("list-resources")?,
                templates: function("list-templates")?,
                read: function("read-resource")?,
            })
        })?;
        let prompts = part(component, "wharf:plugin/prompts@0.1.0", |function| {
            Ok(Prompts {
                list: function("list-prompts")?,
                get: function("get-prompt")?,
            })
        })?;
        let complete = part(component, "wharf:plugin/completions@0.1.0", |function| {
            function("complete")
        })?;
        let permissions = part(component, "wharf:plugin/permissions@0.1.0", |function| {
            function("list-permissions")
        })?;
        Ok(Self {
            permissions,
            instance: instance.clone(),
            tools,
            resources,
            prompts,
            complete,
        })
    }

    pub(crate) fn parts(&self) -> Parts {
        Parts {
            tools: self.tools.is_some(),
            resources: self.resources.is_some(),
            prompts: self.prompts.is_some(),
            completions: self.complete.is_some(),
            permissions: self.permissions.is_some(),
        }
    }

    /// Calls a function of the store's instance.
    async fn call<P, T>(
        &self,
        store: &mut Store<State>,
        function: &Function,
        parameters: P,
    ) -> Result<T, Stop>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        T: Send + 'static,
        Answer<T>: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let instance = self.instantiate(store).await?;
        let function: TypedFunc<P, Answer<T>> = instance
            .get_typed_func(&mut *store, function)
            .map_err(Stop::Shape)?;
        let (answer,) = function
            .call_async(&mut *store, parameters)
            .await
            .map_err(Stop::Broke)?;
        answer.map_err(|error| Stop::Said(fault(error)))
    }

    async fn instantiate(&self, store: &mut Store<State>) -> Result<Instance, Stop> {
        instance_in(store, &self.instance).await
    }

    /// Checks the types of all functions, so that none is found wrong in a call.
    fn check(&self, store: &mut Store<State>, instance: Instance) -> Result<()> {
        if let Some(found) = &self.tools {
            check::<(), Vec<tools::Tool>>(store, instance, &found.list)?;
            check::<Call<'_>, tools::ToolOutcome>(store, instance, &found.call)?;
        }
        if let Some(found) = &self.resources {
            check::<(), Vec<resources::ResourceTemplate>>(store, instance, &found.templates)?;
            check::<Page<'_>, resources::ResourcePage>(store, instance, &found.list)?;
            check::<Read<'_>, resources::ReadOutcome>(store, instance, &found.read)?;
        }
        if let Some(found) = &self.prompts {
            check::<(), Vec<prompts::Prompt>>(store, instance, &found.list)?;
            check::<Get<'_>, prompts::PromptOutcome>(store, instance, &found.get)?;
        }
        if let Some(list) = &self.permissions {
            check::<(), Vec<permissions::Permission>>(store, instance, list)?;
        }
        if let Some(complete) = &self.complete {
            check::<Fill<'_>, completions::Completion>(store, instance, complete)?;
        }
        Ok(())
    }
}

/// An interface that may be absent, but not lack functions.
fn part<T>(
    component: &Component,
    interface: &str,
    find: impl FnOnce(&dyn Fn(&str) -> Result<Function>) -> Result<T>,
) -> Result<Option<T>> {
    let Some(index) = component.get_export_index(None, interface) else {
        return Ok(None);
    };
    let function = |name: &str| {
        let function = component.get_export_index(Some(&index), name);
        function.ok_or_else(|| format_err!("{interface} has no function {name}"))
    };
    find(&function).map(Some)
}

/// Checks the type of one function.
fn check<P, T>(store: &mut Store<State>, instance: Instance, function: &Function) -> Result<()>
where
    P: ComponentNamedList + Lower,
    Answer<T>: ComponentNamedList + Lift,
{
    let found = instance.get_typed_func::<P, Answer<T>>(store, function);
    found.map(drop)
}

fn fault(error: wit::types::Error) -> Fault {
    match error {
        wit::types::Error::InvalidParams(text) => Fault::InvalidParams(text),
        wit::types::Error::NotFound(text) => Fault::NotFound(text),
        wit::types::Error::Internal(text) => Fault::Internal(text),
    }
}
