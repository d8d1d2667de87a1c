//! From an operation to a reply: the only place that looks at which operation it
//! is.
//!
//! The router asks the catalogue who answers, checks arguments and results
//! against their schemas, and turns faults into what a client may hear
//! (`rescue`). It has never heard of ids, revisions or transports.

use std::sync::{Arc, PoisonError, RwLock};

use wharf_mcp::model::{
    Completion, CompletionTarget, Fault, Json, Outcome, PromptArgument, ResourcePage, TaskSupport,
    ToolResult,
};
use wharf_mcp::{Header, Mirrored, Operation, Refusal, Reply, ServerFacts};

use crate::registry::{
    Catalogue, CompletionRequest, Invocation, PromptEntry, ResourceCursor, ToolEntry,
};

/// Carries operations out. Clones route to the same catalogue.
#[derive(Debug, Clone)]
pub struct Router {
    /// Replaced as a whole, and held for as long as it takes to look.
    catalogue: Arc<RwLock<Arc<Catalogue>>>,
}

/// Which lists of definitions a new catalogue has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedLists {
    /// That of tools.
    pub tools: bool,
    /// That of resource templates.
    pub resources: bool,
    /// That of prompts.
    pub prompts: bool,
}

impl Router {
    /// A router over this catalogue.
    pub fn new(catalogue: Catalogue) -> Self {
        Self {
            catalogue: Arc::new(RwLock::new(Arc::new(catalogue))),
        }
    }

    /// Routes to this catalogue from now on. Calls that are running end with the one
    /// they started with. Returns which lists of definitions are others than before.
    pub fn replace(&self, catalogue: Catalogue) -> ChangedLists {
        let mut place = self
            .catalogue
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let changed = ChangedLists {
            tools: place.tool_list() != catalogue.tool_list(),
            resources: place.template_list() != catalogue.template_list(),
            prompts: place.prompt_list() != catalogue.prompt_list(),
        };
        *place = Arc::new(catalogue);
        changed
    }

    /// What the server says about itself.
    pub fn facts(&self) -> Arc<ServerFacts> {
        Arc::clone(self.catalogue().facts())
    }

    /// Whether a tool may run as a task; none if there is no such tool.
    pub(crate) fn task_support(&self, tool: &str) -> Option<TaskSupport> {
        self.catalogue().tool(tool).map(|tool| tool.task_support)
    }

    /// Checks the headers that repeat a call's arguments (SHM-13). `header` looks
    /// them up by their lower-case names.
    pub(crate) fn check_mirrors<'h>(
        &self,
        operation: &Operation,
        header: impl Fn(&str) -> Header<'h>,
    ) -> Result<(), Refusal> {
        let Operation::CallTool { name, arguments } = operation else {
            return Ok(());
        };
        let catalogue = self.catalogue();
        let mirrored = catalogue.tool(name).map(|tool| &*tool.mirrored);
        Mirrored::check(mirrored.unwrap_or_default(), arguments, header).map_err(Refusal::Header)
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        // What is behind the lock is replaced as a whole.
        let catalogue = self
            .catalogue
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&catalogue)
    }

    /// Carries one operation out. Dropping the future ends the work.
    pub async fn route(&self, operation: &Operation, invocation: Invocation) -> Outcome<Reply> {
        // A call ends with the catalogue it started with.
        let catalogue = &*self.catalogue();
        let outcome = match operation {
            Operation::ListTools { cursor } => whole_list(cursor.as_deref(), catalogue.tool_list()),
            Operation::ListPrompts { cursor } => {
                whole_list(cursor.as_deref(), catalogue.prompt_list())
            }
            Operation::ListTemplates { cursor } => {
                whole_list(cursor.as_deref(), catalogue.template_list())
            }
            Operation::CallTool { name, arguments } => {
                call_tool(catalogue, name, arguments, invocation).await
            }
            Operation::ListResources { cursor } => {
                list_resources(catalogue, cursor.as_deref(), invocation).await
            }
            Operation::ReadResource { uri } => read_resource(catalogue, uri, invocation).await,
            Operation::GetPrompt { name, arguments } => {
                get_prompt(catalogue, name, arguments, invocation).await
            }
            Operation::Complete {
                target,
                argument,
                value,
                context,
            } => {
                let request = CompletionRequest {
                    target,
                    argument,
                    value,
                    context,
                };
                complete(catalogue, request, invocation).await
            }
            // What the call itself does.
            Operation::Listen(_)
            | Operation::GetTask { .. }
            | Operation::AwaitTask { .. }
            | Operation::ListTasks { .. }
            | Operation::UpdateTask { .. }
            | Operation::CancelTask { .. } => {
                Err(Refusal::Internal("this is not for a plugin".to_owned()))
            }
        };
        outcome.unwrap_or_else(|refusal| Outcome::Complete(Reply::Refused(refusal)))
    }
}

