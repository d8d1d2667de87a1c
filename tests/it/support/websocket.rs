//! WebSocket: the handshake by hand, the frames by a library.

use std::net::{SocketAddr, TcpStream};

use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Message, Role};
use tungstenite::{Error, Utf8Bytes};

use super::http::{Request, Response};

/// A connected socket.
pub(crate) struct WebSocket(tungstenite::WebSocket<TcpStream>);

/// Why nothing more is to be heard.
#[derive(Debug)]
pub(crate) enum Silence {
    /// The host has closed the socket, and said why.
    Closed(Option<(u16, String)>),
    /// The connection is gone.
    Gone,
}

impl WebSocket {
    /// What asks for one, as every client of MCP does.
    pub(crate) fn handshake() -> Request {
        Request::new("GET", "/ws")
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("Sec-WebSocket-Protocol", "mcp")
    }

    pub(crate) fn connect(host: SocketAddr) -> Self {
        Self::accepted(&Self::handshake().send(host).must_be(101))
    }

    /// After the handshake. The host says nothing of its own accord, so nothing of
    /// what it says has been read by now.
    pub(crate) fn accepted(response: &Response) -> Self {
        Self::over(response.socket())
    }

    fn over(stream: TcpStream) -> Self {
        let socket = tungstenite::WebSocket::from_raw_socket(stream, Role::Client, None);
        Self(socket)
    }

    /// The same connection, for whoever reads while somebody else writes.
    pub(crate) fn another(&self) -> Self {
        Self::over(self.stream().try_clone().unwrap())
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.0.get_ref()
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.send(Message::text(text));
    }

    #[track_caller]
    pub(crate) fn send(&mut self, message: Message) {
        self.0.send(message).expect("the host reads");
    }

    /// The same if the host may not want to hear all of it.
    pub(crate) fn try_send(&mut self, message: Message) -> Result<(), Error> {
        self.0.send(message)
    }

    /// Sends what libraries would not send.
    pub(crate) fn send_frame(&mut self, frame: Frame) {
        self.send(Message::Frame(frame));
    }

    /// The next text. Pings are answered meanwhile.
    pub(crate) fn hear(&mut self) -> Result<String, Silence> {
        loop {
            match self.next()? {
                Message::Text(text) => return Ok(text.to_string()),
                Message::Ping(_) | Message::Pong(_) => {}
                other @ (Message::Binary(_) | Message::Close(_) | Message::Frame(_)) => {
                    panic!("not a text: {other:?}")
                }
            }
        }
    }

    /// The next message of any kind.
    pub(crate) fn next(&mut self) -> Result<Message, Silence> {
        match self.0.read() {
            Ok(Message::Close(frame)) => {
                // The answer to it goes out with this.
                while self.0.read().is_ok() {}
                let said = |frame: CloseFrame| (frame.code.into(), frame.reason.to_string());
                Err(Silence::Closed(frame.map(said)))
            }
            Ok(message) => Ok(message),
            Err(_) => Err(Silence::Gone),
        }
    }

    /// Writes a text and waits for the next one.
    #[track_caller]
    pub(crate) fn ask(&mut self, text: &str) -> String {
        self.say(text);
        self.hear().expect("there is an answer")
    }

    /// Closes it, as a client does that is done.
    pub(crate) fn close(&mut self, code: u16) {
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: Utf8Bytes::from_static("bye"),
        };
        self.0.close(Some(frame)).expect("the host reads");
    }

    /// Insists on having been closed with this code.
    #[track_caller]
    pub(crate) fn must_be_closed(&mut self, code: u16) -> String {
        match self.next() {
            Err(Silence::Closed(Some((found, reason)))) if found == code => reason,
            other => panic!("not closed with {code}: {other:?}"),
        }
    }
}
