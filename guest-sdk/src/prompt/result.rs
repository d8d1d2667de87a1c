//! A prompt, filled in.

use crate::bindings::prompts::exports::wharf::plugin::prompts as wit;
use crate::content::{Content, Role};
use crate::error::{Error, Result};
use serde_json::Value;

/// One message of a conversation.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Message(pub(crate) wit::PromptMessage);

impl Message {
    /// Said by the person.
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new(Role::User, content)
    }

    /// Said by the language model.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new(Role::Assistant, content)
    }

    /// Said by either.
    pub fn new(role: Role, content: impl Into<Content>) -> Self {
        Self(wit::PromptMessage {
            role,
            content: content.into().0,
        })
    }
}

/// The conversation that a prompt stands for.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct PromptResult(pub(crate) wit::PromptResult);

impl PromptResult {
    /// A conversation.
    pub fn new(messages: impl IntoIterator<Item = Message>) -> Self {
        Self(wit::PromptResult {
            description: None,
            messages: messages.into_iter().map(|message| message.0).collect(),
            meta: None,
        })
    }

    /// What it is, if worth saying.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.0.description = Some(description.into());
        self
    }

    /// The `_meta` member: a JSON object.
    pub fn meta(mut self, meta: impl Into<Value>) -> Self {
        self.0.meta = Some(meta.into().to_string());
        self
    }
}

impl From<Message> for PromptResult {
    fn from(message: Message) -> Self {
        Self::new([message])
    }
}

/// What a prompt may return: text said by the person, messages, or a result.
pub trait IntoPrompt {
    /// The filled-in prompt, or why there is none.
    fn into_prompt(self) -> Result<PromptResult>;
}

impl IntoPrompt for PromptResult {
    fn into_prompt(self) -> Result<PromptResult> {
        Ok(self)
    }
}

impl IntoPrompt for Message {
    fn into_prompt(self) -> Result<PromptResult> {
        Ok(self.into())
    }
}

impl IntoPrompt for Vec<Message> {
    fn into_prompt(self) -> Result<PromptResult> {
        Ok(PromptResult::new(self))
    }
}

impl<const N: usize> IntoPrompt for [Message; N] {
    fn into_prompt(self) -> Result<PromptResult> {
        Ok(PromptResult::new(self))
    }
}

impl IntoPrompt for String {
    fn into_prompt(self) -> Result<PromptResult> {
        Message::user(self).into_prompt()
    }
}

impl IntoPrompt for &str {
    fn into_prompt(self) -> Result<PromptResult> {
        Message::user(self).into_prompt()
    }
}

impl<T: IntoPrompt, E: Into<Error>> IntoPrompt for Result<T, E> {
    fn into_prompt(self) -> Result<PromptResult> {
        self.map_err(Into::into)?.into_prompt()
    }
}
