//! What there is to be called: a frozen catalogue of everything the plugins
//! offer, and who offers it.
//!
//! A [`Catalogue`] is a value. It is put together once ([`CatalogueBuilder`]),
//! checked as a whole, and never changes; a call keeps the one it started with.
//! Names that two plugins claim are refused here, at the start, and not resolved
//! silently by whoever came first.
//!
//! [`Provider`] is what the rest of the host knows of a plugin. This file and the
//! crate root are the only ones that name the runtime.

mod cursor;
mod plugin;
mod prefixed;
mod uri_template;

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use wharf_mcp::model::{
    Completion, CompletionTarget, Fault, InvalidName, Json, Outcome, Prompt, PromptResult,
    ReadResult, ResourcePage, ResourceTemplate, TaskSupport, Tool, ToolResult,
};
use wharf_mcp::{Capabilities, DefinitionList, InvalidMirror, Mirrored, ServerFacts};

pub use wharf_runtime::{Call as Invocation, Description, Events, Session};

pub(crate) use cursor::ResourceCursor;

use crate::schema::{Schema, SchemaError};
use prefixed::Prefixed;
use uri_template::UriTemplate;

/// A future that a provider hands out.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

/// Something that answers calls: a plugin, or a stand-in for one.
///
/// Dropping a future ends the call. Arguments have been checked against the
/// definitions in [`Provider::description`].
pub trait Provider: Send + Sync + 'static {
    /// What operators call it. Unique in a catalogue.
    fn name(&self) -> &str;

    /// What it offers. Read once, when a catalogue is built.
    fn description(&self) -> &Description;

    /// A text of its own without the secrets that it was given. What is not a result
    /// goes through this before anybody sees it.
    fn without_secrets<'a>(&self, text: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(text)
    }

    /// Calls a tool.
    fn call_tool<'a>(
        &'a self,
        invocation: Invocation,
        name: &'a str,
        arguments: &'a Json,
    ) -> Answering<'a, Outcome<ToolResult>>;

    /// Lists a page of resources.
    fn list_resources<'a>(
        &'a self,
        invocation: Invocation,
        cursor: Option<&'a str>,
    ) -> Answering<'a, ResourcePage>;

    /// Reads a resource.
    fn read_resource<'a>(
        &'a self,
        invocation: Invocation,
        uri: &'a str,
    ) -> Answering<'a, Outcome<ReadResult>>;

    /// Fills in a prompt.
    fn get_prompt<'a>(
        &'a self,
        invocation: Invocation,
        name: &'a str,
        arguments: &'a [(String, String)],
    ) -> Answering<'a, Outcome<PromptResult>>;

    /// Completes an argument.
    fn complete<'a>(
        &'a self,
        invocation: Invocation,
        request: CompletionRequest<'a>,
    ) -> Answering<'a, Completion>;
}

/// What is to be completed.
#[derive(Debug, Clone, Copy)]
pub struct CompletionRequest<'a> {
    /// What the argument belongs to.
    pub target: &'a CompletionTarget,
    /// The argument's name.
    pub argument: &'a str,
    /// What has been typed.
    pub value: &'a str,
    /// Arguments settled already.
    pub context: &'a [(String, String)],
}

/// The longest name of a tool that every client takes, in characters (TOL-6).
const SAFE_NAME: usize = 64;

/// What a resource template is called in messages.
pub(crate) const TEMPLATE: &str = "resource template";

/// Everything that can be called, frozen.
pub struct Catalogue {
    facts: Arc<ServerFacts>,
    tools: HashMap<String, ToolEntry>,
    prompts: HashMap<String, PromptEntry>,
    templates: Vec<TemplateEntry>,
    /// Providers with resources, in the order they were given.
    resources: Vec<Arc<dyn Provider>>,
    tool_list: Arc<DefinitionList>,
    prompt_list: Arc<DefinitionList>,
    template_list: Arc<DefinitionList>,
}

/// A tool, who has it, and how its arguments and results are checked.
pub(crate) struct ToolEntry {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) arguments: Schema,
    pub(crate) result: Option<Schema>,
    pub(crate) task_support: TaskSupport,
    /// Arguments that HTTP clients repeat in headers.
    pub(crate) mirrored: Vec<Mirrored>,
}

/// A prompt and who has it.
pub(crate) struct PromptEntry {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) definition: Prompt,
}

struct TemplateEntry {
    provider: Arc<dyn Provider>,
    text: String,
    pattern: UriTemplate,
}

/// Gathers providers into a [`Catalogue`].
#[derive(Default)]
pub struct CatalogueBuilder {
    providers: Vec<Arc<dyn Provider>>,
}

