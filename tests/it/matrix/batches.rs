//! Several messages in one: in the one revision that has such a thing, and refused in
//! the others (§1.2).

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, ROGUE};

use crate::support::{
    A, B, Binding, C, Client, D, E, Host, Request, Session, Way, handshake, matrix,
};

matrix! { [B], &[ROGUE, EVERYTHING, "--timeout", "1h"] =>
    hold_messages_of_all_kinds
    are_answered_when_all_is_done
    have_no_answer_if_nothing_wants_one
    hold_no_handshakes
    hold_each_id_once
    go_on_without_what_is_cancelled
    have_bounds
    hold_no_modern_requests
}

mod elsewhere {
    use super::{A, C, D, E, ROGUE, are_refused};
    use crate::support::matrix;

    matrix! { [A, C, D, E], &[ROGUE] => are_refused }
}

fn request(id: impl Into<Value>, method: &str, params: Value) -> Value {
    let mut request = json!({ "jsonrpc": "2.0", "method": method });
    request["id"] = id.into();
    request["params"] = params;
    request
}

fn call(id: impl Into<Value>, tool: &str, arguments: Value) -> Value {
    let mut params = json!({ "name": tool });
    params["arguments"] = arguments;
    request(id, "tools/call", params)
}

fn echo(id: impl Into<Value>, text: &str) -> Value {
    call(id, "echo", json!({ "text": text }))
}

fn ping(id: impl Into<Value>) -> Value {
    request(id, "ping", json!({}))
}

fn pong(id: u64) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": {} })
}

/// Ends only when it is cancelled, and reports until then.
fn endless(id: u64) -> Value {
    let mut call = call(id, "count", json!({ "n": 1_000_000, "delay_ms": 50 }));
    call["params"]["_meta"] = json!({ "progressToken": id });
    call
}

/// Waits until these have reported.
#[track_caller]
fn wait_until_running(client: &mut Client, ids: &[u64]) {
    let mut waiting = ids.to_vec();
    while !waiting.is_empty() {
        let report = client.notification();
        waiting.retain(|id| report["params"]["progressToken"] != *id);
    }
}

fn cancelled(id: impl Into<Value>) -> Value {
    json!({
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": { "requestId": id.into() },
    })
}

fn send(client: &mut Client, batch: &[Value]) {
    client.send(&Value::from(batch).to_string());
}

/// The answer to this id, which is taken out.
#[track_caller]
fn take(answers: &mut Vec<Value>, id: impl Into<Value>) -> Value {
    let id = id.into();
    let at = answers.iter().position(|answer| answer["id"] == id);
    answers.remove(at.unwrap_or_else(|| panic!("no answer to {id}: {answers:?}")))
}

#[track_caller]
fn assert_invalid(answer: &Value) {
    assert_eq!(answer["error"]["code"], -32600, "{answer}");
}

/// The one error that a batch is answered with as a whole. Over HTTP+SSE what is none
/// in any revision does not get as far as the stream (SSE-5).
#[track_caller]
fn assert_refused(host: &Host, client: &mut Client, batch: &Value) {
    let count = batch.as_array().unwrap().len();
    if client.way.binding == Binding::Sse && !(1..=100).contains(&count) {
        let target = format!("/messages?sessionId={}", client.session());
        let refusal = Request::post(&target, &batch.to_string()).send(host.address());
        return assert_invalid(&refusal.must_be(400).json());
    }
    client.send(&batch.to_string());
    let refusal = client.refusal();
    assert_invalid(&refusal);
    assert!(refusal["id"].is_null(), "{refusal}");
}

/// BAT-1, BAT-3: each element has its own answer, if it is to have one.
fn hold_messages_of_all_kinds(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let elements = [
        ping("a"),
        json!({ "jsonrpc": "2.0", "method": "notifications/unheard-of" }),
        json!({ "jsonrpc": "2.0", "id": 77, "result": {} }),
        json!(1),
        echo(2, "two"),
        request(3, "tools/list", json!({})),
        json!({}),
        json!({ "jsonrpc": "2.0", "id": 5, "method": 7 }),
        request(6, "no/such", json!({})),
        request(7, "logging/setLevel", json!({ "level": "error" })),
        json!([ping(8)]),
    ];
    send(&mut client, &elements);
    let mut answers = client.batch();
    assert_eq!(take(&mut answers, "a")["result"], json!({}));
    assert_eq!(take(&mut answers, 2)["result"]["content"][0]["text"], "two");
    assert!(take(&mut answers, 3)["result"]["tools"].is_array());
    assert_invalid(&take(&mut answers, 5));
    assert_eq!(take(&mut answers, 6)["error"]["code"], -32601);
    assert_eq!(take(&mut answers, 7)["result"], json!({}));
    // What is no message, or several, has no id that could be answered.
    assert_eq!(answers.len(), 3, "{answers:?}");
    answers.iter().for_each(assert_invalid);
}

/// BAT-3: in one piece, after everything that was said before.
fn are_answered_when_all_is_done(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let mut counting = call(1, "count", json!({ "n": 3, "delay_ms": 5 }));
    counting["params"]["_meta"] = json!({ "progressToken": "t" });
    send(&mut client, &[counting, echo(2, "two")]);
    for number in 1..=3 {
        let progress = loop {
            let said = client.next_of_any_kind();
            assert!(said.is_object(), "{said}");
            if said["method"] == "notifications/progress" {
                break said;
            }
        };
        assert_eq!(
            progress["params"]["progress"].as_f64(),
            Some(f64::from(number))
        );
    }
    let mut answers = client.batch();
    assert_eq!(
        take(&mut answers, 1)["result"]["content"][0]["text"],
        "done"
    );
    assert_eq!(take(&mut answers, 2)["result"]["content"][0]["text"], "two");
    assert_eq!(answers, Vec::<Value>::new());
}

