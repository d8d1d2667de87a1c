//! Many calls at once: who runs, who waits, who is turned away, and that every
//! slot comes back.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use wharf_mcp::model::{Busy, Fault};
use wharf_runtime::{Grants, Limits};

use crate::support::{Log, Recorder, call, json, rogue, rogue_in, runtime_of};

#[tokio::test]
async fn beyond_the_queue_a_plugin_is_busy() {
    let limits = Limits {
        concurrency: 2,
        queue: 1,
        ..Limits::default()
    };
    let plugin = rogue(&limits).await;
    let mut calls = JoinSet::new();
    let recorder = Recorder::new(0);
    for _ in 0..3 {
        let (plugin, call) = (plugin.clone(), recorder.call());
        calls.spawn(async move { plugin.call_tool(call, "count", &json(r#"{"n":5}"#)).await });
    }
    // The recorder holds the first two in their first event.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let fault = call(&plugin, "echo", r#"{"text":"x"}"#).await;
    let expected = Fault::Busy {
        plugin: "p".into(),
        why: Busy::Calls { limit: 2 },
    };
    assert_eq!(fault, Err(expected));
    recorder.appetite.add_permits(30);
    while let Some(outcome) = calls.join_next().await {
        outcome.unwrap().unwrap();
    }
    assert!(call(&plugin, "echo", r#"{"text":"x"}"#).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_calls_frees_their_slots() {
    let runtime = runtime_of(2);
    let plugin = rogue_in(&runtime, &Grants::default(), &Limits::default()).await;
    let recorder = Recorder::new(0);
    for round in 0..20 {
        let (tool, arguments) = [
            ("spin", "{}"),
            ("sleep", r#"{"ms":600000}"#),
            ("count", r#"{"n":5}"#),
        ][round % 3];
        let (arguments, patience) = (json(arguments), Duration::from_millis(5));
        let call = plugin.call_tool(recorder.call(), tool, &arguments);
        assert!(timeout(patience, call).await.is_err(), "{tool} ended");
    }
    for _ in 0..2 {
        assert!(call(&plugin, "echo", r#"{"text":"x"}"#).await.is_ok());
    }
    assert!(format!("{runtime:?}").contains("free: 2"), "{runtime:?}");
}

#[tokio::test]
async fn without_a_pool_calls_work_all_the_same() {
    let (log, _guard) = Log::capture();
    // More address space than there is.
    let runtime = runtime_of(10_000_000);
    assert!(log.text().contains("no instance pool"), "{}", log.text());
    let plugin = rogue_in(&runtime, &Grants::default(), &Limits::default()).await;
    assert!(call(&plugin, "panic", "{}").await.is_err());
    assert!(call(&plugin, "echo", r#"{"text":"x"}"#).await.is_ok());
}

#[tokio::test]
async fn loops_do_not_keep_short_calls_from_finishing() {
    let limits = Limits {
        deadline: Duration::from_secs(20),
        ..Limits::default()
    };
    let plugin = rogue(&limits).await;
    let mut loops = JoinSet::new();
    for _ in 0..20 {
        let plugin = plugin.clone();
        loops.spawn(async move { call(&plugin, "spin", "{}").await });
    }
    let start = Instant::now();
    for _ in 0..20 {
        // On one thread: each of these has to get past all the loops.
        tokio::task::yield_now().await;
        call(&plugin, "echo", r#"{"text":"x"}"#).await.unwrap();
    }
    // Without turns, twenty loops would cost twenty ticks for each short call.
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}
