//! From the host's calls to the plugin's traits.
//!
//! Whatever [has a part](crate::plugin) has the exports of that part. The
//! functions here convert what the host hands over, call the plugin, and sort
//! out how the call ended. Nothing is kept between calls.

use crate::bindings::completions::exports::wharf::plugin::completions;
use crate::bindings::imports::wharf::plugin::host::Request as Handle;
use crate::bindings::imports::wharf::plugin::types;
use crate::bindings::permissions::exports::wharf::plugin::permissions;
use crate::bindings::prompts::exports::wharf::plugin::prompts;
use crate::bindings::resources::exports::wharf::plugin::resources;
use crate::bindings::tools::exports::wharf::plugin::tools;
use crate::completion::{Completions, Typing};
use crate::error::{Error, Kind};
use crate::permission::Permissions;
use crate::plugin::{HasCompletions, HasPermissions, HasPrompts, HasResources, HasTools};
use crate::prompt::{PromptArguments, Prompts};
use crate::request::Request;
use crate::resource::Resources;
use crate::tool::{Arguments, Tools};

type ToHost<T> = Result<T, types::Error>;

impl<P: HasTools> tools::Guest for P {
    fn list_tools() -> ToHost<Vec<tools::Tool>> {
        let tools = P::part().list().map_err(to_host)?;
        Ok(tools.into_iter().map(|tool| tool.0).collect())
    }

    fn call_tool(request: &Handle, name: String, arguments: String) -> ToHost<tools::ToolOutcome> {
        let arguments = Arguments::new(arguments);
        match P::part().call(Request::wrap(request), &name, &arguments) {
            Ok(result) => Ok(tools::ToolOutcome::Complete(result.0)),
            Err(error) => match error.into_kind() {
                Kind::Tool(result) => Ok(tools::ToolOutcome::Complete(result.0)),
                Kind::Pending(pause) => Ok(tools::ToolOutcome::InputRequired(pause)),
                Kind::Deferred => Ok(tools::ToolOutcome::Deferred),
                kind @ (Kind::InvalidParams(_) | Kind::NotFound(_) | Kind::Internal(_)) => {
                    Err(kind.into())
                }
            },
        }
    }
}

impl<P: HasResources> resources::Guest for P {
    fn list_resources(request: &Handle, cursor: Option<String>) -> ToHost<resources::ResourcePage> {
        let page = P::part().list(Request::wrap(request), cursor.as_deref());
        Ok(page.map_err(to_host)?.0)
    }

    fn list_templates() -> ToHost<Vec<resources::ResourceTemplate>> {
        let templates = P::part().templates().map_err(to_host)?;
        Ok(templates.into_iter().map(|template| template.0).collect())
    }

    fn read_resource(request: &Handle, uri: String) -> ToHost<resources::ReadOutcome> {
        match P::part().read(Request::wrap(request), &uri) {
            Ok(result) => Ok(resources::ReadOutcome::Complete(result.0)),
            Err(error) => pause(error).map(resources::ReadOutcome::InputRequired),
        }
    }
}

impl<P: HasPrompts> prompts::Guest for P {
    fn list_prompts() -> ToHost<Vec<prompts::Prompt>> {
        let prompts = P::part().list().map_err(to_host)?;
        Ok(prompts.into_iter().map(|prompt| prompt.0).collect())
    }

    fn get_prompt(
        request: &Handle,
        name: String,
        arguments: Vec<(String, String)>,
    ) -> ToHost<prompts::PromptOutcome> {
        let arguments = PromptArguments::new(arguments);
        match P::part().get(Request::wrap(request), &name, &arguments) {
            Ok(result) => Ok(prompts::PromptOutcome::Complete(result.0)),
            Err(error) => pause(error).map(prompts::PromptOutcome::InputRequired),
        }
    }
}

impl<P: HasCompletions> completions::Guest for P {
    fn complete(
        request: &Handle,
        target: completions::CompletionTarget,
        argument: String,
        value: String,
        context: Vec<(String, String)>,
    ) -> ToHost<completions::Completion> {
        let typing = Typing {
            target,
            argument,
            value,
            context,
        };
        let completion = P::part().complete(Request::wrap(request), &typing);
        Ok(completion.map_err(to_host)?.0)
    }
}

impl<P: HasPermissions> permissions::Guest for P {
    fn list_permissions() -> ToHost<Vec<permissions::Permission>> {
        let asked = P::part().list();
        Ok(asked.into_iter().map(|permission| permission.0).collect())
    }
}

fn pause(error: Error) -> ToHost<types::InputRequired> {
    match error.into_kind() {
        Kind::Pending(pause) => Ok(pause),
        kind @ (Kind::Tool(_)
        | Kind::InvalidParams(_)
        | Kind::NotFound(_)
        | Kind::Internal(_)
        | Kind::Deferred) => Err(kind.into()),
    }
}

fn to_host(error: Error) -> types::Error {
    error.into_kind().into()
}

/// The error where nothing else is an answer: no tool's failure, no question.
impl From<Kind> for types::Error {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Tool(result) => Self::Internal(result.to_text()),
            Kind::InvalidParams(message) => Self::InvalidParams(message),
            Kind::NotFound(what) => Self::NotFound(what),
            Kind::Internal(message) => Self::Internal(message),
            Kind::Pending(_) => Self::Internal("questions cannot be asked here".to_owned()),
            Kind::Deferred => Self::Internal("only tools can be put off".to_owned()),
        }
    }
}
