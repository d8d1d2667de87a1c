//! A plugin asks whom its operator lets it ask, over HTTP, and its secrets stay with it.
//!
//! What is refused and bounded, in every spelling, is tested where it is decided: in the
//! runtime's own tests. Here is the way from a configuration file to a server.

mod servers;

use std::fs;
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use serde_json::json;
use tempfile::TempDir;
use wharf_fixtures::{EVERYTHING, REACH, ROGUE};

use self::servers::{Authority, http_server, tls_server};
use crate::support::{Binding, Client, E, Host, REVISIONS, Way};

/// A folder with a configuration file of one plugin `p`.
fn folder(component: &str, entries: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let text = format!("[plugins.p]\nsource = {component:?}\n{entries}\n");
    fs::write(folder.path().join("wharf.toml"), text).unwrap();
    folder
}

fn client(host: &mut Host) -> Client {
    Client::connect(host, Way::new(Binding::Stdio, E))
}

/// Makes a configuration file and serves it, with this file of authorities.
fn serve(entries: &str, authorities: Option<&Path>) -> (TempDir, Host) {
    let folder = folder(REACH, entries);
    let variables = authorities.map(|path| ("SSL_CERT_FILE", path.to_str().unwrap()));
    let variables: Vec<_> = variables.into_iter().collect();
    let host = Host::serve_with(folder.path(), &variables, &["--stdio"]);
    (folder, host)
}

