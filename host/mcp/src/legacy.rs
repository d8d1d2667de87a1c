//! The legacy door: sessions, for every revision with a handshake.
//!
//! A [`Session`] is what `initialize` settles, and does not change afterwards,
//! except for the log level: so it can be shared by all messages of a session
//! without a lock. Which calls are running is not its business; that is kept by
//! whoever runs them ([`InFlight`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::ask;
use crate::decode::{InvalidParams, Method, Params, client_info, extensions};
use crate::door::{Request, SessionMessage};
use crate::exchange::{Call, Exchange, LogFilter, SessionLogLevel};
use crate::frame::{self, Answer};
use crate::jsonrpc::{self, ErrorCode, Malformed, Message, RequestId, string};
use crate::model::{AskKinds, CallContext, Change, ClientInfo, Json, LogLevel, Principal};
use crate::operation::TaskWish;
use crate::revision::{Dialect, Era, Revision, Tasks};
use crate::server::ServerFacts;

/// What was agreed in a handshake.
#[derive(Debug, Clone)]
pub struct Session {
    dialect: &'static Dialect,
    client: Option<Arc<ClientInfo>>,
    can_ask: AskKinds,
    extensions: Arc<BTreeMap<String, Json>>,
    principal: Arc<Principal>,
    log: SessionLogLevel,
    /// Whether it is the session of an ordered channel, and not of many POSTs.
    on_channel: bool,
}

/// What a session's message asks for.
#[derive(Debug)]
pub enum Step {
    /// Run this.
    Run(Box<Call>),
    /// Send this.
    Answer(Answer),
    /// Stop this, if it is running; send nothing more for it (CAN-2).
    Cancel(RequestId),
    /// Somebody may wait for this.
    Response(Response),
    /// Tell the client of changes to this resource from now on, or no more, and send
    /// the answer (RES-7).
    Watch {
        /// The request's id.
        id: RequestId,
        /// Which resource, and what is below it.
        uri: String,
        /// From now on, or no more.
        watched: bool,
        /// To be sent.
        answer: Answer,
    },
    /// All of these; what they answer goes into one message (BAT-3).
    Batch(Vec<Self>),
    /// Nothing.
    Nothing,
}

/// A client's answer to a request of ours.
#[derive(Debug)]
pub struct Response {
    /// Which request; none if the client could not read its id.
    pub id: Option<RequestId>,
    /// The result, or the error.
    pub outcome: Result<Json, Json>,
}

impl Response {
    pub(crate) fn new(id: Option<RequestId>, outcome: Result<&RawValue, &RawValue>) -> Self {
        Self {
            id,
            outcome: outcome.map(Json::from_raw).map_err(Json::from_raw),
        }
    }
}

/// The running requests of one ordered channel, and what each is held by.
#[derive(Debug)]
pub struct InFlight<H>(HashMap<RequestId, H>);

impl Session {
    /// Carries out a handshake (LIF-1 to LIF-4).
    ///
    /// # Errors
    /// The error is the answer to a handshake that cannot be understood.
    pub fn open(
        request: &Request<'_>,
        server: &Arc<ServerFacts>,
        principal: &Arc<Principal>,
    ) -> Result<(Self, Answer), Answer> {
        let params = &request.params;
        let version = params.protocol_version.and_then(string).ok_or_else(|| {
            Answer::refused(frame::error(
                &request.id,
                ErrorCode::INVALID_PARAMS,
                "Unsupported protocol version: `protocolVersion` must be a string",
                |w| {
                    w.key("supported").array(Revision::ALL, |w, revision| {
                        w.string(revision.as_str());
                    });
                },
            ))
        })?;
        let dialect = negotiate(&version).dialect();
        let session = Self {
            dialect,
            client: params.client_info.and_then(client_info),
            can_ask: ask::can_ask(params.capabilities, dialect),
            extensions: params.capabilities.map(extensions).unwrap_or_default(),
            principal: Arc::clone(principal),
            log: SessionLogLevel::default(),
            on_channel: false,
        };
        let answer = Answer::served(frame::result(&request.id, 512, |w| {
            server.write_initialize(w, session.dialect, session.is_named());
        }));
        Ok((session, answer))
    }

