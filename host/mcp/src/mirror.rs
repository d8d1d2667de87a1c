//! Arguments that modern HTTP clients repeat in headers, for whatever stands
//! between them and us: `x-mcp-header` in a tool's input schema, `Mcp-Param-…` in
//! a request (XMH-1, SHM-13).

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::headers::Header;
use crate::model::Json;

/// The keyword in schemas.
const KEYWORD: &str = "x-mcp-header";

/// The largest integer that all clients can represent.
const MAX_INTEGER: f64 = 9_007_199_254_740_991.0;

/// An argument and the header that repeats it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The header's name, in lower case.
    header: String,
    /// Where the argument is.
    path: Vec<String>,
}

/// Why a schema's use of the keyword makes its tool unusable (XMH-2): clients drop
/// such tools without a word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`x-mcp-header` at `{place}`: {problem}")]
pub struct InvalidMirror {
    /// A JSON pointer into the schema.
    pub place: String,
    /// What is wrong.
    pub problem: &'static str,
}

impl Mirrored {
    /// The arguments that an input schema wants repeated.
    ///
    /// # Errors
    /// The keyword is used where or how it must not be.
    pub fn all(schema: &Json) -> Result<Vec<Self>, InvalidMirror> {
        // Most schemas do not know the keyword.
        if !schema.as_str().contains(KEYWORD) {
            return Ok(Vec::new());
        }
        let Ok(tree) = serde_json::from_str::<Value>(schema.as_str()) else {
            return Ok(Vec::new());
        };
        let mut found = Finder::default();
        found.object(&tree, &mut Vec::new(), "", true)?;
        Ok(found.mirrored)
    }

    /// Checks that the headers of a request say what its arguments say. `header`
    /// looks headers up by their lower-case names.
    ///
    /// # Errors
    /// Says which header contradicts which argument.
    pub fn check<'h>(
        all: &[Self],
        arguments: &Json,
        header: impl Fn(&str) -> Header<'h>,
    ) -> Result<(), String> {
        if all.is_empty() {
            return Ok(());
        }
        let tree: Value = serde_json::from_str(arguments.as_str()).unwrap_or_default();
        all.iter()
            .try_for_each(|mirrored| mirrored.agrees(&tree, header(&mirrored.header)))
    }

    fn agrees(&self, arguments: &Value, header: Header<'_>) -> Result<(), String> {
        let mut path = self.path.iter();
        let argument = path.try_fold(arguments, |value, name| value.get(name));
        let name = &self.header;
        let said = header
            .decoded()
            .map_err(|problem| format!("the header {name} {problem}"))?;
        let expected = match argument {
            None | Some(Value::Null) => {
                return said.map_or(Ok(()), |_| {
                    Err(format!(
                        "the header {name} is there, the argument `{}` is not",
                        self.path.join(".")
                    ))
                });
            }
            Some(Value::String(text)) => Cow::Borrowed(text.as_str()),
            Some(other) => Cow::Owned(other.to_string()),
        };
        match said {
            None => Err(format!(
                "the header {name} is missing; it must say `{expected}`"
            )),
            Some(said) if said == expected || is_same_number(&said, argument) => Ok(()),
            Some(said) => Err(format!(
                "the header {name} says `{said}`, the message says `{expected}`"
            )),
        }
    }
}

/// Integers compare as numbers: `42.0` is `42`.
fn is_same_number(said: &str, argument: Option<&Value>) -> bool {
    let number = argument.and_then(Value::as_f64);
    let said = said.parse::<f64>().ok();
    matches!((said, number), (Some(said), Some(number))
        if said.abs() <= MAX_INTEGER && (said - number).abs() < f64::EPSILON)
}

/// Walks a schema.
#[derive(Default)]
struct Finder {
    mirrored: Vec<Mirrored>,
    names: BTreeSet<String>,
}

