//! What plugins offer: tools, resources, prompts.

use std::fmt;

use super::{Annotations, Icon, Json};

/// A tool as a plugin defines it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its identifier.
    pub name: ToolName,
    /// Its name for people.
    pub title: Option<String>,
    /// What it does, for a model.
    pub description: Option<String>,
    /// A JSON Schema object, verbatim.
    pub input_schema: Json,
    /// A JSON Schema of the structured result, verbatim.
    pub output_schema: Option<Json>,
    /// Hints.
    pub annotations: ToolAnnotations,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// Whether it may run as a task.
    pub task_support: TaskSupport,
    /// The `_meta` object.
    pub meta: Option<Json>,
}

/// The identifier of a tool or prompt (TOL-6): 1 to 128 of `A-Z a-z 0-9 _ - .`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ToolName(Box<str>);

/// A name that the protocol does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid name: it must be 1 to 128 of A-Z a-z 0-9 _ - .")]
pub struct InvalidName(pub String);

/// Hints on what a tool does (TOL-3). None: the client's default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToolAnnotations {
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// What it changes may be lost.
    pub destructive: Option<bool>,
    /// Calling it again changes nothing more.
    pub idempotent: Option<bool>,
    /// It deals with an open world.
    pub open_world: Option<bool>,
}

/// Whether a tool may run as a task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TaskSupport {
    /// Only as a plain call.
    #[default]
    Forbidden,
    /// Either way.
    Optional,
    /// Only as a task.
    Required,
}

/// A resource in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its URI.
    pub uri: String,
    /// An identifier for programs.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// The media type.
    pub mime_type: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// The `_meta` object.
    pub meta: Option<Json>,
}

/// A family of resources.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceTemplate {
    /// RFC 6570.
    pub uri_template: String,
    /// An identifier for programs.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is a family of.
    pub description: Option<String>,
    /// The media type, if common to all.
    pub mime_type: Option<String>,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// The `_meta` object.
    pub meta: Option<Json>,
}

/// A prompt as a plugin defines it.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Its identifier.
    pub name: ToolName,
    /// A name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its blanks.
    pub arguments: Vec<PromptArgument>,
    /// Pictures.
    pub icons: Vec<Icon>,
    /// The `_meta` object.
    pub meta: Option<Json>,
}

/// A blank in a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptArgument {
    /// Its identifier.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What to fill in.
    pub description: Option<String>,
    /// Whether the prompt needs it.
    pub required: bool,
}

impl ToolName {
    /// Checks a name.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if (1..=128).contains(&name.len()) && name.bytes().all(allowed) {
            Ok(Self(name.into_boxed_str()))
        } else {
            Err(InvalidName(name))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for ToolName {
    fn borrow(&self) -> &str {
        &self.0
    }
}
