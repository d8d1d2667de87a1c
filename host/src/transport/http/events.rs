//! Server-sent events: a response body that is a stream of messages.
//!
//! The body owns what it streams. When the client goes away the body is dropped,
//! and with it a modern call that is running, or the session behind an SSE pair.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::stream::BoxStream;
use futures_util::stream;
use http_body::{Body, Frame};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::task::AbortOnDropHandle;
use wharf_mcp::Answer;

use super::legacy::Listening;
use crate::call::{Outbound, What};

/// How long a stream is silent before a comment is sent, so that proxies and
/// clients do not take it for dead. Common proxies give up after 60 s.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A comment, which clients skip.
const COMMENT: Bytes = Bytes::from_static(b": keep-alive\n\n");

/// A body of messages.
pub(super) struct EventBody {
    /// What goes out before anything else.
    first: Option<Bytes>,
    source: Source,
    keep_alive: Pin<Box<Sleep>>,
}

/// Where messages come from.
enum Source {
    /// A call, until its answer.
    Call(RunningCall),
    /// A stream of a legacy session, until its end. What comes from it is written
    /// already.
    Kept(BoxStream<'static, Bytes>),
    /// A session, until it ends. Its task ends with the body.
    Session {
        frames: mpsc::Receiver<Outbound>,
        _session: AbortOnDropHandle<()>,
    },
    /// Nothing more.
    Ended,
}

/// A call and what it says, in order.
pub(super) struct RunningCall {
    answer: Pin<Box<dyn Future<Output = Answer> + Send>>,
    events: mpsc::Receiver<Outbound>,
    state: CallState,
}

/// How far a call has come.
enum CallState {
    /// It is running.
    Running,
    /// It has ended with an answer, which may have been given; what it said before
    /// is still to be taken out of the queue.
    Ended(Option<Answer>),
}

/// What a call says next.
pub(super) enum Spoken {
    /// A message before its answer.
    Event(Bytes),
    /// Nothing, for about so long.
    Silence(Duration),
    /// The answer; nothing comes after it.
    Answer(Answer),
}

impl RunningCall {
    /// A call whose messages arrive through `events` before `answer` completes.
    pub(super) fn new(
        answer: impl Future<Output = Answer> + Send + 'static,
        events: mpsc::Receiver<Outbound>,
    ) -> Self {
        Self {
            answer: Box::pin(answer),
            events,
            state: CallState::Running,
        }
    }

    /// What is said next; none after the answer.
    pub(super) async fn next(&mut self) -> Option<Spoken> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Spoken>> {
        loop {
            // Everything that was said before the answer is in the queue by the time
            // there is an answer. Polling might say that it is another task's turn.
            let said = match &self.state {
                CallState::Running => match self.events.poll_recv(cx) {
                    Poll::Ready(said) => said,
                    Poll::Pending => None,
                },
                CallState::Ended(_) => self.events.try_recv().ok(),
            };
            if let Some(outbound) = said {
                match outbound.still_wanted() {
                    Some(What::Frame(frame)) => return Poll::Ready(Some(Spoken::Event(frame))),
                    Some(What::Silence(lasts)) => {
                        return Poll::Ready(Some(Spoken::Silence(lasts)));
                    }
                    None => continue,
                }
            }
            if let CallState::Ended(answer) = &mut self.state {
                return Poll::Ready(answer.take().map(Spoken::Answer));
            }
            self.state = CallState::Ended(Some(ready!(self.answer.as_mut().poll(cx))));
        }
    }
}

impl EventBody {
    /// The rest of a call that has said something already.
    pub(super) fn of_call(first: &Bytes, call: RunningCall) -> Self {
        Self::new(Some(message(first)), Source::Call(call))
    }

    /// A stream of a legacy session.
    pub(super) fn of_stream(listening: Listening) -> Self {
        let events = stream::unfold(listening, |mut listening| async move {
            let event = listening.next().await?;
            Some((event, listening))
        });
        Self::new(None, Source::Kept(Box::pin(events)))
    }

    /// A session, opened by an event of its own kind.
    pub(super) fn of_session(
        endpoint: &str,
        frames: mpsc::Receiver<Outbound>,
        session: AbortOnDropHandle<()>,
    ) -> Self {
        let first = Bytes::from(format!("event: endpoint\ndata: {endpoint}\n\n"));
        let source = Source::Session {
            frames,
            _session: session,
        };
        Self::new(Some(first), source)
    }

    fn new(first: Option<Bytes>, source: Source) -> Self {
        Self {
            first,
            source,
            keep_alive: Box::pin(sleep(KEEP_ALIVE)),
        }
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        match &mut self.source {
            Source::Call(call) => match ready!(call.poll_next(cx)) {
                Some(Spoken::Event(frame)) => Poll::Ready(Some(message(&frame))),
                // Clients of modern calls cannot come back.
                Some(Spoken::Silence(_)) => Poll::Ready(Some(COMMENT)),
                Some(Spoken::Answer(answer)) => {
                    self.source = Source::Ended;
                    Poll::Ready(Some(message(&answer.frame)))
                }
                None => Poll::Ready(None),
            },
            Source::Session { frames, .. } => loop {
                match ready!(frames.poll_recv(cx)) {
                    Some(outbound) => {
                        if let Some(frame) = outbound.into_frame() {
                            return Poll::Ready(Some(message(&frame)));
                        }
                    }
                    None => return Poll::Ready(None),
                }
            },
            Source::Kept(events) => events.as_mut().poll_next(cx),
            Source::Ended => Poll::Ready(None),
        }
    }
}

/// A message as an event. Frames hold no line breaks, so one `data` line does
/// (SHL-30).
fn message(frame: &[u8]) -> Bytes {
    const HEAD: &[u8] = b"event: message\ndata: ";
    const TAIL: &[u8] = b"\n\n";
    let mut event = BytesMut::with_capacity(HEAD.len() + frame.len() + TAIL.len());
    event.extend_from_slice(HEAD);
    event.extend_from_slice(frame);
    event.extend_from_slice(TAIL);
    event.freeze()
}

impl Body for EventBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let event = match self.poll_message(cx) {
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(event)) => event,
            Poll::Pending => {
                ready!(self.keep_alive.as_mut().poll(cx));
                COMMENT
            }
        };
        let next = Instant::now() + KEEP_ALIVE;
        self.keep_alive.as_mut().reset(next);
        Poll::Ready(Some(Ok(Frame::data(event))))
    }
}
