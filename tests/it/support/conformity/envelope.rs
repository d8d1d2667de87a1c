//! What a client has sent, whatever it is.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Stands for parameters that no tree can be made of.
pub(super) const ILLEGIBLE: &str = "illegible";

/// A message of the client's, as far as it can be made out. What is nested too
/// deeply to be looked into is still a message.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
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

/// Tells `null` from absent.
fn present<'de, D: Deserializer<'de>>(raw: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(raw).map(Some)
}

impl<'a> Envelope<'a> {
    pub(super) fn read(message: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(message).ok()?;
        let is_object = text.trim_start().starts_with('{');
        serde_json::from_str(text).ok().filter(|_| is_object)
    }

    /// RPC-2.
    pub(super) fn id(&self) -> Option<Value> {
        let id: Value = serde_json::from_str(self.id?.get()).ok()?;
        let integral = |number: f64| number.fract() == 0.0;
        (id.is_string() || id.as_f64().is_some_and(integral)).then_some(id)
    }

    /// A response or notification as it ought to be.
    pub(super) fn is_fine(&self) -> bool {
        let versioned = self
            .jsonrpc
            .is_some_and(|version| version.get() == r#""2.0""#);
        let object = |params: &RawValue| params.get().starts_with('{');
        let parts = [self.method, self.result, self.error];
        versioned
            && self.params.is_none_or(object)
            && parts.iter().flatten().count() == 1
            && (self.method.is_none() || self.id.is_none())
    }

    /// What has an id and is not the answer to something.
    pub(super) fn wants_answer(&self) -> bool {
        self.method.is_some() || !self.is_fine()
    }

    pub(super) fn request(&self, id: Value) -> Value {
        let part = |raw: Option<&RawValue>| raw.map(|raw| serde_json::from_str(raw.get()));
        let mut request = json!({});
        request["id"] = id;
        for (name, raw) in [
            ("jsonrpc", self.jsonrpc),
            ("method", self.method),
            ("params", self.params),
        ] {
            if let Some(value) = part(raw) {
                request[name] = value.unwrap_or_else(|_too_deep| ILLEGIBLE.into());
            }
        }
        request
    }
}
