//! Testing plugins as plain Rust, without a host.
//!
//! Tool and prompt functions are functions: a test calls them. Those that want a
//! [`Request`] get one from here, which knows what a test tells it and remembers
//! what the function said.
//!
//! ```
//! use wharf_sdk::prelude::*;
//! use wharf_sdk::testing::TestRequest;
//!
//! fn whoami(request: &Request) -> String {
//!     request.client().map_or("nobody".into(), |client| client.name)
//! }
//!
//! let request = TestRequest::new().client("editor", "1.0").build();
//! assert_eq!(whoami(&request), "editor");
//! ```
//!
//! [`call_tool`] and [`get_prompt`] go the whole way from arguments as JSON or
//! strings, which tests the argument type, too.
//!
//! This module exists on native targets only.

use crate::bindings::imports::wharf::plugin::{host as wit, types};
use crate::error::{Error, Kind, Result};
use crate::prompt::{PromptArguments, PromptFn, PromptResult};
use crate::request::{AskKind, LogLevel, Request};
use crate::tool::{Arguments, ToolFn, ToolResult};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

/// A request under construction.
#[must_use]
#[derive(Debug, Clone)]
pub struct TestRequest(Handle);

impl TestRequest {
    /// A request from nobody in particular, who can be asked anything.
    pub fn new() -> Self {
        Self(Handle {
            client: None,
            can_ask: wit::AskKinds::all(),
            extensions: Vec::new(),
            principal: wit::Principal {
                subject: None,
                scopes: Vec::new(),
                claims: Vec::new(),
            },
            meta: Vec::new(),
            time_left: Duration::from_mins(1),
            cancelled: false,
            answers: Vec::new(),
            state: None,
            deferred: false,
            said: RefCell::default(),
        })
    }

    /// From this client.
    pub fn client(mut self, name: &str, version: &str) -> Self {
        self.0.client = Some(wit::ClientInfo {
            name: name.to_owned(),
            version: version.to_owned(),
        });
        self
    }

    /// From a client that can only be asked such questions.
    pub fn can_ask(mut self, kinds: &[AskKind]) -> Self {
        self.0.can_ask = kinds.iter().map(|kind| kind.flag()).collect();
        self
    }

    /// From a client that declared a protocol extension.
    pub fn client_extension(mut self, id: &str, settings: impl Into<Value>) -> Self {
        let settings = settings.into().to_string();
        self.0.extensions.push((id.to_owned(), settings));
        self
    }

    /// On behalf of this subject.
    pub fn subject(mut self, subject: &str) -> Self {
        self.0.principal.subject = Some(subject.to_owned());
        self
    }

    /// On behalf of somebody who was granted this scope.
    pub fn scope(mut self, scope: &str) -> Self {
        self.0.principal.scopes.push(scope.to_owned());
        self
    }

    /// On behalf of somebody about whom this is claimed.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into().to_string();
        self.0.principal.claims.push((name.to_owned(), value));
        self
    }

    /// With this entry in its `_meta` member.
    pub fn meta(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.meta.push((key.to_owned(), value.into().to_string()));
        self
    }

    /// With so much time left.
    pub fn time_left(mut self, time: Duration) -> Self {
        self.0.time_left = time;
        self
    }

    /// No longer wanted by the client.
    pub fn cancelled(mut self) -> Self {
        self.0.cancelled = true;
        self
    }

    /// With a form filled in like this.
    pub fn filled_in(self, key: &str, form: impl Into<Value>) -> Self {
        self.answer(key, wit::Answer::Accepted(form.into().to_string()))
    }

    /// With a question declined.
    pub fn declined(self, key: &str) -> Self {
        self.answer(key, wit::Answer::Declined)
    }

    /// With a message from the model.
    pub fn sampled(self, key: &str, text: &str) -> Self {
        let content = serde_json::json!({ "type": "text", "text": text });
        let message = serde_json::json!({ "role": "assistant", "content": content });
        self.answer(key, wit::Answer::Sampled(message.to_string()))
    }

    /// With these folders, by their URIs.
    pub fn roots(self, key: &str, uris: &[&str]) -> Self {
        let root = |uri: &&str| wit::Root {
            uri: (*uri).to_owned(),
            name: None,
        };
        self.answer(key, wit::Answer::Roots(uris.iter().map(root).collect()))
    }

    /// In the run after one that ended with this error. After questions, the state
    /// that went with them is there, and the test adds their answers. After
    /// [`Request::defer`] it is the same request again, only that it was put off.
    pub fn after(mut self, pending: &Error) -> Self {
        match pending.kind() {
            Kind::Pending(pause) => self.0.state.clone_from(&pause.state),
            Kind::Deferred => self.0.deferred = true,
            Kind::Tool(_) | Kind::InvalidParams(_) | Kind::NotFound(_) | Kind::Internal(_) => {}
        }
        self
    }

    /// The request.
    pub fn build(self) -> Request {
        Request(self.0)
    }

    fn answer(mut self, key: &str, answer: wit::Answer) -> Self {
        self.0.answers.push((key.to_owned(), answer));
        self
    }
}

impl Default for TestRequest {
    fn default() -> Self {
        Self::new()
    }
}

/// Calls a tool function as the host does, with its arguments as JSON.
///
/// ```
/// use wharf_sdk::prelude::*;
/// use wharf_sdk::testing::{TestRequest, call_tool};
///
/// #[data]
/// struct Double {
///     number: i32,
/// }
///
/// /// Doubles a number.
/// #[tool]
/// fn double(args: Double) -> String {
///     (args.number * 2).to_string()
/// }
///
/// let request = TestRequest::new().build();
/// let result = call_tool::<double>(&request, json!({ "number": 21 }))?;
/// assert_eq!(result, ToolResult::text("42"));
/// # Ok::<(), Error>(())
/// ```
pub fn call_tool<T: ToolFn>(request: &Request, arguments: impl Into<Value>) -> Result<ToolResult> {
    T::call(request, &Arguments::new(arguments.into().to_string()))
}

