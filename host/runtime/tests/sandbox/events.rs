//! What a call says before its result: in order, at the listener's pace, bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use wharf_mcp::model::{Event, LogLevel};
use wharf_runtime::{Call, Catalogue, Change, Grants, Limits, PluginSource};

use crate::support::{Recorder, json, rogue, rogue_bytes, runtime, text};

#[tokio::test]
async fn events_come_in_order() {
    let plugin = rogue(&Limits::default()).await;
    let recorder = Recorder::new(100);
    let outcome = plugin
        .call_tool(recorder.call(), "steps", &json("{}"))
        .await;
    assert_eq!(text(outcome.unwrap()), "done");
    let expected = (1..=5).flat_map(|i| {
        let progress = Event::Progress {
            progress: f64::from(i),
            total: Some(5.0),
            message: None,
        };
        let log = Event::Log {
            level: LogLevel::Warning,
            logger: Some("l".to_owned()),
            data: json(&format!("{{\"i\":{i}}}")),
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
    let arguments = json("{}");
    let call = plugin.call_tool(recorder.call(), "steps", &arguments);
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
    let recorder = Recorder::new(Semaphore::MAX_PERMITS);
    let outcome = plugin
        .call_tool(recorder.call(), "flood", &json("{}"))
        .await;
    assert_eq!(text(outcome.unwrap()), "ok");
    // Only progress: the flood's messages are of a level nobody wants.
    assert_eq!(recorder.count(), 50);
}

#[tokio::test]
async fn changes_reach_the_sink_up_to_a_limit() {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    let source = PluginSource {
        name: "rogue".into(),
        bytes: rogue_bytes(),
    };
    let sink = Arc::new(|change| {
        assert_eq!(change, Change::List(Catalogue::Tools));
        SEEN.fetch_add(1, Ordering::Relaxed);
    });
    let (runtime, grants, limits) = (runtime(), Grants::default(), Limits::default());
    let plugin = runtime.load(source, &grants, &limits, sink).await.unwrap();
    let outcome = plugin
        .call_tool(Call::silent(), "changed", &json("{}"))
        .await;
    assert_eq!(text(outcome.unwrap()), "ok");
    assert_eq!(SEEN.load(Ordering::Relaxed), 100);
}
