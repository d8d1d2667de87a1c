//! What has to hold for any input, as functions from bytes to nothing: they panic
//! if it does not.
//!
//! The fuzz targets call them with what a fuzzer makes up. The tests of `wharf-mcp`
//! include this file too, and call them with the seeds in `corpus` and with what
//! proptest makes up, so that they stay true without a fuzzer.
#![allow(
    dead_code,
    reason = "every target uses its own entry point and not the others"
)]

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use wharf_mcp::model::{
    AskKinds, Completion, Content, Event, Json, LogLevel, PromptMessage, PromptResult, ReadResult,
    ResourceBody, ResourceContents, ResourcePage, Role, ToolResult,
};
use wharf_mcp::{
    Call, Capabilities, Effect, Header, Headers, HttpRoute, Malformed, Message, Peer, Refusal,
    Reply, RequestId, ServerFacts, parse, route_http,
};

/// A line that ends the call which has been running for longest.
const ANSWER: &[u8] = b"!";

fn server() -> Arc<ServerFacts> {
    let capabilities = Capabilities {
        tools: true,
        resources: true,
        prompts: true,
        completions: true,
        tasks: true,
    };
    ServerFacts::new("fuzz", "0", None, capabilities)
}

/// A channel is told one line after the other.
///
/// Every frame is one line of JSON and echoes the id of its request to the byte
/// (RPC-3). Nothing starts under an id that is running (RPC-7), and nothing is
/// cancelled that is not (CAN-2).
pub(crate) fn peer(script: &[u8]) {
    let server = server();
    let mut peer = Peer::<RequestId>::new(Arc::default());
    let mut running: Vec<Box<Call>> = Vec::new();
    for line in script.split(|byte| *byte == b'\n') {
        if line == ANSWER {
            if !running.is_empty() {
                let call = running.remove(0);
                assert!(peer.ended(call.exchange.id()).is_some(), "it was running");
                speak(&call);
            }
            continue;
        }
        let mut effects = vec![peer.receive(line, &server)];
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Batch(elements) => effects.extend(elements.into_iter().rev()),
                Effect::Watch { answer, .. } => is_answer_to(&answer, line),
                Effect::Send(frame) => is_answer_to(&frame, line),
                Effect::Start(call) => {
                    let id = call.exchange.id().clone();
                    assert!(running.iter().all(|other| *other.exchange.id() != id));
                    echoes(&id, line);
                    peer.started(id.clone(), id);
                    running.push(call);
                }
                Effect::Cancel(id) => {
                    let at = running.iter().position(|call| *call.exchange.id() == id);
                    running.remove(at.expect("only what runs is cancelled"));
                }
                Effect::Response(_) | Effect::Nothing => {}
            }
        }
        assert_eq!(peer.running(), running.len());
    }
}

/// A request comes by POST. The input is four lines for the headers
/// `MCP-Protocol-Version`, `Mcp-Method`, `Mcp-Name` and whether there is a session,
/// and then the body. A header that is `-` is not there, one that is `*` is there
/// twice.
pub(crate) fn http(input: &[u8]) {
    let mut parts = input.splitn(5, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let headers = Headers {
        protocol_version: header(part()),
        method: header(part()),
        name: header(part()),
        session: part() == b"+",
    };
    let body = part();
    headers.allow_session();
    match route_http(body, &headers, &server(), &Arc::default()) {
        HttpRoute::Answer(answer) => is_answer_to(&answer.frame, body),
        HttpRoute::Run(call) => {
            echoes(call.exchange.id(), body);
            speak(&call);
        }
        HttpRoute::Accepted | HttpRoute::Initialize(_) | HttpRoute::Session(_) => {}
    }
}

fn header(line: &[u8]) -> Header<'_> {
    match line {
        b"-" => Header::Absent,
        b"*" => Header::Repeated,
        value => Header::Once(value),
    }
}

