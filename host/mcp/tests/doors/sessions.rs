//! What messages of a session lead to besides calls: batches (§1.2), resources that
//! are watched (RES-7), responses to questions (S2C-3), and what requests bring
//! that are made again (MRT-4).

use std::fmt::Write as _;

use wharf_mcp::{Effect, Headers, Operation, Peer};

use super::{MODERN, call_id, drive, initialized, post, request, server};

const PING: &str = r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#;
const PONG: &str = r#"{"jsonrpc":"2.0","id":"p","result":{}}"#;
const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#;
const CANCEL: &str =
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
const TAKEN: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"a request with this id is still running"}}"#;
const STARTED: &str = r#"start 1 CallTool { name: "t", arguments: {} }"#;

/// Sends a batch and expects these effects, in the order of the elements.
#[track_caller]
fn check(peer: &mut Peer<u32>, elements: &[&str], expected: &[&str]) {
    let batch = format!("[{}]", elements.join(","));
    assert_eq!(
        drive(peer, &batch),
        format!("all of {expected:#?}"),
        "{batch}"
    );
}

/// BAT-1, BAT-3.
#[test]
fn batches_hold_messages_of_all_kinds() {
    let mut peer = initialized("2025-03-26");
    let note = r#"{"jsonrpc":"2.0","method":"notifications/whatever"}"#;
    let response = r#"{"jsonrpc":"2.0","id":7,"result":{"a":1}}"#;
    let watch = r#"{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":"a:b"}}"#;
    check(
        &mut peer,
        &[PING, note, response, CALL, watch, "1", "{}"],
        &[
            PONG,
            "nothing",
            r#"response to 7: result {"a":1}"#,
            STARTED,
            r#"watch a:b true, {"jsonrpc":"2.0","id":2,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request: a message is a JSON object"}}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request: `jsonrpc` must be \"2.0\""}}"#,
        ],
    );
}

/// BAT-6, RPC-7, CAN-2.
#[test]
fn ids_in_batches_are_as_they_are_elsewhere() {
    let mut peer = initialized("2025-03-26");
    check(&mut peer, &[CALL, CALL], &[STARTED, TAKEN]);
    // What has not been started yet is not started at all.
    check(&mut peer, &[CALL, CANCEL, PING], &["nothing", PONG]);
    check(&mut peer, &[CANCEL, CALL], &["nothing", STARTED]);
    peer.started(call_id(CALL), 7);
    check(&mut peer, &[CALL, PING], &[TAKEN, PONG]);
    check(&mut peer, &[CANCEL, CALL], &["cancel 7", STARTED]);
}

/// RPC-7, CAN-2: ids that are running are taken; cancelling frees them.
#[test]
fn ids_are_taken_while_they_run() {
    let mut peer = initialized("2025-06-18");
    assert_eq!(drive(&mut peer, CALL), STARTED);
    peer.started(call_id(CALL), 7);
    assert_eq!(drive(&mut peer, CALL), TAKEN);
    assert_eq!(drive(&mut peer, CANCEL), "cancel 7");
    assert_eq!(drive(&mut peer, CANCEL), "nothing");
    assert_eq!(drive(&mut peer, CALL), STARTED);
}

/// BAT-2, LIF-7.
#[test]
fn handshakes_do_not_go_into_batches() {
    let initialize = request("initialize", r#""protocolVersion":"2025-03-26""#);
    let again = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"this session is initialized already"}}"#;
    check(&mut initialized("2025-03-26"), &[&initialize], &[again]);
    let mut peer = Peer::new(std::sync::Arc::default());
    let refused = drive(&mut peer, &format!("[{initialize}]"));
    assert!(refused.contains("-32600"), "{refused}");
    assert!(peer.session().is_none());
}

