//! Remembers notes, for whoever asks: each note has a name and a text.
//!
//! Whose notes they are is not decided here. With `--store`, every principal has their
//! own; with `--store=plugin`, all callers share one notebook.

use wharf_sdk::prelude::*;
use wharf_sdk::store::Bucket;

/// What to remember.
#[data]
struct Remember {
    /// A short name for the note.
    #[schemars(length(min = 1, max = 200))]
    name: String,
    /// The note.
    #[schemars(length(min = 1, max = 100_000))]
    text: String,
    /// Whether to write below what the note says already, instead of over it.
    #[serde(default)]
    append: bool,
}

/// Remembers a note under a name, from now on and in later conversations.
#[tool]
fn remember(args: Remember) -> Result<String> {
    let notes = notes()?;
    if args.append {
        notes.update(&args.name, |old| {
            let mut text = old.unwrap_or_default();
            if !text.is_empty() {
                text.push(b'\n');
            }
            text.extend_from_slice(args.text.as_bytes());
            text
        })?;
    } else {
        notes.set(&args.name, &args.text)?;
    }
    Ok(format!("Remembered `{}`.", args.name))
}

/// Which note.
#[data]
struct Which {
    /// The name of the note.
    name: String,
}

/// Recalls the note of this name.
#[tool(read_only)]
fn recall(args: Which) -> Result<String> {
    match notes()?.get_text(&args.name)? {
        Some(text) => Ok(text),
        None => bail!("there is no note `{}`; `list` has all names", args.name),
    }
}

/// Forgets the note of this name.
#[tool(destructive, idempotent)]
fn forget(args: Which) -> Result<String> {
    let notes = notes()?;
    if !notes.contains(&args.name)? {
        bail!("there is no note `{}`; `list` has all names", args.name);
    }
    notes.delete(&args.name)?;
    Ok(format!("Forgot `{}`.", args.name))
}

/// Where to go on.
#[data]
struct From {
    /// The `cursor` of the page before; leave it out for the first page.
    cursor: Option<String>,
}

/// Names of notes.
#[data]
#[derive(Debug)]
struct Names {
    names: Vec<String>,
    /// Where the next page begins, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// Lists the names of all notes, page by page.
#[tool(read_only)]
fn list(args: From) -> Result<Json<Names>> {
    let (names, cursor) = notes()?.page(args.cursor.as_deref())?;
    Ok(Json(Names { names, cursor }))
}

fn notes() -> Result<Bucket> {
    Ok(Bucket::open("notes")?)
}

plugin!(
    tools: [remember, recall, list, forget],
    permissions: [Permission::key_value("to keep your notes")],
);

#[cfg(test)]
mod tests {
    use wharf_sdk::prelude::*;
    use wharf_sdk::testing::{self, TestRequest, call_tool};
    use wharf_sdk::tool::ToolFn;

    use super::{forget, list, recall, remember};

    fn text<T: ToolFn>(arguments: Value) -> Result<String> {
        let request = TestRequest::new().build();
        Ok(call_tool::<T>(&request, arguments)?.to_text())
    }

    #[test]
    fn a_note_from_beginning_to_end() {
        let milk = |text: &str| json!({ "name": "shopping", "text": text, "append": true });
        text::<remember>(milk("milk")).unwrap();
        text::<remember>(milk("bread")).unwrap();
        let which = json!({ "name": "shopping" });
        assert_eq!(text::<recall>(which.clone()).unwrap(), "milk\nbread");
        text::<remember>(json!({ "name": "shopping", "text": "nothing" })).unwrap();
        assert_eq!(text::<recall>(which.clone()).unwrap(), "nothing");
        text::<forget>(which.clone()).unwrap();
        assert!(text::<recall>(which.clone()).is_err());
        assert!(text::<forget>(which).is_err());
    }

    #[test]
    fn names_come_page_by_page() {
        for number in 10..25 {
            let name = number.to_string();
            text::<remember>(json!({ "name": name, "text": "x" })).unwrap();
        }
        let page = |cursor: Option<&str>| {
            let cursor = cursor.map(str::to_owned);
            list(super::From { cursor }).unwrap().0
        };
        let first = page(None);
        let rest = page(first.cursor.as_deref());
        assert_eq!(rest.cursor, None);
        let names: Vec<_> = first.names.into_iter().chain(rest.names).collect();
        let expected: Vec<_> = (10..25).map(|number| number.to_string()).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn without_a_store() {
        testing::without_store();
        let refused = text::<recall>(json!({ "name": "x" })).unwrap_err();
        assert_eq!(refused.to_string(), "there is no store for this call");
    }
}
