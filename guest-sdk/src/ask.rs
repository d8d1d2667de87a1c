//! Calls of more than one run: asking the client's side (a person, the language
//! model, or the client itself), and putting long work off.
//!
//! ```
//! use wharf_sdk::prelude::*;
//!
//! #[data]
//! struct Confirmation {
//!     /// Delete it for good?
//!     sure: bool,
//! }
//!
//! /// Deletes a note after asking.
//! #[tool(destructive)]
//! fn delete(request: &Request) -> Result<&'static str> {
//!     let form = Form::<Confirmation>::new("confirm", "This cannot be undone.");
//!     if request.ask(form)?.sure {
//!         Ok("Deleted.")
//!     } else {
//!         Ok("Kept.")
//!     }
//! }
//! # plugin!(tools: [delete]);
//! ```
//!
//! # The function runs again
//!
//! No call is held while a person thinks. [`Request::ask`] returns `Err` the
//! first time, `?` ends the function, and the host puts the question to the
//! client. When the answer is there, the host calls **the same function from its
//! beginning** with the same arguments, and this time [`Request::ask`] returns
//! `Ok`. So:
//!
//! - what comes before a question happens again: do what changes the world after
//!   the last question, and keep what was expensive with
//!   [`Request::ask_keeping`];
//! - ask under the same key for the same thing, and under another key for
//!   another thing: keys name answers within the whole call;
//! - return the error, do not handle it. [`Error::is_pending`] is for code that
//!   has to look at errors in passing.
//!
//! Answers stay: the SDK carries those of earlier rounds, and the state the
//! plugin keeps, from round to round. Together they may be up to 64 KiB. The
//! host seals them, so clients can neither read nor change them.
//!
//! # Several at once
//!
//! A tuple of questions is put together and gives a tuple of answers; it saves
//! rounds. When some are answered and some are not, only the rest is asked again. An
//! `Option` of a question is asked if it is there, for what only
//! [some clients](Request::can_ask) can be asked.
//!
//! # When the answer is no
//!
//! `ask` gives the answer itself. If there is none, because the person declined
//! or the client failed, the call ends with a tool error that says so. To decide
//! otherwise, ask for the [`reply`](Question::reply).
//!
//! # Long work
//!
//! A tool that is declared with `task = "optional"` or `task = "required"` runs in
//! the background, as a task, from its beginning if its client can have tasks. A
//! tool that has to ask first, or that takes long only sometimes, decides when it
//! runs: [`Request::defer`] puts off what follows.
//!
//! ```
//! use wharf_sdk::prelude::*;
//!
//! #[data]
//! struct Order {
//!     /// How many pages?
//!     pages: u32,
//! }
//!
//! /// Prints something.
//! #[tool]
//! fn print(request: &Request) -> Result<String> {
//!     let order = request.ask(Form::<Order>::new("order", "What shall I print?"))?;
//!     if order.pages > 100 {
//!         request.defer()?;
//!     }
//!     // … slow work …
//!     Ok(format!("Printed {} pages.", order.pages))
//! }
//! # plugin!(tools: [print]);
//! ```
//!
//! It works like a question: it returns `Err` the first time, `?` ends the function,
//! and the host calls it again **from its beginning**, in the background if the client
//! can have a task, else right away. Arguments, answers and state are the same again,
//! so every `ask` before it returns `Ok` as before, and `defer` returns `Ok`, too.
//! The rules above hold: what comes before it happens again. Prompts and resources
//! cannot be put off.

mod form;
mod memory;
mod plain;
mod question;
mod sampling;
#[cfg(test)]
mod tests;

pub use form::Form;
pub use memory::Root;
pub use plain::{Roots, Visit};
pub use question::{Ask, Question, Replied, Reply};
pub use sampling::{Sampled, Sampling};

use crate::bindings::imports::wharf::plugin::types as wit;
use crate::error::{Error, Result};
use crate::request::Request;
use memory::Memory;
use question::Round;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

impl Request {
    /// Asks a question, or a tuple of them, and gives the answer, or the tuple.
    ///
    /// The first time this returns an error to pass on with `?`; when the answer
    /// is there, the function runs again. See [`crate::ask`].
    pub fn ask<Q: Ask>(&self, question: Q) -> Result<Q::Answer> {
        self.put(question, || Ok(None))
    }

    /// Asks, and keeps some state for the rounds that follow, where
    /// [`Request::state`] has it. Without this, state kept earlier stays.
    pub fn ask_keeping<Q: Ask>(&self, question: Q, state: &impl Serialize) -> Result<Q::Answer> {
        self.put(question, || {
            serde_json::to_value(state)
                .map(Some)
                .map_err(|error| Error::internal(format!("the state is not JSON: {error}")))
        })
    }

    /// The state that was kept with an earlier question. None in the first round.
    pub fn state<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        let Some(own) = Memory::of(self)?.own else {
            return Ok(None);
        };
        serde_json::from_value(own)
            .map(Some)
            .map_err(|error| Error::internal(format!("the state is of another type: {error}")))
    }

    /// Puts off what follows, because it takes long: in the background, as a task, if
    /// the client can have one.
    ///
    /// The first time this returns an error to pass on with `?`; then the function
    /// runs again, and this is `Ok`. In tools only. See [`crate::ask`].
    pub fn defer(&self) -> Result<()> {
        if self.deferred() {
            Ok(())
        } else {
            Err(Error::deferred())
        }
    }

    /// Whether this call was put off and is to be done now.
    pub fn deferred(&self) -> bool {
        self.0.deferred()
    }

    fn put<Q: Ask>(
        &self,
        question: Q,
        own: impl FnOnce() -> Result<Option<Value>>,
    ) -> Result<Q::Answer> {
        let mut round = Round::new(self, Memory::of(self)?);
        if let Some(answer) = question.settle(&mut round)? {
            return Ok(answer);
        }
        let (mut memory, questions) = round.into_parts();
        memory.own = own()?.or(memory.own);
        Err(Error::pending(wit::InputRequired {
            state: Some(memory.into_bytes(&questions)?),
            questions,
        }))
    }
}
