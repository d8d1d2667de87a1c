//! Plugins that ask. A plugin cannot tell in which revision its client is asked:
//! by a request in a session (§20.1), or by a result (§20.2).

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, ROGUE};

use super::able;
use crate::support::{C, Client, D, Host, REVISIONS, Way, matrix};

matrix! { REVISIONS, &[ROGUE, EVERYTHING] =>
    asks_with_a_form
    asks_again_and_remembers
    asks_several_things_at_once
    asks_for_prompts_and_resources
    asks_with_every_kind_of_field
    asks_for_a_visit
    takes_no_for_an_answer
    holds_answers_to_the_form
    asks_no_forms_of_those_who_have_none
    asks_for_no_visit_of_those_who_have_forms
    names_all_that_is_missing
    does_not_ask_for_ever
    tells_plugins_what_can_be_asked
}

const NO_FORMS: &str = "this needs a client that can be asked for a form";

/// Fills in a name.
fn filled_in(name: &str) -> Value {
    json!({ "action": "accept", "content": { "name": name } })
}

/// Calls a tool that asks, and returns its answer and what was asked.
#[track_caller]
fn converse(
    client: &mut Client,
    tool: &str,
    arguments: &Value,
    answer: impl Fn(&Value) -> Value,
) -> (Value, Vec<Value>) {
    let mut asked = Vec::new();
    let params = json!({ "name": tool, "arguments": arguments });
    let exchange = client.converse("tools/call", &params, |question| {
        let answer = answer(question);
        asked.push(json!({ "method": question["method"], "params": question["params"] }));
        answer
    });
    (exchange.answer, asked)
}

/// The only text of a result.
#[track_caller]
fn text(answer: &Value) -> &str {
    let text = &answer["result"]["content"][0]["text"];
    text.as_str().unwrap_or_else(|| panic!("no text: {answer}"))
}

/// Whether a client of this revision cannot be asked forms, and was told so
/// (DWN-10, DWN-11).
#[track_caller]
fn is_spared(way: Way, answer: &Value, asked: &[Value]) -> bool {
    if way.revision >= C {
        return false;
    }
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert_eq!(text(answer), NO_FORMS);
    assert_eq!(asked, Vec::<Value>::new().as_slice());
    true
}

/// S2C-1, MRT-2, ELI-1, DWN-12.
fn asks_with_a_form(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let (answer, asked) = converse(&mut client, "ask_form", &json!({}), |_| filled_in("Ada"));
    if is_spared(way, &answer, &asked) {
        return;
    }
    assert_eq!(text(&answer), "Hello, Ada!");
    let mut params = json!({
        "message": "Who are you?",
        "requestedSchema": {
            "type": "object",
            "properties": { "name": { "type": "string", "description": "Your name." } },
            "required": ["name"],
        },
    });
    if way.revision >= D {
        params["mode"] = "form".into();
    }
    let expected = json!({ "method": "elicitation/create", "params": params });
    assert_eq!(asked, [expected]);
}

/// DWN-11, MRT-5, MRT-6: what is kept between the rounds is there, whatever its size,
/// and each round has its own answers.
fn asks_again_and_remembers(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let (answer, asked) = converse(&mut client, "ask_twice", &json!({}), |question| {
        match question["params"]["message"].as_str() {
            Some("Who are you?") => filled_in("Ada"),
            Some("Which colour, Ada?") => {
                json!({ "action": "accept", "content": { "colour": "red" } })
            }
            _ => panic!("{question}"),
        }
    });
    if is_spared(way, &answer, &asked) {
        return;
    }
    assert_eq!(text(&answer), "Ada likes red (kept)");
    assert_eq!(asked.len(), 2);
    for bytes in [0, 1, 60_000] {
        let arguments = json!({ "bytes": bytes });
        let (answer, _) = converse(&mut client, "ask_state", &arguments, |_| filled_in("Ada"));
        assert_eq!(text(&answer), format!("Ada and {bytes} bytes"));
    }
}

