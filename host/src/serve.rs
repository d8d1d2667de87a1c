//! `wharf serve`: from a checked configuration to a host that serves, and back.
//!
//! The order matters. Addresses are taken first, so that a port in use is noticed
//! before anything is compiled. Plugins are compiled and loaded next. Only when
//! the catalogue stands do transports start, and only then is anybody told that
//! the host is ready.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use tokio::task::JoinSet;
use wharf_mcp::StateKeys;
use wharf_mcp::model::Change;
use wharf_runtime::{ChangeSink, Plugin, PluginSource, Runtime, RuntimeConfig, SetupError};

use crate::changes::Changes;
use crate::compile::{self, PluginFile};
use crate::config::ServeConfig;
use crate::drain::{Drain, Shutdown, Signals};
use crate::refresh::{self, Refresher, Told};
use crate::report::{Endpoint, Exit, Report};
use crate::router::Router;
use crate::session::Door;
use crate::transport::Transport;
use crate::transport::http::{Allowed, Http};
use crate::transport::stdio::Stdio;

/// Serves until a signal comes, standard input ends, or a transport fails.
///
/// # Errors
/// When it cannot start: a port in use, a plugin that cannot be loaded.
pub(crate) async fn serve(
    config: &ServeConfig,
    signals: &mut Signals,
    report: Report,
) -> anyhow::Result<Exit> {
    let host = tokio::select! {
        host = Host::prepare(config, report) => host?,
        _ = signals.next() => return Ok(Exit::Interrupted),
    };
    host.run(signals, report).await
}

/// Everything that is needed to serve.
struct Host {
    door: Door,
    refresher: Refresher,
    http: Option<Http>,
    stdio: bool,
}

impl Host {
    async fn prepare(config: &ServeConfig, report: Report) -> anyhow::Result<Self> {
        let http = match config.listen {
            Some(address) => {
                let allowed = Allowed {
                    hosts: config.allowed_hosts.clone(),
                    origins: config.allowed_origins.clone(),
                };
                let bound = Http::bind(address, allowed).await;
                Some(bound.with_context(|| format!("cannot listen on {address}"))?)
            }
            None => None,
        };
        let (changes, told) = (Changes::default(), Told::default());
        let plugins = load_all(config, &changes, &told, report).await?;
        let catalogue =
            refresh::catalogue(&plugins).context("the plugins cannot be served together")?;
        let router = Router::new(catalogue);
        let keys = StateKeys::new(config.state_key.unwrap_or_else(rand::random), &[]);
        Ok(Self {
            door: Door::new(router.clone(), changes.clone(), keys),
            refresher: Refresher {
                plugins,
                router,
                changes,
                told,
            },
            http,
            stdio: config.stdio,
        })
    }

    async fn run(self, signals: &mut Signals, report: Report) -> anyhow::Result<Exit> {
        let drain = Drain::new();
        // Ends with the host.
        let mut refreshing = JoinSet::new();
        refreshing.spawn(self.refresher.run());
        let mut transports = JoinSet::new();
        if let Some(http) = self.http {
            let address = http.address().context("the address cannot be read back")?;
            transports.spawn(http.serve(self.door.clone(), drain.clone()));
            report.ready(&Endpoint::StreamableHttp(address));
            report.ready(&Endpoint::Sse(address));
        }
        if self.stdio {
            transports.spawn(Stdio.serve(self.door, drain.clone()));
            report.ready(&Endpoint::Stdio);
        }
        // One transport's end is the host's: when standard input ends, the parent is
        // gone.
        let mut outcome = tokio::select! {
            _ = signals.next() => Ok(()),
            Some(ended) = transports.join_next() => ended?.context("a transport failed"),
        };
        drain.begin();
        let rest = async {
            while let Some(ended) = transports.join_next().await {
                let ended = ended?.context("a transport failed");
                outcome = std::mem::replace(&mut outcome, Ok(())).and(ended);
            }
            outcome
        };
        tokio::select! {
            outcome = rest => outcome.map(|()| Exit::Success),
            signal = signals.next() => Ok(match signal {
                Shutdown::Interrupted => Exit::Interrupted,
                Shutdown::Terminated => Exit::Success,
            }),
        }
    }
}

/// Compiles and loads all plugins, in the order they were given.
async fn load_all(
    config: &ServeConfig,
    changes: &Changes,
    told: &Told,
    report: Report,
) -> anyhow::Result<Vec<Plugin>> {
    let listener = |progress: &compile::Progress<'_>| report.progress(progress);
    let mut files: Vec<PluginFile> = Vec::new();
    for plugin in &config.plugins {
        let file = compile::component_path(plugin, &config.compile, &listener).await?;
        if let Some(other) = files.iter().find(|other| other.name == file.name) {
            bail!(
                "two plugins are called `{}`: {} and {}",
                file.name,
                other.path.display(),
                file.path.display()
            );
        }
        files.push(file);
    }
    let runtime = sandbox(config.cache_dir.clone())?;
    let mut plugins = Vec::new();
    for file in &files {
        let sink = sink(&file.name, changes, told);
        plugins.push(load(&runtime, file, config, sink).await?);
    }
    Ok(plugins)
}

/// Sets the sandbox up, with a cache for compiled code if there is a place for it.
pub(crate) fn sandbox(cache_dir: Option<PathBuf>) -> Result<Runtime, SetupError> {
    Runtime::new(&RuntimeConfig {
        cache_dir,
        ..RuntimeConfig::default()
    })
}

/// Where a plugin says what has changed. A list is read again before clients hear of
/// it; a resource they read themselves.
fn sink(plugin: &str, changes: &Changes, told: &Told) -> ChangeSink {
    let (plugin, changes, told) = (plugin.to_owned(), changes.clone(), told.clone());
    Arc::new(move |change| {
        tracing::debug!(plugin, ?change, "changed");
        match change {
            Change::List(list) => told.note(&plugin, list),
            Change::Resource(_) => changes.publish(&change),
        }
    })
}

async fn load(
    runtime: &Runtime,
    file: &PluginFile,
    config: &ServeConfig,
    changes: ChangeSink,
) -> anyhow::Result<Plugin> {
    let what = || format!("the plugin `{}` cannot be loaded", file.path.display());
    let bytes = tokio::fs::read(&file.path).await.with_context(what)?;
    let source = PluginSource {
        name: file.name.as_str().into(),
        bytes: bytes.into(),
    };
    runtime
        .load(source, &config.grants, &config.limits, changes)
        .await
        .with_context(what)
}
