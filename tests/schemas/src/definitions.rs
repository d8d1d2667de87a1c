//! Named definitions of one schema document, compiled when they are first asked
//! for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// Where older and newer schemas keep their definitions.
const KEYWORDS: [&str; 2] = ["definitions", "$defs"];

/// So many complaints are enough to see what is wrong.
const MAX_COMPLAINTS: usize = 4;

/// The definitions of a document.
#[derive(Debug)]
pub(crate) struct Definitions {
    document: Value,
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

/// Reads a document.
pub(crate) fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| unreachable!("a schema is JSON: {error}"))
}

/// The keyword that this document keeps its definitions under.
pub(crate) fn keyword(document: &Value) -> &'static str {
    let found = KEYWORDS
        .iter()
        .find(|keyword| document.get(keyword).is_some());
    found.unwrap_or_else(|| unreachable!("a schema has definitions"))
}

/// Its definitions.
pub(crate) fn of(document: &Value) -> &Map<String, Value> {
    let found = document[keyword(document)].as_object();
    found.unwrap_or_else(|| unreachable!("definitions have names"))
}

/// Adds the definitions of another document.
pub(crate) fn add(document: &mut Value, other: &Value) {
    let keyword = keyword(document);
    for (name, definition) in of(other) {
        document[keyword][name] = definition.clone();
    }
}

impl Definitions {
    pub(crate) fn new(document: Value) -> Self {
        Self {
            document,
            compiled: Mutex::default(),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        of(&self.document).contains_key(name)
    }

    /// Holds a whole message to a definition. Old revisions define messages without
    /// the envelope they come in.
    pub(crate) fn check_message(&self, name: &str, frame: &Value) -> Result<(), String> {
        if of(&self.document)[name]["properties"]
            .get("jsonrpc")
            .is_some()
        {
            return self.check(name, frame);
        }
        let mut bare = frame.clone();
        if let Some(members) = bare.as_object_mut() {
            members.remove("jsonrpc");
            members.remove("id");
        }
        self.check(name, &bare)
    }

    /// Holds a value to a definition.
    pub(crate) fn check(&self, name: &str, value: &Value) -> Result<(), String> {
        let validator = self.validator(name);
        let complaints: Vec<String> = validator
            .iter_errors(value)
            .take(MAX_COMPLAINTS)
            .map(|error| format!("{name}{}: {error}", error.instance_path()))
            .collect();
        if complaints.is_empty() {
            return Ok(());
        }
        Err(complaints.join("; "))
    }

    fn validator(&self, name: &str) -> Arc<Validator> {
        // A test that failed while it held the lock has left nothing half done.
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || Arc::new(compile(&self.document, name));
        Arc::clone(compiled.entry(name.to_owned()).or_insert_with(compile))
    }
}

fn compile(document: &Value, name: &str) -> Validator {
    let keyword = keyword(document);
    let mut schema = json!({
        "$schema": document["$schema"],
        "allOf": [{ "$ref": format!("#/{keyword}/{name}") }],
    });
    schema[keyword] = document[keyword].clone();
    jsonschema::options()
        .should_validate_formats(true)
        .with_format("byte", |text| STANDARD.decode(text).is_ok())
        .build(&schema)
        .unwrap_or_else(|error| unreachable!("`{name}` is a valid schema: {error}"))
}
