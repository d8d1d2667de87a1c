//! The envelope: bytes in, a message or a precise complaint out.
//!
//! Parsing never panics and never looks into `params`, `result` or `error`
//! beyond finding where they end: those stay text for whoever understands the
//! method. Ids stay text too, because they have to go back byte for byte
//! (RPC-3): a number read as a float and written again is another number.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The id of a request: the JSON token as the client wrote it.
///
/// `1`, `"1"` and `1.0` are three different ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(Arc<str>);

/// One message, well formed as far as the envelope goes.
#[derive(Debug)]
pub enum Message<'a> {
    /// Wants an answer.
    Request {
        /// To be echoed in the answer.
        id: RequestId,
        /// What is asked.
        method: Cow<'a, str>,
        /// An object, if present.
        params: Option<&'a RawValue>,
    },
    /// Wants none.
    Notification {
        /// What happened.
        method: Cow<'a, str>,
        /// An object, if present.
        params: Option<&'a RawValue>,
    },
    /// An answer to a request of ours.
    Response {
        /// The id of our request; none if the client could not read it.
        id: Option<RequestId>,
        /// How it went.
        outcome: Result<&'a RawValue, &'a RawValue>,
    },
}

/// Why bytes are not a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// Not JSON, or not UTF-8 (−32700).
    Parse(String),
    /// JSON, but not a JSON-RPC message (−32600).
    Invalid {
        /// The id, where one could be read.
        id: Option<RequestId>,
        /// What is wrong, for the client.
        reason: &'static str,
    },
}

/// A JSON-RPC error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(i32);

impl ErrorCode {
    /// Not JSON.
    pub const PARSE: Self = Self(-32700);
    /// Not a JSON-RPC message.
    pub const INVALID_REQUEST: Self = Self(-32600);
    /// No such method here.
    pub const METHOD_NOT_FOUND: Self = Self(-32601);
    /// The parameters make no sense.
    pub const INVALID_PARAMS: Self = Self(-32602);
    /// The server failed.
    pub const INTERNAL: Self = Self(-32603);
    /// No such resource, in the revisions that have a code for it.
    pub const RESOURCE_NOT_FOUND: Self = Self(-32002);
    /// A header contradicts the body (modern HTTP only).
    pub const HEADER_MISMATCH: Self = Self(-32020);
    /// The client lacks a capability that the call needs (modern only).
    pub const MISSING_CAPABILITY: Self = Self(-32021);
    /// A revision this server does not speak (modern only).
    pub const UNSUPPORTED_VERSION: Self = Self(-32022);

    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }
}

/// Reads one message.
///
/// # Errors
/// [`Malformed`] says what to answer, and to which id.
pub fn parse(bytes: &[u8]) -> Result<Message<'_>, Malformed> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Malformed::Parse(format!("not UTF-8: {error}")))?;
    // Serde would take an array for a struct, member by member.
    if !text.trim_start().starts_with('{') {
        return Err(refuse(text));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|_refused| refuse(text))?;
    envelope.message()
}

/// Checks that bytes are a message, or several in one, as far as can be told without
/// a session.
///
/// # Errors
/// As for [`parse`].
pub fn check(bytes: &[u8]) -> Result<(), Malformed> {
    match batch(bytes) {
        Some(elements) => elements.map(drop),
        None => parse(bytes).map(drop),
    }
}

/// The elements of a batch; none if the text is no array.
///
/// # Errors
/// An array that is not JSON, is empty (BAT-3), or has more elements than anybody
/// sends on purpose.
pub(crate) fn batch(bytes: &[u8]) -> Option<Result<Vec<&RawValue>, Malformed>> {
    let text = std::str::from_utf8(bytes).ok()?;
    if !text.trim_start().starts_with('[') {
        return None;
    }
    let elements: Result<Vec<&RawValue>, _> = serde_json::from_str(text);
    let invalid = |reason| Malformed::Invalid { id: None, reason };
    Some(match elements {
        Err(error) => Err(Malformed::Parse(format!("not valid JSON: {error}"))),
        Ok(elements) if elements.is_empty() => Err(invalid("a batch holds at least one message")),
        Ok(elements) if elements.len() > MAX_BATCH => {
            Err(invalid("a batch holds at most 100 messages"))
        }
        Ok(elements) => Ok(elements),
    })
}

/// The most messages in a batch (SEC-5).
const MAX_BATCH: usize = 100;

/// The members of an envelope, present or not, not yet judged.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

/// Tells `null` from absent, which `Option` by itself does not.
pub(crate) fn present<'de: 'a, 'a, D>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error>
where
    D: Deserializer<'de>,
{
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A string value, unescaped only if it has to be.
pub(crate) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str(raw.get()).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

impl<'a> Envelope<'a> {
    fn message(self) -> Result<Message<'a>, Malformed> {
        let id = self.id.map(RequestId::read).transpose();
        let invalid = |reason| Malformed::Invalid {
            id: id.clone().ok().flatten(),
            reason,
        };
        if self.jsonrpc.map(RawValue::get) != Some(r#""2.0""#) {
            return Err(invalid("`jsonrpc` must be \"2.0\""));
        }
        if self
            .params
            .is_some_and(|params| !params.get().starts_with('{'))
        {
            return Err(invalid("`params` must be an object"));
        }
        match (self.method, self.result, self.error) {
            (Some(method), None, None) => {
                let method = string(method).ok_or_else(|| invalid("`method` must be a string"))?;
                let params = self.params;
                let id = id.clone().map_err(invalid)?;
                Ok(match id {
                    Some(id) => Message::Request { id, method, params },
                    None => Message::Notification { method, params },
                })
            }
            (None, Some(result), None) => Ok(Message::Response {
                id: Some(
                    id.clone()
                        .ok()
                        .flatten()
                        .ok_or_else(|| invalid(RequestId::RULE))?,
                ),
                outcome: Ok(result),
            }),
            (None, None, Some(error)) => Ok(Message::Response {
                id: id.ok().flatten(),
                outcome: Err(error),
            }),
            _ => Err(invalid(
                "a message has exactly one of `method`, `result` and `error`",
            )),
        }
    }
}

