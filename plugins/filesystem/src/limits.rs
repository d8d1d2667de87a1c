//! How much is ever read, listed, searched or written in one call.
//!
//! A result goes to a language model and must be held in memory by the plugin,
//! the host and the client, several times over. So nothing here is as large as
//! the disk allows: every bound is a constant with its reason, and every result
//! that hits one says so and says how to get at the rest.

/// The text that one call returns, in bytes. A quarter of a million tokens or so:
/// more than a model can read at once, so what is cut is read in pieces anyway.
pub(crate) const TEXT_BYTES: usize = 1024 * 1024;

/// How far into a file lines are counted to find where to start, in bytes. A
/// second or so of work.
pub(crate) const SCAN_BYTES: u64 = 256 * 1024 * 1024;

/// The size of a file that is returned whole as bytes. The host adds a third to
/// it (base64), and a message should stay well below what clients accept.
pub(crate) const BLOB_BYTES: u64 = 8 * 1024 * 1024;

/// The size of a file that is written or edited. Editing holds the text, its new
/// version and the difference between them in memory.
pub(crate) const WRITE_BYTES: u64 = 4 * 1024 * 1024;

/// The difference shown after an edit, in bytes. It is there to be looked at.
pub(crate) const DIFF_BYTES: usize = 64 * 1024;

/// The files that `read_multiple_files` takes. Enough for a package, not for a disk.
pub(crate) const FILES: usize = 64;

/// The entries of one folder that are listed.
pub(crate) const LIST_ENTRIES: usize = 1_000;

/// The entries of one folder whose sizes are compared to find the largest. Each takes a
/// call out of the sandbox; this many take a second or so.
pub(crate) const SIZED_ENTRIES: usize = 10_000;

/// The entries of one folder that are looked at, to sort before cutting.
pub(crate) const FOLDER_ENTRIES: usize = 100_000;

/// The nodes of a tree.
pub(crate) const TREE_ENTRIES: usize = 2_000;

/// How deep a tree goes. Each level nests its JSON by two, and readers of JSON give
/// up at about a hundred.
pub(crate) const TREE_DEPTH: usize = 32;

/// How deep a search goes. Deeper nesting is a mistake or a trap.
pub(crate) const DEPTH: usize = 64;

/// The files and folders a search looks at.
pub(crate) const SEARCH_ENTRIES: usize = 200_000;

/// The files and folders a search returns.
pub(crate) const SEARCH_PATHS: usize = 500;

/// The matching lines a search returns, over all files.
pub(crate) const SEARCH_LINES: usize = 500;

/// The matching lines a search returns of one file, so that one log does not
/// hide all else.
pub(crate) const FILE_LINES: usize = 50;

/// The size of a file whose content is searched. Larger ones are data, rarely
/// text that somebody wrote.
pub(crate) const SEARCH_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// The length of a matching line as shown, in characters.
pub(crate) const LINE_CHARS: usize = 240;

/// The start of a file that is looked at to tell text from binary, in bytes.
pub(crate) const SNIFF_BYTES: usize = 8 * 1024;

/// The resources on one page of the list.
pub(crate) const PAGE: usize = 100;

/// The suggestions for an argument. The protocol allows no more.
pub(crate) const SUGGESTIONS: usize = 100;

/// The length of a path, in bytes, as on most systems.
pub(crate) const PATH_BYTES: usize = 4_096;

/// The length of a file's name, in bytes, as on most systems.
pub(crate) const NAME_BYTES: usize = 255;

/// The symbolic links followed on the way to one file, as Linux does.
pub(crate) const LINK_HOPS: usize = 40;
