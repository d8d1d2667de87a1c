//! The store of the host.

use super::{Error, Result};
use crate::bindings::keyvalue::wasi::keyvalue::{atomics, batch, store};

pub(super) use atomics::Cas;
pub(super) use store::Bucket as Handle;

/// Pairs of those keys that are there.
type Found = Vec<Option<(String, Vec<u8>)>>;

pub(super) fn open(name: &str) -> Result<Handle> {
    Ok(store::open(name)?)
}

pub(super) fn get(bucket: &Handle, key: &str) -> Result<Option<Vec<u8>>> {
    Ok(bucket.get(key)?)
}

pub(super) fn get_many(bucket: &Handle, keys: &[&str]) -> Result<Found> {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    Ok(batch::get_many(bucket, &keys)?)
}

pub(super) fn exists(bucket: &Handle, key: &str) -> Result<bool> {
    Ok(bucket.exists(key)?)
}

pub(super) fn set(bucket: &Handle, key: &str, value: &[u8]) -> Result<()> {
    Ok(bucket.set(key, value)?)
}

pub(super) fn set_many(bucket: &Handle, pairs: &[(String, Vec<u8>)]) -> Result<()> {
    Ok(batch::set_many(bucket, pairs)?)
}

pub(super) fn delete(bucket: &Handle, key: &str) -> Result<()> {
    Ok(bucket.delete(key)?)
}

pub(super) fn delete_many(bucket: &Handle, keys: &[&str]) -> Result<()> {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    Ok(batch::delete_many(bucket, &keys)?)
}

pub(super) fn increment(bucket: &Handle, key: &str, by: i64) -> Result<i64> {
    Ok(atomics::increment(bucket, key, by)?)
}

pub(super) fn list(bucket: &Handle, cursor: Option<&str>) -> Result<(Vec<String>, Option<String>)> {
    let page = bucket.list_keys(cursor)?;
    Ok((page.keys, page.cursor))
}

pub(super) fn start_swap(bucket: &Handle, key: &str) -> Result<Cas> {
    Ok(Cas::new(bucket, key)?)
}

pub(super) fn seen(swap: &Cas) -> Result<Option<Vec<u8>>> {
    Ok(swap.current()?)
}

/// Gives another try if somebody else was faster.
pub(super) fn swap(swap: Cas, value: &[u8]) -> Result<Option<Cas>> {
    match atomics::swap(swap, value) {
        Ok(()) => Ok(None),
        Err(atomics::CasError::CasFailed(again)) => Ok(Some(again)),
        Err(atomics::CasError::StoreError(error)) => Err(error.into()),
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::AccessDenied => Self::Denied,
            store::Error::NoSuchStore => Self::Refused("there is no such bucket".to_owned()),
            store::Error::Other(why) => Self::Refused(why),
        }
    }
}
