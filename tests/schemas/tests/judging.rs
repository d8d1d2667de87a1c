//! What passes as a message and what does not.
#![expect(clippy::panic, reason = "a test that finds something else has failed")]

use serde_json::{Value, json};
use wharf_schemas::{Context, Schemas};

const A: &str = "2024-11-05";
const B: &str = "2025-03-26";
const C: &str = "2025-06-18";
const D: &str = "2025-11-25";
const E: &str = "2026-07-28";
const ALL: [&str; 5] = [A, B, C, D, E];

fn request(method: &str, params: Value) -> Value {
    let mut message = json!({ "jsonrpc": "2.0", "id": 1, "method": method });
    message["params"] = params;
    message
}

fn modern(method: &str, mut params: Value, capabilities: &Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": E,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    request(method, params)
}

fn notification(method: &str, params: Value) -> Value {
    let mut message = json!({ "jsonrpc": "2.0", "method": method });
    message["params"] = params;
    message
}

fn result(result: Value) -> Value {
    let mut message = json!({ "jsonrpc": "2.0", "id": 1 });
    message["result"] = result;
    message
}

fn error(code: i64, data: Value) -> Value {
    let mut error = json!({ "code": code, "message": "m" });
    if !data.is_null() {
        error["data"] = data;
    }
    json!({ "jsonrpc": "2.0", "id": 1, "error": error })
}

/// Exactly these revisions let the server say this.
#[track_caller]
fn fits(frame: &Value, context: Context<'_>, revisions: &[&str]) {
    for revision in ALL {
        let verdict = Schemas::of(revision).check_from_server(frame, context);
        let expected = revisions.contains(&revision);
        assert_eq!(
            verdict.is_ok(),
            expected,
            "{revision}: {frame}: {verdict:?}"
        );
    }
}

/// The complaint has this in it.
#[track_caller]
fn refused(revision: &str, frame: &Value, context: Context<'_>, why: &str) {
    match Schemas::of(revision).check_from_server(frame, context) {
        Err(complaint) => assert!(complaint.contains(why), "{complaint}"),
        Ok(()) => panic!("{revision}: {frame}"),
    }
}

#[test]
fn a_result_is_one_of_its_method() {
    let call = request("tools/call", json!({ "name": "t" }));
    let to_call = Context::Answer(&call);
    fits(&result(json!({ "content": [] })), to_call, &[A, B, C, D]);
    let complete = json!({ "resultType": "complete", "content": [] });
    fits(&result(complete.clone()), to_call, &[E]);
    fits(&result(json!({ "tools": [] })), to_call, &[]);
    fits(&result(json!({})), to_call, &[]);
    let mut number = complete;
    number["resultType"] = json!(7);
    fits(&result(number), to_call, &[]);
    let list = request("tools/list", json!({}));
    fits(
        &result(json!({ "tools": [] })),
        Context::Answer(&list),
        &[A, B, C, D],
    );
    let cached = json!({
        "resultType": "complete", "tools": [], "ttlMs": 0, "cacheScope": "private",
    });
    fits(&result(cached.clone()), Context::Answer(&list), &[E]);
    let mut public = cached.clone();
    public["cacheScope"] = json!("everybody");
    fits(&result(public), Context::Answer(&list), &[]);
    let mut negative = cached;
    negative["ttlMs"] = json!(-1);
    fits(&result(negative), Context::Answer(&list), &[]);
}

