//! The published schemas of the Model Context Protocol, and messages held to them.
//!
//! [`Schemas::of`] a revision judges one message at a time. A message that the
//! server sent is judged strictly: it has the shape that the schema gives to the
//! result of just this method, or to just this notification, and it has no member
//! that the schema does not name. The published schemas would let such a member
//! pass, but a server that speaks an old revision is to say nothing that is newer
//! (DWN-1 to DWN-9). Messages of a client are judged as published: a client may
//! say more than a server knows (RPC-12).
//!
//! What the schemas do not say and the requirements do is said here: which error
//! codes a revision has (docs/requirements.md, §28), when an error has no id (RPC-5),
//! and which `resultType` fits which method (RPC-9).
//!
//! This is for tests. Nothing that ships depends on it.

mod close;
mod definitions;
mod tables;

use std::sync::LazyLock;

use serde_json::{Value, json};

use definitions::Definitions;
use tables::{Exchange, REVISIONS};

/// The schema of one revision.
#[derive(Debug)]
pub struct Schemas {
    revision: &'static str,
    published: Definitions,
    closed: Definitions,
}

/// What a message is an answer to.
#[derive(Debug, Clone, Copy)]
pub enum Context<'a> {
    /// To nothing: it is a request or a notification.
    Unasked,
    /// To this request.
    Answer(&'a Value),
    /// To something whose id nobody could read (RPC-5).
    Unreadable {
        /// Whether the error says `"id":null`, as base JSON-RPC has it, or leaves the
        /// id out, as newer revisions and HTTP do.
        null_id: bool,
    },
}

