//! The database: one file for what all plugins keep.
//!
//! Reading and writing block on the file system, so neither is done on the async
//! threads. A failure of the disk leaves redb unusable until it is opened anew, which
//! is done here, so that a host whose disk was full for a while goes on when it is no
//! longer.

use std::fs::{self, OpenOptions};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use redb::backends::InMemoryBackend;
use redb::{
    Database, DatabaseError, Durability, ReadOnlyTable, ReadableDatabase, ReadableTable, Table,
    TableDefinition,
};

use super::StoreError;
use super::bounds::Refusal;
use super::change::{Changed, Edit, Held, Stop, Usage, View};
use super::place::Place;
use super::writer::Job;

/// What plugins keep, by address.
const ENTRIES: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("entries");

/// How much there is in a bucket: entries, bytes.
const BOOKS: TableDefinition<'static, &[u8], (u64, u64)> = TableDefinition::new("books");

/// The file's name in the data folder.
const FILE: &str = "store.redb";

/// Bytes of the file that are kept in memory. The operating system has the rest in
/// its own cache.
const CACHE: usize = 32 << 20;

type Entries = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// The database, open unless it cannot be opened at the moment.
#[derive(Debug)]
pub(crate) struct Disk {
    /// None: in memory.
    file: Option<PathBuf>,
    database: RwLock<Option<Database>>,
}

impl Disk {
    /// Opens the database in this folder, which is made if it is missing, or an empty
    /// one in memory.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, StoreError> {
        let file = folder.map(make_file).transpose()?;
        let database = open(file.as_deref()).map_err(|error| match (error, &file) {
            (DatabaseError::DatabaseAlreadyOpen, Some(file)) => {
                StoreError::InUse { file: file.clone() }
            }
            (error, file) => StoreError::Unreadable {
                file: file.clone().unwrap_or_default(),
                source: Box::new(error),
            },
        })?;
        Ok(Self {
            file,
            database: RwLock::new(Some(database)),
        })
    }

    /// Reads from one bucket. Blocks.
    pub(crate) fn read<T>(
        &self,
        bucket: Vec<u8>,
        read: impl FnOnce(&dyn View) -> Result<T, Stop>,
    ) -> Result<T, Refusal> {
        let result = self.with(|database| {
            let transaction = database.begin_read().map_err(broken)?;
            let entries = transaction.open_table(ENTRIES).map_err(broken)?;
            read(&Reading { entries, bucket })
        });
        result.map_err(|stop| self.refusal(stop))
    }

    /// Makes changes, all of them in one transaction: they are on the disk when this
    /// returns. Blocks.
    pub(crate) fn write(&self, jobs: &[Job]) -> Vec<Result<Changed, Refusal>> {
        match self.with(|database| commit(database, jobs)) {
            Ok(results) => results,
            Err(stop) => {
                let refusal = self.refusal(stop);
                jobs.iter().map(|_| Err(refusal.clone())).collect()
            }
        }
    }

    /// Does something with the database, which is opened for it if it is not open.
    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Stop>) -> Result<T, Stop> {
        let mut open = self.look();
        if open.is_none() {
            drop(open);
            self.reopen();
            open = self.look();
        }
        let Some(database) = open.as_ref() else {
            return Err(Refusal::broken().into());
        };
        work(database)
    }

    fn look(&self) -> RwLockReadGuard<'_, Option<Database>> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a guest hears. If the database has failed, it is opened anew: redb does
    /// nothing more with one that has.
    fn refusal(&self, stop: Stop) -> Refusal {
        match stop {
            Stop::Refused(refusal) => refusal,
            Stop::Broken(error) => {
                tracing::error!(%error, "the store has failed");
                if self.file.is_some() {
                    let lock = self.database.write();
                    *lock.unwrap_or_else(PoisonError::into_inner) = None;
                    self.reopen();
                }
                Refusal::broken()
            }
        }
    }

    /// Opens the database if it is not open. It is tried again at the next use.
    fn reopen(&self) {
        let lock = self.database.write();
        let mut database = lock.unwrap_or_else(PoisonError::into_inner);
        if database.is_some() {
            return;
        }
        match open(self.file.as_deref()) {
            Ok(opened) => {
                *database = Some(opened);
                tracing::info!("the store is open again");
            }
            Err(error) => tracing::debug!(%error, "the store cannot be opened yet"),
        }
    }
}

fn open(file: Option<&Path>) -> Result<Database, DatabaseError> {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    let database = match file {
        Some(file) => builder.create(file)?,
        None => builder.create_with_backend(InMemoryBackend::new())?,
    };
    // So that readers find the tables.
    let missing = {
        let transaction = database.begin_read().map_err(storage)?;
        transaction.open_table(ENTRIES).is_err()
    };
    if missing {
        let transaction = database.begin_write().map_err(storage)?;
        transaction.open_table(ENTRIES).map_err(storage)?;
        transaction.open_table(BOOKS).map_err(storage)?;
        transaction.commit().map_err(storage)?;
    }
    Ok(database)
}

/// Makes the changes that can be made. If anything but a guest is at fault, none.
fn commit(database: &Database, jobs: &[Job]) -> Result<Vec<Result<Changed, Refusal>>, Stop> {
    let mut transaction = database.begin_write().map_err(broken)?;
    transaction
        .set_durability(Durability::Immediate)
        .map_err(broken)?;
    let mut results = Vec::with_capacity(jobs.len());
    {
        let mut entries = transaction.open_table(ENTRIES).map_err(broken)?;
        let mut books = transaction.open_table(BOOKS).map_err(broken)?;
        for job in jobs {
            match change(&mut entries, &mut books, job) {
                Ok(changed) => results.push(Ok(changed)),
                Err(Stop::Refused(refusal)) => results.push(Err(refusal)),
                Err(stop) => return Err(stop),
            }
        }
    }
    transaction.commit().map_err(broken)?;
    Ok(results)
}

