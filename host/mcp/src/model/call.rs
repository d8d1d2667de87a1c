//! One call: who asks, what comes back, what can go wrong.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Content, Json, Resource, ResourceContents, Role};

/// Everything about a call that is not its target and arguments.
///
/// Legacy requests fill it from their session, modern ones from their `_meta`;
/// behind this type the eras look alike.
#[derive(Debug, Clone, Default)]
pub struct CallContext {
    /// The client, if it said who it is. For display only (SEC-4).
    pub client: Option<Arc<ClientInfo>>,
    /// What this client can be asked in this call.
    pub can_ask: AskKinds,
    /// Settings of the protocol extensions that the client declared, by identifier.
    pub extensions: Arc<BTreeMap<String, Json>>,
    /// On whose behalf.
    pub principal: Arc<Principal>,
    /// The request's `_meta` object as it came.
    pub meta: Option<Json>,
    /// Answers to the questions of the round before, by key.
    pub answers: BTreeMap<String, Answer>,
    /// The plugin's own state from the round before.
    pub state: Option<Vec<u8>>,
    /// The call runs as a task, in the background.
    pub in_task: bool,
    /// The run before this one ended with [`Outcome::Deferred`].
    pub deferred: bool,
}

/// The program at the other end, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The kinds of question a client can be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "six independent facts, mirrored from the plugin contract's flags"
)]
pub struct AskKinds {
    /// Forms.
    pub form: bool,
    /// Visits to a web page.
    pub url: bool,
    /// Messages from the client's model.
    pub sampling: bool,
    /// The same, with tools.
    pub sampling_tools: bool,
    /// The same, with context from other servers.
    pub sampling_context: bool,
    /// The folders the client works in.
    pub roots: bool,
}

/// On whose behalf a call is made, as the host established it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal {
    /// A stable identifier; none where the operator asks for no identity.
    pub subject: Option<String>,
    /// What the principal was allowed to do.
    pub scopes: Vec<String>,
    /// Claims that plugins may see. Never a token (AUT-6).
    pub claims: Vec<(String, Json)>,
}

/// How serious a log message is, mildest first (LOG-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Details for debugging.
    Debug,
    /// Normal operation.
    Info,
    /// Normal, but worth noticing.
    Notice,
    /// Something may be wrong.
    Warning,
    /// Something failed.
    Error,
    /// A component is not working.
    Critical,
    /// Somebody must act at once.
    Alert,
    /// The system is unusable.
    Emergency,
}

/// What a running call says before it ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// How far the work is.
    Progress {
        /// Increases with every report.
        progress: f64,
        /// What it will be at the end, if known.
        total: Option<f64>,
        /// What is being done.
        message: Option<String>,
    },
    /// A message for the client's log.
    Log {
        /// How serious.
        level: LogLevel,
        /// Who in the plugin says it.
        logger: Option<String>,
        /// What.
        data: Json,
    },
    /// Nothing will be said for about so long: whoever holds a connection open for
    /// this call may let go of it, if its client knows how to come back.
    Silence {
        /// How long.
        lasts: Duration,
    },
}

/// How a call ends that may ask the client something.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    /// With its result.
    Complete(T),
    /// With questions.
    InputRequired(InputRequired),
    /// Not yet: what is left takes long. It is to be run again, with the same
    /// answers and state, as a task if the client can have one.
    Deferred,
}

/// Questions, and what the plugin wants to remember.
#[derive(Debug, Clone, PartialEq)]
pub struct InputRequired {
    /// The questions by key, in order, keys unique.
    pub questions: Vec<(String, Question)>,
    /// Opaque to everybody but the plugin.
    pub state: Option<Vec<u8>>,
}

/// Something only the client's side can answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// A form for the person.
    Form {
        /// Why.
        message: String,
        /// The form as a JSON Schema.
        schema: Json,
    },
    /// A web page to visit.
    Url {
        /// Why.
        message: String,
        /// Where.
        url: String,
    },
    /// A message to be written by the client's model: params of
    /// `sampling/createMessage`.
    Sampling(Json),
    /// The folders the client works in.
    Roots,
}

/// What came back for a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The form, filled in; `{}` for a page.
    Accepted(Json),
    /// The person said no.
    Declined,
    /// The person closed the question.
    Dismissed,
    /// The model's message: result of `sampling/createMessage`.
    Sampled(Json),
    /// The client's folders.
    Roots(Vec<Root>),
    /// The client could not answer.
    Failed(String),
}

/// A folder the client works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// A `file:` URI.
    pub uri: String,
    /// A name for people.
    pub name: Option<String>,
}

/// What a tool has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult {
    /// For the model and the person.
    pub content: Vec<Content>,
    /// For programs.
    pub structured: Option<Json>,
    /// The tool ran and did not succeed.
    pub is_error: bool,
    /// The `_meta` object.
    pub meta: Option<Json>,
}

/// What reading a resource gives.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadResult {
    /// The contents.
    pub contents: Vec<ResourceContents>,
    /// For how long a client may keep it.
    pub ttl: Option<Duration>,
    /// The `_meta` object.
    pub meta: Option<Json>,
}

/// A page of resources.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourcePage {
    /// The resources.
    pub resources: Vec<Resource>,
    /// What to ask for next; none: this was the last page.
    pub next: Option<String>,
}

