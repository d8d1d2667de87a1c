//! How a client's messages get to the host, and the host's to the client.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ChildStdin;
use std::sync::mpsc::Sender;
use std::thread;

use serde_json::Value;

use super::http::{Request, Response, hang_up};
use super::inside::MemoryLink;
use super::messages::mirrored;
use super::websocket::WebSocket;
use super::{C, Lines, PATIENCE, Way};

/// A message of the host.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) text: String,
    pub(super) frame: Value,
    /// The status it came with, on Streamable HTTP.
    pub(super) status: Option<u16>,
}

/// The way to the host. What comes back goes into an inbox, as it comes.
pub(super) enum Link {
    Stdio(Option<ChildStdin>),
    Unix(UnixLink),
    Memory(MemoryLink),
    Sse {
        host: SocketAddr,
        endpoint: String,
        stream: TcpStream,
    },
    Streamable(Streamable),
    WebSocket(WebSocket),
}

/// The writing half of a Unix socket. Dropping it ends that half.
pub(super) struct UnixLink(UnixStream);

/// Streamable HTTP: every message is a request of its own.
pub(super) struct Streamable {
    host: SocketAddr,
    session: Option<String>,
    inbox: Sender<Heard>,
    /// The connections of the requests that are not answered yet, by id.
    running: HashMap<String, TcpStream>,
    /// The connections of what belongs to no request.
    streams: Vec<TcpStream>,
}

/// Whoever has gone does not listen any more.
impl Drop for Streamable {
    fn drop(&mut self) {
        self.streams.iter().for_each(hang_up);
    }
}

impl Link {
    pub(super) fn stdio(lines: Lines, inbox: Sender<Heard>) -> Self {
        let (stdin, lines) = lines.split();
        thread::spawn(move || {
            lines
                .iter()
                .try_for_each(|line| inbox.send(Heard::new(line)))
        });
        Self::Stdio(stdin)
    }

    pub(super) fn unix(socket: &Path, inbox: Sender<Heard>) -> Self {
        let socket = UnixStream::connect(socket).expect("the host listens");
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        let reader = BufReader::new(socket.try_clone().unwrap());
        thread::spawn(move || {
            let mut lines = reader.lines().map_while(Result::ok);
            lines.try_for_each(|line| inbox.send(Heard::new(line)))
        });
        Self::Unix(UnixLink(socket))
    }

    pub(super) fn websocket(host: SocketAddr, inbox: Sender<Heard>) -> Self {
        let socket = WebSocket::connect(host);
        let mut reader = socket.another();
        thread::spawn(move || {
            while let Ok(text) = reader.hear() {
                // Whoever has gone does not want it any more.
                let _ = inbox.send(Heard::new(text));
            }
        });
        Self::WebSocket(socket)
    }

    /// SSE-2, SSE-4: the first event says where to post.
    pub(super) fn sse(host: SocketAddr, inbox: Sender<Heard>) -> Self {
        let request = Request::new("GET", "/sse").header("Accept", "text/event-stream");
        let mut response = request.send(host).must_be(200);
        let first = response.event().unwrap().expect("an event");
        assert_eq!(first.name, "endpoint");
        let stream = response.socket();
        thread::spawn(move || {
            while let Ok(Some(event)) = response.event() {
                assert_eq!(event.name, "message");
                // Whoever has gone does not want it any more.
                let _ = inbox.send(Heard::new(event.data));
            }
        });
        Self::Sse {
            host,
            endpoint: first.data,
            stream,
        }
    }

    pub(super) fn streamable(host: SocketAddr, inbox: Sender<Heard>) -> Self {
        Self::Streamable(Streamable {
            host,
            session: None,
            inbox,
            running: HashMap::new(),
            streams: Vec::new(),
        })
    }

    pub(super) fn send(&mut self, way: Way, message: &str) {
        match self {
            Self::Stdio(stdin) => {
                let stdin = stdin.as_mut().expect("standard input is open");
                let line = format!("{message}\n");
                stdin.write_all(line.as_bytes()).expect("the host reads");
            }
            Self::Unix(UnixLink(socket)) => {
                let line = format!("{message}\n");
                socket.write_all(line.as_bytes()).expect("the host reads");
            }
            Self::WebSocket(socket) => socket.say(message),
            Self::Memory(link) => link.say(message),
            Self::Sse { host, endpoint, .. } => {
                Request::post(endpoint, message).send(*host).must_be(202);
            }
            Self::Streamable(link) => link.send(way, message),
        }
    }

    /// A request is over.
    pub(super) fn answered(&mut self, id: &Value) {
        if let Self::Streamable(link) = self {
            link.running.remove(&id.to_string());
        }
    }

