//! Content as each revision knows it. What an older one has no words for comes in
//! other words; nothing that the model can see is lost (§26, §27).

use serde_json::{Value, json};

use super::definitions::in_each_revision;
use crate::support::{A, B, C, D, E};

/// A picture of one red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVQI12P4z8AAAAMBAQAY3Y2wAAAAAElFTkSu\
                   QmCC";

/// A sound of no length.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

/// Those members that the revision knows, by the revision that brought them.
pub(super) fn members<const N: usize>(revision: &str, all: [(&str, &str, Value); N]) -> Value {
    let known = all.into_iter().filter(|(since, ..)| revision >= *since);
    known
        .map(|(_, name, value)| (name.to_owned(), value))
        .collect()
}

pub(super) fn meta() -> Value {
    json!({ "example.com/origin": "everything" })
}

pub(super) fn icon() -> Value {
    json!({
        "src": "https://example.com/icon.svg",
        "mimeType": "image/svg+xml",
        "sizes": ["any", "48x48"],
        "theme": "dark",
    })
}

fn annotations(revision: &str) -> Value {
    members(
        revision,
        [
            (A, "audience", json!(["user", "assistant"])),
            (A, "priority", json!(0.5)),
            (C, "lastModified", json!("2025-01-12T15:00:58Z")),
        ],
    )
}

#[test]
fn every_kind_in_a_result() {
    in_each_revision(|client, revision| {
        let result = client.call("content", json!({}));
        let blocks = [
            text,
            annotated,
            image,
            audio,
            link,
            embedded_text,
            embedded_blob,
        ];
        let found = result["content"].as_array().unwrap();
        for (place, block) in blocks.into_iter().enumerate() {
            assert_eq!(found[place], block(revision), "{revision}");
        }
        assert_eq!(found.len(), blocks.len(), "{revision}");
    });
}

fn text(_revision: &str) -> Value {
    json!({ "type": "text", "text": "A plain text." })
}

fn annotated(revision: &str) -> Value {
    members(
        revision,
        [
            (A, "type", json!("text")),
            (A, "text", json!("An annotated text.")),
            (A, "annotations", annotations(revision)),
            (C, "_meta", meta()),
        ],
    )
}

fn image(revision: &str) -> Value {
    members(
        revision,
        [
            (A, "type", json!("image")),
            (A, "data", json!(PNG)),
            (A, "mimeType", json!("image/png")),
            (A, "annotations", annotations(revision)),
            (C, "_meta", meta()),
        ],
    )
}

/// DWN-6.
fn audio(revision: &str) -> Value {
    let hints = annotations(revision);
    if revision < B {
        let sound = json!({ "uri": "wharf:audio", "mimeType": "audio/wav", "blob": WAV });
        return json!({ "type": "resource", "resource": sound, "annotations": hints });
    }
    json!({ "type": "audio", "data": WAV, "mimeType": "audio/wav", "annotations": hints })
}

/// DWN-7.
fn link(revision: &str) -> Value {
    if revision < C {
        let text = "The first: item:///1 (text/plain)\nThe first of the items.";
        return json!({ "type": "text", "text": text, "annotations": annotations(revision) });
    }
    members(
        revision,
        [
            (C, "type", json!("resource_link")),
            (C, "uri", json!("item:///1")),
            (C, "name", json!("first")),
            (C, "title", json!("The first")),
            (C, "description", json!("The first of the items.")),
            (C, "mimeType", json!("text/plain")),
            (C, "size", json!(15)),
            (C, "annotations", annotations(revision)),
            (C, "_meta", meta()),
            (D, "icons", json!([icon()])),
        ],
    )
}

fn embedded_text(revision: &str) -> Value {
    let item = json!({
        "uri": "item:///1",
        "mimeType": "text/plain",
        "text": "The first item.",
    });
    members(
        revision,
        [
            (A, "type", json!("resource")),
            (A, "resource", item),
            (A, "annotations", annotations(revision)),
            (C, "_meta", meta()),
        ],
    )
}

