//! Tools that say something on their way, or announce something.

use std::thread::sleep;
use std::time::Duration;
use wharf_sdk::changes;
use wharf_sdk::prelude::*;

/// Time between two things said, so that they can be seen to arrive one by one.
const STEP: Duration = Duration::from_millis(50);

/// Long enough for a client to leave and come back.
const SILENCE: Duration = Duration::from_millis(300);

/// Reports progress three times: at the beginning, half-way, and at the end.
#[tool(read_only)]
pub(crate) fn test_tool_with_progress(request: &Request) -> &'static str {
    for (progress, message) in [(0.0, "Started"), (50.0, "Half-way"), (100.0, "Completed")] {
        request.progress(progress, Some(100.0), Some(message));
        sleep(STEP);
    }
    "Progress was reported three times."
}

/// Logs three messages: at the beginning, half-way, and at the end.
#[tool(read_only)]
pub(crate) fn test_tool_with_logging(request: &Request) -> &'static str {
    for message in [
        "Tool execution started",
        "Tool processing data",
        "Tool execution completed",
    ] {
        request.info(message);
        sleep(STEP);
    }
    "Three messages were logged."
}

/// Logs a message at each level, for clients that want to hear it.
#[tool(read_only)]
pub(crate) fn test_logging_tool(request: &Request) -> &'static str {
    for level in [
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Notice,
        LogLevel::Warning,
        LogLevel::Error,
        LogLevel::Critical,
        LogLevel::Alert,
        LogLevel::Emergency,
    ] {
        request.log(level, "A message at this level");
    }
    "A message was logged at each level."
}

/// Has nothing to say for a while, so that the connection may be let go of.
#[tool(read_only)]
pub(crate) fn test_reconnection(request: &Request) -> &'static str {
    request.silent_for(SILENCE);
    sleep(SILENCE);
    "The silence is over."
}

/// Announces that the list of tools has changed.
#[tool]
pub(crate) fn test_trigger_tool_change() -> &'static str {
    changes::tools_changed();
    "The tools were said to have changed."
}

/// Announces that the list of prompts has changed.
#[tool]
pub(crate) fn test_trigger_prompt_change() -> &'static str {
    changes::prompts_changed();
    "The prompts were said to have changed."
}
