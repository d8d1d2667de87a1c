//! Line 0.1 of the plugin contract.
//!
//! The submodules convert: [`host`] answers the guest's calls, [`content`] and
//! [`outcome`] read what its functions return, [`definition`] reads its lists.
//! This file finds the functions and calls them.
//!
//! A call looks up the one function it needs and no other: looking up means
//! comparing types, and a result type with all kinds of content in it is large.

mod bindings;
mod content;
mod definition;
mod host;
mod outcome;

use wasmtime::component::{
    ComponentExportIndex, ComponentNamedList, HasSelf, Instance, InstancePre, Lift, Linker, Lower,
    Resource, TypedFunc,
};
use wasmtime::{Result, Store};
use wharf_mcp::model::{
    Completion, CompletionTarget, Fault, Outcome, PromptResult, ReadResult, ResourcePage,
    ToolResult,
};

use self::bindings::exports::wharf::plugin::{completions, prompts, resources, tools};
use self::bindings::wharf::plugin as wit;
use self::host::RequestHandle;
use crate::abi::{
    CallTool, CheckTypes, Complete, GetPrompt, ListPrompts, ListResources, ListTemplates,
    ListTools, Operation, Parts, ReadResource, Stop,
};
use crate::error::BadDefinition;
use crate::state::State;

/// A component of this line: how to make an instance, and where its functions
/// are.
pub(crate) struct Exports {
    instance: InstancePre<State>,
    tools: Option<Tools>,
    resources: Option<Resources>,
    prompts: Option<Prompts>,
    complete: Option<Function>,
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
    /// What of this line a component exports. Its patch version may be another
    /// than ours.
    pub(crate) fn find(instance: &InstancePre<State>) -> Option<Self> {
        let component = instance.component();
        let interface = |name: &str| {
            let interface = component.get_export_index(None, name)?;
            Some(move |function: &str| component.get_export_index(Some(&interface), function))
        };
        let tools = interface("wharf:plugin/tools@0.1.0").and_then(|function| {
            Some(Tools {
                list: function("list-tools")?,
                call: function("call-tool")?,
            })
        });
        let resources = interface("wharf:plugin/resources@0.1.0").and_then(|function| {
            Some(Resources {
                list: function("list-resources")?,
                templates: function("list-templates")?,
                read: function("read-resource")?,
            })
        });
        let prompts = interface("wharf:plugin/prompts@0.1.0").and_then(|function| {
            Some(Prompts {
                list: function("list-prompts")?,
                get: function("get-prompt")?,
            })
        });
        let complete =
            interface("wharf:plugin/completions@0.1.0").and_then(|function| function("complete"));
        let found = Self {
            instance: instance.clone(),
            tools,
            resources,
            prompts,
            complete,
        };
        found.parts().any().then_some(found)
    }

    pub(crate) fn parts(&self) -> Parts {
        Parts {
            tools: self.tools.is_some(),
            resources: self.resources.is_some(),
            prompts: self.prompts.is_some(),
            completions: self.complete.is_some(),
        }
    }

    /// Calls a function of a new instance.
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
        let instance = self.instance.instantiate_async(store).await;
        instance.map_err(Stop::Start)
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
        if let Some(complete) = &self.complete {
            check::<Fill<'_>, completions::Completion>(store, instance, complete)?;
        }
        Ok(())
    }
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

/// The part of the plugin that a call needs, or what the caller hears without it.
fn need<'a, T>(part: Option<&'a T>, what: &str) -> Result<&'a T, Stop> {
    part.ok_or_else(|| Stop::Said(Fault::NotFound(format!("the plugin has no {what}"))))
}

fn request() -> Request {
    Resource::new_borrow(0)
}

fn fault(error: wit::types::Error) -> Fault {
    match error {
        wit::types::Error::InvalidParams(text) => Fault::InvalidParams(text),
        wit::types::Error::NotFound(text) => Fault::NotFound(text),
        wit::types::Error::Internal(text) => Fault::Internal(text),
    }
}

impl Operation for CheckTypes {
    type Output = Result<()>;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let instance = exports.instantiate(store).await?;
        Ok(exports.check(store, instance))
    }
}

impl Operation for ListTools {
    type Output = Result<Vec<wharf_mcp::model::Tool>, BadDefinition>;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let list = &need(exports.tools.as_ref(), "tools")?.list;
        Ok(definition::tools(exports.call(store, list, ()).await?))
    }
}

impl Operation for ListTemplates {
    type Output = Result<Vec<wharf_mcp::model::ResourceTemplate>, BadDefinition>;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let list = &need(exports.resources.as_ref(), "resources")?.templates;
        Ok(definition::templates(exports.call(store, list, ()).await?))
    }
}

impl Operation for ListPrompts {
    type Output = Result<Vec<wharf_mcp::model::Prompt>, BadDefinition>;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let list = &need(exports.prompts.as_ref(), "prompts")?.list;
        Ok(definition::prompts(exports.call(store, list, ()).await?))
    }
}

impl Operation for CallTool<'_> {
    type Output = Outcome<ToolResult>;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let call = &need(exports.tools.as_ref(), "tools")?.call;
        let parameters: Call<'_> = (request(), self.name, self.arguments.as_str());
        Ok(outcome::tool(exports.call(store, call, parameters).await?)?)
    }
}

impl Operation for ListResources<'_> {
    type Output = ResourcePage;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let list = &need(exports.resources.as_ref(), "resources")?.list;
        let parameters: Page<'_> = (request(), self.cursor);
        Ok(outcome::page(exports.call(store, list, parameters).await?)?)
    }
}

impl Operation for ReadResource<'_> {
    type Output = Outcome<ReadResult>;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let read = &need(exports.resources.as_ref(), "resources")?.read;
        let parameters: Read<'_> = (request(), self.uri);
        Ok(outcome::read(exports.call(store, read, parameters).await?)?)
    }
}

impl Operation for GetPrompt<'_> {
    type Output = Outcome<PromptResult>;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let get = &need(exports.prompts.as_ref(), "prompts")?.get;
        let parameters: Get<'_> = (request(), self.name, self.arguments);
        Ok(outcome::prompt(
            exports.call(store, get, parameters).await?,
        )?)
    }
}

impl Operation for Complete<'_> {
    type Output = Completion;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let complete = need(exports.complete.as_ref(), "completions")?;
        let target = target(self.target);
        let parameters: Fill<'_> = (request(), &target, self.argument, self.value, self.context);
        let completion = exports.call(store, complete, parameters).await?;
        Ok(outcome::completion(completion))
    }
}

fn target(target: &CompletionTarget) -> completions::CompletionTarget {
    match target {
        CompletionTarget::Prompt(name) => completions::CompletionTarget::Prompt(name.clone()),
        CompletionTarget::ResourceTemplate(template) => {
            completions::CompletionTarget::ResourceTemplate(template.clone())
        }
    }
}