/// Why `text` is not an envelope.
fn refuse(text: &str) -> Malformed {
    // What is wrong with the syntax comes before what is wrong with the shape.
    if let Err(error) = serde_json::from_str::<&RawValue>(text) {
        return Malformed::Parse(format!("not valid JSON: {error}"));
    }
    let reason = match text.trim_start().as_bytes().first() {
        Some(b'[') => "batches are not supported here: send one message at a time",
        Some(b'{') => "a member of the message appears twice",
        _ => "a message is a JSON object",
    };
    Malformed::Invalid { id: None, reason }
}

impl RequestId {
    const RULE: &'static str = "`id` must be a string or an integer";

    /// Checks a token (RPC-2, RPC-3).
    fn read(raw: &RawValue) -> Result<Self, &'static str> {
        let token = raw.get();
        let integral = |token: &str| {
            !token.contains(['.', 'e', 'E'])
                || token
                    .parse::<f64>()
                    .is_ok_and(|number| number.is_finite() && number.fract() == 0.0)
        };
        match token.as_bytes().first() {
            Some(b'"') => Ok(Self(token.into())),
            Some(b'-' | b'0'..=b'9') if integral(token) => Ok(Self(token.into())),
            _ => Err(Self::RULE),
        }
    }

    /// The id of a request of ours: they have a space of their own (S2C-2).
    pub fn number(number: u64) -> Self {
        Self(number.to_string().into())
    }

    /// The JSON token.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Reads an id out of `params`, as `notifications/cancelled` has one.
    pub(crate) fn from_raw(raw: &RawValue) -> Option<Self> {
        Self::read(raw).ok()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Message, parse};

    fn show(bytes: &[u8]) -> String {
        match parse(bytes) {
            Ok(Message::Request { id, method, params }) => {
                format!("request {id} {method} {}", params.map_or("-", |p| p.get()))
            }
            Ok(Message::Notification { method, params }) => {
                format!("notification {method} {}", params.map_or("-", |p| p.get()))
            }
            Ok(Message::Response { id, outcome }) => format!(
                "response {} {}",
                id.map_or_else(|| "-".to_owned(), |id| id.to_string()),
                outcome.map_or_else(|e| format!("error {}", e.get()), |r| r.get().to_owned())
            ),
            Err(Malformed::Parse(_)) => "parse error".to_owned(),
            Err(Malformed::Invalid { id, reason }) => format!(
                "invalid {} {reason}",
                id.map_or_else(|| "-".to_owned(), |id| id.to_string())
            ),
        }
    }

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(show(message.as_bytes()), expected, "{message}");
    }

    #[test]
    fn messages_are_told_apart() {
        check(
            r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
            "request 1 ping -",
        );
        check(
            r#" {"params":{"a":[1]},"method":"x\/y","id":"1","jsonrpc":"2.0","more":0} "#,
            r#"request "1" x/y {"a":[1]}"#,
        );
        check(r#"{"jsonrpc":"2.0","method":"n"}"#, "notification n -");
        check(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#, "response 7 {}");
        check(
            r#"{"jsonrpc":"2.0","error":{"code":1}}"#,
            r#"response - error {"code":1}"#,
        );
    }

    #[test]
    fn ids_are_kept_to_the_byte() {
        for id in [
            "0",
            "-1",
            "1.0",
            "123456789012345678901234567890",
            "1e3",
            r#""\u00e4""#,
        ] {
            let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#);
            check(&message, &format!("request {id} m -"));
        }
    }

    #[test]
    fn ids_that_are_none_are_refused() {
        for id in ["null", "1.5", "true", "{}", "[1]"] {
            let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#);
            check(&message, "invalid - `id` must be a string or an integer");
        }
    }

    #[test]
    fn what_is_json_but_no_message_is_invalid() {
        check(
            r#"{"id":3,"method":"m"}"#,
            "invalid 3 `jsonrpc` must be \"2.0\"",
        );
        check(
            r#"{"jsonrpc":"2.0","id":3,"method":"m","params":[1]}"#,
            "invalid 3 `params` must be an object",
        );
        check(
            r#"{"jsonrpc":"2.0","id":3,"method":4}"#,
            "invalid 3 `method` must be a string",
        );
        check(
            r#"{"jsonrpc":"2.0","id":3}"#,
            "invalid 3 a message has exactly one of `method`, `result` and `error`",
        );
        check(
            r#"{"jsonrpc":"2.0","id":3,"id":4,"method":"m"}"#,
            "invalid - a member of the message appears twice",
        );
        check(
            "[]",
            "invalid - batches are not supported here: send one message at a time",
        );
        check("12", "invalid - a message is a JSON object");
    }

    #[test]
    fn what_is_not_json_is_a_parse_error() {
        for bytes in [
            &b""[..],
            b"{",
            b"{}}",
            b"nul",
            b"\xff\xfe",
            b"[1",
            b"{\"a\":1,\"a\":2",
        ] {
            assert_eq!(show(bytes), "parse error", "{bytes:?}");
        }
    }
}
