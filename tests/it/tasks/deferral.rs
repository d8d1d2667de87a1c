//! Plugins that put the rest of their work off: those who can have a task get one,
//! the others wait.

use serde_json::{Value, json};

use super::{ada, on_every_binding, stage, text, until};
use crate::support::{Binding, D, E, Partner, Way};

mod legacy {
    use super::*;

    on_every_binding! { D:
        goes_on_at_once
    }
}

mod extension {
    use super::*;

    on_every_binding! { E:
        goes_on_as_a_task
        goes_on_at_once_for_those_without_tasks
    }
}

/// TKE-12: the questions come before the task does.
fn goes_on_as_a_task(way: Way) {
    let (_host, mut client) = stage(way);
    let task = retried(&mut client);
    assert_eq!(task["resultType"], "task", "{task}");
    assert_eq!(task["status"], "working");
    let ended = until(&mut client, &super::id(&task), "completed");
    assert_eq!(text(&ended["result"]), "Ada was put off: true");
}

/// TKE-2.
fn goes_on_at_once_for_those_without_tasks(way: Way) {
    let (_host, mut client) = stage(way);
    client.declares(json!({ "elicitation": { "form": {} } }));
    let result = retried(&mut client);
    assert_eq!(result["resultType"], "complete", "{result}");
    assert_eq!(text(&result), "Ada was put off: true");
}

/// TKD-2: this client did not ask for a task.
fn goes_on_at_once(way: Way) {
    let (_host, mut client) = stage(way);
    let call = client.start_call("put_off", json!({}), json!({}));
    let question = client.question();
    assert_eq!(question["params"].get("_meta"), None);
    client.respond(&question, &ada());
    let result = client.answer(call)["result"].take();
    assert_eq!(text(&result), "Ada was put off: true");
}

/// Calls `put_off`, and makes the request again with the answer.
#[track_caller]
fn retried(client: &mut Partner) -> Value {
    let asked = client.call("put_off", json!({}), json!({}));
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    assert_eq!(
        asked["inputRequests"]["name"]["method"],
        "elicitation/create"
    );
    let again = json!({
        "inputResponses": { "name": ada() },
        "requestState": asked["requestState"],
    });
    client.call("put_off", json!({}), again)
}
