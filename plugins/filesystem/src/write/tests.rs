//! What changes on disk, and what does not.

use super::*;
use crate::testing::Sandbox;

fn said<T: std::fmt::Debug>(sandbox: &Sandbox, result: Result<T, Fault>) -> String {
    let fault = result.unwrap_err();
    fault.to_string().replace(sandbox.root(), "ROOT")
}

#[test]
fn files_are_made_and_replaced() {
    let sandbox = Sandbox::new(&[("a/", "")]);
    let write = |text: &str| replace(&sandbox.writable("a/x.txt"), text.as_bytes()).unwrap();
    assert!(write("one").created);
    assert!(!write("two").created);
    assert_eq!(sandbox.text("a/x.txt"), "two");
    assert_eq!(sandbox.names("a"), ["x.txt"], "no temporary file is left");
}

#[test]
fn what_another_call_wrote_is_not_lost() {
    let sandbox = Sandbox::new(&[("x", "theirs")]);
    let written = replace_unchanged(&sandbox.writable("x"), "before", "ours");
    assert!(said(&sandbox, written).contains("was changed by something else"));
    assert_eq!(sandbox.text("x"), "theirs");
    assert_eq!(sandbox.names("."), ["x"]);
    replace_unchanged(&sandbox.writable("x"), "theirs", "ours").unwrap();
    assert_eq!(sandbox.text("x"), "ours");
}

#[test]
fn replaced_scripts_are_noticed() {
    let sandbox = Sandbox::new(&[("run", "#!/bin/sh\n"), ("x", "")]);
    let was_script = |name: &str| {
        let written = replace(&sandbox.writable(name), b"").unwrap();
        written.was_script
    };
    assert!(was_script("run"));
    assert!(!was_script("x"));
    assert!(!was_script("new"));
}

#[test]
fn what_cannot_be_written_is_left_alone() {
    let sandbox = Sandbox::new(&[("a/x", "old")]);
    let write = |name: &str| said(&sandbox, replace(&sandbox.writable(name), b"new"));
    assert_eq!(write("a"), "`ROOT/a` cannot be written: it is not a file");
    assert_eq!(write("."), "`ROOT` cannot be written: it is not a file");
    assert_eq!(
        write("b/x"),
        "`ROOT/b/x` is in a folder that does not exist: make it with `create_directory` first"
    );
    assert_eq!(
        write("a\\y"),
        "`ROOT/a\\y` has a backslash in its name: folders are separated by `/` here"
    );
    let huge = vec![0; usize::try_from(WRITE_BYTES).unwrap() + 1];
    let refused = replace(&sandbox.writable("a/x"), &huge);
    assert_eq!(
        said(&sandbox, refused),
        "`ROOT/a/x` cannot be written: at most 4194304 bytes at a time"
    );
    assert_eq!(sandbox.text("a/x"), "old");
    assert_eq!(sandbox.names("a"), ["x"]);
}

#[cfg(unix)]
#[test]
fn links_survive_writing() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new(&[("a/real", "old")]);
    symlink("a/real", sandbox.path("link")).unwrap();
    symlink("../../out", sandbox.path("a/out")).unwrap();
    replace(&sandbox.writable("link"), b"new").unwrap();
    assert_eq!(sandbox.text("a/real"), "new");
    assert!(sandbox.path("link").is_symlink());
    let refused = said(&sandbox, replace(&sandbox.writable("a/out"), b"new"));
    assert!(refused.contains("leads out of its granted folder"));
}

#[test]
fn temporary_names_stay_short() {
    let check = |name: &str| assert!(temporary_name(name).len() <= NAME_BYTES);
    check("x");
    check(&"ä".repeat(127));
    check(&"x".repeat(255));
    assert_ne!(temporary_name("x"), temporary_name("x"));
}

#[test]
fn folders_are_made_with_those_above() {
    let sandbox = Sandbox::new(&[("file", "")]);
    let make = |name: &str| make_folder(&sandbox.writable(name));
    assert_eq!(make("a/b/c"), Ok(true));
    assert_eq!(make("a/b/c"), Ok(false));
    assert_eq!(make("."), Ok(false));
    assert!(sandbox.path("a/b/c").is_dir());
    assert_eq!(
        said(&sandbox, make("file")),
        "`ROOT/file` cannot be made: it exists already"
    );
    assert_eq!(
        said(&sandbox, make("a\\b")),
        "`ROOT/a\\b` has a backslash in it: folders are separated by `/` here"
    );
}

#[test]
fn things_are_moved() {
    let sandbox = Sandbox::new(&[("a/x", "1"), ("b/", "")]);
    let move_ = |from: &str, to: &str| rename(&sandbox.writable(from), &sandbox.writable(to));
    move_("a/x", "b/y").unwrap();
    assert_eq!(sandbox.text("b/y"), "1");
    move_("b", "a/c").unwrap();
    assert_eq!(sandbox.text("a/c/y"), "1");
    assert_eq!(sandbox.names("."), ["a"]);
}

#[test]
fn nothing_is_overwritten_by_moving() {
    let sandbox = Sandbox::new(&[("x", "1"), ("y", "2"), ("a/b/", "")]);
    let move_ = |from: &str, to: &str| {
        let moved = rename(&sandbox.writable(from), &sandbox.writable(to));
        said(&sandbox, moved)
    };
    let exists = "exists already, and nothing is overwritten: move to another name";
    assert_eq!(move_("x", "y"), format!("`ROOT/y` {exists}"));
    assert_eq!(move_("x", "a"), format!("`ROOT/a` {exists}"));
    assert_eq!(move_("x", "x"), "`ROOT/x` cannot be moved into itself");
    assert_eq!(move_("a", "a/b/c"), "`ROOT/a` cannot be moved into itself");
    assert_eq!(
        move_("no", "z"),
        "`ROOT/no` does not exist: `list_directory` or `search_files` show what does"
    );
    assert_eq!(
        move_("x", "no/z"),
        "`ROOT/no/z` is in a folder that does not exist: make it with `create_directory` first"
    );
    assert_eq!(
        move_(".", "z"),
        "`ROOT` is a granted folder itself: only what is in it can be moved"
    );
    assert_eq!(
        (sandbox.text("x"), sandbox.text("y")),
        ("1".into(), "2".into())
    );
}

#[test]
fn a_late_rival_is_not_overwritten_either() {
    let sandbox = Sandbox::new(&[("x", "1"), ("y", "2")]);
    let moved = rename_file(&sandbox.place("x"), &sandbox.place("y"));
    assert_eq!(moved.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(
        (sandbox.text("x"), sandbox.text("y")),
        ("1".into(), "2".into())
    );
}

#[test]
fn only_text_is_edited() {
    let sandbox = Sandbox::new(&[("a", "text")]);
    sandbox.put("b", b"\xff\xfe");
    assert_eq!(read_whole(&sandbox.place("a")).unwrap(), "text");
    assert_eq!(
        said(&sandbox, read_whole(&sandbox.place("b"))),
        "`ROOT/b` cannot be edited: it is not UTF-8 text"
    );
}
