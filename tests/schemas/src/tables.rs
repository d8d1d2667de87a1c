//! Which definition belongs to which method, in which revisions.
//!
//! Rows are data; adding a revision is adding its file and saying which rows it
//! shares.

use std::ops::RangeInclusive;

pub(crate) const A: &str = "2024-11-05";
pub(crate) const B: &str = "2025-03-26";
pub(crate) const C: &str = "2025-06-18";
pub(crate) const D: &str = "2025-11-25";
pub(crate) const E: &str = "2026-07-28";

/// The published schemas.
pub(crate) const REVISIONS: [(&str, &str); 5] = [
    (A, include_str!("../2024-11-05.json")),
    (B, include_str!("../2025-03-26.json")),
    (C, include_str!("../2025-06-18.json")),
    (D, include_str!("../2025-11-25.json")),
    (E, include_str!("../2026-07-28.json")),
];

/// The tasks extension, which has no published schema.
pub(crate) const TASKS: &str = include_str!("../tasks.json");

/// Dates compare as text.
type Spoken = RangeInclusive<&'static str>;

/// A request and what it is answered with.
pub(crate) struct Exchange {
    pub(crate) method: &'static str,
    pub(crate) request: &'static str,
    pub(crate) result: &'static str,
    /// What it is answered with if it becomes a task.
    pub(crate) task: Option<&'static str>,
    /// Whether it may be answered with questions, in the revisions that do so.
    pub(crate) may_ask: bool,
    spoken: Spoken,
}

/// A member that a definition does not name, and that is there by a ruling of
/// ours.
pub(crate) struct Allowance {
    pub(crate) definition: &'static str,
    pub(crate) member: &'static str,
    /// What it holds, as a schema.
    pub(crate) holds: &'static str,
}

pub(crate) const ALLOWANCES: &[Allowance] = &[
    // Q26: extensions are advertised in all revisions, though only the newest has a
    // word for them.
    Allowance {
        definition: "ServerCapabilities",
        member: "extensions",
        holds: r#"{ "type": "object", "additionalProperties": { "type": "object" } }"#,
    },
    // TKE-10, SUB-1: the tasks extension adds to what can be listened for.
    Allowance {
        definition: "SubscriptionFilter",
        member: "taskIds",
        holds: r#"{ "type": "array", "items": { "type": "string" } }"#,
    },
];

/// SUB-4: what is only said to those who listen, and says which listening it is
/// for.
pub(crate) const LISTENED_FOR: [&str; 6] = [
    "notifications/tools/list_changed",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
    "notifications/resources/updated",
    "notifications/subscriptions/acknowledged",
    "notifications/tasks",
];

const fn row(
    method: &'static str,
    request: &'static str,
    result: &'static str,
    spoken: Spoken,
) -> Exchange {
    Exchange {
        method,
        request,
        result,
        task: None,
        may_ask: false,
        spoken,
    }
}

/// A row whose answer may be questions.
const fn asking(
    method: &'static str,
    request: &'static str,
    result: &'static str,
    task: Option<&'static str>,
) -> Exchange {
    Exchange {
        task,
        may_ask: true,
        ..row(method, request, result, A..=E)
    }
}

static BY_CLIENTS: [Exchange; 22] = [
    row("initialize", "InitializeRequest", "InitializeResult", A..=D),
    row(
        "server/discover",
        "DiscoverRequest",
        "DiscoverResult",
        E..=E,
    ),
    row("ping", "PingRequest", "EmptyResult", A..=D),
    row("logging/setLevel", "SetLevelRequest", "EmptyResult", A..=D),
    row("tools/list", "ListToolsRequest", "ListToolsResult", A..=E),
    asking(
        "tools/call",
        "CallToolRequest",
        "CallToolResult",
        Some("CreateTaskResult"),
    ),
    row(
        "resources/list",
        "ListResourcesRequest",
        "ListResourcesResult",
        A..=E,
    ),
    row(
        "resources/templates/list",
        "ListResourceTemplatesRequest",
        "ListResourceTemplatesResult",
        A..=E,
    ),
    asking(
        "resources/read",
        "ReadResourceRequest",
        "ReadResourceResult",
        None,
    ),
    row(
        "resources/subscribe",
        "SubscribeRequest",
        "EmptyResult",
        A..=D,
    ),
    row(
        "resources/unsubscribe",
        "UnsubscribeRequest",
        "EmptyResult",
        A..=D,
    ),
    row(
        "prompts/list",
        "ListPromptsRequest",
        "ListPromptsResult",
        A..=E,
    ),
    asking("prompts/get", "GetPromptRequest", "GetPromptResult", None),
    row(
        "completion/complete",
        "CompleteRequest",
        "CompleteResult",
        A..=E,
    ),
    row(
        "subscriptions/listen",
        "SubscriptionsListenRequest",
        "SubscriptionsListenResult",
        E..=E,
    ),
    // TKD-5: what the call itself would have been answered with, and only tools run
    // as tasks.
    row(
        "tasks/result",
        "GetTaskPayloadRequest",
        "CallToolResult",
        D..=D,
    ),
    row("tasks/list", "ListTasksRequest", "ListTasksResult", D..=D),
    row("tasks/get", "GetTaskRequest", "GetTaskResult", D..=D),
    row(
        "tasks/cancel",
        "CancelTaskRequest",
        "CancelTaskResult",
        D..=D,
    ),
    row("tasks/get", "TaskRequest", "TaskNow", E..=E),
    row("tasks/update", "TaskUpdate", "EmptyResult", E..=E),
    row("tasks/cancel", "TaskRequest", "EmptyResult", E..=E),
];