#[test]
fn nothing_newer_is_said_in_an_old_revision() {
    let list = request("tools/list", json!({}));
    let tool = |member: &str, value: Value| {
        let mut tool = json!({ "name": "t", "inputSchema": { "type": "object", "x": 1 } });
        tool[member] = value;
        let listed = json!({ "tools": [tool] });
        result(listed)
    };
    let to_list = Context::Answer(&list);
    fits(&tool("description", json!("d")), to_list, &[A, B, C, D]);
    fits(
        &tool("annotations", json!({ "title": "T" })),
        to_list,
        &[B, C, D],
    );
    fits(&tool("title", json!("T")), to_list, &[C, D]);
    fits(
        &tool("outputSchema", json!({ "type": "object" })),
        to_list,
        &[C, D],
    );
    fits(
        &tool("outputSchema", json!({ "type": "array" })),
        to_list,
        &[],
    );
    fits(&tool("_meta", json!({ "anything": [1] })), to_list, &[C, D]);
    fits(
        &tool("icons", json!([{ "src": "https://x.example/" }])),
        to_list,
        &[D],
    );
    fits(&tool("icons", json!([{ "src": "no uri" }])), to_list, &[]);
    fits(
        &tool("execution", json!({ "taskSupport": "optional" })),
        to_list,
        &[D],
    );
    fits(&tool("nonsense", json!(1)), to_list, &[]);
    refused(
        A,
        &tool("title", json!("T")),
        to_list,
        "'title' was unexpected",
    );
}

#[test]
fn content_is_what_the_revision_knows() {
    let call = request("tools/call", json!({ "name": "t" }));
    let content = |block: Value| {
        let content = json!({ "content": [block] });
        result(content)
    };
    let audio = json!({ "type": "audio", "data": "AAAA", "mimeType": "audio/wav" });
    fits(&content(audio.clone()), Context::Answer(&call), &[B, C, D]);
    let mut torn = audio;
    torn["data"] = json!("AAA");
    fits(&content(torn), Context::Answer(&call), &[]);
    let link = json!({ "type": "resource_link", "uri": "a:b", "name": "n" });
    fits(&content(link), Context::Answer(&call), &[C, D]);
    let dated = json!({ "type": "text", "text": "", "annotations": { "lastModified": "2025" } });
    fits(&content(dated), Context::Answer(&call), &[C, D]);
    let structured = result(json!({ "content": [], "structuredContent": {} }));
    fits(&structured, Context::Answer(&call), &[C, D]);
}

/// RPC-9, TKD-3, TKE-2, TKE-3.
#[test]
fn an_answer_may_be_questions_or_a_task_where_that_is_known() {
    let questions = json!({
        "resultType": "input_required",
        "inputRequests": { "who": { "method": "roots/list" } },
    });
    let call = modern("tools/call", json!({ "name": "t" }), &json!({}));
    fits(&result(questions.clone()), Context::Answer(&call), &[E]);
    let list = modern("tools/list", json!({}), &json!({}));
    refused(
        E,
        &result(questions),
        Context::Answer(&list),
        "`resultType`",
    );

    let task = result(json!({
        "resultType": "task", "taskId": "t", "status": "working",
        "createdAt": "2026-07-28T00:00:00Z", "lastUpdatedAt": "2026-07-28T00:00:00Z",
        "ttlMs": null,
    }));
    refused(
        E,
        &task,
        Context::Answer(&call),
        "did not say that it knows tasks",
    );
    let extensions = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let call = modern("tools/call", json!({ "name": "t" }), &extensions);
    fits(&task, Context::Answer(&call), &[E]);
    for (member, value) in [
        ("ttl", json!(1)),
        ("ttlMs", json!("1")),
        ("createdAt", json!("yesterday")),
        ("result", json!({ "resultType": "complete", "content": [] })),
    ] {
        let mut task = task.clone();
        task["result"][member] = value;
        fits(&task, Context::Answer(&call), &[]);
    }

    let older = result(json!({ "task": {
        "taskId": "t", "status": "working", "ttl": null,
        "createdAt": "2026-07-28T00:00:00Z", "lastUpdatedAt": "2026-07-28T00:00:00Z",
    } }));
    let call = request("tools/call", json!({ "name": "t", "task": {} }));
    fits(&older, Context::Answer(&call), &[D]);
    let call = request("tools/call", json!({ "name": "t" }));
    fits(&older, Context::Answer(&call), &[]);
}

