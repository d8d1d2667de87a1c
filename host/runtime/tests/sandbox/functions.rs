//! Components that know nothing of plugins.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use wharf_fixtures::{EMPTY, HELLO, PLAIN};
use wharf_mcp::model::{Content, Failure, Fault, Outcome, Tool, ToolResult};
use wharf_runtime::{Call, Grants, Limits, LoadError, Plugin, PluginOptions, PluginSource, Value};
use wit_parser::{PackageMetadata, Resolve};

use crate::support::{self, Log, component, runtime};

async fn load(path: &str, options: PluginOptions) -> Result<Plugin, LoadError> {
    load_bytes(component(path), options).await
}

async fn load_bytes(bytes: Bytes, options: PluginOptions) -> Result<Plugin, LoadError> {
    let source = PluginSource {
        name: "p".into(),
        bytes,
    };
    let options = PluginOptions {
        functions: true,
        ..options
    };
    runtime().load(source, &options, Arc::new(|_| ())).await
}

async fn plain() -> Plugin {
    load(PLAIN, PluginOptions::default()).await.unwrap()
}

async fn call(plugin: &Plugin, tool: &str, arguments: Json) -> Result<ToolResult, Fault> {
    let arguments = support::json(&arguments.to_string());
    let called = plugin.call_tool(Call::silent(), tool, &arguments).await?;
    match called {
        Outcome::Complete(result) => Ok(result),
        other => panic!("{other:?}"),
    }
}

/// The text, the structure, and whether it is an error.
async fn said(plugin: &Plugin, tool: &str, arguments: Json) -> (String, Json, bool) {
    let result = call(plugin, tool, arguments).await.unwrap();
    let [Content::Text(text)] = result.content.as_slice() else {
        panic!("{result:?}");
    };
    let structure = result
        .structured
        .map_or(Json::Null, |it| parsed(it.as_str()));
    (text.text.clone(), structure, result.is_error)
}

/// The component with its doc comments in it, as tools put them there.
async fn documented() -> Plugin {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/guests/plain/wit");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(&folder).unwrap();
    let section = PackageMetadata::extract(&resolve, package)
        .encode()
        .unwrap();
    let with_docs = with_section(&component(PLAIN), &section);
    load_bytes(with_docs, PluginOptions::default())
        .await
        .unwrap()
}

/// A component with a custom section of docs at its end.
fn with_section(component: &[u8], section: &[u8]) -> Bytes {
    let name = PackageMetadata::SECTION_NAME.as_bytes();
    let mut bytes = component.to_vec();
    bytes.push(0);
    leb128(&mut bytes, 1 + name.len() + section.len());
    leb128(&mut bytes, name.len());
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(section);
    bytes.into()
}

fn leb128(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(0x80 | u8::try_from(number & 0x7f).unwrap());
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
}

/// What is wrong with the docs is no reason not to serve the functions.
#[tokio::test]
async fn docs_that_make_no_sense() {
    for section in [
        &b""[..],
        b"\x01",
        b"\x07{}",
        b"\x01[]",
        b"\x01{\"worlds\":3}",
    ] {
        let bytes = with_section(&component(PLAIN), section);
        let plugin = load_bytes(bytes, PluginOptions::default()).await;
        let plugin = plugin.unwrap_or_else(|error| panic!("{section:?}: {error}"));
        assert_eq!(tool(&plugin, "calc_add").description, None);
    }
}

fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn tool<'a>(plugin: &'a Plugin, name: &str) -> &'a Tool {
    let tools = plugin.description().tools.as_ref().unwrap();
    tools
        .iter()
        .find(|tool| tool.name.as_str() == name)
        .unwrap()
}

#[tokio::test]
async fn each_function_is_a_tool() {
    let (log, _capturing) = Log::capture();
    let plugin = plain().await;
    let tools = plugin.description().tools.as_ref().unwrap();
    let mut names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    names.sort_unstable();
    let expected = [
        "calc_add",
        "calc_divide",
        "crash",
        "echo",
        "env",
        "handles_count",
        "nothing",
        "order",
        "reverse",
        "spin",
    ];
    assert_eq!(names, expected);
    assert_eq!(plugin.description().resources, None);
    assert_eq!(plugin.description().prompts, None);
    // What cannot be served is named.
    let log = log.text();
    assert!(
        log.contains("handles_open") && log.contains("a handle"),
        "{log}"
    );
}

#[tokio::test]
async fn what_is_said_about_it_comes_from_its_types() {
    let plugin = documented().await;
    let add = tool(&plugin, "calc_add");
    let description = add.description.as_deref();
    assert_eq!(
        description,
        Some("Adds two numbers.\n\nWraps around at the end.")
    );
    let number = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
    let expected = json!({
        "type": "object",
        "properties": { "a": number, "b": number },
        "required": ["a", "b"],
        "additionalProperties": false,
    });
    assert_eq!(parsed(add.input_schema.as_str()), expected);
    let expected = json!({
        "type": "object",
        "properties": { "result": number },
        "required": ["result"],
        "additionalProperties": false,
    });
    assert_eq!(
        parsed(add.output_schema.as_ref().unwrap().as_str()),
        expected
    );
}

