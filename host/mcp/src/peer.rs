//! One ordered channel with a client at its end: standard input and output, a
//! socket, an SSE pair.
//!
//! [`Peer`] is a pure state machine: a frame goes in, an [`Effect`] comes out, and
//! whoever drives it (the host's session loop) carries the effect out. Both eras
//! may share the channel (ERA-8, ERA-9); running requests of both share one table,
//! because ids must be unique on the channel.

use std::sync::Arc;

use bytes::Bytes;

use crate::door::{Carrier, Door, Request, SessionMessage};
use crate::exchange::Call;
use crate::frame;
use crate::jsonrpc::{self, Malformed, Message, RequestId};
use crate::legacy::{self, InFlight, Response, Session, Step};
use crate::model::Principal;
use crate::modern;
use crate::server::ServerFacts;

/// The protocol's side of a channel. `H` is what the driver holds a running call
/// by.
#[derive(Debug)]
pub struct Peer<H> {
    principal: Arc<Principal>,
    session: Option<Session>,
    running: InFlight<H>,
}

/// What a frame asks the driver to do.
#[derive(Debug)]
pub enum Effect<H> {
    /// Send this message.
    Send(Bytes),
    /// Run this call, and tell [`Peer::started`] and [`Peer::ended`].
    Start(Box<Call>),
    /// End this call and send nothing more for it.
    Cancel(H),
    /// Hand this to whoever waits for it.
    Response(Response),
    /// Tell the client of changes to this resource from now on, or no more, and send
    /// the answer.
    Watch {
        /// The request's id.
        id: RequestId,
        /// Which resource, and what is below it.
        uri: String,
        /// From now on, or no more.
        watched: bool,
        /// The answer.
        answer: Bytes,
    },
    /// Carry all of these out; what they answer goes into one message, when the last
    /// has its answer.
    Batch(Vec<Self>),
    /// Nothing.
    Nothing,
}

impl<H> Peer<H> {
    /// A channel on which nothing has been said, to a client that acts on behalf of
    /// this principal.
    pub fn new(principal: Arc<Principal>) -> Self {
        Self {
            principal,
            session: None,
            running: InFlight::default(),
        }
    }

    /// Takes in one frame, whatever it holds. Never panics, and never ends the
    /// channel: what cannot be understood is answered.
    pub fn receive(&mut self, frame: &[u8], server: &Arc<ServerFacts>) -> Effect<H> {
        match (jsonrpc::batch(frame), &self.session) {
            (Some(Ok(elements)), Some(session)) => {
                let step = session.receive(SessionMessage::Batch(elements), server);
                return self.carry_out(step);
            }
            (Some(Err(problem)), _) => return Effect::Send(self.malformed(&problem)),
            // Which is what parsing says as well.
            (Some(Ok(_)), None) | (None, _) => {}
        }
        match jsonrpc::parse(frame) {
            Ok(Message::Request { id, method, params }) => {
                match Request::read(id, method, params) {
                    Ok(request) => self.request(request, server),
                    Err(answer) => Effect::Send(answer.frame),
                }
            }
            Ok(Message::Notification { method, params }) => {
                let step = legacy::notification(&method, params);
                self.carry_out(step)
            }
            Ok(Message::Response { id, outcome }) => Effect::Response(Response::new(id, outcome)),
            Err(problem) => Effect::Send(self.malformed(&problem)),
        }
    }

    /// The answer to a frame that was too long to be kept.
    pub fn oversized(&self, limit: usize) -> Bytes {
        self.malformed(&Malformed::Parse(format!(
            "the message is longer than {limit} bytes"
        )))
    }

    /// The session, if there has been a handshake.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Remembers a call that [`Effect::Start`] asked for.
    pub fn started(&mut self, id: RequestId, handle: H) {
        self.running.insert(id, handle);
    }

    /// Forgets a call that has been answered. None if it was cancelled before: then
    /// its answer must not be sent.
    pub fn ended(&mut self, id: &RequestId) -> Option<H> {
        self.running.remove(id)
    }

    /// Forgets a call that ended without an answer, by its handle. None if it was
    /// cancelled before.
    pub fn failed(&mut self, is_it: impl Fn(&H) -> bool) -> Option<(RequestId, H)> {
        self.running.remove_where(is_it)
    }

    /// How many calls are running.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    fn request(&mut self, request: Request<'_>, server: &Arc<ServerFacts>) -> Effect<H> {
        if let Err(answer) = self.running.admit(&request.id) {
            return Effect::Send(answer.frame);
        }
        let carrier = Carrier::Stream {
            session: self.session.is_some(),
        };
        match request.door(&carrier) {
            Door::Closed(answer) => Effect::Send(answer.frame),
            Door::Modern => match modern::open(&request, None, server, &self.principal) {
                Ok(call) => Effect::Start(call),
                Err(answer) => Effect::Send(answer.frame),
            },
            Door::Initialize => match Session::open(&request, server, &self.principal) {
                Ok((session, answer)) => {
                    self.session = Some(session.on_channel());
                    Effect::Send(answer.frame)
                }
                Err(answer) => Effect::Send(answer.frame),
            },
            Door::Session => match &self.session {
                Some(session) => {
                    let step = session.receive(SessionMessage::Request(request), server);
                    self.carry_out(step)
                }
                // The one request that needs no session.
                None => Effect::Send(legacy::pong(&request.id).frame),
            },
        }
    }

    fn carry_out(&mut self, step: Step) -> Effect<H> {
        match step {
            Step::Run(call) => Effect::Start(call),
            Step::Answer(answer) => Effect::Send(answer.frame),
            Step::Cancel(id) => self
                .running
                .remove(&id)
                .map_or(Effect::Nothing, Effect::Cancel),
            Step::Response(response) => Effect::Response(response),
            Step::Watch {
                id,
                uri,
                watched,
                answer,
            } => Effect::Watch {
                id,
                uri,
                watched,
                answer: answer.frame,
            },
            Step::Batch(steps) => {
                let mut effects = Vec::new();
                for step in steps {
                    if let Step::Cancel(id) = &step {
                        effects.retain(|effect| !starts(effect, id));
                    }
                    effects.push(self.element(step));
                }
                Effect::Batch(effects)
            }
            Step::Nothing => Effect::Nothing,
        }
    }

    /// One step of a batch, which may ask for an id that has been running since
    /// before.
    fn element(&mut self, step: Step) -> Effect<H> {
        if let Step::Run(call) = &step
            && let Err(answer) = self.running.admit(call.exchange.id())
        {
            return Effect::Send(answer.frame);
        }
        self.carry_out(step)
    }

    fn malformed(&self, problem: &Malformed) -> Bytes {
        frame::malformed(problem, self.session.as_ref().map(Session::dialect))
    }
}

/// Whether a call is about to be started under this id, which a later element of its
/// batch may cancel (BAT-6).
fn starts<H>(effect: &Effect<H>, id: &RequestId) -> bool {
    matches!(effect, Effect::Start(call) if call.exchange.id() == id)
}
