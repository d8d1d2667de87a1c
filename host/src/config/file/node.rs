//! Values of a configuration file that know where they stand.
//!
//! The file is not read by derived code, because a mistake is to be told with its
//! line, its key and what to write instead, also where a value may have one of several
//! forms. What reads a value here says what was expected; what is written in the file
//! is only repeated where it cannot be a secret.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::FileError;
use crate::config::near::nearest;
use crate::config::units::{self, Misfit};

/// A configuration file's text, and where it is from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// A value, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    source: &'a Source,
    /// From the top, with dots; empty for the whole file.
    key: String,
    /// Where it begins, in bytes.
    at: usize,
    value: &'a DeValue<'a>,
}

/// A table of known keys.
#[derive(Debug, Clone)]
pub(super) struct Table<'a> {
    node: Node<'a>,
    /// In the order of the file.
    entries: Vec<(&'a str, Node<'a>)>,
}

impl Source {
    /// Parses the text.
    pub(super) fn parse(&self) -> Result<Spanned<DeTable<'_>>, FileError> {
        DeTable::parse(&self.text).map_err(|error| FileError {
            file: self.path.clone(),
            line: self.line(error.span().map_or(0, |span| span.start)),
            key: String::new(),
            problem: format!("this is not TOML: {}", error.message().replace('\n', "; ")),
            hint: None,
        })
    }

    /// The folder that paths in the file start from.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.matches('\n').count() + 1
    }
}

impl<'a> Node<'a> {
    /// The whole file.
    pub(super) fn root(source: &'a Source, value: &'a DeValue<'a>) -> Self {
        let key = String::new();
        Self {
            source,
            key,
            at: 0,
            value,
        }
    }