/// What came of an operation.
type Routed = Result<Outcome<Reply>, Refusal>;

#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands where the other ends of an operation stand"
)]
fn done(reply: Reply) -> Routed {
    Ok(Outcome::Complete(reply))
}

async fn call_tool(
    catalogue: &Catalogue,
    name: &str,
    arguments: &Json,
    invocation: Invocation,
) -> Routed {
    let Some(tool) = catalogue.tool(name) else {
        return Err(Refusal::InvalidParams(format!("there is no tool `{name}`")));
    };
    // TOL-13: the model reads the complaint and can do better.
    if let Err(complaint) = tool.arguments.check(arguments) {
        let text = format!("Invalid arguments for `{name}`: {complaint}");
        return done(Reply::Tool(ToolResult::error(text)));
    }
    match tool.provider.call_tool(invocation, name, arguments).await {
        Ok(Outcome::Complete(result)) => {
            let checked = tool.checked(name, result);
            done(Reply::Tool(checked))
        }
        Ok(Outcome::InputRequired(input)) => Ok(Outcome::InputRequired(input)),
        Ok(Outcome::Deferred) => Ok(Outcome::Deferred),
        Err(fault) => tool_rescue(name, fault),
    }
}

/// A page from one plugin. Plugins that turn out to have nothing are skipped.
async fn list_resources(
    catalogue: &Catalogue,
    cursor: Option<&str>,
    invocation: Invocation,
) -> Routed {
    let mut at = match cursor {
        Some(text) => ResourceCursor::parse(text).ok_or_else(invalid_cursor)?,
        None => ResourceCursor::START,
    };
    let providers = catalogue.resource_providers();
    loop {
        let Some(provider) = providers.get(at.provider) else {
            return if at == ResourceCursor::START {
                done(Reply::Resources(ResourcePage {
                    resources: Vec::new(),
                    next: None,
                }))
            } else {
                Err(invalid_cursor())
            };
        };
        let listing = provider.list_resources(invocation.clone(), at.inner);
        let page = listing.await.map_err(rescue)?;
        let after = ResourceCursor {
            provider: at.provider + 1,
            inner: None,
        };
        let next = match &page.next {
            Some(inner) => Some(ResourceCursor {
                provider: at.provider,
                inner: Some(inner),
            }),
            None => (after.provider < providers.len()).then_some(after),
        };
        if page.resources.is_empty() && page.next.is_none() && next.is_some() {
            at = after;
            continue;
        }
        let next = next.map(|cursor| cursor.to_string());
        return done(Reply::Resources(ResourcePage { next, ..page }));
    }
}

/// Asks the likeliest plugin first, and goes on while they say they have no such
/// resource.
async fn read_resource(catalogue: &Catalogue, uri: &str, invocation: Invocation) -> Routed {
    for provider in catalogue.readers(uri) {
        match provider.read_resource(invocation.clone(), uri).await {
            Ok(Outcome::Complete(result)) => return done(Reply::Read(result)),
            Ok(Outcome::InputRequired(input)) => return Ok(Outcome::InputRequired(input)),
            Ok(Outcome::Deferred) => return Ok(Outcome::Deferred),
            Err(Fault::NotFound(_)) => {}
            Err(fault) => return Err(rescue(fault)),
        }
    }
    Err(Refusal::ResourceNotFound {
        uri: uri.to_owned(),
    })
}

async fn get_prompt(
    catalogue: &Catalogue,
    name: &str,
    arguments: &[(String, String)],
    invocation: Invocation,
) -> Routed {
    let Some(prompt) = catalogue.prompt(name) else {
        return Err(Refusal::InvalidParams(format!(
            "there is no prompt `{name}`"
        )));
    };
    prompt.check(arguments)?;
    match prompt
        .provider
        .get_prompt(invocation, name, arguments)
        .await
    {
        Ok(Outcome::Complete(result)) => done(Reply::Prompt(result)),
        Ok(Outcome::InputRequired(input)) => Ok(Outcome::InputRequired(input)),
        Ok(Outcome::Deferred) => Ok(Outcome::Deferred),
        Err(fault) => Err(rescue(fault)),
    }
}

