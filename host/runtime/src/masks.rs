//! Hiding secrets in what a plugin says.
//!
//! A plugin knows its secrets, and programs are careless: they print their
//! configuration, they panic with the request that failed. Wherever text of a plugin
//! goes into the host's log or a fault, or beside a result to a client, its secrets
//! are replaced. That is a net under careless programs and none against malicious
//! ones: who wants to give a secret away can spell it backwards.

use std::borrow::Cow;
use std::fmt;

use crate::grants::Value;

/// Shorter secrets are not hidden: they occur everywhere, and so tell where they are.
const SHORTEST: usize = 4;

/// What stands in a secret's place.
const MASK: &str = "(secret)";

/// The secrets of one plugin.
pub(crate) struct Masks {
    /// Longest first, so that a secret which is a part of another leaves nothing of it.
    secrets: Box<[Box<str>]>,
}

impl Masks {
    /// Takes the secrets among the values. Where output is looked at line by line, the
    /// lines of a secret are secrets as well; and text that is quoted, as JSON or in a
    /// panic message, has them escaped.
    pub(crate) fn new(values: &[&Value]) -> Self {
        let mut secrets: Vec<Box<str>> = Vec::new();
        for value in values.iter().filter(|value| value.is_secret()) {
            let text = value.reveal().trim();
            secrets.extend([text.into(), escaped(text).into()]);
            secrets.extend(text.lines().map(|line| line.trim().into()));
        }
        secrets.retain(|secret| secret.len() >= SHORTEST);
        secrets.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self {
            secrets: secrets.into(),
        }
    }

    /// The text without secrets.
    pub(crate) fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        // Where each secret is next, so that every one of them goes over the text once.
        let mut next: Vec<(usize, &str)> = self
            .secrets
            .iter()
            .filter_map(|secret| Some((text.find(&**secret)?, &**secret)))
            .collect();
        if next.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut hidden = String::with_capacity(text.len());
        let mut done = 0;
        // Of two at one place, `min_by_key` takes the first, which is the longer one.
        while let Some(&(at, secret)) = next.iter().min_by_key(|(at, _)| *at) {
            hidden.push_str(text.get(done..at).unwrap_or_default());
            hidden.push_str(MASK);
            done = at + secret.len();
            next.retain_mut(|(at, secret)| move_on(text, done, at, secret));
        }
        hidden.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(hidden)
    }

    /// The same for text of one's own.
    pub(crate) fn hide_in(&self, text: String) -> String {
        match self.hide(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(hidden) => hidden,
        }
    }

    /// How many bytes at the end may be the beginning of a secret that goes on. Asked of
    /// text that has been hidden already.
    pub(crate) fn unfinished(&self, text: &str) -> usize {
        let unfinished = |secret: &str| {
            let longest = text.len().min(secret.len() - 1);
            let mut starts = (1..=longest)
                .rev()
                .filter_map(|length| secret.get(..length));
            starts.find(|start| text.ends_with(start)).map(str::len)
        };
        let lengths = self.secrets.iter().filter_map(|secret| unfinished(secret));
        lengths.max().unwrap_or_default()
    }
}

/// Finds the next place of a secret at `done` or behind; false if there is none.
fn move_on(text: &str, done: usize, at: &mut usize, secret: &str) -> bool {
    if *at >= done {
        return true;
    }
    let found = text.get(done..).and_then(|rest| rest.find(secret));
    *at = done + found.unwrap_or_default();
    found.is_some()
}

/// As it stands in quoted text, without the quotes.
fn escaped(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or_default().to_owned()
}

impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masks({})", self.secrets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Masks, Value};

    fn masks(secrets: &[&str]) -> Masks {
        let values: Vec<_> = secrets.iter().map(|text| Value::secret(*text)).collect();
        Masks::new(&values.iter().collect::<Vec<_>>())
    }

    #[test]
    fn secrets_are_hidden_and_nothing_else() {
        for (secrets, text, hidden) in [
            (&["sesame"][..], "open sesame!", "open (secret)!"),
            (&["sesame"], "sesamesesame", "(secret)(secret)"),
            (&["sesame"], "Sesame sesam", "Sesame sesam"),
            (
                &["sesame", "open sesame"],
                "open sesame, sesame",
                "(secret), (secret)",
            ),
            (&["abcd", "cdef"], "abcdef", "(secret)ef"),
            (&["secret", "(secret)"], "a secret", "a (secret)"),
            (&["abc"], "abc", "abc"),
            (&["  padded \n"], "a padded b", "a (secret) b"),
            (
                &["pa\"ss"],
                r#"{"k":"pa\"ss"} pa"ss"#,
                r#"{"k":"(secret)"} (secret)"#,
            ),
            (&["-----\nfirst line\nsecond\n"], "first line", "(secret)"),
            (&["äöüß"], "ßäöüßä", "ß(secret)ä"),
            (&[], "open sesame", "open sesame"),
        ] {
            assert_eq!(masks(secrets).hide(text), hidden, "{secrets:?}");
        }
    }

    #[test]
    fn plain_values_are_not_secrets() {
        let plain = Value::plain("sesame");
        assert_eq!(Masks::new(&[&plain]).hide("sesame"), "sesame");
    }

    #[test]
    fn many_secrets_in_much_text_take_one_look_each() {
        let masks = masks(&["aaaa", "bbbb", "never there"]);
        let text = "aaaabbbb".repeat(1 << 17);
        assert_eq!(masks.hide(&text), "(secret)(secret)".repeat(1 << 17));
    }

    #[test]
    fn what_may_go_on() {
        let masks = masks(&["sesame", "samba"]);
        for (text, length) in [
            ("", 0),
            ("x", 0),
            ("xs", 1),
            ("xsesam", 5),
            ("sesame", 0),
            ("sa", 2),
        ] {
            assert_eq!(masks.unfinished(text), length, "{text}");
        }
    }
}
