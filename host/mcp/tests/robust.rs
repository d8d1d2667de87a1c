//! No input makes the protocol panic, and every request is answered or started
//! exactly once.

use std::sync::Arc;

use proptest::prelude::*;
use wharf_mcp::{Capabilities, Effect, Header, Headers, Peer, ServerFacts, route_http};

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
}
