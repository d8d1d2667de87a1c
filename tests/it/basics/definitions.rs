//! Definitions as each revision knows them: nothing that its schema does not have,
//! and nothing lost that it does (§26, DWN-2, DWN-8).

use serde_json::{Value, json};
use wharf_fixtures::EVERYTHING;

use super::content::{icon, members, meta};
use crate::support::{A, B, Binding, C, Client, D, E, Host, REVISIONS, Way};

/// One client for each revision.
pub(super) fn in_each_revision(check: impl Fn(&mut Client, &'static str)) {
    let host = Host::serve(&["--listen", "127.0.0.1:0", EVERYTHING]);
    for revision in REVISIONS {
        let way = Way::new(Binding::Streamable, revision);
        check(&mut Client::connect_to(host.address(), way), revision);
    }
}

/// DWN-2, with `execution` in the one revision that has it.
#[test]
fn a_tool() {
    in_each_revision(|client, revision| {
        let found = definition(client, "tools", "name", "full");
        assert_eq!(without_schemas(found), full(revision), "{revision}");
    });
}

fn full(revision: &str) -> Value {
    let title = "Everything set";
    let hints = json!({
        "readOnlyHint": false,
        "destructiveHint": true,
        "idempotentHint": true,
        "openWorldHint": false,
    });
    let mut hints_with_title = hints.clone();
    hints_with_title["title"] = title.into();
    let data = json!({ "src": "data:image/png;base64,iVBORw0KGgo=" });
    let mut full = members(
        revision,
        [
            (A, "name", json!("full")),
            (
                A,
                "description",
                json!("A tool with every field of a definition."),
            ),
            (B, "annotations", hints_with_title),
            (C, "annotations", hints),
            (C, "title", json!(title)),
            (
                C,
                "_meta",
                json!({ "example.com/stage": "test", "ui": { "depth": [1, 2] } }),
            ),
            (D, "icons", json!([icon(), data])),
        ],
    );
    if revision == D {
        full["execution"] = json!({ "taskSupport": "optional" });
    }
    full
}

fn without_schemas(mut definition: Value) -> Value {
    let members = definition.as_object_mut().unwrap();
    members.remove("inputSchema");
    members.remove("outputSchema");
    definition
}

/// TOL-4, DWN-5: schemas are passed on as they are.
#[test]
fn the_schema_of_arguments() {
    in_each_revision(|client, revision| {
        let schema = definition(client, "tools", "name", "full")["inputSchema"].take();
        assert_eq!(schema["type"], "object", "{revision}");
        assert_eq!(schema["additionalProperties"], false, "{revision}");
        assert_eq!(schema["required"], json!(["id"]), "{revision}");
        let schema = definition(client, "tools", "name", "content")["inputSchema"].take();
        assert_eq!(schema["type"], "object", "{revision}");
    });
}

/// TOL-5, DWN-3.
#[test]
fn the_schema_of_results() {
    in_each_revision(|client, revision| {
        let mut kind = |tool| {
            let schema = definition(client, "tools", "name", tool)["outputSchema"].take();
            schema.get("type").cloned()
        };
        let object = (revision >= C).then(|| json!("object"));
        assert_eq!(kind("structured"), object, "{revision}");
        let any = (revision >= E).then(|| json!("array"));
        assert_eq!(kind("list"), any, "{revision}");
    });
}

#[test]
fn a_resource() {
    in_each_revision(|client, revision| {
        let expected = members(
            revision,
            [
                (A, "uri", json!("item:///1")),
                (A, "name", json!("item-1")),
                (A, "description", json!("The first of the items.")),
                (A, "mimeType", json!("text/plain")),
                (A, "size", json!(17)),
                (
                    A,
                    "annotations",
                    json!({ "audience": ["user"], "priority": 1 }),
                ),
                (C, "title", json!("The first")),
                (C, "_meta", meta()),
                (D, "icons", json!([icon()])),
            ],
        );
        let found = definition(client, "resources", "uri", "item:///1");
        assert_eq!(as_numbers(found), as_numbers(expected), "{revision}");
        let plain = json!({ "uri": "item:///2", "name": "item-2" });
        assert_eq!(
            definition(client, "resources", "uri", "item:///2"),
            plain,
            "{revision}"
        );
    });
}

/// `1` and `1.0` are one number.
fn as_numbers(mut value: Value) -> Value {
    let priority = &mut value["annotations"]["priority"];
    *priority = priority.as_f64().into();
    value
}

#[test]
fn a_resource_template() {
    in_each_revision(|client, revision| {
        let expected = members(
            revision,
            [
                (A, "uriTemplate", json!("item:///{id}")),
                (A, "name", json!("item")),
                (A, "description", json!("An item by its number.")),
                (A, "mimeType", json!("text/plain")),
                (A, "annotations", json!({ "priority": 0.2 })),
                (C, "title", json!("An item")),
                (C, "_meta", meta()),
                (D, "icons", json!([icon()])),
            ],
        );
        let found = client.result("resources/templates/list", json!({}));
        assert_eq!(found["resourceTemplates"], json!([expected]), "{revision}");
    });
}

#[test]
fn a_prompt() {
    in_each_revision(|client, revision| {
        let mut language = json!({ "name": "language", "required": false });
        if revision >= C {
            language["title"] = "Language".into();
        }
        let arguments = json!([
            { "name": "code", "description": "The code.", "required": true },
            with(language, "description", "The language it is in."),
            {
                "name": "strictness",
                "description": "How strict to be, from 1 to 5.",
                "required": false,
            },
        ]);
        let expected = members(
            revision,
            [
                (A, "name", json!("review")),
                (A, "description", json!("Reviews some code.")),
                (A, "arguments", arguments),
                (C, "title", json!("Code review")),
                (C, "_meta", meta()),
                (D, "icons", json!([icon()])),
            ],
        );
        assert_eq!(
            definition(client, "prompts", "name", "review"),
            expected,
            "{revision}"
        );
    });
}

fn with(mut object: Value, name: &str, value: &str) -> Value {
    object[name] = value.into();
    object
}

/// The definition with this name, or URI, on the first page of its list.
fn definition(client: &mut Client, list: &str, key: &str, name: &str) -> Value {
    let mut page = client.result(&format!("{list}/list"), json!({}));
    let items = page[list].as_array_mut().unwrap();
    let found = items.iter_mut().find(|item| item[key] == name);
    found.unwrap_or_else(|| panic!("{name} is listed")).take()
}

/// RPC-9, CCH-1, CCH-5, DSC-6: what surrounds a result.
#[test]
fn what_is_in_every_result() {
    in_each_revision(|client, revision| {
        let modern = revision >= E;
        for (method, params, is_list) in [
            ("tools/list", json!({}), true),
            ("resources/list", json!({}), true),
            ("resources/templates/list", json!({}), true),
            ("prompts/list", json!({}), true),
            ("resources/read", json!({ "uri": "item:///1" }), true),
            ("tools/call", json!({ "name": "list" }), false),
            ("prompts/get", json!({ "name": "plain" }), false),
        ] {
            let result = client.result(method, params);
            let complete = modern.then(|| json!("complete"));
            assert_eq!(
                result.get("resultType").cloned(),
                complete,
                "{revision} {method}"
            );
            let cached = modern && is_list;
            assert_eq!(result["ttlMs"].is_u64(), cached, "{revision} {method}");
            let scope = cached.then(|| json!("private"));
            assert_eq!(
                result.get("cacheScope").cloned(),
                scope,
                "{revision} {method}"
            );
            let server = &result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"];
            assert_eq!(server == "wharf", modern, "{revision} {method}");
        }
    });
}
