//! What edits do, and what is said when they cannot be made.

use super::*;

fn check(text: &str, edits: &[(&str, &str)], expect: Result<&str, &str>) {
    let edit = |(old, new): &(&str, &str)| Edit {
        old: (*old).to_owned(),
        new: (*new).to_owned(),
    };
    let edits: Vec<Edit> = edits.iter().map(edit).collect();
    let result = edited(text, &edits);
    assert_eq!(result.as_deref().map_err(String::as_str), expect);
}

#[test]
fn passages_are_replaced() {
    check("one two", &[("two", "three")], Ok("one three"));
    check("a\nb\nc\n", &[("a\nb", "x")], Ok("x\nc\n"));
    check("abc", &[("b", "")], Ok("ac"));
    check("äöü", &[("ö", "oe")], Ok("äoeü"));
    check("cost $1", &[("$1", "$& \\1")], Ok("cost $& \\1"));
    check("abc", &[], Ok("abc"));
}

#[test]
fn edits_follow_one_another() {
    check("a b", &[("a", "c"), ("c b", "d")], Ok("d"));
    check("a b", &[("a", "b b"), ("b b b", "x")], Ok("x"));
}

#[test]
fn one_bad_edit_spoils_all() {
    check(
        "a b",
        &[("a", "x"), ("nope", "y")],
        Err(
            "edit 2 of 2: `oldText` does not occur: read the file again and copy the passage exactly",
        ),
    );
}

#[test]
fn passages_must_occur_once() {
    check(
        "x\ny\nx\n",
        &[("x", "z")],
        Err(
            "edit 1 of 1: `oldText` occurs 2 times (lines 1, 3), but must occur once: give more of the text around it",
        ),
    );
    check(
        &"x\n".repeat(9),
        &[("x", "z")],
        Err(
            "edit 1 of 1: `oldText` occurs 9 times (lines 1, 2, 3, 4, 5, …), but must occur once: give more of the text around it",
        ),
    );
    check(
        "x",
        &[("", "z")],
        Err("edit 1 of 1: `oldText` is empty: give the passage to replace, or use `write_file`"),
    );
}

#[test]
fn wrong_blanks_are_pointed_out() {
    check(
        "fn a() {\n    b();\n}\n",
        &[("b();\n  }", "")],
        Err(
            "edit 1 of 1: `oldText` does not occur, but line 2 differs from it in blanks only: copy the passage exactly, with its indentation",
        ),
    );
}

#[test]
fn line_ends_stay_as_they_are() {
    check("a\r\nb\r\n", &[("a\nb", "x\ny")], Ok("x\r\ny\r\n"));
    check("a\r\nb\r\n", &[("a\r\nb", "x\r\ny")], Ok("x\r\ny\r\n"));
    check("a\nb\r\n", &[("a\nb", "x\ny")], Ok("x\ny\r\n"));
    check("a\nb\n", &[("b", "x\ny")], Ok("a\nx\ny\n"));
}
