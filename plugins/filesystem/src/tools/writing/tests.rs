//! What the tools that change things do and say.

use super::*;
use crate::testing::{Sandbox, grant};

fn said<T>(sandbox: &Sandbox, result: Result<Answer<T>>) -> String {
    sandbox.rooted(match result {
        Ok(answer) => answer.texts(),
        Err(error) => error.to_string(),
    })
}

fn write(path: &str, content: &str) -> Result<Answer<WrittenFile>> {
    write_file(WriteFile {
        path: path.to_owned(),
        content: content.to_owned(),
    })
}

fn edit(edits: &[(&str, &str)], dry_run: bool) -> Result<Answer<EditedFile>> {
    let replacement = |(old, new): &(&str, &str)| Replacement {
        old_text: (*old).to_owned(),
        new_text: (*new).to_owned(),
    };
    edit_file(EditFile {
        path: "a.txt".to_owned(),
        edits: edits.iter().map(replacement).collect(),
        dry_run,
    })
}

#[test]
fn writing_tells_what_it_did() {
    let sandbox = Sandbox::new(&[("run.sh", "#!/bin/sh\n")]);
    assert_eq!(
        said(&sandbox, write("a.txt", "one")),
        "Created `ROOT/a.txt` (3 bytes)."
    );
    assert_eq!(
        said(&sandbox, write("a.txt", "two")),
        "Replaced `ROOT/a.txt` (3 bytes)."
    );
    assert!(said(&sandbox, write("run.sh", "#!/bin/sh\nls\n")).contains("chmod +x"));
    assert_eq!(sandbox.text("a.txt"), "two");
}

#[test]
fn editing_shows_the_difference() {
    let sandbox = Sandbox::new(&[("a.txt", "one\ntwo\n")]);
    let diff = "--- aROOT/a.txt\n+++ bROOT/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n";
    assert_eq!(
        said(&sandbox, edit(&[("two", "three")], true)),
        format!("This would be changed, nothing is written:\n\n{diff}")
    );
    assert_eq!(sandbox.text("a.txt"), "one\ntwo\n");
    assert_eq!(
        said(&sandbox, edit(&[("two", "three")], false)),
        format!("Edited `ROOT/a.txt`:\n\n{diff}")
    );
    assert_eq!(sandbox.text("a.txt"), "one\nthree\n");
}

#[test]
fn edits_that_cannot_be_made_change_nothing() {
    let sandbox = Sandbox::new(&[("a.txt", "one one\n")]);
    assert_eq!(
        said(&sandbox, edit(&[("one", "two")], false)),
        "`ROOT/a.txt` is unchanged: edit 1 of 1: `oldText` occurs 2 times (lines 1, 1), but must occur once: give more of the text around it"
    );
    let nothing = edit(&[("one one", "one one")], false).unwrap();
    assert!(!nothing.data().written);
    assert_eq!(
        said(&sandbox, Ok(nothing)),
        "The edits change nothing in `ROOT/a.txt`."
    );
    assert_eq!(sandbox.text("a.txt"), "one one\n");
}

#[test]
fn folders_granted_for_reading_stay_as_they_are() {
    let sandbox = Sandbox::new(&[("a.txt", "one")]);
    grant(&[(sandbox.root(), false)]);
    let refused = |path: &str| {
        format!(
            "`ROOT{path}` cannot be changed: `ROOT` is granted read-only; start wharf with `--dir HOST:ROOT:rw` to allow changes"
        )
        .replace("HOST:ROOT", "HOST::ROOT")
    };
    assert_eq!(said(&sandbox, write("a.txt", "")), refused("/a.txt"));
    assert_eq!(
        said(&sandbox, edit(&[("one", "two")], false)),
        refused("/a.txt")
    );
    let path = "b".to_owned();
    let made = create_directory(OnePath { path });
    assert_eq!(said(&sandbox, made), refused("/b"));
    let [source, destination] = ["a.txt", "b"].map(str::to_owned);
    let moved = move_file(MoveFile {
        source,
        destination,
    });
    assert_eq!(said(&sandbox, moved), refused("/a.txt"));
    let shown = edit(&[("one", "two")], true).unwrap();
    assert!(!shown.data().written);
    assert_eq!(sandbox.names("."), ["a.txt"]);
}

#[test]
fn making_and_moving_say_what_they_did() {
    let sandbox = Sandbox::new(&[]);
    let make = || {
        let path = "a/b".to_owned();
        create_directory(OnePath { path })
    };
    assert_eq!(said(&sandbox, make()), "Created the folder `ROOT/a/b`.");
    assert_eq!(
        said(&sandbox, make()),
        "The folder `ROOT/a/b` is there already."
    );
    let [source, destination] = ["a/b", "c"].map(str::to_owned);
    let moved = move_file(MoveFile {
        source,
        destination,
    });
    assert_eq!(said(&sandbox, moved), "Moved `ROOT/a/b` to `ROOT/c`.");
}
