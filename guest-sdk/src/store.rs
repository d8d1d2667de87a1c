//! Keeping things between calls.
//!
//! A plugin starts anew in every call, so what it is to remember it puts into a store,
//! if the operator has granted it one. Whose store it is, the operator decides, not the
//! plugin: everybody's, each principal's own, or each session's own. In a store there
//! are buckets, in a bucket there are values, each with a key.
//!
//! ```
//! use wharf_sdk::prelude::*;
//! use wharf_sdk::store::Bucket;
//!
//! #[data]
//! struct Visit {
//!     place: String,
//! }
//!
//! /// Notes a visit, and tells the one before.
//! #[tool]
//! fn visit(args: Visit) -> Result<String> {
//!     let store = Bucket::open_default()?;
//!     let last: Option<Visit> = store.get_json("last")?;
//!     store.set_json("last", &args)?;
//!     let count = store.increment("count", 1)?;
//!     let last = last.map_or("nowhere".into(), |last| last.place);
//!     Ok(format!("visit {count}, after {last}"))
//! }
//! # use wharf_sdk::testing::{TestRequest, call_tool};
//! # let request = TestRequest::new().build();
//! # let said = |place: &str| call_tool::<visit>(&request, json!({ "place": place })).unwrap();
//! # assert_eq!(said("Rome"), ToolResult::text("visit 1, after nowhere"));
//! # assert_eq!(said("Oslo"), ToolResult::text("visit 2, after Rome"));
//! ```
//!
//! What has been set is on the host's disk when the function returns, except what
//! belongs to a session, which ends with it. Several calls can use a store at the same
//! time: [`Bucket::increment`] counts right all the same, [`Bucket::update`] changes a
//! value that others may change, too, and [`Bucket::set_many`] does all or nothing.
//!
//! On wharf, a key has 1 to 1,024 bytes, a value up to 1 MiB; a store has up to 16
//! buckets and a size that the operator sets. Natively, for
#![cfg_attr(
    not(target_arch = "wasm32"),
    doc = "tests, each thread has a store of its own in memory; see [`crate::testing`]."
)]
#![cfg_attr(
    target_arch = "wasm32",
    doc = "tests, each thread has a store of its own in memory."
)]

use std::collections::VecDeque;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::host::Handle;
use crate::json;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod native;
#[cfg(not(target_arch = "wasm32"))]
use self::native as host;
#[cfg(target_arch = "wasm32")]
mod wasm;
#[cfg(target_arch = "wasm32")]
use self::wasm as host;

/// A result with an [`Error`] of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The operator has granted no store, or none to a call like this one.
    Denied,
    /// Something else, in the host's words: the store is full, a key is too long.
    Refused(String),
    /// The value of this key is something else than what it was read as.
    Unexpected {
        /// Which key.
        key: String,
        /// In what way.
        problem: String,
    },
}

/// Values by their keys.
pub struct Bucket(Handle);

/// The keys of a [`Bucket`], fetched page by page.
#[derive(Debug)]
pub struct Keys<'a> {
    bucket: &'a Bucket,
    page: VecDeque<String>,
    rest: Rest,
}

/// What comes after a page.
#[derive(Debug)]
enum Rest {
    From(Option<String>),
    Nothing,
}

impl Bucket {
    /// Opens the bucket that all have who need only one.
    pub fn open_default() -> Result<Self> {
        Self::open("")
    }

    /// Opens a bucket by its name, up to 64 of the characters `A-Z a-z 0-9 . _ -`. It
    /// need not exist: there is none as long as there is nothing in it.
    pub fn open(name: &str) -> Result<Self> {
        host::open(name).map(Self)
    }

