//! Texts that an operator gives to a plugin.

use std::fmt;
use std::sync::Arc;

/// A text for a plugin, which may be a secret.
///
/// A secret is shown to the plugin and to nobody else: not in `Debug`, and where it
/// stands in what the plugin prints, logs, reports, panics or fails with, there is
/// `(secret)` instead, if it has at least four characters. Results of calls are the
/// plugin's own, and nothing is masked in those; nor does this stop a plugin that wants
/// to give a secret away, and only has to write it differently.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    text: Arc<str>,
    secret: bool,
}

impl Value {
    /// A text that anybody may see.
    pub fn plain(text: impl Into<Arc<str>>) -> Self {
        Self {
            text: text.into(),
            secret: false,
        }
    }

    /// A text that only the plugin may see.
    pub fn secret(text: impl Into<Arc<str>>) -> Self {
        Self {
            text: text.into(),
            secret: true,
        }
    }

    /// The text itself. For the plugin, and for masking.
    pub fn reveal(&self) -> &Arc<str> {
        &self.text
    }

    /// Whether it must not be shown.
    pub fn is_secret(&self) -> bool {
        self.secret
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret {
            f.write_str("Value(secret)")
        } else {
            f.debug_tuple("Value").field(&self.text).finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn secrets_are_not_shown() {
        let (plain, secret) = (Value::plain("open"), Value::secret("sesame"));
        assert_eq!(format!("{plain:?}"), r#"Value("open")"#);
        assert_eq!(format!("{secret:?}"), "Value(secret)");
    }
}
