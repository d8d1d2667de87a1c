//! Requests go where they are granted, and nowhere else, in no spelling.

use std::net::ToSocketAddrs;
use std::sync::Arc;

use wharf_runtime::HttpGrant;

use crate::servers::{Server, allow, get, hello, reach, refused, response};
use crate::support::{Log, tool};

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
    let server = Server::answering(response);
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
    let server = Server::answering(response);
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
