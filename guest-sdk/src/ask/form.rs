//! Forms for the person to fill in.

use super::memory::Answer;
use super::question::{Given, HostQuestion, Question, misplaced};
use crate::bindings::imports::wharf::plugin::types as wit;
use crate::error::{Error, Result};
use crate::schema;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::fmt;
use std::marker::PhantomData;

/// A form for the person to fill in; the answer is a `T`. Not for secrets: see
/// [`Visit`](super::Visit).
///
/// The fields of `T` become the fields of the form: strings, numbers, booleans,
/// enums without data, and vectors of such enums. An `Option` may be left out.
#[must_use]
pub struct Form<T> {
    key: String,
    message: String,
    schema: Schema,
    answer: PhantomData<fn() -> T>,
}

/// A schema that is only derived when the question is put, not when it has been
/// answered.
enum Schema {
    Derived(fn() -> String),
    Given(String),
}

impl<T: DeserializeOwned> Form<T> {
    /// A form and why it is asked.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self
    where
        T: JsonSchema,
    {
        Self {
            key: key.into(),
            message: message.into(),
            schema: Schema::Derived(schema::form::<T>),
            answer: PhantomData,
        }
    }

    /// A form with a JSON Schema of its own: an object whose properties are
    /// strings, numbers, booleans or choices.
    pub fn with_schema(
        key: impl Into<String>,
        message: impl Into<String>,
        schema: impl fmt::Display,
    ) -> Self {
        Self {
            key: key.into(),
            message: message.into(),
            schema: Schema::Given(schema.to_string()),
            answer: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Question for Form<T> {
    type Answer = T;

    fn key(&self) -> &str {
        &self.key
    }

    fn to_host(&self) -> HostQuestion {
        HostQuestion(wit::Question::Form(wit::Form {
            message: self.message.clone(),
            schema: match &self.schema {
                Schema::Derived(derive) => derive(),
                Schema::Given(text) => text.clone(),
            },
        }))
    }

    fn read(&self, given: Given) -> Result<T> {
        let Answer::Accepted(value) = given.0 else {
            return Err(misplaced(&self.key));
        };
        serde_json::from_value(value)
            .map_err(|error| Error::invalid_params(format!("`{}`: {error}", self.key)))
    }
}

impl<T> fmt::Debug for Form<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("key", &self.key)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}