#[test]
fn a_plugin_asks_whom_the_file_lets_it_ask() {
    let (granted, other) = (http_server(), http_server());
    let http = format!(r#"http = {{ allow = ["http://{granted}"], methods = ["GET"] }}"#);
    let (_folder, mut host) = serve(&http, None);
    let mut client = client(&mut host);
    let url = format!("http://{granted}/");
    assert_eq!(client.text("get", json!({ "url": url })), "200 hello");
    let url = format!("http://{other}/");
    let failure = client.failure("get", json!({ "url": url }));
    assert!(failure.contains("HttpRequestDenied"), "{failure}");
    host.wait_for_log(&format!(r#"`plugins.p.http.allow = ["http://{other}"]`"#));
}

#[test]
fn a_flag_grants_the_same() {
    let server = http_server();
    let (flag, url) = (format!("http://{server}"), format!("http://{server}/path"));
    let mut host = Host::serve(&["--stdio", REACH, "--http", &flag]);
    let mut client = client(&mut host);
    assert_eq!(client.text("get", json!({ "url": url })), "200 hello");
}

/// Programs honour these variables. A plugin's requests are not the host's.
#[test]
fn proxies_of_the_host_are_not_for_plugins() {
    let (server, proxy) = (http_server(), TcpListener::bind("127.0.0.1:0").unwrap());
    proxy.set_nonblocking(true).unwrap();
    let proxied = format!("http://{}", proxy.local_addr().unwrap());
    let folder = folder(
        REACH,
        &format!(r#"http = {{ allow = ["http://{server}"] }}"#),
    );
    let variables = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
    let variables = variables.map(|name| (name, proxied.as_str()));
    let mut host = Host::serve_with(folder.path(), &variables, &["--stdio"]);
    let url = format!("http://{server}/");
    assert_eq!(
        client(&mut host).text("get", json!({ "url": url })),
        "200 hello"
    );
    assert!(proxy.accept().is_err());
}

#[test]
fn tls_servers_have_to_prove_who_they_are() {
    let (trusted, unknown) = (Authority::new(), Authority::new());
    let good = tls_server(&trusted, &["localhost", "127.0.0.1"]);
    let misnamed = tls_server(&trusted, &["other.example"]);
    let stranger = tls_server(&unknown, &["localhost", "127.0.0.1"]);
    let mut allow = vec![format!("https://127.0.0.1:{}", good.port())];
    for server in [good, misnamed, stranger] {
        allow.push(format!("https://localhost:{}", server.port()));
    }
    let http = format!(r#"http = {{ allow = {allow:?}, addresses = ["127.0.0.0/8"] }}"#);
    let file = trusted.file();
    let (_folder, mut host) = serve(&http, Some(file.path()));
    let mut client = client(&mut host);
    let at = |host: &str, port: u16| json!({ "url": format!("https://{host}:{port}/") });
    for name in ["localhost", "LOCALHOST", "127.0.0.1"] {
        assert_eq!(client.text("get", at(name, good.port())), "200 hello");
    }
    for server in [misnamed, stranger] {
        let failure = client.failure("get", at("localhost", server.port()));
        assert!(failure.contains("TlsCertificateError"), "{failure}");
    }
    // Speaking without TLS is no way around it: another grant would be needed.
    let plain = json!({ "url": format!("http://localhost:{}/", good.port()) });
    let failure = client.failure("get", plain);
    assert!(failure.contains("HttpRequestDenied"), "{failure}");
}

#[test]
fn a_server_without_tls_is_not_taken_for_one_with() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in server.incoming().flatten() {
            // Whatever the client has said.
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
            let _ = io::copy(&mut stream, &mut io::sink());
        }
    });
    let http = format!(r#"http = {{ allow = ["https://{address}"] }}"#);
    let file = Authority::new().file();
    let (_folder, mut host) = serve(&http, Some(file.path()));
    let url = format!("https://{address}/");
    let failure = client(&mut host).failure("get", json!({ "url": url }));
    assert!(failure.contains("TlsProtocolError"), "{failure}");
}

#[test]
fn without_authorities_nobody_is_trusted_and_the_log_says_why() {
    let authority = Authority::new();
    let server = tls_server(&authority, &["127.0.0.1"]);
    let http = format!(r#"http = {{ allow = ["https://{server}"] }}"#);
    let empty = tempfile::NamedTempFile::new().unwrap();
    let (_folder, mut host) = serve(&http, Some(empty.path()));
    let url = format!("https://{server}/");
    let failure = client(&mut host).failure("get", json!({ "url": url }));
    assert!(failure.contains("ConfigurationError"), "{failure}");
    host.wait_for_log("no certificate authority is known to this system");
}

/// Everything a client hears of a plugin besides results, and everything that the host
/// writes, is without the plugin's secrets.
#[test]
fn secrets_are_on_no_line_that_leaves_the_host() {
    const SECRET: &str = "open-sesame";
    let folder = folder(ROGUE, r#"env = { TOKEN = { env = "THE_TOKEN" } }"#);
    let variables = [("THE_TOKEN", SECRET), ("WHARF_LOG", "trace")];
    for revision in REVISIONS {
        let mut host = Host::serve_with(folder.path(), &variables, &["--stdio"]);
        let mut client = Client::connect(&mut host, Way::new(Binding::Stdio, revision));
        client.set_log_level("debug");
        let said = format!("it is <{SECRET}>");
        for (tool, arguments) in [
            ("print", json!({ "text": said })),
            ("tell", json!({ "text": said })),
            ("fail", json!({ "text": said })),
            ("panic", json!({ "message": said })),
            (
                "connect",
                json!({ "addr": format!("{SECRET}.example.com:80") }),
            ),
        ] {
            let exchange = client.request(
                "tools/call",
                json!({
                    "name": tool,
                    "arguments": arguments,
                    "_meta": { "progressToken": "t" },
                }),
            );
            let heard = format!("{exchange:?}");
            assert!(!heard.contains(SECRET), "{revision} {tool}: {heard}");
            let hidden = heard.contains("it is <(secret)>");
            assert_eq!(
                hidden,
                matches!(tool, "tell" | "fail" | "panic"),
                "{revision}: {heard}"
            );
        }
        // The plugin has it, and results are its own.
        assert_eq!(client.text("env", json!({ "name": "TOKEN" })), SECRET);
        client.close_stdin();
        host.exit_code();
        host.wait_for_log("the address of (secret).example.com");
        let log = host.log();
        assert!(log.contains("it is <(secret)>"), "{log}");
        assert!(!log.contains(SECRET), "{revision}: {log}");
    }
}

/// What the host itself says of a result is no result.
#[test]
fn complaints_about_results_are_without_secrets() {
    let entries = r#"
        prefix = "x_"
        env = { WORD = { value = "many", secret = true } }
    "#;
    let folder = folder(EVERYTHING, entries);
    let mut host = Host::serve_with(folder.path(), &[], &["--stdio"]);
    let failure = client(&mut host).failure("x_mismatch", json!({}));
    assert!(
        failure.contains("(secret)") && !failure.contains("many"),
        "{failure}"
    );
    host.wait_for_log("a result breaks its output schema");
    let log = host.log();
    assert!(
        log.contains(r#""(secret)""#) && !log.contains(r#""many""#),
        "{log}"
    );
}
