//! Streams of events that a client can come back for (SHL-24 to SHL-29).
//!
//! Everything that goes out on a stream of a legacy session is kept for a while,
//! under a number. A client whose connection broke, or was let go of, names the
//! last number it has seen and gets the rest. What produces the events knows
//! nothing of this: it fills the [`Stream`], and [`Reader`]s come and go.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use wharf_mcp::Answer;

/// How many events wait for a client that is there and reads slowly, before what
/// makes them has to wait as well.
const WAITING: usize = 32;

/// How many events are kept for a client that may come back, and how many bytes of
/// them. The newest is kept whatever its size: it may be the answer.
const KEPT: usize = 256;
const KEPT_BYTES: usize = 1024 * 1024;

/// How many bytes are kept on all streams together. Beyond, each keeps as little as
/// it can.
const KEPT_IN_ALL: usize = 256 * 1024 * 1024;

/// How much is kept on all streams of an endpoint. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Budget(Arc<AtomicUsize>);

/// A stream's number in its session, and an event's in its stream: `12-3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EventId {
    pub(super) stream: u64,
    pub(super) event: u64,
}

/// One stream of a session.
#[derive(Debug)]
pub(super) struct Stream {
    number: u64,
    log: Mutex<Log>,
    /// There is something new for the reader.
    filled: Notify,
    /// The reader has read something, or has gone.
    read: Notify,
}

#[derive(Debug, Default)]
struct Log {
    events: VecDeque<Event>,
    bytes: usize,
    budget: Budget,
    /// The number of the newest event; the first is 1.
    last: u64,
    /// Something was said before the answer, or the client was asked to wait.
    begun: bool,
    /// An answer before which nothing was said.
    only: Option<Answer>,
    ended: bool,
    /// The reader may be let go of, and is to come back after so long.
    silence: Option<Duration>,
    /// How many readers there have been; their numbers.
    readers: u64,
    /// Those that stay when another takes their place, oldest first.
    patient: Vec<u64>,
    /// The one that is served now, if there is one, and how far the last one was.
    reader: Option<u64>,
    at: u64,
}

#[derive(Debug)]
struct Event {
    number: u64,
    text: Bytes,
}

/// What comes first on a stream.
pub(super) enum First {
    /// An answer, and nothing else.
    Answer(Answer),
    /// Something before the answer.
    Events,
    /// Nothing at all: it was cancelled.
    Nothing,
}

/// Reads a stream from a place on.
pub(super) struct Reader {
    stream: Arc<Stream>,
    number: u64,
    /// The last event that was read.
    at: u64,
    /// Whether an empty event, which only tells where the stream is, comes first.
    primed: bool,
}

/// Some events after that place are not kept any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evicted;

impl EventId {
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let (stream, event) = std::str::from_utf8(text).ok()?.trim().split_once('-')?;
        Some(Self {
            stream: stream.parse().ok()?,
            event: event.parse().ok()?,
        })
    }
}

impl Stream {
    pub(super) fn new(number: u64, budget: &Budget) -> Arc<Self> {
        let mut log = Log::default();
        log.budget = budget.clone();
        Arc::new(Self {
            number,
            log: Mutex::new(log),
            filled: Notify::new(),
            read: Notify::new(),
        })
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Adds a message, when the reader has kept up. Without a reader there is nobody
    /// to wait for.
    pub(super) async fn push(&self, frame: &Bytes) {
        loop {
            let read = self.read.notified();
            if self.lock().has_room() {
                break;
            }
            read.await;
        }
        self.push_now(frame);
    }

    /// Adds a message at once.
    pub(super) fn push_now(&self, frame: &[u8]) {
        let mut log = self.lock();
        if !log.ended {
            log.add(self.number, frame);
        }
        drop(log);
        self.filled.notify_waiters();
    }

    /// Lets go of the reader, which is to come back after a while.
    pub(super) fn pause(&self, silence: Duration) {
        let mut log = self.lock();
        log.begun = true;
        log.silence = Some(silence);
        drop(log);
        self.filled.notify_waiters();
    }

    /// Adds the answer, which is the end.
    pub(super) fn finish(&self, answer: Answer) {
        let mut log = self.lock();
        if log.begun {
            log.add(self.number, &answer.frame);
        } else {
            log.only = Some(answer);
        }
        drop(log);
        self.end();
    }

    /// Ends without an answer, unless there was one.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.filled.notify_waiters();
        self.read.notify_waiters();
    }

