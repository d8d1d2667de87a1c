//! `wasi:keyvalue` for guests: translation only; what is done is in [`crate::store`].
//!
//! There are two drafts of the interface, which differ in how a list is continued, in
//! the type of a number, and in that only the newer one can compare and swap. Both
//! are offered, on the same buckets: components that were made for other hosts import
//! either.

mod draft;
mod draft2;

use wasmtime::Result;
use wasmtime::component::{Linker, Resource, ResourceTable};

use crate::state::State;
use crate::store::{Bucket, Mark, Refusal};

/// Offers both drafts.
pub(crate) fn link(linker: &mut Linker<State>) -> Result<()> {
    draft::link(linker)?;
    draft2::link(linker)
}

/// A value that a guest wants to replace, unless somebody else does so first.
#[expect(
    unreachable_pub,
    reason = "the generated bindings re-export it, which needs it to be public"
)]
pub struct Swap {
    bucket: Bucket,
    key: String,
    /// The value as the guest has last seen it.
    seen: Mark,
}

type Handle = Resource<Bucket>;

/// Closes what a call has opened, so that an instance that is kept for another caller
/// cannot go on with it.
pub(crate) fn close_all(handles: &mut ResourceTable) {
    for handle in handles.iter_mut() {
        if let Some(bucket) = handle.downcast_mut::<Bucket>() {
            bucket.close();
        } else if let Some(swap) = handle.downcast_mut::<Swap>() {
            swap.bucket.close();
        }
    }
}

impl State {
    fn open_bucket(&mut self, name: String) -> Result<Result<Handle, Refusal>> {
        let guest = &self.guest;
        let Some(granted) = &guest.granted.store else {
            guest.denials.store();
            return Ok(Err(Refusal::Denied));
        };
        match granted.bucket(&guest.name, &self.call, &guest.denials, name) {
            Ok(bucket) => Ok(Ok(self.table().push(bucket)?)),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    fn bucket(&mut self, handle: &Handle) -> Result<&mut Bucket> {
        Ok(self.table().get_mut(handle)?)
    }

    fn close_bucket(&mut self, handle: Handle) -> Result<()> {
        self.table().delete(handle)?;
        Ok(())
    }
}

/// A value without its key is none.
type Found = Vec<Option<(String, Vec<u8>)>>;
