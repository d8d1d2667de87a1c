//! Errors: how a call can end other than well.
//!
//! Four things can go wrong, and they are told to different listeners.
//!
//! - *The tool did not succeed*: a file is missing, a service said no. The model
//!   should read why and try something else, so this becomes a tool result that
//!   is marked as an error. It is what `?` makes of any [`std::error::Error`].
//! - *The call makes no sense*: [`Error::invalid_params`], [`Error::not_found`].
//! - *The plugin is broken*: [`Error::internal`].
//! - *Nothing went wrong*: the call waits for an answer, or is put off. Asking a
//!   question ends a call early, and in Rust ending early is `Err` and `?`. Such
//!   an error must be returned, never shown or swallowed; [`Error::is_pending`]
//!   tells.
//!
//! [`Error`] does not implement [`std::error::Error`], so that everything that
//! does can be converted into it.

use crate::bindings::imports::wharf::plugin::types as wit;
use crate::tool::ToolResult;
use std::fmt;

/// A result with the SDK's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call did not complete.
#[derive(Debug)]
pub struct Error(Box<Kind>);

/// What the host hears.
#[derive(Debug)]
pub(crate) enum Kind {
    /// The tool ran and did not succeed.
    Tool(ToolResult),
    /// The arguments are wrong.
    InvalidParams(String),
    /// There is no such thing.
    NotFound(String),
    /// The plugin failed.
    Internal(String),
    /// The call waits for answers.
    Pending(wit::InputRequired),
    /// The call is put off.
    Deferred,
}

impl Error {
    /// The tool ran and did not succeed; the text tells the model why.
    ///
    /// In a prompt or resource, which have no such notion, it is an
    /// [internal](Self::internal) error.
    pub fn tool(message: impl Into<String>) -> Self {
        ToolResult::text(message).error().into()
    }

    /// The arguments are wrong; the text says which and why.
    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidParams(message.into()))
    }

    /// There is no such tool, resource or prompt; the text names it.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(Kind::NotFound(what.into()))
    }

    /// The plugin failed. The client sees the text: no secrets in it.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal(message.into()))
    }

    /// Whether the call only waits, for an answer or for its turn in the background,
    /// and will be run again (see [`crate::ask`]).
    pub fn is_pending(&self) -> bool {
        matches!(*self.0, Kind::Pending(_) | Kind::Deferred)
    }

    /// Puts what was being done before the message: `reading notes: no such file`.
    #[must_use]
    pub fn context(self, doing: impl fmt::Display) -> Self {
        let with = |message: String| format!("{doing}: {message}");
        Self::new(match *self.0 {
            Kind::Tool(result) => Kind::Tool(ToolResult::text(with(result.to_text())).error()),
            Kind::InvalidParams(message) => Kind::InvalidParams(with(message)),
            Kind::NotFound(message) => Kind::NotFound(with(message)),
            Kind::Internal(message) => Kind::Internal(with(message)),
            pending @ (Kind::Pending(_) | Kind::Deferred) => pending,
        })
    }

    pub(crate) fn pending(pause: wit::InputRequired) -> Self {
        Self::new(Kind::Pending(pause))
    }

    pub(crate) fn deferred() -> Self {
        Self::new(Kind::Deferred)
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn kind(&self) -> &Kind {
        &self.0
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn into_kind(self) -> Kind {
        *self.0
    }

    fn new(kind: Kind) -> Self {
        Self(Box::new(kind))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Tool(result) => f.write_str(&result.to_text()),
            Kind::InvalidParams(message) | Kind::NotFound(message) | Kind::Internal(message) => {
                f.write_str(message)
            }
            Kind::Pending(_) => f.write_str("waiting for an answer"),
            Kind::Deferred => f.write_str("put off"),
        }
    }
}

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self::tool(message)
    }
}

/// A result that is marked as an error, with whatever content it has.
impl From<ToolResult> for Error {
    fn from(result: ToolResult) -> Self {
        Self::new(Kind::Tool(result.error()))
    }
}

/// Says what was being done when something failed.
///
/// ```
/// use wharf_sdk::prelude::*;
///
/// fn read(path: &str) -> Result<String> {
///     std::fs::read_to_string(path).context(path)
/// }
/// ```
pub trait Context<T> {
    /// Puts what was being done before the error's message.
    fn context(self, doing: impl fmt::Display) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|error| error.into().context(doing))
    }
}

impl<T> Context<T> for Option<T> {
    /// Makes `None` a tool error that says just this.
    fn context(self, doing: impl fmt::Display) -> Result<T> {
        self.ok_or_else(|| Error::tool(doing.to_string()))
    }
}

/// Returns early with a tool error: the tool ran and did not succeed.
///
/// ```
/// use wharf_sdk::prelude::*;
///
/// fn half(number: u32) -> Result<u32> {
///     if number % 2 == 1 {
///         bail!("{number} is odd");
///     }
///     Ok(number / 2)
/// }
/// ```
#[macro_export]
macro_rules! bail {
    ($($message:tt)*) => {
        return ::core::result::Result::Err($crate::Error::tool(::std::format!($($message)*)))
    };
}

#[cfg(test)]
mod tests {
    use super::{Context, Error, Result};
    use crate::testing::TestRequest;
    use std::fmt;

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no good")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn causes_are_told() {
        let error = Error::from(Outer("x".parse::<u8>().unwrap_err()));
        assert_eq!(error.to_string(), "no good: invalid digit found in string");
    }

    #[test]
    fn context_comes_first() {
        let result: Result<u8> = "x".parse::<u8>().context("reading");
        let said = result.unwrap_err().to_string();
        assert_eq!(said, "reading: invalid digit found in string");
        let said = Error::not_found("it").context("looking").to_string();
        assert_eq!(said, "looking: it");
        let said = None::<u8>.context("nothing there").unwrap_err().to_string();
        assert_eq!(said, "nothing there");
    }

    #[test]
    fn questions_and_what_is_put_off_are_pending() {
        assert!(!Error::tool("no").is_pending());
        let request = TestRequest::new().build();
        let waiting = request.ask(crate::ask::Roots::new("roots")).unwrap_err();
        assert!(waiting.is_pending());
        assert!(request.defer().context("later").unwrap_err().is_pending());
    }
}
