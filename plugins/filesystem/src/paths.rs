//! Paths as words: no look at any disk here.
//!
//! The sandbox is what keeps a plugin inside the granted folders; these functions
//! are for good answers. They bring what a client sends into one form (absolute,
//! `/` between the parts, no `.`, no `..`), so that a path outside can be refused
//! with a sentence rather than with a system error.
//!
//! `..` is taken by its word: `/data/link/..` is `/data`, wherever `link` leads.
//! Symbolic links are the business of [`links`](crate::links).

use crate::fault::Fault;
use crate::limits::{NAME_BYTES, PATH_BYTES};

/// The path without `.`, `..`, empty parts and a final `/`. What would climb above
/// the root stays at the root, as everywhere. A relative path counts from the root.
pub(crate) fn normalised(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

/// `name` in `folder`.
pub(crate) fn joined(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// The path without its last part, and that part. None for the root.
pub(crate) fn split(path: &str) -> Option<(&str, &str)> {
    let (folder, name) = path.rsplit_once('/')?;
    let folder = if folder.is_empty() { "/" } else { folder };
    (!name.is_empty()).then_some((folder, name))
}

/// Whether `path` is `folder` or lies below it. Both are [`normalised`].
pub(crate) fn within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `path` as seen from `folder`, which it lies in. Empty for the folder itself.
pub(crate) fn relative<'p>(path: &'p str, folder: &str) -> &'p str {
    path.strip_prefix(folder.trim_end_matches('/'))
        .unwrap_or(path)
        .trim_start_matches('/')
}

/// Refuses what no system would accept as a path, or what was meant for another.
pub(crate) fn check(asked: &str) -> Result<(), Fault> {
    let refuse = |what: &str| Err(Fault::wrong(&shortened(asked), what));
    if asked.contains('\0') {
        return refuse("has a NUL character in it, which no path can have");
    }
    if asked.len() > PATH_BYTES {
        return refuse(&format!("is longer than {PATH_BYTES} bytes"));
    }
    if asked.split('/').any(|part| part.len() > NAME_BYTES) {
        return refuse(&format!("has a part longer than {NAME_BYTES} bytes"));
    }
    if asked == "~" || asked.starts_with("~/") {
        return refuse(
            "starts with a home folder, which the sandbox does not have: `list_allowed_directories` shows what there is",
        );
    }
    Ok(())
}

/// Whether this is a Windows path with a drive, such as `C:\Users`.
pub(crate) fn has_drive(path: &str) -> bool {
    let mut chars = path.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && matches!(chars.next(), None | Some('/' | '\\'))
}

/// The text, fit to be quoted in a message: without control characters, and not
/// longer than a line or two.
pub(crate) fn shortened(text: &str) -> String {
    const CHARS: usize = 120;
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut short: String = text.chars().take(CHARS).map(clean).collect();
    if short.len() < text.len() && text.chars().nth(CHARS).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_normalised() {
        let check = |path: &str, expect: &str| assert_eq!(normalised(path), expect, "{path:?}");
        check("/data/a.txt", "/data/a.txt");
        check("/data//a///b/", "/data/a/b");
        check("/data/./a/../b", "/data/b");
        check("/data/../../../etc/passwd", "/etc/passwd");
        check("/..", "/");
        check("", "/");
        check(".", "/");
        check("data", "/data");
        check("/data/…/ü b", "/data/…/ü b");
        check("/data/...", "/data/...");
        check("/data/..\\..\\etc", "/data/..\\..\\etc");
        check("/data/%2e%2e/x", "/data/%2e%2e/x");
    }

    #[test]
    fn a_folder_does_not_hold_its_namesakes() {
        assert!(within("/data", "/data"));
        assert!(within("/data/a", "/data"));
        assert!(within("/anything", "/"));
        assert!(!within("/database", "/data"));
        assert!(!within("/dat", "/data"));
        assert!(!within("/", "/data"));
        assert!(!within("/DATA/a", "/data"));
    }

    #[test]
    fn parts_come_apart_and_together() {
        assert_eq!(split("/data/a"), Some(("/data", "a")));
        assert_eq!(split("/data"), Some(("/", "data")));
        assert_eq!(split("/"), None);
        assert_eq!(joined("/", "a"), "/a");
        assert_eq!(joined("/data", "a"), "/data/a");
        assert_eq!(relative("/data/a/b", "/data"), "a/b");
        assert_eq!(relative("/data", "/data"), "");
        assert_eq!(relative("/a", "/"), "a");
    }

    #[test]
    fn impossible_paths_are_refused() {
        let told = |path: &str, expect: Option<&str>| {
            let said = check(path).err().map(|fault| fault.to_string());
            match expect {
                Some(part) => assert!(said.as_ref().is_some_and(|s| s.contains(part)), "{said:?}"),
                None => assert_eq!(said, None),
            }
        };
        told("/data/a\0.txt", Some("`/data/a\u{fffd}.txt` has a NUL"));
        told(
            &format!("/{}", "a/".repeat(3_000)),
            Some("longer than 4096"),
        );
        told(&"x".repeat(256), Some("a part longer than 255"));
        told("~/x", Some("home folder"));
        told("~x", None);
        told("/data/\u{202e}txt.exe", None);
        told(&"x".repeat(255), None);
    }

    #[test]
    fn drives_are_recognised() {
        assert!(has_drive("C:\\Users"));
        assert!(has_drive("c:/Users"));
        assert!(has_drive("C:"));
        assert!(!has_drive("C:x"));
        assert!(!has_drive("/C:/x"));
        assert!(!has_drive(""));
    }
}
