//! Unix sockets: whose they are, what happens to their files, and how connections
//! end (CUS-2, CUS-5). What is said over them is tested with the other ways to
//! reach a host.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tungstenite::protocol::{Message, Role};
use wharf::transport::unix::{UnixSocket, UnixSocketError};
use wharf_fixtures::{HELLO, ROGUE};

use crate::support::{
    Client, Host, Modern, PATIENCE, PLACES, Request, Session, Signal, Way, WebSocket, refused_in,
};

const LISTEN: [&str; 3] = ["--listen", "unix:wharf.sock", ROGUE];

#[track_caller]
fn echoes(client: &mut Client) {
    assert_eq!(client.text("echo", json!({ "text": "here" })), "here");
}

fn connect(host: &Host) -> Client {
    Client::connect_to_socket(&host.socket(), Way::UNIX)
}

/// CUS-5.
#[test]
fn only_their_owner_may_connect() {
    let host = Host::serve(&[
        "--listen",
        "unix:wharf.sock",
        "--listen",
        "http+unix:http.sock",
        HELLO,
    ]);
    for name in ["wharf.sock", "http.sock"] {
        let metadata = fs::symlink_metadata(host.folder().join(name)).unwrap();
        assert!(metadata.file_type().is_socket());
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_file_is_there_as_long_as_its_host() {
    let folder = TempDir::new().unwrap();
    for signal in [Signal::Interrupt, Signal::Terminate] {
        let mut host = Host::serve_in(folder.path(), &LISTEN);
        echoes(&mut connect(&host));
        host.signal(signal);
        assert_eq!(host.exit_code(), Some(0));
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }
}

/// A host that cannot start leaves nothing behind.
#[test]
fn a_start_that_fails() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("x.wasm"), "nonsense").unwrap();
    let (code, _) = refused_in(folder.path(), &["--listen", "unix:wharf.sock", "x.wasm"]);
    assert_eq!(code, Some(1));
    assert_eq!(names(folder.path()), ["x.wasm"]);
}

/// Whoever is killed cannot clean up.
#[test]
fn what_a_dead_host_has_left() {
    let folder = TempDir::new().unwrap();
    drop(Host::serve_in(folder.path(), &LISTEN));
    assert_eq!(names(folder.path()), ["wharf.sock"]);
    let host = Host::serve_in(folder.path(), &LISTEN);
    echoes(&mut connect(&host));
    let mode = fs::metadata(host.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_socket_that_somebody_listens_on() {
    let host = Host::serve(&LISTEN);
    let (code, said) = refused_in(host.folder(), &LISTEN);
    assert_eq!(code, Some(1));
    assert_eq!(
        said,
        "error: another program listens at `wharf.sock`\n\n\
         hint: end that program, or choose another path\n"
    );
    echoes(&mut connect(&host));
    // The same if it does not accept.
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wharf.sock");
    let _deaf = UnixListener::bind(&path).unwrap();
    assert_eq!(refused_in(folder.path(), &LISTEN).0, Some(1));
    UnixStream::connect(&path).expect("it still listens");
}

/// Nothing is deleted that is not a socket.
#[test]
fn paths_of_something_else() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let check = |what: &str| {
        let (code, said) = refused_in(folder.path(), &LISTEN);
        assert_eq!(code, Some(1), "{what}");
        assert_eq!(
            said,
            "error: `wharf.sock` exists and is not a socket\n\n\
             hint: it is left alone; choose another path\n",
            "{what}"
        );
    };
    fs::write(at("wharf.sock"), "dear diary").unwrap();
    check("a file");
    fs::rename(at("wharf.sock"), at("diary")).unwrap();
    symlink("diary", at("wharf.sock")).unwrap();
    check("a link to a file");
    assert_eq!(fs::read_to_string(at("wharf.sock")).unwrap(), "dear diary");
    fs::remove_file(at("wharf.sock")).unwrap();
    fs::create_dir(at("wharf.sock")).unwrap();
    check("a folder");
}

#[test]
fn paths_that_cannot_be() {
    let folder = TempDir::new().unwrap();
    let long = format!("unix:{}", "x".repeat(200));
    for (path, hint) in [
        (
            "unix:no/wharf.sock",
            "hint: make the folder of the socket first",
        ),
        (&long, "hint: choose a shorter path"),
    ] {
        let (code, said) = refused_in(folder.path(), &["--listen", path, HELLO]);
        assert_eq!(code, Some(1));
        assert!(said.contains(hint), "{said}");
    }
}

/// A host removes its own file, and not that of whoever came after it.
#[test]
fn a_file_that_was_replaced() {
    let mut old = Host::serve(&LISTEN);
    fs::remove_file(old.socket()).unwrap();
    let new = Host::serve_in(old.folder(), &LISTEN);
    old.signal(Signal::Terminate);
    assert_eq!(old.exit_code(), Some(0));
    echoes(&mut connect(&new));
}

/// Of many that start at once one gets the path. None takes the socket of another
/// for the old one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_hosts_that_start_at_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wharf.sock");
    for _ in 0..20 {
        drop(UnixListener::bind(&path).unwrap());
        let mut starting = JoinSet::new();
        for _ in 0..8 {
            let path = path.clone();
            starting.spawn(async move { UnixSocket::bind(&path).await });
        }
        let (started, refused): (Vec<_>, Vec<_>) = starting
            .join_all()
            .await
            .into_iter()
            .partition(Result::is_ok);
        assert_eq!(started.len(), 1);
        for refused in refused {
            assert!(matches!(refused, Err(UnixSocketError::InUse { .. })));
        }
        UnixStream::connect(&path).expect("one of them listens");
        drop(started);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }
}

