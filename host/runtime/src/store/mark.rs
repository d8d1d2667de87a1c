//! Telling whether a value is still the same, without keeping it.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// Stands for a value, or for none. A guest can hold hundreds of these; the values
/// themselves would be hundreds of megabytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(Option<(usize, u64, u64)>);

/// Keys of this process, so that nobody can make two values with the same mark.
static KEYS: LazyLock<(RandomState, RandomState)> = LazyLock::new(Default::default);

impl Mark {
    pub(crate) fn of(value: Option<&[u8]>) -> Self {
        let (one, other) = &*KEYS;
        Self(value.map(|value| (value.len(), one.hash_one(value), other.hash_one(value))))
    }
}

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn the_same_value_has_the_same_mark() {
        let values = [None, Some(&b""[..]), Some(b"a"), Some(b"b"), Some(b"aa")];
        for (at, one) in values.iter().enumerate() {
            for (index, other) in values.iter().enumerate() {
                assert_eq!(Mark::of(*one) == Mark::of(*other), at == index);
            }
        }
    }
}