/// BAT-3, SEC-5: the whole is refused, by one error that is no array.
#[test]
fn batches_have_bounds() {
    let mut peer = initialized("2025-03-26");
    for (count, served) in [(0, false), (1, true), (100, true), (101, false)] {
        let batch = format!("[{}]", vec![PING; count].join(","));
        let told = drive(&mut peer, &batch);
        assert_eq!(told.starts_with("all of"), served, "{count}: {told}");
        assert_eq!(
            told.contains("-32600"),
            !served || count > 1,
            "{count}: {told}"
        );
        assert_eq!(
            told.starts_with(r#"{"jsonrpc":"2.0","id":null,"error""#),
            !served
        );
    }
}

/// BAT-4: whether there are batches is decided by the session.
#[test]
fn other_revisions_have_no_batches() {
    for revision in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        let mut peer = initialized(revision);
        for batch in [format!("[{PING}]"), "[]".to_owned()] {
            let refused = drive(&mut peer, &batch);
            assert!(
                refused.contains(r#""code":-32600"#),
                "{revision}: {refused}"
            );
        }
        assert_eq!(drive(&mut peer, PING), PONG);
    }
}

/// BAT-5: as a whole.
#[test]
fn modern_requests_do_not_go_into_batches() {
    let modern = request("tools/list", MODERN);
    let batch = format!("[{PING},{modern}]");
    let refused = drive(&mut initialized("2025-03-26"), &batch);
    assert!(
        refused.starts_with('{') && refused.contains("-32600"),
        "{refused}"
    );
}

/// BAT-4, SHL-12: a POST names its session elsewhere.
#[test]
fn posted_batches_go_to_their_session() {
    let none = Headers::default();
    assert_eq!(post(&format!("[{PING},1]"), &none), "session batch of 2");
    for (body, code) in [("[]", "-32600"), ("[1,", "-32700")] {
        let refused = post(body, &none);
        assert!(
            refused.starts_with("400") && refused.contains(code),
            "{refused}"
        );
    }
}

/// RES-7.
#[test]
fn sessions_watch_resources() {
    let mut peer = initialized("2024-11-05");
    let params = r#""uri":"item:///\u00e4""#;
    for (method, watched) in [
        ("resources/subscribe", true),
        ("resources/unsubscribe", false),
    ] {
        assert_eq!(
            drive(&mut peer, &request(method, params)),
            format!(r#"watch item:///ä {watched}, {{"jsonrpc":"2.0","id":1,"result":{{}}}}"#)
        );
        for params in ["", r#""uri":7"#, r#""uri":null"#] {
            let refused = drive(&mut peer, &request(method, params));
            assert!(refused.contains("-32602"), "{params}: {refused}");
        }
    }
    let modern = format!("{params},{MODERN}");
    let refused = drive(&mut peer, &request("resources/subscribe", &modern));
    assert!(refused.contains("-32601"), "{refused}");
}

/// S2C-2, S2C-3, RPC-4: whoever waits for it judges it.
#[test]
fn responses_are_handed_on() {
    let mut peer = initialized("2025-11-25");
    for (message, expected) in [
        (
            r#"{"jsonrpc":"2.0","id":7,"result":{}}"#,
            "response to 7: result {}",
        ),
        (
            r#"{"jsonrpc":"2.0","id":"7","result":[]}"#,
            r#"response to "7": result []"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":-1}}"#,
            r#"response to 7: error {"code":-1}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","error":{}}"#,
            "response to nobody: error {}",
        ),
        (
            r#"{"jsonrpc":"2.0","id":null,"error":{}}"#,
            "response to nobody: error {}",
        ),
    ] {
        assert_eq!(drive(&mut peer, message), expected, "{message}");
    }
    let nobody = drive(&mut peer, r#"{"jsonrpc":"2.0","result":{}}"#);
    assert!(nobody.contains("-32600"), "{nobody}");
}

/// MRT-4, MRT-7: whether a request brings something from a round before, and what is
/// wrong with it by itself.
#[test]
fn requests_that_are_made_again() {
    let brings = |method: &str, more: &str| {
        let mut params = MODERN.to_owned();
        write!(params, r#","name":"t","uri":"a:b"{more}"#).unwrap();
        let mut peer = Peer::<u32>::new(std::sync::Arc::default());
        match peer.receive(request(method, &params).as_bytes(), &server()) {
            Effect::Start(call) => {
                let calls = matches!(call.operation, Operation::CallTool { .. });
                assert_eq!(calls, method == "tools/call");
                if call.retry.is_some() {
                    "something"
                } else {
                    "nothing"
                }
                .to_owned()
            }
            Effect::Send(frame) => String::from_utf8(frame.to_vec()).unwrap(),
            other @ (Effect::Cancel(_)
            | Effect::Response(_)
            | Effect::Watch { .. }
            | Effect::Batch(_)
            | Effect::Nothing) => panic!("{other:?}"),
        }
    };
    for method in ["tools/call", "resources/read"] {
        assert_eq!(brings(method, ""), "nothing");
        assert_eq!(brings(method, r#","inputResponses":{}"#), "something");
        assert_eq!(brings(method, r#","requestState":"""#), "something");
        for broken in [
            r#","inputResponses":[]"#,
            r#","inputResponses":7"#,
            r#","requestState":7"#,
            r#","requestState":{}"#,
        ] {
            let refused = brings(method, broken);
            assert!(refused.contains("-32602"), "{broken}: {refused}");
        }
    }
    // MRT-1: the others do not ask, and look at no answers.
    assert_eq!(brings("tools/list", r#","requestState":7"#), "nothing");
}
