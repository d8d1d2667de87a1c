//! No input makes the protocol panic, and every request is answered or started
//! exactly once.

// Clippy allows tests to panic, and takes helpers for tests only inside of this.
#![cfg(test)]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::json;
use wharf_mcp::{
    Call, Capabilities, Effect, Header, Headers, HttpRoute, Operation, Peer, ServerFacts,
    route_http,
};

fn server() -> Arc<ServerFacts> {
    let capabilities = Capabilities {
        tools: true,
        resources: true,
        prompts: true,
        completions: true,
        tasks: true,
    };
    ServerFacts::new("test", "1", None, capabilities)
}

/// JSON that looks like protocol messages, and is not quite.
fn message() -> impl Strategy<Value = String> {
    let method = prop_oneof![
        Just("initialize"),
        Just("ping"),
        Just("tools/call"),
        Just("resources/read"),
        Just("prompts/get"),
        Just("completion/complete"),
        Just("logging/setLevel"),
        Just("server/discover"),
        Just("notifications/cancelled"),
        Just("no/such"),
    ];
    let value = prop_oneof![
        Just("1"),
        Just("\"t\""),
        Just("null"),
        Just("{}"),
        Just("[]"),
        Just("{\"type\":\"ref/prompt\",\"name\":\"p\"}"),
        Just(
            "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}"
        ),
        Just("{\"io.modelcontextprotocol/protocolVersion\":7}"),
        Just("\"2025-06-18\""),
    ];
    let key = prop_oneof![
        Just("name"),
        Just("uri"),
        Just("arguments"),
        Just("cursor"),
        Just("ref"),
        Just("argument"),
        Just("context"),
        Just("level"),
        Just("requestId"),
        Just("protocolVersion"),
        Just("capabilities"),
        Just("clientInfo"),
        Just("_meta"),
    ];
    let params = prop::collection::btree_map(key, value.clone(), 0..5);
    (prop::option::of(value), method, params).prop_map(|(id, method, params)| {
        let params: Vec<String> = params
            .iter()
            .map(|(key, value)| format!("\"{key}\":{value}"))
            .collect();
        let id = id.map(|id| format!("\"id\":{id},")).unwrap_or_default();
        format!(
            "{{\"jsonrpc\":\"2.0\",{id}\"method\":\"{method}\",\"params\":{{{}}}}}",
            params.join(",")
        )
    })
}

/// A modern request over HTTP whose `Mcp-Name` says this: the call it becomes, or
/// the answer.
fn call_named(name: &str, header: Header<'_>) -> Result<Operation, String> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": name, "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let headers = Headers {
        protocol_version: Header::Once(b"2026-07-28"),
        method: Header::Once(b"tools/call"),
        name: header,
        session: false,
    };
    let body = body.to_string();
    let route = route_http(body.as_bytes(), &headers, &server(), &Arc::default());
    if let HttpRoute::Run(call) = route {
        return Ok(call.operation);
    }
    let HttpRoute::Answer(answer) = route else {
        panic!("a modern request goes nowhere else: {route:?}")
    };
    Err(String::from_utf8(answer.frame.to_vec()).unwrap())
}

