//! The modern door: requests that say everything about themselves (2026-07-28).
//!
//! There is no session here. [`open`] takes a request through the ladder of
//! docs/requirements.md, §7.3, first failure wins, and nothing is sent before its
//! end. The checks of HTTP headers are rungs of the same ladder; on other
//! carriers they do not exist.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ask;
use crate::decode::{InvalidParams, Meta, Method, client_info, extensions};
use crate::door::Request;
use crate::encode::CacheHint;
use crate::exchange::{Call, Exchange, LogFilter, Refusal, Reply};
use crate::frame::{self, Answer};
use crate::headers::Headers;
use crate::jsonrpc::{ErrorCode, RequestId, string};
use crate::model::{AskKinds, CallContext, ClientInfo, Json, LogLevel, Principal};
use crate::operation::{Operation, TaskWish};
use crate::revision::{Dialect, Era, Revision};
use crate::server::ServerFacts;
use crate::task::EXTENSION;

const VERSION: &str = "`_meta[\"io.modelcontextprotocol/protocolVersion\"]`";
const CAPABILITIES: &str = "`_meta[\"io.modelcontextprotocol/clientCapabilities\"]`";

/// Takes a request in.
///
/// # Errors
/// The error is an answer to be sent: a refusal, or the result of a request that
/// needs no run (`server/discover`).
pub(crate) fn open(
    request: &Request<'_>,
    headers: Option<&Headers<'_>>,
    server: &Arc<ServerFacts>,
    principal: &Arc<Principal>,
) -> Result<Box<Call>, Answer> {
    let dialect = version(request, headers)?;
    let envelope = Envelope::read(&request.meta, dialect)
        .map_err(|InvalidParams(details)| bad_envelope(&request.id, &details))?;
    if let Some(headers) = headers {
        let checked = headers.method.must_be("Mcp-Method", &request.method);
        checked.map_err(|problem| mismatch(&request.id, &problem))?;
    }
    let exchange = envelope.exchange(request, dialect, server);
    if request.method == "server/discover" {
        return Err(discover(&exchange));
    }
    let method = Method::find(&request.method, server.capabilities, dialect)
        .ok_or_else(|| Answer::unknown_method(&request.id, &request.method))?;
    if let (Some(headers), Some(named)) =
        (headers, method.named_by(&request.params).and_then(string))
    {
        let checked = headers.name.must_decode_to("Mcp-Name", &named);
        checked.map_err(|problem| mismatch(&request.id, &problem))?;
    }
    let invalid = |InvalidParams(details): InvalidParams| {
        Answer::served(frame::invalid_params(&request.id, &details))
    };
    let operation = method.operation(&request.params).map_err(invalid)?;
    let tasks = envelope.extensions.contains_key(EXTENSION);
    if uses_tasks(&operation) && !tasks {
        return Err(exchange.answer(&Reply::Refused(Refusal::TasksUndeclared)));
    }
    let retry = if operation.may_ask() {
        request.params.retry().map_err(invalid)?
    } else {
        None
    };
    let meta = request.params.meta.map(Json::from_raw);
    Ok(Box::new(Call {
        exchange,
        context: envelope.context(meta, principal),
        operation,
        retry,
        // An extension is in use if both sides have said so (CAP-3).
        task: if tasks && server.capabilities.tasks {
            TaskWish::Welcome
        } else {
            TaskWish::Impossible
        },
    }))
}

/// TKE-9, SUB-10.
fn uses_tasks(operation: &Operation) -> bool {
    match operation {
        Operation::Listen(filter) => !filter.tasks.is_empty(),
        Operation::GetTask { .. }
        | Operation::AwaitTask { .. }
        | Operation::ListTasks { .. }
        | Operation::UpdateTask { .. }
        | Operation::CancelTask { .. } => true,
        Operation::ListTools { .. }
        | Operation::CallTool { .. }
        | Operation::ListResources { .. }
        | Operation::ListTemplates { .. }
        | Operation::ReadResource { .. }
        | Operation::ListPrompts { .. }
        | Operation::GetPrompt { .. }
        | Operation::Complete { .. } => false,
    }
}

/// What is missing in the `_meta` of a request that ought to be modern.
pub(crate) fn missing_meta(meta: &Meta<'_>) -> String {
    let missing: Vec<&str> = [(meta.version, VERSION), (meta.capabilities, CAPABILITIES)]
        .into_iter()
        .filter_map(|(value, name)| value.is_none().then_some(name))
        .collect();
    format!("missing: {}", missing.join(" and "))
}

