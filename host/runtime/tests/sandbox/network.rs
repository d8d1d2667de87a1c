//! Requests go where they are granted, and nowhere else, in no spelling.

use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::time::Duration;

use wharf_fixtures::REACH;
use wharf_mcp::model::Outcome;
use wharf_runtime::{Call, Grants, HttpGrant, Limits, Plugin};

use crate::servers::{Server, response, wait_for_the_end};
use crate::support::{Log, component, json, load_in, runtime, text};

/// A grant for some targets.
fn allow(targets: &[&str]) -> HttpGrant {
    HttpGrant {
        allow: targets
            .iter()
            .map(|target| target.parse().unwrap())
            .collect(),
        ..HttpGrant::default()
    }
}

async fn reach(http: Option<HttpGrant>) -> Plugin {
    reach_in(http, &Limits::default()).await
}

async fn reach_in(http: Option<HttpGrant>, limits: &Limits) -> Plugin {
    let grants = Grants {
        http,
        ..Grants::default()
    };
    let loaded = load_in(&runtime(), component(REACH), &grants, limits).await;
    loaded.expect("the fixture loads")
}

/// A tool's text; an error if it says that it failed.
async fn tool(plugin: &Plugin, name: &str, arguments: &str) -> Result<String, String> {
    let arguments = json(arguments);
    let outcome = plugin.call_tool(Call::silent(), name, &arguments).await;
    let outcome = outcome.expect("no breakdown");
    let failed = matches!(&outcome, Outcome::Complete(result) if result.is_error);
    if failed {
        Err(text(outcome))
    } else {
        Ok(text(outcome))
    }
}