/// Whether the header was taken to say what the body says.
fn agrees(name: &str, header: Header<'_>) -> bool {
    let outcome = call_named(name, header);
    if let Err(answer) = &outcome {
        assert!(answer.contains(r#""code":-32020"#), "{answer}");
    }
    outcome.is_ok()
}

/// What a header says, worked out in another way than the crate does it: by the
/// letters of SHM-10 and SHM-11.
fn said_by(value: &[u8]) -> Option<String> {
    let text = String::from_utf8(value.to_vec()).ok()?;
    let text = text.trim_matches([' ', '\t', '\r', '\n', '\x0c']);
    if text.chars().any(|c| !matches!(c, '\x20'..='\x7e' | '\t')) {
        return None;
    }
    let wrapped = text.len() >= 11 && text.starts_with("=?base64?") && text.ends_with("?=");
    if !wrapped {
        return Some(text.to_owned());
    }
    let bytes = STANDARD.decode(&text[9..text.len() - 2]).ok()?;
    // There is one way to write some bytes, and padding belongs to it.
    (STANDARD.encode(&bytes) == text[9..text.len() - 2]).then_some(())?;
    String::from_utf8(bytes).ok()
}

/// A JSON text of a string, which may use escapes where it need not.
fn spelt() -> impl Strategy<Value = String> {
    let plain = any::<char>().prop_map(|c| serde_json::to_string(&c).unwrap());
    let plain = plain.prop_map(|quoted| quoted[1..quoted.len() - 1].to_owned());
    let escaped = (0x20..0xd800_u32).prop_map(|unit| format!("\\u{unit:04X}"));
    let letters = prop_oneof![plain, escaped, Just("\\/".to_owned())];
    prop::collection::vec(letters, 0..12).prop_map(|letters| format!("\"{}\"", letters.concat()))
}

/// The texts of ids and tokens (RPC-2, PRG-6).
fn token() -> impl Strategy<Value = String> {
    prop_oneof![spelt(), any::<i64>().prop_map(|number| number.to_string())]
}

/// A call in a legacy session, whose parameters are given.
fn start(method: &str, id: &str, params: &str) -> Result<Box<Call>, String> {
    let mut peer = Peer::<()>::new(Arc::default());
    let hello = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#;
    peer.receive(hello.as_bytes(), &server());
    let message =
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}}}}}"#);
    let effect = peer.receive(message.as_bytes(), &server());
    if let Effect::Start(call) = effect {
        return Ok(call);
    }
    let Effect::Send(frame) = effect else {
        panic!("a request is started or answered: {effect:?}")
    };
    Err(String::from_utf8(frame.to_vec()).unwrap())
}

fn header(value: Option<&[u8]>) -> Header<'_> {
    value.map_or(Header::Absent, Header::Once)
}

