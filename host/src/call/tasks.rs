//! Calls that go on in the background (docs/requirements.md, §23).
//!
//! A task is a call without a client to wait for it: the same loop as a plain
//! call's, but its questions wait until somebody answers them, and its end waits
//! until somebody fetches it. There is one kind; how it looks to clients of either
//! form is the protocol layer's knowledge.
//!
//! Tasks live in memory, for as long as they were promised to be kept, and end with
//! the host. When there are too many, the oldest whose end is known to its client
//! makes room; if there is none, there is no new one. Their identifiers are 128 random bits; whoever has a name sees only
//! their own (TKD-10, TKE-13).

mod job;
mod table;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout_at};
use wharf_mcp::model::{Answer, Event, Json, LogLevel, Question};
use wharf_mcp::{Exchange, Refusal, Reply, Task, TaskEnd, TaskState};

use super::speak::Earshot;
use super::{Asks, Line, Speaker, ask, check_form};
use crate::changes::Changes;
use crate::registry::{Events, Session};

pub(super) use job::Job;

use table::{Table, gone, make_room};

/// How many tasks there may be, those that have ended and are kept included.
const MAX_TASKS: usize = 4_096;

/// How many of them one principal may have.
const MAX_OWN: usize = 256;

/// How long a task is kept, from its creation, if the client does not say.
const KEPT: Duration = Duration::from_hours(1);

/// The longest a client may have it kept, and the shortest.
const KEPT_AT_MOST: Duration = Duration::from_hours(24);
const KEPT_AT_LEAST: Duration = Duration::from_secs(1);

/// How often clients should look. Short, because looking is cheap here.
const POLL: Duration = Duration::from_millis(500);

/// How many tasks are listed at once.
const PAGE: usize = 50;

/// All tasks of a host. Dropping it ends them.
pub(crate) struct Tasks {
    table: Arc<Table>,
    running: Mutex<JoinSet<()>>,
    changes: Changes,
}

/// One task.
pub(super) struct Entry {
    id: Arc<str>,
    /// Whose it is. None: whoever knows the identifier's.
    owner: Option<String>,
    /// Orders tasks in lists.
    number: u64,
    created: Timestamp,
    expires: Instant,
    ttl: Duration,
    state: watch::Sender<Status>,
    /// How what it says is written, for the client that made it.
    exchange: Arc<Exchange>,
    /// The session it was made in. What it says is about tokens and levels of that.
    session: Weak<Asks>,
    /// Where what it says goes, as long as somebody listens.
    line: Mutex<Option<Earshot>>,
    changes: Changes,
}

/// How far a task is, and since when.
#[derive(Clone)]
struct Status {
    state: TaskState,
    updated: Timestamp,
    /// The answers that have come to the questions in `state`.
    answers: Vec<(String, Answer)>,
    /// What is to be stopped when it is cancelled.
    abort: Option<AbortHandle>,
    /// Whether the client has been told how it ended.
    told: bool,
    /// Whether it had to make room for another.
    removed: bool,
}

impl Tasks {
    pub(super) fn new(changes: Changes) -> Self {
        Self {
            table: Arc::default(),
            running: Mutex::default(),
            changes,
        }
    }

    /// Makes a task of a call. It can be found before this returns (TKE-4).
    pub(super) fn create(
        &self,
        job: Job,
        ttl: Option<Duration>,
        line: &Line,
    ) -> Result<Task, Refusal> {
        let ttl = ttl.unwrap_or(KEPT).clamp(KEPT_AT_LEAST, KEPT_AT_MOST);
        let entry = self.register(&job, ttl, line)?;
        if line.outlives_calls {
            entry.speak_on(line);
        }
        let task = entry.task();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that have ended in the meantime.
        while running.try_join_next().is_some() {}
        let working = job.work(Arc::clone(&entry));
        let kept = {
            let (entry, table) = (Arc::clone(&entry), Arc::clone(&self.table));
            async move {
                let mut changed = entry.state.subscribe();
                let removed = changed.wait_for(|state| state.removed);
                // Either way it is over with it.
                let _expired = timeout_at(entry.expires, removed).await;
                table.lock().remove(&entry.id);
            }
        };
        // The work may end early, by itself or cancelled; the record is kept until it
        // expires, and what still works then ends with it.
        let abort = running.spawn(working);
        entry
            .state
            .send_modify(|state| state.abort = Some(abort.clone()));
        running.spawn(async move {
            kept.await;
            abort.abort();
        });
        Ok(task)
    }

