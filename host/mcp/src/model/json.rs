//! JSON that is passed on, not looked into.

use std::fmt;

use serde_json::value::RawValue;

/// One complete JSON value as text, on one line.
///
/// Arguments, structured results, schemas and `_meta` go through the host as
/// text: they are checked once, on construction, and then copied. The text holds
/// no line breaks (in JSON those can only be white space between tokens), so it
/// can be put into a newline-delimited frame or a server-sent event as it is.
#[derive(Clone)]
pub struct Json(Box<RawValue>);

/// Text that should have been JSON is not.
#[derive(Debug, thiserror::Error)]
#[error("not valid JSON: {0}")]
pub struct InvalidJson(#[source] serde_json::Error);

impl Json {
    /// Checks that `text` is one JSON value and keeps it.
    pub fn parse(text: String) -> Result<Self, InvalidJson> {
        let text = if text.contains(['\n', '\r']) {
            text.replace(['\n', '\r'], " ")
        } else {
            text
        };
        RawValue::from_string(text).map(Self).map_err(InvalidJson)
    }

    /// Keeps a value that a decoder has met.
    pub fn from_raw(raw: &RawValue) -> Self {
        if raw.get().contains(['\n', '\r']) {
            let line = raw.get().replace(['\n', '\r'], " ");
            // Replacing white space by white space keeps JSON valid.
            return Self(RawValue::from_string(line).unwrap_or_else(|_| RawValue::NULL.to_owned()));
        }
        Self(raw.to_owned())
    }

    /// The empty object, `{}`.
    pub fn empty_object() -> Self {
        Self(RawValue::from_string("{}".to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The text, for decoders.
    pub(crate) fn raw(&self) -> &RawValue {
        &self.0
    }

    /// What is between the braces of an object; nothing if it is none.
    pub(crate) fn members(&self) -> &str {
        let inner = self
            .as_str()
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        inner.unwrap_or_default().trim()
    }

    /// Whether the value is an object.
    pub fn is_object(&self) -> bool {
        self.as_str().starts_with('{')
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq for Json {
    /// Textual equality: `1.0` and `1` are different texts.
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn line_breaks_between_tokens_become_spaces() {
        let json = Json::parse("{\n  \"a\": \"x\\ny\"\r\n}".to_owned()).unwrap();
        assert_eq!(json.as_str(), r#"{   "a": "x\ny"  }"#);
    }

    #[test]
    fn what_is_not_one_value_is_refused() {
        for text in ["", "{", "{} {}", "{\"a\":\"\u{1}\"}", "nul"] {
            assert!(Json::parse(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn objects_are_told_from_other_values() {
        assert!(Json::parse("  {}".to_owned()).unwrap().is_object());
        assert!(!Json::parse("[]".to_owned()).unwrap().is_object());
    }
}
