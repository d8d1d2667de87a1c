//! A plugin to be served: what is on disk where it should be, and what it is given.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use wharf_runtime::PluginOptions;

use super::ConfigError;

/// A plugin to be served, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginConfig {
    /// What it is called. None: after its package, or after its file.
    pub name: Option<String>,
    /// Where it is. Exists.
    pub source: PluginPath,
    /// What is put in front of the names of its tools and prompts.
    pub prefix: Option<String>,
    /// What it may reach and use.
    pub options: PluginOptions,
    /// Where the texts that it is granted are from.
    pub origins: Origins,
}

/// Where the texts that a plugin is granted are from, in the order of the grants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// Of environment variables.
    pub env: Vec<Origin>,
    /// Of values of `wasi:config`.
    pub config: Vec<Origin>,
}

/// Where a text is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It stands in the configuration, or on the command line.
    Written,
    /// An environment variable of the host.
    Variable(String),
    /// A file.
    File(PathBuf),
}

/// Something that exists and may be a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginPath {
    /// A file, presumably a component.
    File(PathBuf),
    /// A folder, presumably of a plugin crate.
    Crate(PathBuf),
}

impl PluginConfig {
    /// What to call it before it is known what package it is.
    pub fn called(&self) -> String {
        let path = self.source.as_path();
        let stem = || path.file_stem().unwrap_or(path.as_os_str());
        let name = self.name.clone();
        name.unwrap_or_else(|| stem().to_string_lossy().into_owned())
    }
}

impl PluginPath {
    /// The path.
    pub fn as_path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Crate(path) => path,
        }
    }

    /// Looks at what is there.
    pub(super) fn find(path: &Path) -> Result<Self, ConfigError> {
        let found = path.metadata().map_err(|source| {
            let path = path.to_owned();
            if source.kind() == ErrorKind::NotFound {
                ConfigError::MissingPlugin { path }
            } else {
                ConfigError::UnreachablePlugin { path, source }
            }
        })?;
        if found.is_dir() {
            return Ok(Self::Crate(path.to_owned()));
        }
        // People complete one level too far: the manifest stands for its folder.
        if path.ends_with("Cargo.toml") {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            return Ok(Self::Crate(folder.unwrap_or(Path::new(".")).to_owned()));
        }
        Ok(Self::File(path.to_owned()))
    }
}
