//! Permissions: what a plugin would like to be granted, and why.
//!
//! A plugin that names what it needs is easier to trust: its operator sees the list,
//! with the reasons, before anything is granted (`wharf inspect`, `wharf check`), and it
//! never gets more than it asked for, whatever is granted. Asking grants nothing.
//!
//! ```
//! use wharf_sdk::prelude::*;
//!
//! /// Counts the notes.
//! #[tool]
//! fn count() -> Result<String> {
//!     Ok(std::fs::read_dir("/notes")?.count().to_string())
//! }
//!
//! plugin!(
//!     tools: [count],
//!     permissions: [
//!         Permission::read_files("/notes", "to count your notes"),
//!         Permission::environment("LANG", "to answer in your language").optional(),
//!     ],
//! );
//! ```

use crate::bindings::permissions::exports::wharf::plugin::permissions as wit;

/// Something that a plugin asks for.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct Permission(pub(crate) wit::Permission);

/// What can be listed as the permissions of a plugin.
pub trait Permissions {
    /// The list.
    fn list(self) -> Vec<Permission>;
}

impl<I: IntoIterator<Item = Permission>> Permissions for I {
    fn list(self) -> Vec<Permission> {
        self.into_iter().collect()
    }
}

impl Permission {
    /// To read files in this folder and below it. The path is absolute, as the plugin
    /// sees it.
    pub fn read_files(folder: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(wit::Capability::ReadFiles(folder.into()), reason)
    }

    /// The same, and to change them.
    pub fn change_files(folder: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(wit::Capability::ChangeFiles(folder.into()), reason)
    }

    /// To see an environment variable.
    pub fn environment(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(wit::Capability::Environment(name.into()), reason)
    }

    /// To see a value of `wasi:config`.
    pub fn config(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(wit::Capability::Config(key.into()), reason)
    }

    /// To make HTTP requests to `[http://|https://]HOST[:PORT]`, where HOST may be
    /// `*.` and a name for all names below it, or `*` for any.
    pub fn http(target: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(wit::Capability::Http(target.into()), reason)
    }

    /// To connect to `ADDRESS:PORT` or `NETWORK:PORT` with TCP.
    pub fn tcp(target: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(wit::Capability::Tcp(target.into()), reason)
    }

    /// The same with UDP.
    pub fn udp(target: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(wit::Capability::Udp(target.into()), reason)
    }

    /// To keep state in a key-value store.
    pub fn key_value(reason: impl Into<String>) -> Self {
        Self::new(wit::Capability::KeyValue, reason)
    }

    /// The plugin is of use without it.
    pub fn optional(mut self) -> Self {
        self.0.required = false;
        self
    }

    fn new(capability: wit::Capability, reason: impl Into<String>) -> Self {
        Self(wit::Permission {
            capability,
            reason: reason.into(),
            required: true,
        })
    }
}
