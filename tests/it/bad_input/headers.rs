//! Modern requests over HTTP whose headers and `_meta` are missing, wrong or at
//! odds: the ladder of docs/requirements.md, §7.3, first failure wins.

use std::net::SocketAddr;

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, HELLO};

use crate::support::{D, E, Host, Modern, Request, Session};

fn host() -> Host {
    Host::serve(&["--listen", "127.0.0.1:0", HELLO, EVERYTHING])
}

fn greet() -> Modern {
    Modern::call("greet", json!({ "name": "Ada" }))
}

fn read(uri: &str) -> Modern {
    Modern::new("resources/read", json!({ "uri": uri }))
}

/// The request is refused with this code, and told so with its id.
#[track_caller]
fn refused(host: SocketAddr, request: &Modern, code: i32) -> Value {
    let answer = request.send(host).must_be(400).json();
    assert_eq!(answer["error"]["code"], code, "{answer}");
    assert_eq!(answer["id"], 1, "{answer}");
    answer
}

#[track_caller]
fn served(host: SocketAddr, request: &Modern) {
    let answer = request.send(host).must_be(200).json();
    assert!(answer.get("result").is_some(), "{answer}");
}

/// DSC-1, traps 1 and 35.
#[test]
fn what_a_request_has_to_say_about_itself() {
    let host = host();
    let to = host.address();
    served(to, &greet().meta("clientInfo", None));
    refused(to, &greet().meta("clientCapabilities", None), -32602);
    refused(
        to,
        &greet().meta("clientCapabilities", Some(json!(null))),
        -32602,
    );
    refused(
        to,
        &greet().meta("clientCapabilities", Some(json!([]))),
        -32602,
    );
    refused(to, &greet().meta("clientInfo", Some(json!("me"))), -32602);
    refused(to, &greet().meta("logLevel", Some(json!("loud"))), -32602);
    refused(to, &greet().meta("protocolVersion", None), -32602);
    refused(to, &greet().meta("protocolVersion", Some(json!(7))), -32602);
    for params in [json!({}), json!({ "_meta": {} })] {
        let mut request = Modern::new("server/discover", json!({}));
        request.message["params"] = params;
        let answer = refused(to, &request, -32602);
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains("clientCapabilities"), "{message}");
    }
    let mut request = Modern::new("server/discover", json!({}));
    request.message.as_object_mut().unwrap().remove("params");
    refused(to, &request, -32602);
    request.message["params"] = json!({ "_meta": [] });
    refused(to, &request, -32602);
}

/// DSC-3, SHM-9, SHM-16, traps 2 and 3.
#[test]
fn which_version_it_claims() {
    let host = host();
    let to = host.address();
    let version = "MCP-Protocol-Version";
    refused(to, &greet().without(version), -32020);
    refused(to, &greet().instead(version, D), -32020);
    refused(to, &greet().with(version, E), -32020);
    refused(
        to,
        &greet().meta("protocolVersion", Some(json!("v999"))),
        -32020,
    );
    for unknown in ["v999", "2099-01-01", D] {
        let claim = greet().meta("protocolVersion", Some(json!(unknown)));
        let answer = refused(to, &claim.instead(version, unknown), -32022);
        let data = json!({ "supported": [E], "requested": unknown });
        assert_eq!(answer["error"]["data"], data, "DSC-7");
    }
    // A future revision may have another envelope: the version comes first.
    let future = greet().meta("protocolVersion", Some(json!("2099-01-01")));
    let future = future
        .meta("clientCapabilities", None)
        .instead(version, "2099-01-01");
    refused(to, &future, -32022);
}

/// SHM-9, SHM-10, SHM-14.
#[test]
fn which_method_it_names() {
    let host = host();
    let to = host.address();
    served(to, &greet().instead("mcp-METHOD", "tools/call"));
    served(to, &greet().instead("Mcp-Method", " \t tools/call \t "));
    refused(to, &greet().without("Mcp-Method"), -32020);
    refused(to, &greet().instead("Mcp-Method", ""), -32020);
    refused(to, &greet().instead("Mcp-Method", "TOOLS/CALL"), -32020);
    refused(to, &greet().instead("Mcp-Method", "tools/list"), -32020);
    refused(to, &greet().with("Mcp-Method", "tools/call"), -32020);
    refused(
        to,
        &greet().instead("Mcp-Method", "=?base64?dG9vbHMvY2FsbA==?="),
        -32020,
    );
}

