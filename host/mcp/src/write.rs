//! A JSON writer that knows no types, only punctuation.
//!
//! Frames are written once, front to back, into one buffer: text that is JSON
//! already is copied, strings are escaped, media becomes base64 in place. There
//! is no tree in between.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::model::Json;

/// Writes one JSON value. Members and elements place their own commas by looking
/// at what was written last.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            out: Vec::with_capacity(bytes),
        }
    }

    pub(crate) fn finish(self) -> Bytes {
        Bytes::from(self.out)
    }

    /// An object whose members `members` writes.
    pub(crate) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.separate();
        self.out.push(b'{');
        members(self);
        self.out.push(b'}');
    }

    /// An array whose elements `each` writes, one for each item.
    pub(crate) fn array<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.separate();
        self.out.push(b'[');
        for item in items {
            each(self, item);
        }
        self.out.push(b']');
    }

    /// A member's name; its value has to follow.
    pub(crate) fn key(&mut self, name: &str) -> &mut Self {
        self.string(name);
        self.out.push(b':');
        self
    }

    /// A string value.
    pub(crate) fn string(&mut self, text: &str) {
        self.separate();
        // A Vec takes whatever is written, and a str always has a JSON form.
        let written = serde_json::to_writer(&mut self.out, text);
        debug_assert!(written.is_ok());
    }

    /// Text that is one JSON value already.
    pub(crate) fn raw(&mut self, json: &str) {
        self.separate();
        self.out.extend_from_slice(json.as_bytes());
    }

    /// Members written elsewhere, without braces: `"a":1,"b":2`.
    pub(crate) fn members(&mut self, members: &[u8]) {
        if !members.is_empty() {
            self.separate();
            self.out.extend_from_slice(members);
        }
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// An integer or float. What JSON cannot say (an infinity) becomes `null`.
    pub(crate) fn number(&mut self, value: impl serde::Serialize) {
        self.separate();
        let written = serde_json::to_writer(&mut self.out, &value);
        debug_assert!(written.is_ok());
    }

    /// Bytes as a base64 string.
    pub(crate) fn base64(&mut self, data: &[u8]) {
        self.separate();
        self.out.push(b'"');
        let start = self.out.len();
        let room = data.len().div_ceil(3).saturating_mul(4);
        self.out.resize(start + room, b'=');
        // The room is exactly what padded base64 needs.
        let written = STANDARD.encode_slice(data, &mut self.out[start..]);
        debug_assert_eq!(written.ok(), Some(room));
        self.out.push(b'"');
    }

    pub(crate) fn text_member(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.key(name).string(value);
        }
    }

    pub(crate) fn json_member(&mut self, name: &str, value: Option<&Json>) {
        if let Some(value) = value {
            self.key(name).raw(value.as_str());
        }
    }

    pub(crate) fn boolean_member(&mut self, name: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.key(name).boolean(value);
        }
    }

    /// A comma, unless something was opened or named just now.
    fn separate(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(b',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Writer;

    #[test]
    fn commas_stand_where_they_belong() {
        let mut writer = Writer::default();
        writer.object(|w| {
            w.key("a").array([1, 2], Writer::number);
            w.key("b").object(|_| {});
            w.text_member("c", Some("x\"\n{"));
            w.text_member("d", None);
            w.members(br#""e":1.5,"f":null"#);
            w.members(b"");
            w.key("g").base64(b"four");
            w.key("h").base64(b"");
            w.key("i").boolean(true);
            w.key("j").number(f64::INFINITY);
        });
        let written = writer.finish();
        assert_eq!(
            std::str::from_utf8(&written).unwrap(),
            r#"{"a":[1,2],"b":{},"c":"x\"\n{","e":1.5,"f":null,"g":"Zm91cg==","h":"","i":true,"j":null}"#
        );
    }
}
