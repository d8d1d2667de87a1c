//! One request from its acceptance to its answer: how everything a call says is
//! put into words this client understands.
//!
//! An [`Exchange`] is made when a request is accepted and lives as long as its
//! call. It needs nothing but itself to write frames, so calls of one connection
//! share no lock; the order of what a call says is the order in which it says it.

mod reply;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use bytes::Bytes;

use crate::ask;
use crate::encode::{self, CacheHint};
use crate::frame::{self, Answer};
use crate::jsonrpc::{ErrorCode, RequestId};
use crate::model::{
    AskKinds, CallContext, Change, Event, InputRequired, Json, LogLevel, Question, ToolResult,
};
use crate::operation::{Filter, Operation, TaskWish};
use crate::retry::{self, Retry, Sealing};
use crate::revision::{Dialect, Era, Tasks};
use crate::server::ServerFacts;
use crate::task::{Task, TaskEnd, write_questions};
use crate::write::Writer;

pub use reply::{Refusal, Reply};

/// An accepted request: what to do, for whom, and how to answer.
#[derive(Debug)]
pub struct Call {
    /// How to answer.
    pub exchange: Exchange,
    /// For whom.
    pub context: CallContext,
    /// What to do.
    pub operation: Operation,
    /// What it brings from the round before.
    pub retry: Option<Retry>,
    /// Whether it may become a task.
    pub task: TaskWish,
}

/// The client's side of a running call.
#[derive(Debug)]
pub struct Exchange {
    pub(crate) id: RequestId,
    pub(crate) dialect: &'static Dialect,
    pub(crate) progress_token: Option<Arc<str>>,
    pub(crate) log: LogFilter,
    pub(crate) server: Arc<ServerFacts>,
    /// The bits of the last progress value; starts at minus infinity.
    last_progress: AtomicU64,
}

/// Which log messages the client wants.
#[derive(Debug, Clone)]
pub(crate) enum LogFilter {
    /// None (LOG-3).
    Off,
    /// This level and above, for this request.
    Request(LogLevel),
    /// What the session says at the moment (LOG-2).
    Session(SessionLogLevel),
}

/// A session's log level, which may change while its calls run.
#[derive(Debug, Clone)]
pub(crate) struct SessionLogLevel(Arc<AtomicU8>);

impl Exchange {
    pub(crate) fn new(
        id: RequestId,
        dialect: &'static Dialect,
        progress_token: Option<Arc<str>>,
        log: LogFilter,
        server: Arc<ServerFacts>,
    ) -> Self {
        Self {
            id,
            dialect,
            progress_token,
            log,
            server,
            last_progress: AtomicU64::new(f64::NEG_INFINITY.to_bits()),
        }
    }