    pub(super) fn source(&self) -> &'a Source {
        self.source
    }

    /// The line it begins in, from 1.
    pub(super) fn line(&self) -> usize {
        self.source.line(self.at)
    }

    /// Something is wrong with this value.
    pub(super) fn mistake(&self, problem: impl Into<String>, hint: impl Into<String>) -> FileError {
        let hint = Some(hint.into());
        FileError {
            hint,
            ..self.problem(problem)
        }
    }

    /// The same where there is nothing helpful to say.
    pub(super) fn problem(&self, problem: impl Into<String>) -> FileError {
        FileError {
            file: self.source.path.clone(),
            line: self.line(),
            key: self.key.clone(),
            problem: problem.into(),
            hint: None,
        }
    }

    pub(super) fn is_table(&self) -> bool {
        self.value.is_table()
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    pub(super) fn text(&self) -> Result<&'a str, FileError> {
        self.as_text().ok_or_else(|| self.other_than("a text"))
    }

    /// `true` or `false`, if it is one of them.
    pub(super) fn as_flag(&self) -> Option<bool> {
        self.value.as_bool()
    }

    pub(super) fn flag(&self) -> Result<bool, FileError> {
        self.as_flag()
            .ok_or_else(|| self.other_than("`true` or `false`"))
    }

    /// A whole number within these bounds.
    pub(super) fn number(&self, bounds: RangeInclusive<u64>) -> Result<u64, FileError> {
        let Some(number) = self.value.as_integer() else {
            return Err(self.other_than("a whole number"));
        };
        let found = u64::from_str_radix(number.as_str(), number.radix());
        let found = found.ok().filter(|number| bounds.contains(number));
        found.ok_or_else(|| {
            let (least, most) = bounds.into_inner();
            let problem = format!("{} is out of bounds", number.as_str());
            self.mistake(problem, format!("write a number from {least} to {most}"))
        })
    }

    /// The same, for counting things in memory.
    pub(super) fn count(&self, bounds: RangeInclusive<u32>) -> Result<usize, FileError> {
        let (least, most) = bounds.into_inner();
        let number = self.number(u64::from(least)..=u64::from(most))?;
        Ok(usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// A moment, written as a text or as TOML's own.
    pub(super) fn moment(&self) -> Result<String, FileError> {
        match self.value {
            DeValue::String(text) => Ok(text.clone().into_owned()),
            DeValue::Datetime(moment) => Ok(moment.to_string()),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => Err(self.other_than("a date and time")),
        }
    }

    pub(super) fn time(&self) -> Result<Duration, FileError> {
        self.quantity("a time in quotes, such as \"30s\"", units::time)
    }

    /// Bytes in memory.
    pub(super) fn size(&self) -> Result<usize, FileError> {
        self.quantity("a size in quotes, such as \"64MiB\"", units::size)
    }

    /// Bytes anywhere.
    pub(super) fn bytes(&self) -> Result<u64, FileError> {
        self.quantity("a size in quotes, such as \"64MiB\"", units::bytes)
    }

    fn quantity<T>(
        &self,
        expected: &str,
        read: fn(&str) -> Result<T, Misfit>,
    ) -> Result<T, FileError> {
        let text = self.as_text().ok_or_else(|| self.other_than(expected))?;
        read(text)
            .map_err(|Misfit { problem, hint }| self.mistake(format!("`{text}`: {problem}"), hint))
    }

    /// The parts of a list.
    pub(super) fn list(&self) -> Result<Vec<Self>, FileError> {
        let Some(parts) = self.value.as_array() else {
            return Err(self.other_than("a list in brackets"));
        };
        let part = |(index, part): (usize, &'a Spanned<DeValue<'a>>)| Self {
            source: self.source,
            key: format!("{}[{index}]", self.key),
            at: part.span().start,
            value: part.get_ref(),
        };
        Ok(parts.iter().enumerate().map(part).collect())
    }

    /// The parts of a table whose keys are the operator's.
    pub(super) fn names(&self) -> Result<Vec<(&'a str, Self)>, FileError> {
        let Some(table) = self.value.as_table() else {
            return Err(self.other_than("a table"));
        };
        let mut names: Vec<(&'a str, Self)> = Vec::with_capacity(table.len());
        for (name, part) in table {
            let key = quoted(name.get_ref());
            let whole = if self.key.is_empty() {
                key
            } else {
                format!("{}.{key}", self.key)
            };
            let node = Self {
                source: self.source,
                key: whole,
                at: name.span().start,
                value: part.get_ref(),
            };
            names.push((name.get_ref(), node));
        }
        names.sort_by_key(|(_, node)| node.at);
        Ok(names)
    }

    /// A table with some of these keys and no others.
    pub(super) fn table(&self, keys: &[&'static str]) -> Result<Table<'a>, FileError> {
        let entries = self.names()?;
        for (name, node) in &entries {
            if !keys.contains(name) {
                return Err(node.unknown(name, keys));
            }
        }
        Ok(Table {
            node: self.clone(),
            entries,
        })
    }

    fn unknown(&self, name: &str, keys: &[&'static str]) -> FileError {
        let hint = match nearest(name, keys) {
            Some(key) => format!("did you mean `{key}`?"),
            None => format!("the keys here are {}", listed(keys)),
        };
        self.mistake("there is no such key", hint)
    }

    /// One of these words.
    pub(super) fn word(&self, words: &[&'static str]) -> Result<&'static str, FileError> {
        let text = self.text()?;
        if let Some(word) = words.iter().find(|word| **word == text) {
            return Ok(word);
        }
        let hint = match nearest(text, words) {
            Some(word) => format!("did you mean \"{word}\"?"),
            None => format!("write one of {}", listed(words)),
        };
        Err(self.mistake(format!("`{text}` is not known here"), hint))
    }

    /// It is of another kind than it should be.
    pub(super) fn other_than(&self, expected: &str) -> FileError {
        let found = match self.value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a fraction",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.mistake(
            format!("this is {found}"),
            format!("write {expected} instead"),
        )
    }
}

impl<'a> Table<'a> {
    /// What stands at this key.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'a>> {
        let found = self.entries.iter().find(|(name, _)| *name == key);
        found.map(|(_, node)| node)
    }

    /// What has to stand at this key.
    pub(super) fn required(&self, key: &str, example: &str) -> Result<&Node<'a>, FileError> {
        self.get(key).ok_or_else(|| {
            let hint = format!("add it, such as `{key} = {example}`");
            self.node.mistake(format!("`{key}` is missing"), hint)
        })
    }

    /// Reads what stands at this key into its place, if there is something.
    pub(super) fn set<T>(
        &self,
        key: &str,
        place: &mut T,
        read: impl FnOnce(&Node<'a>) -> Result<T, FileError>,
    ) -> Result<(), FileError> {
        if let Some(node) = self.get(key) {
            *place = read(node)?;
        }
        Ok(())
    }

    /// The table itself.
    pub(super) fn node(&self) -> &Node<'a> {
        &self.node
    }
}

/// A key as it would be written.
fn quoted(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.chars().all(bare) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
