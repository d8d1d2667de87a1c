//! Headers that say which protocol is spoken, and headers that belong to another.

use serde_json::json;

use super::{Session, event, events, host, is_primer, message};
use crate::support::{A, B, C, D, E, Modern, Request};

/// SHL-17, SHL-18: on every verb.
#[test]
fn versions_that_are_not_spoken() {
    let host = host();
    let session = Session::open(&host, D);
    for version in ["nonsense", "", "1999-01-01", "2025-11-26", "2025-11-25 x"] {
        let with = |request: Request| {
            let request = request.header("MCP-Protocol-Version", version);
            request.send(session.host).status
        };
        assert_eq!(with(session.getting()), 400, "{version}");
        assert_eq!(with(session.ending()), 400, "{version}");
        let ping = session.post(&message(1, "ping", &json!({})));
        assert_eq!(with(ping), 400, "{version}");
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        assert_eq!(with(session.post(initialized)), 400, "{version}");
    }
    let twice = session
        .getting()
        .header("MCP-Protocol-Version", D)
        .header("MCP-Protocol-Version", D);
    twice.send(session.host).must_be(400);
    session.ping().must_be(200);
}

/// ERA-3, ERA-5, SHL-19: the newest has no sessions.
#[test]
fn a_version_without_sessions() {
    let host = host();
    let session = Session::open(&host, D);
    for request in [session.getting(), session.ending()] {
        let request = request.header("MCP-Protocol-Version", E);
        request.send(session.host).must_be(400);
    }
    session.ping().must_be(200);
}

/// SHL-18, SHL-19: the session speaks what it has settled on, whatever a header
/// says.
#[test]
fn versions_other_than_that_of_the_session() {
    let host = host();
    for negotiated in [A, B, C, D] {
        for header in [None, Some(A), Some(B), Some(C), Some(D)] {
            let session = Session::open(&host, negotiated);
            let with = |request: Request| match header {
                Some(version) => request.header("MCP-Protocol-Version", version),
                None => request,
            };
            let count = json!({ "name": "count", "arguments": { "n": 1 } });
            let call = session.post(&message(1, "tools/call", &count));
            let mut response = with(call).send(session.host).must_be(200);
            // SHL-26 tells them apart.
            let first = event(&mut response);
            assert_eq!(is_primer(&first), negotiated == D, "{header:?}");
            let ended = with(session.ending()).send(session.host);
            assert_eq!(ended.status, 204, "{negotiated} {header:?}");
        }
    }
}

/// SHL-31: headers of the newer protocol mean nothing here.
#[test]
fn headers_that_repeat_something_else() {
    let host = host();
    let session = Session::open(&host, D);
    let call = json!({ "name": "located", "arguments": { "region": "here", "count": 1 } });
    let request = session
        .post(&message(1, "tools/call", &call))
        .header("Mcp-Method", "tools/list")
        .header("Mcp-Name", "=?base64?%?=")
        .header("Mcp-Param-Region", "there")
        .header("Mcp-Param-Region", "everywhere")
        .header("Mcp-Param-Count", "2");
    let answer = request.send(session.host).must_be(200).json();
    let structure = json!({ "region": "here", "count": 1 });
    let found = &answer["result"]["structuredContent"];
    assert_eq!(found["region"], structure["region"]);
    assert_eq!(found["count"], structure["count"]);
}

/// ERA-7, SHM-6: and headers of sessions mean nothing to requests that stand alone.
#[test]
fn headers_of_sessions() {
    let host = host();
    let session = Session::open(&host, D);
    for id in [session.id.as_str(), "nonsense", ""] {
        let request = Modern::call("echo", json!({ "text": "here" }))
            .with("Mcp-Session-Id", id)
            .with("Last-Event-ID", "1-1");
        let response = request.send(session.host).must_be(200);
        assert_eq!(response.header("mcp-session-id"), None);
        assert_eq!(response.json()["result"]["content"][0]["text"], "here");
        let mut count = Modern::call("count", json!({ "n": 2 })).with("Mcp-Session-Id", id);
        count.message["params"]["_meta"]["progressToken"] = 1.into();
        let mut response = count.send(session.host).must_be(200);
        assert!(response.is_stream());
        assert_eq!(response.header("mcp-session-id"), None);
        let said = events(&mut response);
        assert_eq!(said.len(), 3);
        for event in said {
            assert!(event.is_message());
            assert_eq!((event.id, event.retry), (None, None));
        }
    }
    // The session has noticed nothing.
    session.ping().must_be(200);
}
