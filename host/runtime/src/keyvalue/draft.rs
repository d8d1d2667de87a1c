//! `wasi:keyvalue@0.2.0-draft`, as wasmtime and wasmCloud have it: lists go on at a number, numbers
//! have no sign, and nothing can be compared and swapped.

use wasmtime::Result;
use wasmtime::component::{HasSelf, Linker};

use self::bindings::wasi::keyvalue::{atomics, batch, store};
use super::{Found, Handle};
use crate::state::State;
use crate::store::Refusal;

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
        path: "../../wit/wasi-keyvalue/draft",
        world: "imports",
        imports: { default: async | trappable },
        with: {
            "wasi:keyvalue/store.bucket": crate::store::Bucket,
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
        cursor: Option<u64>,
    ) -> Answer<store::KeyResponse> {
        let listed = self.bucket(&bucket)?.keys_from(cursor.unwrap_or(0)).await;
        answer(listed.map(|(page, end)| store::KeyResponse {
            keys: page.keys,
            cursor: page.more.then_some(end),
        }))
    }

    async fn drop(&mut self, bucket: Handle) -> Result<()> {
        self.close_bucket(bucket)
    }
}

impl atomics::Host for State {
    async fn increment(&mut self, bucket: Handle, key: String, delta: u64) -> Answer<u64> {
        let Ok(delta) = i64::try_from(delta) else {
            return answer(Err(Refusal::number_too_large(&key)));
        };
        let number = self.bucket(&bucket)?.increment(key.clone(), delta).await;
        // Below zero if the plugin has set it itself.
        let unsigned = |number| {
            let number = u64::try_from(number).ok();
            number.ok_or_else(|| Refusal::no_number(&key))
        };
        answer(number.and_then(unsigned))
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
