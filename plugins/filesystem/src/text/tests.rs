//! Pieces of texts: from the start, from a line on, from the end, and cut.

use std::io::Cursor;

use super::*;
use crate::limits::TEXT_BYTES;
use crate::testing::Sandbox;

/// `first`, `count` and `max` of a text, and what should come of it: the content,
/// the line to go on with, and the remarks.
fn check_from(
    text: &str,
    (first, count, max): (u64, u64, usize),
    expect: (&str, Option<u64>, &str),
) {
    // A tiny buffer, so that lines lie across its ends.
    let reader = BufReader::with_capacity(3, text.as_bytes());
    let piece = read_from(reader, first, count, max).unwrap();
    let remarks = piece.remarks.join("; ");
    assert_eq!(
        (piece.content.as_str(), piece.next_line, remarks.as_str()),
        expect
    );
}

#[test]
fn pieces_from_a_line_on() {
    let text = "one\ntwo\nthree\nfour";
    check_from(text, (1, u64::MAX, 100), (text, None, ""));
    check_from(text, (1, 2, 100), ("one\ntwo\n", Some(3), ""));
    check_from(text, (2, 2, 100), ("two\nthree\n", Some(4), ""));
    check_from(text, (4, 9, 100), ("four", None, ""));
    check_from(text, (4, 1, 100), ("four", None, ""));
    check_from(text, (1, 0, 100), ("", Some(1), ""));
    check_from("one\n", (1, 1, 100), ("one\n", None, ""));
    check_from("", (1, 5, 100), ("", None, ""));
    check_from("\n\n", (2, 5, 100), ("\n", None, ""));
    check_from("a\r\nb\r\n", (2, 1, 100), ("b\r\n", None, ""));
}

#[test]
fn lines_that_are_not_there_are_said() {
    let said = "there is no line 9: there are 2";
    check_from("a\nb\n", (9, 1, 100), ("", None, said));
    check_from("a\nb", (9, 1, 100), ("", None, said));
}

#[test]
fn pieces_are_cut_at_line_ends() {
    let text = "one\ntwo\nthree\nfour";
    check_from(text, (1, u64::MAX, 10), ("one\ntwo\n", Some(3), ""));
    check_from(text, (2, u64::MAX, 10), ("two\nthree\n", Some(4), ""));
    check_from(text, (1, u64::MAX, 8), ("one\ntwo\n", Some(3), ""));
}

#[test]
fn a_line_that_is_too_long_is_cut_between_characters() {
    let said = "line 1 is too long and is cut after 5 bytes";
    check_from("ääää\nb", (1, 9, 5), ("ää", Some(2), said));
}

/// The last `count` lines in at most `max` bytes, and what should come of it.
fn check_last(text: &str, (count, max): (u64, usize), expect: (&str, &str)) {
    let size = text.len() as u64;
    let piece = read_last(Cursor::new(text), size, count, max).unwrap();
    assert_eq!(
        (piece.content.as_str(), piece.remarks.join("; ").as_str()),
        expect
    );
}

#[test]
fn pieces_from_the_end() {
    let text = "one\ntwo\nthree\n";
    check_last(text, (1, 100), ("three\n", ""));
    check_last(text, (2, 100), ("two\nthree\n", ""));
    check_last(text, (3, 100), (text, ""));
    check_last(text, (99, 100), (text, ""));
    check_last(text, (0, 100), ("", ""));
    check_last("one\ntwo", (1, 100), ("two", ""));
    check_last("\n\n\n", (2, 100), ("\n\n", ""));
    check_last("", (3, 100), ("", ""));
}

#[test]
fn what_does_not_fit_from_the_end_is_left_out() {
    let text = "one\ntwo\nthree\n";
    check_last(
        text,
        (3, 12),
        ("two\nthree\n", "only the last 2 lines fit into 12 bytes"),
    );
    check_last(text, (2, 12), ("two\nthree\n", ""));
    check_last(
        "0123456789",
        (1, 4),
        ("6789", "only the last 1 lines fit into 4 bytes"),
    );
}

#[test]
fn bytes_that_are_not_text_are_replaced() {
    assert_eq!(
        decoded(b"caf\xe9 ok".to_vec()),
        ("caf\u{fffd} ok".to_owned(), true)
    );
    assert_eq!(decoded("ä".as_bytes().to_vec()), ("ä".to_owned(), false));
    assert_eq!(decoded(b"a\xc3".to_vec()), ("a".to_owned(), false));
}

#[test]
fn files_are_read() {
    let sandbox = Sandbox::new(&[("a.txt", "one\ntwo\n")]);
    let text = read(&sandbox.place("a.txt"), Piece::ALL, TEXT_BYTES).unwrap();
    assert_eq!((text.content.as_str(), text.lines), ("one\ntwo\n", 2));
    let text = read(&sandbox.place("a.txt"), Piece::Last(1), TEXT_BYTES).unwrap();
    assert_eq!((text.content.as_str(), text.lines), ("two\n", 1));
}

#[test]
fn large_files_are_read_in_pieces() {
    let sandbox = Sandbox::new(&[]);
    let line = format!("{}\n", "x".repeat(1023));
    sandbox.put("big.txt", line.repeat(2 * 1024));
    let text = read(&sandbox.place("big.txt"), Piece::ALL, TEXT_BYTES).unwrap();
    assert_eq!((text.lines, text.next_line), (1024, Some(1025)));
    let rest = Piece::From {
        line: 1025,
        count: None,
    };
    let text = read(&sandbox.place("big.txt"), rest, TEXT_BYTES).unwrap();
    assert_eq!((text.lines, text.next_line), (1024, None));
}

#[test]
fn binary_files_are_refused_as_text() {
    let sandbox = Sandbox::new(&[("a.bin", "PK\0\u{3}")]);
    let fault = read(&sandbox.place("a.bin"), Piece::ALL, TEXT_BYTES).unwrap_err();
    assert!(fault.to_string().ends_with(
        "is not text (there are NUL bytes in it): `read_media_file` returns it as it is"
    ));
}
