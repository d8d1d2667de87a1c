//! What each door says to each kind of message: tables of message in, answer out.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that finds something else than it expects has failed"
)]

mod answers;
mod sessions;

use std::sync::Arc;

use wharf_mcp::model::{Event, Json, LogLevel};
use wharf_mcp::{
    Capabilities, Effect, Header, Headers, HttpRoute, Peer, ServerFacts, SessionMessage, Standing,
    route_http,
};

fn server() -> Arc<ServerFacts> {
    ServerFacts::new(
        "test",
        "1",
        Some("Be kind.".to_owned()),
        Capabilities {
            tools: true,
            resources: true,
            prompts: false,
            completions: true,
            tasks: true,
        },
    )
}

/// A peer that has been driven through the messages, and what the last one led to.
fn drive(peer: &mut Peer<u32>, message: &str) -> String {
    told(peer.receive(message.as_bytes(), &server()))
}

fn told(effect: Effect<u32>) -> String {
    match effect {
        Effect::Send(frame) => String::from_utf8(frame.to_vec()).unwrap(),
        Effect::Start(call) => format!("start {} {:?}", call.exchange.id(), call.operation),
        Effect::Cancel(handle) => format!("cancel {handle}"),
        Effect::Response(response) => {
            let id = response.id.map_or("nobody".to_owned(), |id| id.to_string());
            match response.outcome {
                Ok(result) => format!("response to {id}: result {}", result.as_str()),
                Err(error) => format!("response to {id}: error {}", error.as_str()),
            }
        }
        Effect::Watch {
            uri,
            watched,
            answer,
            ..
        } => {
            let answer = String::from_utf8(answer.to_vec()).unwrap();
            format!("watch {uri} {watched}, {answer}")
        }
        Effect::Batch(effects) => {
            let effects: Vec<String> = effects.into_iter().map(told).collect();
            format!("all of {effects:#?}")
        }
        Effect::Nothing => "nothing".to_owned(),
    }
}

const MODERN: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

fn initialized(version: &str) -> Peer<u32> {
    let mut peer = Peer::new(Arc::default());
    let reply = drive(
        &mut peer,
        &format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{{}},"clientInfo":{{"name":"c","version":"1"}}}}}}"#
        ),
    );
    assert!(reply.contains("serverInfo"), "{reply}");
    peer
}

/// RPC-5, LIF-1 to LIF-7, ERA-8, PNG-1, RPC-7, RPC-10 on an ordered channel.
#[test]
fn a_channel_without_a_session_names_both_ways_in() {
    let mut peer = Peer::new(Arc::default());
    let mut check = |message: &str, expected: &str| {
        assert_eq!(drive(&mut peer, message), expected, "{message}");
    };
    check(
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
    );
    check(
        r#"{"jsonrpc":"2.0","id":"a","method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":"a","error":{"code":-32602,"message":"Invalid params: send `initialize` first, or speak 2026-07-28 and put `io.modelcontextprotocol/protocolVersion` and `io.modelcontextprotocol/clientCapabilities` into `params._meta`","data":{"details":"send `initialize` first, or speak 2026-07-28 and put `io.modelcontextprotocol/protocolVersion` and `io.modelcontextprotocol/clientCapabilities` into `params._meta`"}}}"#,
    );
    check(
        r#"{"jsonrpc":"2.0","id":2,"method":"server/discover","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"Invalid params: missing: `_meta[\"io.modelcontextprotocol/protocolVersion\"]` and `_meta[\"io.modelcontextprotocol/clientCapabilities\"]`","data":{"details":"missing: `_meta[\"io.modelcontextprotocol/protocolVersion\"]` and `_meta[\"io.modelcontextprotocol/clientCapabilities\"]`"}}}"#,
    );
    check(
        r#"{"jsonrpc":"2.0","method":"notifications/whatever"}"#,
        "nothing",
    );
    check(
        r#"{"jsonrpc":"2.0","id":9,"result":{}}"#,
        "response to 9: result {}",
    );
    let unreadable = drive(&mut peer, "{nonsense");
    assert!(
        unreadable.starts_with(r#"{"jsonrpc":"2.0","error":{"code":-32700,"#),
        "{unreadable}"
    );
}

#[test]
fn a_handshake_settles_the_revision() {
    for (asked, given) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let reply = drive(
            &mut Peer::new(Arc::default()),
            &format!(
                r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{asked}"}}}}"#
            ),
        );
        let completions = if given == "2024-11-05" {
            ""
        } else {
            r#","completions":{}"#
        };
        let tasks = if given == "2025-11-25" {
            r#","tasks":{"cancel":{},"requests":{"tools":{"call":{}}}}"#
        } else {
            ""
        };
        assert_eq!(
            reply,
            format!(
                r#"{{"jsonrpc":"2.0","id":0,"result":{{"protocolVersion":"{given}","capabilities":{{"tools":{{"listChanged":true}},"resources":{{"subscribe":true,"listChanged":true}}{completions},"logging":{{}}{tasks}}},"serverInfo":{{"name":"test","version":"1"}},"instructions":"Be kind."}}}}"#
            )
        );
    }
}

