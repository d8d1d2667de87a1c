//! What a plugin must not say, it does not say to anybody but its caller.

use std::fs;

use wharf_fixtures::MOODY;
use wharf_mcp::model::Event;
use wharf_runtime::{DirGrant, Grants, Limits, Value};

use crate::support::{Log, Recorder, call, component, json, load_in, rogue_in, runtime, text};

const SECRET: &str = "open \"sesame\" 12345";

fn grants() -> Grants {
    Grants {
        env: vec![
            ("TOKEN".to_owned(), Value::secret(SECRET)),
            ("NUMBER".to_owned(), Value::secret("77777")),
        ],
        config: vec![("key".to_owned(), Value::secret("from the configuration"))],
        ..Grants::default()
    }
}

/// Says a text by a tool's argument `member`.
fn saying(member: &str, said: &str) -> String {
    serde_json::json!({ member: said }).to_string()
}

#[tokio::test]
async fn secrets_are_not_in_the_log_nor_beside_a_result() {
    let (log, _guard) = Log::capture();
    let plugin = rogue_in(&runtime(), &grants(), &Limits::default()).await;
    let recorder = Recorder::new(100);
    for said in [SECRET, "from the configuration", "77777", "7777712345"] {
        for (tool, member) in [("print", "text"), ("tell", "text")] {
            let arguments = json(&saying(member, &format!("it is <{said}>")));
            let told = plugin.call_tool(recorder.call(), tool, &arguments).await;
            told.expect("it says so");
        }
        for (tool, member) in [("panic", "message"), ("fail", "text")] {
            let arguments = saying(member, &format!("it is <{said}>"));
            let fault = call(&plugin, tool, &arguments).await.unwrap_err();
            let fault = format!("{fault} {fault:?}");
            assert!(
                fault.contains("(secret)") && !fault.contains(said),
                "{fault}"
            );
        }
    }
    // A secret that is a number leaves no number.
    let arguments = json(r#"{"text":"", "number":777771}"#);
    plugin
        .call_tool(recorder.call(), "tell", &arguments)
        .await
        .expect("it says so");

    let events = format!("{:?}", recorder.events.lock().unwrap());
    let log = log.text();
    for (place, text) in [("log", &log), ("events", &events)] {
        assert!(text.contains("it is <(secret)>"), "{place}: {text}");
        for part in ["sesame", "from the configuration", "77777"] {
            assert!(!text.contains(part), "{place} has {part}: {text}");
        }
    }
    let last = recorder
        .events
        .lock()
        .unwrap()
        .iter()
        .rev()
        .find_map(|event| match event {
            Event::Log { data, .. } => Some(data.as_str().to_owned()),
            _ => None,
        });
    assert_eq!(last.as_deref(), Some(r#""(secret)1""#));
}

#[tokio::test]
async fn results_are_the_plugins_own() {
    let plugin = rogue_in(&runtime(), &grants(), &Limits::default()).await;
    let got = call(&plugin, "env", r#"{"name":"TOKEN"}"#).await;
    assert_eq!(got.as_deref(), Ok(SECRET));
    let got = call(&plugin, "echo", &saying("text", SECRET)).await;
    assert_eq!(got.as_deref(), Ok(SECRET));
}

#[tokio::test]
async fn what_is_no_secret_can_be_said() {
    let (log, _guard) = Log::capture();
    let grants = Grants {
        env: vec![("TOKEN".to_owned(), Value::plain("sesame"))],
        ..Grants::default()
    };
    let plugin = rogue_in(&runtime(), &grants, &Limits::default()).await;
    call(&plugin, "print", &saying("text", "it is sesame"))
        .await
        .unwrap();
    assert!(log.text().contains("it is sesame"), "{}", log.text());
}

#[tokio::test]
async fn a_plugin_that_does_not_load_says_no_secret_either() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("names"), "it is sesame").unwrap();
    let dir = DirGrant {
        host: folder.path().to_owned(),
        guest: "/mood".to_owned(),
        writable: false,
    };
    let grants = Grants {
        dirs: vec![dir],
        env: vec![("TOKEN".to_owned(), Value::secret("sesame"))],
        ..Grants::default()
    };
    let loaded = load_in(&runtime(), component(MOODY), &grants, &Limits::default()).await;
    let error = loaded
        .expect_err("names have no spaces in them")
        .to_string();
    assert!(
        error.contains("it is (secret)") && !error.contains("sesame"),
        "{error}"
    );
}

#[tokio::test]
async fn refusals_are_explained_without_secrets() {
    let (log, _guard) = Log::capture();
    let plugin = rogue_in(&runtime(), &grants(), &Limits::default()).await;
    let arguments = r#"{"addr":"77777.example.com:80"}"#;
    let outcome = plugin
        .call_tool(Recorder::new(0).call(), "connect", &json(arguments))
        .await;
    text(outcome.expect("it is told"));
    let log = log.text();
    assert!(log.contains("the address of (secret).example.com"), "{log}");
    assert!(!log.contains("77777"), "{log}");
}
