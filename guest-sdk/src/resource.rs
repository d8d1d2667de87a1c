//! Resources: things that can be read, each with a URI.
//!
//! A plugin with resources implements [`Resources`]: what to list, which
//! families there are (as URI templates), and how to read one. Listing is by
//! pages; a plugin that has all its resources at hand leaves the paging to
//! [`Page::of`].
//!
//! Reading may ask questions (see [`crate::ask`]); listing may not.

use crate::bindings::resources::exports::wharf::plugin::resources as wit;
use crate::content::{Annotations, Contents, Icon};
use crate::error::{Error, Result};
use crate::request::Request;
use serde_json::Value;
use std::time::Duration;

/// The resources of a plugin.
///
/// ```
/// use wharf_sdk::prelude::*;
///
/// /// One note.
/// struct Notes;
///
/// impl Resources for Notes {
///     fn list(&self, _: &Request, _: Option<&str>) -> Result<Page> {
///         Ok(Page::new([Resource::new("note:///1", "first").title("My first note")]))
///     }
///
///     fn read(&self, _: &Request, uri: &str) -> Result<ReadResult> {
///         match uri {
///             "note:///1" => Ok(Contents::text(uri, "Buy milk.").into()),
///             _ => Err(Error::not_found(uri)),
///         }
///     }
/// }
///
/// plugin!(resources: Notes);
/// ```
pub trait Resources {
    /// A page of the resources worth listing: the first, or the one after
    /// `cursor`. By default there are none.
    fn list(&self, request: &Request, cursor: Option<&str>) -> Result<Page> {
        let _ = (request, cursor);
        Ok(Page::default())
    }

    /// The families of resources. Called when the plugin is loaded. By default
    /// there are none.
    fn templates(&self) -> Result<Vec<ResourceTemplate>> {
        Ok(Vec::new())
    }

    /// Reads a resource, listed or not; [`Error::not_found`] if there is no such
    /// thing.
    fn read(&self, request: &Request, uri: &str) -> Result<ReadResult>;
}

/// A resource as clients see it in a list, or as a link in a result.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Resource(pub(crate) wit::ResourceInfo);

impl Resource {
    /// A resource by its absolute URI and an identifier for programs.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self(wit::ResourceInfo {
            uri: uri.into(),
            name: name.into(),
            title: None,
            description: None,
            mime_type: None,
            size: None,
            annotations: None,
            icons: Vec::new(),
            meta: None,
        })
    }

    /// Its size in bytes.
    pub fn size(mut self, bytes: u64) -> Self {
        self.0.size = Some(bytes);
        self
    }
}

/// A family of resources.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceTemplate(pub(crate) wit::ResourceTemplate);

impl ResourceTemplate {
    /// A family by its RFC 6570 template, such as `note:///{id}`, and an
    /// identifier for programs. The host sends reads of matching URIs here.
    pub fn new(uri_template: impl Into<String>, name: impl Into<String>) -> Self {
        Self(wit::ResourceTemplate {
            uri_template: uri_template.into(),
            name: name.into(),
            title: None,
            description: None,
            mime_type: None,
            annotations: None,
            icons: Vec::new(),
            meta: None,
        })
    }
}

/// What resources and families of them can both say about themselves.
macro_rules! described {
    ($type:ty) => {
        impl $type {
            /// A name for people.
            pub fn title(mut self, title: impl Into<String>) -> Self {
                self.0.title = Some(title.into());
                self
            }

            /// What it is.
            pub fn description(mut self, description: impl Into<String>) -> Self {
                self.0.description = Some(description.into());
                self
            }

            /// The media type.
            pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
                self.0.mime_type = Some(mime_type.into());
                self
            }

            /// Hints on how to use it.
            pub fn annotations(mut self, annotations: Annotations) -> Self {
                self.0.annotations = Some(annotations.0);
                self
            }

            /// A picture to show beside its name.
            pub fn icon(mut self, icon: Icon) -> Self {
                self.0.icons.push(icon.0);
                self
            }

            /// The `_meta` member: a JSON object.
            pub fn meta(mut self, meta: impl Into<Value>) -> Self {
                self.0.meta = Some(meta.into().to_string());
                self
            }
        }
    };
}

described!(Resource);
described!(ResourceTemplate);

/// A part of the list of resources.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Page(pub(crate) wit::ResourcePage);

impl Page {
    /// The last page, or the only one.
    pub fn new(resources: impl IntoIterator<Item = Resource>) -> Self {
        Self(wit::ResourcePage {
            resources: resources.into_iter().map(|resource| resource.0).collect(),
            next: None,
        })
    }

    /// There is another page, found by this cursor.
    pub fn next(mut self, cursor: impl Into<String>) -> Self {
        self.0.next = Some(cursor.into());
        self
    }

    /// The page after `cursor` out of all resources, `size` to a page.
    pub fn of(
        all: impl IntoIterator<Item = Resource>,
        cursor: Option<&str>,
        size: usize,
    ) -> Result<Self> {
        let start: usize = match cursor {
            Some(cursor) => cursor
                .parse()
                .map_err(|error| Error::invalid_params(format!("no such page: {error}")))?,
            None => 0,
        };
        let mut rest = all.into_iter().skip(start);
        let page = Self::new(rest.by_ref().take(size));
        Ok(match rest.next() {
            Some(_) => page.next((start + size).to_string()),
            None => page,
        })
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new([])
    }
}

/// What reading a resource gives. Made from [`Contents`], or from several.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct ReadResult(pub(crate) wit::ReadResult);

impl ReadResult {
    /// Several contents: of a folder, say. None at all is an empty folder.
    pub fn new(contents: impl IntoIterator<Item = Contents>) -> Self {
        Self(wit::ReadResult {
            contents: contents.into_iter().map(|contents| contents.0).collect(),
            ttl_ms: None,
            meta: None,
        })
    }

    /// For how long a client may use this without asking again.
    pub fn fresh_for(mut self, time: Duration) -> Self {
        self.0.ttl_ms = Some(u32::try_from(time.as_millis()).unwrap_or(u32::MAX));
        self
    }

    /// The `_meta` member: a JSON object.
    pub fn meta(mut self, meta: impl Into<Value>) -> Self {
        self.0.meta = Some(meta.into().to_string());
        self
    }
}

impl From<Contents> for ReadResult {
    fn from(contents: Contents) -> Self {
        Self::new([contents])
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Resource};

    #[track_caller]
    fn check(cursor: Option<&str>, expected: &[&str], next: Option<&str>) {
        let all = ["a", "b", "c", "d"].map(|name| Resource::new(format!("x:{name}"), name));
        let page = Page::of(all, cursor, 2).unwrap().0;
        let names: Vec<_> = page
            .resources
            .iter()
            .map(|resource| &resource.name)
            .collect();
        assert_eq!(names, expected);
        assert_eq!(page.next.as_deref(), next);
    }

    #[test]
    fn pages_follow_each_other() {
        check(None, &["a", "b"], Some("2"));
        check(Some("2"), &["c", "d"], None);
        check(Some("9"), &[], None);
    }

    #[test]
    fn a_strange_cursor_is_an_error() {
        assert!(Page::of([], Some("x"), 2).is_err());
    }
}