/// SHM-9 to SHM-12, SHM-14.
#[test]
fn whose_name_it_repeats() {
    let host = host();
    let to = host.address();
    served(to, &greet().instead("Mcp-Name", "  greet  "));
    served(to, &greet().instead("Mcp-Name", "=?base64?Z3JlZXQ=?="));
    refused(to, &greet().without("Mcp-Name"), -32020);
    refused(to, &greet().instead("Mcp-Name", "Greet"), -32020);
    refused(
        to,
        &greet().instead("Mcp-Name", "=?base64?Z3JlZXQ?="),
        -32020,
    );
    refused(
        to,
        &greet().instead("Mcp-Name", "=?base64?Z3J%ZXQ=?="),
        -32020,
    );
    refused(
        to,
        &greet().instead("Mcp-Name", "=?BASE64?Z3JlZXQ=?="),
        -32020,
    );
    refused(to, &greet().instead("Mcp-Name", "gr\u{e4}et"), -32020);
    refused(to, &greet().with("Mcp-Name", "greet"), -32020);
    served(to, &read("item:///1"));
    refused(
        to,
        &read("item:///1").instead("Mcp-Name", "item:///2"),
        -32020,
    );
    refused(to, &read("item:///1").without("Mcp-Name"), -32020);
    let prompt = Modern::new("prompts/get", json!({ "name": "plain" }));
    served(to, &prompt);
    refused(to, &prompt.without("Mcp-Name"), -32020);
    // Nothing to repeat, nothing to compare.
    served(
        to,
        &Modern::new("tools/list", json!({})).with("Mcp-Name", "greet"),
    );
}

/// ERA-7: what belongs to sessions means nothing here, and none is made.
#[test]
fn sessions_that_modern_requests_do_not_have() {
    let host = host();
    let to = host.address();
    for request in [
        greet(),
        greet().with("Mcp-Session-Id", "nonsense"),
        greet().with("Last-Event-ID", "7"),
        Modern::new("server/discover", json!({})),
    ] {
        let response = request.send(to).must_be(200);
        assert_eq!(response.header("mcp-session-id"), None);
    }
}

/// ERA-3, first case; DSC-9.
#[test]
fn handshakes_in_the_wrong_era() {
    let host = host();
    let to = host.address();
    let answer = Modern::new("initialize", json!({}))
        .send(to)
        .must_be(404)
        .json();
    assert_eq!(answer["error"]["code"], -32601);
    let headed = Session::opening().header("MCP-Protocol-Version", E);
    let answer = headed.send(to).must_be(400).json();
    assert_eq!(answer["error"]["code"], -32020);
    // Trap 69: noise.
    let headed = Session::opening().header("MCP-Protocol-Version", D);
    headed.send(to).must_be(200);
}

/// §7.3: a method that does not exist comes before what its parameters lack, and
/// after what the request lacks.
#[test]
fn what_comes_first() {
    let host = host();
    let to = host.address();
    let unknown = Modern::new("tools/destroy", json!({ "name": "greet" })).without("Mcp-Name");
    assert_eq!(
        unknown.send(to).must_be(404).json()["error"]["code"],
        -32601
    );
    refused(to, &unknown.clone().without("Mcp-Method"), -32020);
    refused(
        to,
        &unknown
            .clone()
            .without("Mcp-Method")
            .without("MCP-Protocol-Version"),
        -32020,
    );
    refused(
        to,
        &unknown
            .without("Mcp-Method")
            .meta("clientCapabilities", None),
        -32602,
    );
    // Q4: what a method thinks of its parameters is an answer like any other.
    let answer = Modern::call("none", json!({})).send(to).must_be(200).json();
    assert_eq!(answer["error"]["code"], -32602);
}

/// SHM-3, ERA-4, ERA-5.
#[test]
fn what_is_no_request() {
    let host = host();
    let to = host.address();
    let mut notification = Modern::new("notifications/cancelled", json!({ "requestId": 1 }));
    notification.message.as_object_mut().unwrap().remove("id");
    assert_eq!(notification.send(to).must_be(202).text(), "");
    assert_eq!(
        notification
            .without("Mcp-Method")
            .send(to)
            .must_be(202)
            .text(),
        ""
    );
    let answer = Request::post("/mcp", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    let answer = answer
        .header("MCP-Protocol-Version", E)
        .send(to)
        .must_be(400)
        .json();
    assert_eq!(answer["error"]["code"], -32600);
    let message = greet().message;
    let batch = greet()
        .request()
        .body(json!([message]).to_string().into_bytes());
    assert_eq!(
        batch.send(to).must_be(400).json()["error"]["code"],
        -32600,
        "BAT-5"
    );
}
