//! Requests that are made again with answers, as modern clients are asked (§20.2):
//! what they bring is not believed, and what they leave out is asked again.

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, ROGUE};

use super::able;
use crate::support::{Client, E, Exchange, Host, Way, matrix};

matrix! { [E], &[ROGUE, EVERYTHING] =>
    asks_in_its_result
    asks_again_for_what_is_missing
    looks_at_nothing_that_was_not_asked
    believes_no_state_of_somebody_else
    refuses_answers_that_are_none
    asks_only_what_the_retry_can_be_asked
    needs_no_state_to_read_answers
}

fn filled_in(name: &str) -> Value {
    json!({ "action": "accept", "content": { "name": name } })
}

/// The first round of a call that asks for a name.
fn first(client: &mut Client, tool: &str, arguments: &Value) -> (Value, Value) {
    let params = json!({ "name": tool, "arguments": arguments });
    let result = client.result("tools/call", params.clone());
    assert_eq!(result["resultType"], "input_required");
    (params, result)
}

/// The next round. `Value::Null` leaves something out.
fn again(client: &mut Client, params: &Value, answers: Value, state: &Value) -> Exchange {
    let mut params = params.clone();
    for (member, value) in [("inputResponses", answers), ("requestState", state.clone())] {
        if !value.is_null() {
            params[member] = value;
        }
    }
    client.request("tools/call", params)
}

#[track_caller]
fn assert_invalid(exchange: Exchange, why: &str) {
    assert_eq!(exchange.status.unwrap_or(200), 200, "{why}");
    let error = exchange.error();
    assert_eq!(error["code"], -32602, "{why}: {error}");
}

/// MRT-2, MRT-3, MRT-9: questions have keys, and are no messages by themselves.
fn asks_in_its_result(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let (_, result) = first(&mut client, "ask_all", &json!({}));
    let questions = result["inputRequests"].as_object().unwrap();
    let keys: Vec<_> = questions.keys().map(String::as_str).collect();
    assert_eq!(keys, ["name", "poem", "roots"]);
    for question in questions.values() {
        let members = question.as_object().unwrap().keys();
        assert!(
            members
                .clone()
                .all(|key| key == "method" || key == "params"),
            "{question}"
        );
    }
    assert!(result["requestState"].is_string(), "{result}");
    for member in ["ttlMs", "cacheScope", "content"] {
        assert_eq!(result.get(member), None);
    }
}

/// MRT-4, MRT-5, MRT-7: what is missing is no error. Each round brings all of its
/// own answers.
fn asks_again_for_what_is_missing(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let (params, result) = first(&mut client, "ask_all", &json!({}));
    let state = &result["requestState"];
    let some = json!({ "name": filled_in("Ada") });
    for answers in [Value::Null, json!({}), some] {
        let next = again(&mut client, &params, answers, state).result();
        assert_eq!(next["resultType"], "input_required", "{next}");
        assert!(next["inputRequests"]["poem"].is_object(), "{next}");
    }
    let poem = json!({ "type": "text", "text": "Roses." });
    let all = json!({
        "name": filled_in("Ada"),
        "poem": { "role": "assistant", "content": poem, "model": "m" },
        "roots": { "roots": [] },
    });
    // The old state is as good as it was: nothing is kept on this side (MRT-10).
    let last = again(&mut client, &params, all, state).result();
    assert_eq!(last["content"][0]["text"], "Ada: Roses. []");
    assert_eq!(last["resultType"], "complete");
}

/// MRT-7, trap 19.
fn looks_at_nothing_that_was_not_asked(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let (params, result) = first(&mut client, "ask_form", &json!({}));
    let answers = json!({
        "name": filled_in("Ada"),
        "nonsense": filled_in("Eve"),
        "roots": { "roots": [{ "uri": "file:///etc" }] },
    });
    let last = again(&mut client, &params, answers, &result["requestState"]).result();
    assert_eq!(last["content"][0]["text"], "Hello, Ada!");
}

/// MRT-6: state is for the same request of the same client, as it was sealed.
fn believes_no_state_of_somebody_else(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let (params, result) = first(&mut client, "ask_state", &json!({ "bytes": 3 }));
    let answers = || json!({ "name": filled_in("Ada") });
    let state = result["requestState"].as_str().unwrap();
    assert!(!state.contains("xxx"), "it can be read");
    let mut tampered = state.to_owned().into_bytes();
    let middle = tampered.len() / 2;
    tampered[middle] = if tampered[middle] == b'A' { b'B' } else { b'A' };
    let tampered = String::from_utf8(tampered).unwrap();
    for broken in [
        "",
        "nonsense",
        &state[1..],
        &state[..state.len() - 4],
        &tampered,
    ] {
        let exchange = again(&mut client, &params, answers(), &json!(broken));
        assert_invalid(exchange, broken);
    }
    let other_arguments = json!({ "name": "ask_state", "arguments": { "bytes": 4 } });
    let other_tool = json!({ "name": "ask_form", "arguments": { "bytes": 3 } });
    for (other, why) in [(other_arguments, "arguments"), (other_tool, "tool")] {
        assert_invalid(again(&mut client, &other, answers(), &json!(state)), why);
    }
    let read = json!({ "uri": "item:///asks", "requestState": state });
    assert_eq!(client.error("resources/read", read)["code"], -32602);
    let last = again(&mut client, &params, answers(), &json!(state)).result();
    assert_eq!(last["content"][0]["text"], "Ada and 3 bytes");
}

/// MRT-7.
fn refuses_answers_that_are_none(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let (params, result) = first(&mut client, "ask_form", &json!({}));
    let state = &result["requestState"];
    for answers in [
        json!([]),
        json!("Ada"),
        json!({ "name": "Ada" }),
        json!({ "name": {} }),
        json!({ "name": { "action": "perhaps" } }),
        json!({ "name": { "action": "accept", "content": "Ada" } }),
        json!({ "name": { "roots": [] } }),
    ] {
        let why = answers.to_string();
        assert_invalid(again(&mut client, &params, answers, state), &why);
    }
    let exchange = again(&mut client, &params, json!({}), &json!(7));
    assert_invalid(exchange, "a state that is no string");
}

/// MRT-3: capabilities are those of each request.
fn asks_only_what_the_retry_can_be_asked(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let (params, result) = first(&mut client, "ask_twice", &json!({}));
    client.declare(json!({}));
    let answers = json!({ "name": filled_in("Ada") });
    let exchange = again(&mut client, &params, answers, &result["requestState"]);
    assert_eq!(exchange.status.unwrap_or(400), 400);
    assert_eq!(exchange.error()["code"], -32021);
}

/// MRT-4: where nobody remembers the question, an answer is what it looks like, and
/// the plugin is free to ask again.
fn needs_no_state_to_read_answers(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let params = json!({ "name": "ask_form", "arguments": {} });
    let answers = json!({ "name": filled_in("Ada") });
    let last = again(&mut client, &params, answers, &Value::Null).result();
    assert_eq!(last["content"][0]["text"], "Hello, Ada!");
    let answers = json!({ "name": { "what": "ever" } });
    assert_invalid(
        again(&mut client, &params, answers, &Value::Null),
        "a guess",
    );
}
