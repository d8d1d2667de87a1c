//! The members of each kind of result.

use super::content::{block, contents, role, text};
use super::definition::resource_members;
use crate::model::{Completion, Content, Json, PromptResult, ReadResult, ResourcePage, ToolResult};
use crate::revision::{Dialect, Structured};
use crate::write::Writer;

/// The most suggestions a completion may hold (CMP-3).
const MAX_COMPLETIONS: usize = 100;

/// TOL-10, TOL-12.
pub(crate) fn tool_result(w: &mut Writer, result: &ToolResult, dialect: &Dialect) {
    let structured = result.structured.as_ref();
    let kept = structured.filter(|json| match dialect.structured {
        Structured::No => false,
        Structured::Object => json.is_object(),
        Structured::Any => true,
    });
    let spoken = structured
        .map(Json::as_str)
        .filter(|json| needs_saying(json, kept.is_none(), &result.content));
    w.key("content").array(
        result.content.iter().map(Some).chain(spoken.map(|_| None)),
        |w, content| match content {
            Some(content) => block(w, content, dialect),
            None => text(w, spoken.unwrap_or_default()),
        },
    );
    w.json_member("structuredContent", kept);
    if result.is_error {
        w.key("isError").boolean(true);
    }
}

/// Whether the structured value has to be given as text too (DWN-4, TOL-12).
///
/// Programs read the structured value, models the text. Where the client cannot
/// see the value, the text has to hold it; where it can, a plugin that chose its
/// own words is left alone.
fn needs_saying(json: &str, unseen: bool, content: &[Content]) -> bool {
    let mut texts = content.iter().filter_map(|block| match block {
        Content::Text(text) => Some(text.text.as_str()),
        Content::Image(_) | Content::Audio(_) | Content::ResourceLink(_) | Content::Embedded(_) => {
            None
        }
    });
    if unseen {
        !texts.any(|text| text.contains(json))
    } else {
        texts.next().is_none()
    }
}

pub(crate) fn read_result(w: &mut Writer, result: &ReadResult, dialect: &Dialect) {
    w.key("contents")
        .array(&result.contents, |w, item| contents(w, item, dialect));
}

pub(crate) fn resource_page(w: &mut Writer, page: &ResourcePage, dialect: &Dialect) {
    w.key("resources").array(&page.resources, |w, resource| {
        w.object(|w| resource_members(w, resource, dialect));
    });
    w.text_member("nextCursor", page.next.as_deref());
}

pub(crate) fn prompt_result(w: &mut Writer, result: &PromptResult, dialect: &Dialect) {
    w.text_member("description", result.description.as_deref());
    w.key("messages").array(&result.messages, |w, message| {
        w.object(|w| {
            w.key("role").string(role(message.role));
            w.key("content");
            block(w, &message.content, dialect);
        });
    });
}

/// CMP-3.
pub(crate) fn completion(w: &mut Writer, completion: &Completion) {
    let cut = completion.values.len() > MAX_COMPLETIONS;
    w.key("completion").object(|w| {
        w.key("values").array(
            completion.values.iter().take(MAX_COMPLETIONS),
            |w, value| {
                w.string(value);
            },
        );
        if let Some(total) = completion.total {
            w.key("total").number(total);
        }
        if completion.has_more || cut {
            w.key("hasMore").boolean(true);
        }
    });
}
