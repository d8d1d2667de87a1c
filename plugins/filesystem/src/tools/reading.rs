//! Reading files: one as text, several as text, one as it is.

use wharf_sdk::prelude::*;

use crate::answer::Answer;
use crate::contents::Whole;
use crate::fault::Fault;
use crate::folders::{Folders, Place};
use crate::limits::{FILES, TEXT_BYTES};
use crate::text::{self, Piece, Text};
use crate::tools::OnePath;

/// Which file to read, and which part of it.
#[data]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[derive(Debug, Default)]
pub(crate) struct ReadTextFile {
    /// The file.
    pub(crate) path: String,
    /// Read only so many lines, from the start or from `startLine` on.
    pub(crate) head: Option<u64>,
    /// Read only the last so many lines.
    pub(crate) tail: Option<u64>,
    /// The line to start with. The first line is 1.
    pub(crate) start_line: Option<u64>,
}

/// A text, or a part of it.
#[data]
#[serde(rename_all = "camelCase")]
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TextFile {
    /// The file.
    pub(crate) path: String,
    /// The lines, with their ends.
    pub(crate) content: String,
    /// How many lines these are.
    pub(crate) lines: u64,
    /// There are more lines: the next part starts with this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_line: Option<u64>,
    /// What else there is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// Why the file could not be read, if it is one of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// Reads a text file: all of it, `head` lines from its start, `tail` lines from its end,
/// or lines from `startLine` on. Long files come in parts, and a note says with which
/// line the next part starts. For pictures, sounds and other files that are not text
/// there is `read_media_file`.
#[tool(title = "Read a text file", read_only, idempotent, open_world = false)]
pub(crate) fn read_text_file(args: ReadTextFile) -> Result<Answer<TextFile>> {
    let piece = piece(&args)?;
    let place = Folders::granted().place(&args.path)?;
    let file = TextFile::new(&place, text::read(&place, piece, TEXT_BYTES)?);
    let (content, note) = (file.content.clone(), file.note.clone());
    Ok(Answer::new(file, content).note(note.as_deref()))
}

/// Which files to read.
#[data]
#[serde(deny_unknown_fields)]
#[derive(Debug)]
pub(crate) struct ReadMultipleFiles {
    /// The files.
    #[schemars(length(min = 1, max = FILES))]
    pub(crate) paths: Vec<String>,
}

/// Several texts, in the order they were asked for.
#[data]
#[derive(Debug)]
pub(crate) struct TextFiles {
    /// The files. One that could not be read has an `error`.
    pub(crate) files: Vec<TextFile>,
}

/// Reads several text files at once. A file that cannot be read does not keep the others
/// from being read; it is returned with the reason.
#[tool(
    title = "Read several text files",
    read_only,
    idempotent,
    open_world = false
)]
pub(crate) fn read_multiple_files(args: ReadMultipleFiles) -> Answer<TextFiles> {
    let folders = Folders::granted();
    let mut room = TEXT_BYTES;
    let mut files = Vec::new();
    for path in &args.paths {
        let file = read_one(&folders, path, room);
        room -= file.content.len().min(room);
        files.push(file);
    }
    let text: Vec<String> = files.iter().map(TextFile::in_words).collect();
    Answer::new(TextFiles { files }, text.join("\n"))
}

/// What is known of the file, which comes as content of its own.
#[data]
#[serde(rename_all = "camelCase")]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MediaFile {
    /// The file.
    pub(crate) path: String,
    /// Its media type.
    pub(crate) mime_type: String,
    /// Its size in bytes.
    pub(crate) size: u64,
}

/// Reads a picture, a sound or any other file as it is. Pictures and sounds can be seen
/// and heard by models that are able to; other files come as embedded resources.
#[tool(
    title = "Read a picture, sound or binary file",
    read_only,
    idempotent,
    open_world = false
)]
pub(crate) fn read_media_file(args: OnePath) -> Result<Answer<MediaFile>> {
    let place = Folders::granted().place(&args.path)?;
    let whole = Whole::read(&place)?;
    let about = MediaFile {
        path: place.text().to_owned(),
        mime_type: whole.media_type.to_owned(),
        size: whole.bytes.len() as u64,
    };
    Ok(Answer::new(about, whole.into_content()))
}

/// The part of the file that is asked for. A number of lines that is 0 counts as not
/// given: some clients fill in what they know nothing about.
fn piece(args: &ReadTextFile) -> Result<Piece, Fault> {
    let given = |number: Option<u64>| number.filter(|number| *number > 0);
    match (given(args.tail), given(args.head), given(args.start_line)) {
        (Some(count), None, None) => Ok(Piece::Last(count)),
        (None, count, line) => Ok(Piece::From {
            line: line.unwrap_or(1),
            count,
        }),
        _ => Err(Fault::Arguments(
            "`tail` goes with neither `head` nor `startLine`: give one or the other".to_owned(),
        )),
    }
}