fn change(
    entries: &mut Table<'_, &'static [u8], &'static [u8]>,
    books: &mut Table<'_, &'static [u8], (u64, u64)>,
    job: &Job,
) -> Result<Changed, Stop> {
    let mut usage = usage(books, &job.place)?;
    let mut writing = Writing {
        entries,
        bucket: job.place.bucket(&job.bucket),
        quota: job.quota,
    };
    let changed = job.change.apply(&mut writing, &mut usage, &job.bucket)?;
    let address = writing.bucket;
    match usage.0.get(&job.bucket) {
        Some(held) => {
            let held = (held.entries, held.bytes);
            books.insert(address.as_slice(), held).map_err(broken)?;
        }
        None => {
            books.remove(address.as_slice()).map_err(broken)?;
        }
    }
    Ok(changed)
}

/// The books of a scope.
fn usage(
    books: &impl ReadableTable<&'static [u8], (u64, u64)>,
    place: &Place,
) -> Result<Usage, Stop> {
    let mut usage = Usage::default();
    for row in books.range(place.as_bytes()..).map_err(broken)? {
        let (address, held) = row.map_err(broken)?;
        let Some(bucket) = place.bucket_of(address.value()) else {
            break;
        };
        let (entries, bytes) = held.value();
        usage.0.insert(bucket.to_owned(), Held { entries, bytes });
    }
    Ok(usage)
}

/// A bucket as it is.
struct Reading {
    entries: Entries,
    bucket: Vec<u8>,
}

/// A bucket that is being changed.
struct Writing<'a, 'txn> {
    entries: &'a mut Table<'txn, &'static [u8], &'static [u8]>,
    bucket: Vec<u8>,
    quota: u64,
}

impl View for Reading {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Stop> {
        get(&self.entries, &self.bucket, key)
    }

    fn len(&self, key: &str) -> Result<Option<usize>, Stop> {
        len(&self.entries, &self.bucket, key)
    }

    fn keys(&self, after: Option<&str>, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Stop> {
        keys(&self.entries, &self.bucket, after, visit)
    }
}

impl View for Writing<'_, '_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Stop> {
        get(self.entries, &self.bucket, key)
    }

    fn len(&self, key: &str) -> Result<Option<usize>, Stop> {
        len(self.entries, &self.bucket, key)
    }

    fn keys(&self, after: Option<&str>, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Stop> {
        keys(self.entries, &self.bucket, after, visit)
    }
}

impl Edit for Writing<'_, '_> {
    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), Stop> {
        let address = address(&self.bucket, key);
        let old = self.entries.insert(address.as_slice(), value);
        old.map(drop).map_err(broken)
    }

    fn remove(&mut self, key: &str) -> Result<(), Stop> {
        let address = address(&self.bucket, key);
        let old = self.entries.remove(address.as_slice());
        old.map(drop).map_err(broken)
    }

    fn admit(&mut self, before: u64, after: u64) -> Result<(), Refusal> {
        if after > before && after > self.quota {
            return Err(Refusal::over_quota(self.quota));
        }
        Ok(())
    }
}

fn get(
    entries: &impl ReadableTable<&'static [u8], &'static [u8]>,
    bucket: &[u8],
    key: &str,
) -> Result<Option<Vec<u8>>, Stop> {
    let found = entries.get(address(bucket, key).as_slice());
    let found = found.map_err(broken)?;
    Ok(found.map(|value| value.value().to_owned()))
}

fn len(
    entries: &impl ReadableTable<&'static [u8], &'static [u8]>,
    bucket: &[u8],
    key: &str,
) -> Result<Option<usize>, Stop> {
    let found = entries.get(address(bucket, key).as_slice());
    let found = found.map_err(broken)?;
    Ok(found.map(|value| value.value().len()))
}

fn keys(
    entries: &impl ReadableTable<&'static [u8], &'static [u8]>,
    bucket: &[u8],
    after: Option<&str>,
    visit: &mut dyn FnMut(&str) -> bool,
) -> Result<(), Stop> {
    let last = after.map(|key| address(bucket, key));
    let start = match &last {
        Some(last) => Bound::Excluded(last.as_slice()),
        None => Bound::Included(bucket),
    };
    let range = entries.range::<&[u8]>((start, Bound::Unbounded));
    for entry in range.map_err(broken)? {
        let (address, _) = entry.map_err(broken)?;
        let Some(key) = address.value().strip_prefix(bucket) else {
            break;
        };
        // Keys come in as text.
        if !std::str::from_utf8(key).is_ok_and(&mut *visit) {
            break;
        }
    }
    Ok(())
}

fn address(bucket: &[u8], key: &str) -> Vec<u8> {
    [bucket, key.as_bytes()].concat()
}

fn broken(error: impl Into<redb::Error>) -> Stop {
    Stop::Broken(error.into())
}

/// A step of opening that has failed, as opening itself would say it.
fn storage(error: impl Into<redb::Error>) -> DatabaseError {
    let error = io::Error::other(error.into().to_string());
    DatabaseError::from(error)
}

/// A file that nobody else can read, in a folder that nobody else can read.
fn make_file(folder: &Path) -> Result<PathBuf, StoreError> {
    let file = folder.join(FILE);
    let made = make_folder(folder).and_then(|()| {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&file).map(drop)
    });
    match made {
        Ok(()) => Ok(file),
        Err(source) => Err(StoreError::Folder {
            folder: folder.to_owned(),
            source,
        }),
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
