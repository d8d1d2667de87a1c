//! The whole plugin contract, there and back, with a guest that uses all of it.

use std::sync::Arc;
use std::time::Duration;

use wharf_fixtures::{EVERYTHING, ROGUE};
use wharf_mcp::model::{
    Answer, AskKinds, CallContext, ClientInfo, CompletionTarget, Content, Fault, Outcome,
    Principal, Question, ResourceBody, Role, TaskSupport,
};
use wharf_runtime::{Call, Plugin};

use crate::support::{component, json, load, text};

const META: &str = r#"{"example.com/origin":"everything"}"#;

async fn everything() -> Plugin {
    let loaded = load(component(EVERYTHING)).await;
    loaded.expect("the fixture loads")
}

#[tokio::test]
async fn definitions_arrive_as_they_were_written() {
    let plugin = everything().await;
    let description = plugin.description();
    let tools = description.tools.as_ref().unwrap();
    let full = tools
        .iter()
        .find(|tool| tool.name.as_str() == "full")
        .unwrap();
    assert_eq!(full.title.as_deref(), Some("Everything set"));
    assert!(full.annotations.read_only.is_some());
    assert_eq!(full.icons.len(), 2);
    assert_eq!(full.task_support, TaskSupport::Optional);
    assert!(full.output_schema.is_some() && full.meta.is_some());
    let templates = description.resources.as_ref().unwrap();
    assert_eq!(templates.len(), 1);
    assert_eq!(templates[0].uri_template, "item:///{id}");
    let prompts = description.prompts.as_ref().unwrap();
    let review = prompts
        .iter()
        .find(|prompt| prompt.name.as_str() == "review")
        .unwrap();
    let required: Vec<_> = review
        .arguments
        .iter()
        .map(|argument| argument.required)
        .collect();
    assert_eq!(required, [true, false, false]);
    assert!(description.completions);
}

#[tokio::test]
async fn arguments_say_which_headers_they_are() {
    let plugin = everything().await;
    let tools = plugin.description().tools.as_ref().unwrap();
    let located = tools.iter().find(|tool| tool.name.as_str() == "located");
    let schema = located.unwrap().input_schema.as_str();
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    for (argument, kind, header) in [
        ("region", "string", "Region"),
        ("count", "integer", "Count"),
        ("dry_run", "boolean", "Dry-Run"),
    ] {
        let property = &schema["properties"][argument];
        assert_eq!(property["type"], kind, "{schema}");
        assert_eq!(property["x-mcp-header"], header, "{schema}");
    }
}

#[tokio::test]
async fn all_kinds_of_content_arrive() {
    let plugin = everything().await;
    let outcome = plugin
        .call_tool(Call::silent(), "content", &json("{}"))
        .await;
    let Ok(Outcome::Complete(result)) = outcome else {
        panic!("{outcome:?}");
    };
    let [
        Content::Text(_),
        Content::Text(annotated),
        Content::Image(image),
        Content::Audio(audio),
        Content::ResourceLink(link),
        Content::Embedded(embedded_text),
        Content::Embedded(embedded_blob),
    ] = result.content.as_slice()
    else {
        panic!("{:?}", result.content);
    };
    let annotations = annotated.annotations.as_ref().unwrap();
    assert_eq!(annotations.audience, [Role::User, Role::Assistant]);
    assert_eq!(annotations.priority, Some(0.5));
    assert_eq!(
        annotations.last_modified.as_deref(),
        Some("2025-01-12T15:00:58Z")
    );
    assert!(!image.data.is_empty() && !audio.data.is_empty());
    assert!(!link.resource.uri.is_empty());
    assert!(matches!(embedded_text.contents.body, ResourceBody::Text(_)));
    assert!(matches!(embedded_blob.contents.body, ResourceBody::Blob(_)));
}

