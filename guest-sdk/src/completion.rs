//! Completions: suggestions while a person types an argument.
//!
//! A function with [`#[completion]`](macro@crate::completion) completes one
//! argument of one prompt or resource template; [`plugin!`](crate::plugin) lists
//! these functions. A plugin that decides by itself what completes what
//! implements [`Completions`].
//!
//! An argument that nothing completes gets no suggestions, which is no error.

use crate::bindings::completions::exports::wharf::plugin::completions as wit;
use crate::error::{Error, Result};
use crate::request::Request;
use std::fmt;

/// The completions of a plugin.
pub trait Completions {
    /// Completes an argument.
    fn complete(&self, request: &Request, typing: &Typing) -> Result<Completion>;
}

/// A function that completes one argument. Implemented by
/// [`#[completion]`](macro@crate::completion).
pub trait CompletionFn {
    /// What the argument belongs to.
    const TARGET: Target<'static>;

    /// The argument's name.
    const ARGUMENT: &'static str;

    /// Completes it.
    fn complete(request: &Request, typing: &Typing) -> Result<Completion>;
}

/// What a completed argument belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A prompt, by name.
    Prompt(&'a str),
    /// A resource template, by its URI template.
    Template(&'a str),
}

/// A person typing an argument.
#[derive(Debug, Clone)]
pub struct Typing {
    pub(crate) target: wit::CompletionTarget,
    pub(crate) argument: String,
    pub(crate) value: String,
    pub(crate) context: Vec<(String, String)>,
}

impl Typing {
    /// This much of an argument, typed.
    pub fn new(target: Target<'_>, argument: impl Into<String>, value: impl Into<String>) -> Self {
        let target = match target {
            Target::Prompt(name) => wit::CompletionTarget::Prompt(name.to_owned()),
            Target::Template(uri) => wit::CompletionTarget::ResourceTemplate(uri.to_owned()),
        };
        Self {
            target,
            argument: argument.into(),
            value: value.into(),
            context: Vec::new(),
        }
    }

    /// With another argument settled already.
    #[must_use]
    pub fn settled(mut self, argument: impl Into<String>, value: impl Into<String>) -> Self {
        self.context.push((argument.into(), value.into()));
        self
    }

    /// What the argument belongs to.
    pub fn target(&self) -> Target<'_> {
        match &self.target {
            wit::CompletionTarget::Prompt(name) => Target::Prompt(name),
            wit::CompletionTarget::ResourceTemplate(template) => Target::Template(template),
        }
    }

    /// The argument's name.
    pub fn argument(&self) -> &str {
        &self.argument
    }

    /// What has been typed so far.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Another argument that is settled already.
    pub fn context(&self, argument: &str) -> Option<&str> {
        let (_, value) = self.context.iter().find(|(name, _)| name == argument)?;
        Some(value)
    }

    /// Those of the candidates that begin with what has been typed.
    pub fn matching<T: Into<String>>(
        &self,
        candidates: impl IntoIterator<Item = T>,
    ) -> Vec<String> {
        let candidates = candidates.into_iter().map(Into::into);
        candidates
            .filter(|candidate| candidate.starts_with(&self.value))
            .collect()
    }
}

/// Suggestions, best first.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Completion(pub(crate) wit::Completion);

impl Completion {
    /// These suggestions. The host passes on at most 100.
    pub fn new<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self(wit::Completion {
            values: values.into_iter().map(Into::into).collect(),
            total: None,
            has_more: false,
        })
    }

    /// How many there are in all.
    pub fn total(mut self, total: u32) -> Self {
        self.0.total = Some(total);
        self
    }

    /// There are more than these.
    pub fn has_more(mut self) -> Self {
        self.0.has_more = true;
        self
    }
}

/// What a completion may return.
pub trait IntoCompletion {
    /// The suggestions, or why there are none.
    fn into_completion(self) -> Result<Completion>;
}

impl IntoCompletion for Completion {
    fn into_completion(self) -> Result<Completion> {
        Ok(self)
    }
}

impl<T: Into<String>> IntoCompletion for Vec<T> {
    fn into_completion(self) -> Result<Completion> {
        Ok(Completion::new(self))
    }
}

impl<T: IntoCompletion, E: Into<Error>> IntoCompletion for Result<T, E> {
    fn into_completion(self) -> Result<Completion> {
        self.map_err(Into::into)?.into_completion()
    }
}

/// Completions that are functions, as [`plugin!`](crate::plugin) lists them.
#[doc(hidden)]
#[derive(Debug)]
pub struct CompletionFns(pub &'static [CompletionEntry]);

/// One of these functions.
#[doc(hidden)]
pub struct CompletionEntry {
    target: Target<'static>,
    argument: &'static str,
    complete: fn(&Request, &Typing) -> Result<Completion>,
}

impl CompletionEntry {
    /// The entry of a function.
    pub const fn of<T: CompletionFn>() -> Self {
        Self {
            target: T::TARGET,
            argument: T::ARGUMENT,
            complete: T::complete,
        }
    }

    fn is_for(&self, typing: &Typing) -> bool {
        self.target == typing.target() && self.argument == typing.argument()
    }
}

impl fmt::Debug for CompletionEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.argument)
    }
}

impl Completions for CompletionFns {
    fn complete(&self, request: &Request, typing: &Typing) -> Result<Completion> {
        match self.0.iter().find(|entry| entry.is_for(typing)) {
            Some(entry) => (entry.complete)(request, typing),
            None => Ok(Completion::new::<String>([])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CompletionEntry, CompletionFns, Completions, Target, Typing};
    use crate::completion;
    use crate::testing::TestRequest;

    /// Languages, or dialects of the language that is settled.
    #[completion(prompt = "review", argument = "language")]
    fn languages(typing: &Typing) -> Vec<String> {
        typing.matching(["python", "ruby", "rust"])
    }

    #[completion(template = "note:///{id}", argument = "id")]
    fn ids(_: &crate::Request, typing: &Typing) -> crate::Result<Vec<&'static str>> {
        Ok(if typing.context("book").is_some() {
            vec!["1"]
        } else {
            vec![]
        })
    }

    #[track_caller]
    fn check(typing: &Typing, expected: &[&str]) {
        const ALL: CompletionFns = CompletionFns(
            const {
                &[
                    CompletionEntry::of::<languages>(),
                    CompletionEntry::of::<ids>(),
                ]
            },
        );
        let completion = ALL.complete(&TestRequest::new().build(), typing).unwrap();
        assert_eq!(completion.0.values, expected);
    }

    #[test]
    fn each_argument_has_its_function() {
        let review = |argument: &str| Typing::new(Target::Prompt("review"), argument, "ru");
        check(&review("language"), &["ruby", "rust"]);
        check(&review("code"), &[]);
        let note = Typing::new(Target::Template("note:///{id}"), "id", "");
        check(&note, &[]);
        check(&note.settled("book", "a"), &["1"]);
    }
}
