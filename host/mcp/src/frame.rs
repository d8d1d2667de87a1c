//! Whole messages, ready to be sent.

use bytes::Bytes;

use crate::jsonrpc::{ErrorCode, Malformed, RequestId};
use crate::model::{Change, List};
use crate::revision::Dialect;
use crate::write::Writer;

/// An answer to a request, and how it stands with the request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The message.
    pub frame: Bytes,
    /// What a binding with a status of its own should say.
    pub standing: Standing,
    /// What follows it on a channel that is shared with others (SUB-9).
    pub last_words: Option<Bytes>,
}

/// How a request fared, for bindings that say so outside the message
/// (docs/requirements.md, §7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was served, well or badly; the message says which.
    Served,
    /// It was refused before anything was tried: the client has to change it.
    Refused,
    /// Its method does not exist here. Told apart because modern HTTP does.
    UnknownMethod,
}

/// A `result` message whose members `members` writes.
pub(crate) fn result(id: &RequestId, size: usize, members: impl FnOnce(&mut Writer)) -> Bytes {
    let mut w = Writer::with_capacity(size);
    w.object(|w| {
        w.key("jsonrpc").string("2.0");
        w.key("id").raw(id.as_json());
        w.key("result").object(members);
    });
    w.finish()
}

/// A notification whose parameters `params` writes.
pub(crate) fn notification(method: &str, params: impl FnOnce(&mut Writer)) -> Bytes {
    let mut w = Writer::with_capacity(128);
    w.object(|w| {
        w.key("jsonrpc").string("2.0");
        w.key("method").string(method);
        w.key("params").object(params);
    });
    w.finish()
}

/// An `error` message to a known request.
pub(crate) fn error(
    id: &RequestId,
    code: ErrorCode,
    message: &str,
    data: impl FnOnce(&mut Writer),
) -> Bytes {
    error_with(Some(id.as_json()), code, message, data)
}

/// An `error` message with `data.details`.
pub(crate) fn invalid_params(id: &RequestId, details: &str) -> Bytes {
    let message = format!("Invalid params: {details}");
    error(id, ErrorCode::INVALID_PARAMS, &message, |w| {
        w.text_member("details", Some(details));
    })
}

/// `error.data` is left out.
pub(crate) fn no_data(_: &mut Writer) {}

/// What to answer to bytes that are no message. `dialect` is the session's, if
/// there is one; without, the id is left out (RPC-5).
pub fn malformed(problem: &Malformed, dialect: Option<&Dialect>) -> Bytes {
    let null = dialect
        .is_some_and(|dialect| !dialect.error_without_id)
        .then_some("null");
    match problem {
        Malformed::Parse(details) => {
            let message = format!("Parse error: {details}");
            error_with(null, ErrorCode::PARSE, &message, no_data)
        }
        Malformed::Invalid { id, reason } => {
            let id = id.as_ref().map(RequestId::as_json).or(null);
            let message = format!("Invalid request: {reason}");
            error_with(id, ErrorCode::INVALID_REQUEST, &message, no_data)
        }
    }
}

/// The answer to a request that ended in a fault of the host's own.
pub fn internal_error(id: &RequestId) -> Bytes {
    error(id, ErrorCode::INTERNAL, "Internal error", no_data)
}

/// The answer to a request for which there is no room at the moment.
pub fn too_many(id: &RequestId, of_what: &str) -> Bytes {
    error(id, ErrorCode::INTERNAL, of_what, no_data)
}

/// A refusal that belongs to no request in particular.
pub fn refusal(message: &str) -> Bytes {
    error_with(None, ErrorCode::INVALID_REQUEST, message, no_data)
}

fn error_with(
    id: Option<&str>,
    code: ErrorCode,
    message: &str,
    data: impl FnOnce(&mut Writer),
) -> Bytes {
    let mut w = Writer::with_capacity(128 + message.len());
    w.object(|w| {
        w.key("jsonrpc").string("2.0");
        if let Some(id) = id {
            w.key("id").raw(id);
        }
        w.key("error")
            .object(|w| error_members(w, code, message, data));
    });
    w.finish()
}

/// The members of an error object. Data that would be empty is left out.
pub(crate) fn error_members(
    w: &mut Writer,
    code: ErrorCode,
    message: &str,
    data: impl FnOnce(&mut Writer),
) {
    w.key("code").number(code.get());
    w.key("message").string(message);
    let mut members = Writer::default();
    members.object(data);
    let data = members.finish();
    if &*data != b"{}" {
        w.key("data").members(&data);
    }
}

/// Several messages as one (BAT-3).
pub fn batch(frames: &[Bytes]) -> Bytes {
    let mut w = Writer::with_capacity(frames.iter().map(Bytes::len).sum::<usize>() + frames.len());
    w.array(frames, |w, frame| w.members(frame));
    w.finish()
}

/// A request of ours whose method and parameters `rest` writes.
pub(crate) fn request(id: &RequestId, rest: impl FnOnce(&mut Writer)) -> Bytes {
    let mut w = Writer::with_capacity(256);
    w.object(|w| {
        w.key("jsonrpc").string("2.0");
        w.key("id").raw(id.as_json());
        rest(w);
    });
    w.finish()
}

/// Tells the other side that a request of ours is not to be answered any more
/// (CAN-3).
pub fn cancelled(id: &RequestId, reason: &str) -> Bytes {
    notification("notifications/cancelled", |w| {
        w.key("requestId").raw(id.as_json());
        w.key("reason").string(reason);
    })
}

/// What has changed, for clients with a session; `listen` is the request of those
/// without (SUB-4).
pub(crate) fn change(change: &Change, listen: Option<&RequestId>) -> Bytes {
    let method = match change {
        Change::List(List::Tools) => "notifications/tools/list_changed",
        Change::List(List::Resources) => "notifications/resources/list_changed",
        Change::List(List::Prompts) => "notifications/prompts/list_changed",
        Change::Resource(_) => "notifications/resources/updated",
    };
    notification(method, |w| {
        if let Change::Resource(uri) = change {
            w.key("uri").string(uri);
        }
        subscription(w, listen);
    })
}

/// The entry of `_meta` that says which `subscriptions/listen` a message belongs to.
pub(crate) fn subscription(w: &mut Writer, listen: Option<&RequestId>) {
    if let Some(id) = listen {
        w.key("_meta").object(|w| subscription_member(w, id));
    }
}

/// The same, without the `_meta` around it.
pub(crate) fn subscription_member(w: &mut Writer, listen: &RequestId) {
    w.key("io.modelcontextprotocol/subscriptionId")
        .raw(listen.as_json());
}

impl Answer {
    /// The answers to a batch, in one message.
    pub fn of_batch(frame: Bytes) -> Self {
        Self::served(frame)
    }

    pub(crate) fn served(frame: Bytes) -> Self {
        Self {
            frame,
            standing: Standing::Served,
            last_words: None,
        }
    }

    pub(crate) fn refused(frame: Bytes) -> Self {
        Self {
            frame,
            standing: Standing::Refused,
            last_words: None,
        }
    }

    /// −32601. The method is named, because an answer may be read far from the
    /// request.
    pub(crate) fn unknown_method(id: &RequestId, method: &str) -> Self {
        let message = format!("Method not found: {method}");
        Self {
            frame: error(id, ErrorCode::METHOD_NOT_FOUND, &message, no_data),
            standing: Standing::UnknownMethod,
            last_words: None,
        }
    }
}
