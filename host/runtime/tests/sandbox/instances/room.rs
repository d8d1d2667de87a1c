//! Instances that are kept take room, and give it up when others need it.

use std::sync::atomic::Ordering;

use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;
use wharf_runtime::{Call, Instances, Plugin, Session};

use super::{LONG, SESSION, calls, free, in_session, rogue_as, tight, tool, until};
use crate::support::{Recorder, runtime_of};

/// Kept instances are a courtesy: calls of others always find a slot.
#[tokio::test]
async fn kept_instances_give_way_when_slots_run_short() {
    let runtime = runtime_of(3);
    let keeping = rogue_as(&runtime, SESSION, tight()).await;
    let pooling = rogue_as(&runtime, Instances::Pool { max: 9, uses: 99 }, tight()).await;
    let plain = rogue_as(&runtime, Instances::Call, tight()).await;
    let (one, other) = (Session::new(), Session::new());
    calls(&pooling, Call::silent()).await;
    calls(&keeping, in_session(&one)).await;
    calls(&keeping, in_session(&other)).await;
    assert_eq!(free(&runtime), "0");
    // The pool's instance is the longest unused.
    assert_eq!(calls(&plain, Call::silent()).await, "1");
    assert_eq!(free(&runtime), "1");
    assert_eq!(calls(&keeping, in_session(&one)).await, "2");
    assert_eq!(calls(&keeping, in_session(&other)).await, "2");
    assert_eq!(calls(&pooling, Call::silent()).await, "1");
    // Three at once need everything there is.
    let recorder = Recorder::new(0);
    let mut running = JoinSet::new();
    for _ in 0..3 {
        let (plugin, call) = (plain.clone(), recorder.call());
        running.spawn(async move { tool(&plugin, call, "count", r#"{"n":1}"#).await });
    }
    until(|| recorder.offered.load(Ordering::Relaxed) == 3).await;
    recorder.appetite.add_permits(6);
    while let Some(ended) = running.join_next().await {
        assert_eq!(ended.unwrap().as_deref(), Ok("done"));
    }
    assert_eq!(free(&runtime), "3");
    assert_eq!(calls(&keeping, in_session(&one)).await, "1");
}

/// A call that waits for a slot gets it when another has ended, also if that would
/// rather keep its instance.
#[tokio::test]
async fn nothing_is_kept_while_others_wait() {
    let runtime = runtime_of(1);
    let keeping = rogue_as(&runtime, SESSION, tight()).await;
    let plain = rogue_as(&runtime, Instances::Call, tight()).await;
    let (session, recorder) = (Session::new(), Recorder::new(0));
    let call = Call {
        session: Some(session.clone()),
        ..recorder.call()
    };
    let first = tool(&keeping, call, "count", r#"{"n":1}"#);
    let second = async {
        let release = async {
            yield_now().await;
            recorder.appetite.add_permits(2);
        };
        tokio::join!(calls(&plain, Call::silent()), release).0
    };
    let both = async { tokio::join!(first, second) };
    let (first, second) = timeout(LONG, both).await.expect("nobody waits for ever");
    assert_eq!(first.as_deref(), Ok("done"));
    assert_eq!(second, "1");
}

/// Sessions come and go, on several threads, more of them than may be kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_sessions_leaves_nothing_behind() {
    let runtime = runtime_of(10);
    let few = Instances::Session { max: 6, idle: LONG };
    let plugin = rogue_as(&runtime, few, tight()).await;
    let mut crowd = JoinSet::new();
    for visitor in 0..24 {
        let plugin = plugin.clone();
        crowd.spawn(visit(plugin, visitor));
    }
    while let Some(visited) = crowd.join_next().await {
        visited.unwrap();
    }
    until(|| free(&runtime) == "10").await;
    assert_eq!(calls(&plugin, in_session(&Session::new())).await, "1");
}

async fn visit(plugin: Plugin, visitor: usize) {
    for round in 0..10 {
        let session = Session::new();
        for _ in 0..3 {
            let count = calls(&plugin, in_session(&session)).await;
            // Never another session's: that would count on.
            assert!(["1", "2", "3"].contains(&count.as_str()), "{count}");
        }
        if (visitor + round).is_multiple_of(3) {
            let crash = tool(&plugin, in_session(&session), "panic", "{}").await;
            assert!(crash.is_err());
        }
    }
}
