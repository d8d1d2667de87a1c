//! Being told of tasks instead of looking.

use serde_json::{Value, json};

use super::{TASKS, able, ada, begun, get, host, named, on_every_binding, stage, text, until};
use crate::support::{Binding, E, Partner, Way};

on_every_binding! { E:
    tells_of_the_tasks_that_were_named
}

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// TKE-10, SUB-2, SUB-3, SUB-4.
fn tells_of_the_tasks_that_were_named(way: Way) {
    let (_host, mut client) = stage(way);
    let named_task = begun(&mut client, "task_asks", json!({}));
    let other = begun(&mut client, "task_asks", json!({}));
    for id in [&named_task, &other] {
        until(&mut client, id, "input_required");
    }
    let none = "0".repeat(32);
    let filter = json!({ "taskIds": [&named_task, none] });
    let listen = client.start("subscriptions/listen", json!({ "notifications": filter }));
    let acknowledged = client.notification();
    assert_eq!(
        acknowledged["params"]["notifications"],
        json!({ "taskIds": [&named_task] })
    );
    for id in [&other, &named_task] {
        let responses = json!({ "taskId": id, "inputResponses": { "name": ada() } });
        client.result("tasks/update", responses);
    }
    let ended = until_told(&mut client, "completed", |params| {
        assert_eq!(params["taskId"], named_task.as_str());
        assert_eq!(params["_meta"], json!({ SUBSCRIPTION: listen }));
    });
    assert_eq!(text(&ended["result"]), "Hello, Ada!");
    // It is the whole task (TKE-10), but for what belongs to the message.
    let mut found = get(&mut client, &named_task);
    let mut told = ended;
    for task in [&mut found, &mut told] {
        let members = task.as_object_mut().unwrap();
        members.remove("_meta");
        members.remove("resultType");
    }
    assert_eq!(told, found);
    until(&mut client, &other, "completed");
    assert_eq!(client.unasked(), Vec::<&Value>::new());
}

/// Listens until the task is so far, and looks at all that is said of it.
#[track_caller]
fn until_told(client: &mut Partner, status: &str, look: impl Fn(&Value)) -> Value {
    loop {
        let mut told = client.notification();
        assert_eq!(told["method"], "notifications/tasks");
        look(&told["params"]);
        if told["params"]["status"] == status {
            return told["params"].take();
        }
    }
}

/// TKE-10, SUB-3: those who listen for something else hear nothing of tasks, nor
/// do those who listen for nothing.
#[test]
fn tells_nobody_else() {
    let (_host, mut client) = stage(Way::STDIO_MODERN);
    let lists = json!({ "notifications": { "toolsListChanged": true } });
    for (filter, honoured) in [
        (lists, json!({ "toolsListChanged": true })),
        (json!({ "notifications": {} }), json!({})),
    ] {
        client.start("subscriptions/listen", filter);
        let acknowledged = client.notification();
        assert_eq!(acknowledged["params"]["notifications"], honoured);
    }
    let id = begun(&mut client, "task_steps", json!({ "n": 1 }));
    until(&mut client, &id, "completed");
    // Whatever there was to say has been said by now.
    client.call("announce", json!({ "what": "tools" }), json!({}));
    let told = client.notification();
    assert_eq!(told["method"], "notifications/tools/list_changed");
    assert_eq!(client.unasked(), Vec::<&Value>::new());
}

/// TKD-9: the other form does not tell of its own accord.
#[test]
fn tells_no_session() {
    let (_host, mut client) = stage(Way::STDIO);
    let id = begun(&mut client, "task_steps", json!({ "n": 1 }));
    until(&mut client, &id, "completed");
    client.call("announce", json!({ "what": "tools" }), json!({}));
    let told = client.notification();
    assert_eq!(told["method"], "notifications/tools/list_changed");
}

/// SUB-10, TKE-13: the tasks of others are not among those that are told of.
#[test]
fn tells_nothing_of_others() {
    let host = host(&["--listen", "unix:wharf.sock", "--listen", "127.0.0.1:0"]);
    let join = |binding| {
        let way = Way::new(binding, E);
        Partner::beside(&host, way, able(way))
    };
    let (mut somebody, mut nobody) = (join(Binding::Unix), join(Binding::WebSocket));
    let id = begun(&mut somebody, "task_asks", json!({}));
    until(&mut somebody, &id, "input_required");
    let filter = json!({ "taskIds": [&id], "toolsListChanged": true });
    nobody.start("subscriptions/listen", json!({ "notifications": filter }));
    assert_eq!(
        nobody.notification()["params"]["notifications"],
        json!({ "toolsListChanged": true })
    );
    somebody.result("tasks/cancel", named(&id));
    until(&mut somebody, &id, "cancelled");
    somebody.call("announce", json!({ "what": "tools" }), json!({}));
    let told = nobody.notification();
    assert_eq!(told["method"], "notifications/tools/list_changed");
}

/// TKE-9, SUB-10: it is the request to listen that has to declare the extension.
#[test]
fn tells_those_who_know_of_tasks() {
    let (_host, mut client) = stage(Way::STDIO_MODERN);
    client.declares(json!({}));
    let listen = |ids: Value| json!({ "notifications": { "taskIds": ids } });
    let error = client.error("subscriptions/listen", listen(json!(["x"])));
    assert_eq!(error["code"], -32021);
    assert_eq!(
        error["data"],
        json!({ "requiredCapabilities": { "extensions": { TASKS: {} } } })
    );
}
