//! Which era a message belongs to.
//!
//! A server of both eras looks at each message anew (ERA-1, ERA-9): one pure
//! function decides, from the message and from what carried it, whether it goes
//! through the modern door (`modern`) or the legacy one
//! (`legacy`), and refuses what fits neither in words that name both
//! ways in.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::decode::{InvalidParams, Meta, Params};
use crate::exchange::Call;
use crate::frame::{self, Answer};
use crate::headers::Headers;
use crate::jsonrpc::{self, ErrorCode, Message, RequestId, string};
use crate::legacy::Response;
use crate::model::Principal;
use crate::modern;
use crate::revision::{Era, Revision};
use crate::server::ServerFacts;

/// A request whose parameters have been found.
#[derive(Debug)]
pub struct Request<'a> {
    pub(crate) id: RequestId,
    pub(crate) method: Cow<'a, str>,
    pub(crate) params: Params<'a>,
    pub(crate) meta: Meta<'a>,
}

/// What a message of a legacy session is.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart where it is made; a box would cost every request an allocation"
)]
pub enum SessionMessage<'a> {
    /// Several messages in one. Whether there may be such a thing depends on the
    /// session (BAT-4).
    Batch(Vec<&'a RawValue>),
    /// It wants an answer.
    Request(Request<'a>),
    /// It wants none.
    Notification {
        /// What happened.
        method: Cow<'a, str>,
        /// Details.
        params: Option<&'a RawValue>,
    },
    /// It answers a request of ours.
    Response(Response),
}

/// Where a message goes that came by an HTTP POST to the MCP endpoint.
#[derive(Debug)]
pub enum HttpRoute<'a> {
    /// Nowhere: this is the answer.
    Answer(Answer),
    /// A modern request to be run. The client's disconnecting cancels it (SHM-7).
    Run(Box<Call>),
    /// A modern notification: accepted, and nothing to be done (SHM-3).
    Accepted,
    /// A legacy handshake, which opens a session.
    Initialize(Request<'a>),
    /// To the session that the request names.
    Session(SessionMessage<'a>),
}

/// Which door a request goes through.
pub(crate) enum Door {
    Modern,
    Initialize,
    Session,
    Closed(Answer),
}

/// What carried a request, as far as the choice of a door depends on it.
pub(crate) enum Carrier<'h> {
    /// An ordered channel; `session` tells whether it has seen a handshake.
    Stream { session: bool },
    /// A POST.
    Http(&'h Headers<'h>),
}

/// Routes the body of a POST to the MCP endpoint (ERA-3 to ERA-5).
pub fn route_http<'a>(
    body: &'a [u8],
    headers: &Headers<'_>,
    server: &Arc<ServerFacts>,
    principal: &Arc<Principal>,
) -> HttpRoute<'a> {
    match jsonrpc::batch(body) {
        None => {}
        Some(Ok(elements)) => return HttpRoute::Session(SessionMessage::Batch(elements)),
        Some(Err(problem)) => {
            return HttpRoute::Answer(Answer::refused(frame::malformed(&problem, None)));
        }
    }
    match jsonrpc::parse(body) {
        Err(problem) => HttpRoute::Answer(Answer::refused(frame::malformed(&problem, None))),
        Ok(Message::Request { id, method, params }) => match Request::read(id, method, params) {
            Err(answer) => HttpRoute::Answer(answer),
            Ok(request) => route_request(request, headers, server, principal),
        },
        Ok(Message::Notification { method, params }) => {
            if notification_is_modern(params, headers) {
                HttpRoute::Accepted
            } else {
                HttpRoute::Session(SessionMessage::Notification { method, params })
            }
        }
        Ok(Message::Response { id, outcome }) => {
            HttpRoute::Session(SessionMessage::Response(Response::new(id, outcome)))
        }
    }
}

fn route_request<'a>(
    request: Request<'a>,
    headers: &Headers<'_>,
    server: &Arc<ServerFacts>,
    principal: &Arc<Principal>,
) -> HttpRoute<'a> {
    match request.door(&Carrier::Http(headers)) {
        Door::Modern => match modern::open(&request, Some(headers), server, principal) {
            Ok(call) => HttpRoute::Run(call),
            Err(answer) => HttpRoute::Answer(answer),
        },
        Door::Initialize => HttpRoute::Initialize(request),
        Door::Session => HttpRoute::Session(SessionMessage::Request(request)),
        Door::Closed(answer) => HttpRoute::Answer(answer),
    }
}

/// ERA-4.
fn notification_is_modern(params: Option<&RawValue>, headers: &Headers<'_>) -> bool {
    let claimed = Params::read(params)
        .and_then(|params| params.read_meta())
        .is_ok_and(|meta| meta.version.is_some());
    claimed || headers.name_spoken_modern_version()
}

