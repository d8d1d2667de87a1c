//! A tool as clients see it.
//!
//! Everything but the name is optional. Schemas come from types
//! ([`Tool::input`], [`Tool::output`]) or are given as JSON text, which is then
//! passed on as it is.

use crate::bindings::tools::exports::wharf::plugin::tools as wit;
use crate::content::Icon;
use crate::schema;
use crate::tool::IntoToolResult;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;

pub use wit::TaskSupport;

/// The definition of a tool.
///
/// ```
/// use wharf_sdk::prelude::*;
///
/// let tool = Tool::new("search")
///     .description("Searches the notes.")
///     .input_schema(json!({
///         "type": "object",
///         "properties": { "words": { "type": "string" } },
///         "required": ["words"]
///     }))
///     .read_only(true);
/// ```
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Tool(pub(crate) wit::Tool);

impl Tool {
    /// A tool without arguments. The name is 1 to 128 of `A-Z a-z 0-9 _ - .`;
    /// up to 64 is safe with every client.
    pub fn new(name: impl Into<String>) -> Self {
        Self(wit::Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: schema::NO_ARGUMENTS.to_owned(),
            output_schema: None,
            annotations: wit::ToolAnnotations {
                read_only: None,
                destructive: None,
                idempotent: None,
                open_world: None,
            },
            icons: Vec::new(),
            task_support: TaskSupport::Forbidden,
            meta: None,
        })
    }

    /// Its identifier.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its name for people.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.0.title = Some(title.into());
        self
    }

    /// What it does and when to use it, for a language model.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.0.description = Some(description.into());
        self
    }

    /// Takes what deserializes into `T`.
    pub fn input<T: JsonSchema + DeserializeOwned>(self) -> Self {
        self.input_schema(schema::input::<T>())
    }

    /// Takes what this JSON Schema allows. Its type must be `object`.
    pub fn input_schema(mut self, schema: impl fmt::Display) -> Self {
        self.0.input_schema = schema.to_string();
        self
    }

    /// Gives a structured result: what `T` serializes into.
    pub fn output<T: JsonSchema>(self) -> Self {
        self.output_schema_if(schema::output::<T>())
    }

    /// Gives a structured result that conforms to this JSON Schema.
    pub fn output_schema(mut self, schema: impl fmt::Display) -> Self {
        self.0.output_schema = Some(schema.to_string());
        self
    }

    /// Gives a structured result if what a function returns has a schema.
    pub fn output_of<R: IntoToolResult>(self) -> Self {
        self.output_schema_if(R::output_schema())
    }

    /// Whether it changes nothing. Without it, clients assume that it does.
    pub fn read_only(mut self, yes: bool) -> Self {
        self.0.annotations.read_only = Some(yes);
        self
    }

    /// Whether what it changes may be lost. Without it, clients assume so.
    pub fn destructive(mut self, yes: bool) -> Self {
        self.0.annotations.destructive = Some(yes);
        self
    }

    /// Whether calling it again with the same arguments changes nothing more.
    /// Without it, clients assume that it does.
    pub fn idempotent(mut self, yes: bool) -> Self {
        self.0.annotations.idempotent = Some(yes);
        self
    }

    /// Whether it deals with an open world, such as the web. Without it, clients
    /// assume so.
    pub fn open_world(mut self, yes: bool) -> Self {
        self.0.annotations.open_world = Some(yes);
        self
    }

    /// A picture to show beside its name.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.0.icons.push(icon.0);
        self
    }

    /// Pictures to show beside its name.
    pub fn icons(mut self, icons: impl IntoIterator<Item = Icon>) -> Self {
        self.0.icons.extend(icons.into_iter().map(|icon| icon.0));
        self
    }

    /// Whether it may run as a task, that is, in the background.
    pub fn task_support(mut self, support: TaskSupport) -> Self {
        self.0.task_support = support;
        self
    }

    /// The `_meta` member: a JSON object.
    pub fn meta(mut self, meta: impl Into<Value>) -> Self {
        self.0.meta = Some(meta.into().to_string());
        self
    }

    fn output_schema_if(self, schema: Option<String>) -> Self {
        match schema {
            Some(schema) => self.output_schema(schema),
            None => self,
        }
    }
}
