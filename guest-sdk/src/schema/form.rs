//! Schemas of forms.
//!
//! Forms are flat and know no unions: a field that may be left out is one that
//! is not required, and a choice is a list of constants with titles.

use super::fields::field_order;
use super::view::text;
use super::{derive, object};
use schemars::generate::Contract;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// The schema of a form that deserializes into `T`, as JSON text.
pub(crate) fn form<T: JsonSchema + DeserializeOwned>() -> String {
    form_text(derive::<T>(Contract::Deserialize), field_order::<T>())
}

fn form_text(schema: Schema, fields: &[&str]) -> String {
    let mut schema = object(schema.to_value());
    schema.retain(|key, _| matches!(key.as_str(), "type" | "properties" | "required"));
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties.into_iter().flat_map(Map::values_mut) {
        if let Value::Object(property) = property {
            unwrap_option(property);
            title_choices(property);
        }
    }
    text(&schema, fields)
}

/// Takes `null` out of a property's type: one that has no value is just left out.
pub(super) fn unwrap_option(property: &mut Map<String, Value>) {
    property.retain(|key, value| key != "default" || !value.is_null());
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|name| name != "null");
        if let Some(only) = types.pop() {
            property.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = property.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    if let Some(Value::Array(variants)) = property.remove("anyOf") {
        let real = variants
            .into_iter()
            .find(|variant| variant["type"] != "null");
        for (key, value) in real.map(object).unwrap_or_default() {
            property.entry(key).or_insert(value);
        }
    }
}

/// Turns variants with descriptions into the titled constants that forms know,
/// directly or as the items of a list.
fn title_choices(property: &mut Map<String, Value>) {
    if let Some(Value::Object(items)) = property.get_mut("items") {
        items.remove("description");
        if let Some(choices) = items.remove("oneOf") {
            items.insert("anyOf".to_owned(), titled(&choices));
        }
    }
    if let Some(choices) = property.get("oneOf").map(titled) {
        property.insert("oneOf".to_owned(), choices);
        property.insert("type".to_owned(), json!("string"));
    }
}

fn titled(choices: &Value) -> Value {
    let choices = choices.as_array().into_iter().flatten();
    choices.flat_map(titled_choice).collect()
}

/// One variant with a description, or several without.
fn titled_choice(choice: &Value) -> Vec<Value> {
    let Some(names) = choice["enum"].as_array() else {
        let name = &choice["const"];
        let title = [&choice["title"], &choice["description"], name];
        let title = title.iter().find(|title| title.is_string());
        return vec![json!({ "const": name, "title": title })];
    };
    let titled = names
        .iter()
        .map(|name| json!({ "const": name, "title": name }));
    titled.collect()
}
