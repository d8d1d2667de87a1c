//! Every way to fail ends one call with one line, and the next call works.

use std::time::Duration;

use wharf_mcp::model::{Failure, Fault};
use wharf_runtime::{Call, Limits};

use crate::support::{Log, call, rogue};

/// Small limits, so that they are reached soon.
fn tight() -> Limits {
    Limits {
        memory: 32 << 20,
        deadline: Duration::from_millis(300),
        output: 1 << 20,
        ..Limits::default()
    }
}

/// Calls a tool, expects it to fail, and the next call not to.
async fn failure(tool: &str, arguments: &str) -> Failure {
    let plugin = rogue(&tight()).await;
    let fault = call(&plugin, tool, arguments).await.unwrap_err();
    let next = call(&plugin, "echo", r#"{"text":"alive"}"#).await;
    assert_eq!(next.as_deref(), Ok("alive"), "after {tool}");
    match fault {
        Fault::Failed { plugin, failure } if &*plugin == "p" => failure,
        other => panic!("{tool}: {other:?}"),
    }
}

async fn trap(tool: &str, arguments: &str) -> String {
    match failure(tool, arguments).await {
        Failure::Trap { message } => message,
        other => panic!("{tool}: {other:?}"),
    }
}

async fn bad_output(tool: &str, arguments: &str) -> String {
    match failure(tool, arguments).await {
        Failure::BadOutput(problem) => problem,
        other => panic!("{tool}: {other:?}"),
    }
}

#[tokio::test]
async fn a_panic_is_told_with_its_message() {
    let message = trap("panic", r#"{"message":"out\nof cheese"}"#).await;
    assert!(message.starts_with("panicked at "), "{message}");
    assert!(message.ends_with(": out of cheese"), "{message}");
}

#[tokio::test]
async fn the_log_has_the_backtrace_and_the_client_has_not() {
    let (log, _guard) = Log::capture();
    assert_eq!(trap("recurse", "{}").await, "stack overflow");
    let log = log.text();
    assert!(log.contains("wasm backtrace"), "{log}");
    assert!(log.contains("plugin=p"), "{log}");
}

#[tokio::test]
async fn an_exit_is_a_crash() {
    assert_eq!(trap("exit", "{}").await, "exited with status 1");
}

#[tokio::test]
async fn endless_loops_and_endless_sleeps_end_at_the_deadline() {
    let after = tight().deadline;
    for (tool, arguments) in [("spin", "{}"), ("sleep", r#"{"ms":600000}"#)] {
        let failure = failure(tool, arguments).await;
        assert_eq!(failure, Failure::Deadline { after }, "{tool}");
    }
}

#[tokio::test]
async fn memory_is_limited() {
    let limit = tight().memory;
    assert_eq!(failure("alloc", "{}").await, Failure::Memory { limit });
}

#[tokio::test]
async fn a_guest_may_take_the_refusal_of_memory_well() {
    let plugin = rogue(&tight()).await;
    let said = call(&plugin, "alloc_try", "{}").await.unwrap();
    let got: usize = said.trim_end_matches(" MiB").parse().unwrap();
    assert!((20..32).contains(&got), "{said}");
}

#[tokio::test]
async fn output_is_limited() {
    let limit = tight().output;
    let too_much = failure("huge_result", r#"{"bytes":1048577}"#).await;
    assert_eq!(too_much, Failure::OutputTooLarge { limit });
    let plugin = rogue(&tight()).await;
    let enough = call(&plugin, "huge_result", r#"{"bytes":1000000}"#).await;
    assert_eq!(enough.map(|text| text.len()), Ok(1_000_000));
}

#[tokio::test]
async fn what_makes_no_sense_is_named() {
    let problem = bad_output("bad_structured", "{}").await;
    let expected = "a malformed `structured`: not valid JSON: ";
    assert!(problem.starts_with(expected), "{problem}");
    let problem = bad_output("bad_meta", "{}").await;
    assert_eq!(problem, "a malformed `meta`: it is not a JSON object");
    let problem = bad_output("ask_state", r#"{"bytes":65537}"#).await;
    let expected = "a malformed `input-required.state`: ";
    assert!(problem.starts_with(expected), "{problem}");
}

#[tokio::test]
async fn what_a_plugin_has_not_is_not_found() {
    let plugin = rogue(&tight()).await;
    let fault = call(&plugin, "nonsense", "{}").await;
    assert!(matches!(fault, Err(Fault::NotFound(_))), "{fault:?}");
    let fault = plugin.read_resource(Call::silent(), "x:y").await;
    let expected = "the plugin has no resources".to_owned();
    assert_eq!(fault, Err(Fault::NotFound(expected)));
}

#[tokio::test]
async fn what_a_guest_prints_is_logged_line_by_line() {
    let (log, _guard) = Log::capture();
    let plugin = rogue(&tight()).await;
    let said = call(&plugin, "print", r#"{"text":"one\n\u001b[2Jtwo"}"#).await;
    assert_eq!(said.as_deref(), Ok("printed"));
    let log = log.text();
    for stream in ["stdout", "stderr"] {
        for line in ["one", "\u{fffd}[2Jtwo"] {
            let line = format!("plugin: {line} plugin=p stream=\"{stream}\"");
            assert!(log.contains(&line), "{line} not in {log}");
        }
    }
}

/// Runs the test above in a process of its own and reads its standard output.
#[test]
fn what_a_guest_prints_does_not_reach_our_standard_output() {
    let test = "faults::what_a_guest_prints_is_logged_line_by_line";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", test, "--nocapture"]).output();
    let stdout = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(stdout.contains("1 passed"), "{stdout}");
    assert!(!stdout.contains("[2Jtwo"), "{stdout}");
}
