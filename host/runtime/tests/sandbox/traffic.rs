//! What comes back from a server, and how much of everything there may be.

use std::time::Duration;

use tokio::task::JoinSet;
use wharf_runtime::{Call, HttpGrant, Limits};

use crate::servers::wait_for_the_end;
use crate::servers::{Server, allow, get, hello, reach, reach_in, refused, response};
use crate::support::{json, tool};

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
        use std::io::{Read, Write};
        if head.contains("chunked") {
            wait_for_the_end(stream);
        } else {
            stream.read_exact(&mut [0; 10_000]).unwrap();
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
async fn the_head_of_a_request_is_bounded() {
    let server = hello();
    let plugin = reach(Some(allow(&[&server.url("")]))).await;
    let with = |length: usize| {
        let header = format!("X: {}", "x".repeat(length));
        json(&format!(
            r#"{{"url":"{}","headers":["{header}"]}}"#,
            server.url("/")
        ))
    };
    let (large, small) = (with(100_000), with(10_000));
    let ended = plugin.call_tool(Call::silent(), "get", &large).await;
    let fault = ended.expect_err("it is too much").to_string();
    assert!(
        fault.contains("total size of fields exceeds limit"),
        "{fault}"
    );
    assert_eq!(server.connections(), 0);
    let got = plugin.call_tool(Call::silent(), "get", &small).await;
    assert!(got.is_ok(), "{got:?}");
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
    server.wait_for_an_end().await;
    // When nobody waits any more, before and after the head of the response.
    for path in ["/silent", "/"] {
        let arguments = json(&format!(r#"{{"url":"{}"}}"#, server.url(path)));
        let (plugin, seen) = (patient.clone(), server.connections());
        let mut calls = JoinSet::new();
        calls.spawn(async move {
            let call = plugin.call_tool(Call::silent(), "hold", &arguments);
            call.await.map(drop)
        });
        while server.connections() == seen {
            tokio::task::yield_now().await;
        }
        drop(calls);
        server.wait_for_an_end().await;
    }
}
