//! WebSocket: one message in each text frame, in both directions (CUS-4).
//!
//! The socket is one ordered channel and one session, as standard input and output
//! are; a request is cancelled by a notification. One task reads, writes and
//! watches, so nothing is written in between a message.
//!
//! | who ends it | why | how |
//! | --- | --- | --- |
//! | the client | it is done | its close frame is answered by the same code; what runs is given up |
//! | the client | it breaks the rules of WebSocket | 1002, or 1007 for text that is not UTF-8 |
//! | the client | it sends a binary message | 1003 |
//! | the client | its message is longer than [`MAX_MESSAGE`] | 1009, as soon as that is known: it is neither kept nor skipped |
//! | nobody | there is no sign of life, see [`KEEP_ALIVE`] | the connection is dropped; what runs is given up |
//! | the host | it drains | what runs is answered within the grace period, then 1001 |

mod pulse;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};
use wharf_mcp::model::Principal;

use crate::drain::Drain;
use crate::session::{Door, Inbound, Outbound};
use crate::transport::{LAST_WORDS, MAX_MESSAGE};
pub(super) use pulse::KeepAlive;
use pulse::{Pulse, Watched};

/// How many messages wait in each direction. A full queue makes whoever fills it
/// wait: the client, or its calls.
const QUEUE: usize = 32;

/// How many bytes are asked of the connection at once. Every socket has so much
/// room all the time, so it is small: most messages fit, and a long one takes more
/// reads.
const READ_BUFFER: usize = 1024;

/// How many bytes of several answers are put together before they are written.
/// A socket has room for that only once it has needed it.
const WRITE_BUFFER: usize = 8 * 1024;

/// A ping every twenty seconds, because common proxies give up after sixty seconds
/// of silence. A client that has not answered three of them, nor sent or taken
/// anything else, is gone: it is dropped 60 to 80 s after its last sign of life.
pub(super) const KEEP_ALIVE: KeepAlive = KeepAlive {
    every: Duration::from_secs(20),
    unanswered: 3,
};

/// Why a socket ends.
#[derive(Debug)]
enum Ending {
    /// The client closed it, and has the answer.
    Closed,
    /// The connection broke.
    Lost(Error),
    /// The client is silent.
    Silent,
    /// We close it, and say why.
    Ours(CloseCode, &'static str),
}

/// Serves a connection that has become a WebSocket, to its end. Dropping the
/// future ends it and its calls.
pub(super) async fn serve(
    keep_alive: KeepAlive,
    io: impl AsyncRead + AsyncWrite + Unpin + Send,
    principal: Arc<Principal>,
    door: &Door,
    drain: &Drain,
) {
    let pulse = Arc::new(Pulse::default());
    let io = Watched::new(io, Arc::clone(&pulse));
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config())).await;
    let (mut sink, mut stream) = socket.split();
    let (inbound, received) = mpsc::channel(QUEUE);
    let (outbound, queued) = mpsc::channel(QUEUE);
    let ending = {
        let mut writing = pin!(write(&mut sink, queued, &pulse));
        tokio::select! {
            ending = read(&mut stream, inbound) => ending,
            () = pulse.stops(keep_alive) => Ending::Silent,
            written = &mut writing => drained(written),
            () = door.duplex(principal, received, outbound, drain) => last_words(writing).await,
        }
    };
    let (code, reason) = match ending {
        Ending::Closed => return,
        Ending::Lost(error) => {
            tracing::debug!(%error, "a WebSocket broke off");
            return;
        }
        Ending::Silent => {
            tracing::debug!("a WebSocket is silent; it is given up");
            return;
        }
        Ending::Ours(code, reason) => (code, reason),
    };
    tracing::debug!(%code, reason, "a WebSocket is closed");
    // The halves are of one socket.
    let Ok(socket) = sink.reunite(stream) else {
        return;
    };
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    if timeout(LAST_WORDS, close(socket, frame)).await.is_err() {
        tracing::debug!("a client did not close its WebSocket");
    }
}

/// Sizes, chosen for many sockets that are mostly idle.
fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        // Nothing is added while something is unwritten, so there is never more than
        // the buffer and one message. A limit would only break off long answers.
        .max_write_buffer_size(usize::MAX)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

/// Reads messages to the end of the socket. Pings and close frames are answered by
/// the library, as reading goes on.
async fn read<S>(
    stream: &mut SplitStream<WebSocketStream<S>>,
    frames: mpsc::Sender<Inbound>,
) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(message) = stream.next().await {
        match message {
            Ok(Message::Text(text)) => {
                let frame = Inbound::Frame(Bytes::from(text));
                if frames.send(frame).await.is_err() {
                    tracing::trace!("a message came too late");
                }
            }
            Ok(Message::Binary(_)) => {
                return Ending::Ours(CloseCode::Unsupported, "messages are text");
            }
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {}
            Err(error) => return Ending::of(error),
        }
    }
    Ending::Closed
}

