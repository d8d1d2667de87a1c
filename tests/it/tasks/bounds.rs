//! How long tasks are kept, how many there may be, and what they leave behind.

use serde_json::{Value, json};

use super::{HOUR, begin, begun, get, id, named, stage, text, until};
use crate::support::{PLACES, Partner, Way, eventually};

/// TKD-3, TKD-10: a wish, within bounds.
#[test]
fn how_long_they_are_kept() {
    let (_host, mut client) = stage(Way::STDIO);
    let day = 24 * HOUR;
    for (wish, kept) in [
        (json!({}), HOUR),
        (json!({ "ttl": 60_000 }), 60_000),
        (json!({ "ttl": 0 }), 1_000),
        (json!({ "ttl": 999 }), 1_000),
        (json!({ "ttl": 1_000_000_000_000_u64 }), day),
        (json!({ "ttl": u64::MAX }), day),
    ] {
        let created = client.call("task_required", json!({}), json!({ "task": wish }));
        assert_eq!(created["task"]["ttl"], kept, "{wish}");
        // TKD-5: it is the same wherever it is said.
        if kept > 1_000 {
            let found = get(&mut client, &id(&created["task"]));
            assert_eq!(found["ttl"], kept, "{wish}");
        }
    }
}

/// TKD-9, TKD-10, TKE-13: what is over is gone, whether it has ended or not.
#[test]
fn what_happens_then() {
    let (_host, mut client) = stage(Way::STDIO);
    let short = json!({ "task": { "ttl": 1 } });
    let forever = json!({ "n": 1, "delay_ms": HOUR });
    for (tool, arguments) in [
        ("task_required", json!({})),
        ("task_steps", forever),
        ("task_asks", json!({})),
    ] {
        let id = id(&client.call(tool, arguments, short.clone())["task"]);
        let gone = |client: &mut Partner| {
            let asked = client.start("tasks/get", named(&id));
            let answer = client.answer(asked);
            (answer["error"]["code"] == -32602).then_some(())
        };
        eventually("it expires", || gone(&mut client));
        for method in ["tasks/result", "tasks/cancel"] {
            assert_eq!(client.error(method, named(&id))["code"], -32602, "{tool}");
        }
    }
}

/// TKD-5: whoever waits for a task that expires hears so.
#[test]
fn what_happens_to_those_who_wait_then() {
    let (_host, mut client) = stage(Way::STDIO);
    let forever = json!({ "n": 1, "delay_ms": HOUR });
    let short = json!({ "task": { "ttl": 1 } });
    let id = id(&client.call("task_steps", forever, short)["task"]);
    let waiting = client.start("tasks/result", named(&id));
    assert!(client.answer(waiting)["error"].is_object());
}

/// TKD-5, TKE-7: the guest is stopped. Only so many calls of a plugin run at once.
#[test]
fn what_is_given_up_does_not_run_on() {
    for way in [Way::WEBSOCKET, Way::WEBSOCKET_MODERN] {
        let (_host, mut client) = stage(way);
        let tasks: Vec<String> = (0..PLACES)
            .map(|_| {
                let forever = json!({ "n": 1, "delay_ms": HOUR });
                begun(&mut client, "task_steps", forever)
            })
            .collect();
        for id in &tasks {
            client.result("tasks/cancel", named(id));
        }
        works(&mut client);
    }
}

/// TKD-10: so is what has expired.
#[test]
fn what_expires_does_not_run_on() {
    let (_host, mut client) = stage(Way::STDIO);
    for _ in 0..PLACES {
        let forever = json!({ "n": 1, "delay_ms": HOUR });
        let short = json!({ "task": { "ttl": 1 } });
        client.call("task_steps", forever, short);
    }
    works(&mut client);
}

