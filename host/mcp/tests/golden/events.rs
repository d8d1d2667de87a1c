//! What calls say on their way.

use std::time::Duration;

use wharf_mcp::model::{Event, LogLevel};
use wharf_schemas::Context;

use crate::samples::json;
use crate::{CALL, compare, judge, laid_out, request, start};

/// Sends the event in every revision.
#[track_caller]
fn check(name: &str, event: &Event) {
    compare(name, |revision| {
        let call = start(&request(CALL, revision), revision);
        let Some(frame) = call.exchange.notification(event, None) else {
            return "nothing".to_owned();
        };
        let text = String::from_utf8(frame.to_vec()).unwrap();
        judge(&text, revision, Context::Unasked);
        laid_out(&text)
    });
}

/// DWN-9, PRG-6.
#[test]
fn progress() {
    let progress = |total, message: Option<&str>| Event::Progress {
        progress: 0.1,
        total,
        message: message.map(str::to_owned),
    };
    check("progress", &progress(Some(3.0), Some("begun")));
    check("progress-bare", &progress(None, None));
}

/// No number has a text that is not one: what is endless is left out, and not
/// `null`, which no revision allows here. This fails: it is `null`.
#[test]
fn progress_without_end() {
    let endless = |total| Event::Progress {
        progress: 1.0,
        total: Some(total),
        message: None,
    };
    check("progress-endless", &endless(f64::INFINITY));
    check("progress-endless", &endless(f64::NAN));
}

/// DWN-15, LOG-1.
#[test]
fn log() {
    let log = |logger: Option<&str>| Event::Log {
        level: LogLevel::Warning,
        logger: logger.map(str::to_owned),
        data: json(r#"{"a":[null,1e3]}"#),
    };
    check("log", &log(Some("here")));
    check("log-bare", &log(None));
}

/// It is for the binding, not for the client.
#[test]
fn silence() {
    let lasts = Duration::from_secs(5);
    check("silence", &Event::Silence { lasts });
}
