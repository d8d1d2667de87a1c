//! Checking arguments and results against the JSON Schemas of tools.
//!
//! A schema is compiled once, when its plugin is loaded. Checking has two
//! parts. The [`quick`] part walks the JSON text as it is read, builds nothing,
//! and knows the keywords that nearly all tool schemas are made of; what it
//! accepts is accepted. What it refuses, and all schemas that use other
//! keywords, go to the complete validator, which needs a tree but can say in
//! words what is wrong.
//!
//! Nothing is ever fetched: a schema that refers to another document does not
//! compile (TOL-15). Patterns run on an engine without backtracking, so that no
//! schema can make the host spin.

mod quick;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;
use wharf_mcp::model::Json;

use quick::Quick;

/// The largest schema that is accepted, in bytes of JSON. Real ones have a few
/// thousand; the bound keeps a plugin from making its own loading expensive.
const MAX_SCHEMA: usize = 256 * 1024;

/// How many complaints one message holds: enough to mend a call in one go.
const MAX_COMPLAINTS: usize = 5;

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Schema {
    quick: Option<Quick>,
    complete: Validator,
}

/// Why a schema cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It is unreasonably large.
    #[error("it is {0} bytes long, the limit is {MAX_SCHEMA}")]
    TooLarge(usize),
    /// It is not JSON that can be read, for example because it is nested too deeply.
    #[error("it is not usable JSON")]
    Json(#[source] serde_json::Error),
    /// It is no valid schema in its dialect, or refers to another document.
    #[error("it is not a valid JSON Schema: {0}")]
    Invalid(String),
    /// The schema of arguments does not describe an object (TOL-4).
    #[error("its `type` must be \"object\"")]
    NotAnObject,
}

impl Schema {
    /// Compiles the schema of a tool's arguments.
    pub(crate) fn of_arguments(schema: &Json) -> Result<Self, SchemaError> {
        let tree = read(schema)?;
        if tree.get("type").and_then(Value::as_str) != Some("object") {
            return Err(SchemaError::NotAnObject);
        }
        Self::compile(&tree)
    }

    /// Compiles the schema of a structured result.
    pub(crate) fn of_result(schema: &Json) -> Result<Self, SchemaError> {
        Self::compile(&read(schema)?)
    }

    fn compile(tree: &Value) -> Result<Self, SchemaError> {
        let complete = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(tree)
            .map_err(|error| SchemaError::Invalid(error.to_string()))?;
        Ok(Self {
            quick: Quick::compile(tree),
            complete,
        })
    }

    /// Checks a value. The error says what is wrong and where, for whoever made
    /// the value.
    pub(crate) fn check(&self, json: &Json) -> Result<(), String> {
        if self
            .quick
            .as_ref()
            .is_some_and(|quick| quick.accepts(json.as_str()))
        {
            return Ok(());
        }
        let tree = serde_json::from_str(json.as_str()).map_err(|error| error.to_string())?;
        let complaints: Vec<String> = self
            .complete
            .iter_errors(&tree)
            .take(MAX_COMPLAINTS)
            .map(|error| complaint(&error.instance_path().to_string(), &error.to_string()))
            .collect();
        if complaints.is_empty() {
            return Ok(());
        }
        Err(complaints.join("; "))
    }
}

fn read(schema: &Json) -> Result<Value, SchemaError> {
    let text = schema.as_str();
    if text.len() > MAX_SCHEMA {
        return Err(SchemaError::TooLarge(text.len()));
    }
    serde_json::from_str(text).map_err(SchemaError::Json)
}

/// The place is left out where it is the whole value.
fn complaint(place: &str, problem: &str) -> String {
    // The offending value is part of the message and may be long.
    let mut problem = problem.to_owned();
    if let Some((cut, _)) = problem.char_indices().nth(300) {
        problem.truncate(cut);
        problem.push('…');
    }
    if place.is_empty() {
        problem
    } else {
        format!("{place}: {problem}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Schema, SchemaError};
    use wharf_mcp::model::Json;

    fn json(text: &str) -> Json {
        Json::parse(text.to_owned()).unwrap()
    }

    #[test]
    fn complaints_name_the_place() {
        let schema = Schema::of_arguments(&json(
            r#"{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"#,
        ))
        .unwrap();
        assert_eq!(schema.check(&json(r#"{"n":1}"#)), Ok(()));
        assert_eq!(
            schema.check(&json(r#"{"n":"x"}"#)),
            Err(r#"/n: "x" is not of type "integer""#.to_owned())
        );
        assert_eq!(
            schema.check(&json("{}")),
            Err(r#""n" is a required property"#.to_owned())
        );
    }

    #[test]
    fn schemas_that_cannot_be_used_are_refused() {
        let compile = |text| Schema::of_arguments(&json(text)).unwrap_err();
        assert!(matches!(compile("{}"), SchemaError::NotAnObject));
        assert!(matches!(compile("true"), SchemaError::NotAnObject));
        assert!(matches!(
            compile(r#"{"type":"object","properties":5}"#),
            SchemaError::Invalid(_)
        ));
        assert!(matches!(
            compile(r#"{"type":"object","$ref":"https://example.com/schema.json"}"#),
            SchemaError::Invalid(_)
        ));
        let long = format!(r#"{{"type":"object","title":"{}"}}"#, "x".repeat(300_000));
        assert!(matches!(compile(&long), SchemaError::TooLarge(_)));
    }

    /// TOL-15: without a word it is 2020-12; older dialects are known by their names,
    /// and others are refused.
    #[test]
    fn schemas_may_name_their_dialect() {
        let check = |dialect: &str, value: &str| {
            let pair = r#""items":[{"type":"string"}],"prefixItems":[{"type":"integer"}]"#;
            let properties = format!(r#"{{"pair":{{{pair}}}}}"#);
            let schema = format!(r#"{{{dialect}"type":"object","properties":{properties}}}"#);
            Schema::of_arguments(&json(&schema)).map(|it| it.check(&json(value)).is_ok())
        };
        let tuple_of_old = r#""$schema":"http://json-schema.org/draft-07/schema#","#;
        assert!(check(tuple_of_old, r#"{"pair":["x"]}"#).unwrap());
        assert!(!check(tuple_of_old, r#"{"pair":[1]}"#).unwrap());
        assert!(matches!(check("", "{}"), Err(SchemaError::Invalid(_))));
        let newest =
            r#"{"type":"object","properties":{"pair":{"prefixItems":[{"type":"integer"}]}}}"#;
        let newest = Schema::of_arguments(&json(newest)).unwrap();
        assert!(newest.check(&json(r#"{"pair":["x"]}"#)).is_err());
        let foreign = r#""$schema":"https://example.com/dialect","#;
        assert!(matches!(check(foreign, "{}"), Err(SchemaError::Invalid(_))));
    }

    #[test]
    fn keywords_the_quick_part_does_not_know_work_all_the_same() {
        let schema = Schema::of_arguments(&json(
            r#"{"type":"object","oneOf":[{"required":["a"]},{"required":["b"]}]}"#,
        ))
        .unwrap();
        assert_eq!(schema.check(&json(r#"{"a":1}"#)), Ok(()));
        assert!(schema.check(&json(r#"{"a":1,"b":1}"#)).is_err());
    }
}
