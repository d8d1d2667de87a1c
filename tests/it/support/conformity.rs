//! Whether the host keeps to the published schemas, message by message.
//!
//! A [`Witness`] hears both sides of a conversation. It knows what has been asked
//! and in which revision, and holds what the host says to the schema of that
//! revision (`wharf_schemas`). A test that sees a message which the schema does not
//! allow fails, whatever it was about.
//!
//! The other way round, a request that got a result must have been a good one:
//! what tests send wrong on purpose, they send to be refused.

mod envelope;
mod tests;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use serde_json::Value;
use wharf_schemas::{Context, Schemas};

use envelope::{Envelope, ILLEGIBLE};

use super::{A, B, Binding, C, D, E, REVISIONS, Way, until_closed};

/// What is longer is no message, whatever it holds.
const TOO_LONG: usize = 16 << 20;

/// What the host says in one conversation, held to what was said to it.
#[derive(Debug)]
pub(crate) struct Witness {
    carrier: Carrier,
    /// What the handshake settled.
    session: Option<&'static str>,
    /// Whether requests have claimed a revision for themselves.
    modern: bool,
    /// Requests that have no answer yet.
    asked: Vec<Value>,
    /// Requests that go on as tasks, which may report progress as before (PRG-4).
    tasks: Vec<Value>,
    /// How many messages were sent whose id nobody can read.
    unreadable: usize,
    /// The beginning of a line whose end has not been sent.
    line: Vec<u8>,
}

/// What messages go over, as far as answers depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carrier {
    /// An ordered channel.
    Stream,
    /// A response, with this status if it is known.
    Http { status: Option<u16> },
}

/// What is heard, each message of it witnessed.
pub(super) struct Inbox<T: AsRef<str>> {
    heard: Receiver<T>,
    witness: RefCell<Witness>,
}

/// The revisions of sessions on Streamable HTTP, by their ids.
static SESSIONS: Mutex<BTreeMap<String, &'static str>> = Mutex::new(BTreeMap::new());

impl Witness {
    fn new(carrier: Carrier) -> Self {
        Self {
            carrier,
            session: None,
            modern: false,
            asked: Vec::new(),
            tasks: Vec::new(),
            unreadable: 0,
            line: Vec::new(),
        }
    }

    /// Of an ordered channel.
    pub(super) fn of_stream() -> Self {
        Self::new(Carrier::Stream)
    }

    /// Of one request to the MCP endpoint and its response.
    pub(super) fn of_post(body: &[u8], session: Option<&str>, version: Option<&str>) -> Self {
        let sessions = SESSIONS.lock().unwrap();
        let mut witness = Self::new(Carrier::Http { status: None });
        witness.session = session.and_then(|id| sessions.get(id).copied());
        witness.modern = version.is_some_and(|version| version >= E);
        witness.said(body);
        witness
    }

    /// What the response to a POST looks like.
    pub(super) fn responded(&mut self, status: u16) {
        self.carrier = Carrier::Http {
            status: Some(status),
        };
    }

    /// A handshake has named a session.
    pub(super) fn named(&self, session: &str) {
        if let Some(revision) = self.session {
            let mut sessions = SESSIONS.lock().unwrap();
            sessions.insert(session.to_owned(), revision);
        }
    }

