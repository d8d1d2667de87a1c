//! Messages for the client's model, for clients that know only some (DWN-13).

use serde_json::{Map, Value};

use crate::model::{AskKinds, Json};
use crate::revision::{Dialect, Sampling};
use crate::write::Writer;

/// What is missing for this message.
pub(super) fn lacking(params: &Json, can: AskKinds, dialect: &Dialect) -> AskKinds {
    let uses_tools = mentions(params, "tools") || mentions(params, "toolChoice");
    let wants_context = context(params);
    let needed = AskKinds {
        sampling: true,
        sampling_tools: uses_tools,
        sampling_context: wants_context,
        ..AskKinds::default()
    };
    let mut lacking = needed.without(can);
    if can.sampling && !uses_tools && messages(params, dialect).is_none() {
        lacking.sampling = true;
    }
    lacking
}

/// The members of `params`.
pub(super) fn write(w: &mut Writer, params: &Json, dialect: &Dialect) {
    match messages(params, dialect) {
        Some(Some(translated)) => {
            let text = Json::parse(translated.to_string());
            w.members(text.as_ref().unwrap_or(params).members().as_bytes());
        }
        Some(None) | None => w.members(params.members().as_bytes()),
    }
}

/// The parameters in the words of a revision: none if it has none, none inside if
/// they may stay as they are.
#[expect(clippy::option_option, reason = "the two say different things")]
fn messages(params: &Json, dialect: &Dialect) -> Option<Option<Value>> {
    if dialect.sampling == Sampling::Blocks {
        return Some(None);
    }
    let mut tree: Value = serde_json::from_str(params.as_str()).ok()?;
    let messages = tree.get_mut("messages").and_then(Value::as_array_mut)?;
    let mut single = Vec::new();
    for message in messages.drain(..) {
        let Value::Object(mut message) = message else {
            return None;
        };
        message.remove("_meta");
        let content = message.remove("content")?;
        let blocks = if let Value::Array(blocks) = content {
            blocks
        } else {
            vec![content]
        };
        for block in blocks {
            single.push(with_content(&message, block, dialect)?);
        }
    }
    *messages = single;
    Some(Some(tree))
}

/// A message with one block, if the revision knows its kind.
fn with_content(message: &Map<String, Value>, block: Value, dialect: &Dialect) -> Option<Value> {
    let known = match block.get("type").and_then(Value::as_str)? {
        "text" | "image" => true,
        "audio" => dialect.sampling == Sampling::Sounds,
        _ => false,
    };
    let mut block = block;
    if let Some(block) = block.as_object_mut()
        && !dialect.titles_and_meta
    {
        plain(block);
    }
    let mut message = message.clone();
    message.insert("content".to_owned(), block);
    known.then_some(Value::Object(message))
}

/// Leaves out what blocks of older revisions do not have (DWN-8).
fn plain(block: &mut Map<String, Value>) {
    block.remove("_meta");
    if let Some(hints) = block.get_mut("annotations").and_then(Value::as_object_mut) {
        hints.remove("lastModified");
    }
}

fn mentions(params: &Json, member: &str) -> bool {
    tree(params).is_some_and(|tree| tree.get(member).is_some())
}

/// SMP-1: context other than `none`.
fn context(params: &Json) -> bool {
    tree(params).is_some_and(|tree| {
        tree.get("includeContext")
            .is_some_and(|context| context != "none")
    })
}

fn tree(params: &Json) -> Option<Value> {
    serde_json::from_str(params.as_str()).ok()
}

#[cfg(test)]
mod tests {
    use super::{lacking, write};
    use crate::model::{AskKinds, Json};
    use crate::revision::Revision;
    use crate::write::Writer;

    const CAN: AskKinds = AskKinds {
        form: false,
        url: false,
        sampling: true,
        sampling_tools: false,
        sampling_context: false,
        roots: false,
    };

    fn params(content: &str, more: &str) -> Json {
        let text = format!(
            r#"{{"maxTokens":9,"messages":[{{"content":{content},"role":"user"}}]{more}}}"#
        );
        Json::parse(text).unwrap()
    }

    fn lacks(revision: &str, content: &str, more: &str) -> bool {
        let dialect = Revision::parse(revision).unwrap().dialect();
        !lacking(&params(content, more), CAN, dialect).is_empty()
    }

    const TEXT: &str = r#"{"text":"a","type":"text"}"#;
    const SOUND: &str = r#"{"data":"","mimeType":"audio/wav","type":"audio"}"#;
    const USE: &str = r#"{"id":"1","input":{},"name":"t","type":"tool_use"}"#;

    #[test]
    fn what_a_revision_does_not_know_is_not_sent() {
        assert!(!lacks("2024-11-05", TEXT, ""));
        assert!(lacks("2024-11-05", SOUND, ""));
        assert!(!lacks("2025-03-26", SOUND, ""));
        assert!(lacks("2025-06-18", USE, ""));
        assert!(!lacks("2025-11-25", USE, ""));
    }

    #[test]
    fn tools_and_context_have_to_be_declared() {
        assert!(lacks("2025-11-25", TEXT, r#","tools":[]"#));
        assert!(lacks(
            "2025-11-25",
            TEXT,
            r#","includeContext":"allServers""#
        ));
        assert!(!lacks("2025-11-25", TEXT, r#","includeContext":"none""#));
    }

    #[test]
    fn several_blocks_become_several_messages() {
        let dialect = Revision::parse("2025-03-26").unwrap().dialect();
        let mut w = Writer::default();
        let blocks = format!("[{TEXT},{SOUND}]");
        w.object(|w| write(w, &params(&blocks, ""), dialect));
        let expected = format!(
            r#"{{"maxTokens":9,"messages":[{{"content":{TEXT},"role":"user"}},{{"content":{SOUND},"role":"user"}}]}}"#
        );
        assert_eq!(w.finish(), expected);
    }
}
