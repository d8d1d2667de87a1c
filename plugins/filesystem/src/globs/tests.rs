//! What patterns match, and which are refused.

use super::*;

fn check(pattern: &str, matching: &[&str], others: &[&str]) {
    let glob = Glob::new(pattern).unwrap();
    for path in matching {
        assert!(glob.matches(path), "{pattern} should match {path}");
    }
    for path in others {
        assert!(!glob.matches(path), "{pattern} should not match {path}");
    }
}

#[test]
fn names_match_at_any_depth() {
    check(
        "*.py",
        &["a.py", "src/a.py", ".py", "x/.a.py"],
        &["a.pyc", "a.py/b"],
    );
    check(
        "readme.md",
        &["readme.md", "a/readme.md"],
        &["README.md", "a.readme.md"],
    );
    check("a?c", &["abc", "x/aüc", "a/a.c"], &["ac", "abbc", "a/c"]);
    check("*", &["a", "b/c", ".hidden"], &[]);
    check("**", &["a", "b/c"], &[]);
    check("*a*b*", &["ab", "xaxbx", "aab"], &["ba", "a"]);
    check("a**b", &["ab", "axb"], &["a/b"]);
    check("target/", &["target", "a/target"], &["targets"]);
}

#[test]
fn paths_match_from_the_folder_searched() {
    check(
        "src/*.rs",
        &["src/a.rs"],
        &["a.rs", "src/b/a.rs", "x/src/a.rs"],
    );
    check("**/*.rs", &["a.rs", "src/a.rs", "a/b/c.rs"], &["a.r"]);
    check("src/**", &["src/a", "src/b/c"], &["a", "src", "x/src/a"]);
    check("**/test/*", &["test/a", "x/test/a"], &["test/a/b"]);
    check("./*.rs", &["a.rs"], &["src/a.rs"]);
    check("a/**/z", &["a/z", "a/b/z", "a/b/c/z"], &["a", "z", "b/a/z"]);
    check("**/a/**/b/**", &["a/b/c", "x/a/x/b/x/y"], &["a/b", "b/a/c"]);
}

#[test]
fn classes_and_choices() {
    check("[a-c]*", &["abc", "x/c"], &["d", "-"]);
    check("[!a-c]*", &["d"], &["abc"]);
    check("[^a]", &["b"], &["a"]);
    check("[]a]", &["]", "a"], &["b"]);
    check("[a-]", &["a", "-"], &["b"]);
    check("[\\]]", &["]"], &["\\"]);
    check("[ä-ü]", &["ö"], &["o"]);
    check("*.{py,rs}", &["a.py", "b/c.rs"], &["a.go"]);
    check("{a,b{c,d}}e", &["ae", "bce", "bde"], &["be", "ce"]);
    check(
        "{src,test}/**/*.rs",
        &["src/a.rs", "test/x/a.rs"],
        &["doc/a.rs"],
    );
    check("a{,.bak}", &["a", "a.bak"], &["a."]);
    check("[{]", &["{"], &["["]);
    check("a,b", &["a,b"], &["a"]);
    check("a}", &["a}"], &["a"]);
}

#[test]
fn odd_names_are_matched_as_they_are() {
    check("*.txt", &["ü ä.txt", "a\nb.txt", "$(x).txt"], &[]);
    check("a\\[1\\].txt", &["a[1].txt"], &["a1.txt"]);
    check("\\*", &["*"], &["a"]);
    check("\\{a,b\\}", &["{a,b}"], &["a"]);
}

#[test]
fn bad_patterns_are_explained() {
    let check = |pattern: &str, expect: &str| {
        let said = Glob::new(pattern).unwrap_err().to_string();
        assert_eq!(said, format!("the pattern `{pattern}` {expect}"));
    };
    let seen =
        "cannot match: patterns are seen from the folder in `path`, as in `*.rs` or `src/*.rs`";
    check("../*.py", seen);
    check("/data/*.py", seen);
    check("", seen);
    check(
        "!*.py",
        "starts with `!`: what is to be left out belongs into `excludePatterns`",
    );
    check(
        "*.{py",
        "cannot be read: `{` has no `}`; write `\\{` for the character itself",
    );
    check(
        "[a",
        "cannot be read: `[` has no `]`; write `\\[` for the character itself",
    );
    check(
        "a\\",
        "cannot be read: `\\` has nothing after it; write `\\\\` for the character itself",
    );
    check(
        "{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b,c,d}",
        "cannot be read: its braces stand for more than 100 patterns",
    );
    assert!(Glob::new(&"{".repeat(1_001)).is_err());
    assert!(Glob::new(&"{".repeat(1_000)).is_err());
}

#[test]
fn matching_takes_no_exponential_time() {
    let glob = Glob::new(&format!("{}b", "*a".repeat(40))).unwrap();
    assert!(!glob.matches(&"a".repeat(250)));
    let glob = Glob::new(&format!("{}b", "**/a/".repeat(40))).unwrap();
    assert!(!glob.matches(&"a/".repeat(200)));
}

#[test]
fn wildcards_are_recognised() {
    assert!(Glob::new("config").unwrap().is_literal());
    assert!(!Glob::new("*config*").unwrap().is_literal());
}
