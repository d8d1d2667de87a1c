//! The tools: arguments in, the pure modules at work, answers out.
//!
//! Names and arguments are those that models know from other servers for files, so
//! that nobody has to learn them anew. Each tool says the same twice, in words and
//! as data. Whatever hits a bound says so in a note, with what to do about it.
//!
//! A file or folder that is not there, is not granted or is in the way is no error
//! of the call: the model reads what is wrong and tries something else.

use wharf_sdk::data;

pub(crate) mod about;
pub(crate) mod listing;
pub(crate) mod reading;
pub(crate) mod searching;
pub(crate) mod writing;

/// Which file or folder.
#[data]
#[serde(deny_unknown_fields)]
#[derive(Debug)]
pub(crate) struct OnePath {
    /// The path of the file or folder.
    pub(crate) path: String,
}
