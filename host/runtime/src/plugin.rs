//! A loaded plugin: what it offers, and the calls it takes.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use wharf_mcp::model::{
    Completion, CompletionTarget, Fault, Json, Outcome, Prompt, PromptResult, ReadResult,
    ResourcePage, ResourceTemplate, Tool, ToolResult,
};

use crate::abi::{
    CallTool, CheckTypes, Complete, GetPrompt, ListPermissions, ListPrompts, ListResources,
    ListTemplates, ListTools, Operation, ReadResource,
};
use crate::error::{BadDefinition, LoadError, mismatch};
use crate::events::Call;
use crate::invoke::Ready;
use crate::permissions::Permission;

/// A component, and what it is called here.
#[derive(Debug, Clone)]
pub struct PluginSource {
    /// The plugin's name in messages and in the log.
    pub name: Arc<str>,
    /// The component.
    pub bytes: Bytes,
}

/// What a plugin offers. An interface it does not export is none; one it exports
/// may still have nothing in its list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Description {
    /// Its tools.
    pub tools: Option<Vec<Tool>>,
    /// The templates of its resources.
    pub resources: Option<Vec<ResourceTemplate>>,
    /// Its prompts.
    pub prompts: Option<Vec<Prompt>>,
    /// Whether it completes arguments.
    pub completions: bool,
    /// What it asks to be granted.
    pub permissions: Option<Vec<Permission>>,
}

/// A loaded plugin. Clones are the same plugin.
///
/// Every call runs in an instance of its own, unless its operator wants
/// [something else](crate::Instances), and under the limits the plugin was loaded
/// with. Dropping the future of a call ends the call, wherever the guest
/// is. A failed call harms no other.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    ready: Arc<Ready>,
    description: Description,
}

impl Plugin {
    /// Asks the plugin again what it offers: that may depend on a file, say. Gives
    /// a plugin that offers the new lists and shares everything else with this one:
    /// compiled code, grants, limits, and the bound on running calls. This one
    /// stays as it is, and so do its calls.
    ///
    /// The lists are read and checked as they are when a plugin is loaded, under
    /// the same limits.
    pub async fn described_again(&self) -> Result<Self, LoadError> {
        Self::list(
            Arc::clone(&self.0.ready),
            self.0.description.permissions.clone(),
        )
        .await
    }

    /// Asks a component what it offers. `permissions` is what it has asked for.
    pub(crate) async fn list(
        ready: Arc<Ready>,
        permissions: Option<Vec<Permission>>,
    ) -> Result<Self, LoadError> {
        let parts = ready.abi.parts();
        let mut description = Description {
            completions: parts.completions,
            permissions,
            ..Description::default()
        };
        if parts.tools {
            description.tools = Some(list(&ready, "list-tools", ListTools).await?);
        }
        if parts.resources {
            description.resources = Some(list(&ready, "list-templates", ListTemplates).await?);
        }
        if parts.prompts {
            description.prompts = Some(list(&ready, "list-prompts", ListPrompts).await?);
        }
        Ok(Self(Arc::new(Loaded { ready, description })))
    }

    /// Its name.
    pub fn name(&self) -> &Arc<str> {
        &self.0.ready.guest.name
    }

    /// A text of this plugin without its secrets, for the log, or for anybody who is not
    /// given a result. What this crate says of a plugin has none already.
    pub fn without_secrets<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.ready.guest.masks.hide(text)
    }

    /// What it offers, as it said when it was loaded or
    /// [described again](Self::described_again).
    pub fn description(&self) -> &Description {
        &self.0.description
    }

    /// Calls a tool. `arguments` has to be an object that fits the tool's schema;
    /// the caller checks that.
    pub async fn call_tool(
        &self,
        call: Call,
        name: &str,
        arguments: &Json,
    ) -> Result<Outcome<ToolResult>, Fault> {
        self.0.ready.run(call, CallTool { name, arguments }).await
    }

    /// The first page of its resources, or the one after `cursor`.
    pub async fn list_resources(
        &self,
        call: Call,
        cursor: Option<&str>,
    ) -> Result<ResourcePage, Fault> {
        self.0.ready.run(call, ListResources { cursor }).await
    }

    /// Reads a resource.
    pub async fn read_resource(&self, call: Call, uri: &str) -> Result<Outcome<ReadResult>, Fault> {
        self.0.ready.run(call, ReadResource { uri }).await
    }

    /// Fills in a prompt. The caller checks that required arguments are there.
    pub async fn get_prompt(
        &self,
        call: Call,
        name: &str,
        arguments: &[(String, String)],
    ) -> Result<Outcome<PromptResult>, Fault> {
        self.0.ready.run(call, GetPrompt { name, arguments }).await
    }

    /// Completes an argument: `value` is what has been typed of it, `context` what
    /// the others are. At most 100 suggestions come back.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part of the one question that clients ask"
    )]
    pub async fn complete(
        &self,
        call: Call,
        target: &CompletionTarget,
        argument: &str,
        value: &str,
        context: &[(String, String)],
    ) -> Result<Completion, Fault> {
        let complete = Complete {
            target,
            argument,
            value,
            context,
        };
        self.0.ready.run(call, complete).await
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", self.name())
            .finish_non_exhaustive()
    }
}

impl Ready {
    /// Checks that its functions are of the types they should be, and asks what it asks
    /// for. None if it does not ask.
    pub(crate) async fn check(&self) -> Result<Option<Vec<Permission>>, LoadError> {
        let types = self.look(CheckTypes).await;
        types.map_err(LoadError::Start)?.map_err(mismatch)?;
        if !self.abi.parts().permissions {
            return Ok(None);
        }
        let asked = list(self, "list-permissions", ListPermissions).await?;
        Ok(Some(asked))
    }
}

async fn list<O, T>(
    ready: &Ready,
    function: &'static str,
    operation: O,
) -> Result<Vec<T>, LoadError>
where
    O: Operation<Output = Result<Vec<T>, BadDefinition>>,
{
    let listed = ready.look(operation).await;
    let listed = listed.map_err(|fault| LoadError::List { function, fault })?;
    listed.map_err(|bad| bad.of(&ready.guest.name, &ready.guest.masks))
}
