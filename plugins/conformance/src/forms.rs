//! Forms that several fixtures ask for, and replies in words.

use wharf_sdk::prelude::*;

/// A name.
#[data]
#[derive(Debug, PartialEq)]
pub(crate) struct Name {
    /// A name.
    pub(crate) name: String,
}

impl Name {
    /// Asks for the person's name.
    pub(crate) fn of_user() -> Form<Self> {
        Form::new("user_name", "What is your name?")
    }
}

/// What came back for a form, in one line.
pub(crate) fn in_words<T: wharf_sdk::serde::Serialize>(reply: Reply<T>) -> String {
    match reply {
        Reply::Given(form) => format!("action=accept, content={}", json!(form)),
        Reply::Declined => "action=decline, content={}".to_owned(),
        Reply::Dismissed => "action=cancel, content={}".to_owned(),
        Reply::Failed(message) => format!("failed: {message}"),
    }
}
