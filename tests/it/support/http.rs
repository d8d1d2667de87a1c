//! HTTP/1.1 by hand: one connection for each request.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use serde_json::Value;

use super::PATIENCE;
use super::conformity::Witness;

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A response, of which the head has been read.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: BufReader<Body>,
    /// Who holds what comes to what was sent.
    witness: Option<Witness>,
}

/// One server-sent event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
    /// Where it is on its stream, for those that come back (SHL-24).
    pub(crate) id: Option<String>,
    /// In how many milliseconds to come back (SHL-27).
    pub(crate) retry: Option<u64>,
}

/// The body of a response, to its end and not beyond.
#[derive(Debug)]
struct Body {
    socket: BufReader<TcpStream>,
    framing: Framing,
}

#[derive(Debug)]
enum Framing {
    /// So many bytes.
    Length(u64),
    /// So many bytes, then another chunk.
    Chunk(u64),
}

impl Request {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            line: format!("{method} {target} HTTP/1.1"),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A POST as every client of MCP sends it.
    pub(crate) fn post(target: &str, body: &str) -> Self {
        Self::new("POST", target)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .body(body.as_bytes().to_vec())
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a header out.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(found, _)| !found.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// All of it.
    pub(crate) fn bytes(&self, to: SocketAddr) -> Vec<u8> {
        [self.head(to).as_bytes(), &self.body].concat()
    }

    /// Sends it and reads the head of the response.
    #[track_caller]
    pub(crate) fn send(&self, to: SocketAddr) -> Response {
        self.try_send(to).expect("the server answers")
    }

    pub(crate) fn try_send(&self, to: SocketAddr) -> io::Result<Response> {
        let socket = self.write_to(to)?;
        Ok(Response::read(socket)?.witnessed(self.witness()))
    }

    /// Of a message to an endpoint that takes some.
    fn witness(&self) -> Option<Witness> {
        let value = |wanted: &str| {
            let mut headers = self.headers.iter();
            let found = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.as_str())
        };
        let session = value("Mcp-Session-Id");
        let version = value("MCP-Protocol-Version");
        let takes_messages = ["POST /mcp ", "POST /messages"];
        let is_message = takes_messages
            .iter()
            .any(|line| self.line.starts_with(line));
        is_message.then(|| Witness::of_post(&self.body, session, version))
    }

    /// Sends it and does not wait for anything.
    pub(crate) fn write_to(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let mut socket = TcpStream::connect(to)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        socket.write_all(self.head(to).as_bytes())?;
        match socket.write_all(&self.body) {
            // A server that has read enough answers before it has read everything.
            Err(error) if !went_away(&error) => Err(error),
            Ok(()) | Err(_) => Ok(socket),
        }
    }

    fn head(&self, to: SocketAddr) -> String {
        let has = |wanted: &str| {
            let mut names = self.headers.iter().map(|(name, _)| name);
            names.any(|name| name.eq_ignore_ascii_case(wanted))
        };
        let mut lines = vec![self.line.clone()];
        if !has("Host") {
            lines.push(format!("Host: {to}"));
        }
        let framed = has("Content-Length") || has("Transfer-Encoding");
        if !self.body.is_empty() && !framed {
            lines.push(format!("Content-Length: {}", self.body.len()));
        }
        let headers = self.headers.iter();
        lines.extend(headers.map(|(name, value)| format!("{name}: {value}")));
        lines.join("\r\n") + "\r\n\r\n"
    }
}

fn went_away(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
    )
}

impl Response {
    pub(crate) fn read(socket: TcpStream) -> io::Result<Self> {
        let mut socket = BufReader::new(socket);
        let status_line = line(&mut socket)?;
        let status = status_line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(status_line))?;
        let mut headers = Vec::new();
        loop {
            let line = line(&mut socket)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let framing = framing(&headers);
        Ok(Self {
            status,
            headers,
            body: BufReader::new(Body { socket, framing }),
            witness: None,
        })
    }

    fn witnessed(mut self, witness: Option<Witness>) -> Self {
        self.witness = witness;
        if let Some(witness) = &mut self.witness {
            witness.responded(self.status);
        }
        self
    }