/// Rungs 7 to 9: the version is there, the header agrees, we speak it.
fn version(
    request: &Request<'_>,
    headers: Option<&Headers<'_>>,
) -> Result<&'static Dialect, Answer> {
    let claim = request
        .meta
        .version
        .and_then(string)
        .ok_or_else(|| bad_envelope(&request.id, &format!("{VERSION} must be a string")))?;
    if let Some(headers) = headers {
        let checked = headers
            .protocol_version
            .must_be("MCP-Protocol-Version", &claim);
        checked.map_err(|problem| mismatch(&request.id, &problem))?;
    }
    Revision::parse(&claim)
        .map(Revision::dialect)
        .filter(|dialect| dialect.era == Era::Modern)
        .ok_or_else(|| unsupported_version(&request.id, &claim))
}

/// What a modern request's `_meta` says, beyond the version.
struct Envelope {
    log: LogFilter,
    client: Option<Arc<ClientInfo>>,
    can_ask: AskKinds,
    extensions: Arc<BTreeMap<String, Json>>,
}

impl Envelope {
    /// Rung 10 (DSC-1, LOG-3).
    fn read(meta: &Meta<'_>, dialect: &Dialect) -> Result<Self, InvalidParams> {
        let capabilities = meta
            .capabilities
            .ok_or_else(|| InvalidParams(format!("{CAPABILITIES} is missing")))?;
        if !capabilities.get().starts_with('{') {
            return Err(InvalidParams(format!("{CAPABILITIES} must be an object")));
        }
        let client = meta.client_info.map(|raw| {
            client_info(raw).ok_or_else(|| {
                InvalidParams(
                    "`_meta[\"io.modelcontextprotocol/clientInfo\"]` must have a name and a version"
                        .to_owned(),
                )
            })
        });
        let log = meta.log_level.map(|raw| {
            string(raw)
                .and_then(|word| LogLevel::parse(&word))
                .ok_or_else(|| {
                    InvalidParams(
                        "`_meta[\"io.modelcontextprotocol/logLevel\"]` is not a log level"
                            .to_owned(),
                    )
                })
        });
        Ok(Self {
            log: log.transpose()?.map_or(LogFilter::Off, LogFilter::Request),
            client: client.transpose()?,
            can_ask: ask::can_ask(Some(capabilities), dialect),
            extensions: extensions(capabilities),
        })
    }

    fn exchange(
        &self,
        request: &Request<'_>,
        dialect: &'static Dialect,
        server: &Arc<ServerFacts>,
    ) -> Exchange {
        Exchange::new(
            request.id.clone(),
            dialect,
            request.meta.progress_token(),
            self.log.clone(),
            Arc::clone(server),
        )
    }

    fn context(self, meta: Option<Json>, principal: &Arc<Principal>) -> CallContext {
        CallContext {
            client: self.client,
            can_ask: self.can_ask,
            extensions: self.extensions,
            principal: Arc::clone(principal),
            meta,
            ..CallContext::default()
        }
    }
}

fn discover(exchange: &Exchange) -> Answer {
    Answer::served(exchange.result(512, None, |w| {
        exchange.server.write_discover(w, exchange.dialect);
        CacheHint::NONE.write(w, exchange.dialect);
    }))
}

fn bad_envelope(id: &RequestId, details: &str) -> Answer {
    Answer::refused(frame::invalid_params(id, details))
}

fn mismatch(id: &RequestId, problem: &str) -> Answer {
    Answer::refused(frame::error(
        id,
        ErrorCode::HEADER_MISMATCH,
        &format!("Header mismatch: {problem}"),
        frame::no_data,
    ))
}

/// DSC-3, DSC-7: only versions that can be claimed are listed; the others are
/// named in words.
fn unsupported_version(id: &RequestId, requested: &str) -> Answer {
    let message = format!(
        "Unsupported protocol version {requested}: revisions up to {} are spoken after `initialize`",
        Revision::LATEST_LEGACY.as_str()
    );
    Answer::refused(frame::error(
        id,
        ErrorCode::UNSUPPORTED_VERSION,
        &message,
        |w| {
            w.key("supported")
                .array(ServerFacts::supported_versions(), |w, version| {
                    w.string(version);
                });
            w.key("requested").string(requested);
        },
    ))
}