/// S2C-1, S2C-5, SMP-1, SMP-3, DWN-13.
fn asks_several_things_at_once(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let (answer, mut asked) = converse(
        &mut client,
        "ask_all",
        &json!({}),
        |question| match question["method"].as_str() {
            Some("elicitation/create") => filled_in("Ada"),
            Some("sampling/createMessage") => json!({
                "role": "assistant",
                "content": { "type": "text", "text": "Roses are red." },
                "model": "m",
            }),
            Some("roots/list") => {
                json!({ "roots": [{ "uri": "file:///a" }, { "uri": "file:///b" }] })
            }
            _ => panic!("{question}"),
        },
    );
    if is_spared(way, &answer, &asked) {
        return;
    }
    assert_eq!(text(&answer), "Ada: Roses are red. [file:///a file:///b]");
    asked.sort_by_key(|question| question["method"].to_string());
    let methods = ["elicitation/create", "roots/list", "sampling/createMessage"];
    assert!(
        asked
            .iter()
            .map(|question| &question["method"])
            .eq(&methods)
    );
    let message = json!({ "type": "text", "text": "Write a line of verse." });
    let expected = json!({
        "messages": [{ "role": "user", "content": message }],
        "systemPrompt": "Be brief.",
        "maxTokens": 100,
    });
    assert_eq!(asked[2]["params"], expected);
}

/// MRT-1, DWN-10, DWN-11: prompts and resources ask as tools do.
fn asks_for_prompts_and_resources(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    for (method, params, told) in [
        ("prompts/get", json!({ "name": "personal" }), "I am Ada."),
        (
            "resources/read",
            json!({ "uri": "item:///asks" }),
            "Hello, Ada!",
        ),
    ] {
        let answer = client
            .converse(method, &params, |_| filled_in("Ada"))
            .answer;
        if way.revision < C {
            assert_eq!(answer["error"]["code"], -32603, "{answer}");
            assert_eq!(answer["error"]["message"], NO_FORMS);
            continue;
        }
        let result = &answer["result"];
        let text = match method {
            "prompts/get" => &result["messages"][0]["content"]["text"],
            _ => &result["contents"][0]["text"],
        };
        assert_eq!(text, told);
    }
}

/// ELI-2, DWN-12: where there is no field for several choices, the form is not for
/// this client.
fn asks_with_every_kind_of_field(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let content = json!({
        "text": "a",
        "number": 10,
        "agreed": true,
        "size": "large",
        "extras": ["milk", "sugar"],
    });
    let (answer, asked) = converse(
        &mut client,
        "ask_choices",
        &json!({}),
        |_| json!({ "action": "accept", "content": content }),
    );
    if way.revision < D {
        assert_eq!(text(&answer), NO_FORMS);
        assert_eq!(asked, Vec::<Value>::new());
        return;
    }
    let given: Value = serde_json::from_str(text(&answer)).unwrap();
    for (member, value) in content.as_object().unwrap() {
        assert_eq!(given[member], *value);
    }
    let fields = &asked[0]["params"]["requestedSchema"]["properties"];
    assert_eq!(fields["number"]["maximum"], 10);
    assert_eq!(fields["agreed"]["default"], false);
    let choices = json!([
        { "const": "milk", "title": "With milk" },
        { "const": "sugar", "title": "With sugar" },
    ]);
    assert_eq!(fields["extras"]["items"]["anyOf"], choices);
}

/// ELI-3, DWN-12.
fn asks_for_a_visit(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let (answer, asked) = converse(
        &mut client,
        "ask_visit",
        &json!({}),
        |_| json!({ "action": "accept" }),
    );
    if way.revision < D {
        let expected = "this needs a client that can be asked for a visit to a web page";
        assert_eq!(text(&answer), expected);
        assert_eq!(asked, Vec::<Value>::new());
        return;
    }
    assert_eq!(text(&answer), "agreed");
    let params = &asked[0]["params"];
    assert_eq!(params["mode"], "url");
    assert_eq!(params["url"], "https://example.com/sign-in");
    assert_eq!(params["message"], "Please sign in.");
    assert_eq!(params.get("elicitationId").is_some(), way.revision == D);
}

/// ELI-7, S2C-3, MRT-10.
fn takes_no_for_an_answer(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    for (reply, told) in [
        (filled_in("Ada"), "given Ada"),
        (json!({ "action": "decline" }), "declined"),
        (json!({ "action": "cancel" }), "dismissed"),
    ] {
        let (answer, asked) = converse(&mut client, "ask_reply", &json!({}), |_| reply.clone());
        if is_spared(way, &answer, &asked) {
            return;
        }
        assert_eq!(text(&answer), told);
    }
    let no = json!({ "action": "decline" });
    let (answer, _) = converse(&mut client, "ask_form", &json!({}), |_| no.clone());
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert_eq!(text(&answer), "the person said no to the question `name`");
}

