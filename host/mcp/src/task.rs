//! Tasks: calls that go on in the background, as clients see them.
//!
//! There is one kind of task, and two views of it (docs/requirements.md, §23.3): the
//! form that is a part of a legacy revision, and the extension of the modern one.

use std::sync::Arc;
use std::time::Duration;

use crate::ask;
use crate::encode;
use crate::exchange::Refusal;
use crate::frame;
use crate::model::{Question, ToolResult};
use crate::revision::{Dialect, Tasks};
use crate::write::Writer;

/// The identifier of the extension.
pub(crate) const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// A task at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its identifier.
    pub id: Arc<str>,
    /// How far it is.
    pub state: TaskState,
    /// When it was made, as an ISO 8601 date and time.
    pub created_at: String,
    /// When it last changed, the same.
    pub updated_at: String,
    /// How long it is kept, from when it was made.
    pub ttl: Duration,
    /// How often to look at it.
    pub poll: Duration,
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskState {
    /// It is being worked on.
    Working,
    /// It waits for answers to these questions, by key.
    InputRequired(Vec<(String, Question)>),
    /// It has ended.
    Ended(Arc<TaskEnd>),
    /// It was given up.
    Cancelled,
}

/// How a task ended.
pub type TaskEnd = Result<ToolResult, Refusal>;

impl TaskState {
    /// Whether nothing more happens.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Cancelled)
    }

    /// TKD-6, TKE-8: the two forms disagree on what a tool's own failure is.
    fn word(&self, dialect: &Dialect) -> &'static str {
        match self {
            Self::Working => "working",
            Self::InputRequired(_) => "input_required",
            Self::Cancelled => "cancelled",
            Self::Ended(end) => match &**end {
                Ok(result) if result.is_error && dialect.tasks == Tasks::Core => "failed",
                Ok(_) => "completed",
                Err(_) => "failed",
            },
        }
    }
}

impl Task {
    /// The members all views have (TKD-3, TKE-3).
    pub(crate) fn write(&self, w: &mut Writer, dialect: &Dialect) {
        w.key("taskId").string(&self.id);
        w.key("status").string(self.state.word(dialect));
        let failed = match &self.state {
            TaskState::Ended(end) => end.as_ref().as_ref().err(),
            TaskState::Working | TaskState::InputRequired(_) | TaskState::Cancelled => None,
        };
        let message = failed.map(Refusal::in_words);
        w.text_member("statusMessage", message.as_deref());
        w.key("createdAt").string(&self.created_at);
        w.key("lastUpdatedAt").string(&self.updated_at);
        let (ttl, poll) = match dialect.tasks {
            Tasks::Core | Tasks::No => ("ttl", "pollInterval"),
            Tasks::Extension => ("ttlMs", "pollIntervalMs"),
        };
        w.key(ttl).number(millis(self.ttl));
        w.key(poll).number(millis(self.poll));
    }

    /// The same, and what belongs to the state (TKE-5).
    pub(crate) fn write_detailed(&self, w: &mut Writer, dialect: &Dialect) {
        self.write(w, dialect);
        match &self.state {
            TaskState::Working | TaskState::Cancelled => {}
            TaskState::InputRequired(questions) => {
                write_questions(w, questions, dialect);
            }
            TaskState::Ended(end) => match &**end {
                Ok(result) => w.key("result").object(|w| {
                    w.key("resultType").string("complete");
                    encode::tool_result(w, result, dialect);
                    w.json_member("_meta", result.meta.as_ref());
                }),
                Err(refusal) => {
                    let (code, message) = refusal.code_and_message(dialect);
                    w.key("error").object(|w| {
                        frame::error_members(w, code, &message, |w| refusal.write_data(w));
                    });
                }
            },
        }
    }
}

/// `inputRequests` (MRT-2).
pub(crate) fn write_questions(w: &mut Writer, questions: &[(String, Question)], dialect: &Dialect) {
    w.key("inputRequests").object(|w| {
        for (key, question) in questions {
            w.key(key)
                .object(|w| ask::write(w, question, dialect, None, key));
        }
    });
}

/// Durations on the wire are milliseconds.
fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
