//! Looking into folders: one, or one with all below it.

use std::fs;

use wharf_sdk::prelude::*;

use crate::answer::{self, Answer};
use crate::entries::{self, Entry, Kind};
use crate::fault::Fault;
use crate::folders::{Folders, Place};
use crate::globs::Excluded;
use crate::limits::{LIST_ENTRIES, SIZED_ENTRIES, TREE_DEPTH, TREE_ENTRIES};
use crate::stamp;
use crate::tree::{self, Node, Tree};
use crate::walk::{End, Walk};
use crate::watch::Watch;

/// Which folder to list, and how.
#[data]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[derive(Debug)]
pub(crate) struct ListDirectory {
    /// The folder.
    pub(crate) path: String,
    /// By name, unless given, or by size, largest first.
    pub(crate) sort_by: Option<Order>,
}

/// The order of a list.
#[data]
#[serde(rename_all = "lowercase")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Name,
    Size,
}

/// What is in a folder.
#[data]
#[derive(Debug)]
pub(crate) struct Listing {
    /// The folder.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) entries: Vec<Listed>,
    /// What else there is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// A thing in a folder.
#[data]
#[derive(Debug)]
pub(crate) struct Listed {
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    /// Its size in bytes, if it is a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
}

/// Lists what is in a folder: files with their sizes, folders, symbolic links. For what is
/// in the folders below, use `directory_tree`; to find something, `search_files`.
#[tool(title = "List a folder", read_only, idempotent, open_world = false)]
pub(crate) fn list_directory(args: ListDirectory) -> Result<Answer<Listing>> {
    let place = Folders::granted().place(&args.path)?;
    let listing = Listing::of(&place, args.sort_by.unwrap_or(Order::Name))?;
    let (text, note) = (listing.in_words(), listing.note.clone());
    Ok(Answer::new(listing, text).note(note.as_deref()))
}

/// Of which folder to show the tree, and how much of it.
#[data]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[derive(Debug)]
pub(crate) struct DirectoryTree {
    /// The folder.
    pub(crate) path: String,
    /// What to leave out, with all below it: patterns such as `node_modules`, `*.log`
    /// or `build/*`.
    #[serde(default)]
    pub(crate) exclude_patterns: Vec<String>,
    /// How many folders deep to go. 1 is just what is in the folder.
    pub(crate) max_depth: Option<usize>,
}

/// A folder with what is below it.
#[data]
#[derive(Debug)]
pub(crate) struct FolderTree {
    /// The folder.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) entries: Vec<Node>,
    /// What else there is to know, such as why there is not more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// Shows a folder with all below it as a tree. Folders marked with `/…` are not shown whole;
/// symbolic links are marked with `@` and not followed.
#[tool(
    title = "Show a folder as a tree",
    read_only,
    idempotent,
    open_world = false
)]
pub(crate) fn directory_tree(request: &Request, args: DirectoryTree) -> Result<Answer<FolderTree>> {
    let place = Folders::granted().place(&args.path)?;
    let path = place.text().to_owned();
    let excluded = Excluded::new(&args.exclude_patterns)?;
    let given = args.max_depth.filter(|depth| *depth > 0);
    let depth = given.unwrap_or(TREE_DEPTH).min(TREE_DEPTH);
    let mut watch = Watch::new(request);
    let walk = Walk::new(place, excluded, depth);
    let tree = tree::grow(walk, TREE_ENTRIES, |seen| watch.go_on(seen))?;
    let text = format!("{path}\n{}", tree::outline(&tree.nodes));
    let note = note(&tree);
    let data = FolderTree {
        path,
        entries: tree.nodes,
        note: note.clone(),
    };
    Ok(Answer::new(data, text).note(note.as_deref()))
}

/// Why a tree is not whole, and what to do about it.
fn note(tree: &Tree) -> Option<String> {
    let count = tree.count;
    let end = match tree.end {
        End::All => None,
        End::Enough | End::Seen => Some(format!("this is not all, but enough: {count} entries")),
        End::Time => Some(format!("time ran out after {count} entries")),
    };
    let end = end.map(|end| {
        format!("{end}; show a deeper folder, or leave out large ones with `excludePatterns`")
    });
    answer::notes([end, answer::unreadable(tree.unreadable)])
}

/// That not all entries of a folder are listed.
fn cut(listed: usize, all: usize) -> String {
    format!("{listed} of {all} are listed: `search_files` with a pattern finds the others")
}

