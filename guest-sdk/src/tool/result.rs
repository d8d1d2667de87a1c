//! What a tool has to say.
//!
//! A tool returns whatever it has: text, [`Json`], [`Content`], or, where that
//! is not enough, a [`ToolResult`]. [`IntoToolResult`] makes one of the other.

use crate::bindings::tools::exports::wharf::plugin::tools as wit;
use crate::content::{self, Content};
use crate::error::{Error, Result};
use crate::schema;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The result of a tool: content for the model and the person, a structured
/// value for programs, or both.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult(pub(crate) wit::ToolResult);

impl ToolResult {
    /// A result without content.
    pub fn new() -> Self {
        Self(wit::ToolResult {
            content: Vec::new(),
            structured: None,
            is_error: false,
            meta: None,
        })
    }

    /// A result that is one text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new().content(Content::text(text))
    }

    /// A structured result. The host adds it as text, too, unless there is text
    /// already.
    pub fn json(value: &impl Serialize) -> Result<Self> {
        Self::new().structured(value)
    }

    /// Adds a block of content.
    pub fn content(mut self, content: impl Into<Content>) -> Self {
        self.0.content.push(content.into().0);
        self
    }

    /// Sets the structured value. It must conform to the tool's output schema.
    pub fn structured(self, value: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_string(value)
            .map_err(|error| Error::internal(format!("the result is not JSON: {error}")))?;
        Ok(self.structured_text(text))
    }

    /// Sets the structured value, given as JSON text.
    pub fn structured_text(mut self, json: impl Into<String>) -> Self {
        self.0.structured = Some(json.into());
        self
    }

    /// Marks it as an error: the tool ran and did not succeed.
    pub fn error(mut self) -> Self {
        self.0.is_error = true;
        self
    }

    /// The `_meta` member: a JSON object.
    pub fn meta(mut self, meta: impl Into<Value>) -> Self {
        self.0.meta = Some(meta.into().to_string());
        self
    }

    /// Whether it is marked as an error.
    pub fn is_error(&self) -> bool {
        self.0.is_error
    }

    /// All its text blocks, one per line.
    pub fn to_text(&self) -> String {
        let texts = self.0.content.iter().filter_map(content::text_of);
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The structured value, as JSON text.
    pub fn to_structured(&self) -> Option<&str> {
        self.0.structured.as_deref()
    }
}

impl Default for ToolResult {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Content> for ToolResult {
    fn from(content: Content) -> Self {
        Self::new().content(content)
    }
}

impl From<String> for ToolResult {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for ToolResult {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// A structured result: `T` as JSON, with an output schema derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// What a tool may return.
pub trait IntoToolResult {
    /// The result, or why there is none.
    fn into_tool_result(self) -> Result<ToolResult>;

    /// The JSON Schema of the structured value, if all results have one.
    fn output_schema() -> Option<String>
    where
        Self: Sized,
    {
        None
    }
}

impl IntoToolResult for ToolResult {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(self)
    }
}

/// Nothing to say but that it is done.
impl IntoToolResult for () {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(ToolResult::new())
    }
}

impl IntoToolResult for String {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(ToolResult::text(self))
    }
}

impl IntoToolResult for &str {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(ToolResult::text(self))
    }
}

impl IntoToolResult for Content {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(self.into())
    }
}

impl IntoToolResult for Vec<Content> {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(self
            .into_iter()
            .fold(ToolResult::new(), ToolResult::content))
    }
}

impl<T: Serialize + JsonSchema> IntoToolResult for Json<T> {
    fn into_tool_result(self) -> Result<ToolResult> {
        ToolResult::json(&self.0)
    }

    fn output_schema() -> Option<String> {
        schema::output::<T>()
    }
}

impl<T: IntoToolResult, E: Into<Error>> IntoToolResult for Result<T, E> {
    fn into_tool_result(self) -> Result<ToolResult> {
        self.map_err(Into::into)?.into_tool_result()
    }

    fn output_schema() -> Option<String> {
        T::output_schema()
    }
}
