//! Calls that go on in the background (§23), in the form that 2025-11-25 has and in
//! that of the extension.

mod bounds;
mod deferral;
mod extension;
mod legacy;
mod listening;
mod owners;
mod questions;
mod wishes;

use serde_json::{Value, json};
use wharf_fixtures::EVERYTHING;

use crate::support::{Host, Partner, Way, eventually};

/// The identifier of the extension.
const TASKS: &str = "io.modelcontextprotocol/tasks";

/// Longer than any test.
const HOUR: u64 = 3_600_000;

/// Makes a test of each function for every binding, in one revision.
macro_rules! on_every_binding {
    ($revision:ident: $($test:ident)+) => {
        mod stdio {
            $(#[test] fn $test() { super::$test(super::way(super::Binding::Stdio)); })+
        }
        mod websocket {
            $(#[test] fn $test() { super::$test(super::way(super::Binding::WebSocket)); })+
        }
        mod streamable {
            $(#[test] fn $test() { super::$test(super::way(super::Binding::Streamable)); })+
        }
        mod sse {
            $(#[test] fn $test() { super::$test(super::way(super::Binding::Sse)); })+
        }
        const fn way(binding: Binding) -> Way {
            Way::new(binding, $revision)
        }
    };
}
use on_every_binding;

/// What a client of this revision says that can fill in forms and knows tasks.
fn able(way: Way) -> Value {
    let mut able = json!({ "elicitation": { "form": {} } });
    if way.is_modern() {
        able["extensions"] = json!({ TASKS: {} });
    }
    able
}

/// A host that gives its plugins all the time in the world, and an able client.
fn stage(way: Way) -> (Host, Partner) {
    let mut host = host_of(way);
    let client = Partner::connect(&mut host, way, able(way));
    (host, client)
}

fn host_of(way: Way) -> Host {
    Host::of(way.binding, &["--timeout", "2h", EVERYTHING])
}

fn host(endpoints: &[&str]) -> Host {
    Host::serve(&[endpoints, &["--timeout", "2h", EVERYTHING]].concat())
}

/// Calls a tool, which becomes a task. The task as it is described at first.
#[track_caller]
fn begin(client: &mut Partner, tool: &str, arguments: Value) -> Value {
    if client.way.is_modern() {
        let created = client.call(tool, arguments, json!({}));
        assert_eq!(created["resultType"], "task", "{created}");
        created
    } else {
        let mut created = client.call(tool, arguments, json!({ "task": {} }));
        assert!(created["task"].is_object(), "{created}");
        created["task"].take()
    }
}

/// The same, and nothing but its identifier.
#[track_caller]
fn begun(client: &mut Partner, tool: &str, arguments: Value) -> String {
    id(&begin(client, tool, arguments))
}

#[track_caller]
fn id(task: &Value) -> String {
    task["taskId"].as_str().expect("an identifier").to_owned()
}

fn named(task: &str) -> Value {
    json!({ "taskId": task })
}

/// TKD-5, TKE-5: how far a task is.
#[track_caller]
fn get(client: &mut Partner, task: &str) -> Value {
    client.result("tasks/get", named(task))
}

/// Waits until a task is so far.
#[track_caller]
fn until(client: &mut Partner, task: &str, status: &str) -> Value {
    eventually(status, || {
        let found = get(client, task);
        (found["status"] == status).then_some(found)
    })
}

/// What ties a message to a task (TKD-7).
fn related(task: &str) -> Value {
    json!({ "io.modelcontextprotocol/related-task": { "taskId": task } })
}

/// The one text in a result.
#[track_caller]
fn text(result: &Value) -> &str {
    let text = result["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("no text: {result}"))
}

/// Accepts a form that asks for a name.
fn ada() -> Value {
    json!({ "action": "accept", "content": { "name": "Ada" } })
}
