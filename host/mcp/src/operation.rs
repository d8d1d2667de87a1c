//! What clients want done.

use std::fmt;
use std::time::Duration;

use crate::model::{CompletionTarget, Json};

/// What a client wants done, without regard to how it said so.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// The tools.
    ListTools {
        /// Where to go on; none: at the start.
        cursor: Option<String>,
    },
    /// A tool's work.
    CallTool {
        /// Which.
        name: String,
        /// An object; `{}` if the client gave none.
        arguments: Json,
    },
    /// The resources.
    ListResources {
        /// Where to go on.
        cursor: Option<String>,
    },
    /// The resource templates.
    ListTemplates {
        /// Where to go on.
        cursor: Option<String>,
    },
    /// A resource's contents.
    ReadResource {
        /// Which.
        uri: String,
    },
    /// The prompts.
    ListPrompts {
        /// Where to go on.
        cursor: Option<String>,
    },
    /// A prompt, filled in.
    GetPrompt {
        /// Which.
        name: String,
        /// With what.
        arguments: Vec<(String, String)>,
    },
    /// Suggestions for an argument.
    Complete {
        /// What the argument belongs to.
        target: CompletionTarget,
        /// Its name.
        argument: String,
        /// What has been typed.
        value: String,
        /// Arguments settled already.
        context: Vec<(String, String)>,
    },
    /// To be told of changes, for as long as the request lives.
    Listen(Filter),
    /// How far a task is.
    GetTask {
        /// Which.
        id: String,
    },
    /// How a task ended, as soon as it has.
    AwaitTask {
        /// Which.
        id: String,
    },
    /// The caller's tasks.
    ListTasks {
        /// Where to go on.
        cursor: Option<String>,
    },
    /// Answers to a task's questions.
    UpdateTask {
        /// Which.
        id: String,
        /// The answers, by key, unread: only the task knows what it asked.
        answers: Vec<(String, Json)>,
    },
    /// A task to be given up.
    CancelTask {
        /// Which.
        id: String,
    },
}

/// Which changes a client wants to be told of (SUB-1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The list of tools.
    pub tools: bool,
    /// The list of prompts.
    pub prompts: bool,
    /// The lists of resources and templates.
    pub resources: bool,
    /// The resources with these URIs, and what is below them.
    pub uris: Vec<String>,
    /// The tasks with these identifiers.
    pub tasks: Vec<String>,
}

/// Whether a call may or should become a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskWish {
    /// The client cannot have tasks.
    Impossible,
    /// It could, and did not ask for one: only a tool that demands to be a task is
    /// refused for it (TKD-2).
    NotAsked,
    /// It asked for one, to be kept so long if it said so.
    Asked(Option<Duration>),
    /// It leaves the choice to us (TKE-1).
    Welcome,
}

/// In the client's words: the method, and what it is about.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ListTools { .. } => f.write_str("tools/list"),
            Self::CallTool { name, .. } => write!(f, "tools/call {name:?}"),
            Self::ListResources { .. } => f.write_str("resources/list"),
            Self::ListTemplates { .. } => f.write_str("resources/templates/list"),
            Self::ReadResource { uri } => write!(f, "resources/read {uri:?}"),
            Self::ListPrompts { .. } => f.write_str("prompts/list"),
            Self::GetPrompt { name, .. } => write!(f, "prompts/get {name:?}"),
            Self::Complete { argument, .. } => write!(f, "completion/complete {argument:?}"),
            Self::Listen(_) => f.write_str("subscriptions/listen"),
            Self::GetTask { id } => write!(f, "tasks/get {id:?}"),
            Self::AwaitTask { id } => write!(f, "tasks/result {id:?}"),
            Self::ListTasks { .. } => f.write_str("tasks/list"),
            Self::UpdateTask { id, .. } => write!(f, "tasks/update {id:?}"),
            Self::CancelTask { id } => write!(f, "tasks/cancel {id:?}"),
        }
    }
}
