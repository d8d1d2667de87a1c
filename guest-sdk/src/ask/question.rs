//! Questions and what comes back for them.
//!
//! A [`Question`] knows its key, how to put itself to the host, and how to read
//! an answer. [`Ask`] is what [`Request::ask`] takes: a question, or a tuple of
//! things to ask.

use super::memory::{Answer, Memory};
use crate::bindings::imports::wharf::plugin::types as wit;
use crate::error::{Error, Result};
use crate::request::Request;

/// Something that can be asked: a question, an `Option` of one, or a tuple of up to
/// six of these.
pub trait Ask: Sized {
    /// What the answer is.
    type Answer;

    /// The answer, or none if it has to be waited for.
    #[doc(hidden)]
    fn settle(self, round: &mut Round<'_>) -> Result<Option<Self::Answer>>;
}

/// One question.
pub trait Question: Sized {
    /// What a good answer is.
    type Answer;

    /// The name of its answer, unique within the call.
    fn key(&self) -> &str;

    /// Asks for the whole reply instead of a good answer, so that the plugin can
    /// decide what follows from a no.
    fn reply(self) -> Replied<Self> {
        Replied(self)
    }

    /// The question as the host gets it.
    #[doc(hidden)]
    fn to_host(&self) -> HostQuestion;

    /// Reads what came back.
    #[doc(hidden)]
    fn read(&self, given: Given) -> Result<Self::Answer>;
}

/// A question as the host gets it.
#[doc(hidden)]
#[derive(Debug)]
pub struct HostQuestion(pub(super) wit::Question);

/// A question got an answer of another kind: the host mixed up keys, or the
/// plugin used one for two questions.
pub(super) fn misplaced(key: &str) -> Error {
    Error::internal(format!("the answer to `{key}` is of another kind"))
}

/// What came back for a question that was not refused.
#[doc(hidden)]
#[derive(Debug)]
pub struct Given(pub(super) Answer);

/// What came back for a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<T> {
    /// An answer.
    Given(T),
    /// The person said no.
    Declined,
    /// The person closed the question without answering.
    Dismissed,
    /// The client could not answer, and this is what it said.
    Failed(String),
}

/// A question that is answered by its whole [`Reply`].
#[derive(Debug)]
pub struct Replied<Q>(Q);

/// What is known in this round, and what has to be asked.
#[doc(hidden)]
#[derive(Debug)]
pub struct Round<'a> {
    request: &'a Request,
    memory: Memory,
    questions: Vec<(String, wit::Question)>,
}

impl<'a> Round<'a> {
    pub(super) fn new(request: &'a Request, memory: Memory) -> Self {
        Self {
            request,
            memory,
            questions: Vec::new(),
        }
    }

    pub(super) fn into_parts(self) -> (Memory, Vec<(String, wit::Question)>) {
        (self.memory, self.questions)
    }

    /// The reply to a question, or none after having put it on the list.
    fn reply<Q: Question>(&mut self, question: &Q) -> Result<Option<Reply<Q::Answer>>> {
        let Some(answer) = self.memory.answer(self.request, question.key()) else {
            let key = question.key().to_owned();
            self.questions.push((key, question.to_host().0));
            return Ok(None);
        };
        Ok(Some(match answer {
            Answer::Declined => Reply::Declined,
            Answer::Dismissed => Reply::Dismissed,
            Answer::Failed(message) => Reply::Failed(message),
            given @ (Answer::Accepted(_) | Answer::Sampled(_) | Answer::Roots(_)) => {
                Reply::Given(question.read(Given(given))?)
            }
        }))
    }
}

impl<T> Reply<T> {
    /// The answer, or a tool error that says why there is none.
    fn or_error(self, key: &str) -> Result<T> {
        let why = match self {
            Self::Given(answer) => return Ok(answer),
            Self::Declined => format!("the person said no to the question `{key}`"),
            Self::Dismissed => format!("the person closed the question `{key}`"),
            Self::Failed(message) => {
                format!("the client could not answer the question `{key}`: {message}")
            }
        };
        Err(Error::tool(why))
    }
}

impl<Q: Question> Ask for Replied<Q> {
    type Answer = Reply<Q::Answer>;

    fn settle(self, round: &mut Round<'_>) -> Result<Option<Self::Answer>> {
        round.reply(&self.0)
    }
}

impl<Q: Question> Ask for Q {
    type Answer = Q::Answer;

    fn settle(self, round: &mut Round<'_>) -> Result<Option<Q::Answer>> {
        let reply = round.reply(&self)?;
        reply.map(|reply| reply.or_error(self.key())).transpose()
    }
}

/// A question that may not be there: then nothing is asked, and there is no answer.
impl<Q: Ask> Ask for Option<Q> {
    type Answer = Option<Q::Answer>;

    fn settle(self, round: &mut Round<'_>) -> Result<Option<Self::Answer>> {
        match self {
            Some(question) => Ok(question.settle(round)?.map(Some)),
            None => Ok(Some(None)),
        }
    }
}

/// Lets a tuple be asked. All its parts are settled before any is missed, so
/// that all open questions are put at once.
macro_rules! ask_tuple {
    ($($part:ident)+) => {
        #[allow(non_snake_case, reason = "types and values share their letters")]
        impl<$($part: Ask),+> Ask for ($($part,)+) {
            type Answer = ($($part::Answer,)+);

            fn settle(self, round: &mut Round<'_>) -> Result<Option<Self::Answer>> {
                let ($($part,)+) = self;
                $(let $part = $part.settle(round)?;)+
                Ok((|| Some(($($part?,)+)))())
            }
        }
    };
}

ask_tuple!(A B);
ask_tuple!(A B C);
ask_tuple!(A B C D);
ask_tuple!(A B C D E);
ask_tuple!(A B C D E F);
