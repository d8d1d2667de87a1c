//! How long an instance lives: one call, a session, some calls of anybody. And that
//! one which did not end well is never used again.

mod callers;
mod room;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, sleep, timeout};
use wharf_fixtures::ROGUE;
use wharf_mcp::model::{Busy, Failure, Fault};
use wharf_runtime::{
    Call, Instances, Limits, Plugin, PluginOptions, PluginSource, Runtime, Session,
};

use crate::support::{Recorder, component, json, runtime, runtime_of, text};

/// Far more than anything here needs, on any machine.
const LONG: Duration = Duration::from_mins(1);

const SESSION: Instances = Instances::Session {
    max: 10,
    idle: LONG,
};

fn tight() -> Limits {
    Limits {
        memory: 32 << 20,
        deadline: Duration::from_millis(500),
        ..Limits::default()
    }
}

async fn rogue_as(runtime: &Runtime, instances: Instances, limits: Limits) -> Plugin {
    let source = PluginSource {
        name: "p".into(),
        bytes: component(ROGUE),
    };
    let options = PluginOptions {
        limits,
        instances,
        ..PluginOptions::default()
    };
    let loaded = runtime.load(source, &options, Arc::new(|_| ())).await;
    loaded.expect("the fixture loads")
}

fn in_session(session: &Session) -> Call {
    Call {
        session: Some(session.clone()),
        ..Call::silent()
    }
}

async fn tool(plugin: &Plugin, call: Call, tool: &str, arguments: &str) -> Result<String, Fault> {
    let outcome = plugin.call_tool(call, tool, &json(arguments)).await?;
    Ok(text(outcome))
}

/// How many calls the instance has had that a call gets.
async fn calls(plugin: &Plugin, call: Call) -> String {
    tool(plugin, call, "calls", "{}").await.unwrap()
}

fn free(runtime: &Runtime) -> String {
    let shown = format!("{runtime:?}");
    let (_, rest) = shown.split_once("free: ").unwrap();
    rest.chars().take_while(char::is_ascii_digit).collect()
}

/// Waits for something that happens soon, without a clock of its own.
async fn until(mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(LONG, wait).await.expect("it happens");
}

