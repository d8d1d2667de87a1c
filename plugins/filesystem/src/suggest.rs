//! Suggestions while a person types a path.
//!
//! As in a shell: what is suggested starts with what has been typed, folders end with
//! a `/` so that typing can go on below them, and hidden files are left out until a
//! dot is typed.

use crate::entries::{self, Kind};
use crate::folders::Folders;

/// All paths that what was typed can be the start of, one folder deep.
pub(crate) fn paths(folders: &Folders, typed: &str) -> Vec<String> {
    let granted = folders.iter().map(|folder| with_slash(folder.path()));
    let granted = granted.filter(|path| path.starts_with(typed) && path != typed);
    granted.chain(entries(folders, typed)).collect()
}

/// What is in the folder that has been typed, as far as its name is the right one.
fn entries(folders: &Folders, typed: &str) -> Vec<String> {
    let (folder, start) = typed.split_at(typed.rfind('/').map_or(0, |slash| slash + 1));
    let Ok(entries) = folders.place(folder).and_then(|place| entries::of(&place)) else {
        return Vec::new();
    };
    let wanted =
        |name: &str| name.starts_with(start) && (start.starts_with('.') || !name.starts_with('.'));
    let found = entries.list.iter().filter(|entry| wanted(&entry.name));
    found
        .map(|entry| {
            let path = format!("{folder}{}", entry.name);
            if entry.kind == Kind::Directory {
                with_slash(&path)
            } else {
                path
            }
        })
        .collect()
}

fn with_slash(path: &str) -> String {
    format!("{}/", path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Sandbox, granted};

    fn check(sandbox: &Sandbox, typed: &str, expect: &[&str]) {
        let typed = typed.replace("ROOT", sandbox.root());
        let found: Vec<String> = paths(&granted(), &typed)
            .iter()
            .map(|path| sandbox.rooted(path))
            .collect();
        assert_eq!(found, expect, "{typed:?}");
    }

    #[test]
    fn paths_are_suggested_step_by_step() {
        let sandbox = Sandbox::new(&[
            ("src/a.rs", ""),
            ("src/b.rs", ""),
            ("some", ""),
            (".git/", ""),
        ]);
        check(&sandbox, "ROOT", &["ROOT/"]);
        check(&sandbox, "ROOT/", &["ROOT/some", "ROOT/src/"]);
        check(&sandbox, "ROOT/sr", &["ROOT/src/"]);
        check(&sandbox, "ROOT/src", &["ROOT/src/"]);
        check(&sandbox, "ROOT/src/", &["ROOT/src/a.rs", "ROOT/src/b.rs"]);
        check(&sandbox, "ROOT/.", &["ROOT/.git/"]);
        check(&sandbox, "ROOT/x", &[]);
        check(&sandbox, "ROOT/no/x", &[]);
        check(&sandbox, "", &["ROOT/", "some", "src/"]);
        check(&sandbox, "s", &["some", "src/"]);
        check(&sandbox, "src/a", &["src/a.rs"]);
        check(&sandbox, "/etc/", &[]);
        check(&sandbox, "ROOT/../../etc/", &[]);
    }
}
