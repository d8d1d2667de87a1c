//! How a result is written for whoever asked.

use std::sync::Arc;

use wharf_mcp::model::{Annotations, Content, Json, TextContent, ToolResult};
use wharf_mcp::{Effect, Operation, Peer, Reply};

use super::{MODERN, initialized, request, server};

/// RPC-9, DSC-6, TOL-10, DWN-1, DWN-3, DWN-4: one result in every revision.
#[test]
fn a_result_is_written_for_its_reader() {
    let reply = Reply::Tool(ToolResult {
        content: Vec::new(),
        structured: Some(Json::parse("[1,\n2]".to_owned()).unwrap()),
        is_error: false,
        meta: None,
    });
    let text = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"[1, 2]"}]}}"#;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut peer = initialized(version);
        let Effect::Start(call) =
            peer.receive(request("tools/call", r#""name":"t""#).as_bytes(), &server())
        else {
            panic!("it was not started")
        };
        assert_eq!(
            call.operation,
            Operation::CallTool {
                name: "t".to_owned(),
                arguments: Json::empty_object(),
            }
        );
        assert_eq!(call.exchange.answer(&reply).frame, text, "{version}");
    }
    let body = request("tools/call", &format!(r#""name":"t",{MODERN}"#));
    let Effect::Start(call) = Peer::<u32>::new(Arc::default()).receive(body.as_bytes(), &server())
    else {
        panic!("it was not started")
    };
    assert_eq!(
        call.exchange.answer(&reply).frame,
        r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"[1, 2]"}],"structuredContent":[1, 2],"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"test","version":"1"}}}}"#
    );
}

/// MET-3, DSC-6, DWN-8: what a plugin adds stays, and nothing empty is left behind.
#[test]
fn additions_are_written_as_far_as_they_are_known() {
    let reply = Reply::Tool(ToolResult {
        content: vec![Content::Text(TextContent {
            text: "x".to_owned(),
            annotations: Some(Annotations {
                last_modified: Some("2025-01-12T15:00:58Z".to_owned()),
                ..Annotations::default()
            }),
            meta: None,
        })],
        structured: None,
        is_error: false,
        meta: Some(Json::parse(r#"{ "a": 1 }"#.to_owned()).unwrap()),
    });
    let answer = |peer: &mut Peer<u32>, body: String| {
        let Effect::Start(call) = peer.receive(body.as_bytes(), &server()) else {
            panic!("it was not started")
        };
        call.exchange.answer(&reply).frame
    };
    let call = request("tools/call", r#""name":"t""#);
    assert_eq!(
        answer(&mut initialized("2024-11-05"), call),
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"x"}],"_meta":{"a": 1}}}"#
    );
    let call = request("tools/call", &format!(r#""name":"t",{MODERN}"#));
    assert_eq!(
        answer(&mut Peer::new(Arc::default()), call),
        r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"x","annotations":{"lastModified":"2025-01-12T15:00:58Z"}}],"_meta":{"a": 1,"io.modelcontextprotocol/serverInfo":{"name":"test","version":"1"}}}}"#
    );
}
