//! Lists, pages and contents of resources.

use wharf_sdk::testing::TestRequest;

use super::*;
use crate::testing::Sandbox;

fn list(cursor: Option<&str>) -> Result<Page> {
    Files.list(&TestRequest::new().build(), cursor)
}

fn read(uri: &str) -> Result<ReadResult> {
    Files.read(&TestRequest::new().build(), uri)
}

fn uri_of(sandbox: &Sandbox, name: &str) -> String {
    format!("{}/{name}", uri::of(sandbox.root()))
}

#[test]
fn top_levels_are_listed() {
    let sandbox = Sandbox::new(&[("a b.txt", "12"), ("c/d", "")]);
    let page = list(None).unwrap();
    let modified = |name: &str| {
        let about = std::fs::metadata(sandbox.path(name)).unwrap();
        Annotations::new().last_modified(stamp::iso(about.modified().unwrap()).unwrap())
    };
    let expect = Page::new([
        Resource::new(uri_of(&sandbox, "a%20b.txt"), "a b.txt")
            .title(format!("{}/a b.txt", sandbox.root()))
            .size(2)
            .mime_type("text/plain")
            .annotations(modified("a b.txt")),
        Resource::new(uri_of(&sandbox, "c"), "c")
            .title(format!("{}/c", sandbox.root()))
            .mime_type("inode/directory"),
    ]);
    assert_eq!(page, expect);
}

#[test]
fn long_lists_come_in_pages() {
    let sandbox = Sandbox::new(&[]);
    let name = |number: usize| format!("{number:03}");
    for number in 0..=PAGE {
        sandbox.put(&name(number), "");
    }
    let resource_of = |number: usize| resource(&sandbox.place(&name(number))).unwrap();
    let cursor = uri_of(&sandbox, &name(PAGE - 1));
    let first = Page::new((0..PAGE).map(resource_of)).next(&cursor);
    assert_eq!(list(None).unwrap(), first);
    assert_eq!(list(Some(&cursor)).unwrap(), Page::new([resource_of(PAGE)]));
    assert_eq!(
        list(Some("17")).unwrap_err().to_string(),
        "`17` is not a `file:` URI with an absolute path"
    );
}

#[test]
fn files_and_folders_are_read() {
    let sandbox = Sandbox::new(&[("a.rs", "fn a() {}\n"), ("c/d", "123")]);
    sandbox.put("e.bin", b"\0");
    let check = |name: &str, contents: fn(String) -> Contents| {
        let uri = uri_of(&sandbox, name);
        assert_eq!(read(&uri).unwrap(), ReadResult::from(contents(uri)));
    };
    check("a.rs", |uri| {
        Contents::text(uri, "fn a() {}\n").mime_type("text/x-rust")
    });
    check("c", |uri| {
        Contents::text(uri, "[FILE] d (3 bytes)").mime_type("inode/directory")
    });
    check("e.bin", |uri| {
        Contents::blob(uri, *b"\0").mime_type("application/octet-stream")
    });
}

#[test]
fn what_cannot_be_read_is_refused() {
    let sandbox = Sandbox::new(&[("a", "")]);
    let check = |uri: &str, expect: &str| {
        let error = read(uri).unwrap_err();
        assert_eq!(sandbox.rooted(error.to_string()), expect);
    };
    let missing = uri_of(&sandbox, "no");
    check(&missing, "file://ROOT/no");
    check(
        "file:///etc/passwd",
        "`file:///etc/passwd` is outside the granted folders: `ROOT`",
    );
    check(
        "file:///%2e%2e/etc",
        "`file:///%2e%2e/etc` has `.` or `..` in it: give the path itself",
    );
    check("a", "`a` is not a `file:` URI with an absolute path");
}

#[test]
fn long_suggestions_are_cut() {
    let paths: Vec<String> = (0..150).map(|number| number.to_string()).collect();
    let expect = Completion::new(paths[..100].to_vec()).total(150).has_more();
    assert_eq!(suggestions(paths), expect);
}
