//! Tools: functions that a language model may call.
//!
//! Most plugins write functions with [`#[tool]`](macro@crate::tool) and list
//! them in [`plugin!`](crate::plugin). The attribute implements [`ToolFn`] for
//! them, and a list of such functions is a [`Tools`].
//!
//! A plugin that learns its tools only when it runs (from a database, from a
//! granted file) implements [`Tools`] itself, with the same [`Tool`] and
//! [`ToolResult`] that the attribute uses.
//!
//! This module never looks into arguments: they stay JSON text until a tool
//! says what type they are, and the host has checked them against the schema.

mod definition;
mod result;
#[cfg(test)]
mod tests;

pub use definition::{TaskSupport, Tool};
pub use result::{IntoToolResult, Json, ToolResult};

use crate::error::{Error, Result};
use crate::request::Request;
use serde::de::DeserializeOwned;
use std::fmt;

/// The tools of a plugin.
///
/// ```
/// use wharf_sdk::prelude::*;
///
/// /// Tools whose names are known only at run time.
/// struct Greetings;
///
/// impl Tools for Greetings {
///     fn list(&self) -> Result<Vec<Tool>> {
///         Ok(vec![Tool::new("hi"), Tool::new("bye")])
///     }
///
///     fn call(&self, _: &Request, name: &str, _: &Arguments) -> Result<ToolResult> {
///         match name {
///             "hi" => Ok("Hello!".into()),
///             "bye" => Ok("See you!".into()),
///             other => Err(Error::not_found(other)),
///         }
///     }
/// }
///
/// plugin!(tools: Greetings);
/// ```
pub trait Tools {
    /// The tools, in the order clients should see them. Called when the plugin
    /// is loaded.
    fn list(&self) -> Result<Vec<Tool>>;

    /// Calls a tool.
    fn call(&self, request: &Request, name: &str, arguments: &Arguments) -> Result<ToolResult>;
}

/// A tool that is a function. Implemented by [`#[tool]`](macro@crate::tool).
pub trait ToolFn {
    /// Its identifier.
    const NAME: &'static str;

    /// The tool as clients see it.
    fn definition() -> Tool;

    /// Calls it.
    fn call(request: &Request, arguments: &Arguments) -> Result<ToolResult>;
}

/// The arguments of a call: a JSON object that conforms to the input schema.
#[derive(Debug, Clone)]
pub struct Arguments(String);

impl Arguments {
    /// Wraps the text of a JSON object.
    pub fn new(json: impl Into<String>) -> Self {
        Self(json.into())
    }

    /// The arguments as a type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        crate::json::parse(&self.0).map_err(Error::invalid_params)
    }

    /// The arguments as JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Tools that are functions, as [`plugin!`](crate::plugin) lists them.
#[doc(hidden)]
#[derive(Debug)]
pub struct ToolFns(pub &'static [ToolEntry]);

/// One of these functions.
#[doc(hidden)]
pub struct ToolEntry {
    name: &'static str,
    definition: fn() -> Tool,
    call: fn(&Request, &Arguments) -> Result<ToolResult>,
}

impl ToolEntry {
    /// The entry of a function.
    pub const fn of<T: ToolFn>() -> Self {
        Self {
            name: T::NAME,
            definition: T::definition,
            call: T::call,
        }
    }
}

impl fmt::Debug for ToolEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Tools for ToolFns {
    fn list(&self) -> Result<Vec<Tool>> {
        Ok(self.0.iter().map(|tool| (tool.definition)()).collect())
    }

    fn call(&self, request: &Request, name: &str, arguments: &Arguments) -> Result<ToolResult> {
        match self.0.iter().find(|tool| tool.name == name) {
            Some(tool) => (tool.call)(request, arguments),
            None => Err(Error::not_found(name)),
        }
    }
}
