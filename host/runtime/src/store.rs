//! What plugins keep: `wasi:keyvalue` over one database for all of them.
//!
//! Every plugin has a scope of its own, or one for each principal or session, as its
//! grant says ([`StoreGrant`]). In a scope there are buckets, in a bucket there are
//! keys. `place` says where something is, `change` what can be done to it and what a
//! quota is, `bounds` how much there may be of everything. What outlives the process is
//! on `disk`, written by one `writer` and read beside it; what belongs to a session is
//! in `memory` and ends with it.
//!
//! - A change that was answered is on the disk: a host that is killed has it when it
//!   comes back. One that was not answered may be there or not, but never half.
//! - Books are kept in the transaction that they are about, so quotas are exact.
//! - No transaction is open while a guest runs.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

mod bounds;
mod bucket;
mod change;
mod disk;
mod mark;
mod memory;
mod place;
mod writer;

use self::disk::Disk;

use self::writer::Writer;
use crate::denial::Denials;
use crate::events::Call;
use crate::grants::{StoreGrant, StoreScope};

pub(crate) use self::bounds::Refusal;
#[expect(
    unreachable_pub,
    reason = "generated bindings re-export it, which needs it to be public"
)]
pub use self::bucket::Bucket;
pub(crate) use self::change::Changed;
use self::change::{Change, Stop, View};
pub(crate) use self::mark::Mark;
pub(crate) use self::memory::{Ledger, Memory};
use self::place::Place;

/// Reads that may be going on at the same time. Each has a thread, which it shares
/// with all else that blocks.
const READERS: usize = 32;

/// Why there is no store for what plugins keep.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder or the file cannot be made.
    #[error("the data folder `{}` cannot be used", .folder.display())]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Another process has it open.
    #[error(
        "another process is using the store `{}`; end that one, or give this one a folder of \
         its own with `--data-dir`",
        .file.display()
    )]
    InUse {
        /// Which file.
        file: PathBuf,
    },
    /// Damaged, not a store at all, or the disk fails.
    #[error("the store `{}` cannot be opened", .file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No thread to write with.
    #[error("the thread that writes the store cannot be started")]
    Thread(#[source] io::Error),
}

/// All that plugins keep. One for a runtime.
pub(crate) struct Stores {
    folder: Option<PathBuf>,
    /// Opened when the first plugin is granted something in it: who needs none does not
    /// have its file either.
    shelf: Mutex<Option<Arc<Shelf>>>,
    ledger: Arc<Ledger>,
}

/// What outlives a session.
pub(crate) struct Shelf {
    disk: Arc<Disk>,
    writer: Writer,
    readers: Semaphore,
}

/// What one plugin is granted of it.
#[derive(Clone)]
pub(crate) struct GrantedStore {
    grant: StoreGrant,
    keeper: Keeper,
}

#[derive(Clone)]
enum Keeper {
    Shelf(Arc<Shelf>),
    Sessions(Arc<Ledger>),
}

/// One scope.
#[derive(Clone)]
enum Scope {
    Shelf(Arc<Shelf>, Place),
    Session(Arc<Memory>),
    /// Nobody's any more.
    Over,
}

impl Stores {
    /// `folder`: where to keep what outlives the process; none: nowhere. Sessions have
    /// so many bytes of memory, all together.
    pub(crate) fn new(folder: Option<PathBuf>, session_memory: u64) -> Self {
        Self {
            folder,
            shelf: Mutex::default(),
            ledger: Ledger::new(session_memory),
        }
    }

    /// Opens what a plugin is granted. Blocks on the file system.
    pub(crate) fn open(&self, grant: StoreGrant) -> Result<GrantedStore, StoreError> {
        let keeper = match grant.scope {
            StoreScope::Plugin | StoreScope::Principal => Keeper::Shelf(self.shelf()?),
            StoreScope::Session => Keeper::Sessions(Arc::clone(&self.ledger)),
        };
        Ok(GrantedStore { grant, keeper })
    }

    fn shelf(&self) -> Result<Arc<Shelf>, StoreError> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shelf) = &*shelf {
            return Ok(Arc::clone(shelf));
        }
        let disk = Arc::new(Disk::open(self.folder.as_deref())?);
        let opened = Arc::new(Shelf {
            writer: Writer::start(&disk).map_err(StoreError::Thread)?,
            disk,
            readers: Semaphore::new(READERS),
        });
        Ok(Arc::clone(shelf.insert(opened)))
    }
}

impl GrantedStore {
    /// The bucket of this name, for this call of this plugin.
    pub(crate) fn bucket(
        &self,
        plugin: &Arc<str>,
        call: &Call,
        denials: &Denials,
        name: String,
    ) -> Result<Bucket, Refusal> {
        let name = bounds::bucket(name)?;
        let subject = call.context.principal.subject.as_deref();
        let scope = match (&self.keeper, self.grant.scope) {
            (Keeper::Shelf(shelf), StoreScope::Principal) => {
                subject.map_or(Ok(()), bounds::subject)?;
                Scope::Shelf(Arc::clone(shelf), Place::of_principal(plugin, subject))
            }
            (Keeper::Shelf(shelf), _) => Scope::Shelf(Arc::clone(shelf), Place::shared(plugin)),
            (Keeper::Sessions(ledger), _) => {
                let Some(session) = &call.session else {
                    denials.no_session();
                    return Err(Refusal::Denied);
                };
                Scope::Session(session.memory(plugin, ledger))
            }
        };
        Ok(Bucket::new(scope, name, self.grant.quota))
    }
}

impl Scope {
    async fn read<T: Send + 'static>(
        &self,
        bucket: &str,
        read: impl FnOnce(&dyn View) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        match self {
            Self::Over => Err(Refusal::over()),
            Self::Session(memory) => memory.read(bucket, read).map_err(refusal),
            Self::Shelf(shelf, place) => {
                let permit = shelf.readers.acquire().await;
                let _permit = permit.ok().ok_or_else(Refusal::broken)?;
                let (disk, bucket) = (Arc::clone(&shelf.disk), place.bucket(bucket));
                let read = spawn_blocking(move || disk.read(bucket, read)).await;
                read.unwrap_or_else(|_| Err(Refusal::broken()))
            }
        }
    }

    async fn change(&self, bucket: &str, quota: u64, change: Change) -> Result<Changed, Refusal> {
        match self {
            Self::Over => Err(Refusal::over()),
            Self::Session(memory) => memory.change(bucket, quota, &change).map_err(refusal),
            Self::Shelf(shelf, place) => {
                let (place, bucket) = (place.clone(), bucket.to_owned());
                shelf.writer.change(place, bucket, quota, change).await
            }
        }
    }
}

/// Memory does not break.
fn refusal(stop: Stop) -> Refusal {
    match stop {
        Stop::Refused(refusal) => refusal,
        Stop::Broken(_) => Refusal::broken(),
    }
}