fn read_one(folders: &Folders, path: &str, room: usize) -> TextFile {
    let read = || {
        let place = folders.place(path)?;
        if room == 0 {
            let what = "was not read: this is enough for one call; read it in another";
            return Err(Fault::wrong(place.text(), what));
        }
        let text = text::read(&place, Piece::ALL, room)?;
        Ok(TextFile::new(&place, text))
    };
    read().unwrap_or_else(|fault: Fault| TextFile {
        path: path.to_owned(),
        error: Some(fault.to_string()),
        ..TextFile::default()
    })
}

impl TextFile {
    fn new(place: &Place, text: Text) -> Self {
        let rest = text.next_line.map(|line| {
            format!("there is more: to go on, call `read_text_file` with `startLine` {line}")
        });
        let remarks: Vec<String> = text.remarks.into_iter().chain(rest).collect();
        Self {
            path: place.text().to_owned(),
            content: text.content,
            lines: text.lines,
            next_line: text.next_line,
            note: (!remarks.is_empty()).then(|| remarks.join("; ")),
            error: None,
        }
    }

    /// The file under its name, among others.
    fn in_words(&self) -> String {
        let Self { path, content, .. } = self;
        let note = self.note.as_deref().or(self.error.as_deref());
        let end = if content.is_empty() || content.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        match note {
            Some(note) => format!("=== {path}\n{content}{end}Note: {note}\n"),
            None => format!("=== {path}\n{content}{end}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sandbox;

    fn check(sandbox: &Sandbox, args: ReadTextFile, expect: &str) {
        let said = match read_text_file(args) {
            Ok(answer) => answer.texts(),
            Err(error) => error.to_string(),
        };
        assert_eq!(sandbox.rooted(said), expect);
    }

    fn part(head: Option<u64>, tail: Option<u64>, start_line: Option<u64>) -> ReadTextFile {
        ReadTextFile {
            path: "a.txt".to_owned(),
            head,
            tail,
            start_line,
        }
    }

    #[test]
    fn parts_of_texts_are_read() {
        let sandbox = Sandbox::new(&[("a.txt", "1\n2\n3\n4\n")]);
        check(&sandbox, part(None, None, None), "1\n2\n3\n4\n");
        check(&sandbox, part(Some(0), Some(0), Some(0)), "1\n2\n3\n4\n");
        check(&sandbox, part(None, Some(2), None), "3\n4\n");
        check(&sandbox, part(None, None, Some(3)), "3\n4\n");
        let more = "\nNote: there is more: to go on, call `read_text_file` with `startLine`";
        check(
            &sandbox,
            part(Some(2), None, None),
            &format!("1\n2\n{more} 3"),
        );
        check(
            &sandbox,
            part(Some(1), None, Some(2)),
            &format!("2\n{more} 3"),
        );
        check(
            &sandbox,
            part(Some(1), Some(1), None),
            "`tail` goes with neither `head` nor `startLine`: give one or the other",
        );
        check(
            &sandbox,
            part(None, None, Some(9)),
            "\nNote: there is no line 9: there are 4",
        );
    }

    #[test]
    fn several_files_are_read_as_far_as_they_can() {
        let sandbox = Sandbox::new(&[("a", "1"), ("b", "2\n")]);
        let paths = ["a", "no", "b", "/etc/passwd"].map(str::to_owned).to_vec();
        let answer = read_multiple_files(ReadMultipleFiles { paths });
        let errors = answer.data().files.iter().map(|file| file.error.is_some());
        assert_eq!(errors.collect::<Vec<_>>(), [false, true, false, true]);
        let expect = "\
=== ROOT/a
1

=== no
Note: `ROOT/no` does not exist: `list_directory` or `search_files` show what does

=== ROOT/b
2

=== /etc/passwd
Note: `/etc/passwd` is outside the granted folders: `ROOT`
";
        assert_eq!(sandbox.rooted(answer.texts()), expect);
    }

    #[test]
    fn what_is_enough_for_one_call_is_enough() {
        let sandbox = Sandbox::new(&[]);
        sandbox.put("a", "x\n".repeat(TEXT_BYTES / 2));
        let paths = ["a", "a"].map(str::to_owned).to_vec();
        let answer = read_multiple_files(ReadMultipleFiles { paths });
        let [first, second] = answer.data().files.as_slice() else {
            panic!("two files were asked for");
        };
        assert_eq!((first.error.as_deref(), first.lines), (None, 524_288));
        assert_eq!(second.lines, 0);
        assert!(second.error.is_some());
    }

    #[test]
    fn media_are_described() {
        let sandbox = Sandbox::new(&[("a.png", "123")]);
        let path = "a.png".to_owned();
        let answer = read_media_file(OnePath { path }).unwrap();
        let expect = MediaFile {
            path: format!("{}/a.png", sandbox.root()),
            mime_type: "image/png".to_owned(),
            size: 3,
        };
        assert_eq!(answer.data(), &expect);
    }
}
