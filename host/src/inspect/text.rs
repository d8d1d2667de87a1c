//! Findings for people: what it is, what it offers, what it can use, what it is
//! made of.
//!
//! Names come from the plugin. Control characters in them are shown as escapes, so
//! that looking at a plugin is safe on any terminal.

use std::fmt::Write as _;

use wharf_runtime::Need;

use super::Findings;
use super::needs::{flag, key, word};

/// The findings as some paragraphs.
pub(super) fn render(findings: &Findings) -> String {
    let outside = &findings.outside;
    let mut text = head(findings);
    if let Some(problem) = findings.problem() {
        line(&mut text, &format!("Cannot be served: {problem}"));
    }
    list(&mut text, "Tools", findings.tools());
    list(&mut text, "Prompts", findings.prompts());
    list(
        &mut text,
        "Resource templates",
        findings.resource_templates(),
    );
    let needs = outside.needs.iter().map(|&need| {
        let how = flag(need).map_or_else(|| in_file(need), str::to_owned);
        format!("{:<12} {how}", word(need))
    });
    list(&mut text, "Can use, if granted", some(needs.collect()));
    let asked = findings.permissions().map(|asked| {
        let asked = asked.iter().map(|asked| {
            let optional = if asked.required { "" } else { ", if possible" };
            format!("{}{optional}: {}", asked.capability, asked.reason)
        });
        asked.collect()
    });
    list(&mut text, "Asks for, and gets no more", asked);
    list(
        &mut text,
        "Not supported",
        some(outside.unsupported.clone()),
    );
    list(&mut text, "Exports", some(by_package(&outside.exports)));
    list(&mut text, "Imports", some(by_package(&outside.imports)));
    text
}

fn head(findings: &Findings) -> String {
    let contract = match &findings.outside.contract {
        Some(version) => format!("contract {version}"),
        None => "not made for the plugin contract".to_owned(),
    };
    let (path, size) = (findings.path.display(), size(findings.size));
    let mut text = String::new();
    line(&mut text, &findings.name);
    line(&mut text, &format!("{path}, {size}, {contract}"));
    text
}

/// A heading with indented lines, unless there is no such list. A list may be
/// there and be empty.
fn list<T: AsRef<str>>(text: &mut String, heading: &str, lines: Option<Vec<T>>) {
    let Some(lines) = lines else {
        return;
    };
    text.push('\n');
    line(text, heading);
    if lines.is_empty() {
        line(text, "  (none)");
    }
    for entry in lines {
        line(text, &format!("  {}", entry.as_ref()));
    }
}

fn in_file(need: Need) -> String {
    format!("{}, in wharf.toml", key(need))
}

fn some(lines: Vec<String>) -> Option<Vec<String>> {
    (!lines.is_empty()).then_some(lines)
}

/// Adds a line, with escapes for what terminals obey.
pub(crate) fn line(text: &mut String, line: &str) {
    for c in line.chars() {
        if c.is_control() {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    text.push('\n');
}

/// `wasi:io@0.2.6: error, poll, streams` for each package, in order of appearance.
fn by_package(names: &[String]) -> Vec<String> {
    let mut packages: Vec<(String, String)> = Vec::new();
    for name in names {
        let (package, interface) = split(name);
        match packages.iter_mut().find(|(other, _)| *other == package) {
            Some((_, interfaces)) => {
                // Writing to a string cannot fail.
                let _ = write!(interfaces, ", {interface}");
            }
            None => packages.push((package, interface.to_owned())),
        }
    }
    let written = packages.into_iter().map(|(package, interfaces)| {
        if interfaces.is_empty() {
            package
        } else {
            format!("{package}: {interfaces}")
        }
    });
    written.collect()
}

/// Takes `wasi:io/poll@0.2.6` apart into `wasi:io@0.2.6` and `poll`. Names of
/// another form are whole.
fn split(name: &str) -> (String, &str) {
    let Some((package, rest)) = name.split_once('/') else {
        return (name.to_owned(), "");
    };
    match rest.split_once('@') {
        Some((interface, version)) => (format!("{package}@{version}"), interface),
        None => (package.to_owned(), rest),
    }
}

/// A size that people can compare.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn size(bytes: usize) -> String {
    if bytes < 1 << 20 {
        format!("{:.1} KiB", bytes as f64 / 1024.0)
    } else {
        format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0))
    }
}