/// BAT-3.
fn have_no_answer_if_nothing_wants_one(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let elements = [
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 77, "result": {} }),
        cancelled(4711),
    ];
    send(&mut client, &elements);
    send(&mut client, &[ping(1)]);
    assert_eq!(client.batch(), [pong(1)]);
    assert_refused(host, &mut client, &json!([]));
}

/// BAT-2, LIF-7.
fn hold_no_handshakes(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let initialize = request(1, "initialize", handshake(B));
    send(&mut client, &[initialize, ping(2)]);
    let mut answers = client.batch();
    assert_invalid(&take(&mut answers, 1));
    assert_eq!(take(&mut answers, 2)["result"], json!({}));
}

/// BAT-6, RPC-7.
fn hold_each_id_once(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    send(&mut client, &[echo(1, "first"), echo(1, "second")]);
    let mut answers = client.batch();
    answers.sort_by_key(|answer| answer.get("error").is_some());
    assert_eq!(answers[0]["result"]["content"][0]["text"], "first");
    assert_invalid(&answers[1]);
    assert_eq!(answers.len(), 2);
    // Nor one that is running since before.
    client.start_as(1, "tools/call", endless(1)["params"].take());
    wait_until_running(&mut client, &[1]);
    send(&mut client, &[echo(1, "third"), ping(2)]);
    let mut answers = client.batch();
    assert_invalid(&take(&mut answers, 1));
    assert_eq!(take(&mut answers, 2)["result"], json!({}));
    client.cancel(1);
}

/// BAT-6, CAN-2: the others have their answers, and if there are none, nothing has.
fn go_on_without_what_is_cancelled(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    send(&mut client, &[endless(1), echo(2, "two")]);
    wait_until_running(&mut client, &[1]);
    client.cancel(1);
    let mut answers = client.batch();
    assert_eq!(take(&mut answers, 2)["result"]["content"][0]["text"], "two");
    assert_eq!(answers, Vec::<Value>::new());
    // In the same batch, and by another one.
    send(&mut client, &[endless(3), cancelled(3), ping(4)]);
    assert_eq!(client.batch(), [pong(4)]);
    send(&mut client, &[endless(5), endless(6)]);
    wait_until_running(&mut client, &[5, 6]);
    send(&mut client, &[cancelled(5), cancelled(6), ping(7)]);
    assert_eq!(client.batch(), [pong(7)]);
    send(&mut client, &[echo(5, "five"), echo(6, "six")]);
    let mut answers = client.batch();
    assert_eq!(
        take(&mut answers, 5)["result"]["content"][0]["text"],
        "five"
    );
    assert_eq!(take(&mut answers, 6)["result"]["content"][0]["text"], "six");
}

/// SEC-5.
fn have_bounds(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let many: Vec<Value> = (0..100).map(ping).collect();
    send(&mut client, &many);
    assert_eq!(client.batch().len(), 100);
    let too_many: Value = (0..101).map(ping).collect();
    assert_refused(host, &mut client, &too_many);
}

/// BAT-5: as a whole.
fn hold_no_modern_requests(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": E,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let modern = request(2, "tools/list", json!({ "_meta": meta }));
    assert_refused(host, &mut client, &json!([echo(1, "one"), modern]));
    assert_eq!(client.result("ping", json!({})), json!({}));
}

/// BAT-4.
fn are_refused(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    assert_refused(host, &mut client, &json!([echo(1, "one")]));
    assert_refused(host, &mut client, &json!([]));
    client.result("tools/list", json!({}));
}

/// BAT-2, BAT-3, BAT-4, SHL-5, SHL-25: what POSTs of them are answered with.
#[test]
fn over_http() {
    let host = Host::serve(&["--listen", "127.0.0.1:0", ROGUE]);
    let session = Session::open_as(host.address(), B, &json!({}));
    let post = |batch: &Value| session.post(&batch.to_string()).send(host.address());
    let note = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(post(&json!([note])).must_be(202).text(), "");
    let pings = post(&json!([ping(1), ping(2)])).must_be(200);
    assert_eq!(pings.header("content-type"), Some("application/json"));
    assert_eq!(pings.json().as_array().unwrap().len(), 2);
    for refused in [json!([]), (0..101).map(ping).collect()] {
        assert_invalid(&post(&refused).must_be(400).json());
    }
    let homeless = json!([ping(1)]).to_string();
    let homeless = Request::post("/mcp", &homeless);
    assert_invalid(&homeless.send(host.address()).must_be(400).json());
    let counting = call(1, "count", json!({ "n": 2 }));
    let mut stream = post(&json!([counting, ping(2)])).must_be(200);
    assert!(stream.is_stream());
    let first = stream.message().unwrap().expect("a message");
    drop(stream);
    let again = Request::new("GET", "/mcp")
        .header("Accept", "text/event-stream")
        .header("Mcp-Session-Id", &session.id)
        .header("Last-Event-ID", &first.id.expect("SHL-24"));
    let mut rest = again.send(host.address()).must_be(200);
    let mut last = Value::Null;
    while let Some(event) = rest.message().unwrap() {
        last = serde_json::from_str(&event.data).unwrap();
    }
    assert_eq!(last.as_array().expect("the answers").len(), 2, "{last}");
}
