//! Why a call has no result: from wasmtime's errors to ours.
//!
//! Every failure has two messages. The client's is one line that names what
//! happened or which limit was met; it is what the returned [`Fault`] prints. The
//! operator's is a warning here, with the backtrace inside the guest.

use std::str::Utf8Error;
use std::sync::Arc;

use wasmtime::component::ResourceTableError;
use wasmtime::{Error, Trap};
use wasmtime_wasi::I32Exit;
use wharf_mcp::model::{Failure, Fault};

use crate::abi::Stop;
use crate::console::{harmless, one_line};
use crate::masks::Masks;
use crate::output::Bad;
use crate::state::State;
use crate::turn::Spent;

/// What the caller is told.
pub(crate) fn fault(stop: Stop, state: &State) -> Fault {
    match stop {
        Stop::Said(fault) => said(fault, &state.guest.masks),
        Stop::Bad(bad) => failed(state, Failure::BadOutput(bad.to_string()), None),
        Stop::Shape(error) => Fault::Host(format!("{error:#}")),
        Stop::Start(error) if is_ours(&error, state) => {
            let error = format!("no instance of `{}`: {error:#}", state.guest.name);
            Fault::Host(error)
        }
        Stop::Start(error) | Stop::Broke(error) => {
            let failure = failure(&error, state);
            failed(state, failure, Some(&error))
        }
    }
}

/// Whether an instance could not be made for a reason that is not the guest's.
fn is_ours(error: &Error, state: &State) -> bool {
    !state.memory.refused
        && !error.is::<Spent>()
        && !error.is::<Trap>()
        && !error.is::<I32Exit>()
        && !error.is::<Bad>()
}

/// A guest's own words, which go to the log as well.
fn said(fault: Fault, masks: &Masks) -> Fault {
    match fault {
        Fault::InvalidParams(text) => Fault::InvalidParams(masks.hide_in(text)),
        Fault::NotFound(text) => Fault::NotFound(masks.hide_in(text)),
        Fault::Internal(text) => Fault::Internal(masks.hide_in(text)),
        other @ (Fault::Failed { .. } | Fault::Busy { .. } | Fault::Host(_)) => other,
    }
}

fn failed(state: &State, failure: Failure, error: Option<&Error>) -> Fault {
    let (plugin, masks) = (Arc::clone(&state.guest.name), &state.guest.masks);
    let failure = match failure {
        Failure::Trap { message } => Failure::Trap {
            message: masks.hide_in(message),
        },
        Failure::BadOutput(text) => Failure::BadOutput(masks.hide_in(text)),
        limit @ (Failure::Deadline { .. }
        | Failure::Cpu { .. }
        | Failure::Handles { .. }
        | Failure::Memory { .. }
        | Failure::OutputTooLarge { .. }) => limit,
    };
    let details = masks.hide_in(error.map(details).unwrap_or_default());
    tracing::warn!(%plugin, %failure, %details, "a call of the plugin failed");
    Fault::Failed { plugin, failure }
}

/// The whole error, with the backtrace. Names of functions are the guest's to
/// choose, so they are made harmless, line by line.
fn details(error: &Error) -> String {
    let details = format!("{error:?}");
    let lines = details
        .lines()
        .flat_map(|line| [harmless(line), "\n".into()]);
    lines.collect()
}

fn failure(error: &Error, state: &State) -> Failure {
    let limits = &state.guest.limits;
    if let Some(bad) = error.downcast_ref::<Bad>() {
        return Failure::BadOutput(bad.to_string());
    }
    if let Some(error) = error.downcast_ref::<Utf8Error>() {
        return Failure::BadOutput(format!("text that is not UTF-8: {error}"));
    }
    if error.is::<Spent>() {
        return Failure::Cpu {
            limit: limits.cpu_of(&state.call),
        };
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return Failure::Handles {
            limit: limits.handles,
        };
    }
    if is_too_much_output(error) {
        return Failure::OutputTooLarge {
            limit: limits.output,
        };
    }
    if state.memory.refused {
        return Failure::Memory {
            limit: limits.memory,
        };
    }
    let message = state.panic_message().unwrap_or_else(|| kind(error));
    Failure::Trap { message }
}

/// wasmtime keeps the type of this error to itself. It counts what a guest hands
/// over in one go and stops before copying it.
fn is_too_much_output(error: &Error) -> bool {
    let root = error.root_cause().to_string();
    root.contains("fuel allocated for hostcalls has been exhausted")
}

/// The kind of trap, in a few words.
fn kind(error: &Error) -> String {
    if let Some(I32Exit(status)) = error.downcast_ref() {
        return format!("exited with status {status}");
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => "stack overflow".to_owned(),
        Some(Trap::UnreachableCodeReached) => "aborted".to_owned(),
        Some(trap) => one_line(trap.to_string().trim_start_matches("wasm trap: ")),
        None => one_line(&error.root_cause().to_string()),
    }
}
