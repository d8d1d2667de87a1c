//! `wharf.toml`: what to serve, where, with what allowed.
//!
//! Every key is listed in `keys`, described in `docs/configuration.md`, and read by
//! one of the modules here. Nothing in the file is ignored: a key that is not known, a
//! value that cannot be used, a file or a variable that is not there are refused at the
//! start, with the line they stand in and what to write instead.

use std::fs;
use std::path::{Path, PathBuf};

use toml::de::DeValue;
use wharf_runtime::Limits;

use super::{ConfigError, DataDir, Environment, Listen, PluginConfig, address};

mod error;
mod grants;
mod keys;
mod limits;
mod node;
mod place;
mod plugin;
mod values;

pub use error::FileError;
pub(super) use limits::Shared;

use keys::TOP;
use node::{Node, Source, Table};
use place::{located, path_of};

/// What a configuration file says. What it does not mention is as without a file.
#[derive(Debug, Default)]
pub(super) struct FileConfig {
    pub(super) listen: Vec<Listen>,
    pub(super) stdio: bool,
    pub(super) allow_public: bool,
    pub(super) hosts: Vec<String>,
    pub(super) origins: Vec<String>,
    pub(super) data: Option<DataDir>,
    pub(super) cache_dir: Option<PathBuf>,
    pub(super) watch: Option<bool>,
    pub(super) limits: Limits,
    pub(super) shared: Shared,
    pub(super) plugins: Vec<PluginConfig>,
}

/// Reads the file. `flags` puts the limits of the command line in the place of the
/// file's, before plugins get them.
pub(super) fn read(
    path: &Path,
    environment: &Environment,
    flags: impl FnOnce(&mut Limits),
) -> Result<FileConfig, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::UnreadableFile {
        path: path.to_owned(),
        source,
    })?;
    let source = Source {
        path: path.to_owned(),
        text,
    };
    let read = understood(&source, environment, flags);
    read.map_err(|error| ConfigError::File(Box::new(error)))
}

/// Every key there is, with the table it stands in: for what has to be complete.
pub fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    let tables = keys::ALL.iter();
    tables.flat_map(|(table, keys)| keys.iter().map(|key| (*table, *key)))
}

fn understood(
    source: &Source,
    environment: &Environment,
    flags: impl FnOnce(&mut Limits),
) -> Result<FileConfig, FileError> {
    let table = source.parse()?.into_inner();
    let value = DeValue::Table(table);
    let table = Node::root(source, &value).table(TOP)?;
    let mut config = FileConfig::default();
    endpoints(&table, &mut config, environment)?;
    table.set("data-dir", &mut config.data, |node| {
        if node.as_text() == Some(super::IN_MEMORY) {
            return Ok(Some(DataDir::Memory));
        }
        Ok(Some(DataDir::Folder(path_of(node, environment)?)))
    })?;
    table.set("cache-dir", &mut config.cache_dir, |node| {
        path_of(node, environment).map(Some)
    })?;
    table.set("watch", &mut config.watch, |node| node.flag().map(Some))?;
    if let Some(node) = table.get("limits") {
        limits::of_all(node, &mut config.limits, &mut config.shared)?;
    }
    flags(&mut config.limits);
    if let Some(node) = table.get("plugins") {
        for (name, node) in node.names()? {
            let limits = config.limits.clone();
            let plugin = plugin::plugin(name, &node, limits, environment)?;
            config.plugins.push(plugin);
        }
    }
    Ok(config)
}

fn endpoints(
    table: &Table<'_>,
    config: &mut FileConfig,
    environment: &Environment,
) -> Result<(), FileError> {
    table.set("stdio", &mut config.stdio, Node::flag)?;
    table.set("allow-public", &mut config.allow_public, Node::flag)?;
    table.set("listen", &mut config.listen, |node| {
        let parts = node.list()?;
        parts.iter().map(|part| listen(part, environment)).collect()
    })?;
    table.set("allow-hosts", &mut config.hosts, |node| {
        checked(
            node,
            address::host,
            ("a host name", "give the name alone: `tools.example.com`"),
        )
    })?;
    table.set("allow-origins", &mut config.origins, |node| {
        let hint = "give scheme and name, without a path: `https://app.example.com`";
        checked(node, address::origin, ("an origin", hint))
    })
}

/// An address, or a socket whose path starts where all paths of the file do.
fn listen(node: &Node<'_>, environment: &Environment) -> Result<Listen, FileError> {
    let text = node.text()?;
    let place = address::place(text);
    let place =
        place.map_err(|problem| node.mistake(format!("`{text}`: {problem}"), problem.hint()))?;
    let at = |path: PathBuf| match path.to_str() {
        Some(path) => located(node, path, environment),
        None => Ok(path),
    };
    Ok(match place {
        Listen::Unix(path) => Listen::Unix(at(path)?),
        Listen::HttpUnix(path) => Listen::HttpUnix(at(path)?),
        Listen::Http(address) => Listen::Http(address),
    })
}

/// Texts, each brought into the form that requests have it in; what they should be, and
/// how that is written.
fn checked(
    node: &Node<'_>,
    read: fn(&str) -> Option<String>,
    (what, hint): (&str, &str),
) -> Result<Vec<String>, FileError> {
    let parts = node.list()?;
    let parts = parts.iter().map(|part| {
        let text = part.text()?;
        read(text).ok_or_else(|| part.mistake(format!("`{text}` is not {what}"), hint))
    });
    parts.collect()
}

#[cfg(test)]
mod tests;
