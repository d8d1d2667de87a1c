//! Every number in `Limits` is honoured, and the fault says which it was.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use wharf_mcp::model::{Busy, CallContext, Failure, Fault};
use wharf_runtime::{Call, DirGrant, Grants, Limits, LoadError, Plugin};

use crate::support::{
    Recorder, call, component, json, load_in, rogue, rogue_in, runtime, runtime_with,
};

/// Far more than anything here needs, on any machine.
const LONG: Duration = Duration::from_mins(1);

fn failed(failure: Failure) -> Result<String, Fault> {
    Err(Fault::Failed {
        plugin: "p".into(),
        failure,
    })
}

async fn is_alive(plugin: &Plugin) {
    let said = call(plugin, "echo", r#"{"text":"alive"}"#).await;
    assert_eq!(said.as_deref(), Ok("alive"));
}

/// A folder with a file of 8 MiB and as many files as asked for.
fn folder(files: usize) -> (tempfile::TempDir, Grants) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("large"), vec![1; 8 << 20]).unwrap();
    for file in 0..files {
        std::fs::write(folder.path().join(file.to_string()), "").unwrap();
    }
    let dirs = vec![DirGrant {
        host: folder.path().to_owned(),
        guest: "/data".to_owned(),
        writable: true,
    }];
    let grants = Grants {
        dirs,
        ..Grants::default()
    };
    (folder, grants)
}

#[tokio::test]
async fn computing_ends_with_the_budget() {
    let limit = Duration::from_millis(200);
    let limits = Limits {
        deadline: LONG,
        cpu: limit,
        ..Limits::default()
    };
    let plugin = rogue(&limits).await;
    let start = Instant::now();
    let fault = call(&plugin, "spin", "{}").await;
    assert_eq!(fault, failed(Failure::Cpu { limit }));
    let message = fault.unwrap_err().to_string();
    let expected = "plugin `p` failed: it used more than its 0.2 s of processor time";
    assert_eq!(message, expected);
    assert!(start.elapsed() >= limit, "{:?}", start.elapsed());
    is_alive(&plugin).await;
}

#[tokio::test]
async fn waiting_is_not_computing() {
    let limits = Limits {
        cpu: Duration::from_millis(100),
        ..Limits::default()
    };
    let plugin = rogue(&limits).await;
    let said = call(&plugin, "sleep", r#"{"ms":500}"#).await;
    assert_eq!(said.as_deref(), Ok("awake"));
}

#[tokio::test]
async fn a_task_has_a_budget_of_its_own() {
    let limits = Limits {
        deadline: LONG,
        task_deadline: LONG,
        cpu: LONG,
        task_cpu: Duration::from_millis(50),
        ..Limits::default()
    };
    let plugin = rogue(&limits).await;
    let context = CallContext {
        in_task: true,
        ..CallContext::default()
    };
    let task = Call {
        context: context.into(),
        ..Call::silent()
    };
    let fault = plugin.call_tool(task, "spin", &json("{}")).await;
    let limit = limits.task_cpu;
    let expected = Fault::Failed {
        plugin: "p".into(),
        failure: Failure::Cpu { limit },
    };
    assert_eq!(fault, Err(expected));
}

/// Guests that spend their time in calls of the host, of every kind. Each ends with
/// its budget or its deadline, and another plugin answers meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_keeps_the_host_busy_ends_in_time_and_keeps_nobody_waiting() {
    let (_folder, grants) = folder(2_000);
    let limits = Limits {
        deadline: Duration::from_millis(700),
        cpu: Duration::from_millis(300),
        ..Limits::default()
    };
    let rogue = rogue_in(&runtime(), &grants, &limits).await;
    let other = rogue_in(&runtime(), &Grants::default(), &Limits::default()).await;
    for arguments in [
        r#"{"what":"Clock"}"#,
        r#"{"what":"Random"}"#,
        r#"{"what":"Fill"}"#,
        r#"{"what":"Read","path":"/data/large"}"#,
        r#"{"what":"Open","path":"/data/large"}"#,
        r#"{"what":"List","path":"/data"}"#,
        r#"{"what":"Print"}"#,
        r#"{"what":"Nap"}"#,
    ] {
        let mut greedy = JoinSet::new();
        for _ in 0..8 {
            let rogue = rogue.clone();
            greedy.spawn(async move {
                let start = Instant::now();
                (call(&rogue, "forever", arguments).await, start.elapsed())
            });
        }
        let (mut answered, mut slowest) = (0, Duration::ZERO);
        while !greedy.is_empty() {
            let start = Instant::now();
            is_alive(&other).await;
            slowest = slowest.max(start.elapsed());
            answered += 1;
            while let Some(ended) = greedy.try_join_next() {
                let (ended, took) = ended.unwrap();
                let Err(Fault::Failed { failure, .. }) = ended else {
                    panic!("{arguments}: {ended:?}");
                };
                let limit = limits.cpu;
                let after = limits.deadline;
                assert!(
                    failure == Failure::Cpu { limit } || failure == Failure::Deadline { after },
                    "{arguments}: {failure}"
                );
                assert!(took < limits.deadline * 4, "{arguments}: {took:?}");
            }
        }
        // Eight of them, for 700 ms: whoever had to get past all would be answered once.
        assert!(answered >= 3, "{arguments}: {answered}, {slowest:?}");
    }
    is_alive(&rogue).await;
}

