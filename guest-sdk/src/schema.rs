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
mod view;

pub(crate) use form::form;

use fields::field_order;
use schemars::JsonSchema;
use schemars::generate::{Contract, SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use view::{in_order, text};

/// The schema of a tool without arguments.
pub(crate) const NO_ARGUMENTS: &str = r#"{"type":"object","additionalProperties":false}"#;

/// The schema of what deserializes into `T`, as JSON text whose type is `object`.
pub(crate) fn input<T: JsonSchema + DeserializeOwned>() -> String {
    let mut schema = object(derive::<T>(Contract::Deserialize));
    schema
        .entry("type")
        .or_insert_with(|| Value::String("object".to_owned()));
    text(&schema, field_order::<T>())
}

/// The schema of what `T` serializes into, as JSON text; none if it may be
/// anything.
pub(crate) fn output<T: JsonSchema>() -> Option<String> {
    let schema = object(derive::<T>(Contract::Serialize));
    (!schema.is_empty()).then(|| text(&schema, &[]))
}

/// The properties of `T` as name and schema, in the order of its fields, and
/// which of them are required.
pub(crate) fn properties<T: JsonSchema + DeserializeOwned>() -> Properties {
    let schema = derive::<T>(Contract::Deserialize);
    let required = schema["required"].as_array().into_iter().flatten();
    let required = required.filter_map(Value::as_str).map(str::to_owned);
    let all = schema["properties"].as_object().into_iter();
    let all = all.flat_map(|all| in_order(all, field_order::<T>()));
    Properties {
        required: required.collect(),
        all: all
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect(),
    }
}

/// See [`properties`].
pub(crate) struct Properties {
    pub(crate) all: Vec<(String, Value)>,
    pub(crate) required: Vec<String>,
}

fn derive<T: JsonSchema>(contract: Contract) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.meta_schema = None;
    settings.inline_subschemas = true;
    settings.contract = contract;
    let schema = settings.into_generator().into_root_schema_for::<T>();
    schema.to_value()
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
