//! Tasks in their two forms (docs/requirements.md, §23.3), and what is listened for.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use wharf_mcp::model::{Change, Content, List, Question, ToolResult};
use wharf_mcp::{Filter, Refusal, Reply, Revision, Task, TaskState};
use wharf_schemas::Context;

use crate::{Asked, compare_in, judge, laid_out, request, start};

const WITH_TASKS: &[Revision] = &[Revision::V2025_11_25, Revision::V2026_07_28];
const CORE: &[Revision] = &[Revision::V2025_11_25];
const MODERN: &[Revision] = &[Revision::V2026_07_28];

const CALL: Asked = Asked {
    method: "tools/call",
    params: || json!({ "name": "t", "task": { "ttl": 1000 } }),
};

/// A request about the task.
const fn about(method: &'static str) -> Asked {
    Asked {
        method,
        params: || json!({ "taskId": "task-1" }),
    }
}

fn task(state: TaskState) -> Task {
    Task {
        id: "task-1".into(),
        state,
        created_at: "2026-07-28T00:00:00Z".to_owned(),
        updated_at: "2026-07-28T00:00:01.5Z".to_owned(),
        ttl: Duration::from_millis(60_500),
        poll: Duration::from_millis(500),
    }
}

/// Every state a task can be in.
fn states() -> [(&'static str, TaskState); 6] {
    let ended = |end| TaskState::Ended(Arc::new(end));
    let done = ToolResult {
        content: vec![Content::text("done")],
        structured: None,
        is_error: false,
        meta: None,
    };
    [
        ("working", TaskState::Working),
        (
            "asking",
            TaskState::InputRequired(vec![("who".to_owned(), Question::Roots)]),
        ),
        ("done", ended(Ok(done))),
        ("tool-error", ended(Ok(ToolResult::error("no")))),
        (
            "failed",
            ended(Err(Refusal::Internal("it crashed".to_owned()))),
        ),
        ("cancelled", TaskState::Cancelled),
    ]
}

#[track_caller]
fn check(name: &str, revisions: &[Revision], asked: Asked, reply: &Reply) {
    compare_in(name, revisions, |revision| {
        let request = request(asked, revision);
        let answer = start(&request, revision).exchange.answer(reply);
        let text = String::from_utf8(answer.frame.to_vec()).unwrap();
        judge(&text, revision, Context::Answer(&request));
        laid_out(&text)
    });
}

/// TKD-3, TKE-3, DWN-14.
#[test]
fn made() {
    let reply = Reply::TaskCreated(task(TaskState::Working));
    check("task-made", WITH_TASKS, CALL, &reply);
}

/// TKD-5, TKD-6, TKE-5, TKE-8.
#[test]
fn looked_at() {
    for (name, state) in states() {
        let reply = Reply::Task(task(state));
        check(
            &format!("task-{name}"),
            WITH_TASKS,
            about("tasks/get"),
            &reply,
        );
    }
}

/// TKD-5, TKE-6, TKE-7.
#[test]
fn given_up() {
    let cancelled = Reply::Task(task(TaskState::Cancelled));
    check(
        "task-cancelled-core",
        CORE,
        about("tasks/cancel"),
        &cancelled,
    );
    check(
        "task-acknowledged",
        MODERN,
        about("tasks/cancel"),
        &Reply::Acknowledged,
    );
}

/// TKD-5, TKD-7.
#[test]
fn fetched() {
    for (name, state) in states() {
        if let TaskState::Ended(end) = state {
            let reply = Reply::TaskEnd {
                task: "task-1".into(),
                end,
            };
            check(
                &format!("task-end-{name}"),
                CORE,
                about("tasks/result"),
                &reply,
            );
        }
    }
}

/// SUB-2, SUB-4, SUB-9, CHG-1.
#[test]
fn listened_for() {
    let listen = Asked {
        method: "subscriptions/listen",
        params: || json!({ "notifications": { "toolsListChanged": true } }),
    };
    let changes = [
        ("tools", Change::List(List::Tools)),
        ("resources", Change::List(List::Resources)),
        ("prompts", Change::List(List::Prompts)),
        ("resource", Change::Resource("file:///a%20b".to_owned())),
    ];
    for (name, change) in changes {
        tell(&format!("change-of-{name}"), listen, |call| {
            call.exchange.change(&change)
        });
    }
    for (name, state) in states() {
        let task = task(state);
        tell(&format!("change-of-task-{name}"), listen, |call| {
            call.exchange.task_changed(&task)
        });
    }
    let all = Filter {
        tools: true,
        prompts: true,
        resources: true,
        uris: vec!["file:///a".to_owned()],
        tasks: vec!["task-1".to_owned()],
    };
    tell("acknowledged", listen, |call| {
        call.exchange.acknowledge(&all)
    });
    let none = Filter {
        tools: false,
        prompts: false,
        resources: false,
        uris: Vec::new(),
        tasks: Vec::new(),
    };
    tell("acknowledged-nothing", listen, |call| {
        call.exchange.acknowledge(&none)
    });
    check("listened", MODERN, listen, &Reply::Listened);
}

/// Says something to a client that listens.
#[track_caller]
fn tell(name: &str, listen: Asked, say: impl Fn(&wharf_mcp::Call) -> bytes::Bytes) {
    compare_in(name, MODERN, |revision| {
        let call = start(&request(listen, revision), revision);
        let text = String::from_utf8(say(&call).to_vec()).unwrap();
        judge(&text, revision, Context::Unasked);
        laid_out(&text)
    });
}
