//! A prompt for people: have a file or folder explained.

use wharf_sdk::completion::Completion;
use wharf_sdk::prelude::*;

use crate::contents::Whole;
use crate::entries;
use crate::fault::Fault;
use crate::folders::{Folders, Place};
use crate::globs::Excluded;
use crate::limits::{TREE_DEPTH, TREE_ENTRIES};
use crate::resources::{refused, suggestions};
use crate::suggest;
use crate::tools::OnePath;
use crate::tree;
use crate::walk::Walk;
use crate::watch::Watch;

/// Explains a file, or what a folder is for and what is in it.
#[prompt(title = "Explain a file or folder")]
pub(crate) fn explain(request: &Request, args: OnePath) -> Result<Vec<Message>> {
    let place = Folders::granted().place(&args.path).map_err(refused)?;
    let about = entries::about(&place).map_err(refused)?;
    let messages = if about.is_dir() {
        folder(request, place)
    } else {
        file(&place)
    };
    messages.map_err(refused)
}

/// Suggests paths for the prompt.
#[completion(prompt = "explain", argument = "path")]
pub(crate) fn explain_path(typing: &Typing) -> Completion {
    suggestions(suggest::paths(&Folders::granted(), typing.value()))
}

fn file(place: &Place) -> Result<Vec<Message>, Fault> {
    let path = place.text();
    let task = format!(
        "Explain the file `{path}`, whose content follows: what it is for, how it is built up, and what is worth knowing before changing it. Be brief."
    );
    let content = Whole::read(place)?.into_content();
    Ok(vec![Message::user(task), Message::user(content)])
}

fn folder(request: &Request, place: Place) -> Result<Vec<Message>, Fault> {
    let path = place.text().to_owned();
    let mut watch = Watch::new(request);
    let walk = Walk::new(place, Excluded::default(), TREE_DEPTH);
    let tree = tree::grow(walk, TREE_ENTRIES, |seen| watch.go_on(seen))?;
    let outline = tree::outline(&tree.nodes);
    let task = format!(
        "Explain the folder `{path}`: what it is for, how it is organised, and where to begin. Read files with the tools where their names do not tell enough. Be brief. This is in it:\n\n{outline}"
    );
    Ok(vec![Message::user(task)])
}

#[cfg(test)]
mod tests {
    use wharf_sdk::testing::TestRequest;

    use super::*;
    use crate::testing::Sandbox;

    fn explained(path: &str) -> Result<Vec<Message>> {
        let path = path.to_owned();
        explain(&TestRequest::new().build(), OnePath { path })
    }

    #[test]
    fn files_come_with_their_content() {
        let sandbox = Sandbox::new(&[("a.md", "# A\n")]);
        let messages = explained("a.md").unwrap();
        let whole = Whole::read(&sandbox.place("a.md")).unwrap();
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[1], Message::user(whole.into_content()));
    }

    #[test]
    fn folders_come_with_their_outline() {
        let sandbox = Sandbox::new(&[("a/b.md", "")]);
        let expect = format!(
            "Explain the folder `{}`: what it is for, how it is organised, and where to begin. Read files with the tools where their names do not tell enough. Be brief. This is in it:\n\na/\n  b.md\n",
            sandbox.root()
        );
        assert_eq!(explained(".").unwrap(), [Message::user(expect)]);
    }

    #[test]
    fn what_is_not_there_cannot_be_explained() {
        let sandbox = Sandbox::new(&[]);
        let check = |path: &str, expect: &str| {
            let error = explained(path).unwrap_err();
            assert_eq!(sandbox.rooted(error.to_string()), expect);
        };
        check(
            "no",
            "`ROOT/no` does not exist: `list_directory` or `search_files` show what does",
        );
        check("/etc", "`/etc` is outside the granted folders: `ROOT`");
    }
}