    fn register(&self, job: &Job, ttl: Duration, line: &Line) -> Result<Arc<Entry>, Refusal> {
        let owner = job.context.principal.subject.clone();
        let mut table = self.table.lock();
        let own = table.values().filter(|entry| entry.owner == owner).count();
        let too_many_own = owner.is_some() && own >= MAX_OWN;
        if (table.len() >= MAX_TASKS || too_many_own)
            && !make_room(&mut table, |entry| !too_many_own || entry.owner == owner)
        {
            let problem = "there are too many tasks: fetch the results of those that have \
                           ended, or wait for some to expire";
            return Err(Refusal::Internal(problem.to_owned()));
        }
        let now = Timestamp::now();
        let state = Status {
            state: TaskState::Working,
            updated: now,
            answers: Vec::new(),
            abort: None,
            told: false,
            removed: false,
        };
        let entry = Arc::new(Entry {
            id: format!("{:032x}", rand::random::<u128>()).into(),
            owner,
            number: table
                .values()
                .map(|entry| entry.number + 1)
                .max()
                .unwrap_or(0),
            created: now,
            expires: Instant::now() + ttl,
            ttl,
            state: watch::Sender::new(state),
            exchange: Arc::clone(&job.exchange),
            session: line.asks.as_ref().map(Arc::downgrade).unwrap_or_default(),
            line: Mutex::default(),
            changes: self.changes.clone(),
        });
        table.insert(Arc::clone(&entry.id), Arc::clone(&entry));
        Ok(entry)
    }

    /// A task of this principal's. One of somebody else's does not exist (TKD-10).
    pub(super) fn find(&self, id: &str, subject: Option<&str>) -> Result<Arc<Entry>, Refusal> {
        let found = self.table.lock().get(id).cloned();
        found
            .filter(|entry| entry.owner.as_deref() == subject && Instant::now() < entry.expires)
            .ok_or_else(|| gone(id))
    }

    pub(super) fn get(
        &self,
        id: &str,
        subject: Option<&str>,
        exchange: &Exchange,
    ) -> Result<Task, Refusal> {
        let entry = self.find(id, subject)?;
        let task = entry.task();
        if exchange.tasks_show_ends() && task.state.is_terminal() {
            entry.told();
        }
        Ok(task)
    }