    /// Waits until it is known what comes first.
    pub(super) async fn first(&self) -> First {
        loop {
            let filled = self.filled.notified();
            {
                let mut log = self.lock();
                if let Some(answer) = log.only.take() {
                    return First::Answer(answer);
                }
                if log.begun {
                    return First::Events;
                }
                if log.ended {
                    return First::Nothing;
                }
            }
            filled.await;
        }
    }

    /// A reader of what comes after an event. Whoever read before reads no more.
    pub(super) fn read_after(
        self: &Arc<Self>,
        event: u64,
        primed: bool,
    ) -> Result<Reader, Evicted> {
        let mut log = self.lock();
        if event > log.last || event < log.first_kept() {
            return Err(Evicted);
        }
        log.readers += 1;
        log.reader = Some(log.readers);
        log.at = event;
        let reader = Reader {
            stream: Arc::clone(self),
            number: log.readers,
            at: event,
            primed,
        };
        drop(log);
        self.filled.notify_waiters();
        self.read.notify_waiters();
        Ok(reader)
    }

    /// A reader of what is new from here on. One that was there before stays
    /// connected, and hears nothing more until this one has gone (SHL-22).
    pub(super) fn read_on(self: &Arc<Self>, primed: bool) -> Option<Reader> {
        let last = self.lock().last;
        let reader = self.read_after(last, primed).ok()?;
        self.lock().patient.push(reader.number);
        Some(reader)
    }

    /// Whether somebody reads.
    pub(super) fn is_read(&self) -> bool {
        self.lock().reader.is_some()
    }

    /// Whether nothing more comes.
    pub(super) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        // A panic while the lock is held leaves the log as it was.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn has_room(&self) -> bool {
        let unread = usize::try_from(self.last.saturating_sub(self.at)).unwrap_or(usize::MAX);
        self.reader.is_none() || self.ended || unread < WAITING
    }

    /// The number of the event before the first that is kept.
    fn first_kept(&self) -> u64 {
        let first = self.events.front().map(|event| event.number);
        first.unwrap_or(self.last + 1).saturating_sub(1)
    }

    fn add(&mut self, stream: u64, frame: &[u8]) {
        self.begun = true;
        self.last += 1;
        let text = message(stream, self.last, frame);
        self.bytes += text.len();
        self.budget.0.fetch_add(text.len(), Ordering::Relaxed);
        self.events.push_back(Event {
            number: self.last,
            text,
        });
        while self.is_too_much() {
            // A client that is there gets everything: it is waited for.
            let evicted = self
                .events
                .pop_front_if(|event| self.reader.is_none() || event.number <= self.at);
            let Some(evicted) = evicted else {
                break;
            };
            self.bytes -= evicted.text.len();
            self.budget
                .0
                .fetch_sub(evicted.text.len(), Ordering::Relaxed);
        }
    }

    fn is_too_much(&self) -> bool {
        let everywhere = self.budget.0.load(Ordering::Relaxed);
        let too_large = self.bytes > KEPT_BYTES || everywhere > KEPT_IN_ALL;
        self.events.len() > KEPT || too_large && self.events.len() > 1
    }

    fn after(&self, at: u64) -> Option<&Event> {
        let first = self.events.front()?.number;
        let place = (at + 1).checked_sub(first)?;
        self.events.get(usize::try_from(place).ok()?)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.budget.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What a reader does next.
enum Turn {
    Give(Bytes),
    Wait,
    End,
}

impl Reader {
    /// The next event, as it is sent; none at the end.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        if std::mem::take(&mut self.primed) {
            return Some(prime(self.stream.number, self.at));
        }
        let stream = Arc::clone(&self.stream);
        loop {
            let filled = stream.filled.notified();
            match self.turn() {
                Turn::Give(event) => {
                    stream.read.notify_waiters();
                    return Some(event);
                }
                Turn::End => return None,
                Turn::Wait => {}
            }
            filled.await;
        }
    }

    fn turn(&mut self) -> Turn {
        let mut log = self.stream.lock();
        if log.reader != Some(self.number) {
            let stays = log.patient.contains(&self.number) && !log.ended;
            return if stays { Turn::Wait } else { Turn::End };
        }
        // Another may have read on meanwhile.
        self.at = self.at.max(log.at);
        if let Some(event) = log.after(self.at) {
            let text = event.text.clone();
            self.at = event.number;
            log.at = self.at;
            return Turn::Give(text);
        }
        if log.ended {
            return Turn::End;
        }
        if let Some(silence) = log.silence.take() {
            // What comes next is the end of this reader.
            log.reader = None;
            return Turn::Give(Bytes::from(format!("retry: {}\n\n", silence.as_millis())));
        }
        Turn::Wait
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut log = self.stream.lock();
        log.patient.retain(|number| *number != self.number);
        if log.reader == Some(self.number) {
            log.reader = log.patient.last().copied();
        }
        drop(log);
        self.stream.filled.notify_waiters();
        self.stream.read.notify_waiters();
    }
}

