//! What there is to say to a call, and why there may be nothing.

use std::sync::Arc;

use crate::encode::DefinitionList;
use crate::jsonrpc::ErrorCode;
use crate::model::{AskKinds, Completion, PromptResult, ReadResult, ResourcePage, ToolResult};
use crate::revision::{Dialect, Era, Tasks};
use crate::task::{EXTENSION, Task, TaskEnd};
use crate::write::Writer;

/// What there is to say to a call.
#[derive(Debug)]
pub enum Reply {
    /// A list that was written out at load.
    Definitions(Arc<DefinitionList>),
    /// A page of resources.
    Resources(ResourcePage),
    /// A tool's result.
    Tool(ToolResult),
    /// A resource.
    Read(ReadResult),
    /// A prompt.
    Prompt(PromptResult),
    /// Suggestions.
    Completion(Completion),
    /// The end of what was listened to.
    Listened,
    /// The call goes on as a task.
    TaskCreated(Task),
    /// How far a task is.
    Task(Task),
    /// A page of tasks.
    Tasks {
        /// The tasks.
        tasks: Vec<Task>,
        /// What to ask for next; none: this was the last page.
        next: Option<String>,
    },
    /// What a task ended with, as if it had been a plain call (TKD-5).
    TaskEnd {
        /// Which task.
        task: Arc<str>,
        /// How it ended.
        end: Arc<TaskEnd>,
    },
    /// It has been noted.
    Acknowledged,
    /// No result.
    Refused(Refusal),
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The parameters make no sense; the text says why.
    InvalidParams(String),
    /// There is no such resource.
    ResourceNotFound {
        /// Which.
        uri: String,
    },
    /// The plugin has questions of a kind that this client cannot be asked.
    CannotAsk {
        /// Which kinds.
        kinds: AskKinds,
        /// Whether it was a tool that wanted to ask: a tool has a result to say so
        /// in, where the protocol has no better way.
        tool: bool,
    },
    /// The tool runs only as a task, which this client did not ask for or cannot
    /// have.
    TaskRequired {
        /// Which tool.
        tool: String,
    },
    /// The client asked for a task, which this tool is never run as (TKD-2).
    TaskForbidden {
        /// Which tool.
        tool: String,
    },
    /// The client uses tasks without saying that it knows the extension (TKE-9).
    TasksUndeclared,
    /// A header contradicts the arguments (SHM-13).
    Header(String),
    /// The server or a plugin failed; the text is fit for the client.
    Internal(String),
}

impl Reply {
    /// How the call went, in a word for the log.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Tool(result) if result.is_error => "tool error",
            Self::TaskCreated(_) => "task",
            Self::Refused(_) => "refused",
            Self::Definitions(_)
            | Self::Resources(_)
            | Self::Tool(_)
            | Self::Read(_)
            | Self::Prompt(_)
            | Self::Completion(_)
            | Self::Listened
            | Self::Task(_)
            | Self::Tasks { .. }
            | Self::TaskEnd { .. }
            | Self::Acknowledged => "served",
        }
    }
}

impl Refusal {
    /// Whether a tool's result could say it.
    pub(super) fn is_of_a_tool(&self) -> bool {
        matches!(
            self,
            Self::CannotAsk { tool: true, .. } | Self::TaskRequired { .. }
        )
    }

    /// Whether a legacy revision has an error for it.
    pub(super) fn has_a_code(&self, dialect: &Dialect) -> bool {
        matches!(self, Self::TaskRequired { .. }) && dialect.tasks == Tasks::Core
    }

    /// In words for the client.
    pub fn in_words(&self) -> String {
        match self {
            Self::InvalidParams(details) => format!("Invalid params: {details}"),
            Self::ResourceNotFound { uri } => format!("Resource not found: {uri}"),
            Self::CannotAsk { kinds, .. } => format!(
                "this needs a client that can be asked for {}",
                kinds.in_words()
            ),
            Self::TaskRequired { tool } => {
                format!("the tool `{tool}` runs only as a task, and was not asked to be one")
            }
            Self::TaskForbidden { tool } => format!("the tool `{tool}` does not run as a task"),
            Self::TasksUndeclared => {
                format!("this needs a client that declares the extension {EXTENSION}")
            }
            Self::Header(problem) => format!("Header mismatch: {problem}"),
            Self::Internal(message) => message.clone(),
        }
    }

    /// DSC-10 and ERR-1 for modern clients, DWN-10 for the others.
    pub(crate) fn code_and_message(&self, dialect: &Dialect) -> (ErrorCode, String) {
        let capability = match dialect.era {
            Era::Modern => ErrorCode::MISSING_CAPABILITY,
            Era::Legacy => ErrorCode::INTERNAL,
        };
        let code = match self {
            Self::InvalidParams(_) => ErrorCode::INVALID_PARAMS,
            Self::ResourceNotFound { .. } => dialect.resource_not_found,
            Self::CannotAsk { .. } | Self::TasksUndeclared => capability,
            Self::TaskRequired { .. } => match dialect.tasks {
                Tasks::Core => ErrorCode::METHOD_NOT_FOUND,
                Tasks::No | Tasks::Extension => capability,
            },
            Self::TaskForbidden { .. } => ErrorCode::METHOD_NOT_FOUND,
            Self::Header(_) => ErrorCode::HEADER_MISMATCH,
            Self::Internal(_) => ErrorCode::INTERNAL,
        };
        (code, self.in_words())
    }

    /// The members of `error.data`.
    pub(crate) fn write_data(&self, w: &mut Writer) {
        match self {
            Self::InvalidParams(details) => w.text_member("details", Some(details)),
            Self::ResourceNotFound { uri } => w.text_member("uri", Some(uri)),
            Self::CannotAsk { kinds, .. } => w
                .key("requiredCapabilities")
                .object(|w| write_capabilities(w, *kinds)),
            Self::TaskRequired { .. } | Self::TasksUndeclared => {
                w.key("requiredCapabilities").object(|w| {
                    w.key("extensions")
                        .object(|w| w.key(EXTENSION).object(|_| {}));
                });
            }
            Self::TaskForbidden { .. } | Self::Header(_) | Self::Internal(_) => {}
        }
    }
}

/// A `ClientCapabilities` object's members.
fn write_capabilities(w: &mut Writer, kinds: AskKinds) {
    if kinds.form || kinds.url {
        w.key("elicitation").object(|w| {
            if kinds.form {
                w.key("form").object(|_| {});
            }
            if kinds.url {
                w.key("url").object(|_| {});
            }
        });
    }
    if kinds.sampling || kinds.sampling_tools || kinds.sampling_context {
        w.key("sampling").object(|w| {
            if kinds.sampling_tools {
                w.key("tools").object(|_| {});
            }
            if kinds.sampling_context {
                w.key("context").object(|_| {});
            }
        });
    }
    if kinds.roots {
        w.key("roots").object(|_| {});
    }
}
