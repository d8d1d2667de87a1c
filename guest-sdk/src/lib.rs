//! Write plugins for wharf: tools, resources and prompts of the Model Context
//! Protocol, as sandboxed WebAssembly components.
//!
//! A plugin is a crate that depends on this one alone:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! wharf-sdk = "0.1"
//! ```
//!
//! and this is all of it:
//!
//! ```
//! //! Says hello.
//!
//! use wharf_sdk::prelude::*;
//!
//! /// Whom to greet.
//! #[data]
//! struct Greet {
//!     /// The name of the person to greet.
//!     name: String,
//! }
//!
//! /// Greets somebody by name.
//! #[tool(read_only, idempotent)]
//! fn greet(args: Greet) -> String {
//!     format!("Hello, {}!", args.name)
//! }
//!
//! plugin!(tools: [greet]);
//! ```
//!
//! `wharf build` makes a component of it (a plain `cargo build --target
//! wasm32-wasip2` does, too), and `wharf serve` serves it to clients of every
//! revision of the protocol. The plugin knows nothing of revisions, transports
//! and sessions. What doc comments say is what language models read.
//!
//! # Data
//!
//! [`#[data]`](macro@data) makes a struct or enum fit for arguments, results,
//! forms and state: it derives serde's `Serialize` and `Deserialize`, and
//! `JsonSchema` of schemars. The usual `#[serde(…)]` and `#[schemars(…)]`
//! attributes work, below it and on fields: `#[serde(default)]` makes a field
//! optional, `#[schemars(range(min = 1, max = 50))]` sets bounds that the host
//! checks, `#[serde(deny_unknown_fields)]` refuses unknown arguments.
//!
//! `#[schemars(extend("x-mcp-header" = "Region"))]` on a text, whole number or
//! boolean makes clients send this argument as the header `Mcp-Param-Region`, too,
//! where they send headers, so that what stands before the host can route by it
//! without reading the body. The host checks that both are the same. No secrets:
//! headers end up in logs. In an `Option`, the argument may be left out, but is never
//! `null`.
//!
//! # Tools
//!
//! A tool is a function with [`#[tool]`](macro@tool). It takes nothing, or its
//! arguments, or a [`&Request`](Request) and its arguments. It returns what it
//! has:
//!
//! | returns | the client gets |
//! | --- | --- |
//! | `String`, `&str` | text |
//! | [`Json<T>`] | a structured result, with an output schema derived from `T` |
//! | [`Content`], `Vec<Content>` | text, pictures, sounds, resources |
//! | [`ToolResult`] | content, structure and `_meta`, as built |
//! | `()` | an empty result |
//! | `Result` of these | the same, or an error |
//!
//! In a function that returns [`Result`], `?` works on every
//! [`std::error::Error`]: the tool has failed, and the model reads why. So does
//! [`bail!`]. Other [errors](Error) are for calls that make no sense.
//!
//! ```
//! use wharf_sdk::prelude::*;
//!
//! #[data]
//! struct Count {
//!     /// The file to look at.
//!     path: String,
//! }
//!
//! #[data]
//! struct Counted {
//!     lines: usize,
//! }
//!
//! /// Counts the lines of a file.
//! #[tool(read_only)]
//! fn count_lines(request: &Request, args: Count) -> Result<Json<Counted>> {
//!     request.info(format!("reading {}", args.path));
//!     let text = std::fs::read_to_string(&args.path).context(&args.path)?;
//!     if text.is_empty() {
//!         bail!("{} is empty", args.path);
//!     }
//!     Ok(Json(Counted { lines: text.lines().count() }))
//! }
//!
//! plugin!(tools: [count_lines]);
//! ```
//!
//! # Everything else
//!
//! - [`resource`]: things that can be read, each with a URI;
//! - [`mod@prompt`]: texts that a person chooses;
//! - [`mod@completion`]: suggestions while a person types an argument;
//! - [`ask`]: questions to the person, the model or the client during a call, and
//!   putting long work off;
//! - [`store`]: keeping things between calls;
//! - [`config`]: what the operator has configured;
//! - [`changes`]: telling clients that something has changed;
//! - [`permission`]: what the plugin would like to be granted, and why;
//! - [`Request`]: who is calling, how much time is left, progress, logs;
#![cfg_attr(
    not(target_arch = "wasm32"),
    doc = "- [`testing`]: requests for unit tests, which run natively."
)]
//!
//! Files, environment, clocks, randomness and sockets are those of `std`, as far
//! as the operator grants them. A panic ends only the call it happens in; what it
//! says goes to the log.

// The macros name this crate by its outside name, in its own tests, too.
#[cfg(test)]
#[allow(unused_extern_crates, reason = "used by what the macros generate")]
extern crate self as wharf_sdk;

pub mod ask;
pub mod changes;
pub mod completion;
pub mod config;
pub mod content;
pub mod error;
pub mod permission;
pub mod prompt;
pub mod request;
pub mod resource;
pub mod store;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod tool;

#[doc(hidden)]
pub mod bindings;
#[cfg(target_arch = "wasm32")]
mod exports;
mod json;
mod plugin;
mod schema;

pub use content::Content;
pub use error::{Error, Result};
pub use request::Request;
pub use tool::{Json, ToolResult};
pub use wharf_sdk_macros::{completion, data, prompt, tool};

pub use schemars;
pub use serde;
pub use serde_json::{self, Value, json};

/// What a plugin usually needs, for `use wharf_sdk::prelude::*`.
pub mod prelude {
    pub use crate::ask::{Form, Question, Reply, Root, Roots, Sampling, Visit};
    pub use crate::completion::{Completion, Completions, Target, Typing};
    pub use crate::content::{Annotations, Content, Contents, Icon, IconTheme, Role};
    pub use crate::error::{Context, Error, Result};
    pub use crate::permission::Permission;
    pub use crate::prompt::{
        Message, Prompt, PromptArgument, PromptArguments, PromptResult, Prompts,
    };
    pub use crate::request::{AskKind, LogLevel, Request};
    pub use crate::resource::{Page, ReadResult, Resource, ResourceTemplate, Resources};
    pub use crate::tool::{Arguments, Json, TaskSupport, Tool, ToolResult, Tools};
    pub use crate::{Value, bail, completion, data, json, plugin, prompt, tool};
}

/// For the macros only.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings::{completions, permissions, prompts, resources, tools};
    pub use crate::completion::Completions;
    pub use crate::permission::Permissions;
    pub use crate::plugin::{HasCompletions, HasPermissions, HasPrompts, HasResources, HasTools};
    pub use crate::prompt::Prompts;
    pub use crate::resource::Resources;
    pub use crate::tool::Tools;
}
