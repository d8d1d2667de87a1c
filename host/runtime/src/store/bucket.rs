//! A bucket as a running call holds it.

use std::collections::BTreeMap;

use super::Scope;
use super::bounds::{self, MANY_KEYS, PAGE_BYTES, Refusal};
use super::change::{Change, Changed, Stop, View};
use super::mark::Mark;

/// A bucket that a call has opened.
#[expect(
    unreachable_pub,
    reason = "generated bindings re-export it, which needs it to be public"
)]
pub struct Bucket {
    scope: Scope,
    name: String,
    quota: u64,
    /// The last page that was counted: how many keys there were up to its end, and the
    /// last of them.
    counted: Option<(u64, String)>,
}

/// Some of the keys of a bucket.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) keys: Vec<String>,
    /// Whether there are more.
    pub(crate) more: bool,
}

impl Bucket {
    pub(super) fn new(scope: Scope, name: String, quota: u64) -> Self {
        Self {
            scope,
            name,
            quota,
            counted: None,
        }
    }

    /// Whose it is was decided for the call that opened it, which is over.
    pub(crate) fn close(&mut self) {
        self.scope = Scope::Over;
        self.counted = None;
    }

    /// The same bucket, for a handle of its own.
    pub(crate) fn again(&self) -> Self {
        Self::new(self.scope.clone(), self.name.clone(), self.quota)
    }

    pub(crate) async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Refusal> {
        bounds::key(&key)?;
        self.scope
            .read(&self.name, move |view| view.get(&key))
            .await
    }

    pub(crate) async fn exists(&self, key: String) -> Result<bool, Refusal> {
        bounds::key(&key)?;
        let read = move |view: &dyn View| Ok(view.len(&key)?.is_some());
        self.scope.read(&self.name, read).await
    }

    /// The values of these keys, those of them that are there.
    pub(crate) async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<Option<(String, Vec<u8>)>>, Refusal> {
        keys.iter().try_for_each(|key| bounds::key(key))?;
        bounds::many(keys.len(), keys.iter().map(String::len).sum())?;
        self.scope
            .read(&self.name, move |view| {
                let mut bytes = 0;
                let get = |key: String| {
                    bytes += view.len(&key)?.unwrap_or(0);
                    bounds::many(0, bytes)?;
                    Ok(view.get(&key)?.map(|value| (key, value)))
                };
                keys.into_iter().map(get).collect()
            })
            .await
    }

    /// The keys that come after this one.
    pub(crate) async fn keys_after(&self, after: Option<String>) -> Result<Page, Refusal> {
        // What is no key comes from no list.
        let is_strange = |key: &str| bounds::key(key).is_err();
        if after.as_deref().is_some_and(is_strange) {
            return Err(Refusal::cursor());
        }
        let read = move |view: &dyn View| page(view, after.as_deref());
        self.scope.read(&self.name, read).await
    }

    /// The keys after so many others, and how many there are up to the last of these.
    /// Going on where the last page ended takes no longer than the page itself;
    /// anywhere else, keys are counted from the first.
    pub(crate) async fn keys_from(&mut self, count: u64) -> Result<(Page, u64), Refusal> {
        let known = self.counted.take().filter(|(known, _)| *known == count);
        let page = if count == 0 {
            self.keys_after(None).await?
        } else if let Some((_, last)) = known {
            self.keys_after(Some(last)).await?
        } else {
            let read = move |view: &dyn View| match nth(view, count)? {
                Some(last) => page(view, Some(&last)),
                None => Ok(Page::default()),
            };
            self.scope.read(&self.name, read).await?
        };
        let end = count.saturating_add(u64::try_from(page.keys.len()).unwrap_or(u64::MAX));
        self.counted = page.keys.last().map(|last| (end, last.clone()));
        Ok((page, end))
    }

    pub(crate) async fn set(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), Refusal> {
        let mut bytes = 0;
        for (key, value) in &pairs {
            bounds::key(key)?;
            bounds::value(value)?;
            bytes += key.len() + value.len();
        }
        bounds::many(pairs.len(), bytes)?;
        // If a key is in it twice, the last value counts.
        let change = Change::Set(pairs.into_iter().collect::<BTreeMap<_, _>>());
        self.change(change).await.map(drop)
    }

    pub(crate) async fn delete(&self, keys: Vec<String>) -> Result<(), Refusal> {
        keys.iter().try_for_each(|key| bounds::key(key))?;
        bounds::many(keys.len(), keys.iter().map(String::len).sum())?;
        self.change(Change::Delete(keys)).await.map(drop)
    }

    pub(crate) async fn increment(&self, key: String, by: i64) -> Result<i64, Refusal> {
        bounds::key(&key)?;
        match self.change(Change::Increment { key, by }).await? {
            Changed::Number(number) => Ok(number),
            Changed::Done | Changed::Outdated(_) => Err(Refusal::broken()),
        }
    }

    /// What a value is now, for [`swap`](Self::swap).
    pub(crate) async fn mark(&self, key: String) -> Result<Mark, Refusal> {
        bounds::key(&key)?;
        let read = move |view: &dyn View| Ok(Mark::of(view.get(&key)?.as_deref()));
        self.scope.read(&self.name, read).await
    }

    /// Sets a value if it is still the one that was marked. If not, marks what it is
    /// now.
    pub(crate) async fn swap(
        &self,
        key: String,
        expected: Mark,
        value: Vec<u8>,
    ) -> Result<Changed, Refusal> {
        bounds::key(&key)?;
        bounds::value(&value)?;
        self.change(Change::Swap {
            key,
            expected,
            value,
        })
        .await
    }

    async fn change(&self, change: Change) -> Result<Changed, Refusal> {
        self.scope.change(&self.name, self.quota, change).await
    }
}

fn page(view: &dyn View, after: Option<&str>) -> Result<Page, Stop> {
    let mut page = Page::default();
    let mut bytes = 0;
    view.keys(after, &mut |key| {
        bytes += key.len();
        page.more = page.keys.len() >= MANY_KEYS || bytes > PAGE_BYTES;
        if !page.more {
            page.keys.push(key.to_owned());
        }
        !page.more
    })?;
    Ok(page)
}

/// The last one of the first `count` keys; none if there are not so many.
fn nth(view: &dyn View, count: u64) -> Result<Option<String>, Stop> {
    let mut left = count;
    let mut last = None;
    view.keys(None, &mut |key| {
        left -= 1;
        if left == 0 {
            last = Some(key.to_owned());
        }
        left > 0
    })?;
    Ok(last)
}