#[tokio::test]
async fn the_docs_of_types_are_in_the_schemas() {
    let plugin = documented().await;
    let order = tool(&plugin, "order");
    let input = parsed(order.input_schema.as_str());
    let properties = &input["properties"];
    assert_eq!(
        properties["lines"],
        json!({ "type": "array", "items": {
            "type": "object",
            "description": "An order.",
            "properties": {
                "article": { "type": "string", "description": "What is ordered." },
                "amount": {
                    "type": "integer", "minimum": 0, "maximum": 255,
                    "description": "How many of it.",
                },
                "note": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
            },
            "required": ["article", "amount"],
            "additionalProperties": false,
        } })
    );
    assert_eq!(
        properties["speed"],
        json!({ "type": "string", "enum": ["slow", "fast"] })
    );
    assert_eq!(
        properties["payment"],
        json!({ "oneOf": [
            { "const": "cash", "description": "On delivery." },
            {
                "type": "object",
                "description": "With this number.",
                "properties": { "card": { "type": "string" } },
                "required": ["card"],
                "additionalProperties": false,
            },
        ] })
    );
    // The structure of a function that may fail is that of its success.
    let output = parsed(order.output_schema.as_ref().unwrap().as_str());
    assert_eq!(output["type"], "object");
    assert_eq!(output["required"].as_array().unwrap().len(), 7);
    assert_eq!(tool(&plugin, "nothing").output_schema, None);
}

#[tokio::test]
async fn values_go_in_and_come_out() {
    let plugin = plain().await;
    let sum = said(&plugin, "calc_add", json!({ "a": 2, "b": 3 })).await;
    assert_eq!(sum, ("5".to_owned(), json!({ "result": 5 }), false));
    let quotient = said(&plugin, "calc_divide", json!({ "number": 1, "by": 4 })).await;
    assert_eq!(
        quotient,
        ("0.25".to_owned(), json!({ "result": 0.25 }), false)
    );
    let failed = said(&plugin, "calc_divide", json!({ "number": 1, "by": 0 })).await;
    assert_eq!(failed, ("by zero".to_owned(), Json::Null, true));
    let echo = said(&plugin, "echo", json!({})).await;
    assert_eq!(
        echo,
        ("nothing".to_owned(), json!({ "result": "nothing" }), false)
    );
    let bytes = said(&plugin, "reverse", json!({ "data": "AQID" })).await;
    assert_eq!(
        bytes,
        ("AwIB".to_owned(), json!({ "result": "AwIB" }), false)
    );
    let nothing = said(&plugin, "nothing", json!({})).await;
    assert_eq!(nothing, (String::new(), Json::Null, false));
}

#[tokio::test]
async fn every_kind_of_type_goes_both_ways() {
    let plugin = plain().await;
    let order = json!({
        "lines": [
            { "article": "tea", "amount": 2, "note": "green" },
            { "article": "cup", "amount": 255 },
        ],
        "speed": "fast",
        "extras": ["insured"],
        "payment": { "card": "1234" },
    });
    let receipt = json!({
        "lines": [
            { "article": "tea", "amount": 2, "note": "green" },
            { "article": "cup", "amount": 255, "note": null },
        ],
        "speed": "fast",
        "extras": ["insured"],
        "payment": { "card": "1234" },
        "total": 257,
        "stamp": ["é", -1],
        "thanks": ["green"],
    });
    let (text, structure, is_error) = said(&plugin, "order", order.clone()).await;
    assert_eq!(structure, receipt);
    assert_eq!(parsed(&text), receipt);
    assert!(!is_error);
    let mut empty = order;
    empty["lines"] = json!([]);
    let failed = said(&plugin, "order", empty).await;
    assert_eq!(failed, ("nothing is ordered".to_owned(), Json::Null, true));
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_told_apart() {
    let plugin = plain().await;
    let refused = call(&plugin, "reverse", json!({ "data": "?" })).await;
    let expected = Fault::InvalidParams("`data`: it is not base64".to_owned());
    assert_eq!(refused, Err(expected));
}

#[tokio::test]
async fn the_sandbox_is_the_same() {
    let options = PluginOptions {
        limits: Limits {
            deadline: Duration::from_millis(200),
            ..Limits::default()
        },
        grants: Grants {
            env: vec![("GRANTED".to_owned(), Value::plain("1"))],
            ..Grants::default()
        },
        ..PluginOptions::default()
    };
    let plugin = load(PLAIN, options).await.unwrap();
    let crashed = call(&plugin, "crash", json!({})).await;
    assert!(
        matches!(&crashed, Err(Fault::Failed { failure: Failure::Trap { message }, .. }) if message.contains("boom")),
        "{crashed:?}"
    );
    let spun = call(&plugin, "spin", json!({})).await;
    assert!(
        matches!(
            &spun,
            Err(Fault::Failed {
                failure: Failure::Deadline { .. },
                ..
            })
        ),
        "{spun:?}"
    );
    let granted = said(&plugin, "env", json!({ "name": "GRANTED" })).await;
    assert_eq!(granted.1, json!({ "result": "1" }));
    let other = said(&plugin, "env", json!({ "name": "PATH" })).await;
    assert_eq!(other, ("null".to_owned(), json!({ "result": null }), false));
}

/// Not by accident: it has to be asked for.
#[tokio::test]
async fn only_if_asked_for() {
    let refused = support::load(component(PLAIN)).await;
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("plain types"), "{message}");
    // A plugin of the contract stays one.
    let hello = load(HELLO, PluginOptions::default()).await.unwrap();
    assert_eq!(tool(&hello, "greet").name.as_str(), "greet");
    let nothing = load(EMPTY, PluginOptions::default()).await;
    assert!(matches!(nothing, Err(LoadError::NoFunction)), "{nothing:?}");
}
