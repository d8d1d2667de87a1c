//! A bounded table of sessions by unguessable id.
//!
//! Split into parts with a lock each, so that requests of different sessions
//! seldom meet. Nothing is done while a lock is held but looking up.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many parts. A few times the cores of a large machine.
const PARTS: usize = 64;

/// 128 random bits, written as 32 hexadecimal digits: visible ASCII, and not to
/// be guessed (SHL-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionId(u128);

/// Sessions by id, up to a limit.
#[derive(Debug)]
pub(super) struct Table<T> {
    parts: [Mutex<HashMap<SessionId, T>>; PARTS],
    /// Entries in all parts.
    count: AtomicUsize,
    limit: usize,
}

impl SessionId {
    pub(super) fn random() -> Self {
        Self(rand::random())
    }

    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let lower = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.iter().all(lower) {
            return None;
        }
        u128::from_str_radix(std::str::from_utf8(text).ok()?, 16)
            .ok()
            .map(Self)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Hash for SessionId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.0);
    }
}

impl<T> Table<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            parts: std::array::from_fn(|_| Mutex::default()),
            count: AtomicUsize::new(0),
            limit,
        }
    }

    /// Adds a session under a new id; gives it back if the table is full.
    pub(super) fn insert(&self, session: T) -> Result<SessionId, T> {
        if self.count.fetch_add(1, Ordering::Relaxed) >= self.limit {
            self.count.fetch_sub(1, Ordering::Relaxed);
            return Err(session);
        }
        let id = SessionId::random();
        self.part(id).insert(id, session);
        Ok(id)
    }

    /// Removes a session.
    pub(super) fn remove(&self, id: SessionId) -> Option<T> {
        let removed = self.part(id).remove(&id);
        if removed.is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
        removed
    }

    /// Removes all sessions that `keep` does not want.
    pub(super) fn retain(&self, keep: impl Fn(&T) -> bool) {
        for part in &self.parts {
            let mut removed = Vec::new();
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            part.retain(|id, session| {
                let kept = keep(session);
                if !kept {
                    removed.push(*id);
                }
                kept
            });
            self.count.fetch_sub(removed.len(), Ordering::Relaxed);
        }
    }

    fn part(&self, id: SessionId) -> MutexGuard<'_, HashMap<SessionId, T>> {
        // Ids are random, so any of their bits will do.
        let place = (id.0 % PARTS as u128) as usize;
        // A panic while the lock is held leaves the map as it was.
        self.parts[place]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Table<T> {
    /// A session.
    pub(super) fn get(&self, id: SessionId) -> Option<T> {
        self.part(id).get(&id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::{SessionId, Table};

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = SessionId::random();
        assert_eq!(SessionId::parse(id.to_string().as_bytes()), Some(id));
        for text in ["", "g", "+0000000000000000000000000000001", &"A".repeat(32)] {
            assert_eq!(SessionId::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_limit_holds_and_room_comes_back() {
        let table = Table::new(2);
        let first = table.insert(1).unwrap();
        table.insert(2).unwrap();
        assert_eq!(table.insert(3), Err(3));
        assert_eq!(table.remove(first), Some(1));
        assert_eq!(table.remove(first), None);
        table.insert(4).unwrap();
        table.retain(|session| *session == 4);
        table.insert(5).unwrap();
        assert_eq!(table.insert(6), Err(6));
    }
}
