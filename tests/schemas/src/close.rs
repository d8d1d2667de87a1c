//! A schema that names everything there may be.
//!
//! The published schemas leave nearly every object open, so that a client of one
//! revision can read a server of the next. [`close`] turns "may have more" into
//! "has no more", except where the protocol itself says that anything may be
//! there.

use serde_json::{Map, Value, json};

use crate::definitions;
use crate::tables::Allowance;

/// Members that hold what other people define.
const FREE: [&str; 3] = ["_meta", "inputSchema", "outputSchema"];

/// Definitions that others are built on, and open by nature.
const BASES: [&str; 4] = ["Result", "Request", "Notification", "PaginatedResult"];

/// The same document with every object closed that is not free by nature.
pub(crate) fn close(document: &Value, allowances: &[Allowance]) -> Value {
    let published = definitions::of(document);
    let mut closed = document.clone();
    let keyword = definitions::keyword(document);
    for (name, definition) in published {
        if name.ends_with("MetaObject") || BASES.contains(&name.as_str()) {
            continue;
        }
        let envelope = name.starts_with("JSONRPC");
        // "Empty" is a base with nothing built on it.
        let definition = if name == "EmptyResult" {
            &published["Result"]
        } else {
            definition
        };
        let mut definition = definition.clone();
        for allowance in allowances.iter().filter(|it| it.definition == name) {
            let members = &mut definition["properties"];
            if members.get(allowance.member).is_none() {
                members[allowance.member] = definitions::read(allowance.holds);
            }
        }
        close_in(&mut definition, published, envelope);
        closed[keyword][name] = definition;
    }
    closed
}

/// Closes a schema and all that it is made of. What an envelope holds is not its
/// own business.
fn close_in(schema: &mut Value, published: &Map<String, Value>, envelope: bool) {
    match schema {
        Value::Object(members) => {
            merge_all_of(members, published);
            close_object(members);
            for (keyword, value) in members.iter_mut() {
                match (keyword.as_str(), value) {
                    ("properties", Value::Object(properties)) => {
                        for (name, property) in properties.iter_mut() {
                            let free = FREE.contains(&name.as_str());
                            if !(free || envelope && name == "params") {
                                close_in(property, published, envelope);
                            }
                        }
                    }
                    (_, value) => close_in(value, published, envelope),
                }
            }
        }
        Value::Array(schemas) => {
            for schema in schemas {
                close_in(schema, published, envelope);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn close_object(schema: &mut Map<String, Value>) {
    let names_members = schema
        .get("properties")
        .and_then(Value::as_object)
        .is_some_and(|properties| !properties.is_empty());
    let says_nothing = schema
        .get("additionalProperties")
        .is_none_or(|additional| *additional == json!({}));
    if names_members && says_nothing {
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
}

/// Two objects that have to be met at once are one with the members of both: each
/// by itself could not be closed.
fn merge_all_of(schema: &mut Map<String, Value>, published: &Map<String, Value>) {
    let Some(Value::Array(parts)) = schema.remove("allOf") else {
        return;
    };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in &parts {
        let part = part["$ref"]
            .as_str()
            .and_then(|target| published.get(target.rsplit('/').next()?))
            .unwrap_or(part);
        let more = part["properties"].as_object().cloned();
        properties.extend(more.unwrap_or_default());
        let more = part["required"].as_array().into_iter().flatten();
        for name in more {
            if !required.contains(name) {
                required.push(name.clone());
            }
        }
    }
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), Value::Array(required));
}