    /// The same session, on an ordered channel.
    pub(crate) fn on_channel(self) -> Self {
        Self {
            on_channel: true,
            ..self
        }
    }

    /// How this session's messages are written.
    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// On whose behalf it was opened. Nobody else may use it (SHL-15).
    pub fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    /// Tells the client of a change (CHG-1).
    pub fn change(&self, change: &Change) -> Bytes {
        frame::change(change, None)
    }

    fn is_named(&self) -> bool {
        self.principal.subject.is_some()
    }

    /// Takes a message in.
    pub fn receive(&self, message: SessionMessage<'_>, server: &Arc<ServerFacts>) -> Step {
        match message {
            SessionMessage::Request(request) => self.request(&request, server),
            SessionMessage::Notification { method, params } => notification(&method, params),
            SessionMessage::Response(response) => Step::Response(response),
            SessionMessage::Batch(elements) => self.batch(&elements, server),
        }
    }

    /// BAT-1 to BAT-6.
    fn batch(&self, elements: &[&RawValue], server: &Arc<ServerFacts>) -> Step {
        if !self.dialect.batches {
            return Step::Answer(self.refused("batches are not a part of this revision"));
        }
        let mut ids = BTreeSet::new();
        let mut steps = Vec::new();
        for element in elements {
            steps.push(match jsonrpc::parse(element.get().as_bytes()) {
                Err(problem) => Step::Answer(self.malformed(&problem)),
                Ok(Message::Response { id, outcome }) => Step::Response(Response::new(id, outcome)),
                Ok(Message::Notification { method, params }) => notification(&method, params),
                Ok(Message::Request { id, method, params }) => {
                    match Request::read(id, method, params) {
                        Err(answer) => Step::Answer(answer),
                        Ok(request) if request.meta.version.is_some() => {
                            return Step::Answer(self.refused(
                                "requests that name their own version do not go into batches",
                            ));
                        }
                        Ok(request) if !ids.insert(request.id.clone()) => {
                            Step::Answer(already_running(&request.id))
                        }
                        Ok(request) => self.request(&request, server),
                    }
                }
            });
        }
        Step::Batch(steps)
    }

    fn refused(&self, reason: &'static str) -> Answer {
        self.malformed(&Malformed::Invalid { id: None, reason })
    }

    /// RPC-5: an id that nobody knows is left out over HTTP, whatever the revision.
    fn malformed(&self, problem: &Malformed) -> Answer {
        let dialect = self.on_channel.then_some(self.dialect);
        Answer::refused(frame::malformed(problem, dialect))
    }

    fn request(&self, request: &Request<'_>, server: &Arc<ServerFacts>) -> Step {
        match &*request.method {
            "initialize" => Step::Answer(Answer::refused(frame::error(
                &request.id,
                ErrorCode::INVALID_REQUEST,
                "this session is initialized already",
                frame::no_data,
            ))),
            "ping" => Step::Answer(pong(&request.id)),
            "logging/setLevel" => Step::Answer(self.set_level(request)),
            "resources/subscribe" if server.capabilities.resources => watch(request, true),
            "resources/unsubscribe" if server.capabilities.resources => watch(request, false),
            // Without a name, all tasks would be everybody's (TKD-10).
            "tasks/list" if !self.is_named() => Step::Answer(Answer::served(
                Answer::unknown_method(&request.id, "tasks/list").frame,
            )),
            method => match Method::find(method, server.capabilities, self.dialect) {
                Some(found) => self.call(found, request, server),
                // An unknown method is an ordinary answer here (SHL-10).
                None => Step::Answer(Answer::served(
                    Answer::unknown_method(&request.id, method).frame,
                )),
            },
        }
    }

