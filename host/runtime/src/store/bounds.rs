//! How much there may be of everything, and how a plugin is told so.

use std::fmt;

/// Buckets in a scope. They are for keeping kinds of things apart, of which a plugin
/// has a handful; the books of a scope are read at every write.
pub(crate) const MAX_BUCKETS: usize = 16;

/// Bytes of a bucket's name.
const BUCKET_NAME: usize = 64;

/// Bytes of a key. Long enough for a path or a URL.
const KEY: usize = 1_024;

/// Bytes of a value. Documents fit; what is larger belongs into files, since a value
/// is read and written as a whole.
const VALUE: usize = 1 << 20;

/// Keys that one call of a batch function may name, and keys on a page of a list.
pub(crate) const MANY_KEYS: usize = 1_000;

/// Bytes of keys and values that go in or out in one call of a batch function. A host
/// has many such calls at once.
pub(crate) const MANY_BYTES: usize = 4 << 20;

/// Bytes of keys on a page of a list.
pub(crate) const PAGE_BYTES: usize = 256 << 10;

/// What an entry takes besides its key and its value: whose it is, in which bucket,
/// and its share of the tree. Empty values are not free, then.
pub(crate) const ENTRY_OVERHEAD: usize = 64;

/// Bytes of a principal's subject. `OpenID` Connect allows 255.
const SUBJECT: usize = 256;

/// What a plugin is told when something cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no store for it. Why is in the log, for the operator.
    Denied,
    /// Why.
    Because(String),
}

impl Refusal {
    fn because(why: impl Into<String>) -> Self {
        Self::Because(why.into())
    }

    pub(crate) fn over() -> Self {
        Self::because("the call that opened this bucket is over: open it again")
    }

    pub(crate) fn too_many_buckets() -> Self {
        Self::because(format!(
            "there are {MAX_BUCKETS} buckets already, which is the most"
        ))
    }

    pub(crate) fn over_quota(quota: u64) -> Self {
        Self::because(format!(
            "the store is full: {quota} bytes of keys and values are the most, \
             with {ENTRY_OVERHEAD} bytes added for each entry"
        ))
    }

    pub(crate) fn no_memory() -> Self {
        Self::because("the host has no more memory for what is kept in sessions")
    }

    pub(crate) fn no_number(key: &str) -> Self {
        Self::because(format!(
            "the value of `{}` is not a whole number",
            short(key)
        ))
    }

    pub(crate) fn number_too_large(key: &str) -> Self {
        Self::because(format!("the number `{}` would get too large", short(key)))
    }

    pub(crate) fn cursor() -> Self {
        Self::because("this cursor is not one that a list of keys came with")
    }

    pub(crate) fn broken() -> Self {
        Self::because("the host's store has failed; the host's log says how")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => f.write_str("access denied"),
            Self::Because(why) => f.write_str(why),
        }
    }
}

/// The name of a bucket; an empty one stands for `default`.
pub(crate) fn bucket(name: String) -> Result<String, Refusal> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() {
        Ok("default".to_owned())
    } else if name.len() <= BUCKET_NAME && name.bytes().all(is_plain) {
        Ok(name)
    } else {
        Err(Refusal::because(format!(
            "a bucket's name is 1 to {BUCKET_NAME} of the characters A-Z a-z 0-9 . _ -"
        )))
    }
}

/// Whether something can be a key.
pub(crate) fn key(key: &str) -> Result<(), Refusal> {
    match key.len() {
        1..=KEY => Ok(()),
        0 => Err(Refusal::because("a key must not be empty")),
        len => Err(Refusal::because(format!(
            "a key of {len} bytes is too long; {KEY} are the most"
        ))),
    }
}

/// Whether something can be a value.
pub(crate) fn value(value: &[u8]) -> Result<(), Refusal> {
    if value.len() <= VALUE {
        return Ok(());
    }
    let len = value.len();
    Err(Refusal::because(format!(
        "a value of {len} bytes is too long; {VALUE} are the most"
    )))
}

/// Whether so much can be asked for or done at once.
pub(crate) fn many(keys: usize, bytes: usize) -> Result<(), Refusal> {
    if keys > MANY_KEYS {
        return Err(Refusal::because(format!(
            "{keys} keys at once are too many; {MANY_KEYS} are the most"
        )));
    }
    if bytes > MANY_BYTES {
        return Err(Refusal::because(format!(
            "too much at once: {MANY_BYTES} bytes of keys and values are the most"
        )));
    }
    Ok(())
}

/// Whether a principal of this name can have a store.
pub(crate) fn subject(subject: &str) -> Result<(), Refusal> {
    if subject.len() <= SUBJECT {
        return Ok(());
    }
    Err(Refusal::because(format!(
        "the caller's name is too long for a store; {SUBJECT} bytes are the most"
    )))
}

/// The beginning of a key, for a message.
fn short(key: &str) -> &str {
    let end = key.char_indices().map(|(at, _)| at).nth(40);
    key.get(..end.unwrap_or(key.len())).unwrap_or_default()
}
