//! The life of one call: from its acceptance to its answer.
//!
//! A plugin is a function that may be run several times for one call. It may end
//! with questions, and is run again with the answers; it may put its work off,
//! and is run again in the background. This is the loop around it, the same
//! for clients of all revisions but for one step: a client with a session is asked
//! by requests, and the loop waits for its responses; any other gets the questions
//! as its answer, and makes the request again.
//!
//! A [`Line`] is what a call has of the channel it came by.

mod asks;
mod listen;
mod speak;
mod tasks;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use wharf_mcp::model::{
    Answer as Given, CallContext, InputRequired, Outcome, Question, ToolResult,
};
use wharf_mcp::{
    Answer, Call, Exchange, FilledIn, Operation, Refusal, Reply, Retry, Sealing, StateKeys,
    TaskWish,
};

use crate::changes::Changes;
use crate::drain::Drain;
use crate::registry::Invocation;
use crate::router::Router;
use crate::schema::Schema;

pub(crate) use asks::Asks;
pub use speak::Outbound;
pub(crate) use speak::{Live, Speaker, What};
pub(crate) use tasks::Tasks;

/// How often one call may ask before it is given up. People are asked a few things
/// at a time; a plugin that asks for ever is broken.
const MAX_ROUNDS: usize = 32;

/// How many questions may be put at once (SEC-5).
const MAX_QUESTIONS: usize = 32;

/// How long an answer is waited for. People are asked (S2C-4).
const PATIENCE: Duration = Duration::from_mins(30);

/// What carries calls out. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Calls {
    pub(crate) router: Router,
    pub(crate) changes: Changes,
    tasks: Arc<Tasks>,
    keys: Arc<StateKeys>,
    listening: Arc<listen::Places>,
}

/// What a call has of the channel it came by.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Where what it says before its answer goes. None: the client wants nothing.
    pub(crate) said: Option<mpsc::Sender<Outbound>>,
    /// Whether it is still wanted.
    pub(crate) live: Live,
    /// Where responses to its questions arrive. None: the client answers by making
    /// the request again.
    pub(crate) asks: Option<Arc<Asks>>,
    /// Whether the channel is there for more calls than this one.
    pub(crate) outlives_calls: bool,
    /// Whether the channel ends, and with it what listens.
    pub(crate) drain: Drain,
}

impl Calls {
    pub(crate) fn new(router: Router, changes: Changes, keys: StateKeys) -> Self {
        Self {
            tasks: Arc::new(Tasks::new(changes.clone())),
            router,
            changes,
            keys: Arc::new(keys),
            listening: Arc::default(),
        }
    }

    /// Carries a call out. Dropping the future ends it, unless it has become a task.
    pub(crate) fn run(
        &self,
        call: Box<Call>,
        line: Line,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let calls = self.clone();
        async move {
            let begun = Instant::now();
            let call = *call;
            let running = Running {
                exchange: Arc::new(call.exchange),
                operation: call.operation,
                task: call.task,
                line,
                calls,
            };
            let ending = running.answer(call.context, call.retry).await;
            running.log(&ending, begun);
            ending.answer
        }
    }
}

/// One call on its way.
struct Running {
    exchange: Arc<Exchange>,
    operation: Operation,
    task: TaskWish,
    line: Line,
    calls: Calls,
}

/// How a call ended: its answer, and a word for the log.
struct Ending {
    answer: Answer,
    outcome: &'static str,
    trace: Option<String>,
}

impl Running {
    async fn answer(&self, mut context: CallContext, retry: Option<Retry>) -> Ending {
        let trace = context.meta.as_ref().and_then(wharf_mcp::trace_parent);
        let answered = retry.is_some();
        let resumed = retry.map_or(Ok(()), |retry| self.resume(&retry, &mut context));
        let mut reply = match resumed {
            Err(refusal) => Ok(Reply::Refused(refusal)),
            Ok(()) => self.reply(Arc::new(context)).await,
        };
        if answered && let Ok(Reply::Read(read)) = &mut reply {
            // CCH-4: what came of somebody's answers is for them, and for now.
            read.ttl = None;
        }
        match reply {
            Ok(reply) => Ending {
                outcome: reply.outcome(),
                answer: self.exchange.answer(&reply),
                trace,
            },
            Err(Asking { answer }) => Ending {
                outcome: "asked",
                answer,
                trace,
            },
        }
    }

    /// Takes in what the client brings from the round before.
    fn resume(&self, retry: &Retry, context: &mut CallContext) -> Result<(), Refusal> {
        let forms = retry.open(&self.operation, context, &self.calls.keys, now())?;
        forms.iter().try_for_each(|form| {
            check_form(form).map_err(|complaint| {
                Refusal::InvalidParams(format!("`inputResponses.{}`: {complaint}", form.key))
            })
        })
    }