/// CUS-2: a client that has nothing more to say still gets its answers; then its
/// connection is over, and nothing else.
#[test]
fn the_end_of_what_a_client_says() {
    let host = Host::serve(&LISTEN);
    let mut staying = connect(&host);
    for way in [Way::UNIX, Way::UNIX_MODERN] {
        let mut client = Client::connect_to_socket(&host.socket(), way);
        let calls: Vec<u64> = (0..20)
            .map(|_| client.start_call("sleep", json!({ "ms": 50 })))
            .collect();
        client.close_stdin();
        for id in calls {
            assert_eq!(client.answer(id).result()["content"][0]["text"], "awake");
        }
        assert_eq!(client.rest(), Vec::<Value>::new());
    }
    echoes(&mut staying);
    echoes(&mut connect(&host));
}

/// A last line needs no end, as on standard input.
#[test]
fn a_last_line_without_an_end() {
    let host = Host::serve(&LISTEN);
    let mut socket = UnixStream::connect(host.socket()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let call = Modern::call("echo", json!({ "text": "x" })).message;
    socket.write_all(call.to_string().as_bytes()).unwrap();
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answers = String::new();
    socket.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.lines().count(), 1, "{answers}");
}

/// A client that goes away in the middle of everything takes its own calls with
/// it, within the grace of a drain.
#[test]
fn a_client_that_goes_away() {
    let host = Host::serve(&[&LISTEN[..], &["--timeout", "1h"]].concat());
    let mut leaving = connect(&host);
    for _ in 0..PLACES {
        leaving.start_call("sleep", json!({ "ms": 3_600_000 }));
    }
    let mut staying = connect(&host);
    leaving.hang_up();
    echoes(&mut staying);
}

/// STD-5.
#[test]
fn a_line_without_end() {
    let host = Host::serve(&LISTEN);
    let mut socket = UnixStream::connect(host.socket()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        socket.write_all(&chunk).unwrap();
    }
    let call = Modern::call("echo", json!({ "text": "x" })).message;
    socket.write_all(format!("\n{call}\n").as_bytes()).unwrap();
    let mut lines = BufReader::new(socket).lines();
    let refusal = lines.next().unwrap().unwrap();
    assert!(refusal.contains("longer than 16777216 bytes"), "{refusal}");
    let echo = lines.next().unwrap().unwrap();
    assert!(echo.contains("\"text\":\"x\""), "{echo}");
    assert!(host.peak_memory() < 120, "{} MiB", host.peak_memory());
}

