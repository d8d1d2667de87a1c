//! Limits of a configuration file.

use std::num::NonZeroU32;

use wharf_runtime::Limits;

use super::FileError;
use super::keys::{LIMITS, SHARED_LIMITS};
use super::node::{Node, Table};

/// Calls of one plugin at once. Each has up to its limit of memory, so this many are
/// for very large machines.
const MOST_CALLS: u32 = 10_000;

/// Slots of the instance pool: each reserves 4 GiB of the 128 TiB of addresses that a
/// process has.
const MOST_SLOTS: u32 = 30_000;

/// What a guest's stack needs at least, and what is no stack any more.
const STACKS: std::ops::RangeInclusive<usize> = 64 << 10..=8 << 20;

/// Limits of all plugins together, if the file has them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::config) struct Shared {
    /// Calls of all plugins at once.
    pub(in crate::config) total: Option<u32>,
    /// Bytes of stack for each call.
    pub(in crate::config) stack: Option<usize>,
}

/// Of what is counted for each call or waits. A larger number is no limit.
const MOST: u32 = 1_000_000;

/// Puts the limits that a table names in the place of others.
pub(super) fn apply(table: &Table<'_>, limits: &mut Limits) -> Result<(), FileError> {
    let count = |least, most| move |node: &Node<'_>| node.count(least..=most);
    let number = |node: &Node<'_>| {
        let number = node.count(0..=MOST)?;
        Ok(u32::try_from(number).unwrap_or(MOST))
    };
    table.set("memory", &mut limits.memory, Node::size)?;
    table.set("timeout", &mut limits.deadline, Node::time)?;
    table.set("task-timeout", &mut limits.task_deadline, Node::time)?;
    table.set("cpu", &mut limits.cpu, Node::time)?;
    table.set("task-cpu", &mut limits.task_cpu, Node::time)?;
    table.set("output", &mut limits.output, Node::size)?;
    table.set("concurrency", &mut limits.concurrency, count(1, MOST_CALLS))?;
    table.set("queue", &mut limits.queue, count(0, MOST))?;
    table.set("queue-wait", &mut limits.queue_wait, Node::time)?;
    table.set("rate", &mut limits.rate, rate)?;
    table.set("handles", &mut limits.handles, count(1, MOST))?;
    // Their defaults are what the pool of instances has room for.
    let most = Limits::default();
    let up_to = |most| count(1, u32::try_from(most).unwrap_or(MOST));
    let (elements, instances) = (up_to(most.table_elements), up_to(most.core_instances));
    table.set("table-elements", &mut limits.table_elements, elements)?;
    table.set("core-instances", &mut limits.core_instances, instances)?;
    table.set("messages", &mut limits.events, number)?;
    table.set("message-bytes", &mut limits.event_bytes, Node::size)?;
    table.set("changes", &mut limits.changes, number)?;
    table.set("console", &mut limits.console, Node::size)
}

/// Limits of one plugin. Those that all plugins share are sent where they belong.
pub(super) fn of_plugin(node: &Node<'_>, limits: &mut Limits) -> Result<(), FileError> {
    for (name, part) in node.names()? {
        if SHARED_LIMITS.contains(&name) {
            return Err(part.mistake(
                "this is a limit of all plugins together",
                "write it in `[limits]` at the top",
            ));
        }
    }
    apply(&node.table(LIMITS)?, limits)
}

/// `[limits]`: the defaults of plugins, and what they share.
pub(super) fn of_all(
    node: &Node<'_>,
    limits: &mut Limits,
    shared: &mut Shared,
) -> Result<(), FileError> {
    let table = node.table(&[LIMITS, SHARED_LIMITS].concat())?;
    table.set("total-concurrency", &mut shared.total, |node| {
        let slots = node.count(1..=MOST_SLOTS)?;
        Ok(u32::try_from(slots).ok())
    })?;
    table.set("stack", &mut shared.stack, |node| {
        let stack = node.size()?;
        if STACKS.contains(&stack) {
            return Ok(Some(stack));
        }
        Err(node.mistake("this is out of bounds", "write a size from 64KiB to 8MiB"))
    })?;
    apply(&table, limits)
}

fn rate(node: &Node<'_>) -> Result<Option<NonZeroU32>, FileError> {
    let rate = node.count(1..=MOST)?;
    Ok(u32::try_from(rate).ok().and_then(NonZeroU32::new))
}
