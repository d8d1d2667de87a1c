//! Prompts: texts that a person chooses, filled in and handed to the model.
//!
//! Most plugins write functions with [`#[prompt]`](macro@crate::prompt) and list
//! them in [`plugin!`](crate::plugin). A plugin that learns its prompts only when
//! it runs implements [`Prompts`] itself.
//!
//! The protocol gives a prompt nothing but strings. A prompt function may ask
//! for numbers, booleans and enums all the same; see [`PromptArguments`].
//!
//! Filling in may ask questions (see [`crate::ask`]); listing may not.

mod arguments;
mod definition;
mod result;
#[cfg(test)]
mod tests;

pub use arguments::PromptArguments;
pub use definition::{Prompt, PromptArgument};
pub use result::{IntoPrompt, Message, PromptResult};

use crate::error::{Error, Result};
use crate::request::Request;
use std::fmt;

/// The prompts of a plugin.
///
/// ```
/// use wharf_sdk::prelude::*;
///
/// /// Prompts whose names are known only at run time.
/// struct Topics;
///
/// impl Prompts for Topics {
///     fn list(&self) -> Result<Vec<Prompt>> {
///         Ok(vec![Prompt::new("rust").description("Explains Rust.")])
///     }
///
///     fn get(&self, _: &Request, name: &str, _: &PromptArguments) -> Result<PromptResult> {
///         match name {
///             "rust" => Ok(Message::user("What is Rust?").into()),
///             other => Err(Error::not_found(other)),
///         }
///     }
/// }
///
/// plugin!(prompts: Topics);
/// ```
pub trait Prompts {
    /// The prompts, in the order clients should see them. Called when the plugin
    /// is loaded.
    fn list(&self) -> Result<Vec<Prompt>>;

    /// Fills in a prompt. The host has checked that its required arguments are
    /// there.
    fn get(
        &self,
        request: &Request,
        name: &str,
        arguments: &PromptArguments,
    ) -> Result<PromptResult>;
}

/// A prompt that is a function. Implemented by [`#[prompt]`](macro@crate::prompt).
pub trait PromptFn {
    /// Its identifier.
    const NAME: &'static str;

    /// The prompt as clients see it.
    fn definition() -> Prompt;

    /// Fills it in.
    fn get(request: &Request, arguments: &PromptArguments) -> Result<PromptResult>;
}

/// Prompts that are functions, as [`plugin!`](crate::plugin) lists them.
#[doc(hidden)]
#[derive(Debug)]
pub struct PromptFns(pub &'static [PromptEntry]);

/// One of these functions.
#[doc(hidden)]
pub struct PromptEntry {
    name: &'static str,
    definition: fn() -> Prompt,
    get: fn(&Request, &PromptArguments) -> Result<PromptResult>,
}

impl PromptEntry {
    /// The entry of a function.
    pub const fn of<T: PromptFn>() -> Self {
        Self {
            name: T::NAME,
            definition: T::definition,
            get: T::get,
        }
    }
}

impl fmt::Debug for PromptEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Prompts for PromptFns {
    fn list(&self) -> Result<Vec<Prompt>> {
        Ok(self.0.iter().map(|prompt| (prompt.definition)()).collect())
    }

    fn get(
        &self,
        request: &Request,
        name: &str,
        arguments: &PromptArguments,
    ) -> Result<PromptResult> {
        match self.0.iter().find(|prompt| prompt.name == name) {
            Some(prompt) => (prompt.get)(request, arguments),
            None => Err(Error::not_found(name)),
        }
    }
}
