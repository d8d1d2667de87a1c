//! Listing prompts and filling them in.

use serde_json::json;
use wharf_fixtures::EVERYTHING;

use crate::support::{Way, on_every_way, stage};

on_every_way! {
    lists_prompts
    fills_in_a_prompt
    fills_in_a_prompt_with_arguments
    refuses_arguments_that_do_not_fit
    knows_no_other_prompts
    says_what_a_client_would_have_to_answer
}

/// PRM-1.
fn lists_prompts(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let list = client.result("prompts/list", json!({}));
    let prompts = list["prompts"].as_array().unwrap();
    let names: Vec<_> = prompts
        .iter()
        .map(|prompt| prompt["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["plain", "review", "media", "personal"]);
    let error = client.error("prompts/list", json!({ "cursor": "" }));
    assert_eq!(error["code"], -32602, "PAG-3");
}

/// PRM-4.
fn fills_in_a_prompt(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    for params in [
        json!({ "name": "plain" }),
        json!({ "name": "plain", "arguments": {} }),
    ] {
        let prompt = client.result("prompts/get", params);
        let text = json!({ "type": "text", "text": "Tell me something." });
        assert_eq!(
            prompt["messages"],
            json!([{ "role": "user", "content": text }])
        );
    }
}

fn fills_in_a_prompt_with_arguments(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let arguments = json!({ "code": "let x;", "language": "rust", "strictness": "4" });
    let params = json!({ "name": "review", "arguments": arguments });
    let prompt = client.result("prompts/get", params);
    assert_eq!(prompt["description"], "A review");
    let text = |text| json!({ "type": "text", "text": text });
    let expected = json!([
        { "role": "user", "content": text("Review this rust code:\nlet x;") },
        { "role": "assistant", "content": text("I shall be 4 of 5 strict.") },
    ]);
    assert_eq!(prompt["messages"], expected);
}

/// PRM-3, trap 76: arguments are strings, and it is said which is missing or wrong.
fn refuses_arguments_that_do_not_fit(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    for (arguments, named) in [
        (json!({}), "code"),
        (json!({ "language": "rust" }), "code"),
        (json!({ "code": 7 }), "code"),
        (json!({ "code": "x", "strictness": 4 }), "strictness"),
        (json!({ "code": "x", "strictness": "very" }), "very"),
        (json!([]), "arguments"),
        (json!(null), "arguments"),
    ] {
        let params = json!({ "name": "review", "arguments": arguments });
        let exchange = client.request("prompts/get", params);
        assert_eq!(exchange.status.unwrap_or(200), 200, "{arguments}");
        let error = exchange.error();
        assert_eq!(error["code"], -32602, "{arguments}");
        assert!(
            error["message"].as_str().unwrap().contains(named),
            "{arguments}: {error}"
        );
    }
}

/// PRM-3.
fn knows_no_other_prompts(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    for params in [
        json!({ "name": "Plain" }),
        json!({ "name": "" }),
        json!({}),
        json!({ "name": 1 }),
    ] {
        assert_eq!(
            client.error("prompts/get", params.clone())["code"],
            -32602,
            "{params}"
        );
    }
}

/// DSC-10, DWN-10.
fn says_what_a_client_would_have_to_answer(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let error = client.error("prompts/get", json!({ "name": "personal" }));
    if way.is_modern() {
        assert_eq!(error["code"], -32021);
        let needed = json!({ "requiredCapabilities": { "elicitation": { "form": {} } } });
        assert_eq!(error["data"], needed);
    } else {
        assert_eq!(error["code"], -32603);
    }
}