/// What a message is, as far as its members tell.
enum Kind<'a> {
    Request(&'a str),
    Notification(&'a str),
    Result(&'a Value),
    Error(&'a Value),
}

impl Schemas {
    /// The schema of this revision.
    ///
    /// # Panics
    /// There is none of that date.
    pub fn of(revision: &str) -> &'static Self {
        static ALL: LazyLock<Vec<Schemas>> = LazyLock::new(|| {
            let each = |(revision, text)| Schemas::new(revision, text);
            REVISIONS.into_iter().map(each).collect()
        });
        let found = ALL.iter().find(|schemas| schemas.revision == revision);
        found.unwrap_or_else(|| unreachable!("no revision of the protocol has the date {revision}"))
    }

    fn new(revision: &'static str, text: &str) -> Self {
        let mut document = definitions::read(text);
        if revision == tables::E {
            definitions::add(&mut document, &definitions::read(tables::TASKS));
        }
        let closed = close::close(&document, tables::ALLOWANCES);
        Self {
            revision,
            published: Definitions::new(document),
            closed: Definitions::new(closed),
        }
    }

    /// Judges a message that a server sent.
    ///
    /// # Errors
    /// The error says what is wrong with it.
    pub fn check_from_server(&self, frame: &Value, context: Context<'_>) -> Result<(), String> {
        match (Kind::of(frame)?, context) {
            (Kind::Request(method), _) => {
                self.envelope("JSONRPCRequest", frame)?;
                let exchange = tables::asked_by_servers(self.revision, method);
                let exchange = exchange.ok_or_else(|| format!("servers do not ask `{method}`"))?;
                self.closed.check_message(exchange.request, frame)
            }
            (Kind::Notification(method), _) => {
                self.envelope("JSONRPCNotification", frame)?;
                let definition = tables::said_by_servers(self.revision, method);
                let definition =
                    definition.ok_or_else(|| format!("servers do not say `{method}`"))?;
                self.closed.check_message(definition, frame)?;
                self.check_subscription(method, frame)
            }
            (Kind::Result(result), Context::Answer(request)) => {
                self.envelope(self.result_envelope(), frame)?;
                same_id(frame, request)?;
                self.check_result(result, request)
            }
            (Kind::Error(error), Context::Answer(request)) => {
                same_id(frame, request)?;
                self.check_error(frame, error)
            }
            (Kind::Error(error), Context::Unreadable { null_id }) => {
                self.check_unattributed(frame, error, null_id)
            }
            (Kind::Result(_), Context::Unreadable { .. }) => {
                Err("what could not be read has a result".to_owned())
            }
            (Kind::Result(_) | Kind::Error(_), Context::Unasked) => {
                Err("it answers nothing that was asked".to_owned())
            }
        }
    }

    /// Judges a message that a client sent. Methods that the revision does not have
    /// are for the server to refuse; only their envelope is looked at.
    ///
    /// # Errors
    /// The error says what is wrong with it.
    pub fn check_from_client(&self, frame: &Value, context: Context<'_>) -> Result<(), String> {
        let (kind, definition) = match (Kind::of(frame)?, context) {
            (Kind::Request(method), _) => (
                "JSONRPCRequest",
                tables::asked_by_clients(self.revision, method).map(|it| it.request),
            ),
            (Kind::Notification(method), _) => (
                "JSONRPCNotification",
                tables::said_by_clients(self.revision, method),
            ),
            (Kind::Result(result), Context::Answer(request)) => {
                self.published.check(self.result_envelope(), frame)?;
                same_id(frame, request)?;
                let asked = tables::asked_by_servers(self.revision, method_of(request));
                let asked = asked.ok_or("it answers what no server asks")?;
                return self.published.check(asked.result, result);
            }
            (Kind::Error(_), _) => (self.error_envelope(), None),
            (Kind::Result(_), Context::Unasked | Context::Unreadable { .. }) => {
                return Err("it answers nothing that was asked".to_owned());
            }
        };
        self.published.check(kind, frame)?;
        definition.map_or(Ok(()), |name| self.published.check_message(name, frame))
    }

    /// Whether clients of this revision have such a method.
    pub fn has_method(&self, method: &str) -> bool {
        tables::asked_by_clients(self.revision, method).is_some()
    }

    fn envelope(&self, name: &str, frame: &Value) -> Result<(), String> {
        self.closed.check(name, frame)
    }

    fn result_envelope(&self) -> &'static str {
        if self.closed.has("JSONRPCResultResponse") {
            "JSONRPCResultResponse"
        } else {
            "JSONRPCResponse"
        }
    }

    fn error_envelope(&self) -> &'static str {
        if self.closed.has("JSONRPCErrorResponse") {
            "JSONRPCErrorResponse"
        } else {
            "JSONRPCError"
        }
    }

    /// SUB-4, SUB-7.
    fn check_subscription(&self, method: &str, frame: &Value) -> Result<(), String> {
        let meta = &frame["params"]["_meta"];
        let tagged = meta.get("io.modelcontextprotocol/subscriptionId").is_some();
        let listened_for = self.revision >= tables::E && tables::LISTENED_FOR.contains(&method);
        match (listened_for, tagged) {
            (true, false) => Err("it does not say which subscription it is for".to_owned()),
            // A subscription itself can be cancelled (SUB-9).
            (false, true) if method != "notifications/cancelled" => {
                Err("it belongs to no subscription and names one".to_owned())
            }
            (true, true) | (false, _) => Ok(()),
        }
    }

    fn check_result(&self, result: &Value, request: &Value) -> Result<(), String> {
        let method = method_of(request);
        let exchange = tables::asked_by_clients(self.revision, method)
            .ok_or_else(|| format!("`{method}` does not exist and has a result"))?;
        let definition = self.result_definition(exchange, result, request)?;
        self.closed.check(definition, result)?;
        if method == "initialize" && result["protocolVersion"] != self.revision {
            return Err(format!(
                "it is a handshake of another than {}",
                self.revision
            ));
        }
        Ok(())
    }

    /// Which definition the result of a request has to meet (RPC-9, TKD-3, TKE-3).
    fn result_definition(
        &self,
        exchange: &Exchange,
        result: &Value,
        request: &Value,
    ) -> Result<&'static str, String> {
        if self.revision < tables::E {
            let as_task = request["params"].get("task").is_some() && result.get("task").is_some();
            return Ok(match exchange.task {
                Some(definition) if as_task && self.closed.has(definition) => definition,
                Some(_) | None => exchange.result,
            });
        }
        match result["resultType"].as_str() {
            Some("complete") => Ok(exchange.result),
            Some("input_required") if exchange.may_ask => Ok("InputRequiredResult"),
            Some("task") if !wants_tasks(request) => {
                Err("it is a task, and the client did not say that it knows tasks".to_owned())
            }
            Some("task") if exchange.task.is_some() => Ok("TaskCreated"),
            found => Err(format!(
                "`{}` has the `resultType` {found:?}",
                exchange.method
            )),
        }
    }

    fn check_error(&self, frame: &Value, error: &Value) -> Result<(), String> {
        self.envelope(self.error_envelope(), frame)?;
        let code = error["code"].as_i64().unwrap_or_default();
        let definition = tables::error(self.revision, code)?;
        definition.map_or(Ok(()), |name| self.closed.check(name, frame))
    }

    /// RPC-5.
    fn check_unattributed(
        &self,
        frame: &Value,
        error: &Value,
        null_id: bool,
    ) -> Result<(), String> {
        match (frame.get("id"), null_id) {
            (Some(Value::Null), true) | (None, false) => {}
            (found, true) => return Err(format!("the id ought to be null, and is {found:?}")),
            (found, false) => return Err(format!("there ought to be no id, and is {found:?}")),
        }
        // Old schemas want an id where there is none to be had.
        let mut attributed = frame.clone();
        attributed["id"] = json!(0);
        self.check_error(&attributed, error)
    }
}

impl<'a> Kind<'a> {
    fn of(frame: &'a Value) -> Result<Self, String> {
        let method = frame.get("method").map(|method| method.as_str());
        match (method, frame.get("result"), frame.get("error")) {
            (Some(Some(method)), None, None) if frame.get("id").is_some() => {
                Ok(Self::Request(method))
            }
            (Some(Some(method)), None, None) => Ok(Self::Notification(method)),
            (None, Some(result), None) => Ok(Self::Result(result)),
            (None, None, Some(error)) => Ok(Self::Error(error)),
            _ => Err("it is neither a request, nor a notification, nor a response".to_owned()),
        }
    }
}

fn method_of(request: &Value) -> &str {
    request["method"].as_str().unwrap_or_default()
}

/// RPC-4.
fn same_id(frame: &Value, request: &Value) -> Result<(), String> {
    match (frame.get("id"), request.get("id")) {
        (Some(found), Some(asked)) if found == asked => Ok(()),
        (found, asked) => Err(format!("it has the id {found:?}, the request {asked:?}")),
    }
}

/// TKE-2.
fn wants_tasks(request: &Value) -> bool {
    let capabilities = &request["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"];
    capabilities["extensions"]["io.modelcontextprotocol/tasks"].is_object()
}