    /// A value.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        host::get(&self.0, key)
    }

    /// A value that is text.
    pub fn get_text(&self, key: &str) -> Result<Option<String>> {
        let text = |value| {
            let text = String::from_utf8(value);
            text.map_err(|error| unexpected(key, &format!("it is not text: {error}")))
        };
        self.get(key)?.map(text).transpose()
    }

    /// A value that was set with [`set_json`](Self::set_json).
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let parse = |text: String| json::parse(&text).map_err(|problem| unexpected(key, &problem));
        self.get_text(key)?.map(parse).transpose()
    }

    /// Several values at once, in the order of their keys, of which there may be 1,000;
    /// their values may have 4 MiB together.
    pub fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Vec<u8>>>> {
        let found = host::get_many(&self.0, keys)?;
        Ok(found.into_iter().map(|pair| Some(pair?.1)).collect())
    }

    /// Whether there is such a key.
    pub fn contains(&self, key: &str) -> Result<bool> {
        host::exists(&self.0, key)
    }

    /// Gives a key a value, instead of the one it had.
    pub fn set(&self, key: &str, value: impl AsRef<[u8]>) -> Result<()> {
        host::set(&self.0, key, value.as_ref())
    }

    /// The same, with something that JSON can be made of.
    pub fn set_json(&self, key: &str, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_vec(value);
        self.set(
            key,
            text.map_err(|error| unexpected(key, &error.to_string()))?,
        )
    }

    /// Sets several values, all of them or, if that is refused, none.
    pub fn set_many<K: Into<String>, V: Into<Vec<u8>>>(
        &self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        let pairs = pairs.into_iter();
        let pairs: Vec<_> = pairs
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        host::set_many(&self.0, &pairs)
    }

    /// Removes a key, if it is there.
    pub fn delete(&self, key: &str) -> Result<()> {
        host::delete(&self.0, key)
    }

    /// Removes several keys, those of them that are there.
    pub fn delete_many(&self, keys: &[&str]) -> Result<()> {
        host::delete_many(&self.0, keys)
    }

    /// Adds to a number and returns the sum. Numbers are kept as decimal text; what is
    /// not there is 0.
    pub fn increment(&self, key: &str, by: i64) -> Result<i64> {
        host::increment(&self.0, key, by)
    }

    /// Makes a new value of the old one, and makes it again if somebody else has set
    /// another meanwhile.
    pub fn update<V: AsRef<[u8]>>(
        &self,
        key: &str,
        mut change: impl FnMut(Option<Vec<u8>>) -> V,
    ) -> Result<()> {
        let mut swap = host::start_swap(&self.0, key)?;
        loop {
            let value = change(host::seen(&swap)?);
            match host::swap(swap, value.as_ref())? {
                None => return Ok(()),
                Some(again) => swap = again,
            }
        }
    }

    /// All keys, in no particular order.
    pub fn keys(&self) -> Keys<'_> {
        Keys {
            bucket: self,
            page: VecDeque::new(),
            rest: Rest::From(None),
        }
    }

    /// Some keys, from a cursor on, and the cursor for the next ones: for a tool that
    /// passes pages on.
    pub fn page(&self, cursor: Option<&str>) -> Result<(Vec<String>, Option<String>)> {
        host::list(&self.0, cursor)
    }
}

impl Iterator for Keys<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(key) = self.page.pop_front() {
                return Some(Ok(key));
            }
            let Rest::From(cursor) = std::mem::replace(&mut self.rest, Rest::Nothing) else {
                return None;
            };
            match self.bucket.page(cursor.as_deref()) {
                Ok((keys, next)) => {
                    self.page = keys.into();
                    self.rest = next.map_or(Rest::Nothing, |next| Rest::From(Some(next)));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bucket")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => f.write_str("there is no store for this call"),
            Self::Refused(why) => f.write_str(why),
            Self::Unexpected { key, problem } => write!(f, "the value of `{key}`: {problem}"),
        }
    }
}

impl std::error::Error for Error {}

fn unexpected(key: &str, problem: &str) -> Error {
    Error::Unexpected {
        key: key.to_owned(),
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests;