    /// The id of the session, which goes with every message.
    pub(super) fn session(&self) -> &str {
        match self {
            Self::Streamable(link) => link.session.as_deref().expect("there was a handshake"),
            Self::Sse { endpoint, .. } => endpoint.split_once('=').expect("an id").1,
            Self::Stdio(_) | Self::Unix(_) | Self::Memory(_) | Self::WebSocket(_) => {
                panic!("there is no id")
            }
        }
    }

    /// Goes away without a word.
    pub(super) fn hang_up(self) {
        match self {
            Self::Stdio(stdin) => drop(stdin),
            Self::Unix(link) => {
                // The other side may have been faster.
                let _ = link.0.shutdown(Shutdown::Both);
            }
            Self::Memory(link) => link.hang_up(),
            Self::WebSocket(socket) => hang_up(socket.stream()),
            Self::Sse { stream, .. } => hang_up(&stream),
            Self::Streamable(link) => link.running.values().for_each(hang_up),
        }
    }
}

impl UnixLink {
    /// Ends the writing half.
    pub(super) fn end(&self) {
        // The other side may have been faster.
        let _ = self.0.shutdown(Shutdown::Write);
    }
}

impl Drop for UnixLink {
    fn drop(&mut self) {
        self.end();
    }
}

impl Streamable {
    /// The handshake, whose response names the session (SHL-11).
    pub(super) fn open(&mut self, message: &str) -> Value {
        let response = Request::post("/mcp", message).send(self.host).must_be(200);
        self.session = response.header("mcp-session-id").map(str::to_owned);
        response.json()["result"].take()
    }

    /// Opens the stream of what belongs to no request (SHL-20).
    pub(super) fn open_stream(&mut self, way: Way) {
        let session = self.session.as_deref().expect("there was a handshake");
        let request = Request::new("GET", "/mcp")
            .header("Accept", "text/event-stream")
            .header("Mcp-Session-Id", session)
            .header("MCP-Protocol-Version", way.revision);
        let response = request.send(self.host).must_be(200);
        self.streams.push(response.socket());
        let inbox = self.inbox.clone();
        thread::spawn(move || forward(response, &inbox));
    }

    fn send(&mut self, way: Way, text: &str) {
        let message: Value = serde_json::from_str(text).expect("a message");
        let mut request = Request::post("/mcp", text);
        if let Some(session) = &self.session {
            request = request.header("Mcp-Session-Id", session);
        }
        if way.revision >= C {
            request = request.header("MCP-Protocol-Version", way.revision);
        }
        if way.is_modern() && message.is_object() {
            request = mirrored(request, &message);
        }
        let socket = request.write_to(self.host).expect("the host reads");
        let id = message
            .get("id")
            .filter(|_| message.get("method").is_some());
        if let Some(id) = id {
            let connection = socket.try_clone().unwrap();
            self.running.insert(id.to_string(), connection);
        }
        if id.is_some() || message.is_array() {
            let inbox = self.inbox.clone();
            // It ends when the response does, or when either side hangs up.
            thread::spawn(move || Response::read(socket).and_then(|it| forward(it, &inbox)));
        } else {
            let response = Response::read(socket);
            response.expect("there is a response").must_be(202);
        }
    }

    /// Breaks the connection that a request went over.
    pub(super) fn hang_up_on(&mut self, id: &Value) {
        let connection = self.running.remove(&id.to_string());
        hang_up(&connection.expect("it is running"));
    }
}

/// Hands on what a response holds: one message, a stream of them, or none.
fn forward(mut response: Response, inbox: &Sender<Heard>) -> io::Result<()> {
    let status = Some(response.status);
    let hand_on = |text| {
        let heard = Heard::new(text);
        let _ = inbox.send(Heard { status, ..heard });
    };
    if response.is_stream() {
        while let Some(event) = response.message()? {
            hand_on(event.data);
        }
    } else {
        let text = response.text();
        if !text.is_empty() {
            hand_on(text);
        }
    }
    Ok(())
}

impl AsRef<str> for Heard {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl Heard {
    /// A request of the host's.
    pub(super) fn is_question(&self) -> bool {
        self.frame.get("id").is_some() && self.frame.get("method").is_some()
    }

    /// The answer to a request.
    pub(super) fn is_answer(&self) -> bool {
        self.frame.get("id").is_some() && self.frame.get("method").is_none()
    }

    /// A notification, or an error nobody knows what about.
    pub(super) fn belongs_to_nothing(&self) -> bool {
        self.frame.is_object() && self.frame.get("id").is_none()
    }

    pub(super) fn new(text: String) -> Self {
        let frame = serde_json::from_str(&text);
        Self {
            frame: frame.unwrap_or_else(|error| panic!("not a message: {error}: {text}")),
            text,
            status: None,
        }
    }
}