#[tokio::test]
async fn structured_results_stay_the_guests_text() {
    let plugin = everything().await;
    let outcome = plugin.call_tool(Call::silent(), "list", &json("{}")).await;
    let Ok(Outcome::Complete(result)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(result.structured, Some(json("[1,2,3]")));
}

#[tokio::test]
async fn the_plugins_errors_are_its_own_words() {
    let plugin = everything().await;
    for (how, expected) in [
        (
            "invalid_params",
            Fault::InvalidParams("these arguments are wrong".to_owned()),
        ),
        ("not_found", Fault::NotFound("the thing".to_owned())),
        (
            "internal",
            Fault::Internal("this plugin is broken".to_owned()),
        ),
    ] {
        let arguments = json(&format!(r#"{{"how":"{how}"}}"#));
        let outcome = plugin.call_tool(Call::silent(), "end", &arguments).await;
        assert_eq!(outcome, Err(expected));
    }
}

#[tokio::test]
async fn resources_come_in_pages() {
    let plugin = everything().await;
    let mut uris = Vec::new();
    let mut cursor = None;
    loop {
        let page = plugin
            .list_resources(Call::silent(), cursor.as_deref())
            .await
            .unwrap();
        uris.extend(page.resources.into_iter().map(|resource| resource.uri));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (1..=6).map(|id| format!("item:///{id}")).collect();
    assert_eq!(uris, expected);
}

#[tokio::test]
async fn reading_gives_contents() {
    let plugin = everything().await;
    let read = plugin.read_resource(Call::silent(), "item:///3").await;
    let Ok(Outcome::Complete(read)) = read else {
        panic!("{read:?}");
    };
    let text = ResourceBody::Text("This is item:///3".to_owned());
    assert_eq!(read.contents[0].body, text);
    assert_eq!(read.ttl, Some(Duration::from_secs(5)));
    assert_eq!(read.meta, Some(json(META)));
    let read = plugin.read_resource(Call::silent(), "item:///blob").await;
    let Ok(Outcome::Complete(read)) = read else {
        panic!("{read:?}");
    };
    assert_eq!(
        read.contents[0].body,
        ResourceBody::Blob(vec![0, 1, 254, 255])
    );
    let read = plugin
        .read_resource(Call::silent(), "item:///missing")
        .await;
    assert!(matches!(read, Err(Fault::NotFound(_))), "{read:?}");
}

#[tokio::test]
async fn prompts_are_filled_in() {
    let plugin = everything().await;
    let arguments = [("code".to_owned(), "1+1".to_owned())];
    let got = plugin
        .get_prompt(Call::silent(), "review", &arguments)
        .await;
    let Ok(Outcome::Complete(got)) = got else {
        panic!("{got:?}");
    };
    let roles: Vec<_> = got.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant]);
}

#[tokio::test]
async fn completions_are_at_most_a_hundred() {
    let plugin = everything().await;
    let target = CompletionTarget::Prompt("review".to_owned());
    let ask = plugin.complete(Call::silent(), &target, "language", "r", &[]);
    assert_eq!(ask.await.unwrap().values, ["ruby", "rust"]);
    let ask = plugin.complete(Call::silent(), &target, "strictness", "", &[]);
    let many = ask.await.unwrap();
    assert_eq!(many.values.len(), 100);
    assert!(many.has_more);
    let context = [("language".to_owned(), "rust".to_owned())];
    let ask = plugin.complete(Call::silent(), &target, "strictness", "", &context);
    assert_eq!(ask.await.unwrap().values, ["5 for rust"]);
    let target = CompletionTarget::ResourceTemplate("item:///{id}".to_owned());
    let ask = plugin.complete(Call::silent(), &target, "id", "", &[]);
    assert_eq!(ask.await.unwrap().values.len(), 6);
}

/// A client that can be asked for a form.
fn with(context: CallContext) -> Call {
    Call {
        context: Arc::new(CallContext {
            can_ask: AskKinds {
                form: true,
                ..AskKinds::default()
            },
            ..context
        }),
        ..Call::silent()
    }
}

#[tokio::test]
async fn questions_go_out_and_answers_come_back_with_the_state() {
    let plugin = load(component(ROGUE)).await.unwrap();
    let arguments = json(r#"{"bytes":3}"#);
    let first = with(CallContext::default());
    let asked = plugin.call_tool(first, "ask_state", &arguments).await;
    let Ok(Outcome::InputRequired(asked)) = asked else {
        panic!("{asked:?}");
    };
    let [(key, Question::Form { .. })] = asked.questions.as_slice() else {
        panic!("{asked:?}");
    };
    let second = with(CallContext {
        answers: [(key.clone(), Answer::Accepted(json(r#"{"name":"Ada"}"#)))].into(),
        state: asked.state,
        ..CallContext::default()
    });
    let outcome = plugin.call_tool(second, "ask_state", &arguments).await;
    assert_eq!(text(outcome.unwrap()), "Ada and 3 bytes");
}

#[tokio::test]
async fn what_is_put_off_runs_again_with_the_same_answers_and_state() {
    let plugin = everything().await;
    let first = with(CallContext::default());
    let asked = plugin.call_tool(first, "put_off", &json("{}")).await;
    let Ok(Outcome::InputRequired(asked)) = asked else {
        panic!("{asked:?}");
    };
    let answered = CallContext {
        answers: [(
            "name".to_owned(),
            Answer::Accepted(json(r#"{"name":"Ada"}"#)),
        )]
        .into(),
        state: asked.state,
        ..CallContext::default()
    };
    let second = with(answered.clone());
    let outcome = plugin.call_tool(second, "put_off", &json("{}")).await;
    assert_eq!(outcome, Ok(Outcome::Deferred));
    let third = with(CallContext {
        deferred: true,
        ..answered
    });
    let outcome = plugin.call_tool(third, "put_off", &json("{}")).await;
    assert_eq!(text(outcome.unwrap()), "Ada was put off: true");
}

#[tokio::test]
async fn the_guest_learns_about_its_request() {
    let plugin = load(component(ROGUE)).await.unwrap();
    let call = with(CallContext {
        client: Some(Arc::new(ClientInfo {
            name: "c".to_owned(),
            version: "1".to_owned(),
        })),
        extensions: Arc::new([("e".to_owned(), json("{\"on\":true}"))].into()),
        principal: Arc::new(Principal {
            subject: Some("ada".to_owned()),
            scopes: vec!["read".to_owned()],
            claims: vec![("team".to_owned(), json("[1]"))],
        }),
        meta: Some(json(r#"{"x/y":{"z":1},"other":2}"#)),
        ..CallContext::default()
    });
    let arguments = json(r#"{"meta":"x/y","extension":"e"}"#);
    let outcome = plugin.call_tool(call, "whoami", &arguments).await;
    let known: serde_json::Value = serde_json::from_str(&text(outcome.unwrap())).unwrap();
    let left: u64 = known["timeLeft"].as_str().unwrap().parse().unwrap();
    assert!((20_000..=30_000).contains(&left), "{left}");
    let expected = serde_json::json!({
        "client": {"name": "c", "version": "1"},
        "subject": "ada",
        "scopes": ["read"],
        "claims": {"team": [1]},
        "canAsk": ["form"],
        "meta": {"z": 1},
        "extension": {"on": true},
        "cancelled": false,
        "timeLeft": known["timeLeft"],
    });
    assert_eq!(known, expected);
}
