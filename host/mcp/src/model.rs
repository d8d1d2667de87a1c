//! The vocabulary everything behind the protocol layer speaks.
//!
//! It is the newest revision of the Model Context Protocol with the wire taken
//! away: no envelopes, no ids, no revisions, no names of methods. Older clients
//! are translated into it by the doors (`legacy`, `modern`)
//! and out of it by the encoders, older plugins by the runtime.
//!
//! Types here are plain data. They do not serialise themselves: what a value
//! looks like on the wire depends on who is listening, and that is the
//! encoder's knowledge alone. Free-form JSON stays text ([`Json`]).

mod call;
mod change;
mod content;
mod definition;
mod json;

pub use call::{
    Answer, AskKinds, Busy, CallContext, ClientInfo, Completion, CompletionTarget, Event, Failure,
    Fault, InputRequired, LogLevel, Outcome, Principal, PromptMessage, PromptResult, Question,
    ReadResult, ResourcePage, Root, ToolResult,
};
pub use change::{Change, List};
pub use content::{
    Annotations, Content, EmbeddedResource, Icon, IconTheme, MediaContent, ResourceBody,
    ResourceContents, ResourceLink, Role, TextContent,
};
pub use definition::{
    InvalidName, Prompt, PromptArgument, Resource, ResourceTemplate, TaskSupport, Tool,
    ToolAnnotations, ToolName,
};
pub use json::{InvalidJson, Json};
