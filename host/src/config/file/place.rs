//! Paths in a configuration file: from its folder, or from the home folder.

use std::path::{Path, PathBuf};

use super::FileError;
use super::node::Node;
use crate::config::Environment;

/// The path that a text stands for.
pub(super) fn path_of(node: &Node<'_>, environment: &Environment) -> Result<PathBuf, FileError> {
    located(node, node.text()?, environment)
}

/// The same for a part of a text.
pub(super) fn located(
    node: &Node<'_>,
    text: &str,
    environment: &Environment,
) -> Result<PathBuf, FileError> {
    if text.is_empty() {
        return Err(node.mistake("the path is missing", "write one, such as \"notes\""));
    }
    if text.contains('\0') {
        return Err(node.mistake("no path has a character of the number 0", "leave it out"));
    }
    let Some(rest) = text.strip_prefix('~') else {
        return Ok(node.source().folder().join(text));
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        let hint = "write the path in full; a folder of this name is `./~…`";
        return Err(node.mistake("`~` stands for one's own home folder only", hint));
    }
    let home = environment.get("HOME").map(Path::new);
    let Some(home) = home.filter(|home| home.is_absolute()) else {
        let problem = "`~` stands for the home folder, and `HOME` is not set";
        return Err(node.mistake(problem, "write the path in full"));
    };
    Ok(home.join(rest.trim_start_matches('/')))
}
