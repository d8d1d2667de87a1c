//! Noticing what a guest is refused of the folders it is granted.
//!
//! wasmtime keeps guests inside their folders. These functions stand in front of its
//! own and only look at how it ends, so that the log can say what would grant it. They
//! are the ones with which programs begin; what is refused to a file that is open
//! already has an error code and no explanation. A path outside of every folder never
//! comes this far: the guest's own library finds no folder for it.

use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::FsPerms;
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor, OpenFlags, PathFlags,
};

use crate::state::State;

/// The interface as wasmtime links it.
const TYPES: &str = "wasi:filesystem/types@0.2.12";

type Fd = Resource<Descriptor>;

/// Puts our functions in front.
pub(crate) fn link(linker: &mut Linker<State>) -> Result<()> {
    let mut types = linker.instance(TYPES)?;
    types.func_wrap_async("[method]descriptor.open-at", |store, parameters| {
        Box::new(open_at(store, parameters))
    })?;
    types.func_wrap_async("[method]descriptor.create-directory-at", |store, at| {
        Box::new(create_directory_at(store, at))
    })?;
    types.func_wrap_async("[method]descriptor.remove-directory-at", |store, at| {
        Box::new(remove_directory_at(store, at))
    })?;
    types.func_wrap_async("[method]descriptor.unlink-file-at", |store, at| {
        Box::new(unlink_file_at(store, at))
    })
}

async fn open_at(
    mut store: StoreContextMut<'_, State>,
    (fd, how, path, open, flags): (Fd, PathFlags, String, OpenFlags, DescriptorFlags),
) -> Result<(Result<Fd, ErrorCode>,)> {
    let writes = flags.contains(DescriptorFlags::WRITE)
        || open.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE);
    let state = store.data_mut();
    let place = place(state, &fd, &path, writes)?;
    let opened = state.filesystem().open_at(fd, how, path, open, flags).await;
    state.explain(opened, &place)
}

async fn create_directory_at(
    mut store: StoreContextMut<'_, State>,
    (fd, path): (Fd, String),
) -> Result<(Result<(), ErrorCode>,)> {
    let state = store.data_mut();
    let place = place(state, &fd, &path, true)?;
    let created = state.filesystem().create_directory_at(fd, path).await;
    state.explain(created, &place)
}

async fn remove_directory_at(
    mut store: StoreContextMut<'_, State>,
    (fd, path): (Fd, String),
) -> Result<(Result<(), ErrorCode>,)> {
    let state = store.data_mut();
    let place = place(state, &fd, &path, true)?;
    let removed = state.filesystem().remove_directory_at(fd, path).await;
    state.explain(removed, &place)
}

async fn unlink_file_at(
    mut store: StoreContextMut<'_, State>,
    (fd, path): (Fd, String),
) -> Result<(Result<(), ErrorCode>,)> {
    let state = store.data_mut();
    let place = place(state, &fd, &path, true)?;
    let removed = state.filesystem().unlink_file_at(fd, path).await;
    state.explain(removed, &place)
}

/// What is to be opened or changed, for the case that it is refused.
struct Place {
    path: String,
    /// The folder may only be read, and this is more.
    only_read: bool,
}

fn place(state: &mut State, fd: &Fd, path: &str, writes: bool) -> Result<Place> {
    let folder = state.folder(fd.rep()).map(|folder| format!("{folder}/"));
    let only_read = match state.table().get(fd)? {
        Descriptor::Dir(dir) => dir.perms == FsPerms::ReadOnly && writes,
        Descriptor::File(_) => false,
    };
    Ok(Place {
        path: folder.unwrap_or_default() + path,
        only_read,
    })
}

impl State {
    /// Passes a result on, and tells the operator of a refusal.
    fn explain<T>(&self, result: FsResult<T>, place: &Place) -> Result<(Result<T, ErrorCode>,)> {
        let code = match result {
            Ok(value) => return Ok((Ok(value),)),
            Err(error) => error.downcast()?,
        };
        if code == ErrorCode::NotPermitted && place.only_read {
            self.guest.denials.writing(&place.path);
        } else if code == ErrorCode::NotPermitted {
            self.guest.denials.outside(&place.path);
        }
        Ok((Err(code),))
    }
}