/// Why providers cannot be served together, or one of them not at all.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Two plugins claim one name. Neither wins silently.
    #[error("the plugins `{first}` and `{second}` both have a {kind} called `{name}`")]
    Collision {
        /// What kind of thing.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Who came first.
        first: String,
        /// Who came second.
        second: String,
    },
    /// A name is none with its prefix in front.
    #[error("plugin `{plugin}`: its prefix cannot be in front of every name")]
    Prefix {
        /// Whose.
        plugin: String,
        /// Which name, and why.
        #[source]
        source: InvalidName,
    },
    /// A tool's schema cannot be used.
    #[error("plugin `{plugin}`: the {which} schema of the tool `{tool}` cannot be used")]
    Schema {
        /// Whose.
        plugin: String,
        /// Of which tool.
        tool: String,
        /// `input` or `output`.
        which: &'static str,
        /// Why.
        #[source]
        source: SchemaError,
    },
    /// A tool wants arguments repeated in headers that cannot be. HTTP clients would
    /// leave such a tool out without a word (XMH-2).
    #[error("plugin `{plugin}`: the tool `{tool}` cannot be offered over HTTP")]
    Mirror {
        /// Whose.
        plugin: String,
        /// Which tool.
        tool: String,
        /// Why.
        #[source]
        source: InvalidMirror,
    },
    /// A resource template is not RFC 6570.
    #[error("plugin `{plugin}`: `{template}` is not a URI template")]
    Template {
        /// Whose.
        plugin: String,
        /// Which.
        template: String,
    },
}

impl CatalogueBuilder {
    /// Adds a provider. Lists keep the order of adding.
    pub fn add(&mut self, provider: Arc<dyn Provider>) -> &mut Self {
        self.providers.push(provider);
        self
    }

    /// Adds a provider with something in front of the names of its tools and prompts.
    ///
    /// # Errors
    /// If one of them is too long with it.
    pub fn add_prefixed(
        &mut self,
        provider: Arc<dyn Provider>,
        prefix: &str,
    ) -> Result<&mut Self, CatalogueError> {
        let plugin = provider.name().to_owned();
        let prefixed = Prefixed::new(provider, prefix)
            .map_err(|source| CatalogueError::Prefix { plugin, source })?;
        Ok(self.add(Arc::new(prefixed)))
    }

    /// Checks everything and freezes it.
    ///
    /// # Errors
    /// Says which plugins and names are at fault.
    pub fn build(self) -> Result<Catalogue, CatalogueError> {
        Ok(Catalogue {
            facts: self.facts(),
            tools: self.tools()?,
            prompts: self.prompts()?,
            templates: self.templates()?,
            resources: self.with_resources().cloned().collect(),
            tool_list: Arc::new(DefinitionList::tools(&self.all(|d| d.tools.as_deref()))),
            prompt_list: Arc::new(DefinitionList::prompts(&self.all(|d| d.prompts.as_deref()))),
            template_list: Arc::new(DefinitionList::templates(
                &self.all(|d| d.resources.as_deref()),
            )),
        })
    }

    fn facts(&self) -> Arc<ServerFacts> {
        let any = |has: fn(&Description) -> bool| {
            self.providers
                .iter()
                .any(|provider| has(provider.description()))
        };
        ServerFacts::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            None,
            Capabilities {
                tools: any(|d| d.tools.is_some()),
                resources: any(|d| d.resources.is_some()),
                prompts: any(|d| d.prompts.is_some()),
                completions: any(|d| d.completions),
                tasks: any(|d| d.tools.iter().flatten().any(runs_as_task)),
            },
        )
    }

    /// One kind of definition from all providers, in order.
    fn all<'a, T>(&'a self, kind: impl Fn(&'a Description) -> Option<&'a [T]>) -> Vec<&'a T> {
        self.providers
            .iter()
            .flat_map(|provider| kind(provider.description()).unwrap_or_default())
            .collect()
    }

    fn with_resources(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.providers
            .iter()
            .filter(|provider| provider.description().resources.is_some())
    }

    fn tools(&self) -> Result<HashMap<String, ToolEntry>, CatalogueError> {
        let mut entries: HashMap<String, ToolEntry> = HashMap::new();
        for provider in &self.providers {
            for tool in provider.description().tools.iter().flatten() {
                let name = tool.name.as_str();
                if let Some(first) = entries.get(name) {
                    return Err(collision("tool", name, &*first.provider, &**provider));
                }
                if name.len() > SAFE_NAME {
                    let plugin = provider.name();
                    tracing::warn!(plugin, tool = name, "some clients refuse a name this long");
                }
                entries.insert(name.to_owned(), ToolEntry::new(provider, tool)?);
            }
        }
        Ok(entries)
    }

    fn prompts(&self) -> Result<HashMap<String, PromptEntry>, CatalogueError> {
        let mut entries: HashMap<String, PromptEntry> = HashMap::new();
        for provider in &self.providers {
            for prompt in provider.description().prompts.iter().flatten() {
                let name = prompt.name.as_str();
                if let Some(first) = entries.get(name) {
                    return Err(collision("prompt", name, &*first.provider, &**provider));
                }
                let entry = PromptEntry {
                    provider: Arc::clone(provider),
                    definition: prompt.clone(),
                };
                entries.insert(name.to_owned(), entry);
            }
        }
        Ok(entries)
    }

    fn templates(&self) -> Result<Vec<TemplateEntry>, CatalogueError> {
        let mut entries: Vec<TemplateEntry> = Vec::new();
        for provider in &self.providers {
            for template in provider.description().resources.iter().flatten() {
                let text = &template.uri_template;
                if let Some(first) = entries.iter().find(|entry| entry.text == *text) {
                    return Err(collision(TEMPLATE, text, &*first.provider, &**provider));
                }
                entries.push(TemplateEntry::new(provider, template)?);
            }
        }
        Ok(entries)
    }
}