    /// The request's id.
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    /// The protocol revision the client speaks, for logs.
    pub fn revision(&self) -> &'static str {
        self.dialect.revision.as_str()
    }

    /// Whether progress would be sent (PRG-1).
    pub fn wants_progress(&self) -> bool {
        self.progress_token.is_some()
    }

    /// Whether a log message of this level would be sent.
    pub fn wants_log(&self, level: LogLevel) -> bool {
        match &self.log {
            LogFilter::Off => false,
            LogFilter::Request(least) => *least <= level,
            LogFilter::Session(least) => least.admits(level),
        }
    }

    /// Whether anything at all may be sent before the answer. If not, a binding
    /// can commit to a plain answer at once.
    pub fn may_notify(&self) -> bool {
        self.progress_token.is_some() || !matches!(self.log, LogFilter::Off)
    }

    /// The notification for an event, if the client wants it. `task` is the task in
    /// which it happened (TKD-7).
    pub fn notification(&self, event: &Event, task: Option<&str>) -> Option<Bytes> {
        let related = |w: &mut Writer| {
            if let Some(task) = task {
                w.key("_meta").object(|w| ask::related_task(w, task));
            }
        };
        match event {
            Event::Progress {
                progress,
                total,
                message,
            } => {
                let token = self.progress_token.as_deref()?;
                self.advance(*progress).then(|| {
                    frame::notification("notifications/progress", |w| {
                        w.key("progressToken").raw(token);
                        w.key("progress").number(progress);
                        if let Some(total) = total.filter(|total| total.is_finite()) {
                            w.key("total").number(total);
                        }
                        if self.dialect.progress_message {
                            w.text_member("message", message.as_deref());
                        }
                        related(w);
                    })
                })
            }
            Event::Log {
                level,
                logger,
                data,
            } => self.wants_log(*level).then(|| {
                frame::notification("notifications/message", |w| {
                    w.key("level").string(level.as_str());
                    w.text_member("logger", logger.as_deref());
                    w.key("data").raw(data.as_str());
                    related(w);
                })
            }),
            Event::Silence { .. } => None,
        }
    }

    /// The answer. Nothing may be sent for this request after it.
    pub fn answer(&self, reply: &Reply) -> Answer {
        let dialect = self.dialect;
        Answer::served(match reply {
            Reply::Refused(refusal) => return self.refuse(refusal),
            Reply::Listened => {
                let frame = self.tagged_result(|w| frame::subscription_member(w, &self.id));
                return Answer {
                    last_words: Some(self.listening_ended()),
                    ..Answer::served(frame)
                };
            }
            Reply::Definitions(list) => {
                let member = list.member(dialect);
                self.result(member.len(), None, |w| {
                    w.members(member);
                    CacheHint::NONE.write(w, dialect);
                })
            }
            Reply::Resources(page) => self.result(128 * page.resources.len(), None, |w| {
                encode::resource_page(w, page, dialect);
                CacheHint::NONE.write(w, dialect);
            }),
            Reply::Read(read) => self.result(256, read.meta.as_ref(), |w| {
                encode::read_result(w, read, dialect);
                let ttl_ms = read
                    .ttl
                    .map_or(0, |ttl| ttl.as_millis().try_into().unwrap_or(0));
                CacheHint { ttl_ms }.write(w, dialect);
            }),
            Reply::Tool(result) => self.result(256, result.meta.as_ref(), |w| {
                encode::tool_result(w, result, dialect);
            }),
            Reply::Prompt(result) => self.result(256, result.meta.as_ref(), |w| {
                encode::prompt_result(w, result, dialect);
            }),
            Reply::Completion(completion) => {
                self.result(256, None, |w| encode::completion(w, completion))
            }
            Reply::TaskCreated(task) => self.task_created(task),
            Reply::Task(task) => self.result(256, None, |w| self.write_task(w, task)),
            Reply::Tasks { tasks, next } => self.result(256 * tasks.len(), None, |w| {
                w.key("tasks")
                    .array(tasks, |w, task| w.object(|w| task.write(w, dialect)));
                w.text_member("nextCursor", next.as_deref());
            }),
            Reply::TaskEnd { task, end } => return self.task_end(task, end),
            Reply::Acknowledged => self.result(0, None, |_| {}),
        })
    }

    /// What a task has ended with, tied to the task (TKD-5, TKD-7).
    fn task_end(&self, task: &str, end: &TaskEnd) -> Answer {
        let related = |w: &mut Writer| ask::related_task(w, task);
        match end {
            Ok(result) => {
                Answer::served(self.result_with(256, result.meta.as_ref(), related, |w| {
                    encode::tool_result(w, result, self.dialect);
                }))
            }
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// TKD-3, TKE-3: nested in one form, flat in the other.
    fn task_created(&self, task: &Task) -> Bytes {
        if self.dialect.tasks == Tasks::Core {
            return self.result(256, None, |w| {
                w.key("task").object(|w| task.write(w, self.dialect));
            });
        }
        frame::result(&self.id, 512, |w| {
            w.key("resultType").string("task");
            task.write(w, self.dialect);
            self.server.write_meta(w, None, |_| {}, self.dialect);
        })
    }

    fn write_task(&self, w: &mut Writer, task: &Task) {
        if self.dialect.tasks == Tasks::Core {
            task.write(w, self.dialect);
        } else {
            task.write_detailed(w, self.dialect);
        }
    }

    /// The kinds of question among these that this client cannot be asked.
    pub fn lacking(&self, questions: &[(String, Question)], can: AskKinds) -> AskKinds {
        let questions = questions.iter();
        questions.fold(AskKinds::default(), |lacking, (_, question)| {
            lacking.or(ask::lacking(question, can, self.dialect))
        })
    }

    /// Whether questions are put in the result of a call, which the client then
    /// makes again (MRT-1); else they are requests of ours (S2C-1).
    pub fn asks_in_results(&self) -> bool {
        self.dialect.era == Era::Modern
    }

    /// The answer that asks: questions, and the sealed rest (MRT-2). Nothing is kept
    /// here for the client to come back to (MRT-10).
    pub fn input_required(
        &self,
        input: &InputRequired,
        operation: &Operation,
        context: &CallContext,
        sealing: Sealing<'_>,
    ) -> Answer {
        let state = retry::seal(input, operation, context, sealing);
        Answer::served(frame::result(&self.id, 512 + state.len(), |w| {
            w.key("resultType").string("input_required");
            if !input.questions.is_empty() {
                write_questions(w, &input.questions, self.dialect);
            }
            w.key("requestState").string(&state);
            self.server.write_meta(w, None, |_| {}, self.dialect);
        }))
    }

    /// A question as a request of ours, on behalf of a task or of the call itself
    /// (S2C-2).
    pub fn question(&self, id: &RequestId, question: &Question, task: Option<&str>) -> Bytes {
        frame::request(id, |w| {
            ask::write(w, question, self.dialect, task, id.as_json());
        })
    }

    /// Tells which changes will be told, before any is (SUB-2).
    pub fn acknowledge(&self, honoured: &Filter) -> Bytes {
        frame::notification("notifications/subscriptions/acknowledged", |w| {
            w.key("notifications").object(|w| {
                for (name, there) in [
                    ("toolsListChanged", honoured.tools),
                    ("promptsListChanged", honoured.prompts),
                    ("resourcesListChanged", honoured.resources),
                ] {
                    if there {
                        w.key(name).boolean(true);
                    }
                }
                for (name, wanted) in [
                    ("resourceSubscriptions", &honoured.uris),
                    ("taskIds", &honoured.tasks),
                ] {
                    if !wanted.is_empty() {
                        w.key(name).array(wanted, |w, it| w.string(it));
                    }
                }
            });
            frame::subscription(w, Some(&self.id));
        })
    }

    /// Tells of a change, on the request that listens (SUB-4).
    pub fn change(&self, change: &Change) -> Bytes {
        frame::change(change, Some(&self.id))
    }

    /// Tells how far a task is, on the request that listens (TKE-10).
    pub fn task_changed(&self, task: &Task) -> Bytes {
        frame::notification("notifications/tasks", |w| {
            task.write_detailed(w, self.dialect);
            frame::subscription(w, Some(&self.id));
        })
    }

    /// What follows the answer to a request that listened, on channels it shares
    /// with others (SUB-9).
    fn listening_ended(&self) -> Bytes {
        frame::notification("notifications/cancelled", |w| {
            w.key("requestId").raw(self.id.as_json());
            w.key("reason").string("the server is shutting down");
            frame::subscription(w, Some(&self.id));
        })
    }

    /// Whether a task may go on saying things to the client that made it (PRG-4).
    pub fn tasks_may_speak(&self) -> bool {
        self.dialect.tasks == Tasks::Core
    }

    /// Whether who looks at a task that has ended is shown its result (TKE-5).
    pub fn tasks_show_ends(&self) -> bool {
        self.dialect.tasks == Tasks::Extension
    }

    /// Whether giving up a task is only noted, and fine if it has ended (TKE-7).
    pub fn acknowledges_cancelling(&self) -> bool {
        self.dialect.tasks == Tasks::Extension
    }

    /// Whether the client knows how to come back for the rest of a stream
    /// (SHL-27).
    pub fn can_poll(&self) -> bool {
        self.dialect.polling
    }

    /// A result, with what the dialect wants in every one.
    pub(crate) fn result(
        &self,
        size: usize,
        meta: Option<&Json>,
        members: impl FnOnce(&mut Writer),
    ) -> Bytes {
        self.result_with(size, meta, |_| {}, members)
    }

    /// A result of nothing but an entry of `_meta`.
    fn tagged_result(&self, entry: impl FnOnce(&mut Writer)) -> Bytes {
        self.result_with(0, None, entry, |_| {})
    }

    /// A result with an entry of our own in its `_meta`.
    fn result_with(
        &self,
        size: usize,
        meta: Option<&Json>,
        entry: impl FnOnce(&mut Writer),
        members: impl FnOnce(&mut Writer),
    ) -> Bytes {
        frame::result(&self.id, size + 256, |w| {
            if self.dialect.result_type {
                w.key("resultType").string("complete");
            }
            members(w);
            self.server.write_meta(w, meta, entry, self.dialect);
        })
    }

    /// The answer to a request that has no result.
    pub fn refuse(&self, refusal: &Refusal) -> Answer {
        let legacy = self.dialect.era == Era::Legacy;
        if refusal.is_of_a_tool() && legacy && !refusal.has_a_code(self.dialect) {
            return self.answer(&Reply::Tool(ToolResult::error(refusal.in_words())));
        }
        let (code, message) = refusal.code_and_message(self.dialect);
        let frame = frame::error(&self.id, code, &message, |w| refusal.write_data(w));
        // What the client has to change before it is worth trying again.
        if [ErrorCode::MISSING_CAPABILITY, ErrorCode::HEADER_MISMATCH].contains(&code) {
            Answer::refused(frame)
        } else {
            Answer::served(frame)
        }
    }

    /// Whether `progress` is more than the last time (PRG-2).
    fn advance(&self, progress: f64) -> bool {
        if !progress.is_finite() {
            return false;
        }
        self.last_progress
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                (progress > f64::from_bits(last)).then(|| progress.to_bits())
            })
            .is_ok()
    }
}

impl SessionLogLevel {
    /// What a session starts with. The protocol leaves it to the server (LOG-2).
    const START: LogLevel = LogLevel::Info;

    pub(crate) fn set(&self, level: LogLevel) {
        self.0.store(level as u8, Ordering::Relaxed);
    }

    fn admits(&self, level: LogLevel) -> bool {
        self.0.load(Ordering::Relaxed) <= level as u8
    }
}

impl Default for SessionLogLevel {
    fn default() -> Self {
        Self(Arc::new(AtomicU8::new(Self::START as u8)))
    }
}