static BY_SERVERS: [Exchange; 4] = [
    row("ping", "PingRequest", "EmptyResult", A..=D),
    row(
        "sampling/createMessage",
        "CreateMessageRequest",
        "CreateMessageResult",
        A..=D,
    ),
    row("roots/list", "ListRootsRequest", "ListRootsResult", A..=D),
    row("elicitation/create", "ElicitRequest", "ElicitResult", C..=D),
];

static SAID_BY_SERVERS: [(&str, &str, Spoken); 11] = [
    ("notifications/cancelled", "CancelledNotification", A..=E),
    ("notifications/progress", "ProgressNotification", A..=E),
    ("notifications/message", "LoggingMessageNotification", A..=E),
    (
        "notifications/tools/list_changed",
        "ToolListChangedNotification",
        A..=E,
    ),
    (
        "notifications/prompts/list_changed",
        "PromptListChangedNotification",
        A..=E,
    ),
    (
        "notifications/resources/list_changed",
        "ResourceListChangedNotification",
        A..=E,
    ),
    (
        "notifications/resources/updated",
        "ResourceUpdatedNotification",
        A..=E,
    ),
    (
        "notifications/elicitation/complete",
        "ElicitationCompleteNotification",
        D..=D,
    ),
    (
        "notifications/tasks/status",
        "TaskStatusNotification",
        D..=D,
    ),
    (
        "notifications/subscriptions/acknowledged",
        "SubscriptionsAcknowledgedNotification",
        E..=E,
    ),
    ("notifications/tasks", "TaskNotification", E..=E),
];

static SAID_BY_CLIENTS: [(&str, &str, Spoken); 5] = [
    ("notifications/cancelled", "CancelledNotification", A..=E),
    (
        "notifications/initialized",
        "InitializedNotification",
        A..=D,
    ),
    ("notifications/progress", "ProgressNotification", A..=D),
    (
        "notifications/roots/list_changed",
        "RootsListChangedNotification",
        A..=D,
    ),
    (
        "notifications/tasks/status",
        "TaskStatusNotification",
        D..=D,
    ),
];

/// §28: the codes, and the definitions of those that have one.
static ERRORS: [(i64, Option<&str>, Spoken); 10] = [
    (-32700, None, A..=E),
    (-32600, None, A..=E),
    (-32601, None, A..=E),
    (-32602, None, A..=E),
    (-32603, None, A..=E),
    (-32002, None, A..=D),
    (-32042, Some("URLElicitationRequiredError"), D..=D),
    (-32020, Some("HeaderMismatchError"), E..=E),
    (-32021, Some("MissingRequiredClientCapabilityError"), E..=E),
    (-32022, Some("UnsupportedProtocolVersionError"), E..=E),
];

fn find<'t>(table: &'t [Exchange], revision: &str, method: &str) -> Option<&'t Exchange> {
    let mut rows = table.iter();
    rows.find(|row| row.method == method && row.spoken.contains(&revision))
}

fn find_said(
    table: &[(&str, &'static str, Spoken)],
    revision: &str,
    method: &str,
) -> Option<&'static str> {
    let mut rows = table.iter();
    rows.find(|(name, _, spoken)| *name == method && spoken.contains(&revision))
        .map(|(_, definition, _)| *definition)
}

pub(crate) fn asked_by_clients(revision: &str, method: &str) -> Option<&'static Exchange> {
    find(&BY_CLIENTS, revision, method)
}

pub(crate) fn asked_by_servers(revision: &str, method: &str) -> Option<&'static Exchange> {
    find(&BY_SERVERS, revision, method)
}

pub(crate) fn said_by_servers(revision: &str, method: &str) -> Option<&'static str> {
    find_said(&SAID_BY_SERVERS, revision, method)
}

pub(crate) fn said_by_clients(revision: &str, method: &str) -> Option<&'static str> {
    find_said(&SAID_BY_CLIENTS, revision, method)
}

/// Whether the revision has this error, and the definition it has for it. Codes
/// outside of what JSON-RPC keeps for itself are free (ERR-4).
pub(crate) fn error(revision: &str, code: i64) -> Result<Option<&'static str>, String> {
    if !(-32768..=-32000).contains(&code) {
        return Ok(None);
    }
    let mut rows = ERRORS.iter();
    rows.find(|(known, _, spoken)| *known == code && spoken.contains(&revision))
        .map(|(_, definition, _)| *definition)
        .ok_or_else(|| format!("{revision} has no error {code}"))
}
