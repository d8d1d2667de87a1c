//! Many calls, some of which end badly, and nothing is left of them: no memory, no
//! descriptor, no task, no thread, no slot.
//!
//! Memory is that of the process, so each run has a process of its own. To see the
//! figures of the long one:
//!
//! ```text
//! cargo test --release -p wharf-runtime --test sandbox -- \
//!     --ignored --exact endurance::run_a_million --nocapture
//! ```

#![expect(clippy::print_stdout, reason = "its figures are worth reading")]

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use wharf_fixtures::ROGUE;
use wharf_mcp::model::{Failure, Fault};
use wharf_runtime::{
    Call, Instances, Limits, Plugin, PluginOptions, PluginSource, Runtime, Session,
};

use crate::support::{component, json, runtime_of};

/// Clients that call at the same time.
const CLIENTS: usize = 16;

/// Places for calls: some more.
const SLOTS: u32 = 20;

/// Calls of a client in one session.
const VISIT: usize = 100;

/// After so many calls memory is what it is going to be.
const SETTLED: usize = 10_000;

#[test]
fn thirty_thousand_calls_leave_nothing_behind() {
    run_apart("endurance::run_thirty_thousand");
}

#[test]
fn nor_do_calls_of_kept_instances() {
    run_apart("endurance::run_sessions");
    run_apart("endurance::run_pool");
}

#[test]
#[ignore = "run in a process of its own"]
fn run_thirty_thousand() {
    run(30_000, Instances::Call);
}

#[test]
#[ignore = "run in a process of its own"]
fn run_sessions() {
    let idle = Duration::from_secs(1);
    run(20_000, Instances::Session { max: 12, idle });
}

#[test]
#[ignore = "run in a process of its own"]
fn run_pool() {
    run(20_000, Instances::Pool { max: 4, uses: 50 });
}

#[test]
#[ignore = "takes minutes"]
fn run_a_million() {
    run(1_000_000, Instances::Call);
}

fn run_apart(test: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    let child = child.args(["--ignored", "--exact", test, "--nocapture"]);
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 passed"), "{said}{problem}");
}

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    resident_kib: usize,
    descriptors: usize,
    free_slots: u32,
}

impl Held {
    fn now(runtime: &Runtime) -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.unwrap().trim().trim_end_matches(" kB");
        let shown = format!("{runtime:?}");
        let (_, free) = shown.split_once("free: ").unwrap();
        Self {
            resident_kib: resident.parse().unwrap(),
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
            free_slots: free.trim_end_matches(", .. }").parse().unwrap(),
        }
    }
}

fn run(calls: usize, instances: Instances) {
    let tokio = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    tokio.unwrap().block_on(endure(calls, instances));
}

async fn endure(calls: usize, instances: Instances) {
    let runtime = runtime_of(SLOTS);
    let plugin = load(&runtime, instances).await;
    let tasks = alive_tasks();
    many(&plugin, SETTLED).await;
    let settled = Held::now(&runtime);
    many(&plugin, calls - SETTLED).await;
    let held = Held::now(&runtime);
    println!("after {SETTLED} calls: {settled:?}");
    println!("after {calls} calls: {held:?}");
    assert!(
        held.resident_kib <= settled.resident_kib + settled.resident_kib / 10,
        "{settled:?} {held:?}"
    );
    assert_eq!(held.descriptors, settled.descriptors);
    let ended = async {
        // A task that has been waited for may take a moment to disappear.
        while alive_tasks() > tasks {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let soon = Duration::from_secs(10);
    assert!(timeout(soon, ended).await.is_ok(), "{}", alive_tasks());
    drop(plugin);
    assert_eq!(Held::now(&runtime).free_slots, SLOTS);
}

fn alive_tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

async fn load(runtime: &Runtime, instances: Instances) -> Plugin {
    let source = PluginSource {
        name: "p".into(),
        bytes: component(ROGUE),
    };
    let limits = Limits {
        deadline: Duration::from_millis(50),
        ..Limits::default()
    };
    let options = PluginOptions {
        limits,
        instances,
        ..PluginOptions::default()
    };
    let loaded = runtime.load(source, &options, Arc::new(|_| ())).await;
    loaded.expect("the fixture loads")
}

/// So many calls, by all clients together.
async fn many(plugin: &Plugin, calls: usize) {
    let made = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (plugin, made) = (plugin.clone(), Arc::clone(&made));
        clients.spawn(async move {
            let mut session = Session::new();
            loop {
                let number = made.fetch_add(1, Ordering::Relaxed);
                if number >= calls {
                    return;
                }
                if number % VISIT == 0 {
                    session = Session::new();
                }
                one(&plugin, &session, number).await;
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
}

/// A call, and whether it ended as it should.
async fn one(plugin: &Plugin, session: &Session, number: usize) {
    let call = || Call {
        session: Some(session.clone()),
        ..Call::silent()
    };
    let nothing = json("{}");
    match number % 1_000 {
        // A trap, in two ways.
        0..10 => {
            let ended = plugin.call_tool(call(), "panic", &nothing).await;
            assert!(matches!(&ended, Err(fault) if is_trap(fault)), "{ended:?}");
        }
        10..15 => {
            let ended = plugin.call_tool(call(), "recurse", &nothing).await;
            assert!(matches!(&ended, Err(fault) if is_trap(fault)), "{ended:?}");
        }
        // Out of time, asleep and awake.
        15..20 => {
            let forever = json(r#"{"ms":600000}"#);
            let ended = plugin.call_tool(call(), "sleep", &forever).await;
            assert!(ended.is_err(), "{ended:?}");
        }
        20..22 => {
            let ended = plugin.call_tool(call(), "spin", &nothing).await;
            assert!(ended.is_err(), "{ended:?}");
        }
        // Cancelled.
        22..32 => {
            let ended = plugin.call_tool(call(), "spin", &nothing);
            let ended = timeout(Duration::from_millis(1), ended).await;
            assert!(!matches!(ended, Ok(Ok(_))), "{ended:?}");
        }
        _ => {
            let text = format!(r#"{{"text":"{number}"}}"#);
            let ended = plugin.call_tool(call(), "echo", &json(&text)).await;
            // On a machine that has stopped for a moment.
            assert!(
                matches!(&ended, Err(fault) if is_late(fault)) || ended.is_ok(),
                "{ended:?}"
            );
        }
    }
}

fn is_trap(fault: &Fault) -> bool {
    let trap = |failure: &Failure| matches!(failure, Failure::Trap { .. });
    matches!(fault, Fault::Failed { failure, .. } if trap(failure) || is_late(fault))
}

fn is_late(fault: &Fault) -> bool {
    let late = |failure: &Failure| matches!(failure, Failure::Deadline { .. });
    matches!(fault, Fault::Failed { failure, .. } if late(failure))
}
