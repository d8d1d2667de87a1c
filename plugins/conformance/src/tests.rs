//! The rounds of the tools that take several, as a host plays them, and what they ask.

use crate::asking::{
    Ask, Elicit, test_elicitation, test_elicitation_sep1034_defaults,
    test_elicitation_sep1330_enums, test_missing_capability, test_sampling,
};
use crate::prompts::test_input_required_result_prompt;
use crate::rounds::{
    test_input_required_result_capabilities, test_input_required_result_elicitation,
    test_input_required_result_multi_round, test_input_required_result_multiple_inputs,
    test_input_required_result_request_state,
};
use crate::talking::test_reconnection;
use crate::tasks::{confirm_delete, multi_input, test_tool_with_task};
use wharf_sdk::prelude::*;
use wharf_sdk::testing::{Asked, Said, TestRequest, asked, call_tool, is_deferred};

/// The error of a call that waits, and what it asks.
#[track_caller]
fn waiting<T: std::fmt::Debug>(result: Result<T>) -> (Error, Vec<(String, Asked)>) {
    let error = result.unwrap_err();
    assert!(error.is_pending(), "{error}");
    let questions = asked(&error);
    (error, questions)
}

/// A call of a tool that is put off or has asked for these keys.
#[track_caller]
fn asks(result: Result<String>, expected: &[&str]) -> Error {
    let (error, questions) = waiting(result);
    let keys: Vec<_> = questions.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, expected);
    error
}

/// The schema of the one form that is asked for.
#[track_caller]
fn form(result: Result<String>) -> Value {
    let (_, questions) = waiting(result);
    match questions.into_iter().next() {
        Some((_, Asked::Form(_, schema))) => schema,
        other => panic!("{other:?}"),
    }
}

fn fresh() -> Request {
    TestRequest::new().build()
}

fn alice() -> Value {
    json!({ "name": "Alice" })
}

#[test]
fn a_name_is_asked_for_until_it_is_there() {
    let tool = test_input_required_result_elicitation;
    let (error, questions) = waiting(tool(&fresh()));
    let schema = json!({
        "type": "object",
        "properties": { "name": { "type": "string", "description": "A name." } },
        "required": ["name"],
    });
    let form = Asked::Form("What is your name?".to_owned(), schema);
    assert_eq!(questions, [("user_name".to_owned(), form)]);
    let again = TestRequest::new().after(&error);
    let wrong = again.clone().filled_in("wrong_key", alice());
    asks(tool(&wrong.build()), &["user_name"]);
    let right = again
        .filled_in("user_name", alice())
        .filled_in("extra", json!({}));
    assert_eq!(tool(&right.build()).unwrap(), "Hello, Alice!");
}

#[test]
fn an_answer_is_enough_without_state() {
    let request = TestRequest::new().filled_in("user_name", alice()).build();
    let said = test_input_required_result_elicitation(&request);
    assert_eq!(said.unwrap(), "Hello, Alice!");
}

#[test]
fn what_is_remembered_comes_back() {
    let tool = test_input_required_result_request_state;
    let error = asks(tool(&fresh()), &["confirm"]);
    let confirmed = TestRequest::new().filled_in("confirm", json!({ "ok": true }));
    let request = confirmed.clone().after(&error).build();
    assert_eq!(
        tool(&request).unwrap(),
        "Confirmed: true, remembered: state-ok"
    );
    let forgotten = tool(&confirmed.build()).unwrap_err();
    assert_eq!(forgotten.to_string(), "nothing was remembered");
}

#[test]
fn three_kinds_are_asked_at_once() {
    let tool = test_input_required_result_multiple_inputs;
    let error = asks(tool(&fresh()), &["user_name", "greeting", "client_roots"]);
    let some = TestRequest::new().after(&error);
    let some = some
        .filled_in("user_name", alice())
        .sampled("greeting", "hi!");
    let error = asks(tool(&some.build()), &["client_roots"]);
    let rest = TestRequest::new().after(&error);
    let rest = rest.roots("client_roots", &["file:///one", "file:///two"]);
    assert_eq!(
        tool(&rest.build()).unwrap(),
        "Alice, hi! You work in: file:///one, file:///two"
    );
}

#[test]
fn one_round_follows_another() {
    let tool = test_input_required_result_multi_round;
    let first = asks(tool(&fresh()), &["step1"]);
    let request = TestRequest::new().after(&first).filled_in("step1", alice());
    let second = asks(tool(&request.build()), &["step2"]);
    let request = TestRequest::new().after(&second);
    let request = request.filled_in("step2", json!({ "color": "blue" }));
    assert_eq!(tool(&request.build()).unwrap(), "Alice likes blue.");
}

#[test]
fn only_what_can_be_asked_is() {
    let tool = test_input_required_result_capabilities;
    let client = TestRequest::new().can_ask(&[AskKind::Sampling]);
    let error = asks(tool(&client.clone().build()), &["greeting"]);
    let request = client.after(&error).sampled("greeting", "hi!").build();
    let known = json!({ "name": null, "greeting": "hi!", "roots": null });
    assert_eq!(tool(&request).unwrap(), known.to_string());
    asks(tool(&fresh()), &["user_name", "greeting", "client_roots"]);
    let mute = TestRequest::new().can_ask(&[]).build();
    assert!(tool(&mute).is_ok());
}

