//! What the tests share: a runtime, guests, and somebody who listens.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use bytes::Bytes;
use tokio::sync::Semaphore;
use wharf_fixtures::ROGUE;
use wharf_mcp::model::{Content, Event, Fault, Json, LogLevel, Outcome, ToolResult};
use wharf_runtime::{
    Call, Events, Grants, Limits, LoadError, Plugin, PluginOptions, PluginSource, Runtime,
    RuntimeConfig,
};

/// A component of the fixtures, by its path.
pub(crate) fn component(path: &str) -> Bytes {
    std::fs::read(path).expect("the fixture is built").into()
}

/// One runtime for all tests that do not need their own. Its cache outlives the
/// test run: compiling is most of what the tests would spend their time on.
pub(crate) fn runtime() -> Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| runtime_of(100));
    RUNTIME.clone()
}

/// A runtime with so many slots, over the same cache.
pub(crate) fn runtime_of(max_instances: u32) -> Runtime {
    runtime_with(|config| config.max_instances = max_instances)
}

/// A runtime that is made differently, over the same cache.
pub(crate) fn runtime_with(change: impl FnOnce(&mut RuntimeConfig)) -> Runtime {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    let mut config = RuntimeConfig {
        cache_dir: Some(cache),
        max_instances: 100,
        ..RuntimeConfig::default()
    };
    change(&mut config);
    Runtime::new(&config).expect("the sandbox works here")
}

/// Loads a component as the plugin `p`, with nothing granted.
pub(crate) async fn load(bytes: Bytes) -> Result<Plugin, LoadError> {
    load_in(&runtime(), bytes, &Grants::default(), &Limits::default()).await
}

/// Loads a component as the plugin `p`.
pub(crate) async fn load_in(
    runtime: &Runtime,
    bytes: Bytes,
    grants: &Grants,
    limits: &Limits,
) -> Result<Plugin, LoadError> {
    let name = "p".into();
    let source = PluginSource { name, bytes };
    let options = PluginOptions {
        grants: grants.clone(),
        limits: limits.clone(),
        ..PluginOptions::default()
    };
    runtime.load(source, &options, Arc::new(|_| ())).await
}

/// The plugin that misbehaves on request.
pub(crate) async fn rogue_in(runtime: &Runtime, grants: &Grants, limits: &Limits) -> Plugin {
    let loaded = load_in(runtime, component(ROGUE), grants, limits).await;
    loaded.expect("the fixture loads")
}

/// The same with nothing granted.
pub(crate) async fn rogue(limits: &Limits) -> Plugin {
    rogue_in(&runtime(), &Grants::default(), limits).await
}

/// Calls a tool that nobody listens to.
pub(crate) async fn call(plugin: &Plugin, tool: &str, arguments: &str) -> Result<String, Fault> {
    let arguments = json(arguments);
    let outcome = plugin.call_tool(Call::silent(), tool, &arguments).await?;
    Ok(text(outcome))
}

/// A tool's text; an error if it says that it failed.
pub(crate) async fn tool(plugin: &Plugin, name: &str, arguments: &str) -> Result<String, String> {
    let arguments = json(arguments);
    let outcome = plugin.call_tool(Call::silent(), name, &arguments).await;
    let outcome = outcome.expect("no breakdown");
    let failed = matches!(&outcome, Outcome::Complete(result) if result.is_error);
    if failed {
        Err(text(outcome))
    } else {
        Ok(text(outcome))
    }
}

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text.to_owned()).expect("valid JSON in a test")
}

/// The text of a result that is one block of text.
pub(crate) fn text(outcome: Outcome<ToolResult>) -> String {
    let Outcome::Complete(result) = outcome else {
        panic!("not complete: {outcome:?}");
    };
    match result.content.as_slice() {
        [Content::Text(text)] => text.text.clone(),
        other => panic!("not one text: {other:?}"),
    }
}

/// Keeps what a call says. It can be made to read as slowly as a test likes.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) events: Mutex<Vec<Event>>,
    /// A permit for each event that is taken.
    pub(crate) appetite: Semaphore,
    /// Events that have been offered.
    pub(crate) offered: AtomicUsize,
}

impl Recorder {
    pub(crate) fn new(appetite: usize) -> Arc<Self> {
        Arc::new(Self {
            events: Mutex::default(),
            appetite: Semaphore::new(appetite),
            offered: AtomicUsize::new(0),
        })
    }

    pub(crate) fn call(self: &Arc<Self>) -> Call {
        let events: Arc<dyn Events> = self.clone();
        Call {
            events,
            ..Call::silent()
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.events.lock().unwrap().len()
    }
}

impl Events for Recorder {
    fn emit(&self, event: Event) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            self.offered.fetch_add(1, Ordering::Relaxed);
            self.appetite.acquire().await.unwrap().forget();
            self.events.lock().unwrap().push(event);
        })
    }

    fn wants_progress(&self) -> bool {
        true
    }

    fn wants_log(&self, level: LogLevel) -> bool {
        level >= LogLevel::Info
    }
}

/// What is logged on this thread while the guard lives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
