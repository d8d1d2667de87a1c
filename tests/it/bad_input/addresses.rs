//! Requests to the wrong place, in the wrong form, or from somebody who may not:
//! refused before anything in them is believed.

use serde_json::json;
use wharf_fixtures::HELLO;

use crate::support::{Client, Host, Modern, Request, Response, Session, Way, WebSocket};

fn host(flags: &[&str]) -> Host {
    Host::serve(&[&["--listen", "127.0.0.1:0", HELLO], flags].concat())
}

/// Something that every endpoint serves, if it serves anybody.
fn requests() -> [Request; 5] {
    [
        Modern::new("server/discover", json!({})).request(),
        Session::opening(),
        Request::new("GET", "/sse"),
        Request::post("/messages?sessionId=0123456789abcdef0123456789abcdef", "{}"),
        WebSocket::handshake(),
    ]
}

fn is_let_through(response: &Response) -> bool {
    // The session of the last one does not exist, which is said to friends only.
    matches!(response.status, 101 | 200 | 404)
}

#[track_caller]
fn check(host: &Host, name: &str, value: &str, let_through: bool) {
    for request in requests() {
        let response = request.header(name, value).send(host.address());
        if let_through {
            assert!(
                is_let_through(&response),
                "{name}: {value}: {}",
                response.status
            );
        } else {
            let refusal = response.must_be(403).json();
            assert_eq!(refusal["error"]["code"], -32600);
            assert_eq!(refusal.get("id"), None, "RPC-5");
        }
    }
}

/// ORG-1, ORG-2, trap 63.
#[test]
fn pages_of_others() {
    let host = host(&[]);
    let address = host.address();
    check(&host, "Origin", &format!("http://{address}"), true);
    for foreign in [
        "https://evil.example.com",
        "http://evil.example.com:80",
        "null",
        "",
        "nonsense",
        "http://127.0.0.1.evil.example.com",
        "http://localhost.evil.example.com",
        "file://",
    ] {
        check(&host, "Origin", foreign, false);
    }
}

/// §36, and what `--allow-origin` says of itself: loopback origins are accepted,
/// whatever their port, because what runs there runs on this machine.
#[test]
fn pages_of_this_machine() {
    let host = host(&[]);
    for ours in [
        "http://localhost:3000",
        "http://127.0.0.1:6274",
        "http://[::1]:3000",
    ] {
        check(&host, "Origin", ours, true);
    }
}

/// ORG-3.
#[test]
fn names_that_are_not_ours() {
    let host = host(&[]);
    let port = host.address().port();
    for ours in ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"] {
        check(&host, "Host", ours, true);
        check(&host, "Host", &format!("{ours}:{port}"), true);
    }
    for foreign in [
        "evil.example.com",
        "evil.example.com:80",
        "localhost.evil.example.com",
        "localhost:x",
        "localhost@evil.example.com",
    ] {
        check(&host, "Host", foreign, false);
    }
}

#[test]
fn names_and_pages_that_are_allowed() {
    let flags = [
        "--allow-host",
        "tools.example.com",
        "--allow-origin",
        "https://app.example.com",
    ];
    let host = host(&flags);
    check(&host, "Host", "tools.example.com", true);
    check(&host, "Host", "other.example.com", false);
    check(&host, "Origin", "https://app.example.com", true);
    check(&host, "Origin", "http://app.example.com", false);
    check(&host, "Origin", "https://app.example.com:8443", false);
}

/// Whoever watches the process knows it by some other name.
#[test]
fn health_is_no_secret() {
    let host = host(&[]);
    let health = Request::new("GET", "/healthz").header("Host", "probe.internal");
    assert_eq!(health.send(host.address()).must_be(200).text(), "ok\n");
}

/// SHL-4, SSE-5.
#[test]
fn bodies_of_another_type() {
    let host = host(&[]);
    let client = Client::connect_to(host.address(), Way::SSE);
    let messages = format!("/messages?sessionId={}", client.session());
    for request in [
        Modern::new("server/discover", json!({})).request(),
        Session::opening(),
        Request::post(&messages, r#"{"jsonrpc":"2.0","method":"n"}"#),
    ] {
        let bare = request.without("Content-Type");
        bare.send(host.address()).must_be(415);
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "",
        ] {
            bare.clone()
                .header("Content-Type", kind)
                .send(host.address())
                .must_be(415);
        }
        for kind in ["application/json; charset=utf-8", "Application/JSON"] {
            let response = bare
                .clone()
                .header("Content-Type", kind)
                .send(host.address());
            assert!(
                matches!(response.status, 200 | 202),
                "{kind}: {}",
                response.status
            );
        }
    }
}

/// SHL-3: only a client that can take nothing of what we send is refused.
#[test]
fn clients_that_accept_something_else() {
    let host = host(&[]);
    for request in [
        Modern::new("server/discover", json!({})).request(),
        Session::opening(),
    ] {
        let bare = request.without("Accept");
        bare.send(host.address()).must_be(200);
        for accept in [
            "*/*",
            "application/json",
            "text/event-stream;q=0.5, x/y",
            "application/*",
        ] {
            bare.clone()
                .header("Accept", accept)
                .send(host.address())
                .must_be(200);
        }
        for accept in ["text/html", "image/*, application/xml"] {
            bare.clone()
                .header("Accept", accept)
                .send(host.address())
                .must_be(406);
        }
    }
}

/// SHL-20, SSE-10.
#[test]
fn methods_and_paths_that_do_not_exist() {
    let host = host(&[]);
    for (method, path, status) in [
        ("GET", "/mcp", 400),
        ("PUT", "/mcp", 405),
        ("POST", "/sse", 405),
        ("GET", "/messages", 405),
        ("POST", "/healthz", 405),
        ("GET", "/", 404),
        ("POST", "/mcp/", 404),
        ("GET", "/sse/../mcp", 404),
        ("GET", "/%2e%2e/etc/passwd", 404),
    ] {
        let response = Request::new(method, path)
            .send(host.address())
            .must_be(status);
        assert_eq!(
            response.header("allow").is_some(),
            status == 405,
            "{method} {path}"
        );
    }
}

/// SHM-15: cut off before anything is decoded.
#[test]
fn heads_without_end() {
    let host = host(&[]);
    let greet = || Modern::call("greet", json!({ "name": "Ada" }));
    let long = greet().with("X-Long", &"x".repeat(1 << 20)).request();
    assert!(
        long.try_send(host.address())
            .map_or(431, |response| response.status)
            == 431
    );
    let many = (0..1_000)
        .fold(greet(), |request, _| request.with("X-Many", "x"))
        .request();
    assert!(
        many.try_send(host.address())
            .map_or(431, |response| response.status)
            == 431
    );
    greet().send(host.address()).must_be(200);
}
