//! Messages written by the client's language model.

use super::memory::Answer;
use super::question::{Given, HostQuestion, Question, misplaced};
use crate::bindings::imports::wharf::plugin::types as wit;
use crate::error::Result;
use serde_json::{Value, json};

/// A message to be written by the client's language model.
#[must_use]
#[derive(Debug)]
pub struct Sampling {
    key: String,
    params: Value,
}

impl Sampling {
    /// Asks the model this, for an answer of at most so many tokens.
    pub fn new(key: impl Into<String>, prompt: impl Into<String>, max_tokens: u32) -> Self {
        let content = json!({ "type": "text", "text": prompt.into() });
        let params = json!({
            "messages": [{ "role": "user", "content": content }],
            "maxTokens": max_tokens,
        });
        Self::with_params(key, params)
    }

    /// Asks with the params object of `sampling/createMessage`.
    pub fn with_params(key: impl Into<String>, params: Value) -> Self {
        Self {
            key: key.into(),
            params,
        }
    }

    /// Tells the model how to behave.
    pub fn system(mut self, prompt: impl Into<String>) -> Self {
        self.params["systemPrompt"] = Value::String(prompt.into());
        self
    }
}

impl Question for Sampling {
    type Answer = Sampled;

    fn key(&self) -> &str {
        &self.key
    }

    fn to_host(&self) -> HostQuestion {
        HostQuestion(wit::Question::Sampling(self.params.to_string()))
    }

    fn read(&self, given: Given) -> Result<Sampled> {
        let Answer::Sampled(result) = given.0 else {
            return Err(misplaced(&self.key));
        };
        Ok(Sampled(result))
    }
}

/// The model's message: the result object of `sampling/createMessage`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled(Value);

impl Sampled {
    /// All its text. Content may be one block or a list of them.
    pub fn text(&self) -> String {
        let content = &self.0["content"];
        let blocks = content
            .as_array()
            .map_or(std::slice::from_ref(content), Vec::as_slice);
        let texts = blocks.iter().filter_map(|block| block["text"].as_str());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The model that wrote it.
    pub fn model(&self) -> Option<&str> {
        self.0["model"].as_str()
    }

    /// Why it stopped writing.
    pub fn stop_reason(&self) -> Option<&str> {
        self.0["stopReason"].as_str()
    }

    /// Everything about it.
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}
