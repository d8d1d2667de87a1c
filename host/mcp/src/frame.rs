//! Whole messages, ready to be sent.

use bytes::Bytes;

use crate::jsonrpc::{ErrorCode, Malformed, RequestId};
use crate::revision::Dialect;
use crate::write::Writer;

/// An answer to a request, and how it stands with the request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The message.
    pub frame: Bytes,
    /// What a binding with a status of its own should say.
    pub standing: Standing,
}

/// How a request fared, for bindings that say so outside the message
/// (mcp-requirements §7.4).
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
pub fn too_many_requests(id: &RequestId, limit: usize) -> Bytes {
    let message = format!("{limit} requests are running already: wait for some to end");
    error(id, ErrorCode::INTERNAL, &message, no_data)
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
    let mut members = Writer::default();
    members.object(data);
    let data = members.finish();
    w.object(|w| {
        w.key("jsonrpc").string("2.0");
        if let Some(id) = id {
            w.key("id").raw(id);
        }
        w.key("error").object(|w| {
            w.key("code").number(code.get());
            w.key("message").string(message);
            if &*data != b"{}" {
                w.key("data").members(&data);
            }
        });
    });
    w.finish()
}

impl Answer {
    pub(crate) fn served(frame: Bytes) -> Self {
        Self {
            frame,
            standing: Standing::Served,
        }
    }

    pub(crate) fn refused(frame: Bytes) -> Self {
        Self {
            frame,
            standing: Standing::Refused,
        }
    }

    /// −32601. The method is named, because an answer may be read far from the
    /// request.
    pub(crate) fn unknown_method(id: &RequestId, method: &str) -> Self {
        let message = format!("Method not found: {method}");
        Self {
            frame: error(id, ErrorCode::METHOD_NOT_FOUND, &message, no_data),
            standing: Standing::UnknownMethod,
        }
    }
}
