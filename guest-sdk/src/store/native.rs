//! A store for tests: in memory, one for each thread.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::{Error, Result, unexpected};

/// Keys on a page: few, so that tests of a plugin get to see a second one.
const PAGE: usize = 10;

type Bucket = BTreeMap<String, Vec<u8>>;

/// Pairs of those keys that are there.
type Found = Vec<Option<(String, Vec<u8>)>>;

/// None: not granted.
type Store = Option<BTreeMap<String, Bucket>>;

thread_local! {
    static STORE: RefCell<Store> = const { RefCell::new(Some(BTreeMap::new())) };
}

pub(crate) struct Handle(String);

/// What was there, and where.
pub(super) struct Swap(String, String, Option<Vec<u8>>);

/// Empties the store of this thread, or takes it away.
pub(crate) fn reset(granted: bool) {
    STORE.set(granted.then(BTreeMap::new));
}

fn with<T>(name: &str, work: impl FnOnce(&mut Bucket) -> Result<T>) -> Result<T> {
    STORE.with_borrow_mut(|store| {
        let store = store.as_mut().ok_or(Error::Denied)?;
        work(store.entry(name.to_owned()).or_default())
    })
}

pub(super) fn open(name: &str) -> Result<Handle> {
    let name = if name.is_empty() { "default" } else { name };
    with(name, |_| Ok(Handle(name.to_owned())))
}

pub(super) fn get(bucket: &Handle, key: &str) -> Result<Option<Vec<u8>>> {
    with(&bucket.0, |entries| Ok(entries.get(key).cloned()))
}

pub(super) fn get_many(bucket: &Handle, keys: &[&str]) -> Result<Found> {
    let get = |key: &&str| {
        let value = get(bucket, key)?;
        Ok(value.map(|value| ((*key).to_owned(), value)))
    };
    keys.iter().map(get).collect()
}

pub(super) fn exists(bucket: &Handle, key: &str) -> Result<bool> {
    with(&bucket.0, |entries| Ok(entries.contains_key(key)))
}

pub(super) fn set(bucket: &Handle, key: &str, value: &[u8]) -> Result<()> {
    set_many(bucket, &[(key.to_owned(), value.to_owned())])
}

pub(super) fn set_many(bucket: &Handle, pairs: &[(String, Vec<u8>)]) -> Result<()> {
    with(&bucket.0, |entries| {
        entries.extend(pairs.iter().cloned());
        Ok(())
    })
}

pub(super) fn delete(bucket: &Handle, key: &str) -> Result<()> {
    delete_many(bucket, &[key])
}

pub(super) fn delete_many(bucket: &Handle, keys: &[&str]) -> Result<()> {
    with(&bucket.0, |entries| {
        entries.retain(|key, _| !keys.contains(&key.as_str()));
        Ok(())
    })
}

pub(super) fn increment(bucket: &Handle, key: &str, by: i64) -> Result<i64> {
    with(&bucket.0, |entries| {
        let old = match entries.get(key) {
            None => Some(0),
            Some(value) => std::str::from_utf8(value)
                .ok()
                .and_then(|old| old.parse().ok()),
        };
        let old: i64 = old.ok_or_else(|| unexpected(key, "not a whole number"))?;
        let new = old.checked_add(by);
        let new = new.ok_or_else(|| unexpected(key, "the number would get too large"))?;
        entries.insert(key.to_owned(), new.to_string().into_bytes());
        Ok(new)
    })
}

pub(super) fn list(bucket: &Handle, cursor: Option<&str>) -> Result<(Vec<String>, Option<String>)> {
    with(&bucket.0, |entries| {
        let behind = |key: &&String| cursor.is_none_or(|cursor| key.as_str() > cursor);
        let mut keys: Vec<String> = entries
            .keys()
            .filter(behind)
            .take(PAGE + 1)
            .cloned()
            .collect();
        let more = keys.len() > PAGE;
        keys.truncate(PAGE);
        let cursor = keys.last().filter(|_| more).cloned();
        Ok((keys, cursor))
    })
}

pub(super) fn start_swap(bucket: &Handle, key: &str) -> Result<Swap> {
    let seen = get(bucket, key)?;
    Ok(Swap(bucket.0.clone(), key.to_owned(), seen))
}

#[expect(clippy::unnecessary_wraps, reason = "that of the host can fail")]
pub(super) fn seen(swap: &Swap) -> Result<Option<Vec<u8>>> {
    Ok(swap.2.clone())
}

/// Gives another try if somebody else was faster: the plugin itself, here.
pub(super) fn swap(swap: Swap, value: &[u8]) -> Result<Option<Swap>> {
    let Swap(name, key, seen) = swap;
    with(&name.clone(), |entries| {
        if entries.get(&key) == seen.as_ref() {
            entries.insert(key, value.to_owned());
            return Ok(None);
        }
        let now = entries.get(&key).cloned();
        Ok(Some(Swap(name, key, now)))
    })
}
