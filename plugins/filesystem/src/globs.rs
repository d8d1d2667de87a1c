//! Patterns for names and paths.
//!
//! A pattern without a `/` is for names and matches at any depth, as in a
//! `.gitignore`: `*.py` finds every Python file. One with a `/` is for paths, seen
//! from the folder that is searched: `src/*.py` finds those directly in `src`,
//! `**/test/*.py` those in any folder `test`. Hidden files match like others.
//! Beside `*`, `**` and `?` there are `[a-z]`, `[!a-z]` and `{py,rs}`.

mod pattern;

use pattern::Pattern;

use crate::fault::Fault;
use crate::paths;

/// A pattern that has been checked.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    pattern: Pattern,
    of_paths: bool,
    literal: bool,
}

impl Glob {
    /// Checks a pattern. `./` at its start makes it one for paths; a `/` at its end
    /// means nothing.
    pub(crate) fn new(pattern: &str) -> Result<Self, Fault> {
        let refuse = |why: &str| {
            let shown = paths::shortened(pattern);
            Fault::Arguments(format!("the pattern `{shown}` {why}"))
        };
        let path = pattern.trim_end_matches('/');
        if path.is_empty() || path.starts_with('/') || path.split('/').any(|part| part == "..") {
            return Err(refuse(
                "cannot match: patterns are seen from the folder in `path`, as in `*.rs` or `src/*.rs`",
            ));
        }
        if path.starts_with('!') {
            return Err(refuse(
                "starts with `!`: what is to be left out belongs into `excludePatterns`",
            ));
        }
        let seen = Pattern::new(path.strip_prefix("./").unwrap_or(path));
        Ok(Self {
            pattern: seen.map_err(|problem| refuse(&format!("cannot be read: {problem}")))?,
            of_paths: path.contains('/'),
            literal: !path.contains(['*', '?', '[', '{', '\\']),
        })
    }

    /// Whether what lies at `path`, seen from the folder that is searched, matches.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.pattern
            .matches(if self.of_paths { path } else { name })
    }

    /// Whether it has no wildcards, and so is for one name only.
    pub(crate) fn is_literal(&self) -> bool {
        self.literal
    }
}

/// Patterns of what is to be left out. A folder that matches is left out with all
/// that is in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Excluded(Vec<Glob>);

impl Excluded {
    /// Checks the patterns.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, Fault> {
        let globs = patterns.iter().map(|pattern| Glob::new(pattern));
        globs.collect::<Result<_, _>>().map(Self)
    }

    /// Whether what lies at `path` is to be left out.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.0.iter().any(|glob| glob.matches(path))
    }
}

#[cfg(test)]
mod tests;
