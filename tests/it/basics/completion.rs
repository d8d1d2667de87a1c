//! Suggestions for arguments of prompts and of resource templates.

use serde_json::{Value, json};
use wharf_fixtures::EVERYTHING;

use crate::support::{C, Client, Way, on_every_way, stage};

on_every_way! {
    suggests_values_for_prompts
    suggests_values_for_templates
    never_suggests_more_than_a_hundred
    refuses_what_cannot_be_completed
}

fn review(argument: &str, value: &str) -> Value {
    json!({
        "ref": { "type": "ref/prompt", "name": "review" },
        "argument": { "name": argument, "value": value },
    })
}

#[track_caller]
fn complete(client: &mut Client, params: Value) -> Value {
    client.result("completion/complete", params)["completion"].take()
}

/// CMP-2, CMP-3.
fn suggests_values_for_prompts(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let found = complete(&mut client, review("language", "ru"));
    assert_eq!(found["values"], json!(["ruby", "rust"]));
    let found = complete(&mut client, review("language", "x"));
    assert_eq!(found["values"], json!([]));
    // Nobody completes this one.
    assert_eq!(
        complete(&mut client, review("code", ""))["values"],
        json!([])
    );
    let mut settled = review("strictness", "");
    settled["context"] = json!({ "arguments": { "language": "rust" } });
    let found = complete(&mut client, settled);
    // CMP-2: older revisions have no context, and clients of theirs do not send one.
    if way.revision >= C {
        assert_eq!(found["values"], json!(["5 for rust"]));
    }
}

fn suggests_values_for_templates(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let params = |value| {
        json!({
            "ref": { "type": "ref/resource", "uri": "item:///{id}" },
            "argument": { "name": "id", "value": value },
        })
    };
    let found = complete(&mut client, params("3"));
    assert_eq!(found["values"], json!(["3"]));
    assert_eq!(
        complete(&mut client, params(""))["values"]
            .as_array()
            .unwrap()
            .len(),
        6
    );
}

/// CMP-3.
fn never_suggests_more_than_a_hundred(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let found = complete(&mut client, review("strictness", ""));
    assert_eq!(found["values"].as_array().unwrap().len(), 100);
    assert_eq!(found["hasMore"], true);
    assert_eq!(found["total"], 150);
}

/// CMP-4.
fn refuses_what_cannot_be_completed(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let argument = json!({ "name": "language", "value": "" });
    for params in [
        json!({ "ref": { "type": "ref/prompt", "name": "none" }, "argument": argument }),
        json!({ "ref": { "type": "ref/prompt" }, "argument": argument }),
        json!({ "ref": { "type": "ref/tool", "name": "full" }, "argument": argument }),
        json!({ "ref": { "type": "ref/resource", "uri": "none:///{x}" }, "argument": argument }),
        json!({ "argument": argument }),
        json!({ "ref": { "type": "ref/prompt", "name": "review" } }),
        review("none", ""),
    ] {
        let exchange = client.request("completion/complete", params.clone());
        assert_eq!(exchange.error()["code"], -32602, "{params}");
    }
}
