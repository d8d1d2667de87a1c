//! `wasi:keyvalue@0.2.0-draft2`, the newest: lists go on behind a key.

use wasmtime::Result;
use wasmtime::component::{HasSelf, Linker, Resource};

use self::atomics::CasError;
use self::bindings::wasi::keyvalue::{atomics, batch, store};
use super::{Found, Handle, Swap};
use crate::state::State;
use crate::store::{Changed, Mark, Refusal};

mod bindings {
    #![allow(
        missing_docs,
        missing_debug_implementations,
        unreachable_pub,
        dead_code,
        unused_qualifications,
        clippy::pedantic,
        clippy::str_to_string,
        clippy::use_self,
        reason = "generated code"
    )]

    wasmtime::component::bindgen!({
        path: "../../wit/wasi-keyvalue/draft2",
        world: "imports",
        imports: { default: async | trappable },
        with: {
            "wasi:keyvalue/store.bucket": crate::store::Bucket,
            "wasi:keyvalue/atomics.cas": crate::keyvalue::Swap,
        },
    });
}

/// Offers it.
pub(super) fn link(linker: &mut Linker<State>) -> Result<()> {
    type Own = HasSelf<State>;
    store::add_to_linker::<State, Own>(linker, |state| state)?;
    atomics::add_to_linker::<State, Own>(linker, |state| state)?;
    batch::add_to_linker::<State, Own>(linker, |state| state)
}

/// What goes to the guest.
type Answer<T> = Result<Result<T, store::Error>>;

#[expect(
    clippy::unnecessary_wraps,
    reason = "the outer result is what the generated traits want"
)]
fn answer<T>(result: Result<T, Refusal>) -> Answer<T> {
    Ok(result.map_err(store::Error::from))
}

impl From<Refusal> for store::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Denied => Self::AccessDenied,
            Refusal::Because(why) => Self::Other(why),
        }
    }
}

impl store::Host for State {
    async fn open(&mut self, identifier: String) -> Answer<Handle> {
        answer(self.open_bucket(identifier)?)
    }
}

impl store::HostBucket for State {
    async fn get(&mut self, bucket: Handle, key: String) -> Answer<Option<Vec<u8>>> {
        answer(self.bucket(&bucket)?.get(key).await)
    }

    async fn set(&mut self, bucket: Handle, key: String, value: Vec<u8>) -> Answer<()> {
        answer(self.bucket(&bucket)?.set(vec![(key, value)]).await)
    }

    async fn delete(&mut self, bucket: Handle, key: String) -> Answer<()> {
        answer(self.bucket(&bucket)?.delete(vec![key]).await)
    }

    async fn exists(&mut self, bucket: Handle, key: String) -> Answer<bool> {
        answer(self.bucket(&bucket)?.exists(key).await)
    }

    async fn list_keys(
        &mut self,
        bucket: Handle,
        cursor: Option<String>,
    ) -> Answer<store::KeyResponse> {
        let listed = self.bucket(&bucket)?.keys_after(cursor).await;
        answer(listed.map(|page| store::KeyResponse {
            cursor: page.keys.last().filter(|_| page.more).cloned(),
            keys: page.keys,
        }))
    }

    async fn drop(&mut self, bucket: Handle) -> Result<()> {
        self.close_bucket(bucket)
    }
}

impl atomics::Host for State {
    async fn increment(&mut self, bucket: Handle, key: String, delta: i64) -> Answer<i64> {
        answer(self.bucket(&bucket)?.increment(key, delta).await)
    }

    async fn swap(&mut self, cas: Resource<Swap>, value: Vec<u8>) -> Result<Result<(), CasError>> {
        let mut swap = self.table().delete(cas)?;
        let key = swap.key.clone();
        match swap.bucket.swap(key, swap.seen, value).await {
            Ok(Changed::Outdated(now)) => {
                swap.seen = now;
                let retry = self.table().push(swap)?;
                Ok(Err(CasError::CasFailed(retry)))
            }
            Ok(Changed::Done | Changed::Number(_)) => Ok(Ok(())),
            Err(refusal) => Ok(Err(CasError::StoreError(refusal.into()))),
        }
    }
}

impl atomics::HostCas for State {
    async fn new(&mut self, bucket: Handle, key: String) -> Answer<Resource<Swap>> {
        let bucket = self.bucket(&bucket)?.again();
        let seen = match bucket.mark(key.clone()).await {
            Ok(seen) => seen,
            Err(refusal) => return answer(Err(refusal)),
        };
        let swap = Swap { bucket, key, seen };
        answer(Ok(self.table().push(swap)?))
    }

    /// From here on, what is returned is what must not have changed.
    async fn current(&mut self, cas: Resource<Swap>) -> Answer<Option<Vec<u8>>> {
        let swap = self.table().get_mut(&cas)?;
        let current = swap.bucket.get(swap.key.clone()).await;
        if let Ok(value) = &current {
            swap.seen = Mark::of(value.as_deref());
        }
        answer(current)
    }

    async fn drop(&mut self, cas: Resource<Swap>) -> Result<()> {
        self.table().delete(cas)?;
        Ok(())
    }
}

impl batch::Host for State {
    async fn get_many(&mut self, bucket: Handle, keys: Vec<String>) -> Answer<Found> {
        answer(self.bucket(&bucket)?.get_many(keys).await)
    }

    async fn set_many(&mut self, bucket: Handle, key_values: Vec<(String, Vec<u8>)>) -> Answer<()> {
        answer(self.bucket(&bucket)?.set(key_values).await)
    }

    async fn delete_many(&mut self, bucket: Handle, keys: Vec<String>) -> Answer<()> {
        answer(self.bucket(&bucket)?.delete(keys).await)
    }
}