async fn get(plugin: &Plugin, url: &str) -> Result<String, String> {
    tool(plugin, "get", &format!(r#"{{"url":"{url}"}}"#)).await
}

fn hello() -> Server {
    Server::answering(|_| response("hello"))
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, String>, code: &str) {
    let error = result.expect_err("it is refused");
    assert!(error.contains(code), "{error}, not {code}");
}

#[tokio::test]
async fn without_a_grant_there_are_no_requests_and_the_log_says_how() {
    let server = hello();
    let (log, _guard) = Log::capture();
    let plugin = reach(None).await;
    for _ in 0..3 {
        refused(
            get(&plugin, &server.url("/path")).await,
            "HttpRequestDenied",
        );
    }
    assert_eq!(server.connections(), 0);
    let (log, origin) = (log.text(), server.url(""));
    let line = format!(r#"`plugins.p.http.allow = ["{origin}"]`"#);
    assert_eq!(log.matches(&line).count(), 1, "{log}");
    assert!(
        log.contains(&format!("`--http {origin}` would grant")),
        "{log}"
    );
    assert!(!log.contains("/path"), "{log}");
}

#[tokio::test]
async fn what_is_granted_can_be_asked() {
    let server = Server::answering(|head| response(head));
    let plugin = reach(Some(allow(&[&server.url("")]))).await;
    let got = get(&plugin, &server.url("/path?query")).await.unwrap();
    let host = format!("\r\nhost: {}\r\n", server.address);
    assert!(got.starts_with("200 GET /path?query HTTP/1.1\r\n"), "{got}");
    assert!(got.contains(&host), "{got}");
}

#[tokio::test]
async fn what_is_not_granted_cannot_be_asked_in_any_spelling() {
    let (server, other) = (hello(), hello());
    let plugin = reach(Some(allow(&[&server.url(""), "http://*.example.com"]))).await;
    let port = server.address.port();
    for (authority, code) in [
        ("127.0.0.2", "HttpRequestDenied"),
        ("0.0.0.0", "HttpRequestDenied"),
        ("localhost", "HttpRequestDenied"),
        ("LOCALHOST", "HttpRequestDenied"),
        ("[::1]", "HttpRequestDenied"),
        ("[::ffff:127.0.0.1]", "HttpRequestDenied"),
        ("[::ffff:7f00:1]", "HttpRequestDenied"),
        ("[::127.0.0.1]", "HttpRequestDenied"),
        ("[64:ff9b::7f00:1]", "HttpRequestDenied"),
        ("localhost.", "HttpRequestUriInvalid"),
        ("127.0.0.1.", "HttpRequestUriInvalid"),
        ("127.1", "HttpRequestUriInvalid"),
        ("0x7f.1", "HttpRequestUriInvalid"),
        ("0x7f000001", "HttpRequestUriInvalid"),
        ("2130706433", "HttpRequestUriInvalid"),
        ("017700000001", "HttpRequestUriInvalid"),
        ("0177.0.0.01", "HttpRequestUriInvalid"),
        ("127.000.000.001", "HttpRequestUriInvalid"),
        ("user@127.0.0.1", "HttpRequestUriInvalid"),
        ("a.example.com@127.0.0.1", "HttpRequestUriInvalid"),
        ("127.0.0.1%00.example.com", ""),
        ("%31%32%37.0.0.1", ""),
    ] {
        refused(
            get(&plugin, &format!("http://{authority}:{port}/")).await,
            code,
        );
    }
    for url in [
        other.url("/"),
        format!("https://127.0.0.1:{port}/"),
        "http://127.0.0.1/".to_owned(),
        "http://example.com/".to_owned(),
        "http://example.com.evil.net/".to_owned(),
    ] {
        refused(get(&plugin, &url).await, "HttpRequestDenied");
    }
    refused(get(&plugin, &format!("ftp://127.0.0.1:{port}/")).await, "");
    assert_eq!((server.connections(), other.connections()), (0, 0));
    assert_eq!(
        get(&plugin, &server.url("/")).await.as_deref(),
        Ok("200 hello")
    );
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_until_its_address_is_granted() {
    let server = hello();
    let url = format!("http://localhost:{}", server.address.port());
    let (log, _guard) = Log::capture();
    let plugin = reach(Some(allow(&[&url]))).await;
    refused(get(&plugin, &url).await, "DestinationIpProhibited");
    assert_eq!(server.connections(), 0);
    let log = log.text();
    assert!(log.contains("not public (loopback)"), "{log}");
    assert!(log.contains("`plugins.p.http.addresses = ["), "{log}");

    let granted = HttpGrant {
        addresses: vec!["127.0.0.0/8".parse().unwrap()],
        ..allow(&[&url])
    };
    let plugin = reach(Some(granted)).await;
    assert_eq!(get(&plugin, &url).await.as_deref(), Ok("200 hello"));
}

#[tokio::test]
async fn the_machines_own_name_is_no_way_in() {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim().to_lowercase();
    let server = Server::new("0.0.0.0:0", |_, _| ());
    let url = format!("http://{name}:{}", server.address.port());
    // Not every machine has a name that resolves, and some have a public address.
    let resolved = (name.as_str(), 80).to_socket_addrs();
    let is_inside = |ip: std::net::IpAddr| match ip {
        std::net::IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        std::net::IpAddr::V6(ip) => ip.is_loopback(),
    };
    if !resolved.is_ok_and(|mut found| found.all(|found| is_inside(found.ip()))) {
        return;
    }
    let Ok(target) = url.parse() else { return };
    let grant = HttpGrant {
        allow: vec![target],
        ..HttpGrant::default()
    };
    let plugin = reach(Some(grant)).await;
    refused(get(&plugin, &url).await, "DestinationIpProhibited");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn methods_are_those_that_are_granted() {
    let server = hello();
    let grant = HttpGrant {
        methods: vec!["GET".to_owned()],
        ..allow(&[&server.url("")])
    };
    let (log, _guard) = Log::capture();
    let plugin = reach(Some(grant)).await;
    let request = |method: &str| {
        let url = server.url("/");
        format!(r#"{{"url":"{url}","method":"{method}","timeout_ms":5000}}"#)
    };
    for (method, code) in [
        ("POST", "HttpRequestDenied"),
        ("DELETE", "HttpRequestDenied"),
        ("get", "HttpRequestDenied"),
        ("CONNECT", "HttpRequestMethodInvalid"),
        ("GET / HTTP/1.1", "the method is not accepted"),
    ] {
        refused(tool(&plugin, "request", &request(method)).await, code);
    }
    assert_eq!(server.connections(), 0);
    let got = tool(&plugin, "request", &request("GET")).await;
    assert_eq!(got.as_deref(), Ok("200 hello"));
    let log = log.text();
    assert!(
        log.contains(r#"`"POST"` in `plugins.p.http.methods`"#),
        "{log}"
    );
}

#[tokio::test]
async fn a_tunnel_is_no_method() {
    let server = hello();
    let plugin = reach(Some(allow(&[&server.url("")]))).await;
    let arguments = format!(r#"{{"url":"{}","method":"CONNECT"}}"#, server.url(""));
    refused(
        tool(&plugin, "request", &arguments).await,
        "HttpRequestMethodInvalid",
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_a_new_request() {
    let target = Arc::new(hello());
    let to = [
        target.url("/"),
        format!("http://localhost:{}/", target.address.port()),
    ];
    for to in to {
        let location = to.clone();
        let server = Server::answering(move |_| {
            format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
        });
        let plugin = reach(Some(allow(&[&server.url("")]))).await;
        let arguments = format!(r#"{{"url":"{}"}}"#, server.url("/"));
        refused(
            tool(&plugin, "follow", &arguments).await,
            "HttpRequestDenied",
        );
        assert_eq!((server.connections(), target.connections()), (1, 0));

        // The host itself does not follow it.
        let got = get(&plugin, &server.url("/")).await;
        assert_eq!(got.as_deref(), Ok("302 "));
        assert_eq!(target.connections(), 0);
    }
    let location = target.url("/");
    let server = Server::answering(move |_| {
        format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
    });
    let plugin = reach(Some(allow(&[&server.url(""), &target.url("")]))).await;
    let arguments = format!(r#"{{"url":"{}"}}"#, server.url("/"));
    let got = tool(&plugin, "follow", &arguments).await;
    assert_eq!(got.as_deref(), Ok("200 hello"));
}

#[tokio::test]
async fn headers_of_the_connection_are_the_hosts() {
    let server = Server::answering(|head| response(head));
    let plugin = reach(Some(allow(&[&server.url("")]))).await;
    let with = |header: &str| format!(r#"{{"url":"{}","headers":["{header}"]}}"#, server.url("/"));
    for header in [
        "Host: inside.example",
        "Connection: upgrade",
        "Upgrade: websocket",
        "Transfer-Encoding: chunked",
        "Proxy-Authorization: x",
        "Keep-Alive: 1",
    ] {
        refused(tool(&plugin, "get", &with(header)).await, "Forbidden");
    }
    for header in [r"X-Split: a\r\nHost: b", r"X: a\u0000b", "Bad Name: x"] {
        refused(tool(&plugin, "get", &with(header)).await, "InvalidSyntax");
    }
    // A length for a body that is not there would be the beginning of the next request.
    assert!(
        tool(&plugin, "get", &with("Content-Length: 5"))
            .await
            .is_err()
    );
    assert_eq!(server.connections(), 0);
    let got = tool(&plugin, "get", &with("X-Own: 1")).await.unwrap();
    assert!(got.contains("\r\nx-own: 1\r\n"), "{got}");
}

#[tokio::test]
async fn bad_servers_cost_one_call_each() {
    let server = Server::new("127.0.0.1:0", |head, stream| {
        use std::io::Write;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut say = |text: &str| stream.write_all(text.as_bytes()).is_ok();
        match path.as_str() {
            "/good" => drop(say(&response("hello"))),
            "/silent" => wait_for_the_end(stream),
            "/drip" => while say("x") {},
            "/stall" => {
                say("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
                wait_for_the_end(stream);
            }
            "/endless" => {
                say("HTTP/1.1 200 OK\r\n\r\n");
                while say(&"x".repeat(10_000)) {}
            }
            "/announced" => drop(say(
                "HTTP/1.1 200 OK\r\ncontent-length: 1000001\r\n\r\nhello",
            )),
            "/header" => {
                say(&format!(
                    "HTTP/1.1 200 OK\r\nx: {}\r\n\r\n",
                    "x".repeat(1 << 20)
                ));
            }
            "/headers" => {
                say(&format!(
                    "HTTP/1.1 200 OK\r\n{}\r\n",
                    "x: y\r\n".repeat(10_000)
                ));
            }
            "/informs" => while say("HTTP/1.1 103 Early Hints\r\n\r\n") {},
            "/short" => drop(say("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")),
            "/garbage" => drop(say("SSH-2.0-OpenSSH_9.9\r\n\r\n")),
            "/chunks" => {
                say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n");
            }
            _ => (),
        }
    });
    let grant = HttpGrant {
        timeout: Duration::from_millis(500),
        response_body: 1_000_000,
        ..allow(&[&server.url("")])
    };
    let plugin = reach(Some(grant)).await;
    for (path, code) in [
        ("/silent", "ConnectionReadTimeout"),
        ("/drip", "HttpProtocolError"),
        ("/stall", "ConnectionReadTimeout after 5"),
        ("/endless", "HttpResponseBodySize"),
        ("/announced", "HttpResponseBodySize"),
        ("/header", "HttpResponseHeaderSectionSize"),
        ("/headers", "HttpResponseHeaderSectionSize"),
        ("/informs", "ConnectionReadTimeout"),
        ("/short", "HttpResponseIncomplete after 5"),
        ("/garbage", "HttpProtocolError"),
        ("/chunks", "HttpProtocolError"),
        ("/gone", "HttpResponseIncomplete"),
    ] {
        let arguments = format!(r#"{{"url":"{}"}}"#, server.url(path));
        let got = tool(&plugin, "download", &arguments).await;
        let error = got.expect_err(path);
        assert!(error.contains(code), "{path}: {error}, not {code}");
        let good = get(&plugin, &server.url("/good")).await;
        assert_eq!(good.as_deref(), Ok("200 hello"), "after {path}");
    }
}

#[tokio::test]
async fn nobody_listening_is_said() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let plugin = reach(Some(allow(&[&url]))).await;
    refused(get(&plugin, &url).await, "ConnectionRefused");
}

#[tokio::test]
async fn a_guests_own_patience_can_only_be_shorter() {
    let server = Server::new("127.0.0.1:0", |_, stream| wait_for_the_end(stream));
    let request = |ms: u64| {
        let url = server.url("/");
        format!(r#"{{"url":"{url}","method":"GET","timeout_ms":{ms}}}"#)
    };
    let hasty = HttpGrant {
        timeout: Duration::from_millis(300),
        ..allow(&[&server.url("")])
    };
    let patient = HttpGrant {
        timeout: Duration::from_hours(1),
        ..allow(&[&server.url("")])
    };
    for (grant, ms) in [(hasty, u64::MAX / 2_000_000), (patient, 300)] {
        let plugin = reach(Some(grant)).await;
        let got = tool(&plugin, "request", &request(ms)).await;
        refused(got, "ConnectionReadTimeout");
    }
}

#[tokio::test]
async fn the_body_of_a_request_is_bounded() {
    let server = Server::new("127.0.0.1:0", |head, stream| {
        use std::io::Write;
        if head.contains("chunked") {
            wait_for_the_end(stream);
        } else {
            let _ = stream.write_all(response("hello").as_bytes());
        }
    });
    let grant = HttpGrant {
        request_body: 10_000,
        ..allow(&[&server.url("")])
    };
    let plugin = reach(Some(grant)).await;
    let post = |bytes: u64, headers: &str| {
        let url = server.url("/");
        format!(r#"{{"url":"{url}","method":"POST","body_bytes":{bytes},"headers":[{headers}]}}"#)
    };
    let length = r#""content-length: 10000""#;
    let got = tool(&plugin, "request", &post(10_000, length)).await;
    assert_eq!(got.as_deref(), Ok("200 hello"));
    let got = tool(&plugin, "request", &post(100_000, "")).await;
    refused(got, "HttpRequestBodySize");
    let seen = server.connections();
    let announced = r#""content-length: 10001""#;
    refused(
        tool(&plugin, "request", &post(10_001, announced)).await,
        "HttpRequestBodySize",
    );
    assert_eq!(server.connections(), seen);
}

#[tokio::test]
async fn connections_at_a_time_are_bounded() {
    let server = Server::new("127.0.0.1:0", |_, stream| {
        use std::io::Write;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
        wait_for_the_end(stream);
    });
    let grant = HttpGrant {
        connections: 2,
        timeout: Duration::from_secs(2),
        ..allow(&[&server.url("")])
    };
    let plugin = reach(Some(grant)).await;
    let arguments = format!(r#"{{"url":"{}","n":5}}"#, server.url("/"));
    let got = tool(&plugin, "many", &arguments).await.unwrap();
    assert_eq!(got.matches("200").count(), 2, "{got}");
    assert_eq!(got.matches("ConnectionLimitReached").count(), 3, "{got}");
    assert_eq!((server.connections(), server.most()), (2, 2));
}

#[tokio::test]
async fn requests_over_the_bound_wait_for_a_place() {
    let server = hello();
    let grant = HttpGrant {
        connections: 1,
        ..allow(&[&server.url("")])
    };
    let plugin = reach(Some(grant)).await;
    let arguments = format!(r#"{{"url":"{}"}}"#, server.url("/"));
    for _ in 0..3 {
        assert_eq!(
            tool(&plugin, "download", &arguments).await.as_deref(),
            Ok("5")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_end_with_their_call() {
    let server = Server::new("127.0.0.1:0", |head, stream| {
        use std::io::Write;
        if !head.starts_with("GET /silent") {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
        }
        wait_for_the_end(stream);
    });
    let patient = reach(Some(allow(&[&server.url("")]))).await;
    let limits = Limits {
        deadline: Duration::from_secs(1),
        ..Limits::default()
    };
    let plugin = reach_in(Some(allow(&[&server.url("")])), &limits).await;
    let arguments = json(&format!(r#"{{"url":"{}"}}"#, server.url("/")));
    // At the deadline.
    let ended = plugin.call_tool(Call::silent(), "hold", &arguments).await;
    let fault = ended.expect_err("it waits for ever").to_string();
    assert!(fault.contains("did not finish within 1 s"), "{fault}");
    tokio::task::block_in_place(|| server.wait_for_an_end());
    // When nobody waits any more, before and after the head of the response.
    for path in ["/silent", "/"] {
        let arguments = json(&format!(r#"{{"url":"{}"}}"#, server.url(path)));
        let (plugin, seen) = (patient.clone(), server.connections());
        let call = tokio::spawn(async move {
            let call = plugin.call_tool(Call::silent(), "hold", &arguments);
            call.await.map(drop)
        });
        while server.connections() == seen {
            tokio::task::yield_now().await;
        }
        call.abort();
        tokio::task::block_in_place(|| server.wait_for_an_end());
    }
}