/// The answer to a session's message that names no session (SHL-12).
pub fn session_required() -> Bytes {
    frame::refusal(WAYS_IN)
}

const WAYS_IN: &str = "this request belongs to no session: send `initialize` first and then its \
    Mcp-Session-Id with every request, or speak 2026-07-28 and put \
    `io.modelcontextprotocol/protocolVersion` and `io.modelcontextprotocol/clientCapabilities` \
    into `params._meta`";

impl<'a> Request<'a> {
    /// Finds the parameters. The error is the answer.
    pub(crate) fn read(
        id: RequestId,
        method: Cow<'a, str>,
        params: Option<&'a RawValue>,
    ) -> Result<Self, Answer> {
        let found = Params::read(params).and_then(|params| {
            let meta = params.read_meta()?;
            Ok((params, meta))
        });
        match found {
            Ok((params, meta)) => Ok(Self {
                id,
                method,
                params,
                meta,
            }),
            Err(InvalidParams(details)) => {
                Err(Answer::refused(frame::invalid_params(&id, &details)))
            }
        }
    }

    /// ERA-3 and ERA-8, in order.
    pub(crate) fn door(&self, carrier: &Carrier<'_>) -> Door {
        let claim = self.meta.version;
        if self.method == "initialize" && !claim.is_some_and(is_modern_claim) {
            return self.initialize_door(carrier, claim.is_some());
        }
        if claim.is_some() {
            return Door::Modern;
        }
        match carrier {
            Carrier::Http(headers) if headers.name_modern_version() => self.missing_meta(),
            Carrier::Http(headers) if headers.session => Door::Session,
            Carrier::Stream { session: true } => Door::Session,
            // A client may check the line before it introduces itself (LIF-6).
            Carrier::Stream { session: false } if self.method == "ping" => Door::Session,
            _ if self.method == "server/discover" => self.missing_meta(),
            Carrier::Http(_) => Door::Closed(Answer::refused(frame::error(
                &self.id,
                ErrorCode::INVALID_REQUEST,
                WAYS_IN,
                frame::no_data,
            ))),
            Carrier::Stream { .. } => Door::Closed(Answer::refused(frame::invalid_params(
                &self.id,
                "send `initialize` first, or speak 2026-07-28 and put \
                 `io.modelcontextprotocol/protocolVersion` and \
                 `io.modelcontextprotocol/clientCapabilities` into `params._meta`",
            ))),
        }
    }

    fn initialize_door(&self, carrier: &Carrier<'_>, claimed: bool) -> Door {
        match carrier {
            Carrier::Http(headers) if !claimed && headers.name_modern_version() => {
                Door::Closed(Answer::refused(frame::error(
                    &self.id,
                    ErrorCode::HEADER_MISMATCH,
                    "the header MCP-Protocol-Version names a revision that has no `initialize`",
                    frame::no_data,
                )))
            }
            // An `initialize` inside a session is the session's to refuse (LIF-7).
            Carrier::Http(headers) if headers.session => Door::Session,
            Carrier::Stream { session: true } => Door::Session,
            Carrier::Http(_) | Carrier::Stream { .. } => Door::Initialize,
        }
    }

    /// A modern request without its `_meta` (ERA-3, third case).
    fn missing_meta(&self) -> Door {
        let details = modern::missing_meta(&self.meta);
        Door::Closed(Answer::refused(frame::invalid_params(&self.id, &details)))
    }
}

fn is_modern_claim(claim: &RawValue) -> bool {
    string(claim).is_some_and(|version| Era::of_version(&version) == Era::Modern)
}

impl Headers<'_> {
    /// Whether `MCP-Protocol-Version` names a version without a handshake.
    pub(crate) fn name_modern_version(&self) -> bool {
        matches!(
            self.protocol_version.text(),
            Ok(Some(version)) if Era::of_version(version) == Era::Modern
        )
    }

    /// Whether it names one of those that are spoken here.
    fn name_spoken_modern_version(&self) -> bool {
        matches!(
            self.protocol_version.text(),
            Ok(Some(version)) if Revision::parse(version)
                .is_some_and(|revision| revision.dialect().era == Era::Modern)
        )
    }

    /// Whether `MCP-Protocol-Version` may stand on a legacy session's message
    /// (SHL-18, SHL-19): absent, or any version with a handshake.
    pub fn allow_session(&self) -> bool {
        match self.protocol_version.text() {
            Ok(None) => true,
            Ok(Some(version)) => Revision::parse(version)
                .is_some_and(|revision| revision.dialect().era == Era::Legacy),
            Err(_) => false,
        }
    }
}
