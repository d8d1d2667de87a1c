//! What schemas look like, as text: order and noise matter.

use super::{form, input, output, properties};
use crate::data;
use crate::schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[track_caller]
fn check_input<T: JsonSchema + DeserializeOwned>(expected: &str) {
    assert_eq!(input::<T>(), expected);
}

#[track_caller]
fn check_form<T: JsonSchema + DeserializeOwned>(expected: &str) {
    assert_eq!(form::<T>(), expected);
}

/// What to look for.
#[data]
#[serde(deny_unknown_fields)]
struct Search {
    /// The words.
    words: Vec<String>,
    /// At most so many.
    #[schemars(range(min = 1, max = 50))]
    limit: Option<u8>,
    order: Order,
}

#[data]
#[serde(rename_all = "lowercase")]
#[derive(Default)]
enum Order {
    #[default]
    Up,
    Down,
}

#[test]
fn fields_keep_their_order_and_nothing_is_referred_to() {
    check_input::<Search>(concat!(
        r#"{"type":"object","description":"What to look for.","properties":{"#,
        r#""words":{"description":"The words.","items":{"type":"string"},"type":"array"},"#,
        r#""limit":{"description":"At most so many.","maximum":50,"minimum":1,"#,
        r#""type":["integer","null"]},"#,
        r#""order":{"enum":["up","down"],"type":"string"}},"#,
        r#""additionalProperties":false,"required":["words","order"]}"#,
    ));
}

/// A field named like a keyword, and keywords of others.
#[data]
struct Odd {
    #[schemars(extend("x-mcp-header" = "Format"))]
    format: String,
    #[serde(rename = "title")]
    kind: u64,
    #[schemars(email)]
    email: String,
}

#[test]
fn only_noise_is_left_out() {
    check_input::<Odd>(concat!(
        r#"{"type":"object","description":"A field named like a keyword, and keywords of others.","#,
        r#""properties":{"format":{"type":"string","x-mcp-header":"Format"},"#,
        r#""title":{"minimum":0,"type":"integer"},"#,
        r#""email":{"format":"email","type":"string"}},"#,
        r#""required":["format","title","email"]}"#,
    ));
}

/// Arguments that are headers, too.
#[data]
struct Located {
    #[schemars(extend("x-mcp-header" = "Count"))]
    count: Option<u32>,
    #[serde(default)]
    #[schemars(extend("x-mcp-header" = "Order"))]
    order: Option<Order>,
    within: Within,
}

#[data]
struct Within {
    #[schemars(extend("x-mcp-header" = "Dry-Run"))]
    dry_run: Option<bool>,
    note: Option<bool>,
}

#[test]
fn headers_are_of_one_plain_type() {
    check_input::<Located>(concat!(
        r#"{"type":"object","description":"Arguments that are headers, too.","properties":{"#,
        r#""count":{"minimum":0,"type":"integer","x-mcp-header":"Count"},"#,
        r#""order":{"enum":["up","down"],"type":"string","x-mcp-header":"Order"},"#,
        r#""within":{"properties":{"#,
        r#""dry_run":{"type":"boolean","x-mcp-header":"Dry-Run"},"#,
        r#""note":{"type":["boolean","null"]}},"type":"object"}},"#,
        r#""required":["within"]}"#,
    ));
}

/// A tree.
#[data]
struct Tree {
    name: String,
    children: Vec<Self>,
}

#[test]
fn recursion_ends() {
    let schema = input::<Tree>();
    assert!(schema.contains(r##""items":{"$ref":"#"##), "{schema}");
}

#[test]
fn any_arguments_are_still_an_object() {
    check_input::<Value>(r#"{"type":"object"}"#);
}

#[test]
fn results_need_not_be_objects() {
    assert_eq!(
        output::<Vec<f64>>().as_deref(),
        Some(r#"{"type":"array","items":{"type":"number"}}"#)
    );
    assert_eq!(output::<Value>(), None);
}

#[data]
struct Details {
    /// Your name.
    name: String,
    age: Option<u8>,
    /// How to reach you.
    by: Option<Channel>,
    sizes: Vec<Size>,
    #[serde(default)]
    order: Order,
    again: Option<Order>,
}

#[data]
#[serde(rename_all = "lowercase")]
enum Channel {
    /// By mail
    Mail,
    Phone,
}

/// A size.
#[data]
#[serde(rename_all = "lowercase")]
enum Size {
    /// Quite small
    Small,
    /// Very large
    Large,
}

#[test]
fn forms_are_flat_and_their_choices_titled() {
    check_form::<Details>(concat!(
        r#"{"type":"object","properties":{"#,
        r#""name":{"description":"Your name.","type":"string"},"#,
        r#""age":{"maximum":255,"minimum":0,"type":"integer"},"#,
        r#""by":{"description":"How to reach you.","oneOf":["#,
        r#"{"const":"phone","title":"phone"},{"const":"mail","title":"By mail"}],"#,
        r#""type":"string"},"#,
        r#""sizes":{"items":{"anyOf":[{"const":"small","title":"Quite small"},"#,
        r#"{"const":"large","title":"Very large"}]},"type":"array"},"#,
        r#""order":{"default":"up","enum":["up","down"],"type":"string"},"#,
        r#""again":{"enum":["up","down"],"type":"string"}},"#,
        r#""required":["name","sizes"]}"#,
    ));
}

#[test]
fn properties_know_what_is_required() {
    let properties = properties::<Details>();
    let names: Vec<_> = properties
        .all
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["name", "age", "by", "sizes", "order", "again"]);
    assert_eq!(properties.required, ["name", "sizes"]);
}
