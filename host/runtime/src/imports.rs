//! What a running guest may tell the host, whatever line of the contract it
//! speaks: progress, log messages, silences, changes.
//!
//! Each of these is bounded, and what is over the bound is dropped: a guest that
//! talks too much loses words, not its result. JSON is checked here; if what is passed
//! on is not JSON, the call ends.

use std::borrow::Cow;
use std::time::Duration;

use tracing::Level;
use wasmtime::Result;
use wharf_mcp::model::{Change, Event, Json, LogLevel};

use crate::console::harmless;
use crate::masks::Masks;
use crate::output::json;
use crate::state::State;

impl State {
    /// Reports progress, if anybody wants to know and it is progress.
    pub(crate) async fn report(
        &mut self,
        progress: f64,
        total: Option<f64>,
        message: Option<String>,
    ) {
        let is_more = self.said.progress.is_none_or(|last| progress > last);
        if !progress.is_finite() || !is_more || !self.call.events.wants_progress() {
            return;
        }
        self.said.reports = self.said.reports.saturating_add(1);
        let size = message.as_ref().map_or(0, String::len);
        if self.said.reports > self.guest.limits.events || !self.has_room(size) {
            return;
        }
        self.said.progress = Some(progress);
        let event = Event::Progress {
            progress,
            total: total.filter(|total| total.is_finite()),
            message: message.map(|message| self.guest.masks.hide_in(message)),
        };
        self.call.events.emit(event).await;
    }

    /// Logs a message here and with the client.
    pub(crate) async fn write_log(
        &mut self,
        level: LogLevel,
        logger: Option<String>,
        data: String,
    ) -> Result<()> {
        self.said.messages = self.said.messages.saturating_add(1);
        let size = data.len() + logger.as_ref().map_or(0, String::len);
        // What is dropped is not looked at, either: a guest could go on for ever.
        if self.said.messages > self.guest.limits.events || !self.has_room(size) {
            return Ok(());
        }
        let data = json("log.data", data)?;
        let logger = logger.map(|logger| self.guest.masks.hide_in(logger));
        let data = hidden(&self.guest.masks, data);
        self.trace(level, logger.as_deref(), data.as_str());
        if self.call.events.wants_log(level) {
            let event = Event::Log {
                level,
                logger,
                data,
            };
            self.call.events.emit(event).await;
        }
        Ok(())
    }

    /// Announces that nothing will be said for so long, at most until the deadline.
    pub(crate) async fn announce_silence(&mut self, lasts: Duration) {
        self.said.reports = self.said.reports.saturating_add(1);
        if lasts.is_zero() || self.said.reports > self.guest.limits.events {
            return;
        }
        let lasts = lasts.min(Duration::from_millis(self.millis_left()));
        self.call.events.emit(Event::Silence { lasts }).await;
    }

    /// Passes on that something has changed.
    pub(crate) fn changed(&mut self, change: Change) {
        self.said.changes = self.said.changes.saturating_add(1);
        if self.announces && self.said.changes <= self.guest.limits.changes {
            (self.guest.changes)(change);
        }
    }

    /// Milliseconds until the deadline.
    pub(crate) fn millis_left(&self) -> u64 {
        let left = self
            .deadline
            .saturating_duration_since(tokio::time::Instant::now());
        u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
    }

    /// Counts bytes of text; false if there are more than allowed.
    fn has_room(&mut self, size: usize) -> bool {
        self.said.bytes = self.said.bytes.saturating_add(size);
        self.said.bytes <= self.guest.limits.event_bytes
    }

    fn trace(&self, level: LogLevel, logger: Option<&str>, data: &str) {
        let plugin = &self.guest.name;
        let logger = logger.map(harmless).map(tracing::field::display);
        let data = harmless(data);
        // The level of a tracing event is part of its static description, hence
        // one call site each.
        match severity(level) {
            Level::ERROR => tracing::error!(target: "plugin", %plugin, logger, "{data}"),
            Level::WARN => tracing::warn!(target: "plugin", %plugin, logger, "{data}"),
            Level::INFO => tracing::info!(target: "plugin", %plugin, logger, "{data}"),
            _ => tracing::debug!(target: "plugin", %plugin, logger, "{data}"),
        }
    }
}

/// The data without secrets. Where that is not JSON any more, because a secret is a
/// number or reaches over the end of a text, the whole becomes one text.
fn hidden(masks: &Masks, data: Json) -> Json {
    let Cow::Owned(hidden) = masks.hide(data.as_str()) else {
        return data;
    };
    let quoted = serde_json::Value::from(hidden.as_str()).to_string();
    Json::parse(hidden)
        .or_else(|_not_json| Json::parse(quoted))
        .unwrap_or(data)
}

fn severity(level: LogLevel) -> Level {
    match level {
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Info | LogLevel::Notice => Level::INFO,
        LogLevel::Warning => Level::WARN,
        LogLevel::Error | LogLevel::Critical | LogLevel::Alert | LogLevel::Emergency => {
            Level::ERROR
        }
    }
}