    /// The principal's tasks, oldest first (TKD-5).
    pub(super) fn list(
        &self,
        cursor: Option<&str>,
        subject: Option<&str>,
    ) -> Result<Reply, Refusal> {
        let from = match cursor {
            None => 0,
            Some(text) => text
                .strip_prefix('t')
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| {
                    Refusal::InvalidParams(
                        "`cursor` is not one that this server gave out".to_owned(),
                    )
                })?,
        };
        let mut own: Vec<Arc<Entry>> = {
            let table = self.table.lock();
            let own = table
                .values()
                .filter(|entry| entry.owner.as_deref() == subject && entry.number >= from);
            own.cloned().collect()
        };
        own.sort_by_key(|entry| entry.number);
        let next = own.get(PAGE).map(|entry| format!("t{}", entry.number));
        own.truncate(PAGE);
        Ok(Reply::Tasks {
            tasks: own.iter().map(|entry| entry.task()).collect(),
            next,
        })
    }

    /// Takes answers in; those to other questions are ignored (TKE-6).
    pub(super) fn update(
        &self,
        id: &str,
        subject: Option<&str>,
        answers: &[(String, Json)],
    ) -> Result<(), Refusal> {
        let entry = self.find(id, subject)?;
        let open = entry.open_questions();
        let (answers, forms) = wharf_mcp::read_task_answers(&open, answers)?;
        for form in &forms {
            check_form(form).map_err(|complaint| {
                Refusal::InvalidParams(format!("`inputResponses.{}`: {complaint}", form.key))
            })?;
        }
        entry.answered(answers);
        Ok(())
    }

    /// Gives a task up. One that has ended stays as it is: an error in one form, fine
    /// in the other (TKD-5, TKE-7).
    pub(super) fn cancel(
        &self,
        id: &str,
        subject: Option<&str>,
        exchange: &Exchange,
    ) -> Result<Reply, Refusal> {
        let entry = self.find(id, subject)?;
        let was_running = entry.cancel();
        if exchange.acknowledges_cancelling() {
            return Ok(Reply::Acknowledged);
        }
        if !was_running {
            let problem = format!("the task `{id}` has ended already");
            return Err(Refusal::InvalidParams(problem));
        }
        Ok(Reply::Task(entry.task()))
    }
}

impl Entry {
    /// The task as it is now.
    fn task(&self) -> Task {
        self.task_in(&self.state.borrow())
    }

    fn task_in(&self, state: &Status) -> Task {
        Task {
            id: Arc::clone(&self.id),
            state: state.state.clone(),
            created_at: self.created.to_string(),
            updated_at: state.updated.to_string(),
            ttl: self.ttl,
            poll: POLL,
        }
    }

    /// What a plain call would have been answered, as soon as there is an answer
    /// (TKD-5). Whoever waits is also asked what the task asks (TKD-8), and told what
    /// it says. A task that expires meanwhile is gone for them, too.
    pub(super) async fn end(&self, exchange: &Exchange, line: &Line) -> Reply {
        let end = timeout_at(self.expires, self.awaited(exchange, line)).await;
        end.unwrap_or_else(|_elapsed| Reply::Refused(gone(&self.id)))
    }

    async fn awaited(&self, exchange: &Exchange, line: &Line) -> Reply {
        let mut changed = self.state.subscribe();
        // Else it speaks on the channel itself, and need not stop when this call does.
        if !line.outlives_calls {
            self.speak_on(line);
        }
        loop {
            let now = changed.borrow_and_update().state.clone();
            match now {
                TaskState::Ended(end) => {
                    self.told();
                    return Reply::TaskEnd {
                        task: Arc::clone(&self.id),
                        end,
                    };
                }
                TaskState::Cancelled => {
                    let problem = format!("the task `{}` was cancelled", self.id);
                    return Reply::Refused(Refusal::Internal(problem));
                }
                TaskState::InputRequired(questions) => {
                    let asked = tokio::select! {
                        asked = ask(exchange, line, &questions, Some(&self.id)) => asked,
                        // Somebody else has answered, or it was given up.
                        _ = changed.changed() => continue,
                    };
                    match asked {
                        Ok(answers) => self.answered(answers),
                        Err(refusal) => return Reply::Refused(refusal),
                    }
                    continue;
                }
                TaskState::Working => {}
            }
            if changed.changed().await.is_err() {
                return Reply::Refused(Refusal::Internal("the task is gone".to_owned()));
            }
        }
    }

    /// Lets what the task says go here from now on, if it is a place for that (PRG-4).
    fn speak_on(&self, line: &Line) {
        let session = line.asks.as_ref().map(Arc::as_ptr);
        if self.exchange.tasks_may_speak() && session == Some(self.session.as_ptr()) {
            *self.line() = line.earshot();
        }
    }

