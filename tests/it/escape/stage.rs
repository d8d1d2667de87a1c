//! The folder that is granted, and what lies around it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What is in the files that nobody may read.
pub(super) const SECRET: &str = "the SECRET of the house";

/// Names that tell of what lies outside.
pub(super) const OUTSIDE: [&str; 3] = ["hidden", "deeper", "in-evil"];

/// What is in the file that may be read.
pub(super) const NOTE: &str = "a note";

/// `in` is granted as `/data`. Beside it are `secret`, a folder `outer` with another
/// secret in it, and a folder whose name begins like that of the granted one.
pub(super) struct Stage {
    folder: TempDir,
}

/// What is at a path: nothing for a folder, the target of a link, or the contents.
type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

impl Stage {
    pub(super) fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in ["in/sub/deep", "outer/deeper", "in-evil"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        for path in [
            "secret",
            "outer/hidden",
            "outer/deeper/hidden",
            "in-evil/hidden",
        ] {
            fs::write(root.join(path), SECRET).unwrap();
        }
        let stage = Self { folder };
        stage.restore();
        stage
    }

    /// Puts back what has been moved away, and every link.
    pub(super) fn restore(&self) {
        let root = self.root();
        fs::create_dir_all(root.join("in/sub/deep")).unwrap();
        fs::write(root.join("in/note"), NOTE).unwrap();
        let absolute = |path: &str| root.join(path).to_str().unwrap().to_owned();
        for (link, target) in [
            ("link-relative", "../secret".to_owned()),
            ("link-absolute", absolute("secret")),
            ("link-folder", "../outer".to_owned()),
            ("link-folder-absolute", absolute("outer")),
            ("link-root", "/".to_owned()),
            ("link-parent", "..".to_owned()),
            ("link-self-and-out", "sub/../../secret".to_owned()),
            ("link-to-link", "link-relative".to_owned()),
            ("link-to-folder-link", "link-folder/hidden".to_owned()),
            ("link-new", "../new-file-outside".to_owned()),
            ("link-new-in-folder", "../outer/new-file".to_owned()),
            ("link-passwd", "/etc/passwd".to_owned()),
            ("link-environ", "/proc/self/environ".to_owned()),
            ("link-proc-root", "/proc/self/root/etc/passwd".to_owned()),
            ("link-proc-cwd", "/proc/self/cwd".to_owned()),
            ("link-proc-fd", "/proc/self/fd".to_owned()),
            ("link-loop", "link-loop".to_owned()),
            ("link-data", "/data/../secret".to_owned()),
            ("sub/link-up", "../../secret".to_owned()),
            ("sub/link-up-folder", "../../outer".to_owned()),
            (
                "sub/deep/link-far-up",
                "../../../../../../../../../../etc/passwd".to_owned(),
            ),
        ] {
            let link = root.join("in").join(link);
            // What is there is a link, what is left of one, or nothing.
            drop(fs::remove_file(&link).or_else(|_| fs::remove_dir_all(&link)));
            symlink(target, link).unwrap();
        }
        let taken = root.join("in/taken");
        drop(fs::remove_file(&taken).or_else(|_| fs::remove_dir_all(&taken)));
    }

    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The value of `--dir`.
    pub(super) fn grant(&self, mode: &str) -> String {
        format!("{}::/data{mode}", self.root().join("in").display())
    }

    /// Everything that is not granted.
    pub(super) fn outside(&self) -> Tree {
        let mut tree = self.everything();
        let granted = self.root().join("in");
        tree.retain(|path, _| !path.starts_with(&granted));
        tree
    }

    /// Everything.
    pub(super) fn everything(&self) -> Tree {
        let mut tree = Tree::new();
        look(self.root(), &mut tree);
        tree
    }
}

fn look(path: &Path, tree: &mut Tree) {
    let about = fs::symlink_metadata(path).unwrap();
    if about.is_symlink() {
        let target = fs::read_link(path).unwrap();
        tree.insert(
            path.to_owned(),
            Some(target.into_os_string().into_encoded_bytes()),
        );
    } else if about.is_dir() {
        tree.insert(path.to_owned(), None);
        for entry in fs::read_dir(path).unwrap() {
            look(&entry.unwrap().path(), tree);
        }
    } else {
        tree.insert(path.to_owned(), Some(fs::read(path).unwrap()));
    }
}