#[tokio::test]
async fn patience_has_a_limit_of_its_own() {
    let limits = Limits {
        concurrency: 1,
        queue_wait: Duration::from_millis(50),
        deadline: LONG,
        ..Limits::default()
    };
    let plugin = rogue(&limits).await;
    let recorder = Recorder::new(0);
    let arguments = json(r#"{"n":5}"#);
    let first = plugin.call_tool(recorder.call(), "count", &arguments);
    let second = async {
        let second = call(&plugin, "echo", r#"{"text":"x"}"#).await;
        recorder.appetite.add_permits(10);
        second
    };
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok(), "{first:?}");
    let expected = Fault::Busy {
        plugin: "p".into(),
        why: Busy::Calls { limit: 1 },
    };
    assert_eq!(second, Err(expected));
}

#[tokio::test]
async fn calls_per_second_are_limited_and_say_when_to_come_back() {
    let limits = Limits {
        rate: NonZeroU32::new(2),
        ..Limits::default()
    };
    // Loading asks the plugin several things, which nobody called for.
    let plugin = rogue(&limits).await;
    is_alive(&plugin).await;
    is_alive(&plugin).await;
    let fault = call(&plugin, "echo", r#"{"text":"x"}"#).await;
    let Err(Fault::Busy { why, .. }) = fault else {
        panic!("{fault:?}");
    };
    let Busy::Rate { per_second, wait } = why else {
        panic!("{why:?}");
    };
    assert_eq!(per_second, 2);
    assert!(wait <= Duration::from_millis(500), "{wait:?}");
    let message = why.to_string();
    let expected = "it may be called 2 times a second; try again in ";
    assert!(message.starts_with(expected), "{message}");
    tokio::time::sleep(wait).await;
    is_alive(&plugin).await;
}

#[tokio::test]
async fn handles_are_limited() {
    let (_folder, grants) = folder(0);
    let limits = Limits {
        handles: 20,
        ..Limits::default()
    };
    let plugin = rogue_in(&runtime(), &grants, &limits).await;
    for _ in 0..3 {
        let fault = call(&plugin, "hold_files", r#"{"path":"/data/large"}"#).await;
        assert_eq!(fault, failed(Failure::Handles { limit: 20 }));
        let read = call(&plugin, "list_dir", r#"{"path":"/data"}"#).await;
        assert_eq!(read.as_deref(), Ok("large"));
    }
}

#[tokio::test]
async fn tables_and_instances_are_limited() {
    for limits in [
        Limits {
            table_elements: 1,
            ..Limits::default()
        },
        Limits {
            core_instances: 1,
            ..Limits::default()
        },
    ] {
        let rogue = component(wharf_fixtures::ROGUE);
        let loaded = load_in(&runtime(), rogue, &Grants::default(), &limits).await;
        assert!(matches!(loaded, Err(LoadError::Start(_))), "{loaded:?}");
    }
}

#[tokio::test]
async fn limits_beyond_what_the_pool_has_are_what_the_pool_has() {
    let limits = Limits {
        table_elements: usize::MAX,
        core_instances: usize::MAX,
        handles: usize::MAX,
        concurrency: usize::MAX,
        queue_wait: Duration::MAX,
        cpu: Duration::MAX,
        ..Limits::default()
    };
    is_alive(&rogue(&limits).await).await;
}

#[tokio::test]
async fn the_stack_is_what_the_runtime_says() {
    let deepest = |stack| async move {
        let runtime = runtime_with(|config| config.stack = stack);
        let plugin = rogue_in(&runtime, &Grants::default(), &Limits::default()).await;
        let mut depth = 256_u64;
        while call(&plugin, "dive", &format!(r#"{{"depth":{depth}}}"#))
            .await
            .is_ok()
        {
            depth *= 2;
        }
        depth
    };
    let (small, large) = (deepest(256 << 10).await, deepest(2 << 20).await);
    assert!(large >= 4 * small, "{small} {large}");
}

#[tokio::test]
async fn random_bytes_at_once_are_limited() {
    let plugin = rogue(&Limits::default()).await;
    let some = call(&plugin, "random", r#"{"bytes":65536}"#).await;
    assert_eq!(some.as_deref(), Ok("65536"));
    let fault = call(&plugin, "random", r#"{"bytes":10000000000}"#).await;
    let Err(Fault::Failed { failure, .. }) = fault else {
        panic!("{fault:?}");
    };
    let message = failure.to_string();
    assert!(message.contains("10000000000 random bytes"), "{message}");
}

/// Text that is not UTF-8 cannot be returned: the component model has no such text, and
/// a guest that hands over other bytes traps. What is left are too many things of a
/// right kind.
#[tokio::test]
async fn results_are_limited_in_number_too() {
    let limits = Limits {
        memory: 1 << 30,
        deadline: LONG,
        cpu: LONG,
        ..Limits::default()
    };
    let plugin = rogue(&limits).await;
    let fault = call(&plugin, "many_blocks", r#"{"n":1000000}"#).await;
    let limit = limits.output;
    assert_eq!(fault, failed(Failure::OutputTooLarge { limit }));
    is_alive(&plugin).await;
}

#[tokio::test]
async fn a_long_panic_message_is_cut() {
    let plugin = rogue(&Limits::default()).await;
    let message = "x".repeat(1 << 20);
    let fault = call(&plugin, "panic", &format!(r#"{{"message":"{message}"}}"#)).await;
    let Err(Fault::Failed { failure, .. }) = fault else {
        panic!("{fault:?}");
    };
    assert!(failure.to_string().len() < 1_000, "{failure}");
    is_alive(&plugin).await;
}
