//! Whether a client is still there.
//!
//! A connection whose other end has vanished looks like one on which nothing is
//! going on. So the client is asked again and again, and given up if there is no
//! sign of life: no byte from it, and no byte that it takes after the connection
//! was full. Whole messages would be too coarse a sign, because a long one over a
//! slow line takes longer than anybody should be silent, and nothing can come in
//! between.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// How patient to be.
#[derive(Debug, Clone, Copy)]
pub(in crate::transport::http) struct KeepAlive {
    /// How often to ask.
    pub(super) every: Duration,
    /// How often to ask before giving up.
    pub(super) unanswered: u32,
}

/// How often the client has been asked for a sign of life since the last one.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    asked: AtomicU32,
    due: Notify,
}

/// A connection that is watched for signs of life.
#[derive(Debug)]
pub(super) struct Watched<S> {
    io: S,
    pulse: Arc<Pulse>,
    /// The connection was full when it was last written to.
    full: bool,
}

impl Pulse {
    fn felt(&self) {
        self.asked.store(0, Ordering::Relaxed);
    }

    /// It is time to ask.
    pub(super) async fn due(&self) {
        self.due.notified().await;
    }

    /// Says again and again that it is time to ask, until the client has not
    /// answered often enough.
    pub(super) async fn stops(&self, keep_alive: KeepAlive) {
        let mut beats = interval_at(Instant::now() + keep_alive.every, keep_alive.every);
        // If it is us who were held up, the client was not asked meanwhile.
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            if self.asked.fetch_add(1, Ordering::Relaxed) >= keep_alive.unanswered {
                return;
            }
            self.due.notify_one();
        }
    }
}

impl<S> Watched<S> {
    pub(super) fn new(io: S, pulse: Arc<Pulse>) -> Self {
        Self {
            io,
            pulse,
            full: false,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.pulse.felt();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        let was_full = std::mem::replace(&mut self.full, written.is_pending());
        if was_full && matches!(written, Poll::Ready(Ok(_))) {
            self.pulse.felt();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
