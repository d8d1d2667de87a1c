//! Telling clients that something has changed.
//!
//! Whoever wants to know has a `Listener` with a mailbox. Publishing puts a
//! change into the mailboxes of those that asked for it and never waits; a mailbox
//! holds each change once, however often it happened before it was read, so it
//! cannot overflow and nobody misses a change by being slow (SUB-2, SHL-23).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;
use wharf_mcp::model::{Change, List};
use wharf_mcp::{Capabilities, Filter, RequestId, Task};

/// How many resources one client may watch, and how many tasks.
pub const MAX_WATCHED: usize = 1_000;

/// How many updated resources wait in a mailbox by their own URIs. Beyond, what
/// waits is the URI that is being watched, which means the same and less exactly.
const MAX_UPDATED: usize = 1_000;

/// Where changes are published. Clones are the same place.
#[derive(Debug, Clone, Default)]
pub struct Changes(Arc<Bus>);

#[derive(Debug, Default)]
struct Bus {
    mailboxes: Mutex<BTreeMap<u64, Arc<Mailbox>>>,
    next: AtomicU64,
}

/// Hears of changes until it is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    bus: Arc<Bus>,
    number: u64,
    mailbox: Arc<Mailbox>,
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Notice {
    /// Something has changed.
    Change(Change),
    /// A task has.
    Task(Task),
}

/// A client watches more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

