//! What a plugin says has changed.

/// Something that clients may have read is no longer what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A list.
    List(List),
    /// The contents of the resource with this URI.
    Resource(String),
}

/// A list that clients may have read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// The tools.
    Tools,
    /// The resources and their templates.
    Resources,
    /// The prompts.
    Prompts,
}
