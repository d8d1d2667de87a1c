//! What results and messages are made of.

use super::Json;

/// Who speaks, or who something is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The person, or the program acting for them.
    User,
    /// The language model.
    Assistant,
}

/// The background an icon is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IconTheme {
    /// A light background.
    Light,
    /// A dark background.
    Dark,
}

/// A picture that a client may show beside a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Icon {
    /// An `https:` URL or `data:` URI.
    pub src: String,
    /// Its media type.
    pub mime_type: Option<String>,
    /// Sizes as `WIDTHxHEIGHT` or `any`.
    pub sizes: Vec<String>,
    /// The background it is meant for.
    pub theme: Option<IconTheme>,
}

/// Hints on how a client should use a piece of content.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Annotations {
    /// Whom it is meant for; empty: everybody.
    pub audience: Vec<Role>,
    /// From 0 (optional) to 1 (effectively required).
    pub priority: Option<f64>,
    /// An ISO 8601 date and time.
    pub last_modified: Option<String>,
}

/// One block of content.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text.
    Text(TextContent),
    /// A picture.
    Image(MediaContent),
    /// A sound.
    Audio(MediaContent),
    /// A pointer to a resource.
    ResourceLink(ResourceLink),
    /// A resource's contents.
    Embedded(EmbeddedResource),
}

impl Content {
    /// A text block without annotations.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextContent {
            text: text.into(),
            annotations: None,
            meta: None,
        })
    }
}

/// Text for a person or a model.
#[derive(Debug, Clone, PartialEq)]
pub struct TextContent {
    /// The text.
    pub text: String,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// The `_meta` object.
    pub meta: Option<Json>,
}

/// Binary media.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaContent {
    /// The bytes; base64 is the encoder's business.
    pub data: Vec<u8>,
    /// The media type.
    pub mime_type: String,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// The `_meta` object.
    pub meta: Option<Json>,
}

/// A pointer to a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceLink {
    /// What it points to.
    pub resource: super::Resource,
}

/// The contents of a resource inside a result.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddedResource {
    /// The contents.
    pub contents: ResourceContents,
    /// Hints.
    pub annotations: Option<Annotations>,
    /// The block's own `_meta` object.
    pub meta: Option<Json>,
}

/// What reading a resource gives.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceContents {
    /// The URI this is the contents of.
    pub uri: String,
    /// The media type.
    pub mime_type: Option<String>,
    /// The contents themselves.
    pub body: ResourceBody,
    /// The `_meta` object.
    pub meta: Option<Json>,
}

/// Text or bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourceBody {
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}