#[test]
fn a_handshake_without_a_version_is_refused() {
    let reply = drive(
        &mut Peer::new(Arc::default()),
        r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":7}}"#,
    );
    assert!(
        reply.contains(r#""code":-32602"#) && reply.contains(r#""supported":["#),
        "{reply}"
    );
}

#[test]
fn a_session_serves_its_requests() {
    let mut peer = initialized("2025-11-25");
    let mut check = |message: &str, expected: &str| {
        assert_eq!(drive(&mut peer, message), expected, "{message}");
    };
    check(
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#,
        r#"start 1 CallTool { name: "t", arguments: {} }"#,
    );
    check(
        r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t","arguments":null}}"#,
        r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"Invalid params: `arguments` must be an object","data":{"details":"`arguments` must be an object"}}}"#,
    );
    check(
        r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"Invalid params: `name` is missing","data":{"details":"`name` is missing"}}}"#,
    );
    check(
        r#"{"jsonrpc":"2.0","id":3,"method":"prompts/list"}"#,
        r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"Method not found: prompts/list"}}"#,
    );
    check(
        r#"{"jsonrpc":"2.0","id":4,"method":"logging/setLevel","params":{"level":"loud"}}"#,
        r#"{"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"Invalid params: `level` must be one of debug, info, notice, warning, error, critical, alert, emergency","data":{"details":"`level` must be one of debug, info, notice, warning, error, critical, alert, emergency"}}}"#,
    );
    check(
        r#"{"jsonrpc":"2.0","id":5,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#,
        r#"{"jsonrpc":"2.0","id":5,"error":{"code":-32600,"message":"this session is initialized already"}}"#,
    );
    check(
        r#"{"jsonrpc":"2.0","id":6,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"v"},"context":{"arguments":{"b":"c"}}}}"#,
        r#"start 6 Complete { target: Prompt("p"), argument: "a", value: "v", context: [("b", "c")] }"#,
    );
}

fn call_id(request: &str) -> wharf_mcp::RequestId {
    let Ok(wharf_mcp::Message::Request { id, .. }) = wharf_mcp::parse(request.as_bytes()) else {
        panic!("{request} is no request")
    };
    id
}

/// ERA-9: both eras share a channel, and neither pins it.
#[test]
fn modern_requests_pass_beside_a_session() {
    let mut peer = Peer::new(Arc::default());
    let discover =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{{{MODERN}}}}}"#);
    let expected = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"completions":{},"logging":{},"extensions":{"io.modelcontextprotocol/tasks":{}}},"instructions":"Be kind.","ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"test","version":"1"}}}}"#;
    assert_eq!(drive(&mut peer, &discover), expected);
    let mut peer = initialized("2025-03-26");
    assert_eq!(drive(&mut peer, &discover), expected);
}