/// TKD-10.
#[test]
fn how_many_one_may_have() {
    const MAX_OWN: usize = 256;
    let (_host, mut client) = stage(Way::UNIX);
    for _ in 0..MAX_OWN {
        begun(&mut client, "task_required", json!({}));
    }
    let one_more = json!({ "name": "task_required", "task": {} });
    let error = client.error("tools/call", one_more);
    assert_eq!(error["code"], -32603);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("too many tasks"), "{message}");
    // What is no task goes on.
    works(&mut client);
    all_are_listed(&mut client, MAX_OWN);
}

/// TKD-10: who fetches what ended is not locked out by what they have fetched, and
/// what they have not fetched is kept.
#[test]
fn what_was_fetched_makes_room() {
    const MAX_OWN: usize = 256;
    for way in [Way::UNIX, Way::UNIX_MODERN] {
        let (_host, mut client) = stage(way);
        let kept = begun(&mut client, "task_required", json!({}));
        for _ in 0..MAX_OWN + 10 {
            let id = begun(&mut client, "task_required", json!({}));
            until(&mut client, &id, "completed");
            // In the other form, looking has shown the result.
            if way == Way::UNIX {
                client.result("tasks/result", named(&id));
            }
        }
        assert_eq!(get(&mut client, &kept)["status"], "completed");
    }
}

/// TKD-5: page by page, each once, oldest first.
#[track_caller]
fn all_are_listed(client: &mut Partner, count: usize) {
    let mut listed: Vec<Value> = Vec::new();
    let mut params = json!({});
    loop {
        let page = client.result("tasks/list", params);
        let tasks = page["tasks"].as_array().unwrap();
        assert!(!tasks.is_empty() && tasks.len() < count);
        listed.extend_from_slice(tasks);
        let Some(cursor) = page.get("nextCursor") else {
            break;
        };
        params = json!({ "cursor": cursor });
    }
    assert_eq!(listed.len(), count);
    let created: Vec<&str> = listed
        .iter()
        .map(|task| task["createdAt"].as_str().unwrap())
        .collect();
    assert!(created.is_sorted());
    let mut ids: Vec<String> = listed.iter().map(id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

/// TKD-5, SHM-7: a task outlives the client that began it.
#[test]
fn a_client_that_goes_away() {
    let (host, mut client) = stage(Way::WEBSOCKET);
    let steps = json!({ "n": 3, "delay_ms": 50 });
    let wish = json!({ "task": {}, "_meta": { "progressToken": 1 } });
    let id = id(&client.call("task_steps", steps, wish)["task"]);
    client.hang_up();
    let mut other = Partner::beside(&host, Way::STREAMABLE, json!({}));
    let end = other.result("tasks/result", named(&id));
    assert_eq!(text(&end), "3 steps");
}

/// STD-3: no task holds up the end of a host whose only client has gone.
#[test]
fn the_end_of_standard_input() {
    for way in [Way::STDIO, Way::STDIO_MODERN] {
        let (mut host, mut client) = stage(way);
        begin(
            &mut client,
            "task_steps",
            json!({ "n": 1, "delay_ms": HOUR }),
        );
        assert_eq!(client.rest(), Vec::<Value>::new());
        assert_eq!(host.exit_code(), Some(0));
        let log = host.log();
        assert!(!log.contains("lost"), "{log}");
    }
}

/// CUS-2: nor the end of a connection.
#[test]
fn the_end_of_a_connection() {
    let (_host, mut client) = stage(Way::UNIX);
    let forever = json!({ "n": 1, "delay_ms": HOUR });
    let id = begun(&mut client, "task_steps", forever);
    until(&mut client, &id, "working");
    assert_eq!(client.rest(), Vec::<Value>::new());
}

#[track_caller]
fn works(client: &mut Partner) {
    let result = client.call("nested", nested(), json!({}));
    assert!(result.get("isError").is_none(), "{result}");
}

fn nested() -> Value {
    json!({
        "customer": { "name": "Ada" },
        "lines": [{ "article": "pen", "amount": 1 }],
    })
}
