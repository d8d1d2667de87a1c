//! A folder as a tree.
//!
//! Grown from the root by whole folders, nearest first, until there is enough of it.
//! A folder that was not gone into any more has no children, as opposed to none.

use std::collections::VecDeque;

use wharf_sdk::{Value, data};

use crate::entries::Kind;
use crate::fault::Fault;
use crate::walk::{End, Visit, Walk, below};

/// A file or folder in a tree.
#[data]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    /// What is in it. Only folders have this, and only those that were gone into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Value>>")]
    pub(crate) children: Option<Vec<Self>>,
}

/// A tree.
#[derive(Debug)]
pub(crate) struct Tree {
    /// What is in the folder.
    pub(crate) nodes: Vec<Node>,
    /// How many nodes there are in all.
    pub(crate) count: usize,
    /// Why there are not more.
    pub(crate) end: End,
    /// Folders and names that could not be read.
    pub(crate) unreadable: usize,
}

/// Grows a tree of at most `max` nodes. `go_on` is asked before each folder.
pub(crate) fn grow(
    mut walk: Walk,
    max: usize,
    mut go_on: impl FnMut(usize) -> bool,
) -> Result<Tree, Fault> {
    let mut visits = Vec::new();
    let mut count = 0;
    let end = loop {
        if !go_on(count) {
            break End::Time;
        }
        let Some(mut visit) = walk.step()? else {
            break End::All;
        };
        let room = max - count;
        let full = visit.entries.len() > room;
        if full && room == 0 {
            break End::Enough;
        }
        visit.entries.truncate(room);
        count += visit.entries.len();
        visits.push(visit);
        if full {
            break End::Enough;
        }
    };
    Ok(Tree {
        nodes: assembled(visits),
        count,
        end,
        unreadable: walk.unreadable,
    })
}

/// Puts folders into those they are in.
///
/// From the last to the first, because what is in a folder is visited after it; and
/// the folders that wait to be put into one are then in the order of its entries.
fn assembled(visits: Vec<Visit>) -> Vec<Node> {
    let mut waiting: VecDeque<(String, Vec<Node>)> = VecDeque::new();
    for visit in visits.into_iter().rev() {
        let Visit { path, entries } = visit;
        let mut nodes = Vec::with_capacity(entries.len());
        for entry in entries.into_iter().rev() {
            let own = below(&path, &entry.name);
            let is_next = waiting.front().is_some_and(|(next, _)| *next == own);
            let children = if is_next { waiting.pop_front() } else { None };
            nodes.push(Node {
                name: entry.name,
                kind: entry.kind,
                children: children.map(|(_, nodes)| nodes),
            });
        }
        nodes.reverse();
        waiting.push_back((path, nodes));
    }
    waiting
        .pop_front()
        .map_or_else(Vec::new, |(_, nodes)| nodes)
}

/// The tree in lines, each indented below its folder. A folder that was not gone
/// into ends with `/…`.
pub(crate) fn outline(nodes: &[Node]) -> String {
    let mut lines = String::new();
    add_lines(nodes, 0, &mut lines);
    lines
}

fn add_lines(nodes: &[Node], depth: usize, lines: &mut String) {
    for node in nodes {
        let mark = match (node.kind, &node.children) {
            (Kind::Directory, Some(_)) => "/",
            (Kind::Directory, None) => "/…",
            (Kind::Symlink, _) => "@",
            (Kind::File | Kind::Other, _) => "",
        };
        lines.push_str(&"  ".repeat(depth));
        lines.push_str(&node.name);
        lines.push_str(mark);
        lines.push('\n');
        add_lines(
            node.children.as_deref().unwrap_or_default(),
            depth + 1,
            lines,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::globs::Excluded;
    use crate::testing::Sandbox;

    fn check(max: usize, max_depth: usize, expect: &str, end: End) {
        let sandbox = Sandbox::new(&[("a/b/c", ""), ("a/z", ""), ("d/", ""), ("f", "")]);
        let walk = Walk::new(sandbox.place("."), Excluded::default(), max_depth);
        let tree = grow(walk, max, |_| true).unwrap();
        assert_eq!(outline(&tree.nodes), expect);
        assert_eq!(tree.count, expect.lines().count());
        assert_eq!(tree.end, end);
    }

    #[test]
    fn trees_grow_from_the_root() {
        let all = "a/\n  b/\n    c\n  z\nd/\nf\n";
        check(100, 9, all, End::All);
        check(6, 9, all, End::All);
        check(5, 9, "a/\n  b/…\n  z\nd/\nf\n", End::Enough);
        check(4, 9, "a/\n  b/…\nd/…\nf\n", End::Enough);
        check(2, 9, "a/…\nd/…\n", End::Enough);
        check(100, 2, "a/\n  b/…\n  z\nd/\nf\n", End::All);
        check(100, 1, "a/…\nd/…\nf\n", End::All);
    }

    #[test]
    fn trees_stop_in_time() {
        let sandbox = Sandbox::new(&[("a/b", ""), ("c", "")]);
        let walk = Walk::new(sandbox.place("."), Excluded::default(), 9);
        let tree = grow(walk, 100, |seen| seen == 0).unwrap();
        assert_eq!((tree.count, tree.end), (2, End::Time));
    }
}
