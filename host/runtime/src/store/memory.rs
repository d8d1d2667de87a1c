//! Buckets in memory, which end with a session.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::bounds::Refusal;
use super::change::{Change, Changed, Edit, Stop, Usage, View};

/// What one plugin keeps in one session.
pub(crate) struct Memory {
    kept: Mutex<Kept>,
    ledger: Arc<Ledger>,
}

#[derive(Default)]
struct Kept {
    buckets: BTreeMap<String, Bucket>,
    usage: Usage,
}

type Bucket = BTreeMap<String, Vec<u8>>;

/// How much memory sessions take, all of them together: there can be thousands, and
/// whoever opens them need not be somebody we know.
pub(crate) struct Ledger {
    taken: AtomicU64,
    limit: u64,
}

impl Ledger {
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self {
            taken: AtomicU64::new(0),
            limit,
        })
    }

    fn take(&self, bytes: u64) -> Result<(), Refusal> {
        let more = |taken: u64| taken.checked_add(bytes).filter(|sum| *sum <= self.limit);
        let taken = self
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.ok().map(drop).ok_or_else(Refusal::no_memory)
    }

    fn give_back(&self, bytes: u64) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Memory {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Self {
        Self {
            kept: Mutex::default(),
            ledger: Arc::clone(ledger),
        }
    }

    pub(crate) fn read<T>(
        &self,
        bucket: &str,
        read: impl FnOnce(&dyn View) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let kept = self.lock();
        match kept.buckets.get(bucket) {
            Some(bucket) => read(bucket),
            None => read(&Bucket::new()),
        }
    }

    pub(crate) fn change(
        &self,
        bucket: &str,
        quota: u64,
        change: &Change,
    ) -> Result<Changed, Stop> {
        let mut kept = self.lock();
        let kept = &mut *kept;
        let mut entries = Editing {
            bucket: kept.buckets.entry(bucket.to_owned()).or_default(),
            ledger: &self.ledger,
            quota,
        };
        let changed = change.apply(&mut entries, &mut kept.usage, bucket);
        if entries.bucket.is_empty() {
            kept.buckets.remove(bucket);
        }
        changed
    }

    /// Nothing panics half way through a change.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let taken = self.lock().usage.total();
        self.ledger.give_back(taken);
    }
}

impl View for Bucket {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Stop> {
        Ok(Self::get(self, key).cloned())
    }

    fn len(&self, key: &str) -> Result<Option<usize>, Stop> {
        Ok(Self::get(self, key).map(Vec::len))
    }

    fn keys(&self, after: Option<&str>, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Stop> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        for (key, _) in self.range::<str, _>((start, Bound::Unbounded)) {
            if !visit(key) {
                break;
            }
        }
        Ok(())
    }
}

/// A bucket that is being changed.
struct Editing<'a> {
    bucket: &'a mut Bucket,
    ledger: &'a Ledger,
    quota: u64,
}

impl View for Editing<'_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Stop> {
        View::get(self.bucket, key)
    }

    fn len(&self, key: &str) -> Result<Option<usize>, Stop> {
        View::len(self.bucket, key)
    }

    fn keys(&self, after: Option<&str>, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Stop> {
        View::keys(self.bucket, after, visit)
    }
}

impl Edit for Editing<'_> {
    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), Stop> {
        self.bucket.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn remove(&mut self, key: &str) -> Result<(), Stop> {
        self.bucket.remove(key);
        Ok(())
    }

    fn admit(&mut self, before: u64, after: u64) -> Result<(), Refusal> {
        if after <= before {
            self.ledger.give_back(before - after);
            return Ok(());
        }
        if after > self.quota {
            return Err(Refusal::over_quota(self.quota));
        }
        self.ledger.take(after - before)
    }
}