    /// The session it was made in, while there is one.
    fn session(&self) -> Option<Session> {
        self.session.upgrade().map(|asks| asks.session().clone())
    }

    fn line(&self) -> MutexGuard<'_, Option<Earshot>> {
        // What is behind the lock is replaced as a whole.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The questions that have no answer yet.
    fn open_questions(&self) -> Vec<(String, Question)> {
        match &self.state.borrow().state {
            TaskState::InputRequired(questions) => questions.clone(),
            TaskState::Working | TaskState::Ended(_) | TaskState::Cancelled => Vec::new(),
        }
    }

    /// Takes answers in. When all are there, the work goes on.
    fn answered(&self, answers: impl IntoIterator<Item = (String, Answer)>) {
        self.modify(|state| {
            let TaskState::InputRequired(open) = &mut state.state else {
                return false;
            };
            let before = open.len();
            for (key, answer) in answers {
                if open.iter().any(|(asked, _)| *asked == key) {
                    open.retain(|(asked, _)| *asked != key);
                    state.answers.push((key, answer));
                }
            }
            let taken = open.len() < before;
            if open.is_empty() {
                state.state = TaskState::Working;
            }
            taken
        });
    }

    /// Asks, and waits for all the answers.
    async fn ask(&self, questions: Vec<(String, Question)>) -> Vec<(String, Answer)> {
        let mut changed = self.state.subscribe();
        self.modify(|state| {
            state.answers.clear();
            if !questions.is_empty() && !state.state.is_terminal() {
                state.state = TaskState::InputRequired(questions);
            }
            true
        });
        // The sender lives as long as this task.
        let _state = changed
            .wait_for(|state| !matches!(state.state, TaskState::InputRequired(_)))
            .await;
        self.state.borrow().answers.clone()
    }

    /// Notes how it ended, unless it was given up before.
    fn ended(&self, end: TaskEnd) {
        self.modify(|state| {
            let first = !state.state.is_terminal();
            if first {
                state.state = TaskState::Ended(Arc::new(end));
            }
            first
        });
        *self.line() = None;
    }

    /// Notes that its client knows how it ended.
    fn told(&self) {
        // Nobody waits for that.
        self.state.send_if_modified(|state| {
            state.told = true;
            false
        });
    }

    /// Whether its record is of no more use: there is nothing to fetch (any more).
    fn is_done_with(&self) -> bool {
        let state = self.state.borrow();
        state.told || matches!(state.state, TaskState::Cancelled)
    }

    /// Gives it up. False if it had ended.
    fn cancel(&self) -> bool {
        let mut abort = None;
        let was_running = self.modify(|state| {
            let running = !state.state.is_terminal();
            if running {
                state.state = TaskState::Cancelled;
                abort = state.abort.take();
            }
            running
        });
        if let Some(abort) = abort {
            abort.abort();
        }
        was_running
    }

    /// Changes the state, and tells those that listen if it did change: each change
    /// once, before the next can happen.
    fn modify(&self, modify: impl FnOnce(&mut Status) -> bool) -> bool {
        self.state.send_if_modified(|state| {
            let changed = modify(state);
            if changed {
                state.updated = Timestamp::now();
                self.changes.publish_task(&self.task_in(state));
            }
            changed
        })
    }
}

/// What the task says, for whoever listens at the time (PRG-4).
impl Events for Entry {
    fn emit(&self, event: Event) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let line = self.line().as_ref().and_then(Earshot::line);
        Box::pin(async move {
            if let Some(line) = line {
                let speaker = Speaker::of_task(&self.exchange, &line, Some(Arc::clone(&self.id)));
                speaker.emit(event).await;
            }
        })
    }

    fn wants_progress(&self) -> bool {
        self.line().is_some() && self.exchange.wants_progress()
    }

    fn wants_log(&self, level: LogLevel) -> bool {
        self.line().is_some() && self.exchange.wants_log(level)
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tasks({})", self.table.lock().len())
    }
}