impl Listing {
    /// The first things in a folder, in this order.
    pub(crate) fn of(place: &Place, order: Order) -> Result<Self, Fault> {
        let found = entries::of(place)?;
        let all = found.list.len();
        let looked_at = match order {
            Order::Name => LIST_ENTRIES,
            Order::Size => SIZED_ENTRIES,
        };
        let first = found.list.into_iter().take(looked_at);
        let mut entries: Vec<Listed> = first.map(|entry| Listed::new(entry, place)).collect();
        if order == Order::Size {
            entries.sort_unstable_by(|a, b| (b.size, &a.name).cmp(&(a.size, &b.name)));
            entries.truncate(LIST_ENTRIES);
        }
        let cut = (entries.len() < all).then(|| cut(entries.len(), all));
        let compared = (order == Order::Size && all > SIZED_ENTRIES)
            .then(|| format!("only the sizes of the first {SIZED_ENTRIES} by name were compared"));
        let unreadable = answer::unreadable(usize::from(found.incomplete));
        Ok(Self {
            path: place.text().to_owned(),
            entries,
            note: answer::notes([cut, compared, unreadable]),
        })
    }

    /// One thing to a line.
    pub(crate) fn in_words(&self) -> String {
        if self.entries.is_empty() {
            return format!("`{}` is empty.", self.path);
        }
        let entries: Vec<String> = self.entries.iter().map(Listed::in_words).collect();
        entries.join("\n")
    }
}

impl Listed {
    fn new(entry: Entry, folder: &Place) -> Self {
        let size = || fs::symlink_metadata(folder.child(&entry.name).path()).ok();
        let is_file = entry.kind == Kind::File;
        Self {
            size: is_file.then(size).flatten().map(|about| about.len()),
            name: entry.name,
            kind: entry.kind,
        }
    }

    fn in_words(&self) -> String {
        let mark = match self.kind {
            Kind::File => "[FILE]",
            Kind::Directory => "[DIR]",
            Kind::Symlink => "[LINK]",
            Kind::Other => "[OTHER]",
        };
        match self.size {
            Some(size) => format!("{mark} {} ({})", self.name, stamp::size(size)),
            None => format!("{mark} {}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_sdk::testing::TestRequest;

    use super::*;
    use crate::testing::Sandbox;

    fn listed(path: &str, sort_by: Option<Order>) -> Answer<Listing> {
        let path = path.to_owned();
        list_directory(ListDirectory { path, sort_by }).unwrap()
    }

    #[test]
    fn folders_are_listed() {
        let sandbox = Sandbox::new(&[("a/x", ""), ("b", "1234"), ("c", "12345"), ("e/", "")]);
        assert_eq!(
            listed(".", None).texts(),
            "[DIR] a\n[FILE] b (4 bytes)\n[FILE] c (5 bytes)\n[DIR] e"
        );
        assert_eq!(
            listed(".", Some(Order::Size)).texts(),
            "[FILE] c (5 bytes)\n[FILE] b (4 bytes)\n[DIR] a\n[DIR] e"
        );
        let text = listed("e", None).texts();
        assert_eq!(sandbox.rooted(text), "`ROOT/e` is empty.");
    }

    #[test]
    fn long_lists_are_cut() {
        let sandbox = Sandbox::new(&[]);
        for number in 0..=LIST_ENTRIES {
            sandbox.put(&number.to_string(), "");
        }
        for order in [Order::Name, Order::Size] {
            let answer = listed(".", Some(order));
            assert_eq!(answer.data().entries.len(), LIST_ENTRIES);
            let note = answer.data().note.as_deref();
            assert_eq!(
                note,
                Some("1000 of 1001 are listed: `search_files` with a pattern finds the others")
            );
        }
    }

    #[test]
    fn trees_are_shown() {
        let sandbox = Sandbox::new(&[("a/b/c", ""), ("a/d.log", ""), ("e", "")]);
        let request = TestRequest::new().build();
        let shown = |exclude: &[&str], max_depth: Option<usize>| {
            let args = DirectoryTree {
                path: ".".to_owned(),
                exclude_patterns: exclude.iter().map(|e| (*e).to_owned()).collect(),
                max_depth,
            };
            sandbox.rooted(directory_tree(&request, args).unwrap().texts())
        };
        assert_eq!(shown(&[], None), "ROOT\na/\n  b/\n    c\n  d.log\ne\n");
        assert_eq!(shown(&["*.log", "b"], None), "ROOT\na/\ne\n");
        assert_eq!(shown(&[], Some(1)), "ROOT\na/…\ne\n");
    }

    #[test]
    fn large_trees_are_cut() {
        let sandbox = Sandbox::new(&[("a/x", "")]);
        for number in 0..TREE_ENTRIES {
            sandbox.put(&number.to_string(), "");
        }
        let request = TestRequest::new().build();
        let args = DirectoryTree {
            path: ".".to_owned(),
            exclude_patterns: Vec::new(),
            max_depth: None,
        };
        let answer = directory_tree(&request, args).unwrap();
        assert_eq!(
            answer.data().note.as_deref(),
            Some(
                "this is not all, but enough: 2000 entries; show a deeper folder, or leave out large ones with `excludePatterns`"
            )
        );
    }
}