/// MRT-7, S2C-3: a session has nobody to refuse an answer to; the plugin hears of it.
fn holds_answers_to_the_form(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    for content in [json!({}), json!({ "name": 7 })] {
        let reply = json!({ "action": "accept", "content": content });
        let (answer, asked) = converse(&mut client, "ask_reply", &json!({}), |_| reply.clone());
        if is_spared(way, &answer, &asked) {
            return;
        }
        let problem = "the form is not filled in as it should be: ";
        if way.is_modern() {
            assert_eq!(answer["error"]["code"], -32602, "{answer}");
            let message = answer["error"]["message"].as_str().unwrap();
            assert!(message.contains(problem), "{message}");
        } else {
            let told = text(&answer);
            assert!(told.starts_with(&format!("failed: {problem}")), "{told}");
        }
    }
}

/// S2C-1, MRT-3, DWN-10: what was not declared is not asked.
fn asks_no_forms_of_those_who_have_none(host: &mut Host, way: Way) {
    let missing = json!({ "elicitation": { "form": {} } });
    is_refused(Client::connect(host, way), "ask_form", &missing, "a form");
}

/// Trap 52: an empty object means forms, and no more.
fn asks_for_no_visit_of_those_who_have_forms(host: &mut Host, way: Way) {
    let client = Client::connect_able(host, way, json!({ "elicitation": {} }));
    let missing = json!({ "elicitation": { "url": {} } });
    is_refused(client, "ask_visit", &missing, "a visit to a web page");
}

/// S2C-1, MRT-3: if something cannot be asked, nothing is.
fn names_all_that_is_missing(host: &mut Host, way: Way) {
    let client = Client::connect_able(host, way, json!({ "sampling": {} }));
    let missing = json!({ "elicitation": { "form": {} }, "roots": {} });
    is_refused(client, "ask_all", &missing, "a form and its folders");
}

/// DWN-10, DSC-10: modern clients are told in a way that programs understand.
#[track_caller]
fn is_refused(mut client: Client, tool: &str, missing: &Value, words: &str) {
    let params = json!({ "name": tool, "arguments": {} });
    let exchange = client.request("tools/call", params);
    assert_eq!(exchange.before, Vec::<Value>::new());
    if client.way.is_modern() {
        assert_eq!(exchange.status.unwrap_or(400), 400);
        let error = exchange.error();
        assert_eq!(error["code"], -32021);
        assert_eq!(error["data"]["requiredCapabilities"], *missing);
    } else {
        let expected = format!("this needs a client that can be asked for {words}");
        assert_eq!(text(&exchange.answer), expected);
        assert_eq!(exchange.result()["isError"], true);
    }
}

/// SEC-5: a session is asked so often for one call. A modern client decides for
/// itself how often it comes again (MRT-4).
fn does_not_ask_for_ever(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    if way.is_modern() {
        let params = json!({ "name": "ask_forever" });
        let first = client.result("tools/call", params.clone());
        let mut again = params;
        again["inputResponses"] = json!({ "name0": filled_in("Ada") });
        again["requestState"] = first["requestState"].clone();
        let second = client.result("tools/call", again);
        assert!(second["inputRequests"]["name1"].is_object(), "{second}");
        return;
    }
    let (answer, asked) = converse(&mut client, "ask_forever", &json!({}), |_| filled_in("Ada"));
    if is_spared(way, &answer, &asked) {
        return;
    }
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(
        text(&answer).contains("asked more than 32 times"),
        "{answer}"
    );
    assert_eq!(asked.len(), 32);
}

/// §10.2, DWN-11: what a plugin hears of it beforehand. Models of old revisions have
/// their context without a word for it.
fn tells_plugins_what_can_be_asked(host: &mut Host, way: Way) {
    let mut client = able(host, way);
    let known: Value = serde_json::from_str(&client.text("whoami", json!({}))).unwrap();
    let kinds: &[&str] = if way.revision < C {
        &["sampling", "samplingContext", "roots"]
    } else if way.revision < D {
        &["form", "sampling", "samplingContext", "roots"]
    } else {
        &["form", "url", "sampling", "samplingTools", "roots"]
    };
    assert_eq!(known["canAsk"], json!(kinds));
}