/// CMP-4. A plugin that does not complete arguments has no suggestions.
async fn complete(
    catalogue: &Catalogue,
    request: CompletionRequest<'_>,
    invocation: Invocation,
) -> Routed {
    let provider = match request.target {
        CompletionTarget::Prompt(name) => {
            let prompt = catalogue
                .prompt(name)
                .ok_or_else(|| Refusal::InvalidParams(format!("there is no prompt `{name}`")))?;
            prompt.argument(request.argument)?;
            &prompt.provider
        }
        CompletionTarget::ResourceTemplate(template) => {
            catalogue.template(template).ok_or_else(|| {
                Refusal::InvalidParams(format!("there is no resource template `{template}`"))
            })?
        }
    };
    if !provider.description().completions {
        return done(Reply::Completion(Completion {
            values: Vec::new(),
            total: None,
            has_more: false,
        }));
    }
    let completion = provider
        .complete(invocation, request)
        .await
        .map_err(rescue)?;
    done(Reply::Completion(completion))
}

/// The lists of definitions have one page, so no cursor of theirs was ever given
/// out (PAG-2, PAG-3).
fn whole_list(cursor: Option<&str>, list: &Arc<wharf_mcp::DefinitionList>) -> Routed {
    match cursor {
        None => done(Reply::Definitions(Arc::clone(list))),
        Some(_) => Err(invalid_cursor()),
    }
}

fn invalid_cursor() -> Refusal {
    Refusal::InvalidParams("`cursor` is not one that this server gave out".to_owned())
}

impl ToolEntry {
    /// TOL-11: a result that breaks the tool's own promise is an error, and says
    /// so to whoever mends the plugin.
    fn checked(&self, name: &str, result: ToolResult) -> ToolResult {
        let Some(schema) = self.result.as_ref().filter(|_| !result.is_error) else {
            return result;
        };
        let complaint = match &result.structured {
            Some(structured) => schema.check(structured).err(),
            None => Some("it has no structured result".to_owned()),
        };
        let Some(complaint) = complaint else {
            return result;
        };
        let plugin = self.provider.name();
        let complaint = self.provider.without_secrets(&complaint);
        tracing::warn!(plugin, tool = name, %complaint, "a result breaks its output schema");
        ToolResult::error(format!(
            "The tool `{name}` returned a result that does not match its own output schema: \
             {complaint}"
        ))
    }
}

impl PromptEntry {
    /// PRM-3: what is required is there. Names that the prompt does not have are
    /// left to the plugin.
    fn check(&self, arguments: &[(String, String)]) -> Result<(), Refusal> {
        let given = |name: &str| arguments.iter().any(|(given, _)| given == name);
        let missing = self
            .definition
            .arguments
            .iter()
            .find(|wanted| wanted.required && !given(&wanted.name));
        missing.map_or(Ok(()), |argument| {
            Err(Refusal::InvalidParams(format!(
                "`arguments.{}` is missing",
                argument.name
            )))
        })
    }

    fn argument(&self, name: &str) -> Result<&PromptArgument, Refusal> {
        let found = self
            .definition
            .arguments
            .iter()
            .find(|argument| argument.name == name);
        found.ok_or_else(|| {
            Refusal::InvalidParams(format!(
                "the prompt `{}` has no argument `{name}`",
                self.definition.name
            ))
        })
    }
}

/// What a client hears of a fault in a tool: nearly always a result marked as an
/// error, which the model can read (TOL-13).
fn tool_rescue(name: &str, fault: Fault) -> Routed {
    match fault {
        Fault::InvalidParams(text) => done(Reply::Tool(ToolResult::error(format!(
            "Invalid arguments for `{name}`: {text}"
        )))),
        Fault::NotFound(text) => done(Reply::Tool(ToolResult::error(text))),
        Fault::Failed { plugin, failure } => done(Reply::Tool(ToolResult::error(format!(
            "The tool `{name}` of the plugin `{plugin}` failed: {failure}"
        )))),
        Fault::Busy { .. } => done(Reply::Tool(ToolResult::error(format!(
            "The tool `{name}` cannot be called now: {fault}"
        )))),
        // The plugin's own word that it is broken, not the tool's that it failed.
        Fault::Internal(_) | Fault::Host(_) => Err(rescue(fault)),
    }
}

/// What a client hears of a fault: the plugin's own words, the limit that was
/// reached, or that the server failed. The log hears the rest.
fn rescue(fault: Fault) -> Refusal {
    match fault {
        Fault::InvalidParams(text) | Fault::NotFound(text) => Refusal::InvalidParams(text),
        Fault::Internal(text) => Refusal::Internal(text),
        Fault::Failed { .. } | Fault::Busy { .. } => Refusal::Internal(fault.to_string()),
        Fault::Host(problem) => {
            tracing::error!(%problem, "a call failed for a reason of the host's own");
            Refusal::Internal("Internal error".to_owned())
        }
    }
}