/// TKE-5, TKE-8.
#[test]
fn a_task_has_what_belongs_to_its_status() {
    let get = modern("tasks/get", json!({ "taskId": "t" }), &json!({}));
    let task = |status: &str, member: Option<(&str, Value)>| {
        let mut task = json!({
            "resultType": "complete", "taskId": "t", "status": status, "ttlMs": 1000,
            "createdAt": "2026-07-28T00:00:00Z", "lastUpdatedAt": "2026-07-28T00:00:00.5Z",
        });
        if let Some((name, value)) = member {
            task[name] = value;
        }
        result(task)
    };
    let done = json!({ "resultType": "complete", "content": [], "isError": true });
    let failure = json!({ "code": -32603, "message": "m" });
    let questions = json!({ "who": { "method": "roots/list" } });
    let good = [
        task("working", None),
        task("cancelled", None),
        task("completed", Some(("result", done.clone()))),
        task("failed", Some(("error", failure.clone()))),
        task("input_required", Some(("inputRequests", questions))),
    ];
    for frame in good {
        fits(&frame, Context::Answer(&get), &[E]);
    }
    let bad = [
        task("completed", None),
        task("failed", None),
        task("input_required", None),
        task("working", Some(("result", done))),
        task("completed", Some(("error", failure))),
        task("sleeping", None),
        task("working", Some(("ttl", json!(1)))),
    ];
    for frame in bad {
        fits(&frame, Context::Answer(&get), &[]);
    }
}

#[test]
fn a_handshake_is_of_its_revision() {
    let hello = request("initialize", json!({}));
    for revision in [A, B, C, D] {
        let frame = result(json!({
            "protocolVersion": revision,
            "capabilities": { "tools": {}, "extensions": { "a/b": {} } },
            "serverInfo": { "name": "n", "version": "1" },
        }));
        fits(&frame, Context::Answer(&hello), &[revision]);
    }
    let tasks = result(json!({
        "protocolVersion": C, "capabilities": { "tasks": {} },
        "serverInfo": { "name": "n", "version": "1" },
    }));
    fits(&tasks, Context::Answer(&hello), &[]);
    let none = result(json!({}));
    fits(
        &none,
        Context::Answer(&request("ping", json!({}))),
        &[A, B, C, D],
    );
    fits(
        &result(json!({ "pong": 1 })),
        Context::Answer(&request("ping", json!({}))),
        &[],
    );
    fits(&none, Context::Answer(&request("no/such", json!({}))), &[]);
}

/// §28, ERR-1, ERR-2, ERR-4.
#[test]
fn errors_are_those_of_the_revision() {
    let call = request("tools/call", json!({ "name": "t" }));
    let to_call = Context::Answer(&call);
    fits(&error(-32602, Value::Null), to_call, &ALL);
    fits(&error(7, json!([])), to_call, &ALL);
    fits(
        &error(-32002, json!({ "uri": "a:b" })),
        to_call,
        &[A, B, C, D],
    );
    fits(&error(-32001, Value::Null), to_call, &[]);
    fits(&error(-32020, Value::Null), to_call, &[E]);
    fits(&error(-32022, Value::Null), to_call, &[]);
    let versions = json!({ "supported": [E], "requested": "v9" });
    fits(&error(-32022, versions), to_call, &[E]);
    let needs = json!({ "requiredCapabilities": { "sampling": {} } });
    fits(&error(-32021, needs), to_call, &[E]);
    let listed = json!({ "requiredCapabilities": ["sampling"] });
    fits(&error(-32021, listed), to_call, &[]);
    let mut chatty = error(-32602, Value::Null);
    chatty["error"]["details"] = json!("d");
    fits(&chatty, to_call, &[]);
}

