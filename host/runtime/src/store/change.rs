//! What a plugin can do to a bucket, and what it comes to.
//!
//! The same for every place in which buckets are kept. A change is checked first
//! and made then, so that one which is refused has changed nothing.

use std::collections::BTreeMap;

use super::bounds::{ENTRY_OVERHEAD, MAX_BUCKETS, Refusal};
use super::mark::Mark;

/// Something to be done to a bucket, all of it or nothing.
#[derive(Debug)]
pub(crate) enum Change {
    /// Give these keys these values.
    Set(BTreeMap<String, Vec<u8>>),
    /// Remove these keys, those of them that are there.
    Delete(Vec<String>),
    /// Add to a number. What is not there is 0.
    Increment { key: String, by: i64 },
    /// Give this key this value, if it still has the one that was marked.
    Swap {
        key: String,
        expected: Mark,
        value: Vec<u8>,
    },
}

/// What a change came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// It is done.
    Done,
    /// The number is now this.
    Number(i64),
    /// Nothing was swapped, because the value is now this.
    Outdated(Mark),
}

/// Why something could not be done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It may not be: the guest's affair.
    Refused(Refusal),
    /// The place broke down: the host's.
    Broken(redb::Error),
}

/// A bucket that can be read.
pub(crate) trait View {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Stop>;

    /// How long the value is.
    fn len(&self, key: &str) -> Result<Option<usize>, Stop>;

    /// Goes through the keys behind this one, in their order, until `visit` has had
    /// enough.
    fn keys(&self, after: Option<&str>, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Stop>;
}

/// A bucket that can be changed.
pub(crate) trait Edit: View {
    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), Stop>;

    fn remove(&mut self, key: &str) -> Result<(), Stop>;

    /// Asked before anything grows: whether all buckets of the scope together may
    /// take so many bytes after they took those before.
    fn admit(&mut self, before: u64, after: u64) -> Result<(), Refusal>;
}

/// How much there is in each bucket of a scope. A bucket without an entry is not
/// in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Usage(pub(crate) BTreeMap<String, Held>);

/// How much there is in a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) entries: u64,
    /// Keys, values, and [`ENTRY_OVERHEAD`] for each entry.
    pub(crate) bytes: u64,
}

impl Usage {
    /// Bytes of all buckets.
    pub(crate) fn total(&self) -> u64 {
        self.0.values().map(|held| held.bytes).sum()
    }

    fn of(&self, bucket: &str) -> Held {
        self.0.get(bucket).copied().unwrap_or_default()
    }

    fn put(&mut self, bucket: &str, held: Held) {
        if held.entries == 0 {
            self.0.remove(bucket);
        } else {
            self.0.insert(bucket.to_owned(), held);
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Change {
    /// Bytes that wait with it.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Set(pairs) => pairs
                .iter()
                .map(|(key, value)| key.len() + value.len())
                .sum(),
            Self::Delete(keys) => keys.iter().map(String::len).sum(),
            Self::Increment { key, .. } => key.len(),
            Self::Swap { key, value, .. } => key.len() + value.len(),
        }
    }

    /// Makes the change in this bucket, and keeps the books.
    pub(crate) fn apply(
        &self,
        entries: &mut dyn Edit,
        usage: &mut Usage,
        bucket: &str,
    ) -> Result<Changed, Stop> {
        let mut bucket = Bucket {
            entries,
            usage,
            name: bucket,
        };
        match self {
            Self::Set(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_slice()));
                bucket.set(&pairs.collect::<Vec<_>>())?;
                Ok(Changed::Done)
            }
            Self::Delete(keys) => bucket.delete(keys).map(|()| Changed::Done),
            Self::Increment { key, by } => bucket.increment(key, *by).map(Changed::Number),
            Self::Swap {
                key,
                expected,
                value,
            } => {
                let found = Mark::of(bucket.entries.get(key)?.as_deref());
                if found != *expected {
                    return Ok(Changed::Outdated(found));
                }
                bucket.set(&[(key, value)])?;
                Ok(Changed::Done)
            }
        }
    }
}

/// A bucket in the middle of a change.
struct Bucket<'a> {
    entries: &'a mut dyn Edit,
    usage: &'a mut Usage,
    name: &'a str,
}

impl Bucket<'_> {
    /// Keys must not be in it twice.
    fn set(&mut self, pairs: &[(&str, &[u8])]) -> Result<(), Stop> {
        let before = self.usage.of(self.name);
        let mut after = before;
        for (key, value) in pairs {
            match self.entries.len(key)? {
                Some(old) => after.bytes -= cost(key, old),
                None => after.entries += 1,
            }
            after.bytes += cost(key, value.len());
        }
        if before.entries == 0 && after.entries > 0 && self.usage.0.len() >= MAX_BUCKETS {
            return Err(Refusal::too_many_buckets().into());
        }
        let total = self.usage.total();
        let grown = total - before.bytes + after.bytes;
        self.entries.admit(total, grown)?;
        for (key, value) in pairs {
            self.entries.put(key, value)?;
        }
        self.usage.put(self.name, after);
        Ok(())
    }

    fn delete(&mut self, keys: &[String]) -> Result<(), Stop> {
        let total = self.usage.total();
        let mut held = self.usage.of(self.name);
        let before = held.bytes;
        for key in keys {
            // A key that is named twice is gone the second time.
            if let Some(old) = self.entries.len(key)? {
                self.entries.remove(key)?;
                held.entries -= 1;
                held.bytes -= cost(key, old);
            }
        }
        self.entries.admit(total, total - before + held.bytes)?;
        self.usage.put(self.name, held);
        Ok(())
    }

    /// Numbers are decimal text, so that they can be read and set as well.
    fn increment(&mut self, key: &str, by: i64) -> Result<i64, Stop> {
        let old = match self.entries.get(key)? {
            None => 0,
            Some(value) => number(&value).ok_or_else(|| Refusal::no_number(key))?,
        };
        let new = old.checked_add(by);
        let new = new.ok_or_else(|| Refusal::number_too_large(key))?;
        self.set(&[(key, new.to_string().as_bytes())])?;
        Ok(new)
    }
}

fn cost(key: &str, value: usize) -> u64 {
    let bytes = key.len() + value + ENTRY_OVERHEAD;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}