/// A message as an event with a number. Frames hold no line breaks, so one `data`
/// line does (SHL-30).
fn message(stream: u64, event: u64, frame: &[u8]) -> Bytes {
    let mut text = String::with_capacity(frame.len() + 64);
    // Writing to a string does not fail, and frames are UTF-8.
    let _ = write!(text, "id: {stream}-{event}\nevent: message\ndata: ");
    let mut text = text.into_bytes();
    text.extend_from_slice(frame);
    text.extend_from_slice(b"\n\n");
    Bytes::from(text)
}

/// An event that only tells where a stream is (SHL-26).
fn prime(stream: u64, event: u64) -> Bytes {
    Bytes::from(format!("id: {stream}-{event}\ndata: \n\n"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::{Budget, EventId, Evicted, KEPT, Reader, Stream};

    fn frame(number: usize) -> Bytes {
        Bytes::from(number.to_string())
    }

    async fn next(reader: &mut Reader) -> Option<String> {
        let event = reader.next().await?;
        Some(String::from_utf8(event.to_vec()).unwrap())
    }

    #[test]
    fn ids_name_stream_and_event() {
        let id = EventId::parse(b" 12-3 ").unwrap();
        assert_eq!((id.stream, id.event), (12, 3));
        for text in ["", "-", "1", "1-", "-1", "1-x", "1-2-3", "\u{e4}-1"] {
            assert_eq!(EventId::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[tokio::test]
    async fn whoever_comes_back_gets_the_rest() {
        let stream = Stream::new(7, &Budget::default());
        let mut reader = stream.read_after(0, true).unwrap();
        stream.push(&frame(1)).await;
        stream.push(&frame(2)).await;
        assert_eq!(next(&mut reader).await.unwrap(), "id: 7-0\ndata: \n\n");
        assert_eq!(
            next(&mut reader).await.unwrap(),
            "id: 7-1\nevent: message\ndata: 1\n\n"
        );
        drop(reader);
        stream.push(&frame(3)).await;
        stream.end();
        let mut reader = stream.read_after(1, false).unwrap();
        for number in [2, 3] {
            let event = next(&mut reader).await.unwrap();
            assert!(event.ends_with(&format!("data: {number}\n\n")), "{event}");
        }
        assert_eq!(next(&mut reader).await, None);
        assert!(stream.read_after(4, false).is_err());
    }

    #[tokio::test]
    async fn a_reader_is_let_go_of_and_told_when_to_come_back() {
        let stream = Stream::new(1, &Budget::default());
        stream.pause(Duration::from_millis(250));
        let mut reader = stream.read_after(0, true).unwrap();
        assert_eq!(next(&mut reader).await.unwrap(), "id: 1-0\ndata: \n\n");
        assert_eq!(next(&mut reader).await.unwrap(), "retry: 250\n\n");
        assert_eq!(next(&mut reader).await, None);
        assert!(!stream.is_read());
        stream.push(&frame(1)).await;
        let mut reader = stream.read_after(0, false).unwrap();
        assert!(next(&mut reader).await.unwrap().contains("1-1"));
    }

    #[tokio::test]
    async fn what_was_dropped_is_not_skipped_in_silence() {
        let stream = Stream::new(1, &Budget::default());
        for number in 0..=KEPT {
            stream.push(&frame(number)).await;
        }
        assert_eq!(stream.read_after(0, false).err(), Some(Evicted));
        assert!(stream.read_after(1, false).is_ok());
    }

    #[tokio::test]
    async fn a_slow_reader_holds_up_whoever_writes() {
        let stream = Stream::new(1, &Budget::default());
        let mut reader = stream.read_after(0, false).unwrap();
        let mut pushed = 0;
        while tokio::time::timeout(Duration::from_millis(20), stream.push(&frame(pushed)))
            .await
            .is_ok()
        {
            pushed += 1;
        }
        assert_eq!(pushed, super::WAITING);
        next(&mut reader).await.unwrap();
        stream.push(&frame(pushed)).await;
        drop(reader);
        stream.push(&frame(pushed)).await;
    }
}
