//! Bodies with a bound on their size and on the silence between their parts.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use super::exchange::problem;

/// What a guest sends.
pub(super) struct Sent {
    body: WasiBody,
    count: Count,
}

/// What a guest receives.
pub(super) struct Received {
    body: Incoming,
    count: Count,
    /// Longest silence.
    patience: Duration,
    /// Runs while there is silence.
    silence: Option<Pin<Box<Sleep>>>,
    /// An error has been told of; there is nothing behind it.
    ended: bool,
}

/// Counts bytes.
struct Count {
    seen: u64,
    limit: u64,
}

impl Sent {
    pub(super) fn new(body: WasiBody, limit: u64) -> Self {
        let count = Count { seen: 0, limit };
        Self { body, count }
    }
}

impl Received {
    /// Refuses a body that is announced to be too large.
    pub(super) fn new(body: Incoming, limit: u64, patience: Duration) -> Result<Self, Error> {
        let announced = body.size_hint().lower();
        if announced > limit {
            return Err(Error::HttpResponseBodySize(Some(announced)));
        }
        Ok(Self {
            body,
            count: Count { seen: 0, limit },
            patience,
            silence: None,
            ended: false,
        })
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.silence = None;
            return Poll::Ready(frame.map(|frame| {
                let frame = frame.map_err(|error| problem(&error))?;
                match self.count.add(&frame) {
                    Ok(()) => Ok(frame),
                    Err(seen) => Err(Error::HttpResponseBodySize(Some(seen))),
                }
            }));
        }
        // Counted from when the guest begins to wait, so that its own pauses are free.
        let patience = self.patience;
        let silence = self
            .silence
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        let over = silence.as_mut().poll(cx);
        over.map(|()| Some(Err(Error::ConnectionReadTimeout)))
    }
}

impl Count {
    /// Gives the number of bytes if there are too many.
    fn add(&mut self, frame: &Frame<Bytes>) -> Result<(), u64> {
        let more = frame.data_ref().map_or(0, Bytes::len);
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        self.seen = self.seen.saturating_add(more);
        if self.seen > self.limit {
            return Err(self.seen);
        }
        Ok(())
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        frame.map(|frame| {
            frame.map(|frame| {
                let frame = frame?;
                match self.count.add(&frame) {
                    Ok(()) => Ok(frame),
                    Err(seen) => Err(Error::HttpRequestBodySize(Some(seen))),
                }
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = self.poll(cx);
        self.ended = matches!(frame, Poll::Ready(Some(Err(_))));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
