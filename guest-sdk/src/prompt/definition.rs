//! A prompt as clients see it.

use crate::bindings::prompts::exports::wharf::plugin::prompts as wit;
use crate::content::Icon;
use crate::schema;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The definition of a prompt.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt(pub(crate) wit::Prompt);

impl Prompt {
    /// A prompt without blanks. The name follows the same rules as a tool's.
    pub fn new(name: impl Into<String>) -> Self {
        Self(wit::Prompt {
            name: name.into(),
            title: None,
            description: None,
            arguments: Vec::new(),
            icons: Vec::new(),
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

    /// What it is for.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.0.description = Some(description.into());
        self
    }

    /// Adds a blank, in the order to ask for them.
    pub fn argument(mut self, argument: PromptArgument) -> Self {
        self.0.arguments.push(argument.0);
        self
    }

    /// Adds a blank for each field of `T`: described by its doc comment, and
    /// required unless it may be left out.
    pub fn arguments<T: JsonSchema + DeserializeOwned>(self) -> Self {
        let properties = schema::properties::<T>();
        let arguments = properties.all.into_iter().map(|(name, schema)| {
            let required = properties.required.contains(&name);
            PromptArgument::from_schema(name, &schema).required(required)
        });
        arguments.fold(self, Self::argument)
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

    /// The `_meta` member: a JSON object.
    pub fn meta(mut self, meta: impl Into<Value>) -> Self {
        self.0.meta = Some(meta.into().to_string());
        self
    }
}

/// A blank in a prompt.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct PromptArgument(pub(crate) wit::PromptArgument);

impl PromptArgument {
    /// A blank that may be left empty.
    pub fn new(name: impl Into<String>) -> Self {
        Self(wit::PromptArgument {
            name: name.into(),
            title: None,
            description: None,
            required: false,
        })
    }

    /// Its name for people.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.0.title = Some(title.into());
        self
    }

    /// What to fill in.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.0.description = Some(description.into());
        self
    }

    /// Whether the prompt needs it.
    pub fn required(mut self, yes: bool) -> Self {
        self.0.required = yes;
        self
    }

    fn from_schema(name: String, schema: &Value) -> Self {
        let text = |key: &str| schema.get(key).and_then(Value::as_str).map(str::to_owned);
        Self(wit::PromptArgument {
            name,
            title: text("title"),
            description: text("description"),
            required: false,
        })
    }
}