/// One POST to the MCP endpoint, as `status: body`.
fn post(body: &str, headers: &Headers<'_>) -> String {
    let standing = |standing| match standing {
        Standing::Served => 200,
        Standing::Refused => 400,
        Standing::UnknownMethod => 404,
    };
    match route_http(body.as_bytes(), headers, &server(), &Arc::default()) {
        HttpRoute::Answer(answer) => format!(
            "{}: {}",
            standing(answer.standing),
            String::from_utf8(answer.frame.to_vec()).unwrap()
        ),
        HttpRoute::Run(call) => format!("run {:?}", call.operation),
        HttpRoute::Accepted => "accepted".to_owned(),
        HttpRoute::Initialize(_) => "initialize".to_owned(),
        HttpRoute::Session(SessionMessage::Request(_)) => "session request".to_owned(),
        HttpRoute::Session(SessionMessage::Notification { .. }) => "session note".to_owned(),
        HttpRoute::Session(SessionMessage::Batch(elements)) => {
            format!("session batch of {}", elements.len())
        }
        HttpRoute::Session(SessionMessage::Response(_)) => "session response".to_owned(),
    }
}

fn modern_headers<'a>(method: &'a str, name: Option<&'a str>) -> Headers<'a> {
    Headers {
        protocol_version: Header::Once(b"2026-07-28"),
        method: Header::Once(method.as_bytes()),
        name: name.map_or(Header::Absent, |name| Header::Once(name.as_bytes())),
        session: false,
    }
}

fn request(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{params}}}}}"#)
}

/// Posts, and expects this status and this in the answer.
#[track_caller]
fn refused(body: &str, headers: &Headers<'_>, status: &str, code: &str) {
    let reply = post(body, headers);
    assert!(
        reply.starts_with(status) && reply.contains(code),
        "{body}\n{reply}"
    );
}

