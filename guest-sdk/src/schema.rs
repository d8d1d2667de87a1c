//! JSON Schemas from Rust types.
//!
//! Schemas are read by programs that check arguments, by people, and above all
//! by language models, so they are kept plain: JSON Schema 2020-12, every
//! subschema in place instead of behind a `$ref` that weak resolvers stumble
//! over, no `$schema` and no type names, no formats that only Rust knows, and
//! the properties in the order the type declares them.
//!
//! They are computed when the host asks for the definitions, which is once per
//! load, and for a form when it is put to a person. Never per call.

mod fields;
mod form;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use form::form;

use fields::field_order;
use form::unwrap_option;
use schemars::generate::{Contract, SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use view::{in_order, text};

/// The schema of a tool without arguments.
pub(crate) const NO_ARGUMENTS: &str = r#"{"type":"object","additionalProperties":false}"#;

/// The schema of what deserializes into `T`, as JSON text whose type is `object`.
pub(crate) fn input<T: JsonSchema + DeserializeOwned>() -> String {
    input_text(derive::<T>(Contract::Deserialize), field_order::<T>())
}

/// The schema of what `T` serializes into, as JSON text; none if it may be
/// anything.
pub(crate) fn output<T: JsonSchema>() -> Option<String> {
    output_text(derive::<T>(Contract::Serialize))
}

/// The properties of `T`.
pub(crate) fn properties<T: JsonSchema + DeserializeOwned>() -> Properties {
    Properties::of(&derive::<T>(Contract::Deserialize), field_order::<T>())
}

/// The properties of a type, and which of them are required.
pub(crate) struct Properties {
    /// Names and schemas, in the order of the type's fields.
    pub(crate) all: Vec<(String, Value)>,
    /// Names.
    pub(crate) required: Vec<String>,
}

impl Properties {
    fn of(schema: &Schema, fields: &[&str]) -> Self {
        let required = schema.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        let all = schema.get("properties").and_then(Value::as_object);
        let all = all.into_iter().flat_map(|all| in_order(all, fields));
        Self {
            required: required.map(str::to_owned).collect(),
            all: all
                .map(|(name, schema)| (name.clone(), schema.clone()))
                .collect(),
        }
    }
}

// What is generic is compiled once for each type a plugin uses; everything that
// need not be is in the functions below, which are compiled once.

fn derive<T: JsonSchema>(contract: Contract) -> Schema {
    generator(contract).into_root_schema_for::<T>()
}

fn generator(contract: Contract) -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.meta_schema = None;
    settings.inline_subschemas = true;
    settings.contract = contract;
    settings.into_generator()
}

fn input_text(schema: Schema, fields: &[&str]) -> String {
    let mut schema = object(schema.to_value());
    settle_headers(&mut schema);
    schema
        .entry("type")
        .or_insert_with(|| Value::String("object".to_owned()));
    text(&schema, fields)
}

/// What clients also send as a header must be of one plain type: headers know no
/// `null`. Left out it may still be.
fn settle_headers(schema: &mut Map<String, Value>) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    let properties = properties.into_iter().flat_map(Map::values_mut);
    for property in properties.filter_map(Value::as_object_mut) {
        if property.contains_key("x-mcp-header") {
            unwrap_option(property);
        }
        settle_headers(property);
    }
}

fn output_text(schema: Schema) -> Option<String> {
    let schema = object(schema.to_value());
    // The name of the type says nothing about the value.
    let anything = schema.keys().all(|key| key == "title");
    (!anything).then(|| text(&schema, &[]))
}

/// A schema that is just `true` says the same as an empty object.
fn object(schema: Value) -> Map<String, Value> {
    match schema {
        Value::Object(schema) => schema,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}
