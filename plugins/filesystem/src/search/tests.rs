//! What is found, what is passed over, and where searches end.

use super::*;
use crate::globs::Excluded;
use crate::testing::Sandbox;

fn found(sandbox: &Sandbox, pattern: &str, needle: Option<Needle>) -> Results {
    let mut walk = Walk::new(sandbox.place("."), Excluded::default(), 99);
    let query = Query {
        glob: Glob::new(pattern).unwrap(),
        content: needle,
    };
    search(&mut walk, &query, |_| true).unwrap()
}

fn check(sandbox: &Sandbox, pattern: &str, needle: Option<(&str, bool)>, expect: &[&str]) {
    let needle = needle.map(|(text, ignore_case)| Needle::new(text, ignore_case).unwrap());
    let results = found(sandbox, pattern, needle);
    let mut seen = Vec::new();
    for found in results.found {
        let path = found.place.text().replace(sandbox.root(), "");
        if found.lines.is_empty() {
            seen.push(path.clone());
        }
        for line in found.lines {
            seen.push(format!("{path}:{}:{}", line.line, line.text));
        }
    }
    assert_eq!(seen, expect);
}

fn project() -> Sandbox {
    Sandbox::new(&[
        ("src/main.rs", "fn main() {\n    println!(\"Grüße\");\n}\n"),
        ("src/lib.rs", "//! Main\r\npub fn main2() {}\r\n"),
        ("README.md", "Run main.\n"),
        ("data.bin", "main\0"),
    ])
}

#[test]
fn things_are_found_by_name() {
    let sandbox = project();
    check(&sandbox, "*.rs", None, &["/src/lib.rs", "/src/main.rs"]);
    check(&sandbox, "src", None, &["/src"]);
    check(&sandbox, "src/m*", None, &["/src/main.rs"]);
    check(&sandbox, "nope", None, &[]);
}

#[test]
fn things_are_found_by_content() {
    let sandbox = project();
    check(
        &sandbox,
        "*",
        Some(("main", false)),
        &[
            "/README.md:1:Run main.",
            "/src/lib.rs:2:pub fn main2() {}",
            "/src/main.rs:1:fn main() {",
        ],
    );
    check(
        &sandbox,
        "*.md",
        Some(("main", false)),
        &["/README.md:1:Run main."],
    );
    check(
        &sandbox,
        "lib.rs",
        Some(("MAIN", true)),
        &["/src/lib.rs:1://! Main", "/src/lib.rs:2:pub fn main2() {}"],
    );
    check(&sandbox, "*", Some(("GRÜSSE", true)), &[]);
    check(
        &sandbox,
        "*",
        Some(("GRÜßE", true)),
        &["/src/main.rs:2:println!(\"Grüße\");"],
    );
}

#[test]
fn what_is_no_text_is_passed_over() {
    let sandbox = project();
    let needle = Needle::new("main", false).unwrap();
    let results = found(&sandbox, "*.bin", Some(needle));
    assert_eq!((results.found.len(), results.passed_over), (0, 1));
    assert_eq!(results.end, End::All);
}

#[test]
fn a_file_shows_so_many_lines() {
    let sandbox = Sandbox::new(&[("log", &"x\n".repeat(FILE_LINES + 1)), ("one", "x\n")]);
    let results = found(&sandbox, "*", Some(Needle::new("x", false).unwrap()));
    let counts: Vec<(usize, bool)> = results
        .found
        .iter()
        .map(|f| (f.lines.len(), f.more))
        .collect();
    assert_eq!(counts, [(FILE_LINES, true), (1, false)]);
}

#[test]
fn searches_end_when_enough_is_found() {
    let sandbox = Sandbox::new(&[]);
    for number in 0..=SEARCH_PATHS {
        sandbox.put(&format!("{number}"), "");
    }
    let results = found(&sandbox, "*", None);
    assert_eq!(
        (results.found.len(), results.end),
        (SEARCH_PATHS, End::Enough)
    );
}

#[test]
fn searches_end_in_time() {
    let sandbox = project();
    let mut walk = Walk::new(sandbox.place("."), Excluded::default(), 99);
    let query = Query {
        glob: Glob::new("*").unwrap(),
        content: None,
    };
    let results = search(&mut walk, &query, |seen| seen == 0).unwrap();
    assert_eq!((results.found.len(), results.end), (3, End::Time));
}

#[test]
fn long_lines_are_shown_around_the_text() {
    let line = format!("{}needle{}", "ä".repeat(1_000), "ö".repeat(1_000));
    let (lines, _) = Needle::new("needle", false).unwrap().lines_in(&line, 9);
    let shown = &lines[0].text;
    assert!(shown.starts_with("…ä") && shown.ends_with("ö…") && shown.contains("needle"));
    assert_eq!(shown.chars().count(), LINE_CHARS + 2);
}

#[test]
fn needles_are_on_one_line() {
    let check = |text: &str, expect: &str| {
        let fault = Needle::new(text, false).unwrap_err();
        assert_eq!(fault.to_string(), expect);
    };
    check(
        "",
        "`content` is empty: leave it out to search by name only",
    );
    check(
        "a\nb",
        "`content` has several lines: search for one of them",
    );
}