#[derive(Debug, Default)]
struct Mailbox {
    content: Mutex<Content>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Content {
    /// Which lists are of interest.
    lists: Lists,
    watched: BTreeSet<String>,
    tasks: BTreeSet<String>,
    /// What has happened since it was last looked at.
    changed: Lists,
    updated: BTreeSet<String>,
    moved: BTreeMap<Arc<str>, Task>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Lists {
    tools: bool,
    resources: bool,
    prompts: bool,
}

impl Changes {
    /// Tells everybody who wants to know.
    pub fn publish(&self, change: &Change) {
        for mailbox in self.0.lock().values() {
            mailbox.put(|content| content.change(change));
        }
    }

    /// Tells those that listen to this task.
    pub(crate) fn publish_task(&self, task: &Task) {
        for mailbox in self.0.lock().values() {
            mailbox.put(|content| {
                let wanted = content.tasks.contains(&*task.id);
                if wanted {
                    content.moved.insert(Arc::clone(&task.id), task.clone());
                }
                wanted
            });
        }
    }

    /// Listens for these changes from now on.
    pub(crate) fn listen(&self, wanted: &Filter) -> Result<Listener, TooMany> {
        if wanted.uris.len() > MAX_WATCHED || wanted.tasks.len() > MAX_WATCHED {
            return Err(TooMany);
        }
        let content = Content {
            lists: Lists {
                tools: wanted.tools,
                resources: wanted.resources,
                prompts: wanted.prompts,
            },
            watched: wanted.uris.iter().cloned().collect(),
            tasks: wanted.tasks.iter().cloned().collect(),
            ..Content::default()
        };
        Ok(self.register(content))
    }

    /// Listens for everything a client with a session is told without asking: changes
    /// of what it was told that there is. What comes later, such as the first plugin
    /// with prompts, is for sessions that begin later.
    pub(crate) fn listen_to_lists(&self, there: Capabilities) -> Listener {
        self.register(Content {
            lists: Lists {
                tools: there.tools,
                resources: there.resources,
                prompts: there.prompts,
            },
            ..Content::default()
        })
    }

    fn register(&self, content: Content) -> Listener {
        let mailbox = Arc::new(Mailbox {
            content: Mutex::new(content),
            filled: Notify::new(),
        });
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.0.lock().insert(number, Arc::clone(&mailbox));
        Listener {
            bus: Arc::clone(&self.0),
            number,
            mailbox,
        }
    }
}

impl Listener {
    /// The next notice. Nothing is lost if the future is dropped.
    pub(crate) async fn next(&self) -> Notice {
        loop {
            let filled = self.mailbox.filled.notified();
            if let Some(notice) = self.try_next() {
                return notice;
            }
            filled.await;
        }
    }

    /// A notice that is there already.
    pub(crate) fn try_next(&self) -> Option<Notice> {
        self.mailbox.lock().take()
    }

    /// Carries out what a client with a session wants watched, or no more (RES-7),
    /// and returns what to answer: `answer`, unless there is too much.
    pub(crate) fn answer_to_watching(
        &self,
        id: &RequestId,
        uri: String,
        watched: bool,
        answer: Bytes,
    ) -> Bytes {
        if !watched {
            self.unwatch(&uri);
            return answer;
        }
        if self.watch(uri).is_ok() {
            return answer;
        }
        let problem = format!("{MAX_WATCHED} resources are being watched already");
        wharf_mcp::too_many(id, &problem)
    }

    /// Watches a resource, and what is below it. Doing so again changes nothing.
    fn watch(&self, uri: String) -> Result<(), TooMany> {
        let mut content = self.mailbox.lock();
        if content.watched.len() >= MAX_WATCHED && !content.watched.contains(&uri) {
            return Err(TooMany);
        }
        content.watched.insert(uri);
        Ok(())
    }

    /// Watches it no more.
    fn unwatch(&self, uri: &str) {
        self.mailbox.lock().watched.remove(uri);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.bus.lock().remove(&self.number);
    }
}

impl Bus {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Mailbox>>> {
        // A panic while the lock is held leaves the table as it was.
        self.mailboxes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailbox {
    fn put(&self, put: impl FnOnce(&mut Content) -> bool) {
        if put(&mut self.lock()) {
            self.filled.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        // A panic while the lock is held leaves the sets as they were.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    /// Notes a change. False if nobody here wants to know.
    fn change(&mut self, change: &Change) -> bool {
        let (wanted, noted) = match change {
            Change::List(List::Tools) => (self.lists.tools, &mut self.changed.tools),
            Change::List(List::Resources) => (self.lists.resources, &mut self.changed.resources),
            Change::List(List::Prompts) => (self.lists.prompts, &mut self.changed.prompts),
            Change::Resource(uri) => return self.update(uri),
        };
        *noted |= wanted;
        wanted
    }

    fn update(&mut self, uri: &str) -> bool {
        let Some(watched) = self.watching(uri) else {
            return false;
        };
        if self.updated.len() < MAX_UPDATED {
            self.updated.insert(uri.to_owned());
        } else {
            let watched = watched.to_owned();
            self.updated.insert(watched);
        }
        true
    }

    /// The watched URI that this one is, or is below (RES-7).
    fn watching<'a>(&self, uri: &'a str) -> Option<&'a str> {
        if self.watched.is_empty() {
            return None;
        }
        let slashes = uri.match_indices('/').map(|(at, _)| at);
        let above = slashes.flat_map(|at| [&uri[..at], &uri[..=at]]);
        std::iter::once(uri)
            .chain(above)
            .find(|uri| self.watched.contains(*uri))
    }

    fn take(&mut self) -> Option<Notice> {
        for (changed, list) in [
            (&mut self.changed.tools, List::Tools),
            (&mut self.changed.resources, List::Resources),
            (&mut self.changed.prompts, List::Prompts),
        ] {
            if std::mem::take(changed) {
                return Some(Notice::Change(Change::List(list)));
            }
        }
        if let Some(uri) = self.updated.pop_first() {
            return Some(Notice::Change(Change::Resource(uri)));
        }
        self.moved.pop_first().map(|(_, task)| Notice::Task(task))
    }
}

#[cfg(test)]
mod tests {
    use super::{Changes, MAX_WATCHED, Notice};
    use wharf_mcp::model::{Change, List};
    use wharf_mcp::{Capabilities, Filter};

    fn heard(listener: &super::Listener) -> Vec<Change> {
        std::iter::from_fn(|| listener.try_next())
            .map(|notice| match notice {
                Notice::Change(change) => change,
                Notice::Task(task) => panic!("{task:?}"),
            })
            .collect()
    }

    fn everything() -> Capabilities {
        Capabilities {
            tools: true,
            resources: true,
            prompts: true,
            ..Capabilities::default()
        }
    }

    #[test]
    fn a_session_hears_of_what_it_was_told_of() {
        let changes = Changes::default();
        let tools = changes.listen_to_lists(Capabilities {
            tools: true,
            ..Capabilities::default()
        });
        for list in [List::Tools, List::Resources, List::Prompts] {
            changes.publish(&Change::List(list));
        }
        assert_eq!(heard(&tools), [Change::List(List::Tools)]);
    }

    #[test]
    fn a_change_is_heard_once_by_those_that_want_to_know() {
        let changes = Changes::default();
        let lists = changes.listen_to_lists(everything());
        let tools = Filter {
            tools: true,
            ..Filter::default()
        };
        let tools = changes.listen(&tools).unwrap();
        for _ in 0..3 {
            changes.publish(&Change::List(List::Prompts));
            changes.publish(&Change::List(List::Tools));
        }
        let expected = [List::Tools, List::Prompts].map(Change::List);
        assert_eq!(heard(&lists), expected);
        assert_eq!(heard(&tools), [Change::List(List::Tools)]);
        assert_eq!(heard(&tools), []);
    }

    #[test]
    fn resources_are_watched_with_what_is_below_them() {
        let changes = Changes::default();
        let listener = changes.listen_to_lists(everything());
        for uri in ["note:///a", "file:///dir/"] {
            listener.watch(uri.to_owned()).unwrap();
        }
        for uri in [
            "note:///a",
            "note:///a/b/c",
            "note:///ab",
            "note:///b",
            "file:///dir/x",
            "file:///dir",
        ] {
            changes.publish(&Change::Resource(uri.to_owned()));
        }
        let updated = ["file:///dir/x", "note:///a", "note:///a/b/c"];
        assert_eq!(
            heard(&listener),
            updated.map(|uri| Change::Resource(uri.to_owned()))
        );
        listener.unwatch("note:///a");
        changes.publish(&Change::Resource("note:///a".to_owned()));
        assert_eq!(heard(&listener), []);
    }

    #[test]
    fn there_is_a_limit_to_what_is_kept() {
        let changes = Changes::default();
        let listener = changes.listen_to_lists(everything());
        listener.watch("n:///".to_owned()).unwrap();
        for number in 0..MAX_WATCHED + 5 {
            changes.publish(&Change::Resource(format!("n:///{number}")));
        }
        let heard = heard(&listener);
        assert_eq!(heard.len(), MAX_WATCHED + 1);
        assert!(heard.contains(&Change::Resource("n:///".to_owned())));
        for number in 1..MAX_WATCHED {
            listener.watch(format!("m:///{number}")).unwrap();
        }
        assert!(listener.watch("one more".to_owned()).is_err());
        listener.watch("n:///".to_owned()).unwrap();
    }
}