/// Writes frames until the queue ends, flushes whenever it is empty, and pings when
/// it is time.
async fn write<S>(
    sink: &mut SplitSink<WebSocketStream<S>, Message>,
    mut frames: mpsc::Receiver<Outbound>,
    pulse: &Pulse,
) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        tokio::select! {
            first = frames.recv() => {
                let Some(first) = first else {
                    return Ok(());
                };
                let mut next = Some(first);
                while let Some(outbound) = next {
                    if let Some(frame) = outbound.into_frame() {
                        sink.feed(message(frame)).await?;
                    }
                    next = frames.try_recv().ok();
                }
                sink.flush().await?;
            }
            () = pulse.due() => sink.send(Message::Ping(Bytes::new())).await?,
        }
    }
}

/// A frame as a message. Frames are JSON and therefore text; if one were not, the
/// client could at least see that.
fn message(frame: Bytes) -> Message {
    match frame.clone().try_into() {
        Ok(text) => Message::Text(text),
        Err(_not_utf8) => Message::Binary(frame),
    }
}

/// Sends what is still queued when the session is over.
async fn last_words(writing: impl Future<Output = Result<(), Error>>) -> Ending {
    timeout(LAST_WORDS, writing)
        .await
        .map_or_else(|_elapsed| drained(Ok(())), drained)
}

/// The session ends before its client only when the host does.
fn drained(written: Result<(), Error>) -> Ending {
    match written {
        Ok(()) => Ending::Ours(CloseCode::Away, "the server is shutting down"),
        Err(error) => Ending::Lost(error),
    }
}

/// Says why we end it, and waits for the client to end it, too.
async fn close<S>(mut socket: WebSocketStream<S>, frame: CloseFrame) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    socket.close(Some(frame)).await?;
    let mut io = socket.into_inner();
    io.shutdown().await?;
    // What the client is still sending is thrown away. If it were left unread, the
    // kernel would reset the connection, and the client might never see the reason.
    tokio::io::copy(&mut io, &mut tokio::io::sink()).await?;
    Ok(())
}

impl Ending {
    fn of(error: Error) -> Self {
        if matches!(error, Error::Capacity(_)) {
            Self::Ours(CloseCode::Size, "the message is longer than 16 MiB")
        } else if matches!(error, Error::Utf8(_)) {
            Self::Ours(CloseCode::Invalid, "the text is not UTF-8")
        } else if matches!(
            error,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        ) {
            Self::Lost(error)
        } else if matches!(error, Error::Protocol(_)) {
            Self::Ours(CloseCode::Protocol, "this is not the WebSocket protocol")
        } else {
            Self::Lost(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use futures_util::StreamExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::task::JoinHandle;
    use tokio::time::sleep;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::{Message, Role};

    use super::{KeepAlive, serve};
    use crate::drain::Drain;
    use crate::registry::CatalogueBuilder;
    use crate::router::Router;
    use crate::session::Door;

    /// Fast enough to be waited for.
    const IMPATIENT: KeepAlive = KeepAlive {
        every: Duration::from_millis(5),
        unanswered: 3,
    };

    /// A client's end of a socket, and the host's task.
    #[expect(
        clippy::disallowed_methods,
        reason = "the test waits for it, or ends with its runtime"
    )]
    fn connect(capacity: usize) -> (DuplexStream, JoinHandle<()>) {
        let (client, io) = duplex(capacity);
        let catalogue = CatalogueBuilder::default().build().unwrap();
        let door = Door::new(
            Router::new(catalogue),
            crate::changes::Changes::default(),
            wharf_mcp::StateKeys::new([0; 32], &[]),
        );
        let serving = tokio::spawn(async move {
            serve(IMPATIENT, io, Arc::default(), &door, &Drain::new()).await;
        });
        (client, serving)
    }

    #[tokio::test]
    async fn a_silent_client_is_pinged_and_then_dropped() {
        let (mut client, serving) = connect(1024);
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.unwrap();
        // Final, a ping, empty; and no close frame, which nobody would read.
        assert_eq!(heard, [0x89, 0].repeat(3));
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn a_client_that_answers_pings_is_not_silent() {
        let (client, serving) = connect(1024);
        let mut client = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
        // Reading on is what answers the one before.
        for _ in 0..20 {
            let message = client.next().await.unwrap().unwrap();
            assert_eq!(message, Message::Ping(bytes::Bytes::new()));
        }
        assert!(!serving.is_finished());
    }

    /// Each byte is a sign of life, and nothing else can be one meanwhile.
    #[tokio::test]
    async fn a_slow_client_is_not_silent() {
        let (mut client, serving) = connect(1024);
        let ping = br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        // A masked text frame; a mask of zeros changes nothing.
        let head = [0x81, 0x80 | u8::try_from(ping.len()).unwrap(), 0, 0, 0, 0];
        for byte in head.iter().chain(ping) {
            sleep(IMPATIENT.every).await;
            client.write_all(&[*byte]).await.unwrap();
        }
        let mut client = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
        let answer = loop {
            let message = client.next().await.unwrap().unwrap();
            if message.is_text() {
                break message;
            }
        };
        let answer = answer.to_text().unwrap();
        assert!(answer.contains("\"result\":{}"), "{answer}");
        assert!(!serving.is_finished());
    }

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_dropped() {
        // Room for half a ping.
        let (client, serving) = connect(1);
        serving.await.unwrap();
        drop(client);
    }
}
