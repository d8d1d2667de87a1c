//! A mistake in a configuration file.

use std::path::PathBuf;

/// What is wrong with a configuration file, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {}{problem}", .file.display(), at(.key))]
pub struct FileError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The key from the top, such as `plugins.notes.limits.memory`. Empty if the file
    /// is not TOML.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub hint: Option<String>,
}

fn at(key: &str) -> String {
    if key.is_empty() {
        return String::new();
    }
    format!("`{key}`: ")
}