/// Fills in a prompt function as the host does, with its arguments as strings.
pub fn get_prompt<P: PromptFn>(
    request: &Request,
    arguments: &[(&str, &str)],
) -> Result<PromptResult> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    P::get(request, &PromptArguments::new(arguments.iter().map(owned)))
}

/// What a call asks when it ends with this error, by key and in order.
///
/// ```
/// use wharf_sdk::prelude::*;
/// use wharf_sdk::testing::{Asked, TestRequest, asked};
///
/// let error = TestRequest::new().build().ask(Roots::new("folders")).unwrap_err();
/// assert_eq!(asked(&error), [("folders".to_owned(), Asked::Roots)]);
/// ```
pub fn asked(pending: &Error) -> Vec<(String, Asked)> {
    let Kind::Pending(pause) = pending.kind() else {
        return Vec::new();
    };
    let questions = pause.questions.iter();
    questions
        .map(|(key, question)| (key.clone(), Asked::from(question)))
        .collect()
}

/// Whether a call that ends with this error puts the rest off.
pub fn is_deferred(error: &Error) -> bool {
    matches!(error.kind(), Kind::Deferred)
}

/// Empties the [store](crate::store) of this thread. A test that has a thread of its
/// own, as those of Rust's test harness have, begins with an empty one.
pub fn empty_store() {
    crate::store::native::reset(true);
}

/// Takes away the [store](crate::store) of this thread, as if the operator had granted
/// none.
pub fn without_store() {
    crate::store::native::reset(false);
}

thread_local! {
    static CONFIG: RefCell<BTreeMap<String, String>> = RefCell::default();
}

/// Sets a value of the [configuration](crate::config) in this thread.
pub fn set_config(name: &str, value: &str) {
    CONFIG.with_borrow_mut(|config| config.insert(name.to_owned(), value.to_owned()));
}

pub(crate) fn configured() -> BTreeMap<String, String> {
    CONFIG.with_borrow(Clone::clone)
}

/// A question as it goes to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A form: why, and its JSON Schema.
    Form(String, Value),
    /// A visit: why, and where.
    Visit(String, String),
    /// A message from the model: the params of `sampling/createMessage`.
    Sampling(Value),
    /// The client's folders.
    Roots,
}

impl From<&types::Question> for Asked {
    fn from(question: &types::Question) -> Self {
        match question {
            types::Question::Form(form) => {
                Self::Form(form.message.clone(), crate::json::value(&form.schema))
            }
            types::Question::Url(visit) => Self::Visit(visit.message.clone(), visit.url.clone()),
            types::Question::Sampling(params) => Self::Sampling(crate::json::value(params)),
            types::Question::Roots => Self::Roots,
        }
    }
}

/// Something a call said before it ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// How far the work was.
    Progress(f64, Option<f64>, Option<String>),
    /// A log message.
    Log(LogLevel, Value),
    /// That nothing would be said for so long.
    Silence(Duration),
}

impl Request {
    /// What was said during the call, in order.
    pub fn said(&self) -> Vec<Said> {
        self.0.said.borrow().clone()
    }
}

/// Stands in for the host: has the methods that the generated handle has.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    client: Option<wit::ClientInfo>,
    can_ask: wit::AskKinds,
    extensions: Vec<(String, String)>,
    principal: wit::Principal,
    meta: Vec<(String, String)>,
    time_left: Duration,
    cancelled: bool,
    answers: Vec<(String, wit::Answer)>,
    state: Option<Vec<u8>>,
    deferred: bool,
    said: RefCell<Vec<Said>>,
}

impl Handle {
    pub(crate) fn client(&self) -> Option<wit::ClientInfo> {
        self.client.clone()
    }

    pub(crate) fn can_ask(&self) -> wit::AskKinds {
        self.can_ask
    }

    pub(crate) fn client_extension(&self, id: &str) -> Option<String> {
        find(&self.extensions, id)
    }

    pub(crate) fn principal(&self) -> wit::Principal {
        self.principal.clone()
    }

    pub(crate) fn meta(&self, key: &str) -> Option<String> {
        find(&self.meta, key)
    }

    pub(crate) fn time_left(&self) -> u64 {
        u64::try_from(self.time_left.as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn cancelled(&self) -> bool {
        self.cancelled
    }

    pub(crate) fn progress(&self, progress: f64, total: Option<f64>, message: Option<&str>) {
        let message = message.map(str::to_owned);
        self.say(Said::Progress(progress, total, message));
    }

    pub(crate) fn log(&self, level: LogLevel, _: Option<&str>, data: &str) {
        self.say(Said::Log(level, crate::json::value(data)));
    }

    pub(crate) fn answer(&self, key: &str) -> Option<wit::Answer> {
        find(&self.answers, key)
    }

    pub(crate) fn state(&self) -> Option<Vec<u8>> {
        self.state.clone()
    }

    pub(crate) fn deferred(&self) -> bool {
        self.deferred
    }

    pub(crate) fn silent_for(&self, ms: u64) {
        self.say(Said::Silence(Duration::from_millis(ms)));
    }

    fn say(&self, said: Said) {
        self.said.borrow_mut().push(said);
    }
}

fn find<T: Clone>(entries: &[(String, T)], key: &str) -> Option<T> {
    let (_, value) = entries.iter().find(|(name, _)| name == key)?;
    Some(value.clone())
}
