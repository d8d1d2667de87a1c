//! What HTTP headers say about a message, checked against the message.
//!
//! Pure functions over byte strings: the HTTP binding fetches the headers, and
//! this decides what they mean (docs/requirements.md, §7.2).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The headers of a request that bear on the protocol.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    /// `MCP-Protocol-Version`.
    pub protocol_version: Header<'a>,
    /// `Mcp-Method`.
    pub method: Header<'a>,
    /// `Mcp-Name`.
    pub name: Header<'a>,
    /// Whether there is an `Mcp-Session-Id`.
    pub session: bool,
}

/// One header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Header<'a> {
    /// Not there.
    #[default]
    Absent,
    /// There, once.
    Once(&'a [u8]),
    /// There more than once, which no honest client does (SHM-14).
    Repeated,
}

impl<'a> Header<'a> {
    /// The value as plain text, if it is there and usable (SHM-10, SHM-12).
    pub(crate) fn text(self) -> Result<Option<&'a str>, &'static str> {
        let value = match self {
            Self::Absent => return Ok(None),
            Self::Repeated => return Err("appears more than once"),
            Self::Once(value) => value.trim_ascii(),
        };
        if !value.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
            return Err("holds bytes that are not allowed");
        }
        std::str::from_utf8(value)
            .map(Some)
            .map_err(|_unusable| "holds bytes that are not allowed")
    }

    /// The value as text that may be encoded as `=?base64?…?=` (SHM-11).
    pub(crate) fn decoded(self) -> Result<Option<Cow<'a, str>>, &'static str> {
        let Some(text) = self.text()? else {
            return Ok(None);
        };
        let Some(encoded) = text
            .strip_prefix("=?base64?")
            .and_then(|rest| rest.strip_suffix("?="))
        else {
            return Ok(Some(Cow::Borrowed(text)));
        };
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_unusable| "is not valid base64")?;
        String::from_utf8(bytes)
            .map(|text| Some(Cow::Owned(text)))
            .map_err(|_unusable| "is not valid UTF-8")
    }

    /// Checks that the header says what the body says. `name` is the header's, for
    /// the complaint.
    pub(crate) fn must_be(self, name: &str, expected: &str) -> Result<(), String> {
        compare(
            name,
            self.text().map(|text| text.map(Cow::Borrowed)),
            expected,
        )
    }

    /// The same for a header that may be encoded.
    pub(crate) fn must_decode_to(self, name: &str, expected: &str) -> Result<(), String> {
        compare(name, self.decoded(), expected)
    }
}

fn compare(
    name: &str,
    value: Result<Option<Cow<'_, str>>, &'static str>,
    expected: &str,
) -> Result<(), String> {
    match value {
        Ok(Some(value)) if value == expected => Ok(()),
        Ok(Some(value)) => Err(format!(
            "the header {name} says `{value}`, the message says `{expected}`"
        )),
        Ok(None) => Err(format!(
            "the header {name} is missing; it must say `{expected}`"
        )),
        Err(problem) => Err(format!("the header {name} {problem}")),
    }
}

#[cfg(test)]
mod tests {
    use super::Header;

    #[track_caller]
    fn check(value: &[u8], expected: &str, verdict: Result<(), &str>) {
        let found = Header::Once(value).must_decode_to("H", expected);
        assert_eq!(found.as_ref().copied().map_err(String::as_str), verdict);
    }

    #[test]
    fn plain_values_compare_exactly_after_trimming() {
        check(b"  add  ", "add", Ok(()));
        check(
            b"Add",
            "add",
            Err("the header H says `Add`, the message says `add`"),
        );
        check(b"", "", Ok(()));
    }

    #[test]
    fn wrapped_values_are_decoded_strictly() {
        check(b"=?base64?SGVsbG8=?=", "Hello", Ok(()));
        check(
            b"=?base64?SGVsbG8?=",
            "Hello",
            Err("the header H is not valid base64"),
        );
        check(
            b"=?base64?SGV%bG8=?=",
            "Hello",
            Err("the header H is not valid base64"),
        );
        check(
            b"=?base64?/w==?=",
            "?",
            Err("the header H is not valid UTF-8"),
        );
        check(b"=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?=", Ok(()));
        check(b"=?base64?SGVsbG8=", "=?base64?SGVsbG8=", Ok(()));
    }

    #[test]
    fn smuggled_values_are_refused() {
        check(
            b"a\x00",
            "a",
            Err("the header H holds bytes that are not allowed"),
        );
        check(
            "ü".as_bytes(),
            "ü",
            Err("the header H holds bytes that are not allowed"),
        );
        assert_eq!(
            Header::Repeated.must_be("H", "a"),
            Err("the header H appears more than once".to_owned())
        );
        assert_eq!(
            Header::Absent.must_be("H", "a"),
            Err("the header H is missing; it must say `a`".to_owned())
        );
    }
}
