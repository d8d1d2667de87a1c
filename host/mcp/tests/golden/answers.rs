//! What calls come to: results of tools, resources, prompts, suggestions, errors.

use std::time::Duration;

use serde_json::json;
use wharf_mcp::model::{
    AskKinds, Completion, Content, Json, PromptMessage, PromptResult, ReadResult, Role, ToolResult,
};
use wharf_mcp::{Refusal, Reply};

use crate::samples::{blob_contents, blocks, json as text, text_contents};
use crate::{Asked, CALL, check};

const READ: Asked = Asked {
    method: "resources/read",
    params: || json!({ "uri": "file:///a" }),
};
const PROMPT: Asked = Asked {
    method: "prompts/get",
    params: || json!({ "name": "p" }),
};
const COMPLETE: Asked = Asked {
    method: "completion/complete",
    params: || {
        json!({
            "ref": { "type": "ref/prompt", "name": "p" },
            "argument": { "name": "a", "value": "v" },
        })
    },
};

fn tool(content: Vec<Content>, structured: Option<Json>) -> Reply {
    Reply::Tool(ToolResult {
        content,
        structured,
        is_error: false,
        meta: None,
    })
}

/// DWN-1, DWN-6, DWN-7, DWN-8, MET-3.
#[test]
fn content_of_every_kind() {
    check("content", CALL, &tool(blocks(), None));
}

/// DWN-3, DWN-4, TOL-12.
#[test]
fn structured_results() {
    let object = || Some(text(r#"{"n": 1.0}"#));
    check("structured-object", CALL, &tool(Vec::new(), object()));
    let own_words = vec![Content::text("one")];
    check(
        "structured-object-and-text",
        CALL,
        &tool(own_words, object()),
    );
    let same_words = vec![Content::text(r#"It is {"n": 1.0}."#)];
    check(
        "structured-object-in-text",
        CALL,
        &tool(same_words, object()),
    );
    let array = || Some(text(r#"[1,{"a":"\n"}]"#));
    check("structured-array", CALL, &tool(Vec::new(), array()));
    let own_words = vec![Content::text("some")];
    check("structured-array-and-text", CALL, &tool(own_words, array()));
    check(
        "structured-null",
        CALL,
        &tool(Vec::new(), Some(text("null"))),
    );
}

/// TOL-10.
#[test]
fn failed_tools() {
    check(
        "tool-error",
        CALL,
        &Reply::Tool(ToolResult::error("no \u{7}")),
    );
    let explained = ToolResult {
        structured: Some(text(r#"{"why":[]}"#)),
        meta: Some(text(r#"{ "example.com/a" : 1 }"#)),
        ..ToolResult::error("no")
    };
    check("tool-error-explained", CALL, &Reply::Tool(explained));
}

/// DWN-1, CCH-1.
#[test]
fn resources() {
    let read = |ttl| {
        Reply::Read(ReadResult {
            contents: vec![text_contents(), blob_contents()],
            ttl,
            meta: Some(text(r#"{"example.com/a":1}"#)),
        })
    };
    check("read", READ, &read(None));
    check(
        "read-kept",
        READ,
        &read(Some(Duration::from_millis(60_500))),
    );
}

/// DWN-6, DWN-7.
#[test]
fn prompts() {
    let messages = blocks()
        .into_iter()
        .zip([Role::User, Role::Assistant].into_iter().cycle());
    let messages = messages.map(|(content, role)| PromptMessage { role, content });
    let reply = Reply::Prompt(PromptResult {
        description: Some("All kinds".to_owned()),
        messages: messages.collect(),
        meta: Some(text("{}")),
    });
    check("prompt", PROMPT, &reply);
}

/// CMP-3.
#[test]
fn suggestions() {
    let reply = Reply::Completion(Completion {
        values: vec!["a".to_owned(), "ä\"".to_owned()],
        total: Some(7),
        has_more: true,
    });
    check("completion", COMPLETE, &reply);
    let many = Reply::Completion(Completion {
        values: vec!["x".to_owned(); 101],
        total: None,
        has_more: false,
    });
    check("completion-cut", COMPLETE, &many);
}

/// DWN-10, RES-7, DSC-10.
#[test]
fn refusals() {
    let refuse = |name: &str, asked: Asked, refusal: Refusal| {
        check(name, asked, &Reply::Refused(refusal));
    };
    refuse(
        "invalid-params",
        CALL,
        Refusal::InvalidParams("`a` is \"b\"".to_owned()),
    );
    refuse("internal", CALL, Refusal::Internal("it crashed".to_owned()));
    let uri = "file:///gone".to_owned();
    refuse("not-found", READ, Refusal::ResourceNotFound { uri });
    let kinds = AskKinds {
        form: true,
        url: true,
        sampling: true,
        sampling_tools: true,
        sampling_context: true,
        roots: true,
    };
    refuse(
        "cannot-ask-in-tool",
        CALL,
        Refusal::CannotAsk { kinds, tool: true },
    );
    refuse(
        "cannot-ask-in-prompt",
        PROMPT,
        Refusal::CannotAsk { kinds, tool: false },
    );
}
