//! `file:` URIs for places, both ways, after RFC 8089 and RFC 3986.
//!
//! A URI of a place is `file://` and its path, with every byte escaped that has a
//! meaning of its own in a URI or is not ASCII. The way back is strict: what is
//! read must be a path written down by the rules, not a trick. Dot segments are
//! refused whether escaped or not (a client that means another path can say so),
//! as are escaped slashes and bytes that make no UTF-8.

use std::fmt::Write as _;

use crate::fault::Fault;
use crate::paths;

/// What all of them start with.
const SCHEME: &str = "file:";

/// Whether this is meant to be one.
pub(crate) fn is_file(text: &str) -> bool {
    text.get(..SCHEME.len())
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
        && text[SCHEME.len()..].starts_with('/')
}

/// The URI of an absolute path.
pub(crate) fn of(path: &str) -> String {
    format!("file://{}", escaped(path))
}

/// The path with everything escaped that cannot stand for itself in a URI's path.
pub(crate) fn escaped(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if is_plain(byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// RFC 3986's `pchar` without escapes, and `/`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte)
}

/// The absolute path a URI stands for.
pub(crate) fn path(uri: &str) -> Result<String, Fault> {
    let refuse = |what: &str| Err(Fault::wrong(&paths::shortened(uri), what));
    let Some(rest) = is_file(uri).then(|| &uri[SCHEME.len()..]) else {
        return refuse("is not a `file:` URI with an absolute path");
    };
    let Some(raw) = without_host(rest) else {
        return refuse("names another machine: only `file:///` and a path can be read");
    };
    if raw.contains(['?', '#']) {
        return refuse("has a query or fragment: write `?` as `%3F` and `#` as `%23` in a path");
    }
    let Some(path) = unescaped(raw) else {
        return refuse(
            "is not escaped rightly: `%` takes two hexadecimal digits, `%2F` and `%00` are not allowed, and the whole must be UTF-8",
        );
    };
    if path.split('/').any(|part| matches!(part, "." | "..")) {
        return refuse("has `.` or `..` in it: give the path itself");
    }
    paths::check(&path)?;
    Ok(path)
}

/// The path after `file:`, if the host before it is this one.
fn without_host(rest: &str) -> Option<&str> {
    let Some(authority) = rest.strip_prefix("//") else {
        return Some(rest);
    };
    let start = authority.find('/')?;
    let (host, path) = authority.split_at(start);
    (host.is_empty() || host.eq_ignore_ascii_case("localhost")).then_some(path)
}

/// The text with its escapes undone. None if there are bad ones.
fn unescaped(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => escape(rest.next()?, rest.next()?)?,
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The byte that two hexadecimal digits stand for, if it may be escaped.
fn escape(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = u8::try_from(digit(high)? * 16 + digit(low)?).ok()?;
    (!matches!(byte, b'/' | 0)).then_some(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_there_and_back() {
        let check = |path_: &str, uri: &str| {
            assert_eq!(of(path_), uri);
            assert_eq!(path(uri).as_deref(), Ok(path_));
        };
        check("/data/a.txt", "file:///data/a.txt");
        check("/data/a b", "file:///data/a%20b");
        check("/data/100%", "file:///data/100%25");
        check("/data/ü", "file:///data/%C3%BC");
        check("/data/a?b#c", "file:///data/a%3Fb%23c");
        check("/data/[x]{y}", "file:///data/%5Bx%5D%7By%7D");
        check("/data/a\\b", "file:///data/a%5Cb");
        check("/data/~$&'()*+,;=:@!", "file:///data/~$&'()*+,;=:@!");
        check("/", "file:///");
    }

    #[test]
    fn other_spellings_are_read() {
        let check = |uri: &str, expect: &str| assert_eq!(path(uri).as_deref(), Ok(expect));
        check("FILE:///data/a", "/data/a");
        check("file:/data/a", "/data/a");
        check("file://localhost/data/a", "/data/a");
        check("file:///data/%61", "/data/a");
        check("file:///data/ü", "/data/ü");
        check("file:///data/%c3%bc", "/data/ü");
        check("file:///data/%252e%252e", "/data/%2e%2e");
    }

    #[test]
    fn tricks_are_refused() {
        let check = |uri: &str, part: &str| {
            let said = path(uri).unwrap_err().to_string();
            assert!(said.contains(part), "{uri}: {said}");
        };
        check("https:///data/a", "not a `file:` URI");
        check("file:data/a", "not a `file:` URI");
        check("file://server/share", "another machine");
        check("file://user@localhost/a", "another machine");
        check("file://data", "another machine");
        check("file:///data/../etc", "`..`");
        check("file:///data/%2e%2e/etc", "`..`");
        check("file:///data/%2E./etc", "`..`");
        check("file:///data/./a", "`..`");
        check("file:///data/..%2fetc", "not escaped rightly");
        check("file:///data/a%00", "not escaped rightly");
        check("file:///data/a%", "not escaped rightly");
        check("file:///data/a%zz", "not escaped rightly");
        check("file:///data/%ff", "not escaped rightly");
        check("file:///data/%c0%ae", "not escaped rightly");
        check("file:///data/a?x=1", "query");
        check("file:///data/a#b", "query");
        check("file:///data/\0", "NUL");
    }
}
