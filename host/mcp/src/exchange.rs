//! One request from its acceptance to its answer: how everything a call says is
//! put into words this client understands.
//!
//! An [`Exchange`] is made when a request is accepted and lives as long as its
//! call. It needs nothing but itself to write frames, so calls of one connection
//! share no lock; the order of what a call says is the order in which it says it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use bytes::Bytes;

use crate::decode::Operation;
use crate::encode::{self, CacheHint, DefinitionList};
use crate::frame::{self, Answer};
use crate::jsonrpc::{ErrorCode, RequestId};
use crate::model::{
    AskKinds, CallContext, Completion, Event, Json, LogLevel, PromptResult, ReadResult,
    ResourcePage, ToolResult,
};
use crate::revision::{Dialect, Era};
use crate::server::ServerFacts;
use crate::write::Writer;

/// An accepted request: what to do, for whom, and how to answer.
#[derive(Debug)]
pub struct Call {
    /// How to answer.
    pub exchange: Exchange,
    /// For whom.
    pub context: CallContext,
    /// What to do.
    pub operation: Operation,
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

/// What the router has to say to a call.
#[derive(Debug)]
pub enum Reply {
    /// A list that was written out at load.
    Definitions(Arc<DefinitionList>),
    /// A page of resources.
    Resources(ResourcePage),
    /// A tool's result.
    Tool(ToolResult),
    /// A resource.
    Read(ReadResult),
    /// A prompt.
    Prompt(PromptResult),
    /// Suggestions.
    Completion(Completion),
    /// No result.
    Refused(Refusal),
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The parameters make no sense; the text says why.
    InvalidParams(String),
    /// There is no such resource.
    ResourceNotFound {
        /// Which.
        uri: String,
    },
    /// The plugin has questions of a kind that this client cannot be asked.
    CannotAsk {
        /// Which kinds.
        kinds: AskKinds,
        /// Whether it was a tool that wanted to ask: a tool has a result to say so
        /// in, where the protocol has no better way.
        tool: bool,
    },
    /// The server or a plugin failed; the text is fit for the client.
    Internal(String),
}

impl Reply {
    /// How the call went, in a word for the log.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Tool(result) if result.is_error => "tool error",
            Self::Refused(_) => "refused",
            Self::Definitions(_)
            | Self::Resources(_)
            | Self::Tool(_)
            | Self::Read(_)
            | Self::Prompt(_)
            | Self::Completion(_) => "served",
        }
    }
}

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

    /// The notification for an event, if the client wants it.
    pub fn notification(&self, event: &Event) -> Option<Bytes> {
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
                        if let Some(total) = total {
                            w.key("total").number(total);
                        }
                        if self.dialect.progress_message {
                            w.text_member("message", message.as_deref());
                        }
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
        })
    }

    /// A result, with what the dialect wants in every one.
    pub(crate) fn result(
        &self,
        size: usize,
        meta: Option<&Json>,
        members: impl FnOnce(&mut Writer),
    ) -> Bytes {
        frame::result(&self.id, size + 256, |w| {
            if self.dialect.result_type {
                w.key("resultType").string("complete");
            }
            members(w);
            self.server.write_meta(w, meta, self.dialect);
        })
    }

    fn refuse(&self, refusal: &Refusal) -> Answer {
        match refusal {
            Refusal::InvalidParams(details) => {
                Answer::served(frame::invalid_params(&self.id, details))
            }
            Refusal::ResourceNotFound { uri } => {
                let code = self.dialect.resource_not_found;
                let message = format!("Resource not found: {uri}");
                Answer::served(frame::error(&self.id, code, &message, |w| {
                    w.text_member("uri", Some(uri));
                }))
            }
            Refusal::Internal(message) => Answer::served(frame::error(
                &self.id,
                ErrorCode::INTERNAL,
                message,
                frame::no_data,
            )),
            Refusal::CannotAsk { kinds, tool } => self.cannot_ask(*kinds, *tool),
        }
    }

    /// DSC-10 for modern clients, DWN-10 for the others.
    fn cannot_ask(&self, kinds: AskKinds, tool: bool) -> Answer {
        let message = format!(
            "this needs a client that can be asked for {}",
            kinds.in_words()
        );
        match self.dialect.era {
            Era::Modern => Answer::refused(frame::error(
                &self.id,
                ErrorCode::MISSING_CAPABILITY,
                &message,
                |w| {
                    w.key("requiredCapabilities")
                        .object(|w| write_capabilities(w, kinds));
                },
            )),
            Era::Legacy if tool => self.answer(&Reply::Tool(ToolResult::error(message))),
            Era::Legacy => Answer::served(frame::error(
                &self.id,
                ErrorCode::INTERNAL,
                &message,
                frame::no_data,
            )),
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

/// A `ClientCapabilities` object's members.
fn write_capabilities(w: &mut Writer, kinds: AskKinds) {
    if kinds.form || kinds.url {
        w.key("elicitation").object(|w| {
            if kinds.form {
                w.key("form").object(|_| {});
            }
            if kinds.url {
                w.key("url").object(|_| {});
            }
        });
    }
    if kinds.sampling {
        w.key("sampling").object(|w| {
            if kinds.sampling_tools {
                w.key("tools").object(|_| {});
            }
            if kinds.sampling_context {
                w.key("context").object(|_| {});
            }
        });
    }
    if kinds.roots {
        w.key("roots").object(|_| {});
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