    /// An operation is of one of three kinds: about a task, about changes, or
    /// something for a plugin to do.
    async fn reply(&self, context: Arc<CallContext>) -> Result<Reply, Asking> {
        let principal = Arc::clone(&context.principal);
        let subject = principal.subject.as_deref();
        let tasks = &self.calls.tasks;
        let reply = match &self.operation {
            Operation::Listen(filter) => self.listen(filter, subject).await,
            Operation::GetTask { id } => tasks.get(id, subject, &self.exchange).map(Reply::Task),
            Operation::ListTasks { cursor } => tasks.list(cursor.as_deref(), subject),
            Operation::UpdateTask { id, answers } => tasks
                .update(id, subject, answers)
                .map(|()| Reply::Acknowledged),
            Operation::CancelTask { id } => tasks.cancel(id, subject, &self.exchange),
            Operation::AwaitTask { id } => match tasks.find(id, subject) {
                Ok(task) => Ok(task.end(&self.exchange, &self.line).await),
                Err(refusal) => Err(refusal),
            },
            Operation::CallTool { name, .. } => match self.beginning(name) {
                Err(refusal) => Err(refusal),
                Ok(Beginning::Task { ttl }) => self.become_task(context, ttl),
                Ok(Beginning::Plain) => return self.perform(context).await,
            },
            Operation::ListTools { .. }
            | Operation::ListResources { .. }
            | Operation::ListTemplates { .. }
            | Operation::ReadResource { .. }
            | Operation::ListPrompts { .. }
            | Operation::GetPrompt { .. }
            | Operation::Complete { .. } => return self.perform(context).await,
        };
        Ok(reply.unwrap_or_else(Reply::Refused))
    }

    /// Runs the plugin until it is done (DWN-11).
    async fn perform(&self, mut context: Arc<CallContext>) -> Result<Reply, Asking> {
        for _ in 0..MAX_ROUNDS {
            let input = match self.route(&context).await {
                Outcome::Complete(reply) => return Ok(reply),
                Outcome::Deferred if context.deferred => {
                    return Ok(self.failed("it was put off twice"));
                }
                Outcome::Deferred => {
                    Arc::make_mut(&mut context).deferred = true;
                    match self.task {
                        TaskWish::Welcome => {
                            let created = self.become_task(context, None);
                            return Ok(created.unwrap_or_else(Reply::Refused));
                        }
                        // Nobody to wait for it elsewhere.
                        TaskWish::Impossible | TaskWish::NotAsked | TaskWish::Asked(_) => continue,
                    }
                }
                Outcome::InputRequired(input) => input,
            };
            if let Some(refusal) = self.refusal_to_ask(&input, &context) {
                return Ok(Reply::Refused(refusal));
            }
            if self.exchange.asks_in_results() {
                return Err(self.asking(&input, &context));
            }
            match self.ask(&input.questions).await {
                Ok(answers) => {
                    let context = Arc::make_mut(&mut context);
                    context.answers = answers;
                    context.state = input.state;
                }
                Err(refusal) => return Ok(Reply::Refused(refusal)),
            }
        }
        Ok(self.failed(&format!("it asked more than {MAX_ROUNDS} times")))
    }

    async fn route(&self, context: &Arc<CallContext>) -> Outcome<Reply> {
        let invocation = Invocation {
            context: Arc::clone(context),
            events: Speaker::of_call(&self.exchange, &self.line),
            session: self.line.asks.as_ref().map(|asks| asks.session().clone()),
        };
        self.calls.router.route(&self.operation, invocation).await
    }

    /// Questions that this client cannot be asked, or nobody.
    fn refusal_to_ask(&self, input: &InputRequired, context: &CallContext) -> Option<Refusal> {
        refusal_to_ask(&self.exchange, input, context, self.is_tool())
    }

    /// The questions as an answer.
    fn asking(&self, input: &InputRequired, context: &CallContext) -> Asking {
        let sealing = Sealing {
            keys: &self.calls.keys,
            now: now(),
            nonce: rand::random(),
        };
        let exchange = &self.exchange;
        Asking {
            answer: exchange.input_required(input, &self.operation, context, sealing),
        }
    }

    /// The questions as requests.
    async fn ask(
        &self,
        questions: &[(String, Question)],
    ) -> Result<BTreeMap<String, Given>, Refusal> {
        ask(&self.exchange, &self.line, questions, None).await
    }