fn embedded_blob(revision: &str) -> Value {
    let blob = members(
        revision,
        [
            (A, "uri", json!("item:///blob")),
            (A, "blob", json!("AAH+/w==")),
            (C, "_meta", meta()),
        ],
    );
    json!({ "type": "resource", "resource": blob })
}

/// TOL-12, DWN-3, DWN-4: structure where it is known, text for everybody.
#[test]
fn structured_results() {
    in_each_revision(|client, revision| {
        let report = json!({ "subject": "items", "count": 6, "examples": ["item:///1"] });
        let result = client.call("structured", json!({}));
        assert_eq!(as_json(&result), report, "{revision}");
        let structured = (revision >= C).then_some(report);
        assert_eq!(
            result.get("structuredContent").cloned(),
            structured,
            "{revision}"
        );

        let result = client.call("list", json!({}));
        assert_eq!(as_json(&result), json!([1, 2, 3]), "{revision}");
        let structured = (revision >= E).then(|| json!([1, 2, 3]));
        assert_eq!(
            result.get("structuredContent").cloned(),
            structured,
            "{revision}"
        );
    });
}

/// A plugin's own words stay, and the structure is added where it would be lost.
#[test]
fn structured_results_with_words() {
    in_each_revision(|client, revision| {
        let result = client.call("full", json!({ "id": 4 }));
        let report = json!({ "subject": "item 4", "count": 1, "examples": [] });
        let blocks = result["content"].as_array().unwrap();
        assert_eq!(
            blocks[0],
            json!({ "type": "text", "text": "one item" }),
            "{revision}"
        );
        if revision >= C {
            assert_eq!(result["structuredContent"], report, "{revision}");
        } else {
            let added: Value = serde_json::from_str(blocks[1]["text"].as_str().unwrap()).unwrap();
            assert_eq!(added, report, "{revision}");
        }
    });
}

/// The one text of a result, as JSON.
fn as_json(result: &Value) -> Value {
    let blocks = result["content"].as_array().unwrap();
    assert_eq!(blocks.len(), 1, "{result}");
    serde_json::from_str(blocks[0]["text"].as_str().unwrap()).unwrap()
}

/// MET-3: a result has had room for `_meta` from the first revision on.
#[test]
fn what_a_plugin_adds_to_its_result() {
    in_each_revision(|client, revision| {
        for (method, params) in [
            ("tools/call", json!({ "name": "content" })),
            ("resources/read", json!({ "uri": "item:///1" })),
            (
                "prompts/get",
                json!({ "name": "review", "arguments": { "code": "x" } }),
            ),
        ] {
            let result = client.result(method, params);
            let origin = &result["_meta"]["example.com/origin"];
            assert_eq!(origin, "everything", "{revision} {method}");
        }
    });
}

/// PRM-4.
#[test]
fn every_kind_in_a_prompt() {
    in_each_revision(|client, revision| {
        let result = client.result("prompts/get", json!({ "name": "media" }));
        let messages = result["messages"].as_array().unwrap();
        assert!(
            messages.iter().all(|message| message["role"] == "user"),
            "{result}"
        );
        let blocks: Vec<_> = messages
            .iter()
            .map(|message| message["content"].clone())
            .collect();
        assert_eq!(blocks, media(revision), "{revision}");
    });
}

fn media(revision: &str) -> [Value; 4] {
    let audio = if revision >= B {
        json!({ "type": "audio", "data": WAV, "mimeType": "audio/wav" })
    } else {
        let sound = json!({ "uri": "wharf:audio", "mimeType": "audio/wav", "blob": WAV });
        json!({ "type": "resource", "resource": sound })
    };
    let item = json!({
        "uri": "item:///1",
        "mimeType": "text/plain",
        "text": "The first item.",
    });
    let link = if revision >= C {
        json!({ "type": "resource_link", "uri": "item:///2", "name": "second" })
    } else {
        json!({ "type": "text", "text": "second: item:///2" })
    };
    [
        json!({ "type": "image", "data": PNG, "mimeType": "image/png" }),
        audio,
        json!({ "type": "resource", "resource": item }),
        link,
    ]
}