proptest! {
    #[test]
    fn bytes_never_panic(frames in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
        let mut peer = Peer::<u32>::new(Arc::default());
        for frame in &frames {
            let effect = peer.receive(frame, &server());
            prop_assert!(!matches!(effect, Effect::Start(_) | Effect::Cancel(_)));
            route_http(frame, &Headers::default(), &server(), &Arc::default());
        }
    }

    #[test]
    fn headers_never_panic(
        body in message(),
        version in prop::option::of(any::<Vec<u8>>()),
        method in prop::option::of(any::<Vec<u8>>()),
        name in prop::option::of("(=\\?base64\\?)?[A-Za-z0-9+/=]{0,12}(\\?=)?"),
        session: bool,
    ) {
        let headers = Headers {
            protocol_version: header(version.as_deref()),
            method: header(method.as_deref()),
            name: header(name.as_ref().map(String::as_bytes)),
            session,
        };
        route_http(body.as_bytes(), &headers, &server(), &Arc::default());
        headers.allow_session();
    }

    /// Whatever a client says, a frame leads to one message, one call, one
    /// cancellation of a call that is running, or nothing; and nothing starts under
    /// an id that is taken.
    #[test]
    fn scripts_never_confuse_the_peer(messages in prop::collection::vec(message(), 0..12)) {
        let mut peer = Peer::<String>::new(Arc::default());
        let mut running: Vec<String> = Vec::new();
        for message in &messages {
            let mut effects = vec![peer.receive(message.as_bytes(), &server())];
            while let Some(effect) = effects.pop() {
                match effect {
                Effect::Batch(elements) => effects.extend(elements.into_iter().rev()),
                Effect::Watch { answer, .. } => {
                    prop_assert!(serde_json::from_slice::<serde_json::Value>(&answer).is_ok());
                }
                Effect::Start(call) => {
                    let id = call.exchange.id().clone();
                    prop_assert!(!running.contains(&id.to_string()), "{message}");
                    running.push(id.to_string());
                    let handle = id.to_string();
                    peer.started(id, handle);
                }
                Effect::Cancel(handle) => {
                    prop_assert!(running.contains(&handle), "{message}");
                    running.retain(|id| *id != handle);
                }
                Effect::Send(frame) => {
                    prop_assert!(!frame.contains(&b'\n'));
                    prop_assert!(serde_json::from_slice::<serde_json::Value>(&frame).is_ok());
                }
                Effect::Response(_) | Effect::Nothing => {}
                }
            }
            prop_assert_eq!(peer.running(), running.len());
        }
    }

    /// SHM-11: any name can be said in a header.
    #[test]
    fn names_can_be_wrapped(name: String) {
        let wrapped = format!("=?base64?{}?=", STANDARD.encode(&name));
        let arguments = wharf_mcp::model::Json::empty_object();
        let call = Operation::CallTool { name: name.clone(), arguments };
        prop_assert_eq!(call_named(&name, Header::Once(wrapped.as_bytes())), Ok(call));
    }

    /// SHM-9 to SHM-12: a header agrees with the body exactly if it says the same.
    #[test]
    fn headers_agree_only_with_what_they_say(
        name in "[ -~]{0,12}|=\\?base64\\?[A-Za-z0-9+/]{0,8}={0,2}\\?=|\\PC{0,4}",
        other in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..12),
            "=\\?base64\\?[A-Za-z0-9+/]{0,8}={0,3}\\?=".prop_map(String::into_bytes),
        ],
        pad in "[ \t]{0,3}",
    ) {
        let padded = format!("{pad}{name}{pad}").into_bytes();
        for value in [name.clone().into_bytes(), padded, other] {
            let said = said_by(&value);
            let taken = agrees(&name, Header::Once(&value));
            prop_assert_eq!(taken, said.as_deref() == Some(&*name), "{:?}", value);
            if let Some(said) = said {
                prop_assert!(agrees(&said, Header::Once(&value)));
            }
        }
        prop_assert!(!agrees(&name, Header::Absent));
        prop_assert!(!agrees(&name, Header::Repeated));
    }

    /// RPC-3: whatever is spelt in whatever way comes back as it came.
    #[test]
    fn ids_come_back_to_the_byte(id in token()) {
        let start_of_answer = format!(r#"{{"jsonrpc":"2.0","id":{id},"#);
        let answer = start("no/such", &id, "").unwrap_err();
        prop_assert!(answer.starts_with(&start_of_answer), "{answer}");
        let call = start("tools/call", &id, r#""name":"t""#).unwrap();
        prop_assert_eq!(call.exchange.id().as_json(), &id);
        let answer = call.exchange.answer(&wharf_mcp::Reply::Refused(
            wharf_mcp::Refusal::Internal("m".to_owned()),
        ));
        prop_assert!(answer.frame.starts_with(start_of_answer.as_bytes()));
    }

    /// PRG-6.
    #[test]
    fn tokens_come_back_to_the_byte(token in token()) {
        let params = format!(r#""name":"t","_meta":{{"progressToken":{token}}}"#);
        let call = start("tools/call", "1", &params).unwrap();
        let progress = wharf_mcp::model::Event::Progress {
            progress: 1.0,
            total: None,
            message: None,
        };
        let frame = call.exchange.notification(&progress, None).unwrap();
        let expected = format!(r#""progressToken":{token},"#);
        let text = String::from_utf8(frame.to_vec()).unwrap();
        prop_assert!(text.contains(&expected), "{text}");
    }

    /// PAG-1, PAG-3: a cursor is any string, and is passed on as what it means.
    #[test]
    fn cursors_are_any_strings(spelt in spelt()) {
        let meant: String = serde_json::from_str(&spelt).unwrap();
        let cursor = Some(meant);
        for (method, operation) in [
            ("tools/list", Operation::ListTools { cursor: cursor.clone() }),
            ("prompts/list", Operation::ListPrompts { cursor: cursor.clone() }),
            ("resources/list", Operation::ListResources { cursor: cursor.clone() }),
            ("resources/templates/list", Operation::ListTemplates { cursor: cursor.clone() }),
        ] {
            let call = start(method, "1", &format!(r#""cursor":{spelt}"#)).unwrap();
            prop_assert_eq!(call.operation, operation);
        }
    }

    #[test]
    fn cursors_are_nothing_but_strings(value in "-?[1-9][0-9]{0,3}|null|true|\\{\\}|\\[\"a\"\\]") {
        let answer = start("tools/list", "1", &format!(r#""cursor":{value}"#)).unwrap_err();
        prop_assert!(answer.contains(r#""code":-32602"#), "{answer}");
    }
}