/// Bytes are a message, or JSON that is none, or no JSON: serde agrees.
pub(crate) fn jsonrpc(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).ok();
    let json = text.and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
    match parse(bytes) {
        Err(Malformed::Parse(_)) => assert!(json.is_none(), "this is JSON"),
        Err(Malformed::Invalid { id, .. }) => {
            assert!(json.is_some(), "this is not JSON");
            if let Some(id) = id {
                echoes(&id, bytes);
            }
        }
        Ok(message) => {
            assert!(json.is_some_and(|json| json.get().starts_with('{')));
            match message {
                Message::Request { id, params, .. } => {
                    echoes(&id, bytes);
                    assert!(params.is_none_or(|params| params.get().starts_with('{')));
                }
                Message::Response { id: Some(id), .. } => echoes(&id, bytes),
                Message::Notification { .. } | Message::Response { id: None, .. } => {}
            }
        }
    }
}

/// The id is there as it was written, and can be written again.
fn echoes(id: &RequestId, message: &[u8]) {
    let token = id.as_json().as_bytes();
    assert!(message.windows(token.len()).any(|window| window == token));
    assert!(token.starts_with(b"\"") || token[0] == b'-' || token[0].is_ascii_digit());
}

fn is_answer_to(frame: &[u8], message: &[u8]) {
    is_message(frame);
    if let Ok(Message::Request { id, .. }) = parse(message) {
        let start = format!(r#"{{"jsonrpc":"2.0","id":{id},"#);
        assert!(frame.starts_with(start.as_bytes()), "the id is echoed");
    }
}

/// One JSON object on one line, with no member twice (the top level is all we
/// look at: what is inside may be a plugin's).
fn is_message(frame: &[u8]) {
    assert!(!frame.contains(&b'\n') && !frame.contains(&b'\r'));
    let text = std::str::from_utf8(frame).expect("messages are UTF-8");
    let json = serde_json::from_str::<&RawValue>(text).expect("messages are JSON");
    assert!(json.get().starts_with(r#"{"jsonrpc":"2.0","#));
}

/// Has the call say everything that a call can say.
fn speak(call: &Call) {
    for event in events() {
        if let Some(frame) = call.exchange.notification(&event, None) {
            is_message(&frame);
        }
    }
    let id = call.exchange.id();
    for reply in replies() {
        let frame = call.exchange.answer(&reply).frame;
        is_message(&frame);
        let start = format!(r#"{{"jsonrpc":"2.0","id":{id},"#);
        assert!(frame.starts_with(start.as_bytes()), "the id is echoed");
    }
}

fn events() -> [Event; 3] {
    let data = Json::empty_object();
    [
        Event::Progress {
            progress: 1e300,
            total: Some(f64::NAN),
            message: Some("\u{0}\n".to_owned()),
        },
        Event::Log {
            level: LogLevel::Emergency,
            logger: Some("\"".to_owned()),
            data,
        },
        Event::Silence {
            lasts: Duration::MAX,
        },
    ]
}

fn replies() -> Vec<Reply> {
    let content = || Content::text("\u{2028}\u{0}\\\r\n");
    let contents = ResourceContents {
        uri: "a:b".to_owned(),
        mime_type: None,
        body: ResourceBody::Blob(vec![0; 3]),
        meta: None,
    };
    let message = PromptMessage {
        role: Role::User,
        content: content(),
    };
    vec![
        Reply::Tool(ToolResult {
            content: vec![content()],
            structured: Some(Json::empty_object()),
            is_error: true,
            meta: Some(Json::empty_object()),
        }),
        Reply::Read(ReadResult {
            contents: vec![contents],
            ttl: Some(Duration::MAX),
            meta: None,
        }),
        Reply::Resources(ResourcePage {
            resources: Vec::new(),
            next: Some("\n".to_owned()),
        }),
        Reply::Prompt(PromptResult {
            description: None,
            messages: vec![message],
            meta: None,
        }),
        Reply::Completion(Completion {
            values: vec![String::new(); 101],
            total: None,
            has_more: false,
        }),
        Reply::Refused(Refusal::InvalidParams("\r\n".to_owned())),
        Reply::Refused(Refusal::CannotAsk {
            kinds: AskKinds::default(),
            tool: true,
        }),
    ]
}
