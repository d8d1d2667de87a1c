//! Questions to the client's side: requests in a session, entries of a result
//! without one.

use serde_json::json;
use wharf_mcp::model::{InputRequired, Question};
use wharf_mcp::{NONCE, Revision, Sealing, StateKeys, parse};
use wharf_schemas::Context;

use crate::samples::json as text;
use crate::{Asked, CALL, compare_in, judge, laid_out, request, start};

/// The revisions that have questions of a kind.
const ALL: &[Revision] = &Revision::ALL;
const WITH_FORMS: &[Revision] = &[
    Revision::V2025_06_18,
    Revision::V2025_11_25,
    Revision::V2026_07_28,
];
const WITH_PAGES: &[Revision] = &[Revision::V2025_11_25, Revision::V2026_07_28];

/// Puts the question in these revisions.
#[track_caller]
fn check(name: &str, revisions: &[Revision], question: &Question) {
    compare_in(name, revisions, |revision| {
        if revision == Revision::LATEST {
            return in_result(revision, CALL, vec![("key".to_owned(), question.clone())]);
        }
        let call = start(&request(CALL, revision), revision);
        let ours = json!({ "jsonrpc": "2.0", "id": 7, "result": {} }).to_string();
        let Ok(wharf_mcp::Message::Response { id: Some(id), .. }) = parse(ours.as_bytes()) else {
            panic!("it is a response")
        };
        let frame = call.exchange.question(&id, question, None);
        let text = String::from_utf8(frame.to_vec()).unwrap();
        judge(&text, revision, Context::Unasked);
        laid_out(&text)
    });
}

/// Questions in the result of a call.
#[track_caller]
fn in_result(revision: Revision, asked: Asked, questions: Vec<(String, Question)>) -> String {
    let request = request(asked, revision);
    let call = start(&request, revision);
    let input = InputRequired {
        questions,
        state: Some(b"state".to_vec()),
    };
    let keys = StateKeys::new([0; 32], &[]);
    let sealing = Sealing {
        keys: &keys,
        now: 0,
        nonce: [0; NONCE],
    };
    let exchange = &call.exchange;
    let answer = exchange.input_required(&input, &call.operation, &call.context, sealing);
    let text = String::from_utf8(answer.frame.to_vec()).unwrap();
    judge(&text, revision, Context::Answer(&request));
    let (before, sealed) = text.split_once(r#""requestState":""#).unwrap();
    let (sealed, after) = sealed.split_once('"').unwrap();
    assert!(!sealed.is_empty() && !sealed.contains("state"));
    laid_out(&format!(r#"{before}"requestState":"SEALED"{after}"#))
}

/// DWN-12: a plain form has plain fields, in the words of its revision.
#[test]
fn forms() {
    let form = |schema: &str| Question::Form {
        message: "Who\nare you?".to_owned(),
        // Laid out for people here.
        schema: text(&schema.split_whitespace().collect::<String>()),
    };
    let fields = r#"{"type":"object","properties":{
        "name":{"type":"string","title":"Name","default":"Ada","minLength":1},
        "age":{"type":"integer","default":30,"minimum":0},
        "sure":{"type":"boolean","default":true},
        "size":{"type":"string","enum":["s","l"]},
        "shade":{"type":"string","oneOf":[{"const":"r","title":"Red"},{"const":"b","title":"Blue"}],"default":"r"}
    },"required":["name"]}"#;
    check("form", WITH_FORMS, &form(fields));
    let several = r#"{"type":"object","properties":{
        "some":{"type":"array","items":{"type":"string","enum":["a","b"]},"default":["a"]},
        "titled":{"type":"array","items":{"anyOf":[{"const":"a","title":"A"}]},"minItems":1}
    }}"#;
    check("form-of-several", WITH_PAGES, &form(several));
}

/// DWN-12.
#[test]
fn pages() {
    let question = Question::Url {
        message: "Sign in".to_owned(),
        url: "https://example.com/?a=b".to_owned(),
    };
    check("page", WITH_PAGES, &question);
}

/// DWN-13: one block for each message, where there is no more.
#[test]
fn messages_of_the_model() {
    let plain = r#"{"messages":[{"role":"user","content":{"type":"text","text":"Hi"}}],"maxTokens":100,"systemPrompt":"Be kind","temperature":0.5,"stopSequences":["."],"modelPreferences":{"hints":[{"name":"m"}],"speedPriority":0.1}}"#;
    check("sampling", ALL, &Question::Sampling(text(plain)));
    let with_tools = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]},{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"t","input":{}}]},{"role":"user","content":[{"type":"tool_result","toolUseId":"1","content":[{"type":"text","text":"r"}]}]}],"maxTokens":1,"tools":[{"name":"t","inputSchema":{"type":"object"}}],"toolChoice":{"mode":"auto"}}"#;
    check(
        "sampling-with-tools",
        WITH_PAGES,
        &Question::Sampling(text(with_tools)),
    );
}

/// DWN-8: what hangs on a block is said where it is known. This fails: older
/// revisions get `_meta` and `lastModified`, too.
#[test]
fn messages_with_trimmings() {
    let trimmed = r#"{"messages":[{"role":"user","content":{"type":"text","text":"Hi","annotations":{"priority":1,"lastModified":"2025-01-12T15:00:58Z"},"_meta":{"example.com/a":1}}}],"maxTokens":1}"#;
    check(
        "sampling-with-trimmings",
        ALL,
        &Question::Sampling(text(trimmed)),
    );
}

/// DWN-12: a schema may say which dialect it is in; not every revision wants to
/// know. This fails: 2025-06-18 is told.
#[test]
fn forms_that_name_their_dialect() {
    let schema = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"a":{"type":"string"}}}"#;
    let question = Question::Form {
        message: "m".to_owned(),
        schema: text(schema),
    };
    check("form-with-dialect", WITH_FORMS, &question);
}

#[test]
fn folders() {
    check("roots", ALL, &Question::Roots);
}

/// MRT-2: each kind of call that may ask, and state without questions.
#[test]
fn questions_in_results() {
    let modern = &[Revision::LATEST];
    let prompt = Asked {
        method: "prompts/get",
        params: || json!({ "name": "p" }),
    };
    let read = Asked {
        method: "resources/read",
        params: || json!({ "uri": "a:b" }),
    };
    let both = || {
        let page = Question::Url {
            message: "m".to_owned(),
            url: "https://example.com".to_owned(),
        };
        vec![
            ("one \"1\"".to_owned(), Question::Roots),
            ("two".to_owned(), page),
        ]
    };
    compare_in("questions-in-prompt", modern, |it| {
        in_result(it, prompt, both())
    });
    compare_in("questions-in-read", modern, |it| {
        in_result(it, read, both())
    });
    compare_in("no-questions", modern, |it| in_result(it, CALL, Vec::new()));
}
