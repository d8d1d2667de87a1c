//! A folder as a tree.
//!
//! Grown from the root by whole folders, nearest first, until there is enough of it.
//! A folder that was not gone into any more has no children, as opposed to none.

use std::collections::BTreeMap;

use wharf_sdk::data;

use crate::entries::{Entry, Kind};
use crate::fault::Fault;
use crate::walk::{End, Visit, Walk};

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
    let mut visits = BTreeMap::new();
    let mut count = 0;
    let end = loop {
        if !go_on(count) {
            break End::Time;
        }
        let Some(mut visit) = walk.step()? else {
            break End::All;
        };
        let room = max - count;
        if visit.entries.len() <= room {
            count += visit.entries.len();
            visits.insert(visit.path.clone(), visit);
            continue;
        }
        if room > 0 {
            visit.entries.truncate(room);
            count = max;
            visits.insert(visit.path.clone(), visit);
        }
        break End::Enough;
    };
    Ok(Tree {
        nodes: nodes("", &mut visits).unwrap_or_default(),
        count,
        end,
        unreadable: walk.unreadable,
    })
}

/// Takes the folder at `path`, with all below it, out of what was visited.
fn nodes(path: &str, visits: &mut BTreeMap<String, Visit>) -> Option<Vec<Node>> {
    let visit = visits.remove(path)?;
    let node = |entry: &Entry| Node {
        children: nodes(&visit.path_of(entry), visits),
        name: entry.name.clone(),
        kind: entry.kind,
    };
    Some(visit.entries.iter().map(node).collect())
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