    /// The client writes to a channel of lines.
    pub(super) fn wrote(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() <= TOO_LONG {
                self.line.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                if !line.trim_ascii().is_empty() {
                    self.said(&line);
                }
            }
        }
    }

    /// The client sends a message, or what is none.
    pub(super) fn said(&mut self, message: &[u8]) {
        let Some(envelope) = Envelope::read(message) else {
            return match serde_json::from_slice(message) {
                Ok(Value::Array(batch)) if self.session == Some(B) && is_batch(&batch) => {
                    for message in &batch {
                        // There are none in batches.
                        if message.is_array() {
                            self.unreadable += 1;
                        } else {
                            self.said(message.to_string().as_bytes());
                        }
                    }
                }
                Ok(_) | Err(_) => self.unreadable += 1,
            };
        };
        match envelope.id() {
            Some(id) if envelope.wants_answer() => {
                let request = envelope.request(id);
                self.modern |= claim(&request).is_some();
                self.asked.push(request);
            }
            Some(_) | None if envelope.is_fine() => {}
            Some(_) | None => self.unreadable += 1,
        }
    }

    /// A handshake that was not heard settled this.
    pub(super) fn agreed(&mut self, hello: &Value) {
        let settled = |revision: &&&str| hello["protocolVersion"] == ***revision;
        self.session = REVISIONS.iter().find(settled).copied();
        self.asked
            .retain(|request| request["method"] != "initialize");
    }

    /// The host says something.
    #[track_caller]
    pub(super) fn heard(&mut self, text: &str) {
        if let Err(problem) = self.judge(text) {
            panic!("{problem}\n{text}");
        }
    }

    fn judge(&mut self, text: &str) -> Result<(), String> {
        let frame: Value =
            serde_json::from_str(text).map_err(|error| format!("no message: {error}"))?;
        let batch = frame.as_array().filter(|batch| !batch.is_empty());
        match batch {
            Some(batch) if self.session == Some(B) => {
                batch.iter().try_for_each(|frame| self.judge_one(frame))
            }
            Some(_) | None => self.judge_one(&frame),
        }
    }

    fn judge_one(&mut self, frame: &Value) -> Result<(), String> {
        match frame.get("method") {
            Some(method) => self.by_itself(method, frame),
            None => self.answer(frame),
        }
    }

    /// A notification or request of the host's. One that belongs to no request may
    /// be said in any revision that is spoken here.
    fn by_itself(&self, method: &Value, frame: &Value) -> Result<(), String> {
        let mut revisions: Vec<&str> = self.session.into_iter().collect();
        revisions.extend(self.modern.then_some(E));
        if method == "notifications/progress" {
            let token = &frame["params"]["progressToken"];
            let wanted = |request: &&Value| &request["params"]["_meta"]["progressToken"] == token;
            let request = self.asked.iter().chain(&self.tasks).find(wanted);
            let request = request.ok_or("it is progress of nothing that is running")?;
            revisions = vec![self.revision_of(request)];
        }
        let verdicts = revisions.into_iter().map(|revision| {
            let verdict = Schemas::of(revision).check_from_server(frame, Context::Unasked);
            verdict.map_err(|problem| format!("{revision}: {problem}"))
        });
        let nobody = Err("no revision has been agreed on".to_owned());
        verdicts.reduce(Result::or).unwrap_or(nobody)
    }

    fn answer(&mut self, frame: &Value) -> Result<(), String> {
        let id = frame.get("id").filter(|id| !id.is_null());
        let Some(id) = id else {
            return self.answer_to_nobody(frame);
        };
        let with_id = |request: &Value| request["id"] == *id;
        // Of two with the same id the second is refused, and the first goes on.
        let refused = frame["error"]["code"] == -32600;
        let at = if refused {
            self.asked.iter().rposition(with_id)
        } else {
            self.asked.iter().position(with_id)
        };
        let at = at.ok_or("nothing was asked under this id, or it was answered before")?;
        let request = self.asked.remove(at);
        let revision = if frame["result"]["protocolVersion"].is_string() {
            self.agreed(&frame["result"]);
            self.session.ok_or("it settles on no revision there is")?
        } else {
            self.revision_of(&request)
        };
        let schemas = Schemas::of(revision);
        schemas
            .check_from_server(frame, Context::Answer(&request))
            .map_err(|problem| format!("{revision}: {problem}\nto {request}"))?;
        if revision < E && frame["result"].get("task").is_some() {
            self.tasks.push(request.clone());
        }
        // What is nested too deeply to be read is not judged.
        let legible = request["params"] != ILLEGIBLE;
        if frame.get("result").is_some() && legible {
            let verdict = schemas.check_from_client(&request, Context::Unasked);
            verdict.map_err(|problem| format!("{revision}: this was served: {problem}\n{request}"))
        } else {
            Ok(())
        }
    }

    /// RPC-5: an error to something whose id could not be read. HTTP may also refuse
    /// without having looked, and then does not know the id.
    fn answer_to_nobody(&mut self, frame: &Value) -> Result<(), String> {
        let unseen = match self.carrier {
            Carrier::Http { status } => status.is_some_and(|status| match status {
                // A response or a notification has no id to be answered under.
                400 | 404 => !self.modern || self.asked.is_empty(),
                status => status > 400,
            }),
            Carrier::Stream => !self.line.is_empty(),
        };
        if self.unreadable == 0 && !unseen {
            return Err(format!("everything had an id: {:?}", self.asked));
        }
        self.unreadable = self.unreadable.saturating_sub(1);
        let old = self
            .session
            .is_some_and(|session| [A, B, C].contains(&session));
        let null_id = old && self.carrier == Carrier::Stream;
        let revision = self.session.unwrap_or(if self.modern { E } else { D });
        Schemas::of(revision).check_from_server(frame, Context::Unreadable { null_id })
    }

    /// A request is of the revision it claims, or else of its session's. Whoever
    /// claims something unknown is answered by the newest.
    fn revision_of(&self, request: &Value) -> &'static str {
        let claims = claim(request).is_some();
        let headed = self.modern && self.carrier != Carrier::Stream;
        if claims || headed {
            return E;
        }
        self.session.unwrap_or(D)
    }
}

/// Whether it is not refused as a whole (BAT-3, BAT-5, SEC-5).
fn is_batch(elements: &[Value]) -> bool {
    let is_modern = |element: &Value| claim(element).is_some();
    (1..=100).contains(&elements.len()) && !elements.iter().any(is_modern)
}

fn claim(request: &Value) -> Option<&Value> {
    request["params"]["_meta"].get("io.modelcontextprotocol/protocolVersion")
}

impl<T: AsRef<str>> Inbox<T> {
    pub(super) fn new(way: Way, heard: Receiver<T>) -> Self {
        let carrier = match way.binding {
            Binding::Streamable => Carrier::Http { status: None },
            Binding::Memory
            | Binding::Stdio
            | Binding::Sse
            | Binding::Unix
            | Binding::WebSocket => Carrier::Stream,
        };
        Self {
            heard,
            witness: RefCell::new(Witness::new(carrier)),
        }
    }

    /// What the client says belongs to what it hears.
    pub(super) fn witness(&mut self) -> &mut Witness {
        self.witness.get_mut()
    }

    #[track_caller]
    pub(super) fn recv_timeout(&self, patience: Duration) -> Result<T, RecvTimeoutError> {
        let heard = self.heard.recv_timeout(patience)?;
        self.witness.borrow_mut().heard(heard.as_ref());
        Ok(heard)
    }

    /// Everything that still comes, to the end.
    pub(super) fn rest(&self) -> impl Iterator<Item = T> {
        until_closed(&self.heard).inspect(|heard| {
            self.witness.borrow_mut().heard(heard.as_ref());
        })
    }
}

/// What no test has asked for is witnessed all the same.
impl<T: AsRef<str>> Drop for Inbox<T> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let witness = self.witness.get_mut();
            self.heard
                .try_iter()
                .for_each(|heard| witness.heard(heard.as_ref()));
        }
    }
}
