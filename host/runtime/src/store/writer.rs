//! The thread that writes.
//!
//! A change is answered when it is on the disk, and putting something on a disk takes
//! as long for a hundred changes as for one. So one thread makes them all: whatever
//! has come in while it was busy goes into the next transaction together. It belongs
//! to the [`Writer`], finishes what was handed in, and is joined when that is dropped.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::bounds::Refusal;
use super::change::{Change, Changed};
use super::disk::Disk;
use super::place::Place;

/// Changes that may wait. A call waits for its change, so there are never more than
/// calls; at the bound, calls wait to hand theirs in.
const QUEUE: usize = 256;

/// Changes in one transaction. Whoever comes next waits for all of it.
const BATCH: usize = 256;

/// Kibibytes of keys and values that may wait, all changes together. A change is 4 MiB
/// at most.
const WAITING: usize = 32 << 10;

/// Owns the thread.
pub(crate) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

/// A change to be made.
pub(crate) struct Job {
    pub(crate) place: Place,
    pub(crate) bucket: String,
    pub(crate) quota: u64,
    pub(crate) change: Change,
    answer: oneshot::Sender<Result<Changed, Refusal>>,
    _room: OwnedSemaphorePermit,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(disk: &Arc<Disk>) -> std::io::Result<Self> {
        let (jobs, inbox) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name("wharf-store".to_owned());
        let disk = Arc::clone(disk);
        let thread = thread.spawn(move || run(&disk, inbox))?;
        Ok(Self {
            jobs: Some(jobs),
            room: Arc::new(Semaphore::new(WAITING)),
            thread: Some(thread),
        })
    }

    /// Makes a change. It may be made even if this is dropped before it has ended.
    pub(crate) async fn change(
        &self,
        place: Place,
        bucket: String,
        quota: u64,
        change: Change,
    ) -> Result<Changed, Refusal> {
        let Some(jobs) = &self.jobs else {
            return Err(Refusal::broken());
        };
        let kibibytes = u32::try_from(change.size() / 1024 + 1).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(kibibytes).await;
        let (answer, answered) = oneshot::channel();
        let job = Job {
            place,
            bucket,
            quota,
            change,
            answer,
            _room: room.ok().ok_or_else(Refusal::broken)?,
        };
        // Both fail only if the thread has panicked.
        let sent = jobs.send(job).await;
        sent.ok().ok_or_else(Refusal::broken)?;
        answered.await.unwrap_or_else(|_| Err(Refusal::broken()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!(?panic, "the thread that writes the store panicked");
        }
    }
}

fn run(disk: &Disk, mut inbox: mpsc::Receiver<Job>) {
    while let Some(first) = inbox.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(job) = inbox.try_recv()
        {
            batch.push(job);
        }
        let results = disk.write(&batch);
        for (job, result) in batch.into_iter().zip(results) {
            // Whoever has asked may be gone.
            let _ = job.answer.send(result);
        }
    }
}
