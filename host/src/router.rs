//! From an operation to a reply: the only place that looks at which operation it
//! is.
//!
//! The router asks the catalogue who answers, checks arguments and results
//! against their schemas, and turns faults into what a client may hear
//! (`rescue`). It has never heard of ids, revisions or transports.

use std::sync::Arc;

use wharf_mcp::model::{
    AskKinds, Completion, CompletionTarget, Fault, InputRequired, Json, Outcome, PromptArgument,
    Question, ResourcePage, ToolResult,
};
use wharf_mcp::{Operation, Refusal, Reply, ServerFacts};

use crate::registry::{
    Catalogue, CompletionRequest, Invocation, PromptEntry, ResourceCursor, ToolEntry,
};

/// Carries operations out.
#[derive(Debug, Clone)]
pub struct Router {
    catalogue: Arc<Catalogue>,
}

impl Router {
    /// A router over this catalogue.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue }
    }

    /// What the server says about itself.
    pub fn facts(&self) -> &Arc<ServerFacts> {
        self.catalogue.facts()
    }

    /// Carries one operation out. Dropping the future ends the work.
    pub async fn route(&self, operation: &Operation, invocation: Invocation) -> Reply {
        let catalogue = &*self.catalogue;
        let outcome = match operation {
            Operation::ListTools { cursor } => whole_list(cursor.as_deref(), catalogue.tool_list()),
            Operation::ListPrompts { cursor } => {
                whole_list(cursor.as_deref(), catalogue.prompt_list())
            }
            Operation::ListTemplates { cursor } => {
                whole_list(cursor.as_deref(), catalogue.template_list())
            }
            Operation::CallTool { name, arguments } => {
                self.call_tool(name, arguments, invocation).await
            }
            Operation::ListResources { cursor } => {
                self.list_resources(cursor.as_deref(), invocation).await
            }
            Operation::ReadResource { uri } => self.read_resource(uri, invocation).await,
            Operation::GetPrompt { name, arguments } => {
                self.get_prompt(name, arguments, invocation).await
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
                self.complete(request, invocation).await
            }
        };
        outcome.unwrap_or_else(Reply::Refused)
    }

    async fn call_tool(
        &self,
        name: &str,
        arguments: &Json,
        invocation: Invocation,
    ) -> Result<Reply, Refusal> {
        let Some(tool) = self.catalogue.tool(name) else {
            return Err(Refusal::InvalidParams(format!("there is no tool `{name}`")));
        };
        // TOL-13: the model reads the complaint and can do better.
        if let Err(complaint) = tool.arguments.check(arguments) {
            let text = format!("Invalid arguments for `{name}`: {complaint}");
            return Ok(Reply::Tool(ToolResult::error(text)));
        }
        match tool.provider.call_tool(invocation, name, arguments).await {
            Ok(Outcome::Complete(result)) => Ok(Reply::Tool(tool.checked(name, result))),
            Ok(Outcome::InputRequired(asked)) => Err(cannot_ask(&asked, true)),
            Ok(Outcome::Deferred) => Err(deferred()),
            Err(fault) => tool_rescue(name, fault),
        }
    }

    /// A page from one plugin. Plugins that turn out to have nothing are skipped.
    async fn list_resources(
        &self,
        cursor: Option<&str>,
        invocation: Invocation,
    ) -> Result<Reply, Refusal> {
        let mut at = match cursor {
            Some(text) => ResourceCursor::parse(text).ok_or_else(invalid_cursor)?,
            None => ResourceCursor::START,
        };
        let providers = self.catalogue.resource_providers();
        loop {
            let Some(provider) = providers.get(at.provider) else {
                return if at == ResourceCursor::START {
                    Ok(Reply::Resources(ResourcePage {
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
            return Ok(Reply::Resources(ResourcePage { next, ..page }));
        }
    }

    /// Asks the likeliest plugin first, and goes on while they say they have no such
    /// resource.
    async fn read_resource(&self, uri: &str, invocation: Invocation) -> Result<Reply, Refusal> {
        for provider in self.catalogue.readers(uri) {
            match provider.read_resource(invocation.clone(), uri).await {
                Ok(Outcome::Complete(result)) => return Ok(Reply::Read(result)),
                Ok(Outcome::InputRequired(asked)) => return Err(cannot_ask(&asked, false)),
                Ok(Outcome::Deferred) => return Err(deferred()),
                Err(Fault::NotFound(_)) => {}
                Err(fault) => return Err(rescue(fault)),
            }
        }
        Err(Refusal::ResourceNotFound {
            uri: uri.to_owned(),
        })
    }

    async fn get_prompt(
        &self,
        name: &str,
        arguments: &[(String, String)],
        invocation: Invocation,
    ) -> Result<Reply, Refusal> {
        let Some(prompt) = self.catalogue.prompt(name) else {
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
            Ok(Outcome::Complete(result)) => Ok(Reply::Prompt(result)),
            Ok(Outcome::InputRequired(asked)) => Err(cannot_ask(&asked, false)),
            Ok(Outcome::Deferred) => Err(deferred()),
            Err(fault) => Err(rescue(fault)),
        }
    }

    /// CMP-4. A plugin that does not complete arguments has no suggestions.
    async fn complete(
        &self,
        request: CompletionRequest<'_>,
        invocation: Invocation,
    ) -> Result<Reply, Refusal> {
        let provider = match request.target {
            CompletionTarget::Prompt(name) => {
                let prompt = self.catalogue.prompt(name).ok_or_else(|| {
                    Refusal::InvalidParams(format!("there is no prompt `{name}`"))
                })?;
                prompt.argument(request.argument)?;
                &prompt.provider
            }
            CompletionTarget::ResourceTemplate(template) => {
                self.catalogue.template(template).ok_or_else(|| {
                    Refusal::InvalidParams(format!("there is no resource template `{template}`"))
                })?
            }
        };
        if !provider.description().completions {
            return Ok(Reply::Completion(Completion {
                values: Vec::new(),
                total: None,
                has_more: false,
            }));
        }
        let completion = provider
            .complete(invocation, request)
            .await
            .map_err(rescue)?;
        Ok(Reply::Completion(completion))
    }
}

/// The lists of definitions have one page, so no cursor of theirs was ever given
/// out (PAG-2, PAG-3).
fn whole_list(
    cursor: Option<&str>,
    list: &Arc<wharf_mcp::DefinitionList>,
) -> Result<Reply, Refusal> {
    match cursor {
        None => Ok(Reply::Definitions(Arc::clone(list))),
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

/// Nothing is put off yet.
fn deferred() -> Refusal {
    Refusal::Internal("calls cannot be put off here".to_owned())
}

/// What a client that cannot be asked is told it would have to support.
fn cannot_ask(asked: &InputRequired, tool: bool) -> Refusal {
    let mut kinds = AskKinds::default();
    for (_, question) in &asked.questions {
        match question {
            Question::Form { .. } => kinds.form = true,
            Question::Url { .. } => kinds.url = true,
            Question::Sampling(_) => kinds.sampling = true,
            Question::Roots => kinds.roots = true,
        }
    }
    Refusal::CannotAsk { kinds, tool }
}

/// What a client hears of a fault in a tool: nearly always a result marked as an
/// error, which the model can read (TOL-13).
fn tool_rescue(name: &str, fault: Fault) -> Result<Reply, Refusal> {
    match fault {
        Fault::InvalidParams(text) => Ok(Reply::Tool(ToolResult::error(format!(
            "Invalid arguments for `{name}`: {text}"
        )))),
        Fault::NotFound(text) | Fault::Internal(text) => Ok(Reply::Tool(ToolResult::error(text))),
        Fault::Failed { plugin, failure } => Ok(Reply::Tool(ToolResult::error(format!(
            "The tool `{name}` of the plugin `{plugin}` failed: {failure}"
        )))),
        Fault::Busy { .. } => Ok(Reply::Tool(ToolResult::error(format!(
            "The tool `{name}` cannot be called now: {fault}"
        )))),
        Fault::Host(_) => Err(rescue(fault)),
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