/// Any number of places, of any kind, in one process.
#[test]
fn several_places_at_once() {
    let mut host = Host::serve(&[
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "unix:wharf.sock",
        "--listen",
        "unix:second.sock",
        "--listen",
        "http+unix:http.sock",
        "--listen",
        "http+unix:http2.sock",
        ROGUE,
    ]);
    for way in [
        Way::UNIX,
        Way::UNIX_MODERN,
        Way::SSE,
        Way::STREAMABLE,
        Way::WEBSOCKET,
    ] {
        echoes(&mut Client::connect(&mut host, way));
    }
    let second = host.folder().join("second.sock");
    echoes(&mut Client::connect_to_socket(&second, Way::UNIX));
    shares_sessions(&host, "http.sock", "http2.sock");
    host.signal(Signal::Terminate);
    assert_eq!(host.exit_code(), Some(0));
    assert_eq!(names(host.folder()), Vec::<String>::new());
}

/// A session that was begun at one place goes on at another.
#[track_caller]
fn shares_sessions(host: &Host, one: &str, other: &str) {
    let send = |name: &str, request: Request| {
        let request = request.header("Connection", "close");
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let response = exchange(&host.folder().join(name), &request.bytes(anywhere));
        assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
        response
    };
    let opened = send(one, Session::opening());
    let (_, rest) = opened.split_once("mcp-session-id: ").expect("a session");
    let id = rest.lines().next().unwrap();
    let ping = Request::post("/mcp", r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#);
    send(other, ping.header("Mcp-Session-Id", id));
}

/// SHL-15, SSE-8: a session is whose it is, whoever finds out what it is called. Who
/// comes over TCP is nobody in particular, and who comes by the socket is not.
#[test]
fn sessions_are_whose_they_are() {
    let both = ["--listen", "127.0.0.1:0", "--listen", "http+unix:http.sock"];
    let host = Host::serve(&[&both[..], &[HELLO]].concat());
    let session = Session::open(host.address());
    let mut stream = Client::connect_to(host.address(), Way::SSE);
    let messages = format!("/messages?sessionId={}", stream.session());
    let ping = r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#;
    let listening = Request::new("GET", "/mcp").header("Accept", "text/event-stream");
    for request in [
        session.post(ping),
        listening.header("Mcp-Session-Id", &session.id),
        session.ending(),
        Request::post(&messages, ping),
    ] {
        let request = request.header("Connection", "close");
        let bytes = request.bytes(SocketAddr::from(([127, 0, 0, 1], 0)));
        let response = exchange(&host.folder().join("http.sock"), &bytes);
        assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
    }
    session.ping().must_be(200);
    assert_eq!(stream.result("ping", json!({})), json!({}));
}

/// ORG-1, ORG-3: a socket may be behind a proxy that passes on what browsers say.
#[test]
fn strangers_are_refused_on_sockets_too() {
    let host = Host::serve(&["--listen", "http+unix:http.sock", HELLO]);
    let socket = host.folder().join("http.sock");
    for headers in [
        "Host: evil.example.com",
        "Host: localhost\r\nOrigin: https://evil.example.com",
    ] {
        let request = format!("GET /sse HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n");
        let response = exchange(&socket, request.as_bytes());
        assert!(response.starts_with("HTTP/1.1 403 "), "{response}");
    }
}

/// CUS-5, and everything that HTTP can become.
#[test]
fn the_kernel_tells_who_is_there_over_http_too() {
    let host = Host::serve(&["--listen", "http+unix:http.sock", ROGUE]);
    let mut stream = UnixStream::connect(host.folder().join("http.sock")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let handshake = WebSocket::handshake().header("Host", "localhost");
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    stream.write_all(&handshake.bytes(anywhere)).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    let mut socket = tungstenite::WebSocket::from_raw_socket(stream, Role::Client, None);
    let whoami = Modern::call("whoami", json!({})).message;
    socket.send(Message::text(whoami.to_string())).unwrap();
    let answer: Value = serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap();
    let known = answer["result"]["content"][0]["text"].as_str().unwrap();
    let known: Value = serde_json::from_str(known).unwrap();
    let mine = fs::metadata(host.folder()).unwrap().uid();
    assert_eq!(known["subject"], format!("uid:{mine}"));
}

/// Sends this, and reads all that comes.
pub(crate) fn exchange(socket: &Path, request: &[u8]) -> String {
    let mut socket = UnixStream::connect(socket).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(request).unwrap();
    let mut response = String::new();
    match socket.read_to_string(&mut response) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        Ok(_) | Err(_) => response,
    }
}

/// What is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
