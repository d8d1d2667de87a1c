//! Requests that listen for changes (§21.2).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wharf_mcp::{Filter, Refusal, Reply};

use super::Running;
use crate::changes::{MAX_WATCHED, Notice, TooMany};

/// How many requests may listen at once. Each holds a stream open.
const MAX_LISTENING: usize = 10_000;

/// Places for requests that listen.
#[derive(Debug, Default)]
pub(super) struct Places(AtomicUsize);

/// A place that is taken, until it is dropped.
struct Taken(Arc<Places>);

impl Places {
    fn take(self: &Arc<Self>) -> Option<Taken> {
        if self.0.fetch_add(1, Ordering::Relaxed) >= MAX_LISTENING {
            self.0.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Taken(Arc::clone(self)))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Running {
    /// Tells of changes until the client has heard enough, which drops this, or
    /// there will be no more to tell.
    pub(super) async fn listen(
        &self,
        wanted: &Filter,
        subject: Option<&str>,
    ) -> Result<Reply, Refusal> {
        let Some(_place) = self.calls.listening.take() else {
            // SUB-11.
            let problem = format!("{MAX_LISTENING} requests are listening already");
            return Err(Refusal::Internal(problem));
        };
        let honoured = self.honour(wanted, subject);
        // From here on nothing is lost, and nothing is said before the
        // acknowledgement (trap 13).
        let listener = self.calls.changes.listen(&honoured).map_err(|TooMany| {
            Refusal::InvalidParams(format!("at most {MAX_WATCHED} things can be watched"))
        })?;
        self.line.say(self.exchange.acknowledge(&honoured)).await;
        loop {
            let notice = tokio::select! {
                notice = listener.next() => notice,
                () = self.line.drain.begun() => return Ok(Reply::Listened),
            };
            let frame = match notice {
                Notice::Change(change) => self.exchange.change(&change),
                Notice::Task(task) => self.exchange.task_changed(&task),
            };
            self.line.say(frame).await;
        }
    }

    /// What of it there is (SUB-2, SUB-10).
    fn honour(&self, wanted: &Filter, subject: Option<&str>) -> Filter {
        let has = self.calls.router.facts().capabilities;
        let known = |id: &&String| self.calls.tasks.find(id, subject).is_ok();
        Filter {
            tools: wanted.tools && has.tools,
            prompts: wanted.prompts && has.prompts,
            resources: wanted.resources && has.resources,
            uris: if has.resources {
                wanted.uris.clone()
            } else {
                Vec::new()
            },
            tasks: wanted.tasks.iter().filter(known).cloned().collect(),
        }
    }
}
