//! Where an entry is in the one tree that all plugins share.
//!
//! An address is the plugin, the scope in it, the bucket and the key, in this order.
//! Every part but the last has its length in front, and scopes have their kind, so
//! that no two addresses are the same and none can be made to look like part of
//! another, whatever is in the names.

/// The beginning of the addresses of one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place(Vec<u8>);

/// Kinds of scopes.
const SHARED: u8 = 0;
const NOBODY: u8 = 1;
const SOMEBODY: u8 = 2;

impl Place {
    /// What all callers of a plugin share.
    pub(crate) fn shared(plugin: &str) -> Self {
        Self::of(plugin, SHARED)
    }

    /// What one principal has. Callers of whom nothing is known are one more.
    pub(crate) fn of_principal(plugin: &str, subject: Option<&str>) -> Self {
        match subject {
            None => Self::of(plugin, NOBODY),
            Some(subject) => {
                let mut place = Self::of(plugin, SOMEBODY);
                push(&mut place.0, subject);
                place
            }
        }
    }

    fn of(plugin: &str, kind: u8) -> Self {
        let mut bytes = Vec::with_capacity(64);
        push(&mut bytes, plugin);
        bytes.push(kind);
        Self(bytes)
    }

    /// What the addresses of all its buckets begin with.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What the addresses of a bucket's entries begin with; also the address of the
    /// bucket's books.
    pub(crate) fn bucket(&self, name: &str) -> Vec<u8> {
        let mut bytes = self.0.clone();
        push(&mut bytes, name);
        bytes
    }

    /// The bucket that an address of books is for.
    pub(crate) fn bucket_of<'a>(&self, address: &'a [u8]) -> Option<&'a str> {
        let name = address.strip_prefix(self.as_bytes())?.get(4..)?;
        std::str::from_utf8(name).ok()
    }
}

fn push(bytes: &mut Vec<u8>, part: &str) {
    // Names have bounds far below this.
    let len = u32::try_from(part.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&len.to_be_bytes());
    bytes.extend_from_slice(part.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::Place;

    /// Places that somebody might try to make look the same.
    #[test]
    fn no_place_is_inside_another() {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for plugin in ["a", "ab", "a\0", "\0\0\0\u{1}a"] {
            let mut places = vec![
                Place::shared(plugin),
                Place::of_principal(plugin, None),
                Place::of_principal(plugin, Some("")),
            ];
            for subject in ["b", "a", "\0", "bc", "b\0\0\0\u{7}default"] {
                places.push(Place::of_principal(plugin, Some(subject)));
            }
            for place in places {
                for bucket in ["default", "d", "b"] {
                    let address = place.bucket(bucket);
                    assert_eq!(place.bucket_of(&address), Some(bucket));
                    all.push(address);
                }
            }
        }
        for (at, one) in all.iter().enumerate() {
            for (index, other) in all.iter().enumerate() {
                assert!(at == index || !one.starts_with(other), "{one:?} {other:?}");
            }
        }
    }
}
