//! The work of a task.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use wharf_mcp::model::{CallContext, InputRequired, Outcome, Question, ToolResult};
use wharf_mcp::{Exchange, Operation, Refusal, Reply, TaskEnd};

use super::Entry;
use crate::call::{MAX_ROUNDS, refusal_to_ask};
use crate::registry::{Events, Invocation};
use crate::router::Router;

/// A call that is to go on in the background.
pub(in crate::call) struct Job {
    pub(in crate::call) router: Router,
    pub(in crate::call) exchange: Arc<Exchange>,
    pub(in crate::call) operation: Operation,
    pub(in crate::call) context: Arc<CallContext>,
}

/// The keys that questions have had, because none may come again in the life of a
/// task (TKE-6), while a plugin may well ask the same thing twice.
#[derive(Default)]
struct Keys(HashSet<String>);

impl Job {
    /// Works until there is an end.
    pub(super) async fn work(mut self, entry: Arc<Entry>) {
        self.context().in_task = true;
        let end = self.end(&entry).await;
        entry.ended(end);
    }

    async fn end(&mut self, entry: &Arc<Entry>) -> TaskEnd {
        let mut keys = Keys::default();
        for _ in 0..MAX_ROUNDS {
            let events: Arc<dyn Events> = Arc::<Entry>::clone(entry);
            let invocation = Invocation {
                context: Arc::clone(&self.context),
                events,
                session: entry.session(),
            };
            match self.router.route(&self.operation, invocation).await {
                Outcome::Complete(Reply::Tool(result)) => return Ok(result),
                Outcome::Complete(Reply::Refused(refusal)) => return Err(refusal),
                // Only tools become tasks.
                Outcome::Complete(_) => return Err(Refusal::Internal("Internal error".to_owned())),
                Outcome::Deferred if self.context.deferred => {
                    return Ok(ToolResult::error("the tool failed: it was put off twice"));
                }
                Outcome::Deferred => self.context().deferred = true,
                Outcome::InputRequired(input) => {
                    let refusal = refusal_to_ask(&self.exchange, &input, &self.context, true);
                    if let Some(refusal) = refusal {
                        return Ok(ToolResult::error(refusal.in_words()));
                    }
                    self.ask(input, entry, &mut keys).await;
                }
            }
        }
        let text = format!("the tool failed: it asked more than {MAX_ROUNDS} times");
        Ok(ToolResult::error(text))
    }

    async fn ask(&mut self, input: InputRequired, entry: &Entry, keys: &mut Keys) {
        let (questions, own): (Vec<(String, Question)>, HashMap<String, String>) = input
            .questions
            .into_iter()
            .map(|(key, question)| {
                let public = keys.public(&key);
                ((public.clone(), question), (public, key))
            })
            .unzip();
        let answers = entry.ask(questions).await.into_iter();
        let context = self.context();
        context.answers = answers
            .filter_map(|(public, answer)| Some((own.get(&public)?.clone(), answer)))
            .collect();
        context.state = input.state;
    }

    /// The context, between two runs.
    fn context(&mut self) -> &mut CallContext {
        Arc::make_mut(&mut self.context)
    }
}

impl Keys {
    /// The key under which clients see a question: its own, or one like it.
    fn public(&mut self, key: &str) -> String {
        let mut public = key.to_owned();
        let mut times = 1;
        while !self.0.insert(public.clone()) {
            times += 1;
            public = format!("{key}#{times}");
        }
        public
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;

    /// TKE-6.
    #[test]
    fn no_key_comes_twice() {
        let mut keys = Keys::default();
        let public: Vec<String> = ["name", "name", "name#2", "name#2", "name"]
            .into_iter()
            .map(|key| keys.public(key))
            .collect();
        assert_eq!(public, ["name", "name#2", "name#2#2", "name#2#3", "name#3"]);
    }
}