/// A prompt, filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptResult {
    /// What it is.
    pub description: Option<String>,
    /// The conversation.
    pub messages: Vec<PromptMessage>,
    /// The `_meta` object.
    pub meta: Option<Json>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptMessage {
    /// Who is to have said it.
    pub role: Role,
    /// What.
    pub content: Content,
}

/// What an argument that is to be completed belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompletionTarget {
    /// A prompt, by name.
    Prompt(String),
    /// A resource template, by its URI template.
    ResourceTemplate(String),
}

/// Suggestions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Best first.
    pub values: Vec<String>,
    /// How many there are in all.
    pub total: Option<u32>,
    /// There are more than these.
    pub has_more: bool,
}

/// Why a call has no outcome.
///
/// The first three are the plugin's own words to the caller. The others are the
/// host's findings; what the caller hears of them is decided in one place, the
/// router.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The plugin refuses the arguments.
    #[error("invalid arguments: {0}")]
    InvalidParams(String),
    /// The plugin has no such thing.
    #[error("not found: {0}")]
    NotFound(String),
    /// The plugin says it failed.
    #[error("the plugin failed: {0}")]
    Internal(String),
    /// The plugin broke down or overstepped a limit.
    #[error("plugin `{plugin}` failed: {failure}")]
    Failed {
        /// Which plugin.
        plugin: Arc<str>,
        /// How.
        failure: Failure,
    },
    /// There is no room for the call now; there may be later.
    #[error("plugin `{plugin}` is busy: {why}")]
    Busy {
        /// Which plugin.
        plugin: Arc<str>,
        /// What there is too much of.
        why: Busy,
    },
    /// The host itself failed. The text is for the log only.
    #[error("the host failed: {0}")]
    Host(String),
}

/// Why a call cannot be made now. `Display` is one line, fit for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
    /// Calls of this plugin are running, and others wait already or have waited in
    /// vain.
    #[error("{limit} calls are running already")]
    Calls {
        /// How many may run at once.
        limit: usize,
    },
    /// The same for calls of this session, which run one after the other.
    #[error("another call of this session is still running")]
    Session,
    /// Calls of other plugins have taken all the room there is.
    #[error("there is room for {limit} instances of all plugins together, and none is free")]
    Slots {
        /// How many instances there may be.
        limit: u32,
    },
    /// It has been called too often of late.
    #[error(
        "it may be called {} a second; try again in {} ms",
        times(*.per_second),
        .wait.as_millis().max(1)
    )]
    Rate {
        /// How often it may be called.
        per_second: u32,
        /// When a call would be accepted, if nobody else calls first.
        wait: Duration,
    },
}

/// How a plugin broke down. `Display` is one line, fit for a client: it names the
/// limit, and holds no backtrace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It trapped; `message` is its panic message or the kind of trap.
    #[error("it crashed: {message}")]
    Trap {
        /// One line.
        message: String,
    },
    /// It did not finish in time.
    #[error("it did not finish within {} s", .after.as_secs_f64())]
    Deadline {
        /// The time it was given.
        after: Duration,
    },
    /// It computed for too long.
    #[error("it used more than its {} s of processor time", .limit.as_secs_f64())]
    Cpu {
        /// The processor time it was given.
        limit: Duration,
    },
    /// It held too many things of the host at once.
    #[error("it held more than {limit} handles at once, of files, streams and the like")]
    Handles {
        /// How many it may hold.
        limit: usize,
    },
    /// It wanted more memory than it may have.
    #[error("it needed more than its {} MiB of memory", .limit >> 20)]
    Memory {
        /// Bytes.
        limit: usize,
    },
    /// Its result was too large.
    #[error("its result was larger than {} MiB", .limit >> 20)]
    OutputTooLarge {
        /// Bytes.
        limit: usize,
    },
    /// What it returned makes no sense; the text says what and why.
    #[error("it returned {0}")]
    BadOutput(String),
}

/// How often, in words.
fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}

impl LogLevel {
    /// All levels, mildest first.
    pub const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    /// The protocol's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }

    /// Reads the protocol's word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }
}

impl ToolResult {
    /// A result that says in one text why the tool did not succeed.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            content: vec![Content::text(text)],
            structured: None,
            is_error: true,
            meta: None,
        }
    }
}

impl AskKinds {
    /// The kinds that are in either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            form: self.form || other.form,
            url: self.url || other.url,
            sampling: self.sampling || other.sampling,
            sampling_tools: self.sampling_tools || other.sampling_tools,
            sampling_context: self.sampling_context || other.sampling_context,
            roots: self.roots || other.roots,
        }
    }

    /// The kinds that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            form: self.form && !other.form,
            url: self.url && !other.url,
            sampling: self.sampling && !other.sampling,
            sampling_tools: self.sampling_tools && !other.sampling_tools,
            sampling_context: self.sampling_context && !other.sampling_context,
            roots: self.roots && !other.roots,
        }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The kinds in words, for messages.
    pub fn in_words(self) -> String {
        let words: Vec<&str> = [
            (self.form, "a form"),
            (self.url, "a visit to a web page"),
            (self.sampling, "a message from its model"),
            (
                self.sampling_tools,
                "a message from its model that uses tools",
            ),
            (
                self.sampling_context,
                "a message from its model with context",
            ),
            (self.roots, "its folders"),
        ]
        .into_iter()
        .filter_map(|(needed, word)| needed.then_some(word))
        .collect();
        words.join(" and ")
    }
}
