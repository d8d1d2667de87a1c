//! Cursors over the resources of all plugins.
//!
//! A page of `resources/list` comes from one plugin. The cursor names the plugin
//! by its place and carries the plugin's own cursor, if it gave one. It depends on
//! nothing but the catalogue (PAG-4), and a cursor that was made up or belongs to
//! another catalogue is noticed as far as it matters: it names no plugin, or
//! the plugin refuses it.

/// Where to go on in the list of all resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResourceCursor<'a> {
    /// The place of the plugin among those with resources.
    pub(crate) provider: usize,
    /// The plugin's own cursor; none: its first page.
    pub(crate) inner: Option<&'a str>,
}

impl<'a> ResourceCursor<'a> {
    /// The start of the list.
    pub(crate) const START: Self = Self {
        provider: 0,
        inner: None,
    };

    /// Reads a cursor that was given out before; none if it was not.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (place, inner) = match text.split_once('.') {
            Some((place, inner)) => (place, Some(inner)),
            None => (text, None),
        };
        let provider: usize = place.parse().ok()?;
        // One spelling for each cursor, and none that begins like another.
        (provider.to_string() == place).then_some(Self { provider, inner })
    }
}

impl std::fmt::Display for ResourceCursor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.inner {
            Some(inner) => write!(f, "{}.{inner}", self.provider),
            None => write!(f, "{}", self.provider),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ResourceCursor;

    #[test]
    fn cursors_survive_the_journey() {
        for inner in [None, Some(""), Some("a.b"), Some("12")] {
            let cursor = ResourceCursor { provider: 3, inner };
            assert_eq!(ResourceCursor::parse(&cursor.to_string()), Some(cursor));
        }
    }

    #[test]
    fn made_up_cursors_are_refused() {
        for text in ["", "x", "-1", "01", "+1", ".a", "1x.a"] {
            assert_eq!(ResourceCursor::parse(text), None, "{text}");
        }
    }
}