fn runs_as_task(tool: &Tool) -> bool {
    tool.task_support != TaskSupport::Forbidden
}

fn collision(
    kind: &'static str,
    name: &str,
    first: &dyn Provider,
    second: &dyn Provider,
) -> CatalogueError {
    CatalogueError::Collision {
        kind,
        name: name.to_owned(),
        first: first.name().to_owned(),
        second: second.name().to_owned(),
    }
}

impl ToolEntry {
    fn new(provider: &Arc<dyn Provider>, tool: &Tool) -> Result<Self, CatalogueError> {
        let unusable = |which| {
            move |source| CatalogueError::Schema {
                plugin: provider.name().to_owned(),
                tool: tool.name.to_string(),
                which,
                source,
            }
        };
        let result = tool
            .output_schema
            .as_ref()
            .map(Schema::of_result)
            .transpose();
        Ok(Self {
            provider: Arc::clone(provider),
            arguments: Schema::of_arguments(&tool.input_schema).map_err(unusable("input"))?,
            result: result.map_err(unusable("output"))?,
            task_support: tool.task_support,
            mirrored: Mirrored::all(&tool.input_schema).map_err(|source| {
                CatalogueError::Mirror {
                    plugin: provider.name().to_owned(),
                    tool: tool.name.to_string(),
                    source,
                }
            })?,
        })
    }
}

impl TemplateEntry {
    fn new(
        provider: &Arc<dyn Provider>,
        template: &ResourceTemplate,
    ) -> Result<Self, CatalogueError> {
        let text = template.uri_template.clone();
        let pattern = UriTemplate::parse(&text).ok_or_else(|| CatalogueError::Template {
            plugin: provider.name().to_owned(),
            template: text.clone(),
        })?;
        Ok(Self {
            provider: Arc::clone(provider),
            text,
            pattern,
        })
    }
}

impl Catalogue {
    /// What the server says about itself.
    pub fn facts(&self) -> &Arc<ServerFacts> {
        &self.facts
    }

    /// How many tools, prompts and plugins with resources there are.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.tools.len(), self.prompts.len(), self.resources.len())
    }

    pub(crate) fn tool_list(&self) -> &Arc<DefinitionList> {
        &self.tool_list
    }

    pub(crate) fn prompt_list(&self) -> &Arc<DefinitionList> {
        &self.prompt_list
    }

    pub(crate) fn template_list(&self) -> &Arc<DefinitionList> {
        &self.template_list
    }

    pub(crate) fn tool(&self, name: &str) -> Option<&ToolEntry> {
        self.tools.get(name)
    }

    pub(crate) fn prompt(&self, name: &str) -> Option<&PromptEntry> {
        self.prompts.get(name)
    }

    /// Who has the template of exactly this text.
    pub(crate) fn template(&self, text: &str) -> Option<&Arc<dyn Provider>> {
        let entry = self.templates.iter().find(|entry| entry.text == text)?;
        Some(&entry.provider)
    }

    /// Providers with resources, in order.
    pub(crate) fn resource_providers(&self) -> &[Arc<dyn Provider>] {
        &self.resources
    }

    /// Whom to ask for this URI, likeliest first: those with a matching template,
    /// then the others, because a resource need not belong to a template.
    pub(crate) fn readers(&self, uri: &str) -> impl Iterator<Item = &Arc<dyn Provider>> {
        let matches = |provider: &Arc<dyn Provider>| {
            self.templates
                .iter()
                .any(|entry| Arc::ptr_eq(&entry.provider, provider) && entry.pattern.matches(uri))
        };
        let (first, then): (Vec<_>, Vec<_>) = self
            .resources
            .iter()
            .partition(|provider| matches(provider));
        first.into_iter().chain(then)
    }
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (tools, prompts, resources) = self.counts();
        write!(
            f,
            "Catalogue({tools} tools, {prompts} prompts, {resources} with resources)"
        )
    }
}

impl std::fmt::Debug for CatalogueBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.providers.iter().map(|provider| provider.name());
        f.debug_list().entries(names).finish()
    }
}