    /// How the call begins (TKD-2, TKE-1).
    fn beginning(&self, tool: &str) -> Result<Beginning, Refusal> {
        use wharf_mcp::model::TaskSupport::{Forbidden, Optional, Required};
        let tool_name = || tool.to_owned();
        let Some(support) = self.calls.router.task_support(tool) else {
            return Ok(Beginning::Plain);
        };
        match (support, self.task) {
            (Forbidden, TaskWish::Asked(_)) => Err(Refusal::TaskForbidden { tool: tool_name() }),
            (Optional | Required, TaskWish::Asked(ttl)) => Ok(Beginning::Task { ttl }),
            (Optional | Required, TaskWish::Welcome) => Ok(Beginning::Task { ttl: None }),
            (Required, TaskWish::NotAsked | TaskWish::Impossible) => {
                Err(Refusal::TaskRequired { tool: tool_name() })
            }
            (Forbidden, TaskWish::Welcome)
            | (Forbidden | Optional, TaskWish::NotAsked | TaskWish::Impossible) => {
                Ok(Beginning::Plain)
            }
        }
    }

    fn become_task(
        &self,
        context: Arc<CallContext>,
        ttl: Option<Duration>,
    ) -> Result<Reply, Refusal> {
        let job = tasks::Job {
            router: self.calls.router.clone(),
            exchange: Arc::clone(&self.exchange),
            operation: self.operation.clone(),
            context,
        };
        let task = self.calls.tasks.create(job, ttl, &self.line)?;
        Ok(Reply::TaskCreated(task))
    }

    /// A failure of the plugin's that has no fault of its own.
    fn failed(&self, how: &str) -> Reply {
        let text = format!("{} failed: {how}", self.operation);
        if self.is_tool() {
            Reply::Tool(ToolResult::error(text))
        } else {
            Reply::Refused(Refusal::Internal(text))
        }
    }

    fn is_tool(&self) -> bool {
        matches!(self.operation, Operation::CallTool { .. })
    }

    fn log(&self, ending: &Ending, begun: Instant) {
        tracing::debug!(
            id = %self.exchange.id(),
            operation = %self.operation,
            revision = self.exchange.revision(),
            outcome = ending.outcome,
            trace = ending.trace,
            took = ?begun.elapsed(),
            "a call has ended"
        );
    }
}

/// How a call of a tool begins.
enum Beginning {
    /// With somebody waiting for its answer.
    Plain,
    /// As a task, to be kept so long if the client said so.
    Task { ttl: Option<Duration> },
}

/// The call ends here with questions, and will be made again.
struct Asking {
    answer: Answer,
}

/// Why questions are not put.
fn refusal_to_ask(
    exchange: &Exchange,
    input: &InputRequired,
    context: &CallContext,
    tool: bool,
) -> Option<Refusal> {
    if input.questions.len() > MAX_QUESTIONS {
        let problem = format!("the plugin asked more than {MAX_QUESTIONS} things at once");
        return Some(Refusal::Internal(problem));
    }
    let kinds = exchange.lacking(&input.questions, context.can_ask);
    (!kinds.is_empty()).then_some(Refusal::CannotAsk { kinds, tool })
}

/// Puts questions to a client and waits for all its answers. `task` is on whose
/// behalf, if it is a task's.
async fn ask(
    exchange: &Exchange,
    line: &Line,
    questions: &[(String, Question)],
    task: Option<&str>,
) -> Result<BTreeMap<String, Given>, Refusal> {
    let full = || Refusal::Internal("this client is being asked too many things".to_owned());
    let asks = line.asks.as_ref().ok_or_else(full)?;
    let mut open = Vec::new();
    for (key, question) in questions {
        let asked = asks.open().ok_or_else(full)?;
        let frame = exchange.question(asked.id(), question, task);
        line.say(frame).await;
        open.push((key, question, asked));
    }
    let mut answers = BTreeMap::new();
    let deadline = Instant::now() + PATIENCE;
    for (key, question, mut asked) in open {
        let left = deadline.saturating_duration_since(Instant::now());
        let answer = match timeout(left, asked.response()).await {
            Err(_elapsed) => Given::Failed("there was no answer in time".to_owned()),
            Ok(response) => match wharf_mcp::read_reply(key, question, &response) {
                (answer, None) => answer,
                (answer, Some(form)) => check_form(&form).map_or_else(Given::Failed, |()| answer),
            },
        };
        answers.insert(key.clone(), answer);
    }
    Ok(answers)
}

/// Checks what was filled in against its form (MRT-7).
fn check_form(filled: &FilledIn) -> Result<(), String> {
    let form = Schema::of_arguments(&filled.form)
        .map_err(|error| format!("the form itself is unusable: {error}"))?;
    form.check(&filled.content)
        .map_err(|complaint| format!("the form is not filled in as it should be: {complaint}"))
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
