//! The running call.
//!
//! A [`Request`] is a handle that the host lends for one call: who is calling,
//! how much time is left, and what to tell the client meanwhile. Functions that
//! need none of this leave it out of their parameters.
//!
//! Everything a client says about itself is self-reported: good for display and
//! logs, never a basis for access. [`Request::principal`] is what the host has
//! established.
//!
//! Questions to the client's side are asked with [`Request::ask`], and long work is
//! put off with [`Request::defer`]; see [`crate::ask`].

use crate::bindings::imports::wharf::plugin::host as wit;
use crate::json;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

pub use wit::LogLevel;

#[cfg(not(target_arch = "wasm32"))]
use crate::testing::Handle;
/// What the host lends. Natively there is no host, and a stand-in takes its
/// place, so that plugins can be tested as plain Rust.
#[cfg(target_arch = "wasm32")]
use wit::Request as Handle;

/// A handle to the running call.
#[cfg_attr(target_arch = "wasm32", derive(ref_cast::RefCastCustom))]
#[repr(transparent)]
pub struct Request(pub(crate) Handle);

impl Request {
    #[cfg(target_arch = "wasm32")]
    #[ref_cast::ref_cast_custom]
    pub(crate) const fn wrap(handle: &Handle) -> &Self;

    /// The client, if it said who it is.
    pub fn client(&self) -> Option<Client> {
        self.0.client().map(|client| Client {
            name: client.name,
            version: client.version,
        })
    }

    /// Whether this client can be asked such a question in this call. Asking
    /// nevertheless ends the call with an error that says what is missing.
    pub fn can_ask(&self, kind: AskKind) -> bool {
        self.0.can_ask().contains(kind.flag())
    }

    /// The settings of a protocol extension that the client declared.
    pub fn client_extension(&self, id: &str) -> Option<Value> {
        self.0.client_extension(id).map(|text| json::value(&text))
    }

    /// On whose behalf the call is made.
    pub fn principal(&self) -> Principal {
        let principal = self.0.principal();
        Principal {
            subject: principal.subject,
            scopes: principal.scopes,
            claims: principal.claims,
        }
    }

    /// An entry of the request's `_meta` member, by its key.
    pub fn meta(&self, key: &str) -> Option<Value> {
        self.0.meta(key).map(|text| json::value(&text))
    }

    /// How long until the host ends this call. Long work should look now and
    /// then, and return what it has.
    pub fn time_left(&self) -> Duration {
        Duration::from_millis(self.0.time_left())
    }

    /// Whether the client no longer wants the result. The host ends cancelled
    /// calls by itself; this is for stopping at a tidy point.
    pub fn cancelled(&self) -> bool {
        self.0.cancelled()
    }

    /// Tells the client how far the work is, if it wants to know. The number
    /// must grow with every report.
    pub fn progress(&self, progress: f64, total: Option<f64>, message: Option<&str>) {
        self.0.progress(progress, total, message);
    }

    /// Announces that nothing will be said for about so long, before a long wait: no
    /// connection need be held open meanwhile, and a client that knows how to come
    /// back is asked to. A hint: nothing else about the call changes.
    pub fn silent_for(&self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.0.silent_for(ms);
    }

    /// Sends a message, any JSON value, to the client's log, if it wants this
    /// level, and to the host's. No secrets.
    pub fn log(&self, level: LogLevel, data: impl Into<Value>) {
        self.0.log(level, None, &data.into().to_string());
    }

    /// The same, under the name of a part of the plugin.
    pub fn log_as(&self, logger: &str, level: LogLevel, data: impl Into<Value>) {
        self.0.log(level, Some(logger), &data.into().to_string());
    }

    /// Logs details for debugging.
    pub fn debug(&self, data: impl Into<Value>) {
        self.log(LogLevel::Debug, data);
    }

    /// Logs normal operation.
    pub fn info(&self, data: impl Into<Value>) {
        self.log(LogLevel::Info, data);
    }

    /// Logs that something may be wrong.
    pub fn warning(&self, data: impl Into<Value>) {
        self.log(LogLevel::Warning, data);
    }

    /// Logs that something failed.
    pub fn error(&self, data: impl Into<Value>) {
        self.log(LogLevel::Error, data);
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").finish_non_exhaustive()
    }
}

/// The program at the other end, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// On whose behalf a call is made, as the host established it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Principal {
    /// A stable identifier. None where the operator asks for no identity, as on
    /// standard input and output.
    pub subject: Option<String>,
    /// What the principal was allowed to do.
    pub scopes: Vec<String>,
    /// What the operator lets plugins see, as name and JSON text.
    claims: Vec<(String, String)>,
}

impl Principal {
    /// Whether this scope was granted.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }

    /// A claim, if the operator lets plugins see it and it has this type.
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let (_, text) = self.claims.iter().find(|(claim, _)| claim == name)?;
        json::parse(text).ok()
    }

    /// The names of the claims that the operator lets plugins see.
    pub fn claim_names(&self) -> impl Iterator<Item = &str> {
        self.claims.iter().map(|(name, _)| name.as_str())
    }
}

/// A kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskKind {
    /// [`Form`](crate::ask::Form).
    Form,
    /// [`Visit`](crate::ask::Visit).
    Visit,
    /// [`Sampling`](crate::ask::Sampling).
    Sampling,
    /// The same with tools in it.
    SamplingTools,
    /// The same with context from other servers.
    SamplingContext,
    /// [`Roots`](crate::ask::Roots).
    Roots,
}

impl AskKind {
    pub(crate) fn flag(self) -> wit::AskKinds {
        match self {
            Self::Form => wit::AskKinds::FORM,
            Self::Visit => wit::AskKinds::URL,
            Self::Sampling => wit::AskKinds::SAMPLING,
            Self::SamplingTools => wit::AskKinds::SAMPLING_TOOLS,
            Self::SamplingContext => wit::AskKinds::SAMPLING_CONTEXT,
            Self::Roots => wit::AskKinds::ROOTS,
        }
    }
}
