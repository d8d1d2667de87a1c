//! Questions without a schema: a visit to a web page, and the client's folders.

use super::memory::{Answer, Root};
use super::question::{Given, HostQuestion, Question, misplaced};
use crate::bindings::imports::wharf::plugin::types as wit;
use crate::error::Result;

/// A web page for the person to visit, for secrets and sign-ins.
///
/// The answer is that the person agreed to go there, not that they are done.
#[must_use]
#[derive(Debug)]
pub struct Visit {
    key: String,
    message: String,
    url: String,
}

impl Visit {
    /// Why to go there, and where: a URL without credentials or personal data.
    pub fn new(key: impl Into<String>, message: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            message: message.into(),
            url: url.into(),
        }
    }
}

impl Question for Visit {
    type Answer = ();

    fn key(&self) -> &str {
        &self.key
    }

    fn to_host(&self) -> HostQuestion {
        HostQuestion(wit::Question::Url(wit::UrlVisit {
            message: self.message.clone(),
            url: self.url.clone(),
        }))
    }

    fn read(&self, given: Given) -> Result<()> {
        let Answer::Accepted(_) = given.0 else {
            return Err(misplaced(&self.key));
        };
        Ok(())
    }
}

/// Which folders the client is working in.
#[must_use]
#[derive(Debug)]
pub struct Roots {
    key: String,
}

impl Roots {
    /// Asks for the folders.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into() }
    }
}

impl Question for Roots {
    type Answer = Vec<Root>;

    fn key(&self) -> &str {
        &self.key
    }

    fn to_host(&self) -> HostQuestion {
        HostQuestion(wit::Question::Roots)
    }

    fn read(&self, given: Given) -> Result<Vec<Root>> {
        let Answer::Roots(roots) = given.0 else {
            return Err(misplaced(&self.key));
        };
        Ok(roots)
    }
}
