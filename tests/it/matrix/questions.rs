//! Questions as requests, in the revisions that can be asked forms in them: whose answer is whose,
//! and what becomes of a question that nobody needs answered any more (§20.1).

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, ROGUE};

use super::able;
use crate::support::{C, Client, D, Host, Way, matrix};

matrix! { [C, D], &[ROGUE, EVERYTHING] =>
    answers_reach_the_call_that_asked
    answers_to_nothing_are_ignored
    errors_are_answers
    a_cancelled_call_takes_its_question_back
}

fn filled_in(member: &str, value: &str) -> Value {
    json!({ "action": "accept", "content": { member: value } })
}

#[track_caller]
fn message(question: &Value) -> &str {
    let message = &question["params"]["message"];
    message.as_str().unwrap_or_else(|| panic!("{question}"))
}

/// The text that a call ends with.
#[track_caller]
fn text(client: &mut Client, id: u64) -> String {
    let result = client.answer(id).result();
    let text = &result["content"][0]["text"];
    text.as_str()
        .unwrap_or_else(|| panic!("{result}"))
        .to_owned()
}

/// S2C-2: our ids are our own, and each answer is for one of several calls that ask
/// at once.
fn answers_reach_the_call_that_asked(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let calls = ["Ada", "Bob"].map(|name| {
        let call = client.start_call("ask_twice", json!({}));
        let question = client.question();
        assert_eq!(message(&question), "Who are you?");
        (name, call, question)
    });
    assert_ne!(calls[0].2["id"], calls[1].2["id"]);
    // The last first.
    for (name, _, question) in calls.iter().rev() {
        client.respond(question, "result", &filled_in("name", name));
        let colour = client.question();
        assert_eq!(message(&colour), format!("Which colour, {name}?"));
        client.respond(&colour, "result", &filled_in("colour", "red"));
    }
    for (name, call, _) in calls {
        assert_eq!(text(&mut client, call), format!("{name} likes red (kept)"));
    }
}

/// RPC-11: whoever answers what nobody asked is not answered in turn.
fn answers_to_nothing_are_ignored(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let call = client.start_call("ask_form", json!({}));
    let question = client.question();
    let wrong = filled_in("name", "Eve");
    let id = question["id"].as_u64().expect("a number");
    for other in [json!(id + 1), json!(0), json!("x"), json!(id.to_string())] {
        client.respond(&json!({ "id": other }), "result", &wrong);
    }
    let error = json!({ "code": -32603, "message": "what?" });
    client.send(&json!({ "jsonrpc": "2.0", "error": error }).to_string());
    client.respond(&question, "result", &filled_in("name", "Ada"));
    // Once is enough.
    client.respond(&question, "result", &wrong);
    assert_eq!(text(&mut client, call), "Hello, Ada!");
    assert_eq!(client.result("ping", json!({})), json!({}));
}

/// S2C-3: whatever comes back, the plugin goes on, and can tell a refusal.
fn errors_are_answers(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let error = |code: i32| json!({ "code": code, "message": "no such thing" });
    for (member, outcome, told) in [
        ("error", error(-1), "declined"),
        ("error", error(-32601), "failed: no such thing"),
        ("error", error(-32603), "failed: no such thing"),
        ("error", json!("odd"), "failed: the client failed"),
        (
            "result",
            json!({ "action": "perhaps" }),
            "failed: the client's answer is unusable: \
             its `action` is none of accept, decline, cancel",
        ),
        (
            "result",
            json!([]),
            "failed: the client's answer is unusable: it is not an object",
        ),
    ] {
        let call = client.start_call("ask_reply", json!({}));
        let question = client.question();
        client.respond(&question, member, &outcome);
        assert_eq!(text(&mut client, call), told);
    }
}

/// CAN-3.
fn a_cancelled_call_takes_its_question_back(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    client.open_stream();
    let call = client.start_call("ask_form", json!({}));
    let question = client.question();
    client.cancel(call);
    let taken_back = client.notification();
    assert_eq!(taken_back["method"], "notifications/cancelled");
    assert_eq!(taken_back["params"]["requestId"], question["id"]);
    // Too late, and nobody minds.
    client.respond(&question, "result", &filled_in("name", "Ada"));
    let exchange = client.request("ping", json!({}));
    assert_eq!(exchange.before, Vec::<Value>::new());
    assert_eq!(exchange.result(), json!({}));
}
