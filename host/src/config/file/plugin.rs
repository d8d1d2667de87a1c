//! A plugin of a configuration file: where it is, what it is called, how it is run.

use std::error::Error as _;
use std::time::Duration;

use wharf_mcp::model::ToolName;
use wharf_runtime::{Instances, Limits, PluginOptions};

use super::FileError;
use super::grants::granted;
use super::keys::{INSTANCES, PLUGIN};
use super::limits;
use super::node::{Node, Table};
use super::place::path_of;
use crate::config::Environment;
use crate::config::plugin::{PluginConfig, PluginPath};

/// Characters of a plugin's name. It stands in messages, and in the keys of what the
/// plugin stores.
const LONGEST_NAME: usize = 64;

/// Characters of a prefix: half of what a name can have, so that there is room for the
/// tool's own.
const LONGEST_PREFIX: usize = 64;

/// Instances that are kept while they have nothing to do. Each keeps its memory.
const MOST_INSTANCES: u32 = 10_000;

/// Calls of one instance.
const MOST_USES: u32 = 1_000_000_000;

/// For plugins that say `per = "session"` and no more: as many as a desk or a team has,
/// and long enough for a pause in a conversation.
const SESSIONS: usize = 100;
const IDLE: Duration = Duration::from_mins(10);

/// For plugins that say `per = "pool"` and no more: a few, and short enough for a leak
/// not to matter.
const POOLED: usize = 4;
const USES: u32 = 1_000;

/// Reads `[plugins.NAME]`. `limits` are those it has unless it says otherwise.
pub(super) fn plugin(
    name: &str,
    node: &Node<'_>,
    mut limits: Limits,
    environment: &Environment,
) -> Result<PluginConfig, FileError> {
    check_name(name, node)?;
    let table = node.table(PLUGIN)?;
    let source = source(&table, environment)?;
    let (grants, origins) = granted(&table, environment)?;
    if let Some(node) = table.get("limits") {
        limits::of_plugin(node, &mut limits)?;
    }
    let mut options = PluginOptions {
        grants,
        limits,
        ..PluginOptions::default()
    };
    table.set("instances", &mut options.instances, instances)?;
    table.set("functions", &mut options.functions, Node::flag)?;
    Ok(PluginConfig {
        name: Some(name.to_owned()),
        source,
        prefix: table.get("prefix").map(prefix).transpose()?,
        options,
        origins,
    })
}

fn check_name(name: &str, node: &Node<'_>) -> Result<(), FileError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    let problem = "this cannot be the name of a plugin";
    let hint = format!("use 1 to {LONGEST_NAME} letters, digits, `-`, `_` and `.`");
    Err(node.mistake(problem, hint))
}

fn source(table: &Table<'_>, environment: &Environment) -> Result<PluginPath, FileError> {
    let node = table.required("source", "\"plugins/notes.wasm\"")?;
    let path = path_of(node, environment)?;
    PluginPath::find(&path).map_err(|error| match (error.hint(), error.source()) {
        (Some(hint), _) => node.mistake(error.to_string(), hint),
        (None, Some(cause)) => node.problem(format!("{error}: {cause}")),
        (None, None) => node.problem(error.to_string()),
    })
}

/// What is put in front of names has to leave them names.
fn prefix(node: &Node<'_>) -> Result<String, FileError> {
    let text = node.text()?;
    if text.len() <= LONGEST_PREFIX && ToolName::new(text).is_ok() {
        return Ok(text.to_owned());
    }
    let problem = format!("`{text}` cannot be in front of the names of tools");
    let hint =
        format!("use 1 to {LONGEST_PREFIX} letters, digits, `-`, `_` and `.`, such as \"notes_\"");
    Err(node.mistake(problem, hint))
}

fn instances(node: &Node<'_>) -> Result<Instances, FileError> {
    const WORDS: &[&str] = &["call", "session", "pool"];
    if !node.is_table() {
        return Ok(by_default(node.word(WORDS)?));
    }
    let table = node.table(INSTANCES)?;
    let per = table.required("per", "\"session\"")?.word(WORDS)?;
    let mut instances = by_default(per);
    let stray = |keys: &[&str]| {
        let stray = keys.iter().find_map(|key| table.get(key));
        stray.map_or(Ok(()), |node| {
            let problem = format!("this means nothing with `per = \"{per}\"`");
            Err(node.mistake(problem, "leave it out"))
        })
    };
    match &mut instances {
        Instances::Call => stray(&["max", "idle", "uses"])?,
        Instances::Session { max, idle } => {
            stray(&["uses"])?;
            table.set("max", max, |node| node.count(1..=MOST_INSTANCES))?;
            table.set("idle", idle, Node::time)?;
        }
        Instances::Pool { max, uses } => {
            stray(&["idle"])?;
            table.set("max", max, |node| node.count(1..=MOST_INSTANCES))?;
            table.set("uses", uses, |node| {
                let uses = node.number(1..=u64::from(MOST_USES))?;
                Ok(u32::try_from(uses).unwrap_or(MOST_USES))
            })?;
        }
    }
    Ok(instances)
}

fn by_default(per: &str) -> Instances {
    match per {
        "session" => Instances::Session {
            max: SESSIONS,
            idle: IDLE,
        },
        "pool" => Instances::Pool {
            max: POOLED,
            uses: USES,
        },
        _ => Instances::Call,
    }
}