/// The ladder of §7.3, rungs 4 to 10: what the message says of itself.
#[test]
fn the_first_failing_rung_decides() {
    let call = modern_headers("tools/call", Some("t"));
    let list = modern_headers("tools/list", None);
    let meta = |entries: &str| request("tools/list", &format!(r#""_meta":{{{entries}}}"#));
    refused("{", &call, "400", "-32700");
    refused("[]", &call, "400", "-32600");
    // 7: the version is there, and a string.
    refused(&request("tools/call", ""), &call, "400", "-32602");
    let number = meta(r#""io.modelcontextprotocol/protocolVersion":1"#);
    refused(&number, &list, "400", "-32602");
    // 8: the header says the same, before 9: the version is spoken here.
    let unknown = meta(r#""io.modelcontextprotocol/protocolVersion":"v999.0.0""#);
    refused(&unknown, &list, "400", "-32020");
    let newer = Headers {
        protocol_version: Header::Once(b"v999.0.0"),
        ..list
    };
    refused(&unknown, &newer, "400", r#""code":-32022"#);
    let versions = r#""supported":["2026-07-28"],"requested":"v999.0.0""#;
    refused(&unknown, &newer, "400", versions);
    let silent = Headers {
        protocol_version: Header::Absent,
        ..list
    };
    refused(&request("tools/list", MODERN), &silent, "400", "-32020");
    // 10: capabilities, log level.
    let bare = meta(r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#);
    refused(&bare, &list, "400", "-32602");
    let level = r#""_meta":{"io.modelcontextprotocol/logLevel":"loud","#;
    let loud = MODERN.replace(r#""_meta":{"#, level);
    refused(&request("tools/list", &loud), &list, "400", "-32602");
}

/// The same, rungs 11 to 14: the method, its mirrors and its parameters.
#[test]
fn the_method_and_its_mirrors_are_checked_in_order() {
    let call = modern_headers("tools/call", Some("t"));
    let body = request("tools/call", &format!(r#""name":"t",{MODERN}"#));
    let run = r#"run CallTool { name: "t", arguments: {} }"#;
    assert_eq!(post(&body, &call), run);
    // 11: the method's mirror.
    let shouted = modern_headers("TOOLS/CALL", Some("t"));
    refused(&body, &shouted, "400", "-32020");
    // 12: the method.
    for method in [
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "no/such",
    ] {
        let headers = modern_headers(method, None);
        refused(&request(method, MODERN), &headers, "404", "-32601");
    }
    // 13: the name's mirror.
    let nameless = modern_headers("tools/call", None);
    refused(&body, &nameless, "400", "-32020");
    let other = modern_headers("tools/call", Some("u"));
    refused(&body, &other, "400", "-32020");
    // 14: the shape of the parameters.
    refused(&request("tools/call", MODERN), &call, "200", "-32602");
}

/// ERA-3 to ERA-7.
#[test]
fn posts_go_through_the_right_door() {
    let session = Headers {
        session: true,
        ..Headers::default()
    };
    let none = Headers::default();
    let modern = modern_headers("tools/list", None);
    let initialize = request("initialize", r#""protocolVersion":"2025-11-25""#);
    let list = request("tools/list", "");
    assert_eq!(post(&initialize, &none), "initialize");
    let old = Headers {
        protocol_version: Header::Once(b"2025-11-25"),
        ..Headers::default()
    };
    assert_eq!(post(&initialize, &old), "initialize");
    assert!(post(&initialize, &modern).contains("-32020"));
    assert_eq!(post(&initialize, &session), "session request");
    assert_eq!(post(&list, &session), "session request");
    assert!(post(&list, &none).starts_with("400") && post(&list, &none).contains("-32600"));
    assert!(post(&request("server/discover", ""), &none).contains("-32602"));
    let both = Headers {
        session: true,
        ..modern
    };
    let modern_list = request("tools/list", MODERN);
    assert_eq!(post(&modern_list, &both), "run ListTools { cursor: None }");
    let note = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    assert_eq!(post(note, &modern), "accepted");
    assert_eq!(post(note, &session), "session note");
    assert_eq!(
        post(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, &modern),
        "session response"
    );
}

/// PRG-1, PRG-2, PRG-6, LOG-2, LOG-3.
#[test]
fn events_are_sent_to_those_who_want_them() {
    let progress = |progress| Event::Progress {
        progress,
        total: Some(2.0),
        message: Some("m".to_owned()),
    };
    let log = |level| Event::Log {
        level,
        logger: None,
        data: Json::parse(r#"{"a":1}"#.to_owned()).unwrap(),
    };
    let token = r#""name":"t","_meta":{"progressToken":7}"#;
    let mut peer = initialized("2024-11-05");
    let Effect::Start(call) = peer.receive(request("tools/call", token).as_bytes(), &server())
    else {
        panic!("it was not started")
    };
    let sent = |event: &Event| {
        call.exchange
            .notification(event, None)
            .map(|frame| String::from_utf8(frame.to_vec()).unwrap())
    };
    let expected = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1.0,"total":2.0}}"#;
    assert_eq!(sent(&progress(1.0)).as_deref(), Some(expected));
    assert_eq!(sent(&progress(1.0)), None);
    assert_eq!(sent(&progress(0.5)), None);
    assert_eq!(sent(&progress(f64::NAN)), None);
    assert_eq!(sent(&log(LogLevel::Debug)), None);
    let expected = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":{"a":1}}}"#;
    assert_eq!(sent(&log(LogLevel::Info)).as_deref(), Some(expected));
    let level =
        r#"{"jsonrpc":"2.0","id":3,"method":"logging/setLevel","params":{"level":"error"}}"#;
    assert_eq!(
        drive(&mut peer, level),
        r#"{"jsonrpc":"2.0","id":3,"result":{}}"#
    );
    assert_eq!(sent(&log(LogLevel::Warning)), None);

    let body = request("tools/call", &format!(r#""name":"t",{MODERN}"#));
    let HttpRoute::Run(call) = route_http(
        body.as_bytes(),
        &modern_headers("tools/call", Some("t")),
        &server(),
        &Arc::default(),
    ) else {
        panic!("it was not run")
    };
    assert!(!call.exchange.may_notify());
    assert!(call.exchange.notification(&progress(1.0), None).is_none());
    assert!(
        call.exchange
            .notification(&log(LogLevel::Emergency), None)
            .is_none()
    );
}
