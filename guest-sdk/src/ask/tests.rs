//! Rounds of questions and answers, as a host would play them.

use crate::ask::{Form, Question, Reply, Roots, Sampling, Visit};
use crate::testing::{Asked, Said, TestRequest, asked, is_deferred};
use crate::{Error, Request, Result, data};
use std::time::Duration;

#[data]
struct Name {
    name: String,
}

fn name() -> Form<Name> {
    Form::new("name", "Who are you?")
}

fn colour() -> Form<Name> {
    Form::new("colour", "Which colour?")
}

/// Asks twice, and keeps something in between.
fn twice(request: &Request) -> Result<String> {
    let first = request.ask_keeping(name(), &"kept")?.name;
    let second = request.ask(colour())?.name;
    let kept = request.state::<String>()?;
    Ok(format!("{first} {second} {kept:?}"))
}

/// The error that waits for answers.
#[track_caller]
fn pending<T: std::fmt::Debug>(result: Result<T>) -> Error {
    let error = result.unwrap_err();
    assert!(error.is_pending(), "{error}");
    error
}

fn keys(error: &Error) -> Vec<String> {
    asked(error).into_iter().map(|(key, _)| key).collect()
}

#[test]
fn answers_of_all_rounds_are_there_in_the_last() {
    let first = pending(twice(&TestRequest::new().build()));
    let request = TestRequest::new().after(&first);
    let request = request.filled_in("name", serde_json::json!({ "name": "Ada" }));
    let second = pending(twice(&request.build()));
    let request = TestRequest::new().after(&second);
    let request = request.filled_in("colour", serde_json::json!({ "name": "red" }));
    assert_eq!(twice(&request.build()).unwrap(), r#"Ada red Some("kept")"#);
}

#[test]
fn an_answer_counts_without_state_too() {
    let request = TestRequest::new().filled_in("name", serde_json::json!({ "name": "Ada" }));
    assert_eq!(request.build().ask(name()).unwrap().name, "Ada");
}

/// Asks four kinds of question at once.
fn all(request: &Request) -> Result<String> {
    let (name, poem, roots, ()) = request.ask((
        name(),
        Sampling::new("poem", "Write a poem.", 10),
        Roots::new("roots"),
        Visit::new("page", "Sign in.", "https://example.com"),
    ))?;
    Ok(format!("{} {} {}", name.name, poem.text(), roots.len()))
}

#[test]
fn only_what_is_open_is_asked_again() {
    let first = pending(all(&TestRequest::new().build()));
    assert_eq!(keys(&first), ["name", "poem", "roots", "page"]);
    let request = TestRequest::new()
        .after(&first)
        .sampled("poem", "O!")
        .roots("roots", &["file:///"]);
    let second = pending(all(&request.build()));
    assert_eq!(keys(&second), ["name", "page"]);
    let request = TestRequest::new().after(&second);
    let request = request.filled_in("name", serde_json::json!({ "name": "Ada" }));
    let request = request.filled_in("page", serde_json::json!({}));
    assert_eq!(all(&request.build()).unwrap(), "Ada O! 1");
}

#[test]
fn what_is_not_there_is_not_asked() {
    let ask = |request: &Request| request.ask((Some(Roots::new("roots")), None::<Sampling>));
    let first = pending(ask(&TestRequest::new().build()));
    assert_eq!(keys(&first), ["roots"]);
    let request = TestRequest::new().after(&first).roots("roots", &[]).build();
    assert_eq!(ask(&request).unwrap(), (Some(Vec::new()), None));
}

#[test]
fn a_no_is_a_tool_error_or_a_reply() {
    let request = TestRequest::new().declined("name").build();
    let error = request.ask(name()).map(|name| name.name).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the person said no to the question `name`"
    );
    assert!(matches!(request.ask(name().reply()), Ok(Reply::Declined)));
}

#[test]
fn an_answer_of_another_shape_is_wrong() {
    let request = TestRequest::new().filled_in("name", serde_json::json!({ "nom": "Ada" }));
    let error = request
        .build()
        .ask(name())
        .map(|name| name.name)
        .unwrap_err();
    assert_eq!(error.to_string(), "`name`: missing field `name`");
}

#[test]
fn an_answer_of_another_kind_is_wrong() {
    let request = TestRequest::new().sampled("name", "Ada").build();
    let error = request.ask(name()).map(|name| name.name).unwrap_err();
    assert_eq!(error.to_string(), "the answer to `name` is of another kind");
}

#[test]
fn context_leaves_questions_alone() {
    let error = pending(twice(&TestRequest::new().build())).context("asking");
    assert!(error.is_pending());
}

/// Asks, puts the rest off, and asks again.
fn later(request: &Request) -> Result<String> {
    let first = request.ask_keeping(name(), &"kept")?.name;
    request.defer()?;
    request.silent_for(Duration::from_secs(1));
    let second = request.ask(colour())?.name;
    let kept = request.state::<String>()?;
    Ok(format!("{first} {second} {kept:?}"))
}

#[test]
fn what_is_put_off_runs_again_with_the_same_answers() {
    let first = pending(later(&TestRequest::new().build()));
    let request = TestRequest::new().after(&first);
    let request = request.filled_in("name", serde_json::json!({ "name": "Ada" }));
    let second = pending(later(&request.clone().build()));
    assert!(is_deferred(&second) && keys(&second).is_empty());
    let deferred = request.after(&second);
    let request = deferred.clone().build();
    let third = pending(later(&request));
    assert_eq!(keys(&third), ["colour"]);
    assert_eq!(request.said(), [Said::Silence(Duration::from_secs(1))]);
    let request = deferred.after(&third);
    let request = request.filled_in("colour", serde_json::json!({ "name": "red" }));
    assert_eq!(later(&request.build()).unwrap(), r#"Ada red Some("kept")"#);
}

#[test]
fn tests_see_what_is_asked() {
    let error = pending(all(&TestRequest::new().build()));
    let schema = serde_json::json!({
        "type": "object",
        "properties": { "name": { "type": "string" } },
        "required": ["name"],
    });
    let expected = [
        Asked::Form("Who are you?".to_owned(), schema),
        Asked::Sampling(serde_json::json!({
            "messages": [{
                "role": "user",
                "content": { "type": "text", "text": "Write a poem." },
            }],
            "maxTokens": 10,
        })),
        Asked::Roots,
        Asked::Visit("Sign in.".to_owned(), "https://example.com".to_owned()),
    ];
    let questions: Vec<_> = asked(&error).into_iter().map(|(_, asked)| asked).collect();
    assert_eq!(questions, expected);
}