/// RPC-4, RPC-5.
#[test]
fn an_answer_has_the_id_of_what_it_answers() {
    let mut ping = request("ping", json!({}));
    ping["id"] = json!("1");
    refused(D, &result(json!({})), Context::Answer(&ping), "id");
    refused(D, &error(-32600, Value::Null), Context::Answer(&ping), "id");
    refused(
        D,
        &result(json!({})),
        Context::Unasked,
        "nothing that was asked",
    );
    let mut nobodys = error(-32700, Value::Null);
    nobodys["id"] = Value::Null;
    fits(&nobodys, Context::Unreadable { null_id: true }, &ALL);
    fits(&nobodys, Context::Unreadable { null_id: false }, &[]);
    if let Some(members) = nobodys.as_object_mut() {
        members.remove("id");
    }
    fits(&nobodys, Context::Unreadable { null_id: false }, &ALL);
    fits(&nobodys, Context::Unreadable { null_id: true }, &[]);
    fits(&nobodys, Context::Answer(&ping), &[]);
}

#[test]
fn what_a_server_says_by_itself_is_of_its_revision() {
    let progress = |params: Value| notification("notifications/progress", params);
    fits(
        &progress(json!({ "progressToken": 1, "progress": 0.5 })),
        Context::Unasked,
        &ALL,
    );
    fits(
        &progress(json!({ "progressToken": 1, "progress": 0.5, "message": "m" })),
        Context::Unasked,
        &[B, C, D, E],
    );
    fits(
        &progress(json!({ "progressToken": {}, "progress": 1 })),
        Context::Unasked,
        &[],
    );
    let log = notification(
        "notifications/message",
        json!({ "level": "loud", "data": 1 }),
    );
    fits(&log, Context::Unasked, &[]);
    let changed = "notifications/tools/list_changed";
    fits(
        &notification(changed, json!({})),
        Context::Unasked,
        &[A, B, C, D],
    );
    let tag = json!({ "_meta": { "io.modelcontextprotocol/subscriptionId": 1 } });
    fits(&notification(changed, tag), Context::Unasked, &[E]);
    fits(
        &notification("notifications/nonsense", json!({})),
        Context::Unasked,
        &[],
    );
    fits(
        &request("roots/list", json!({})),
        Context::Unasked,
        &[A, B, C, D],
    );
    let form = request(
        "elicitation/create",
        json!({
            "message": "m",
            "requestedSchema": { "type": "object", "properties": { "a": { "type": "string" } } },
        }),
    );
    fits(&form, Context::Unasked, &[C, D]);
    let mut moded = form;
    moded["params"]["mode"] = json!("form");
    fits(&moded, Context::Unasked, &[D]);
    fits(&request("tools/list", json!({})), Context::Unasked, &[]);
}

#[test]
fn clients_may_say_more_and_not_less() {
    let check = |revision: &str, frame: &Value| {
        Schemas::of(revision)
            .check_from_client(frame, Context::Unasked)
            .is_ok()
    };
    let call = request("tools/call", json!({ "name": "t", "more": 1 }));
    assert!(check(A, &call) && check(D, &call) && !check(E, &call));
    assert!(check(
        E,
        &modern("tools/call", json!({ "name": "t" }), &json!({}))
    ));
    assert!(!check(E, &modern("tools/call", json!({}), &json!({}))));
    assert!(!check(D, &request("tools/call", json!({}))));
    assert!(check(D, &request("no/such", json!({}))));
    assert!(!check(
        D,
        &json!({ "jsonrpc": "1.0", "id": 1, "method": "no/such" })
    ));
    assert!(!check(
        D,
        &json!({ "jsonrpc": "2.0", "id": null, "method": "ping" })
    ));
    let asked = request("roots/list", json!({}));
    let answer = |frame: Value| Schemas::of(D).check_from_client(&frame, Context::Answer(&asked));
    assert_eq!(answer(result(json!({ "roots": [] }))), Ok(()));
    assert!(answer(result(json!({}))).is_err());
    assert_eq!(answer(error(-1, Value::Null)), Ok(()));
}
