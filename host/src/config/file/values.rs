//! Texts for plugins: written in the file, taken from the environment of the host, or
//! read from other files.
//!
//! What is taken from elsewhere is a secret unless the file says otherwise, because
//! that is why people keep it elsewhere. No message here repeats a value.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use wharf_runtime::Value;

use super::FileError;
use super::keys::VALUE;
use super::node::{Node, Table};
use super::place::path_of;
use crate::config::Environment;
use crate::config::grants::Texts;
use crate::config::plugin::Origin;

/// Bytes of a file that holds a value. A certificate chain has some thousand.
const MOST: u64 = 64 << 10;

/// A table of names and values.
pub(super) fn values(node: &Node<'_>, environment: &Environment) -> Result<Texts, FileError> {
    let (mut values, mut origins) = Texts::default();
    for (name, node) in node.names()? {
        let (value, origin) = value(&node, environment)?;
        values.push((name.to_owned(), value));
        origins.push(origin);
    }
    Ok((values, origins))
}

/// The same for environment variables, which cannot have every name.
pub(super) fn variables(node: &Node<'_>, environment: &Environment) -> Result<Texts, FileError> {
    for (name, node) in node.names()? {
        if name.is_empty() || name.contains(['=', '\0']) {
            let problem = "this is not the name of an environment variable";
            return Err(node.mistake(problem, "choose one without `=`, such as `API_KEY`"));
        }
    }
    values(node, environment)
}

fn value(node: &Node<'_>, environment: &Environment) -> Result<(Value, Origin), FileError> {
    if let Some(text) = node.as_text() {
        check_text(node, text)?;
        return Ok((Value::plain(text), Origin::Written));
    }
    if !node.is_table() {
        return Err(node.other_than("a text, `{ env = \"…\" }` or `{ file = \"…\" }`"));
    }
    let table = node.table(VALUE)?;
    let (text, origin) = found(&table, environment)?;
    let secret = match table.get("secret") {
        Some(node) => node.flag()?,
        None => origin != Origin::Written,
    };
    let value = if secret {
        Value::secret(text)
    } else {
        Value::plain(text)
    };
    Ok((value, origin))
}

fn found(table: &Table<'_>, environment: &Environment) -> Result<(String, Origin), FileError> {
    match (table.get("value"), table.get("env"), table.get("file")) {
        (Some(node), None, None) => {
            let text = node.text()?;
            check_text(node, text)?;
            Ok((text.to_owned(), Origin::Written))
        }
        (None, Some(node), None) => {
            let name = node.text()?;
            let text = variable(node, name, environment)?;
            Ok((text, Origin::Variable(name.to_owned())))
        }
        (None, None, Some(node)) => {
            let path = path_of(node, environment)?;
            let text = read(node, &path)?;
            Ok((text, Origin::File(path)))
        }
        _ => Err(table.node().mistake(
            "it is not said where the value is from, or said twice",
            "write one of `value`, `env` and `file`",
        )),
    }
}

fn variable(node: &Node<'_>, name: &str, environment: &Environment) -> Result<String, FileError> {
    let fix = "set it where wharf is started";
    match environment.get(name).map(OsStr::to_str) {
        Some(Some("")) => Err(node.mistake(format!("the variable `{name}` is empty"), fix)),
        Some(Some(text)) => Ok(text.to_owned()),
        Some(None) => Err(node.mistake(
            format!("the value of the variable `{name}` is not valid UTF-8"),
            "plugins are given texts only; encode it, in Base64 for example",
        )),
        None => Err(node.mistake(format!("the variable `{name}` is not set"), fix)),
    }
}

/// The text in a file, without the line break that editors put at its end.
fn read(node: &Node<'_>, path: &Path) -> Result<String, FileError> {
    let mut text = Vec::new();
    let opened = File::open(path);
    // One byte more, to see that there is more.
    let result = opened.and_then(|file| file.take(MOST + 1).read_to_end(&mut text));
    if let Err(error) = result {
        let problem = format!("`{}` cannot be read: {error}", path.display());
        return Err(node.mistake(problem, "a path here starts from the folder of this file"));
    }
    if text.len() > usize::try_from(MOST).unwrap_or(usize::MAX) {
        let problem = format!("`{}` has more than {MOST} bytes", path.display());
        return Err(node.mistake(problem, "grant its folder with `files` instead"));
    }
    let Ok(mut text) = String::from_utf8(text) else {
        let problem = format!("`{}` is not valid UTF-8", path.display());
        return Err(node.mistake(problem, "grant its folder with `files` instead"));
    };
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        let problem = format!("`{}` is empty", path.display());
        return Err(node.mistake(problem, "write the value into it"));
    }
    check_text(node, &text)?;
    Ok(text)
}

/// A plugin in C, or made with its library, would see half of such a text.
fn check_text(node: &Node<'_>, text: &str) -> Result<(), FileError> {
    if text.contains('\0') {
        let problem = "there is a character of the number 0 in the value";
        return Err(node.mistake(problem, "leave it out"));
    }
    Ok(())
}
