//! What is remembered between the rounds of a call.
//!
//! The host gives a plugin the answers of the last round only, and the bytes it
//! returned with its questions. The SDK uses these bytes for three things: the
//! answers of all earlier rounds, the keys of the questions it has just asked
//! (so that it can collect their answers), and the plugin's own state.

use crate::bindings::imports::wharf::plugin::{host, types};
use crate::error::{Error, Result};
use crate::json;
use crate::request::Request;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The state of a call between two rounds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// The questions of the last round.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    asked: Vec<String>,
    /// All answers so far.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    answers: BTreeMap<String, Answer>,
    /// What the plugin keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) own: Option<Value>,
}

impl Memory {
    /// What is known in this round: what was remembered, and the new answers.
    pub(crate) fn of(request: &Request) -> Result<Self> {
        let Some(bytes) = request.0.state() else {
            return Ok(Self::default());
        };
        let mut memory: Self = serde_json::from_slice(&bytes)
            .map_err(|error| Error::internal(format!("the state is damaged: {error}")))?;
        for key in std::mem::take(&mut memory.asked) {
            if let Some(answer) = request.0.answer(&key) {
                memory.answers.insert(key, answer.into());
            }
        }
        Ok(memory)
    }

    /// The answer to a question. An answer to a question that nobody remembers
    /// asking counts as well: the host would not have accepted a strange one.
    pub(crate) fn answer(&self, request: &Request, key: &str) -> Option<Answer> {
        let known = self.answers.get(key).cloned();
        known.or_else(|| request.0.answer(key).map(Into::into))
    }

    /// What to give the host along with these questions.
    pub(crate) fn into_bytes(mut self, questions: &[(String, types::Question)]) -> Result<Vec<u8>> {
        self.asked = questions.iter().map(|(key, _)| key.clone()).collect();
        serde_json::to_vec(&self)
            .map_err(|error| Error::internal(format!("the state is not JSON: {error}")))
    }
}

/// What came back for a question, in a form that can be remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    /// A form was filled in, or the person agreed to a visit.
    Accepted(Value),
    /// The person said no.
    Declined,
    /// The person closed the question.
    Dismissed,
    /// The model's message.
    Sampled(Value),
    /// The client's folders.
    Roots(Vec<Root>),
    /// The client could not answer.
    Failed(String),
}

impl From<host::Answer> for Answer {
    fn from(answer: host::Answer) -> Self {
        match answer {
            host::Answer::Accepted(text) => Self::Accepted(json::value(&text)),
            host::Answer::Declined => Self::Declined,
            host::Answer::Dismissed => Self::Dismissed,
            host::Answer::Sampled(text) => Self::Sampled(json::value(&text)),
            host::Answer::Roots(roots) => Self::Roots(roots.into_iter().map(Into::into).collect()),
            host::Answer::Failed(message) => Self::Failed(message),
        }
    }
}

/// A folder the client says it is working in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Root {
    /// A `file:` URI.
    pub uri: String,
    /// A name for people.
    pub name: Option<String>,
}

impl From<host::Root> for Root {
    fn from(root: host::Root) -> Self {
        Self {
            uri: root.uri,
            name: root.name,
        }
    }
}
