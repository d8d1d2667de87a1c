//! What a call says before its result: in order, at the listener's pace, bounded.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use wharf_fixtures::EVERYTHING;
use wharf_mcp::model::{Change, Event, List, LogLevel};
use wharf_runtime::{ChangeSink, Limits, Plugin, PluginOptions, PluginSource};

use crate::support::{Recorder, call, component, json, rogue, runtime, text};

#[tokio::test]
async fn events_come_in_order() {
    let plugin = rogue(&Limits::default()).await;
    let recorder = Recorder::new(100);
    let outcome = plugin
        .call_tool(recorder.call(), "count", &json(r#"{"n":5}"#))
        .await;
    assert_eq!(text(outcome.unwrap()), "done");
    let expected = (1..=5).flat_map(|i| {
        let progress = Event::Progress {
            progress: f64::from(i),
            total: Some(5.0),
            message: Some(format!("{i} of 5")),
        };
        let log = Event::Log {
            level: LogLevel::Info,
            logger: Some("count".to_owned()),
            data: json(&format!("\"{i} of 5\"")),
        };
        [progress, log]
    });
    let events = recorder.events.lock().unwrap();
    assert_eq!(*events, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_guest_waits_for_a_slow_listener() {
    let plugin = rogue(&Limits::default()).await;
    let recorder = Recorder::new(0);
    let arguments = json(r#"{"n":5}"#);
    let call = plugin.call_tool(recorder.call(), "count", &arguments);
    let listener = async {
        for taken in 0..10 {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            assert_eq!(recorder.count(), taken);
            recorder.appetite.add_permits(1);
            while recorder.count() == taken {
                tokio::task::yield_now().await;
            }
        }
    };
    let (outcome, ()) = tokio::join!(call, listener);
    assert_eq!(text(outcome.unwrap()), "done");
}

#[tokio::test]
async fn a_flood_is_cut_off_and_harms_nothing() {
    let limits = Limits {
        events: 50,
        ..Limits::default()
    };
    let plugin = rogue(&limits).await;
    for (tool, said) in [("flood_progress", "reported"), ("flood_logs", "logged")] {
        let recorder = Recorder::new(Semaphore::MAX_PERMITS);
        let arguments = json(r#"{"n":5000}"#);
        let outcome = plugin.call_tool(recorder.call(), tool, &arguments).await;
        assert_eq!(text(outcome.unwrap()), said);
        assert_eq!(recorder.count(), 50, "{tool}");
    }
}

#[tokio::test]
async fn text_in_events_is_limited_in_bytes() {
    let limits = Limits {
        event_bytes: 100,
        ..Limits::default()
    };
    let plugin = rogue(&limits).await;
    let recorder = Recorder::new(Semaphore::MAX_PERMITS);
    let arguments = json(r#"{"n":50}"#);
    let outcome = plugin
        .call_tool(recorder.call(), "flood_logs", &arguments)
        .await;
    assert_eq!(text(outcome.unwrap()), "logged");
    assert!((1..10).contains(&recorder.count()), "{}", recorder.count());
}

#[tokio::test]
async fn changes_reach_the_sink() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let seen = Arc::clone(&seen);
        Arc::new(move |change| seen.lock().unwrap().push(change))
    };
    let plugin = everything(sink, &Limits::default()).await;
    for what in [
        r#"{"what":"tools"}"#,
        r#"{"what":"resource","uri":"item:///2"}"#,
    ] {
        announce(&plugin, what).await;
    }
    let expected = [
        Change::List(List::Tools),
        Change::Resource("item:///2".to_owned()),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn changes_are_limited() {
    let limits = Limits {
        changes: 0,
        ..Limits::default()
    };
    let plugin = everything(Arc::new(|change| panic!("{change:?}")), &limits).await;
    announce(&plugin, r#"{"what":"tools"}"#).await;
}

#[tokio::test]
async fn silences_are_events_and_end_with_the_call() {
    let limits = Limits {
        deadline: Duration::from_millis(500),
        ..Limits::default()
    };
    let plugin = everything(Arc::new(|_| ()), &limits).await;
    let recorder = Recorder::new(100);
    let arguments = json(r#"{"ms":20}"#);
    let outcome = plugin.call_tool(recorder.call(), "silent", &arguments);
    assert_eq!(text(outcome.await.unwrap()), "back");
    let lasts = Duration::from_millis(20);
    assert_eq!(*recorder.events.lock().unwrap(), [Event::Silence { lasts }]);
    let recorder = Recorder::new(100);
    let arguments = json(r#"{"ms":3600000}"#);
    let outcome = plugin.call_tool(recorder.call(), "silent", &arguments);
    assert!(outcome.await.is_err());
    let events = recorder.events.lock().unwrap();
    let [Event::Silence { lasts }] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(*lasts <= limits.deadline, "{lasts:?}");
}

#[tokio::test]
async fn silences_are_limited() {
    let limits = Limits {
        events: 0,
        ..Limits::default()
    };
    let plugin = everything(Arc::new(|_| ()), &limits).await;
    let recorder = Recorder::new(100);
    let arguments = json(r#"{"ms":1}"#);
    let outcome = plugin.call_tool(recorder.call(), "silent", &arguments);
    assert_eq!(text(outcome.await.unwrap()), "back");
    assert_eq!(recorder.count(), 0);
}

async fn everything(changes: ChangeSink, limits: &Limits) -> Plugin {
    let source = PluginSource {
        name: "p".into(),
        bytes: component(EVERYTHING),
    };
    let loaded = runtime()
        .load(
            source,
            &PluginOptions {
                limits: limits.clone(),
                ..PluginOptions::default()
            },
            changes,
        )
        .await;
    loaded.expect("the fixture loads")
}

async fn announce(plugin: &Plugin, what: &str) {
    let said = call(plugin, "announce", what).await;
    assert_eq!(said.as_deref(), Ok("announced"));
}
