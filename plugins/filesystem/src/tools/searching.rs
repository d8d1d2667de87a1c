//! Finding files.

use std::fmt::Write as _;

use wharf_sdk::prelude::*;

use crate::answer::{self, Answer};
use crate::entries::Kind;
use crate::folders::Folders;
use crate::globs::{Excluded, Glob};
use crate::limits::DEPTH;
use crate::search::{self, Found, Line, Needle, Query, Results};
use crate::walk::{End, Walk};
use crate::watch::Watch;

/// Where to search, and for what.
#[data]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[derive(Debug)]
pub(crate) struct SearchFiles {
    /// The folder to search, with all below it.
    pub(crate) path: String,
    /// Which names or paths: `*.py` matches names at any depth, `src/*.py` and
    /// `**/test/*.py` match paths seen from `path`. `*` is everything.
    pub(crate) pattern: String,
    /// What to leave out, with all below it. Patterns of the same kind, such as
    /// `node_modules`.
    #[serde(default)]
    pub(crate) exclude_patterns: Vec<String>,
    /// Only files with this text in them, on one line, taken literally.
    pub(crate) content: Option<String>,
    /// Whether `content` may differ in upper and lower case.
    #[serde(default)]
    pub(crate) ignore_case: bool,
}

/// What was found.
#[data]
#[derive(Debug)]
pub(crate) struct Matches {
    /// The files and folders, those nearest to the folder searched first.
    pub(crate) matches: Vec<Match>,
    /// What else there is to know, such as why there are not more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// A file or folder that was found.
#[data]
#[derive(Debug)]
pub(crate) struct Match {
    /// Where it is.
    pub(crate) path: String,
    /// What it is.
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    /// The lines with the text in them, if one was searched for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lines: Vec<Line>,
    /// Whether there are more such lines in this file.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) more: bool,
}

/// Finds files and folders by name, and files by the text in them, with line numbers.
/// Searches a folder and all below it; symbolic links are not followed. Long searches
/// stop at a bound, and a note says so.
#[tool(title = "Search for files", read_only, idempotent, open_world = false)]
pub(crate) fn search_files(request: &Request, args: SearchFiles) -> Result<Answer<Matches>> {
    let place = Folders::granted().place(&args.path)?;
    let needle = |text: &String| Needle::new(text, args.ignore_case);
    let query = Query {
        glob: Glob::new(&args.pattern)?,
        content: args.content.as_ref().map(needle).transpose()?,
    };
    let mut walk = Walk::new(place, Excluded::new(&args.exclude_patterns)?, DEPTH);
    let mut watch = Watch::new(request);
    let results = search::search(&mut walk, &query, |seen| watch.go_on(seen))?;
    let data = Matches {
        note: note(&results, &query),
        matches: results.found.into_iter().map(Match::from).collect(),
    };
    let (text, note) = (data.in_words(), data.note.clone());
    Ok(Answer::new(data, text).note(note.as_deref()))
}

/// Why there are not more matches, and what to do about it.
fn note(results: &Results, query: &Query) -> Option<String> {
    let seen = results.seen;
    let end = match results.end {
        End::All => None,
        End::Enough => Some("there may be more".to_owned()),
        End::Seen => Some(format!("stopped after {seen} files and folders")),
        End::Time => Some(format!("time ran out after {seen} files and folders")),
    };
    let end = end.map(|end| {
        format!("{end}: search a deeper folder, narrow `pattern`, or use `excludePatterns`")
    });
    let passed_over = (results.passed_over > 0).then(|| {
        let count = results.passed_over;
        format!("not looked into, because they are large, not text or not readable: {count}")
    });
    let none = results.found.is_empty() && results.end == End::All;
    let literal = (none && query.glob.is_literal()).then(|| {
        "without wildcards a pattern is for exactly this name: `*` around it finds longer ones"
            .to_owned()
    });
    answer::notes([
        end,
        passed_over,
        answer::unreadable(results.unreadable),
        literal,
    ])
}

impl From<Found> for Match {
    fn from(found: Found) -> Self {
        Self {
            path: found.place.text().to_owned(),
            kind: found.kind,
            lines: found.lines,
            more: found.more,
        }
    }
}

impl Matches {
    fn in_words(&self) -> String {
        if self.matches.is_empty() {
            return "No matches.".to_owned();
        }
        let matches: Vec<String> = self.matches.iter().map(Match::in_words).collect();
        matches.join("\n")
    }
}

impl Match {
    fn in_words(&self) -> String {
        let mark = if self.kind == Kind::Directory {
            "/"
        } else {
            ""
        };
        let mut text = format!("{}{mark}", self.path);
        for Line { line, text: found } in &self.lines {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n  {line}: {found}");
        }
        if self.more {
            text.push_str("\n  … and more");
        }
        text
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use wharf_sdk::testing::TestRequest;

    use super::*;
    use crate::testing::Sandbox;

    fn search(pattern: &str, content: Option<&str>) -> SearchFiles {
        SearchFiles {
            path: ".".to_owned(),
            pattern: pattern.to_owned(),
            exclude_patterns: vec!["target".to_owned()],
            content: content.map(str::to_owned),
            ignore_case: false,
        }
    }

    fn check(sandbox: &Sandbox, args: SearchFiles, expect: &str) {
        let request = TestRequest::new().build();
        let said = match search_files(&request, args) {
            Ok(answer) => answer.texts(),
            Err(error) => error.to_string(),
        };
        assert_eq!(sandbox.rooted(said), expect);
    }

    #[test]
    fn matches_are_told() {
        let sandbox = Sandbox::new(&[("a/b.rs", "x\nlet y;\n"), ("target/b.rs", "let y;")]);
        check(&sandbox, search("*.rs", None), "ROOT/a/b.rs");
        check(&sandbox, search("a", None), "ROOT/a/");
        check(
            &sandbox,
            search("*", Some("let")),
            "ROOT/a/b.rs\n  2: let y;",
        );
        check(
            &sandbox,
            search("b", None),
            "No matches.\nNote: without wildcards a pattern is for exactly this name: `*` around it finds longer ones",
        );
        check(
            &sandbox,
            search("/x", None),
            "the pattern `/x` cannot match: patterns are seen from the folder in `path`, as in `*.rs` or `src/*.rs`",
        );
    }

    #[test]
    fn searches_without_time_say_so() {
        let sandbox = Sandbox::new(&[("a", "")]);
        let request = TestRequest::new().time_left(Duration::ZERO).build();
        let answer = search_files(&request, search("*", None)).unwrap();
        assert_eq!(
            sandbox.rooted(answer.texts()),
            "No matches.\nNote: time ran out after 0 files and folders: search a deeper folder, narrow `pattern`, or use `excludePatterns`"
        );
    }
}