impl Finder {
    /// A schema. `place` is where it is; `reachable`, whether through properties of
    /// properties alone.
    fn object(
        &mut self,
        schema: &Value,
        path: &mut Vec<String>,
        place: &str,
        reachable: bool,
    ) -> Result<(), InvalidMirror> {
        match schema {
            Value::Object(members) => {
                if let Some(name) = members.get(KEYWORD) {
                    let reachable = reachable && !path.is_empty();
                    let mirrored = mirrored(name, members, path, reachable);
                    self.add(mirrored.map_err(|problem| invalid(place, problem))?, place)?;
                }
                for (keyword, value) in members {
                    let place = format!("{place}/{keyword}");
                    match keyword.as_str() {
                        "properties" => self.properties(value, path, &place, reachable)?,
                        // Names of schemas, not keywords.
                        "$defs" | "definitions" | "patternProperties" | "dependentSchemas" => {
                            self.properties(value, path, &place, false)?;
                        }
                        // Values, not schemas.
                        "default" | "const" | "enum" | "examples" => {}
                        _ => self.object(value, path, &place, false)?,
                    }
                }
                Ok(())
            }
            Value::Array(elements) => elements
                .iter()
                .try_for_each(|element| self.object(element, path, place, false)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn properties(
        &mut self,
        schemas: &Value,
        path: &mut Vec<String>,
        place: &str,
        reachable: bool,
    ) -> Result<(), InvalidMirror> {
        for (name, schema) in schemas.as_object().into_iter().flatten() {
            path.push(name.clone());
            self.object(schema, path, &format!("{place}/{name}"), reachable)?;
            path.pop();
        }
        Ok(())
    }

    fn add(&mut self, mirrored: Mirrored, place: &str) -> Result<(), InvalidMirror> {
        if !self.names.insert(mirrored.header.clone()) {
            return Err(invalid(place, "another argument has the same header"));
        }
        self.mirrored.push(mirrored);
        Ok(())
    }
}

fn invalid(place: &str, problem: &'static str) -> InvalidMirror {
    InvalidMirror {
        place: place.to_owned(),
        problem,
    }
}

/// What the keyword says about a schema at a place. The error says why it must not.
fn mirrored(
    name: &Value,
    schema: &Map<String, Value>,
    path: &[String],
    reachable: bool,
) -> Result<Mirrored, &'static str> {
    let name = name
        .as_str()
        .filter(|name| is_token(name))
        .ok_or("it must be a header name")?;
    if !reachable {
        return Err("only properties of objects can be repeated");
    }
    let kind = schema.get("type").and_then(Value::as_str);
    if !matches!(kind, Some("string" | "integer" | "boolean")) {
        return Err("the type must be string, integer or boolean");
    }
    Ok(Mirrored {
        header: format!("mcp-param-{}", name.to_ascii_lowercase()),
        path: path.to_vec(),
    })
}

/// RFC 9110.
fn is_token(name: &str) -> bool {
    let special = |byte: u8| b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || special(byte))
}

#[cfg(test)]
mod tests {
    use super::Mirrored;
    use crate::headers::Header;
    use crate::model::Json;

    const SCHEMA: &str = r#"{"type":"object","properties":{
        "region":{"type":"string","x-mcp-header":"Region"},
        "deep":{"type":"object","properties":{
            "count":{"type":"integer","x-mcp-header":"Count"},
            "dry":{"type":"boolean","x-mcp-header":"Dry-Run"}}},
        "x-mcp-header":{"type":"string"}}}"#;

    fn all(schema: &str) -> Result<Vec<Mirrored>, String> {
        let schema = Json::parse(schema.to_owned()).unwrap();
        Mirrored::all(&schema).map_err(|error| error.to_string())
    }

    /// The verdict on a request with these headers.
    fn check(arguments: &str, headers: &[(&str, &str)]) -> Result<(), String> {
        let arguments = Json::parse(arguments.to_owned()).unwrap();
        Mirrored::check(&all(SCHEMA).unwrap(), &arguments, |name| {
            let found = headers.iter().find(|(header, _)| *header == name);
            found.map_or(Header::Absent, |(_, value)| Header::Once(value.as_bytes()))
        })
    }

    #[test]
    fn headers_say_what_arguments_say() {
        let arguments = r#"{"region":"Zürich","deep":{"count":42,"dry":true}}"#;
        let region = ("mcp-param-region", "=?base64?WsO8cmljaA==?=");
        let dry = ("mcp-param-dry-run", "true");
        for count in ["42", "42.0"] {
            let headers = [region, dry, ("mcp-param-count", count)];
            assert_eq!(check(arguments, &headers), Ok(()), "{count}");
        }
        for count in ["43", "", "forty-two"] {
            let headers = [region, dry, ("mcp-param-count", count)];
            assert!(check(arguments, &headers).is_err(), "{count}");
        }
        assert_eq!(
            check(arguments, &[region, dry]),
            Err("the header mcp-param-count is missing; it must say `42`".to_owned())
        );
    }

    #[test]
    fn what_is_not_given_is_not_repeated() {
        assert_eq!(check("{}", &[]), Ok(()));
        assert_eq!(check(r#"{"region":null}"#, &[]), Ok(()));
        assert_eq!(check("{}", &[("mcp-param-other", "x")]), Ok(()));
        assert_eq!(
            check(r#"{"region":""}"#, &[("mcp-param-region", "")]),
            Ok(())
        );
        assert_eq!(
            check(r#"{"region":null}"#, &[("mcp-param-region", "x")]),
            Err("the header mcp-param-region is there, the argument `region` is not".to_owned())
        );
    }

    #[test]
    fn misuse_is_found_wherever_it_is() {
        let property =
            |property: &str| all(&format!(r#"{{"properties":{{"a":{property}}}}}"#)).unwrap_err();
        assert_eq!(
            property(r#"{"type":"number","x-mcp-header":"A"}"#),
            "`x-mcp-header` at `/properties/a`: the type must be string, integer or boolean"
        );
        assert_eq!(
            property(r#"{"type":"string","x-mcp-header":"A b"}"#),
            "`x-mcp-header` at `/properties/a`: it must be a header name"
        );
        assert_eq!(
            property(r#"{"type":"array","items":{"type":"string","x-mcp-header":"A"}}"#),
            "`x-mcp-header` at `/properties/a/items`: only properties of objects can be repeated"
        );
        assert_eq!(
            all(
                r#"{"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}}"#
            ),
            Err(
                "`x-mcp-header` at `/properties/b`: another argument has the same header"
                    .to_owned()
            )
        );
        assert!(
            all(r#"{"anyOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]}"#)
                .is_err()
        );
        assert!(all(r#"{"default":{"x-mcp-header":1}}"#).unwrap().is_empty());
    }
}
