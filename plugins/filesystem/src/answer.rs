//! Results that say the same thing twice: in words for the model and the person,
//! as data for programs.

use wharf_sdk::prelude::*;
use wharf_sdk::schemars::JsonSchema;
use wharf_sdk::serde::Serialize;
use wharf_sdk::tool::IntoToolResult;

/// Data that conforms to the tool's output schema, and the same as content.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    data: T,
    content: Vec<Content>,
}

impl<T> Answer<T> {
    /// The data, and how to put it.
    pub(crate) fn new(data: T, content: impl Into<Content>) -> Self {
        Self {
            data,
            content: vec![content.into()],
        }
    }

    /// Adds what else there is to know, apart from what was asked for, so that one is
    /// not taken for the other.
    pub(crate) fn note(mut self, note: Option<&str>) -> Self {
        let note = note.map(|note| Content::text(format!("Note: {note}")));
        self.content.extend(note);
        self
    }

    /// The data.
    #[cfg(test)]
    pub(crate) fn data(&self) -> &T {
        &self.data
    }

    /// All texts, one per line.
    #[cfg(test)]
    pub(crate) fn texts(&self) -> String {
        let texts: Vec<&str> = self.content.iter().filter_map(Content::as_text).collect();
        texts.join("\n")
    }
}

/// Several notes as one.
pub(crate) fn notes(notes: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// The note that folders or names could not be read, if there are any.
pub(crate) fn unreadable(count: usize) -> Option<String> {
    let folders = if count == 1 { "folder" } else { "folders" };
    (count > 0).then(|| {
        format!("{count} {folders} could not be read whole: no permission, too many entries, or names that are not text")
    })
}

impl<T: Serialize + JsonSchema> IntoToolResult for Answer<T> {
    fn into_tool_result(self) -> Result<ToolResult> {
        let result = ToolResult::json(&self.data)?;
        Ok(self.content.into_iter().fold(result, ToolResult::content))
    }

    fn output_schema() -> Option<String> {
        Json::<T>::output_schema()
    }
}
