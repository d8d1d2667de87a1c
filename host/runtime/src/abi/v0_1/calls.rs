//! What is done with an instance of line 0.1: which function, with what, and how
//! its result is read.

use wasmtime::component::Resource;
use wasmtime::{Result, Store};
use wharf_mcp::model::{
    Completion, CompletionTarget, Fault, Outcome, Prompt, PromptResult, ReadResult, ResourcePage,
    ResourceTemplate, Tool, ToolResult,
};

use super::bindings::exports::wharf::plugin::completions;
use super::{Call, Exports, Fill, Get, Page, Read, Request, definition, outcome};
use crate::abi::functions::Functions;
use crate::abi::{
    CallTool, CheckTypes, Complete, GetPrompt, ListPermissions, ListPrompts, ListResources,
    ListTemplates, ListTools, Operation, ReadResource, Stop,
};
use crate::error::BadDefinition;
use crate::permissions::Permission;
use crate::state::State;

impl Operation for CheckTypes {
    type Output = Result<()>;
    const MAY_ANNOUNCE: bool = false;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let instance = exports.instantiate(store).await?;
        Ok(exports.check(store, instance))
    }

    async fn functions(
        self,
        functions: &Functions,
        store: &mut Store<State>,
    ) -> Result<Self::Output, Stop> {
        // Their types were found in the component itself.
        functions.instantiate(store).await.map(|_instance| Ok(()))
    }
}

impl Operation for ListTools {
    type Output = Result<Vec<Tool>, BadDefinition>;
    const MAY_ANNOUNCE: bool = false;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let list = &need(exports.tools.as_ref(), "tools")?.list;
        Ok(definition::tools(exports.call(store, list, ()).await?))
    }

    async fn functions(
        self,
        functions: &Functions,
        _: &mut Store<State>,
    ) -> Result<Self::Output, Stop> {
        Ok(Ok(functions.tools().to_vec()))
    }
}

impl Operation for ListTemplates {
    type Output = Result<Vec<ResourceTemplate>, BadDefinition>;
    const MAY_ANNOUNCE: bool = false;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let list = &need(exports.resources.as_ref(), "resources")?.templates;
        Ok(definition::templates(exports.call(store, list, ()).await?))
    }
}

impl Operation for ListPrompts {
    type Output = Result<Vec<Prompt>, BadDefinition>;
    const MAY_ANNOUNCE: bool = false;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let list = &need(exports.prompts.as_ref(), "prompts")?.list;
        Ok(definition::prompts(exports.call(store, list, ()).await?))
    }
}

impl Operation for ListPermissions {
    type Output = Result<Vec<Permission>, BadDefinition>;
    const MAY_ANNOUNCE: bool = false;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let list = need(exports.permissions.as_ref(), "permissions")?;
        Ok(definition::permissions(
            exports.call(store, list, ()).await?,
        ))
    }
}

impl Operation for CallTool<'_> {
    type Output = Outcome<ToolResult>;

    async fn v0_1(self, exports: &Exports, store: &mut Store<State>) -> Result<Self::Output, Stop> {
        let call = &need(exports.tools.as_ref(), "tools")?.call;
        let parameters: Call<'_> = (request(), self.name, self.arguments.as_str());
        let ended = exports.call(store, call, parameters).await?;
        Ok(outcome::tool(ended, store.data().call.context.deferred)?)
    }

    async fn functions(
        self,
        functions: &Functions,
        store: &mut Store<State>,
    ) -> Result<Self::Output, Stop> {
        functions.call(self, store).await
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

/// The part of the plugin that a call needs, or what the caller hears without it.
fn need<'a, T>(part: Option<&'a T>, what: &str) -> Result<&'a T, Stop> {
    part.ok_or_else(|| Stop::Said(Fault::NotFound(format!("the plugin has no {what}"))))
}

fn request() -> Request {
    Resource::new_borrow(0)
}