#[test]
fn a_name_first_and_then_a_task() {
    let tool = test_tool_with_task;
    let error = asks(tool(&fresh()), &["user_name"]);
    let answered = TestRequest::new().after(&error);
    let answered = answered.filled_in("user_name", alice());
    let error = asks(tool(&answered.clone().build()), &[]);
    assert!(is_deferred(&error));
    let request = answered.after(&error).build();
    assert_eq!(tool(&request).unwrap(), "Hello, Alice!");
}

#[test]
fn a_task_asks_in_parts() {
    let error = asks(multi_input(&fresh()), &["first", "second"]);
    let one = TestRequest::new().after(&error);
    // The suite answers every form of a task like this.
    let both = json!({ "name": "one", "confirm": true });
    let error = asks(
        multi_input(&one.filled_in("first", both.clone()).build()),
        &["second"],
    );
    let rest = TestRequest::new().after(&error);
    let said = multi_input(&rest.filled_in("second", both).build());
    assert_eq!(said.unwrap(), "one and one");
}

#[test]
fn deleting_wants_a_yes() {
    let file = json!({ "filename": "a.txt" });
    for (confirm, expected) in [(true, "a.txt was deleted"), (false, "a.txt was kept")] {
        let request = TestRequest::new();
        let request = request.filled_in("confirm", json!({ "confirm": confirm }));
        let result = call_tool::<confirm_delete>(&request.build(), file.clone());
        assert_eq!(result.unwrap().to_text(), expected);
    }
    let request = TestRequest::new().declined("confirm").build();
    let no = call_tool::<confirm_delete>(&request, file).unwrap_err();
    assert!(!no.is_pending());
}

#[test]
fn the_model_is_asked_what_the_caller_says() {
    let ask = || Ask {
        prompt: "Hello?".to_owned(),
    };
    let (_, questions) = waiting(test_sampling(&fresh(), ask()));
    let params = json!({
        "messages": [{ "role": "user", "content": { "type": "text", "text": "Hello?" } }],
        "maxTokens": 100,
    });
    assert_eq!(questions[0].1, Asked::Sampling(params));
    let request = TestRequest::new().sampled("answer", "Hello!").build();
    assert_eq!(
        test_sampling(&request, ask()).unwrap(),
        "LLM response: Hello!"
    );
    asks(test_missing_capability(&fresh()), &["greeting"]);
}

#[test]
fn a_no_is_a_response_too() {
    let elicit = || Elicit {
        message: "Who?".to_owned(),
    };
    let request = TestRequest::new().declined("contact").build();
    assert_eq!(
        test_elicitation(&request, elicit()).unwrap(),
        "User response: action=decline, content={}"
    );
    let contact = json!({ "username": "ada", "email": "ada@example.com" });
    let request = TestRequest::new().filled_in("contact", contact.clone());
    assert_eq!(
        test_elicitation(&request.build(), elicit()).unwrap(),
        format!("User response: action=accept, content={contact}")
    );
}

#[test]
fn forms_have_defaults() {
    let schema = form(test_elicitation_sep1034_defaults(&fresh()));
    for (field, kind, default) in [
        ("name", "string", json!("John Doe")),
        ("age", "integer", json!(30)),
        ("score", "number", json!(95.5)),
        ("status", "string", json!("active")),
        ("verified", "boolean", json!(true)),
    ] {
        let property = &schema["properties"][field];
        assert_eq!(property["type"], kind, "{schema}");
        assert_eq!(property["default"], default, "{schema}");
    }
    let status = &schema["properties"]["status"]["enum"];
    assert_eq!(*status, json!(["active", "inactive", "pending"]));
    assert_eq!(schema.get("required"), None);
}

#[test]
fn forms_have_all_kinds_of_choices() {
    let schema = form(test_elicitation_sep1330_enums(&fresh()));
    let plain = json!(["option1", "option2", "option3"]);
    let titled = json!([
        { "const": "value1", "title": "First Option" },
        { "const": "value2", "title": "Second Option" },
        { "const": "value3", "title": "Third Option" },
    ]);
    let expected = json!({
        "untitledSingle": { "type": "string", "enum": plain, "description": "One of these" },
        "titledSingle": {
            "type": "string", "oneOf": titled, "description": "One of these, with titles",
        },
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
            "description": "One of these, with titles as they used to be written",
        },
        "untitledMulti": {
            "type": "array",
            "items": { "type": "string", "enum": plain },
            "description": "Some of these",
        },
        "titledMulti": {
            "type": "array", "items": { "anyOf": titled }, "description": "Some of these, with titles",
        },
    });
    assert_eq!(schema["properties"], expected);
}

#[test]
fn a_prompt_may_ask() {
    asks(
        test_input_required_result_prompt(&fresh()),
        &["user_context"],
    );
    let request = TestRequest::new().filled_in("user_context", json!({ "context": "trees" }));
    assert_eq!(
        test_input_required_result_prompt(&request.build()).unwrap(),
        "Prompt with context: trees"
    );
}

#[test]
fn silence_is_announced() {
    let request = fresh();
    test_reconnection(&request);
    assert!(matches!(request.said()[..], [Said::Silence(_)]));
}
