//! Content: what a tool's result or a prompt's message is made of.
//!
//! [`Content`] is one block: text, a picture, a sound, a pointer to a resource,
//! or a resource's contents. [`Contents`] is what reading a resource gives, and
//! what an embedded resource carries. [`Icon`] and [`Annotations`] are hints
//! that many things may have.
//!
//! All of them are made by constructors and refined by chained setters. Binary
//! data is given as bytes: encoding it for the wire is the host's business, and
//! so is finding the nearest thing for clients that do not know a kind.

use crate::bindings::imports::wharf::plugin::types as wit;
use crate::resource::Resource;
use serde_json::Value;

pub use wit::{IconTheme, Role};

/// One block of content.
///
/// ```
/// use wharf_sdk::prelude::*;
///
/// let chart = Content::image(vec![0x89, b'P', b'N', b'G'], "image/png")
///     .annotations(Annotations::new().audience(Role::User).priority(0.9));
/// ```
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Content(pub(crate) wit::Content);

impl Content {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(wit::Content::Text(wit::TextContent {
            text: text.into(),
            annotations: None,
            meta: None,
        }))
    }

    /// A picture: the bytes of the file and its media type, such as `image/png`.
    pub fn image(data: impl Into<Vec<u8>>, mime_type: impl Into<String>) -> Self {
        Self(wit::Content::Image(media(data.into(), mime_type.into())))
    }

    /// A sound: the bytes of the file and its media type, such as `audio/wav`.
    pub fn audio(data: impl Into<Vec<u8>>, mime_type: impl Into<String>) -> Self {
        Self(wit::Content::Audio(media(data.into(), mime_type.into())))
    }

    /// A pointer to a resource that the client may read later.
    pub fn resource_link(resource: Resource) -> Self {
        let resource = resource.0;
        Self(wit::Content::ResourceLink(wit::ResourceLink {
            uri: resource.uri,
            name: resource.name,
            title: resource.title,
            description: resource.description,
            mime_type: resource.mime_type,
            size: resource.size,
            annotations: resource.annotations,
            icons: resource.icons,
            meta: resource.meta,
        }))
    }

    /// A resource's contents, right here.
    pub fn embedded(contents: Contents) -> Self {
        Self(wit::Content::Embedded(wit::EmbeddedResource {
            contents: contents.0,
            annotations: None,
            meta: None,
        }))
    }

    /// Hints on how to use it.
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        *self.annotations_mut() = Some(annotations.0);
        self
    }

    /// The block's `_meta` member: a JSON object.
    pub fn meta(mut self, meta: impl Into<Value>) -> Self {
        *self.meta_mut() = Some(meta.into().to_string());
        self
    }

    /// The text, if this is a text block.
    pub fn as_text(&self) -> Option<&str> {
        text_of(&self.0)
    }

    fn annotations_mut(&mut self) -> &mut Option<wit::Annotations> {
        match &mut self.0 {
            wit::Content::Text(text) => &mut text.annotations,
            wit::Content::Image(media) | wit::Content::Audio(media) => &mut media.annotations,
            wit::Content::ResourceLink(link) => &mut link.annotations,
            wit::Content::Embedded(embedded) => &mut embedded.annotations,
        }
    }

    fn meta_mut(&mut self) -> &mut Option<String> {
        match &mut self.0 {
            wit::Content::Text(text) => &mut text.meta,
            wit::Content::Image(media) | wit::Content::Audio(media) => &mut media.meta,
            wit::Content::ResourceLink(link) => &mut link.meta,
            wit::Content::Embedded(embedded) => &mut embedded.meta,
        }
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// What reading a resource gives: text or bytes, under a URI.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Contents(pub(crate) wit::ResourceContents);

impl Contents {
    /// Text. The URI may lie below the one that was asked for.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(uri.into(), wit::ResourceBody::Text(text.into()))
    }

    /// Bytes. The URI may lie below the one that was asked for.
    pub fn blob(uri: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Self::new(uri.into(), wit::ResourceBody::Blob(data.into()))
    }

    /// The media type.
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.0.mime_type = Some(mime_type.into());
        self
    }

    /// The `_meta` member: a JSON object.
    pub fn meta(mut self, meta: impl Into<Value>) -> Self {
        self.0.meta = Some(meta.into().to_string());
        self
    }

    fn new(uri: String, body: wit::ResourceBody) -> Self {
        Self(wit::ResourceContents {
            uri,
            mime_type: None,
            body,
            meta: None,
        })
    }
}

/// Hints on how a client should use a piece of content.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Annotations(pub(crate) wit::Annotations);

impl Annotations {
    /// No hints yet.
    pub fn new() -> Self {
        Self(wit::Annotations {
            audience: Vec::new(),
            priority: None,
            last_modified: None,
        })
    }

    /// Whom it is meant for. Call it twice for both; without it: everybody.
    pub fn audience(mut self, role: Role) -> Self {
        self.0.audience.push(role);
        self
    }

    /// How important it is, from 0 (optional) to 1 (effectively required).
    pub fn priority(mut self, priority: f64) -> Self {
        self.0.priority = Some(priority);
        self
    }

    /// When it last changed, as an ISO 8601 date and time.
    pub fn last_modified(mut self, when: impl Into<String>) -> Self {
        self.0.last_modified = Some(when.into());
        self
    }
}

impl Default for Annotations {
    fn default() -> Self {
        Self::new()
    }
}

/// A picture that a client may show beside a name.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Icon(pub(crate) wit::Icon);

impl Icon {
    /// The picture at an `https:` URL or in a `data:` URI. Clients refuse others.
    pub fn new(src: impl Into<String>) -> Self {
        Self(wit::Icon {
            src: src.into(),
            mime_type: None,
            sizes: Vec::new(),
            theme: None,
        })
    }

    /// The media type, when the source does not tell.
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.0.mime_type = Some(mime_type.into());
        self
    }

    /// A size it is good for: `WIDTHxHEIGHT`, or `any` for a scalable picture.
    pub fn size(mut self, size: impl Into<String>) -> Self {
        self.0.sizes.push(size.into());
        self
    }

    /// The background it is drawn for. Without it: any.
    pub fn theme(mut self, theme: IconTheme) -> Self {
        self.0.theme = Some(theme);
        self
    }
}

fn media(data: Vec<u8>, mime_type: String) -> wit::MediaContent {
    wit::MediaContent {
        data,
        mime_type,
        annotations: None,
        meta: None,
    }
}

/// The text, if this is a text block.
pub(crate) fn text_of(content: &wit::Content) -> Option<&str> {
    match content {
        wit::Content::Text(text) => Some(&text.text),
        wit::Content::Image(_)
        | wit::Content::Audio(_)
        | wit::Content::ResourceLink(_)
        | wit::Content::Embedded(_) => None,
    }
}
