//! Forms, for clients that know only some fields (DWN-12).

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::model::Json;
use crate::revision::{Dialect, Forms};

/// The form in the words of a revision; none if it has none for it.
pub(super) fn translated<'a>(schema: &'a Json, dialect: &Dialect) -> Option<Cow<'a, str>> {
    match dialect.forms {
        Forms::No => None,
        Forms::Rich => Some(Cow::Borrowed(schema.as_str())),
        Forms::Plain => {
            let mut tree: Value = serde_json::from_str(schema.as_str()).ok()?;
            // The whole form has no dialect there.
            tree.as_object_mut()?.remove("$schema");
            let fields = tree.get_mut("properties").and_then(Value::as_object_mut)?;
            for field in fields.values_mut() {
                plain(field.as_object_mut()?)?;
            }
            Some(Cow::Owned(tree.to_string()))
        }
    }
}

/// Makes a field plain; none if it cannot be.
fn plain(field: &mut Map<String, Value>) -> Option<()> {
    match field.get("type").and_then(Value::as_str)? {
        "boolean" => {}
        "string" => {
            field.remove("default");
            if let Some(choices) = field.remove("oneOf") {
                let (values, names) = choices.as_array()?.iter().map(choice).collect();
                field.insert("enum".to_owned(), Value::Array(values));
                field.insert("enumNames".to_owned(), Value::Array(names));
            }
        }
        "number" | "integer" => {
            field.remove("default");
        }
        // Several choices at once.
        _ => return None,
    }
    Some(())
}

/// A titled choice as value and name.
fn choice(choice: &Value) -> (Value, Value) {
    let value = choice.get("const").cloned().unwrap_or_default();
    let name = choice
        .get("title")
        .cloned()
        .unwrap_or_else(|| value.clone());
    (value, name)
}

#[cfg(test)]
mod tests {
    use super::translated;
    use crate::model::Json;
    use crate::revision::Revision;

    #[track_caller]
    fn check(revision: &str, field: &str, expected: Option<&str>) {
        let form = |field: &str| format!(r#"{{"properties":{{"f":{field}}},"type":"object"}}"#);
        let dialect = Revision::parse(revision).unwrap().dialect();
        let schema = Json::parse(form(field)).unwrap();
        let found = translated(&schema, dialect);
        assert_eq!(found.as_deref(), expected.map(form).as_deref());
    }

    #[test]
    fn clients_with_all_fields_get_forms_as_they_are() {
        let field = r#"{"type":"array","items":{"enum":["a"]},"default":["a"]}"#;
        check("2025-11-25", field, Some(field));
        check("2026-07-28", field, Some(field));
    }

    #[test]
    fn plain_forms_have_no_defaults_and_names_apart() {
        check(
            "2025-06-18",
            r#"{"default":"a","oneOf":[{"const":"a","title":"A"},{"const":"b"}],"type":"string"}"#,
            Some(r#"{"enum":["a","b"],"enumNames":["A","b"],"type":"string"}"#),
        );
        check(
            "2025-06-18",
            r#"{"default":1,"type":"integer"}"#,
            Some(r#"{"type":"integer"}"#),
        );
        let agreed = r#"{"default":true,"type":"boolean"}"#;
        check("2025-06-18", agreed, Some(agreed));
    }

    #[test]
    fn what_has_no_plain_form_is_not_asked() {
        check(
            "2025-06-18",
            r#"{"type":"array","items":{"enum":["a"]}}"#,
            None,
        );
        check("2025-03-26", r#"{"type":"string"}"#, None);
    }
}
