//! The legacy door: sessions, for every revision with a handshake.
//!
//! A [`Session`] is what `initialize` settles, and does not change afterwards,
//! except for the log level: so it can be shared by all messages of a session
//! without a lock. Which calls are running is not its business; that is kept by
//! whoever runs them ([`InFlight`]).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::decode::{InvalidParams, Method, Params, client_info, extensions};
use crate::door::{Request, SessionMessage};
use crate::exchange::{Call, Exchange, LogFilter, SessionLogLevel};
use crate::frame::{self, Answer};
use crate::jsonrpc::{ErrorCode, RequestId, string};
use crate::model::{AskKinds, CallContext, ClientInfo, Json, LogLevel, Principal};
use crate::revision::{Dialect, Era, Revision};
use crate::server::ServerFacts;

/// What was agreed in a handshake.
#[derive(Debug, Clone)]
pub struct Session {
    dialect: &'static Dialect,
    client: Option<Arc<ClientInfo>>,
    extensions: Arc<BTreeMap<String, Json>>,
    principal: Arc<Principal>,
    log: SessionLogLevel,
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
    /// Nothing.
    Nothing,
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
        let session = Self {
            dialect: negotiate(&version).dialect(),
            client: params.client_info.and_then(client_info),
            extensions: params.capabilities.map(extensions).unwrap_or_default(),
            principal: Arc::default(),
            log: SessionLogLevel::default(),
        };
        let answer = Answer::served(frame::result(&request.id, 512, |w| {
            server.write_initialize(w, session.dialect);
        }));
        Ok((session, answer))
    }

    /// How this session's messages are written.
    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// Takes a message in.
    pub fn receive(&self, message: SessionMessage<'_>, server: &Arc<ServerFacts>) -> Step {
        match message {
            SessionMessage::Request(request) => self.request(&request, server),
            SessionMessage::Notification { method, params } => notification(&method, params),
            // We ask clients nothing yet, so nobody waits for this.
            SessionMessage::Response => Step::Nothing,
        }
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
            method => match Method::find(method, server.capabilities) {
                Some(found) => self.call(found, request, server),
                // An unknown method is an ordinary answer here (SHL-10).
                None => Step::Answer(Answer::served(
                    Answer::unknown_method(&request.id, method).frame,
                )),
            },
        }
    }

    fn call(&self, method: Method, request: &Request<'_>, server: &Arc<ServerFacts>) -> Step {
        let operation = match method.operation(&request.params) {
            Ok(operation) => operation,
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
            can_ask: AskKinds::default(),
            extensions: Arc::clone(&self.extensions),
            principal: Arc::clone(&self.principal),
            meta: request.params.meta.map(Json::from_raw),
            answers: BTreeMap::new(),
            state: None,
            deferred: false,
        };
        Step::Run(Box::new(Call {
            exchange,
            context,
            operation,
        }))
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
        Err(Answer::refused(frame::error(
            id,
            ErrorCode::INVALID_REQUEST,
            "a request with this id is still running",
            frame::no_data,
        )))
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
    pub fn remove_where(&mut self, is_it: impl Fn(&H) -> bool) -> Option<RequestId> {
        let id = self.0.iter().find(|(_, handle)| is_it(handle))?.0.clone();
        self.0.remove(&id);
        Some(id)
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