    fn call(&self, method: Method, request: &Request<'_>, server: &Arc<ServerFacts>) -> Step {
        let read = method
            .operation(&request.params)
            .and_then(|operation| Ok((operation, self.task_wish(request, server)?)));
        let (operation, task) = match read {
            Ok(read) => read,
            Err(InvalidParams(details)) => {
                return Step::Answer(Answer::served(frame::invalid_params(&request.id, &details)));
            }
        };
        let exchange = Exchange::new(
            request.id.clone(),
            self.dialect,
            request.meta.progress_token(),
            LogFilter::Session(self.log.clone()),
            Arc::clone(server),
        );
        let context = CallContext {
            client: self.client.clone(),
            can_ask: self.can_ask,
            extensions: Arc::clone(&self.extensions),
            principal: Arc::clone(&self.principal),
            meta: request.params.meta.map(Json::from_raw),
            ..CallContext::default()
        };
        Step::Run(Box::new(Call {
            exchange,
            context,
            operation,
            retry: None,
            task,
        }))
    }

    /// TKD-2: a wish that was not announced is ignored.
    fn task_wish(
        &self,
        request: &Request<'_>,
        server: &Arc<ServerFacts>,
    ) -> Result<TaskWish, InvalidParams> {
        match self.dialect.tasks {
            Tasks::Core if server.capabilities.tasks => request.params.task_wish(),
            Tasks::Core | Tasks::No | Tasks::Extension => Ok(TaskWish::Impossible),
        }
    }

    /// LOG-2.
    fn set_level(&self, request: &Request<'_>) -> Answer {
        let level = request.params.level.and_then(string);
        let Some(level) = level.and_then(|word| LogLevel::parse(&word)) else {
            return Answer::served(frame::invalid_params(
                &request.id,
                "`level` must be one of debug, info, notice, warning, error, critical, alert, \
                 emergency",
            ));
        };
        self.log.set(level);
        Answer::served(frame::result(&request.id, 0, |_| {}))
    }
}

/// LIF-2, LIF-3: the version asked for if it has a handshake, else our latest one
/// that has.
fn negotiate(version: &str) -> Revision {
    Revision::parse(version)
        .filter(|revision| revision.dialect().era == Era::Legacy)
        .unwrap_or(Revision::LATEST_LEGACY)
}

/// The answer to a `ping` (PNG-1), which needs no session.
pub(crate) fn pong(id: &RequestId) -> Answer {
    Answer::served(frame::result(id, 0, |_| {}))
}

/// RES-7.
fn watch(request: &Request<'_>, watched: bool) -> Step {
    match request.params.uri.and_then(string) {
        Some(uri) => Step::Watch {
            id: request.id.clone(),
            uri: uri.into_owned(),
            watched,
            answer: Answer::served(frame::result(&request.id, 0, |_| {})),
        },
        None => Step::Answer(Answer::served(frame::invalid_params(
            &request.id,
            "`uri` must be a string",
        ))),
    }
}

/// RPC-7.
fn already_running(id: &RequestId) -> Answer {
    Answer::refused(frame::error(
        id,
        ErrorCode::INVALID_REQUEST,
        "a request with this id is still running",
        frame::no_data,
    ))
}

/// CAN-1, CAN-2, RPC-10: what is malformed or unknown is ignored.
pub(crate) fn notification(method: &str, params: Option<&RawValue>) -> Step {
    if method != "notifications/cancelled" {
        return Step::Nothing;
    }
    Params::read(params)
        .ok()
        .and_then(|params| RequestId::from_raw(params.request_id?))
        .map_or(Step::Nothing, Step::Cancel)
}

impl<H> InFlight<H> {
    /// Whether this id may be used: not while a request with it is running
    /// (RPC-7).
    ///
    /// # Errors
    /// The error is the answer to the second request; the first goes on.
    pub fn admit(&self, id: &RequestId) -> Result<(), Answer> {
        if !self.0.contains_key(id) {
            return Ok(());
        }
        Err(already_running(id))
    }

    /// Remembers a running request.
    pub fn insert(&mut self, id: RequestId, handle: H) {
        self.0.insert(id, handle);
    }

    /// Forgets a request that has ended or is to end.
    pub fn remove(&mut self, id: &RequestId) -> Option<H> {
        self.0.remove(id)
    }

    /// Forgets the request whose handle is this one.
    pub fn remove_where(&mut self, is_it: impl Fn(&H) -> bool) -> Option<(RequestId, H)> {
        let id = self.0.iter().find(|(_, handle)| is_it(handle))?.0.clone();
        self.0.remove_entry(&id)
    }

    /// How many are running.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is running.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<H> Default for InFlight<H> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}
