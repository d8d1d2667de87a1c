//! Checking text that a guest hands over where the contract says JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use wharf_mcp::model::Json;

/// A member of a guest's output that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("a malformed `{path}`: {problem}")]
pub(crate) struct Bad {
    path: String,
    problem: String,
}

impl Bad {
    pub(crate) fn new(member: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self {
            path: member.into(),
            problem: problem.to_string(),
        }
    }

    /// Says what the member is a part of.
    pub(crate) fn within(mut self, outer: impl fmt::Display) -> Self {
        self.path = format!("{outer}.{}", self.path);
        self
    }
}

/// Converts a list, naming the element that makes no sense.
pub(crate) fn each<T, U>(
    member: &str,
    items: Vec<T>,
    convert: impl Fn(T) -> Result<U, Bad>,
) -> Result<Vec<U>, Bad> {
    let items = items.into_iter().enumerate();
    items
        .map(|(i, item)| convert(item).map_err(|bad| bad.within(format_args!("{member}[{i}]"))))
        .collect()
}

/// Any JSON value.
pub(crate) fn json(member: &str, text: String) -> Result<Json, Bad> {
    Json::parse(text).map_err(|error| Bad::new(member, error))
}

/// A JSON object.
pub(crate) fn object(member: &str, text: String) -> Result<Json, Bad> {
    let json = json(member, text)?;
    if json.is_object() {
        Ok(json)
    } else {
        Err(Bad::new(member, "it is not a JSON object"))
    }
}

/// A `_meta` object, without the keys that plugins must not write.
pub(crate) fn meta(text: Option<String>) -> Result<Option<Json>, Bad> {
    let Some(text) = text else {
        return Ok(None);
    };
    let json = object("meta", text)?;
    let entries = Entries::of(&json).map_err(|error| Bad::new("meta", error))?;
    if entries.0.iter().any(|(key, _)| is_reserved(key)) {
        return entries.without_reserved().map(Some);
    }
    Ok(Some(json))
}

/// The entries of a JSON object, in order; the values as text.
pub(crate) struct Entries<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Entries<'a> {
    pub(crate) fn of(object: &'a Json) -> Result<Self, serde_json::Error> {
        serde_json::from_str(object.as_str())
    }

    /// The value of a key; of several, the last.
    pub(crate) fn get(&self, key: &str) -> Option<&'a str> {
        let entry = self.0.iter().rev().find(|(name, _)| name == key);
        entry.map(|(_, value)| value.get())
    }

    fn without_reserved(self) -> Result<Json, Bad> {
        let mut text = String::from("{");
        for (key, value) in self.0.iter().filter(|(key, _)| !is_reserved(key)) {
            if text.len() > 1 {
                text.push(',');
            }
            let key = serde_json::to_string(key).map_err(|error| Bad::new("meta", error))?;
            text.push_str(&key);
            text.push(':');
            text.push_str(value.get());
        }
        text.push('}');
        json("meta", text)
    }
}

/// Whether only the protocol may use this key (MET-2): a progress token, trace
/// context, and prefixes whose second label is the protocol's.
fn is_reserved(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, _)) => {
            let second = prefix.split('.').nth(1);
            matches!(second, Some("mcp" | "modelcontextprotocol"))
        }
        None => matches!(
            key,
            "progressToken" | "traceparent" | "tracestate" | "baggage"
        ),
    }
}

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// A key, borrowed unless it has escapes in it.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::{Entries, Json, meta};

    fn kept(text: &str) -> String {
        meta(Some(text.to_owned()))
            .unwrap()
            .unwrap()
            .as_str()
            .to_owned()
    }

    #[test]
    fn free_keys_are_kept_as_they_are_written() {
        for text in [
            "{}",
            r#"{ "a": 1,  "com.example/x": [1, 2] }"#,
            r#"{"com.example.mcp/x":1,"mcp/x":2,"a.b.mcp.c/x":3,"my/progressToken":4}"#,
        ] {
            assert_eq!(kept(text), text);
        }
    }

    #[test]
    fn reserved_keys_are_dropped() {
        for key in [
            "progressToken",
            "traceparent",
            "tracestate",
            "baggage",
            "io.modelcontextprotocol/clientInfo",
            "dev.mcp/anything",
            "com.modelcontextprotocol.sub/x",
            r"progress\u0054oken",
        ] {
            let text = format!(r#"{{"a":1,"{key}":{{}},"z":"ä\n"}}"#);
            assert_eq!(kept(&text), r#"{"a":1,"z":"ä\n"}"#, "{key}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["[]", "1", "", "{", "null", "\"x\""] {
            assert!(meta(Some(text.to_owned())).is_err(), "{text}");
        }
        assert!(meta(None).unwrap().is_none());
    }

    #[test]
    fn entries_are_found_by_key() {
        let json = Json::parse(r#"{"a":1,"b\u0062":{"c":2},"a":3}"#.to_owned()).unwrap();
        let entries = Entries::of(&json).unwrap();
        assert_eq!(entries.get("bb"), Some(r#"{"c":2}"#));
        assert_eq!(entries.get("a"), Some("3"));
        assert_eq!(entries.get("c"), None);
    }
}
