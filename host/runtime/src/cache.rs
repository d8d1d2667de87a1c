//! Compiled code, kept between starts.
//!
//! Compiling takes some hundred milliseconds for a small plugin, reading the
//! result back about one. What is in the folder is machine code that the host
//! will run, outside any sandbox, so a folder that others can write into is not
//! used. A cache that cannot be used is a warning, never a reason not to start.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::Path;

use wasmtime::{Cache, CacheConfig};

/// Opens the cache in `folder`, making the folder if it is missing.
pub(crate) fn open(folder: &Path) -> Option<Cache> {
    match try_open(folder) {
        Ok(cache) => Some(cache),
        Err(problem) => {
            tracing::warn!(
                folder = %folder.display(),
                %problem,
                "compiled code will not be cached"
            );
            None
        }
    }
}

fn try_open(folder: &Path) -> Result<Cache, String> {
    make_private(folder).map_err(|error| error.to_string())?;
    // wasmtime insists on an absolute path.
    let folder = folder.canonicalize().map_err(|error| error.to_string())?;
    let mut config = CacheConfig::new();
    config.with_directory(folder);
    Cache::new(config).map_err(|error| format!("{error:#}"))
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};

    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let found = fs::metadata(folder)?;
    if found.mode() & 0o022 != 0 {
        return Err(io::Error::other("other users can write to the folder"));
    }
    // Who we are, as Linux tells it without unsafe code; elsewhere the mode has
    // to do.
    let us = fs::metadata("/proc/self").ok();
    if us.is_some_and(|us| us.uid() != found.uid()) {
        return Err(io::Error::other("the folder belongs to another user"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(folder)
}