    /// Has a message witnessed.
    #[track_caller]
    fn heard(&mut self, text: &str) {
        if let Some(witness) = &mut self.witness {
            witness.heard(text);
            let mut headers = self.headers.iter();
            if let Some((_, id)) = headers.find(|(name, _)| name == "mcp-session-id") {
                witness.named(id);
            }
        }
    }

    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it is a stream of events.
    pub(crate) fn is_stream(&self) -> bool {
        self.header("content-type") == Some("text/event-stream")
    }

    /// The rest of the body as text.
    #[track_caller]
    pub(crate) fn text(mut self) -> String {
        let mut text = String::new();
        self.body
            .read_to_string(&mut text)
            .expect("the body is complete");
        if self.header("content-type") == Some("application/json") {
            self.heard(&text);
        }
        text
    }

    /// The rest of the body as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let text = self.text();
        let json = serde_json::from_str(&text);
        json.unwrap_or_else(|error| panic!("{error}: {text:?}"))
    }

    /// Insists on this status.
    #[track_caller]
    pub(crate) fn must_be(self, status: u16) -> Self {
        if self.status != status {
            let found = self.status;
            panic!("{found} instead of {status}: {}", self.text());
        }
        self
    }

    /// The next event; none at the proper end of the stream.
    pub(crate) fn event(&mut self) -> io::Result<Option<Event>> {
        let mut event = Event::default();
        let mut text = String::new();
        loop {
            text.clear();
            if self.body.read_line(&mut text)? == 0 {
                return Ok(None);
            }
            let line = text.trim_end_matches(['\r', '\n']);
            match line.split_once(':') {
                None if event == Event::default() => {}
                None => {
                    if event.is_message() {
                        self.heard(&event.data);
                    }
                    return Ok(Some(event));
                }
                Some((field, value)) => event
                    .set(field, value.strip_prefix(' ').unwrap_or(value))
                    .ok_or_else(|| io::Error::other(line))?,
            }
        }
    }

    /// The next event that is a message; none at the proper end of the stream.
    pub(crate) fn message(&mut self) -> io::Result<Option<Event>> {
        loop {
            match self.event()? {
                Some(event) if !event.is_message() => {}
                found => return Ok(found),
            }
        }
    }

    /// The connection, for hanging up while another thread reads.
    pub(crate) fn socket(&self) -> TcpStream {
        self.body.get_ref().socket.get_ref().try_clone().unwrap()
    }
}

impl Event {
    /// Takes a line in; none if it is not one that events have.
    fn set(&mut self, field: &str, value: &str) -> Option<()> {
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => value.clone_into(&mut self.data),
            "id" => self.id = Some(value.to_owned()),
            "retry" => self.retry = Some(value.parse().ok()?),
            // A comment.
            "" => {}
            _ => return None,
        }
        Some(())
    }

    /// Whether there is a message in it, and it is not only about the stream.
    pub(crate) fn is_message(&self) -> bool {
        self.name == "message" && !self.data.is_empty()
    }
}

/// Hangs up, whoever reads or writes.
pub(crate) fn hang_up(socket: &TcpStream) {
    // The other side may have been faster.
    let _ = socket.shutdown(Shutdown::Both);
}

fn framing(headers: &[(String, String)]) -> Framing {
    let value = |wanted: &str| {
        let found = headers.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    if value("transfer-encoding") == Some("chunked") {
        return Framing::Chunk(0);
    }
    Framing::Length(value("content-length").map_or(0, |length| length.parse().unwrap()))
}

/// A line without its end.
fn line(socket: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if socket.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end().len());
    Ok(line)
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Framing::Chunk(0) = self.framing {
            self.framing = match self.next_chunk()? {
                0 => Framing::Length(0),
                length => Framing::Chunk(length),
            };
        }
        let (Framing::Length(left) | Framing::Chunk(left)) = &mut self.framing;
        let count = (&mut self.socket).take(*left).read(buffer)?;
        if count == 0 && *left > 0 && !buffer.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        *left -= count as u64;
        if let Framing::Chunk(0) = self.framing {
            line(&mut self.socket)?;
        }
        Ok(count)
    }
}

impl Body {
    /// The length of the next chunk; zero at the end.
    fn next_chunk(&mut self) -> io::Result<u64> {
        let length = line(&mut self.socket)?;
        let length = u64::from_str_radix(&length, 16).map_err(io::Error::other)?;
        if length == 0 {
            line(&mut self.socket)?;
        }
        Ok(length)
    }
}
