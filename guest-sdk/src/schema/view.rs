//! How a schema is written.
//!
//! What schemars says too much is left out here, while writing, rather than
//! taken out of the tree before: every plugin carries this code, and looking at
//! a tree takes less of it than changing one.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// A schema as JSON text, its properties in the order of the fields.
pub(crate) fn text(schema: &Map<String, Value>, fields: &[&str]) -> String {
    // Writing values into a string cannot fail: all their keys are strings.
    serde_json::to_string(&Root { schema, fields }).unwrap_or_default()
}

/// The entries named first, in that order, and then all others.
pub(crate) fn in_order<'a>(
    map: &'a Map<String, Value>,
    first: &'a [&'a str],
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let named = first.iter().filter_map(|name| map.get_key_value(*name));
    let others = map.iter().filter(|(key, _)| !first.contains(&key.as_str()));
    named.chain(others)
}

/// The whole schema: what it is first, then its properties, then the rest.
struct Root<'a> {
    schema: &'a Map<String, Value>,
    fields: &'a [&'a str],
}

impl Serialize for Root<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in in_order(self.schema, &["type", "description", "properties"]) {
            match value {
                Value::Object(all) if key == "properties" => {
                    map.serialize_entry(key, &Named(all, self.fields))?;
                }
                // The name of the Rust type.
                Value::String(_) if key == "title" => {}
                noise if is_noise(key, noise) => {}
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_) => map.serialize_entry(key, &Part(value))?,
            }
        }
        map.end()
    }
}

/// Schemas by name, in the order of the fields.
struct Named<'a>(&'a Map<String, Value>, &'a [&'a str]);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(in_order(self.0, self.1).map(|(key, value)| (key, Part(value))))
    }
}

/// Anything inside a schema.
struct Part<'a>(&'a Value);

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(all) => {
                let wanted = all.iter().filter(|(key, value)| !is_noise(key, value));
                serializer.collect_map(wanted.map(|(key, value)| (key, Part(value))))
            }
            Value::Array(all) => serializer.collect_seq(all.iter().map(Part)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.0.serialize(serializer)
            }
        }
    }
}

/// `uint32` and its like are no formats that any other program knows.
fn is_noise(key: &str, value: &Value) -> bool {
    let format = value.as_str().filter(|_| key == "format");
    format.is_some_and(|format| {
        format.starts_with("int")
            || format.starts_with("uint")
            || matches!(format, "float" | "double")
    })
}
