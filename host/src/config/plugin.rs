//! What is on disk where a plugin should be.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::ConfigError;

/// Something that exists and may be a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginPath {
    /// A file, presumably a component.
    File(PathBuf),
    /// A folder, presumably of a plugin crate.
    Crate(PathBuf),
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
