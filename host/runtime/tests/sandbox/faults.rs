//! Every way to fail ends one call with one line, and the next call works.

use std::time::Duration;

use wharf_mcp::model::{Failure, Fault, Outcome, Question};
use wharf_runtime::{Call, Limits};

use crate::support::{Log, call, json, rogue, text};

/// Small limits, so that they are reached soon.
fn tight() -> Limits {
    Limits {
        memory: 32 << 20,
        deadline: Duration::from_millis(300),
        output: 1 << 20,
        ..Limits::default()
    }
}

/// Calls `tool`, expects it to fail, and the next call not to.
async fn failure(tool: &str) -> Failure {
    let plugin = rogue(&tight()).await;
    let fault = call(&plugin, tool, "{}").await.unwrap_err();
    let next = call(&plugin, "echo", r#"{"a":1}"#).await;
    assert_eq!(next.as_deref(), Ok(r#"{"a":1}"#), "after {tool}");
    match fault {
        Fault::Failed { plugin, failure } if &*plugin == "rogue" => failure,
        other => panic!("{tool}: {other:?}"),
    }
}

async fn trap(tool: &str) -> String {
    match failure(tool).await {
        Failure::Trap { message } => message,
        other => panic!("{tool}: {other:?}"),
    }
}

async fn bad_output(tool: &str) -> String {
    match failure(tool).await {
        Failure::BadOutput(problem) => problem,
        other => panic!("{tool}: {other:?}"),
    }
}

#[tokio::test]
async fn a_panic_is_told_with_its_message() {
    let message = trap("panic").await;
    assert!(message.starts_with("panicked at src"), "{message}");
    assert!(message.ends_with(": boom 2"), "{message}");
}

#[tokio::test]
async fn the_log_has_the_backtrace_and_the_client_has_not() {
    let (log, _guard) = Log::capture();
    let message = trap("recurse").await;
    assert_eq!(message, "stack overflow");
    let log = log.text();
    assert!(log.contains("wasm backtrace"), "{log}");
    assert!(log.contains("plugin=rogue"), "{log}");
}

#[tokio::test]
async fn an_exit_is_a_crash() {
    assert_eq!(trap("exit").await, "exited with status 1");
}

#[tokio::test]
async fn endless_loops_and_endless_sleeps_end_at_the_deadline() {
    for tool in ["spin", "sleep"] {
        let after = tight().deadline;
        assert_eq!(failure(tool).await, Failure::Deadline { after }, "{tool}");
    }
}

#[tokio::test]
async fn memory_is_limited() {
    let limit = tight().memory;
    assert_eq!(failure("alloc").await, Failure::Memory { limit });
}

#[tokio::test]
async fn a_guest_may_take_the_refusal_of_memory_well() {
    let plugin = rogue(&tight()).await;
    assert_eq!(call(&plugin, "tryalloc", "{}").await.as_deref(), Ok("true"));
}

#[tokio::test]
async fn output_is_limited_in_bytes_and_in_blocks() {
    let limit = tight().output;
    for tool in ["huge", "many"] {
        assert_eq!(
            failure(tool).await,
            Failure::OutputTooLarge { limit },
            "{tool}"
        );
    }
}

#[tokio::test]
async fn what_is_not_json_is_named() {
    let problem = bad_output("badjson").await;
    assert!(
        problem.starts_with("a malformed `structured`: not valid JSON"),
        "{problem}"
    );
    let problem = bad_output("badmeta").await;
    assert_eq!(problem, "a malformed `meta`: it is not a JSON object");
    let problem = bad_output("badlog").await;
    assert!(problem.starts_with("a malformed `log.data`"), "{problem}");
}

#[tokio::test]
async fn the_plugins_own_errors_are_its_own_words() {
    let plugin = rogue(&tight()).await;
    let fault = call(&plugin, "nonsense", "{}").await;
    assert_eq!(fault, Err(Fault::NotFound("nonsense".to_owned())));
    let fault = plugin.read_resource(Call::silent(), "x:y").await;
    assert_eq!(
        fault,
        Err(Fault::NotFound("the plugin has no resources".to_owned()))
    );
}

#[tokio::test]
async fn questions_come_back_as_questions() {
    let plugin = rogue(&tight()).await;
    let asked = plugin.call_tool(Call::silent(), "ask", &json("{}")).await;
    let Ok(Outcome::InputRequired(asked)) = asked else {
        panic!("{asked:?}");
    };
    assert_eq!(asked.questions, [("q".to_owned(), Question::Roots)]);
    assert_eq!(asked.state.as_deref(), Some(&[1, 2][..]));
}

#[tokio::test]
async fn answers_and_state_reach_the_next_round() {
    use std::sync::Arc;
    use wharf_mcp::model::{Answer, CallContext};
    let context = CallContext {
        answers: [("q".to_owned(), Answer::Accepted(json(r#"{"n":3}"#)))].into(),
        state: Some(vec![7]),
        ..CallContext::default()
    };
    let call = Call {
        context: Arc::new(context),
        ..Call::silent()
    };
    let plugin = rogue(&tight()).await;
    let outcome = plugin.call_tool(call, "ask", &json("{}")).await.unwrap();
    assert_eq!(text(outcome), r#"{"n":3} Some([7])"#);
}

#[tokio::test]
async fn what_a_guest_prints_is_logged_line_by_line() {
    let (log, _guard) = Log::capture();
    let plugin = rogue(&tight()).await;
    call(&plugin, "print", "{}").await.unwrap();
    let log = log.text();
    for line in [
        r#"plugin: hello out plugin=rogue stream="stdout""#,
        r#"plugin: hello err plugin=rogue stream="stderr""#,
    ] {
        assert!(log.contains(line), "{log}");
    }
}

/// Runs the test above in a process of its own, where nothing listens, and reads
/// the standard output of that.
#[test]
fn what_a_guest_prints_does_not_reach_our_standard_output() {
    let test = "faults::what_a_guest_prints_is_logged_line_by_line";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let output = child
        .args(["--exact", test, "--nocapture"])
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("1 passed"), "{stdout}");
    assert!(!stdout.contains("hello"), "{stdout}");
}
