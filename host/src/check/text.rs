//! Findings for people: the host first, then a paragraph for each plugin.
//!
//! Names come from plugins. Control characters in them are shown as escapes.

use wharf_runtime::Permission;

use super::words::{self, Line};
use super::{Finding, Findings};
use crate::config::{DataDir, PluginConfig};
use crate::inspect::{line, needs};

/// Room for the longest key.
const WIDTH: usize = 14;

/// Limits in a line.
const LIMITS: usize = 5;

/// The findings as some paragraphs.
pub(super) fn render(findings: &Findings<'_>) -> String {
    let config = findings.config;
    let mut text = String::new();
    let from = config.file.as_ref().map(|file| file.display().to_string());
    line(
        &mut text,
        &from.unwrap_or_else(|| "from the command line".to_owned()),
    );
    let mut host: Vec<Line> = Vec::new();
    if config.stdio {
        host.push(("listen", "standard input and output".to_owned()));
    }
    let places = config.listen.iter().map(words::place);
    host.extend(places.map(|place| ("listen", place)));
    host.push(("data", data(&config.data)));
    host.push((
        "calls",
        format!("{} at once, of all plugins", config.instances),
    ));
    lines(&mut text, 1, &host);
    for plugin in &findings.plugins {
        text.push('\n');
        paragraph(&mut text, plugin);
    }
    if let Some(problem) = &findings.together {
        text.push('\n');
        line(&mut text, &format!("Cannot be served: {problem}"));
    }
    text
}

fn paragraph(text: &mut String, plugin: &Finding<'_>) {
    let config = plugin.config;
    line(text, &plugin.name);
    if let Err(problem) = &plugin.offer {
        line(text, &format!("  Cannot be served: {problem}"));
    }
    let mut head: Vec<Line> = vec![("source", plugin.path.display().to_string())];
    head.extend(config.prefix.clone().map(|prefix| ("prefix", prefix)));
    head.push(("instances", words::instances(config.options.instances)));
    if config.options.functions {
        head.push(("functions", "served as tools".to_owned()));
    }
    lines(text, 1, &head);
    section(text, "Granted", &words::grants(config));
    let refused = plugin.not_granted();
    let refused: Vec<Line> = refused
        .iter()
        .map(|need| (needs::word(*need), needs::key(*need).to_owned()))
        .collect();
    if !refused.is_empty() {
        section(text, "Imported, but not granted", &refused);
    }
    if let Some(asked) = plugin.permissions() {
        section(
            text,
            "Asks for, and gets no more",
            &permissions(asked, config),
        );
    }
    line(text, "  Limits");
    for some in words::limits(&config.options.limits).chunks(LIMITS) {
        let some: Vec<String> = some.iter().map(|(key, it)| format!("{key} {it}")).collect();
        line(text, &format!("    {}", some.join(", ")));
    }
    names(text, "Tools", plugin.tools());
    names(text, "Prompts", plugin.prompts());
    names(text, "Resource templates", plugin.resource_templates());
}

/// What a plugin asks for, and whether it is granted.
fn permissions(asked: &[Permission], config: &PluginConfig) -> Vec<Line> {
    let asked = asked.iter().map(|asked| {
        let is_granted = asked.is_granted_by(&config.options.grants);
        let key = if is_granted { "granted" } else { "not granted" };
        let optional = if asked.required { "" } else { ", if possible" };
        (
            key,
            format!("{}{optional}: {}", asked.capability, asked.reason),
        )
    });
    asked.collect()
}

fn data(dir: &DataDir) -> String {
    match dir {
        DataDir::Memory => "in memory, as long as the host runs".to_owned(),
        DataDir::Folder(folder) => folder.display().to_string(),
    }
}

/// A heading with lines below it.
fn section(text: &mut String, heading: &str, entries: &[Line]) {
    line(text, &format!("  {heading}"));
    if entries.is_empty() {
        line(text, "    nothing");
    }
    lines(text, 2, entries);
}

/// Keys are said once where they have several lines.
fn lines(text: &mut String, depth: usize, entries: &[Line]) {
    let mut last = "";
    for (key, value) in entries {
        let key = if *key == last { "" } else { key };
        line(
            text,
            &format!("{:depth$}{key:<WIDTH$} {value}", "", depth = 2 * depth),
        );
        if !key.is_empty() {
            last = key;
        }
    }
}

fn names(text: &mut String, heading: &str, names: Option<Vec<String>>) {
    let Some(names) = names else {
        return;
    };
    line(text, &format!("  {heading}"));
    if names.is_empty() {
        line(text, "    none");
    }
    for name in names {
        line(text, &format!("    {name}"));
    }
}
