//! Lines that are no messages, and messages that make no sense: each has its
//! answer, and the connection goes on (§1.3, STD-5).

use serde_json::{Value, json};
use wharf_fixtures::HELLO;

use crate::support::{A, C, Client, D, E, Host, Lines, Request, Session, Way, handshake, stage};

/// Not JSON: −32700. Nobody can tell whose it was.
const NOT_JSON: [&str; 8] = [
    "{",
    "nonsense",
    "{'jsonrpc':'2.0'}",
    r#"{"jsonrpc":"2.0","id":1,"method":"ping""#,
    r#"{"jsonrpc":"2.0","id":1,"method":"ping"}}"#,
    r#"{"jsonrpc":"2.0","id":1,"method":"ping",}"#,
    r#"{"jsonrpc":"2.0","id":01,"method":"ping"}"#,
    "[1",
];

/// JSON and no message, −32600, with the id that is there to be read (RPC-2,
/// RPC-3, RPC-11, BAT-4).
const NO_MESSAGE: [(&str, Option<i32>); 25] = [
    ("12", None),
    ("\"ping\"", None),
    ("null", None),
    ("[]", None),
    (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, None),
    ("{}", None),
    (r#"{"id":1,"method":"ping"}"#, Some(1)),
    (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, Some(1)),
    (r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, Some(1)),
    (r#"{"jsonrpc":null,"id":1,"method":"ping"}"#, Some(1)),
    (r#"{"jsonrpc":"2.0","id":1}"#, Some(1)),
    (r#"{"jsonrpc":"2.0","id":1,"method":4}"#, Some(1)),
    (r#"{"jsonrpc":"2.0","id":1,"method":null}"#, Some(1)),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#,
        Some(1),
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}"#,
        Some(1),
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":5}"#,
        Some(1),
    ),
    (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, None),
    (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, None),
    (r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, None),
    (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, None),
    (r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, None),
    (r#"{"jsonrpc":"2.0","id":1e400,"method":"ping"}"#, None),
    (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, None),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
        Some(1),
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
        Some(1),
    ),
];

/// Answers to nothing, and notifications nobody knows: no answer (RPC-10).
const UNANSWERED: [&str; 6] = [
    r#"{"jsonrpc":"2.0","id":9,"result":{}}"#,
    r#"{"jsonrpc":"2.0","id":9,"error":{"code":-1,"message":"no"}}"#,
    r#"{"jsonrpc":"2.0","error":{"code":-1,"message":"no"}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/unheard-of"}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}"#,
    r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"greet"}}"#,
];

const PING: &str = r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#;
const PONG: &str = r#"{"jsonrpc":"2.0","id":"p","result":{}}"#;

/// A host on pipes, before and after a handshake.
fn on_pipes(revision: Option<&str>) -> (Host, Lines) {
    let mut host = Host::serve(&["--stdio", HELLO]);
    let mut lines = host.lines();
    if let Some(revision) = revision {
        let params = handshake(revision);
        let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        lines.ask(&hello.to_string());
    }
    (host, lines)
}

/// The answer is this error, to this request, and the host listens on.
#[track_caller]
fn check(lines: &mut Lines, line: &[u8], code: i32, id: Option<&Value>) {
    lines.write(line);
    let answer = lines.ask("");
    let line = String::from_utf8_lossy(line);
    let answer: Value = serde_json::from_str(&answer).expect("a message");
    assert_eq!(answer["error"]["code"], code, "{line}: {answer}");
    assert_eq!(answer.get("id"), id, "{line}: {answer}");
    assert_eq!(answer["jsonrpc"], "2.0");
    assert_ne!(answer["error"]["message"], "", "RPC-8");
    assert_eq!(lines.ask(PING), PONG, "{line}");
}

/// RPC-5: older revisions want an id in every error.
#[test]
fn lines_that_are_no_messages() {
    let null = Some(Value::Null);
    for (revision, nobody) in [
        (None, None),
        (Some(A), null.clone()),
        (Some(C), null),
        (Some(D), None),
    ] {
        let (_host, mut lines) = on_pipes(revision);
        for line in NOT_JSON {
            check(&mut lines, line.as_bytes(), -32700, nobody.as_ref());
        }
        for (line, id) in NO_MESSAGE {
            let id = id.map(Value::from).or_else(|| nobody.clone());
            check(&mut lines, line.as_bytes(), -32600, id.as_ref());
        }
    }
}

#[test]
fn lines_that_are_no_text() {
    let (_host, mut lines) = on_pipes(Some(D));
    check(&mut lines, b"\xff\xfe", -32700, None);
    check(&mut lines, b"\x80", -32700, None);
    let inside =
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"x\":\"\xc3\x28\"}}";
    check(&mut lines, inside, -32700, None);
    // A NUL is text, but no JSON.
    check(&mut lines, b"\0", -32700, None);
}

#[test]
fn lines_that_ask_for_nothing() {
    let (_host, mut lines) = on_pipes(Some(D));
    for line in UNANSWERED {
        lines.say(line);
        assert_eq!(lines.ask(PING), PONG, "{line}");
    }
}

/// STD-1.
#[test]
fn lines_that_end_in_other_ways() {
    let (mut host, mut lines) = on_pipes(None);
    lines.write(b"\n\n \t\n\r\n");
    lines.write(PING.as_bytes());
    lines.write(b"\r\n");
    assert_eq!(lines.hear(), PONG);
    // The last line needs no end.
    lines.write(PING.as_bytes());
    lines.close();
    assert_eq!(lines.hear(), PONG);
    assert_eq!(lines.rest(), Vec::<String>::new());
    assert_eq!(host.exit_code(), Some(0));
}

/// SEC-5: nested as deep as a line is long, in each place where there is room.
#[test]
fn messages_that_are_nested_too_deeply() {
    let (_host, mut lines) = on_pipes(Some(D));
    let depth = 1_000_000;
    let (open, close) = ("[".repeat(depth), "]".repeat(depth));
    let object = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    for params in [
        format!(r#"{{"name":"greet","arguments":{{"name":{open}{close}}}}}"#),
        format!(r#"{{"name":"greet","arguments":{object}}}"#),
        format!(r#"{{"name":"greet","_meta":{{"x":{open}{close}}}}}"#),
        format!(r#"{{"name":{open}{close}}}"#),
    ] {
        lines.say(&format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#
        ));
        let answer: Value = serde_json::from_str(&lines.hear()).unwrap();
        assert_eq!(answer["id"], 1);
        assert_eq!(lines.ask(PING), PONG);
    }
    check(&mut lines, open.as_bytes(), -32700, None);
    check(
        &mut lines,
        format!("{open}{close}").as_bytes(),
        -32600,
        None,
    );
}

/// ERA-8, Q21: both ways in are named.
#[test]
fn requests_before_any_handshake() {
    let (_host, mut lines) = on_pipes(None);
    for method in ["tools/list", "tools/call", "nothing", "server/discover"] {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method });
        let answer: Value = serde_json::from_str(&lines.ask(&request.to_string())).unwrap();
        assert_eq!(answer["id"], 1);
        assert_eq!(answer["error"]["code"], -32602, "{method}: {answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("io.modelcontextprotocol/protocolVersion"),
            "{message}"
        );
    }
    assert_eq!(lines.ask(PING), PONG, "LIF-6");
}

/// LIF-4.
#[test]
fn handshakes_without_a_version() {
    let (_host, mut lines) = on_pipes(None);
    for params in [
        json!({}),
        json!({ "protocolVersion": 7 }),
        json!({ "protocolVersion": null }),
    ] {
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        check(
            &mut lines,
            hello.to_string().as_bytes(),
            -32602,
            Some(&json!(1)),
        );
    }
}

#[test]
fn modern_requests_beside_a_session_on_pipes() {
    modern_requests_beside_a_session(Way::STDIO);
}

#[test]
fn modern_requests_beside_a_session_on_a_stream() {
    modern_requests_beside_a_session(Way::SSE);
}

/// ERA-1, ERA-2, ERA-9: each message is looked at by itself, and a claim is never
/// ignored.
fn modern_requests_beside_a_session(way: Way) {
    let (_host, mut client) = stage(way, &[HELLO]);
    let meta = |version: Value| {
        json!({ "_meta": {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
        }})
    };
    let found = client.result("server/discover", meta(json!(E)));
    assert_eq!(found["supportedVersions"], json!([E]));
    assert_eq!(client.error("tools/list", meta(json!(7)))["code"], -32602);
    let error = client.error("tools/list", meta(json!("2099-01-01")));
    assert_eq!(error["code"], -32022);
    assert_eq!(error["data"]["requested"], "2099-01-01");
    assert_eq!(error["data"]["supported"], json!([E]), "DSC-7");
    assert_eq!(client.result("ping", json!({})), json!({}));
}

/// SSE-5: said in the response to the POST; the stream does not hear of it.
#[test]
fn posts_to_a_stream_that_are_no_messages() {
    let (host, mut client) = stage(Way::SSE, &[HELLO]);
    let target = format!("/messages?sessionId={}", client.session());
    let post = |body: &[u8]| {
        Request::post(&target, "")
            .body(body.to_vec())
            .send(host.address())
    };
    for line in NOT_JSON {
        let error = post(line.as_bytes()).must_be(400).json();
        assert_eq!(error["error"]["code"], -32700, "{line}");
    }
    // Whether there may be batches depends on the session, which answers on the stream.
    let lines = NO_MESSAGE.map(|(line, _)| line);
    for line in lines.iter().filter(|line| !line.starts_with("[{")) {
        let error = post(line.as_bytes()).must_be(400).json();
        assert_eq!(error["error"]["code"], -32600, "{line}");
    }
    assert_eq!(post(b"\xff").must_be(400).json()["error"]["code"], -32700);
    assert_eq!(post(b"").must_be(400).json()["error"]["code"], -32700);
    for line in UNANSWERED {
        post(line.as_bytes()).must_be(202);
    }
    let exchange = client.request("ping", json!({}));
    assert_eq!(exchange.before, Vec::<Value>::new());
    exchange.result();
}

/// SHL-5, SHM-2, §7.4.
#[test]
fn posts_that_are_no_messages() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", HELLO]);
    let session = Session::open(host.address());
    let post = |body: &[u8]| session.post("").body(body.to_vec()).send(host.address());
    for line in NOT_JSON {
        let error = post(line.as_bytes()).must_be(400).json();
        assert_eq!(error["error"]["code"], -32700, "{line}");
        assert_eq!(error.get("id"), None, "RPC-5: {line}");
    }
    for (line, id) in NO_MESSAGE {
        let error = post(line.as_bytes()).must_be(400).json();
        assert_eq!(error["error"]["code"], -32600, "{line}");
        assert_eq!(error.get("id"), id.map(Value::from).as_ref(), "{line}");
    }
    assert_eq!(post(b"\xff").must_be(400).json()["error"]["code"], -32700);
    for line in UNANSWERED {
        assert_eq!(post(line.as_bytes()).must_be(202).text(), "", "{line}");
    }
    session.ping().must_be(200);
    let mut client = Client::connect_to(host.address(), Way::STREAMABLE_MODERN);
    assert_eq!(
        client.text("greet", json!({ "name": "Ada" })),
        "Hello, Ada!"
    );
}
