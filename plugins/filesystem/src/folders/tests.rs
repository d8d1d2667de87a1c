//! What becomes of the paths that clients send, friendly and hostile ones.

use super::*;

fn folders(granted: &[(&str, bool)]) -> Folders {
    Folders::new(granted.iter().map(|(path, w)| ((*path).to_owned(), *w)))
}

fn check(granted: &[(&str, bool)], asked: &str, expect: &str) {
    let said = match folders(granted).place(asked) {
        Ok(place) => place.text().to_owned(),
        Err(fault) => fault.to_string(),
    };
    assert_eq!(said, expect, "{asked:?}");
}

const ONE: &[(&str, bool)] = &[("/data", false)];
const TWO: &[(&str, bool)] = &[("/docs", true), ("/data", false)];

#[test]
fn friendly_paths_are_understood() {
    check(ONE, "/data", "/data");
    check(ONE, "/data/", "/data");
    check(ONE, "/data/a b/ü.txt", "/data/a b/ü.txt");
    check(ONE, "a/b", "/data/a/b");
    check(ONE, "./a", "/data/a");
    check(ONE, ".", "/data");
    check(ONE, "", "/data");
    check(ONE, "/data/a/../b", "/data/b");
    check(ONE, "file:///data/a%20b", "/data/a b");
    check(TWO, "/docs/x", "/docs/x");
}

#[test]
fn hostile_paths_are_refused() {
    let refused = |asked: &str| {
        let expect = format!("`{asked}` is outside the granted folders: `/data`");
        check(ONE, asked, &expect);
    };
    refused("/etc/passwd");
    refused("/data/../etc/passwd");
    refused("../etc/passwd");
    refused("a/../../etc/passwd");
    refused("/data/../../../../etc/passwd");
    refused("//etc/passwd");
    refused("/database");
    refused("/DATA/x");
    refused("/");
    refused("C:\\Users\\x");
    refused("c:/Users/x");
    refused("file:///etc/passwd");
    check(
        ONE,
        "file:///data/../etc/passwd",
        "`file:///data/../etc/passwd` has `.` or `..` in it: give the path itself",
    );
}

#[test]
fn what_looks_hostile_may_just_be_a_name() {
    check(ONE, "/data/..\\..\\etc", "/data/..\\..\\etc");
    check(ONE, "/data/%2e%2e/etc", "/data/%2e%2e/etc");
    check(ONE, "/data/...", "/data/...");
    check(ONE, "/data/\u{2025}/x", "/data/\u{2025}/x");
    check(ONE, "-rf", "/data/-rf");
}

#[test]
fn relative_paths_need_one_folder() {
    check(
        TWO,
        "a.txt",
        "`a.txt` is relative, and several folders are granted: start it with one of `/data`, `/docs`",
    );
    check(
        TWO,
        "/etc",
        "`/etc` is outside the granted folders: `/data`, `/docs`",
    );
}

#[test]
fn without_folders_there_are_no_places() {
    check(
        &[],
        "/data/a",
        "no folder is granted: start wharf with `--dir HOST::GUEST`, or `--dir HOST::GUEST:rw` to allow changes",
    );
}

#[test]
fn folders_may_have_odd_names() {
    check(&[(".", false)], "a", "/a");
    check(&[("/", false)], "/etc/hosts", "/etc/hosts");
    check(&[("/", false)], "../../x", "/x");
    check(&[("data/", false)], "/data/x", "/data/x");
    check(&[("/d a t a", false)], "x", "/d a t a/x");
}

#[test]
fn the_innermost_folder_decides() {
    let nested = folders(&[("/data", false), ("/data/out", true)]);
    let writable = |path: &str| nested.place(path).unwrap().writable().is_ok();
    assert!(writable("/data/out/x"));
    assert!(!writable("/data/x"));
    assert!(!writable("/data/outer/x"));
    assert!(!writable("/data/out/../x"));
}

#[test]
fn changes_need_a_folder_granted_for_them() {
    let place = folders(ONE).place("/data/x").unwrap();
    assert_eq!(
        place.writable().unwrap_err().to_string(),
        "`/data/x` cannot be changed: `/data` is granted read-only; start wharf with `--dir HOST::/data:rw` to allow changes"
    );
}

#[test]
fn places_know_their_surroundings() {
    let place = folders(&[("/", true)]).place("/").unwrap();
    assert!(place.is_granted_folder());
    assert_eq!(place.name(), "/");
    assert_eq!(place.child("a").text(), "/a");
    assert_eq!(place.child("a").child("b").name(), "b");
    assert!(!place.child("a").is_granted_folder());
}