/// Calls that end badly, each in its own way.
async fn bad_calls(plugin: &Plugin, call: impl Fn() -> Call) {
    let crash = tool(plugin, call(), "panic", "{}").await;
    let Err(Fault::Failed { failure, .. }) = crash else {
        panic!("{crash:?}");
    };
    assert!(matches!(failure, Failure::Trap { .. }), "{failure}");
    assert_eq!(calls(plugin, call()).await, "1", "after a trap");

    let late = tool(plugin, call(), "spin", "{}").await;
    let after = tight().deadline;
    let expected = Fault::Failed {
        plugin: "p".into(),
        failure: Failure::Deadline { after },
    };
    assert_eq!(late, Err(expected));
    assert_eq!(calls(plugin, call()).await, "1", "after a timeout");

    let dropped = tool(plugin, call(), "sleep", r#"{"ms":600000}"#);
    assert!(timeout(Duration::from_millis(20), dropped).await.is_err());
    assert_eq!(calls(plugin, call()).await, "1", "after a cancellation");

    let nonsense = tool(plugin, call(), "bad_structured", "{}").await;
    assert!(nonsense.is_err(), "{nonsense:?}");
    assert_eq!(calls(plugin, call()).await, "1", "after nonsense");
}

#[tokio::test]
async fn a_call_has_an_instance_of_its_own() {
    let plugin = rogue_as(&runtime(), Instances::Call, tight()).await;
    let session = Session::new();
    for _ in 0..3 {
        assert_eq!(calls(&plugin, in_session(&session)).await, "1");
    }
}

#[tokio::test]
async fn a_session_has_an_instance_and_no_other_sees_it() {
    let plugin = rogue_as(&runtime(), SESSION, tight()).await;
    let (one, other) = (Session::new(), Session::new());
    assert_eq!(calls(&plugin, in_session(&one)).await, "1");
    assert_eq!(calls(&plugin, in_session(&one)).await, "2");
    assert_eq!(calls(&plugin, in_session(&other)).await, "1");
    assert_eq!(calls(&plugin, in_session(&one)).await, "3");
    assert_eq!(calls(&plugin, in_session(&other)).await, "2");
    for _ in 0..2 {
        assert_eq!(calls(&plugin, Call::silent()).await, "1", "no session");
    }
}

#[tokio::test]
async fn two_plugins_of_a_session_have_two_instances() {
    let one = rogue_as(&runtime(), SESSION, tight()).await;
    let other = rogue_as(&runtime(), SESSION, tight()).await;
    let session = Session::new();
    assert_eq!(calls(&one, in_session(&session)).await, "1");
    assert_eq!(calls(&other, in_session(&session)).await, "1");
    assert_eq!(calls(&one, in_session(&session)).await, "2");
}

#[tokio::test]
async fn an_answer_of_the_plugin_does_not_end_its_instance() {
    let plugin = rogue_as(&runtime(), SESSION, tight()).await;
    let session = Session::new();
    assert_eq!(calls(&plugin, in_session(&session)).await, "1");
    let unknown = tool(&plugin, in_session(&session), "nonsense", "{}").await;
    assert!(matches!(unknown, Err(Fault::NotFound(_))), "{unknown:?}");
    assert_eq!(calls(&plugin, in_session(&session)).await, "2");
}

#[tokio::test]
async fn what_ended_badly_is_not_kept() {
    let plugin = rogue_as(&runtime(), SESSION, tight()).await;
    let session = Session::new();
    bad_calls(&plugin, || in_session(&session)).await;
    let pool = Instances::Pool { max: 5, uses: 100 };
    let plugin = rogue_as(&runtime(), pool, tight()).await;
    bad_calls(&plugin, Call::silent).await;
}

#[tokio::test]
async fn a_pool_serves_everybody_and_replaces_what_is_used_up() {
    let pool = Instances::Pool { max: 2, uses: 3 };
    let plugin = rogue_as(&runtime(), pool, tight()).await;
    let mut counted = Vec::new();
    for _ in 0..7 {
        counted.push(calls(&plugin, in_session(&Session::new())).await);
    }
    assert_eq!(counted, ["1", "2", "3", "1", "2", "3", "1"]);
}

#[tokio::test]
async fn a_pool_keeps_no_more_than_it_may() {
    let runtime = runtime_of(50);
    let pool = Instances::Pool { max: 2, uses: 99 };
    let plugin = rogue_as(&runtime, pool, tight()).await;
    let recorder = Recorder::new(0);
    let mut running = JoinSet::new();
    for _ in 0..5 {
        let (plugin, call) = (plugin.clone(), recorder.call());
        running.spawn(async move { tool(&plugin, call, "count", r#"{"n":1}"#).await });
    }
    until(|| free(&runtime) == "45").await;
    recorder.appetite.add_permits(10);
    while let Some(ended) = running.join_next().await {
        ended.unwrap().unwrap();
    }
    assert_eq!(free(&runtime), "48");
    drop(plugin);
    assert_eq!(free(&runtime), "50");
}

#[tokio::test]
async fn an_instance_ends_with_its_session_and_with_its_plugin() {
    let runtime = runtime_of(20);
    let plugin = rogue_as(&runtime, SESSION, tight()).await;
    let (one, other) = (Session::new(), Session::new());
    calls(&plugin, in_session(&one)).await;
    calls(&plugin, in_session(&other)).await;
    assert_eq!(free(&runtime), "18");
    let clone = one.clone();
    drop(one);
    assert_eq!(free(&runtime), "18");
    drop(clone);
    assert_eq!(free(&runtime), "19");
    drop(plugin);
    assert_eq!(free(&runtime), "20");
    drop(other);
}

#[tokio::test]
async fn a_session_that_ends_during_its_last_call_leaves_nothing() {
    let runtime = runtime_of(20);
    let plugin = rogue_as(&runtime, SESSION, tight()).await;
    let recorder = Recorder::new(0);
    let session = Session::new();
    let call = Call {
        session: Some(session.clone()),
        ..recorder.call()
    };
    let last = tool(&plugin, call, "count", r#"{"n":1}"#);
    let end = async {
        drop(session);
        recorder.appetite.add_permits(2);
    };
    let (last, ()) = tokio::join!(last, end);
    assert_eq!(last.as_deref(), Ok("done"));
    assert_eq!(free(&runtime), "20");
}

#[tokio::test]
async fn the_longest_unused_session_gives_way() {
    let two = Instances::Session { max: 2, idle: LONG };
    let plugin = rogue_as(&runtime(), two, tight()).await;
    let sessions = [Session::new(), Session::new(), Session::new()];
    let [a, b, c] = &sessions;
    for (session, expected) in [
        (a, "1"),
        (b, "1"),
        (a, "2"),
        // No room for a third: `b` goes.
        (c, "1"),
        (a, "3"),
        (b, "1"),
        (c, "1"),
    ] {
        assert_eq!(calls(&plugin, in_session(session)).await, expected);
    }
}

#[tokio::test]
async fn what_is_unused_for_long_ends() {
    let runtime = runtime_of(20);
    let brief = Instances::Session {
        max: 10,
        idle: Duration::from_millis(50),
    };
    let plugin = rogue_as(&runtime, brief, tight()).await;
    let session = Session::new();
    for _ in 0..2 {
        assert_eq!(calls(&plugin, in_session(&session)).await, "1");
        until(|| free(&runtime) == "20").await;
    }
}

/// Calls of one session wait for each other, those of others do not.
#[tokio::test]
async fn calls_of_a_session_take_turns() {
    let limits = Limits {
        queue: 8,
        queue_wait: Duration::from_millis(300),
        deadline: LONG,
        ..Limits::default()
    };
    let plugin = rogue_as(&runtime(), SESSION, limits).await;
    let (session, recorder) = (Session::new(), Recorder::new(0));
    let call = Call {
        session: Some(session.clone()),
        ..recorder.call()
    };
    let mut first = std::pin::pin!(tool(&plugin, call, "count", r#"{"n":1}"#));
    assert!(
        timeout(Duration::from_millis(50), &mut first)
            .await
            .is_err()
    );
    let busy = |ended: Result<String, Fault>| {
        let expected = Fault::Busy {
            plugin: "p".into(),
            why: Busy::Session,
        };
        assert_eq!(ended, Err(expected));
    };
    // A quarter of the queue is for one session; who finds a place waits in vain.
    let next = || tool(&plugin, in_session(&session), "calls", "{}");
    let third = async {
        yield_now().await;
        let start = Instant::now();
        busy(next().await);
        assert!(start.elapsed() < Duration::from_millis(300), "it waited");
        assert_eq!(calls(&plugin, in_session(&Session::new())).await, "1");
    };
    let (one, two, ()) = tokio::join!(next(), next(), third);
    busy(one);
    busy(two);
    recorder.appetite.add_permits(2);
    let (first, next) = tokio::join!(first, next());
    assert_eq!(first.as_deref(), Ok("done"));
    assert_eq!(next.as_deref(), Ok("1"));
}

#[tokio::test]
async fn a_call_that_stops_waiting_leaves_its_place() {
    let limits = Limits {
        queue: 4,
        deadline: LONG,
        ..Limits::default()
    };
    let plugin = rogue_as(&runtime(), SESSION, limits).await;
    let (session, recorder) = (Session::new(), Recorder::new(0));
    let call = Call {
        session: Some(session.clone()),
        ..recorder.call()
    };
    let mut first = std::pin::pin!(tool(&plugin, call, "count", r#"{"n":1}"#));
    assert!(
        timeout(Duration::from_millis(50), &mut first)
            .await
            .is_err()
    );
    for _ in 0..5 {
        let waiting = tool(&plugin, in_session(&session), "calls", "{}");
        let gone = timeout(Duration::from_millis(5), waiting).await;
        assert!(gone.is_err(), "{gone:?}");
    }
    recorder.appetite.add_permits(2);
    let (first, next) = tokio::join!(first, calls(&plugin, in_session(&session)));
    assert_eq!(first.as_deref(), Ok("done"));
    assert_eq!(next, "1");
}

#[tokio::test]
async fn time_is_counted_for_each_call() {
    let limits = Limits {
        deadline: LONG,
        cpu: Duration::from_millis(400),
        ..Limits::default()
    };
    let plugin = rogue_as(&runtime(), Instances::Pool { max: 1, uses: 99 }, limits).await;
    // Together they use more than one of them may.
    for call in 1..=8 {
        let some = tool(&plugin, Call::silent(), "compute", r#"{"ms":100}"#).await;
        assert_eq!(some.as_deref(), Ok("computed"), "{call}");
    }
}

/// What a guest hoards counts for as long as its instance lives.
#[tokio::test]
async fn memory_is_limited_for_the_whole_instance() {
    let plugin = rogue_as(&runtime(), SESSION, tight()).await;
    let session = Session::new();
    let limit = tight().memory;
    for _ in 0..2 {
        for call in 1..=3 {
            let kept = tool(&plugin, in_session(&session), "leak", r#"{"mib":8}"#).await;
            assert_eq!(kept, Ok(format!("{} MiB", call * 8)));
        }
        let fault = tool(&plugin, in_session(&session), "leak", r#"{"mib":8}"#).await;
        let expected = Fault::Failed {
            plugin: "p".into(),
            failure: Failure::Memory { limit },
        };
        assert_eq!(fault, Err(expected));
    }
    for _ in 0..10 {
        let kept = tool(&plugin, Call::silent(), "leak", r#"{"mib":8}"#).await;
        assert_eq!(kept.as_deref(), Ok("8 MiB"));
    }
}
