//! JSON in and out, in the few forms the SDK needs.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parses JSON; the error says what is wrong but not where in the text, which
/// nobody who reads the message has seen.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| without_position(&error))
}

fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    message
        .strip_suffix(&position)
        .unwrap_or(&message)
        .to_owned()
}

/// Parses JSON that the host has made; what cannot happen is `null`.
pub(crate) fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
