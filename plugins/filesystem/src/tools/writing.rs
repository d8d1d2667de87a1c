//! Changing files and folders: writing, editing, making, moving.

use wharf_sdk::prelude::*;

use crate::answer::Answer;
use crate::edit::{self, Edit};
use crate::fault::Fault;
use crate::folders::Folders;
use crate::limits::DIFF_BYTES;
use crate::tools::OnePath;
use crate::{diff, stamp, write};

/// What to write, and where.
#[data]
#[serde(deny_unknown_fields)]
#[derive(Debug)]
pub(crate) struct WriteFile {
    /// The file. Its folder must exist.
    pub(crate) path: String,
    /// All that is to be in it.
    pub(crate) content: String,
}

/// What was written.
#[data]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrittenFile {
    /// The file.
    pub(crate) path: String,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Whether there was no such file before.
    pub(crate) created: bool,
    /// What else there is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// Makes a text file, or puts new content in the place of all that was in it. To change
/// parts of a file, use `edit_file`.
#[tool(
    title = "Write a file",
    read_only = false,
    destructive,
    idempotent,
    open_world = false
)]
pub(crate) fn write_file(args: WriteFile) -> Result<Answer<WrittenFile>> {
    let file = Folders::granted().place(&args.path)?.writable()?;
    let path = file.place().text().to_owned();
    let written = write::replace(&file, args.content.as_bytes())?;
    let size = args.content.len() as u64;
    let done = if written.created {
        "Created"
    } else {
        "Replaced"
    };
    let text = format!("{done} `{path}` ({}).", stamp::size(size));
    let note = note(&written);
    let data = WrittenFile {
        path,
        size,
        created: written.created,
        note: note.map(str::to_owned),
    };
    Ok(Answer::new(data, text).note(note))
}

/// Which file to edit, and how.
#[data]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[derive(Debug)]
pub(crate) struct EditFile {
    /// The file.
    pub(crate) path: String,
    /// The replacements, made one after another.
    #[schemars(length(min = 1))]
    pub(crate) edits: Vec<Replacement>,
    /// Only show the difference; write nothing.
    #[serde(default)]
    pub(crate) dry_run: bool,
}

/// One replacement.
#[data]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[derive(Debug)]
pub(crate) struct Replacement {
    /// The text to replace, copied exactly, with its indentation. It must occur once.
    pub(crate) old_text: String,
    /// The text to put in its place.
    pub(crate) new_text: String,
}

/// What editing changed.
#[data]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EditedFile {
    /// The file.
    pub(crate) path: String,
    /// The difference, as a unified diff. Empty if nothing changed.
    pub(crate) diff: String,
    /// Whether the file was written.
    pub(crate) written: bool,
    /// What else there is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// Replaces passages of a text file and shows the difference as a unified diff. Each
/// `oldText` must occur exactly once. If one does not, nothing is written. With `dryRun`
/// the difference is shown without writing.
#[tool(
    title = "Edit a file",
    read_only = false,
    destructive,
    idempotent = false,
    open_world = false
)]
pub(crate) fn edit_file(args: EditFile) -> Result<Answer<EditedFile>> {
    let place = Folders::granted().place(&args.path)?;
    let file = if args.dry_run {
        None
    } else {
        Some(place.clone().writable()?)
    };
    let before = write::read_whole(&place)?;
    let edits: Vec<Edit> = args.edits.into_iter().map(Edit::from).collect();
    let after = edit::edited(&before, &edits)
        .map_err(|why| Fault::wrong(place.text(), format!("is unchanged: {why}")))?;
    let mut data = EditedFile {
        path: place.text().to_owned(),
        diff: diff::unified(place.text(), &before, &after, DIFF_BYTES),
        written: false,
        note: None,
    };
    if let Some(file) = file.filter(|_| before != after) {
        let written = write::replace_unchanged(&file, &before, &after)?;
        data.written = true;
        data.note = note(&written).map(str::to_owned);
    }
    let text = data.in_words(args.dry_run);
    let note = data.note.clone();
    Ok(Answer::new(data, text).note(note.as_deref()))
}

/// What was made.
#[data]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CreatedDirectory {
    /// The folder.
    pub(crate) path: String,
    /// Whether it was not there before.
    pub(crate) created: bool,
}

/// Makes a folder, with the folders above it that do not exist yet. If it is there
/// already, nothing happens.
#[tool(
    title = "Create a folder",
    read_only = false,
    destructive = false,
    idempotent,
    open_world = false
)]
pub(crate) fn create_directory(args: OnePath) -> Result<Answer<CreatedDirectory>> {
    let folder = Folders::granted().place(&args.path)?.writable()?;
    let created = write::make_folder(&folder)?;
    let path = folder.place().text().to_owned();
    let text = if created {
        format!("Created the folder `{path}`.")
    } else {
        format!("The folder `{path}` is there already.")
    };
    Ok(Answer::new(CreatedDirectory { path, created }, text))
}

/// What to move, and where to.
#[data]
#[serde(deny_unknown_fields)]
#[derive(Debug)]
pub(crate) struct MoveFile {
    /// The file or folder.
    pub(crate) source: String,
    /// Its new path, with its new name. Nothing may be there yet.
    pub(crate) destination: String,
}

/// What was moved.
#[data]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MovedFile {
    /// Where it was.
    pub(crate) source: String,
    /// Where it is.
    pub(crate) destination: String,
}

/// Moves or renames a file or folder. Nothing is overwritten: if there is something at
/// the destination, nothing is moved.
#[tool(
    title = "Move or rename a file or folder",
    read_only = false,
    destructive = false,
    idempotent = false,
    open_world = false
)]
pub(crate) fn move_file(args: MoveFile) -> Result<Answer<MovedFile>> {
    let folders = Folders::granted();
    let from = folders.place(&args.source)?.writable()?;
    let to = folders.place(&args.destination)?.writable()?;
    write::rename(&from, &to)?;
    let data = MovedFile {
        source: from.place().text().to_owned(),
        destination: to.place().text().to_owned(),
    };
    let text = format!("Moved `{}` to `{}`.", data.source, data.destination);
    Ok(Answer::new(data, text))
}

/// What else there is to know after writing a file.
fn note(written: &write::Written) -> Option<&'static str> {
    written.was_script.then_some(
        "it is a script, and being written has made it a new file: if it was executable, make it so again with `chmod +x`",
    )
}

impl From<Replacement> for Edit {
    fn from(replacement: Replacement) -> Self {
        Self {
            old: replacement.old_text,
            new: replacement.new_text,
        }
    }
}

impl EditedFile {
    fn in_words(&self, dry_run: bool) -> String {
        let Self { path, diff, .. } = self;
        match (diff.is_empty(), dry_run) {
            (true, _) => format!("The edits change nothing in `{path}`."),
            (false, true) => format!("This would be changed, nothing is written:\n\n{diff}"),
            (false, false) => format!("Edited `{path}`:\n\n{diff}"),
        }
    }
}

#[cfg(test)]
mod tests;
