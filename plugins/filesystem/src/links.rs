//! Symbolic links: where a place really is.
//!
//! Reading needs none of this: the sandbox follows links by itself, inside the
//! granted folder, and refuses those that lead out. Two things do need it. A file
//! is replaced by renaming another onto it, which would replace the link and leave
//! the file alone. And when the sandbox refuses, it does not say why; this file
//! finds out.
//!
//! The answer is for the moment. If somebody swaps a link behind our back, it is
//! still the sandbox that decides.

use std::fs;
use std::io;

use crate::fault::Fault;
use crate::folders::Place;
use crate::limits::LINK_HOPS;
use crate::paths;

/// The place that is reached when every symbolic link on the way is followed. What
/// does not exist yet is no link.
pub(crate) fn followed(place: &Place) -> Result<Place, Fault> {
    let leads_out = || Fault::LeadsOut {
        path: place.text().to_owned(),
    };
    let root = place.folder().path();
    let mut ahead = Ahead::new(paths::relative(place.text(), root));
    let mut at = root.to_owned();
    let mut hops = 0;
    while let Some(part) = ahead.next() {
        if part == ".." {
            if at == root {
                return Err(leads_out());
            }
            at = paths::split(&at).map_or_else(|| root.to_owned(), |(up, _)| up.to_owned());
            continue;
        }
        let next = paths::joined(&at, &part);
        let Some(target) = target(&next).map_err(|Refused| leads_out())? else {
            at = next;
            continue;
        };
        hops += 1;
        if hops > LINK_HOPS {
            return Err(Fault::wrong(
                place.text(),
                "is behind too many symbolic links",
            ));
        }
        ahead.push(&target);
    }
    Ok(place.at(at))
}

/// The fault for what the system said when it was asked to `verb` the file. Where
/// the sandbox refused, it says whether a link was the reason.
pub(crate) fn fault(verb: &str, place: &Place, error: &io::Error) -> Fault {
    if error.kind() == io::ErrorKind::PermissionDenied
        && let Err(led_out) = followed(place)
    {
        return led_out;
    }
    Fault::io(verb, place.text(), error)
}

/// Where the symbolic link at `path` points, as it is written. None if there is
/// no link.
pub(crate) fn written_target(path: &str) -> Option<String> {
    fs::read_link(path)
        .ok()?
        .into_os_string()
        .into_string()
        .ok()
}

/// A link that the sandbox does not show, because it points to an absolute path
/// or to something that is not text.
struct Refused;

/// Where the symbolic link at `path` points. None if there is no link.
fn target(path: &str) -> Result<Option<String>, Refused> {
    if !fs::symlink_metadata(path).is_ok_and(|about| about.is_symlink()) {
        return Ok(None);
    }
    match written_target(path) {
        Some(target) if !target.starts_with('/') => Ok(Some(target)),
        _ => Err(Refused),
    }
}

/// The parts of a path that are still to be walked, last first.
struct Ahead(Vec<String>);

impl Ahead {
    fn new(path: &str) -> Self {
        let mut ahead = Self(Vec::new());
        ahead.push(path);
        ahead
    }

    /// Puts a path in front of what is there.
    fn push(&mut self, path: &str) {
        let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
        self.0.extend(parts.rev().map(str::to_owned));
    }

    fn next(&mut self) -> Option<String> {
        self.0.pop()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::testing::Sandbox;

    fn check(sandbox: &Sandbox, asked: &str, expect: &str) {
        let said = match followed(&sandbox.place(asked)) {
            Ok(place) => paths::relative(place.text(), place.folder().path()).to_owned(),
            Err(fault) => fault.to_string().replace(sandbox.root(), "ROOT"),
        };
        assert_eq!(said, expect, "{asked:?}");
    }

    #[test]
    fn links_inside_are_followed() {
        let sandbox = Sandbox::new(&[("a/real.txt", ""), ("b/c/d.txt", "")]);
        let link = |target: &str, name: &str| symlink(target, sandbox.path(name)).unwrap();
        link("real.txt", "a/link");
        link("../a/link", "b/up");
        link("b/c", "folder");
        link("../../a", "b/c/back");
        check(&sandbox, "a/real.txt", "a/real.txt");
        check(&sandbox, "a/link", "a/real.txt");
        check(&sandbox, "b/up", "a/real.txt");
        check(&sandbox, "folder/d.txt", "b/c/d.txt");
        check(&sandbox, "folder/back/link", "a/real.txt");
        check(&sandbox, "a/new.txt", "a/new.txt");
        check(&sandbox, "no/such/folder", "no/such/folder");
        check(&sandbox, ".", "");
    }

    #[test]
    fn links_that_lead_out_are_refused() {
        let sandbox = Sandbox::new(&[("a/x", "")]);
        let link = |target: &str, name: &str| symlink(target, sandbox.path(name)).unwrap();
        link("/etc/passwd", "absolute");
        link("../../etc/passwd", "climbing");
        link("a/../../out", "winding");
        let out = |name: &str| {
            format!(
                "`ROOT/{name}` is, or lies behind, a symbolic link that leads out of its granted folder: links are followed inside it only"
            )
        };
        check(&sandbox, "absolute", &out("absolute"));
        check(&sandbox, "climbing", &out("climbing"));
        check(&sandbox, "winding", &out("winding"));
        check(&sandbox, "climbing/deeper", &out("climbing/deeper"));
    }

    #[test]
    fn circles_end() {
        let sandbox = Sandbox::new(&[]);
        symlink("b", sandbox.path("a")).unwrap();
        symlink("a", sandbox.path("b")).unwrap();
        check(&sandbox, "a", "`ROOT/a` is behind too many symbolic links");
    }
}
