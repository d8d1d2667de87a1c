//! `wharf serve`: from a checked configuration to a host that serves, and back.
//!
//! The order matters. Addresses are taken first, so that a port in use is noticed
//! before anything is compiled. Plugins are compiled and loaded next. Only when
//! the catalogue stands do transports start, and only then is anybody told that
//! the host is ready.

use std::sync::Arc;

use anyhow::Context;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use wharf_mcp::StateKeys;
use wharf_runtime::Runtime;

use crate::changes::Changes;
use crate::config::{Listen, ServeConfig};
use crate::drain::{Drain, Shutdown, Signals};
use crate::load::{self, Crates, Loader, TOGETHER};
use crate::refresh::{Refresher, Told};
use crate::reload::Reloading;
use crate::report::{Endpoint, Exit, Place, Report};
use crate::router::Router;
use crate::session::Door;
use crate::transport::Transport;
use crate::transport::http::{Allowed, Http};
use crate::transport::stdio::Stdio;
use crate::transport::unix::{Unix, UnixSocket};

/// Serves until a signal comes, standard input ends, or a transport fails.
///
/// # Errors
/// When it cannot start: a port in use, a plugin that cannot be loaded.
pub(crate) async fn serve(
    config: &ServeConfig,
    signals: &mut Signals,
    report: Report,
) -> anyhow::Result<Exit> {
    if let Some(file) = config.found_file() {
        report.using(file);
    }
    let hangups = signals.hangups().context("SIGHUP cannot be listened to")?;
    let host = tokio::select! {
        host = Host::prepare(config, report, hangups) => host?,
        _ = signals.next() => return Ok(Exit::Interrupted),
    };
    host.run(signals, report).await
}

/// Compiles and loads the plugins, and opens a door to them: what a program needs
/// that brings a transport of its own (see [`Transport`]). Nothing is listened on,
/// whatever the configuration says. Changed plugins are loaded again while there is a
/// door, unless the configuration says otherwise; signals are left to the program.
///
/// # Errors
/// When a plugin cannot be compiled or loaded, or not together with the others.
pub async fn door(config: &ServeConfig, report: Report) -> anyhow::Result<Door> {
    reloaded_door(config, report, None).await
}

/// The same, with somebody who says when everything is to be read again.
async fn reloaded_door(
    config: &ServeConfig,
    report: Report,
    wanted: Option<Arc<Notify>>,
) -> anyhow::Result<Door> {
    // Before anything is read, so that no change is missed.
    let reloading = Reloading::new(config, wanted);
    let loader = Loader {
        runtime: Runtime::new(&load::sandbox_config(config))?,
        changes: Changes::default(),
        told: Told::default(),
        report,
    };
    let plugins = loader.load(config, &[], Crates::Compile).await?;
    let catalogue = load::catalogue(&plugins).context(TOGETHER)?;
    let router = Router::new(catalogue);
    let keys = config.state_keys.clone();
    let keys = keys.unwrap_or_else(|| StateKeys::new(rand::random(), &[]));
    let changes = loader.changes.clone();
    let refresher = Refresher {
        plugins,
        router: router.clone(),
        loader,
        reloading,
    };
    Ok(Door::new(router, changes, keys).refreshed_by(refresher.run()))
}

/// Everything that is needed to serve.
struct Host {
    door: Door,
    listening: Listening,
    stdio: bool,
}

/// What is listened on, and what to say about it when the host is ready.
#[derive(Default)]
struct Listening {
    http: Option<Http>,
    unix: Vec<Unix>,
    endpoints: Vec<Endpoint>,
}

impl Listening {
    async fn begin(config: &ServeConfig) -> anyhow::Result<Self> {
        let mut listening = Self::default();
        let allowed = Allowed {
            hosts: config.allowed_hosts.clone(),
            origins: config.allowed_origins.clone(),
        };
        let mut http = Http::new(allowed);
        for place in &config.listen {
            match place {
                Listen::Http(address) => {
                    let bound = http.listen(*address).await;
                    let bound = bound.with_context(|| format!("cannot listen on {address}"))?;
                    listening.serves_http(&Place::Address(bound));
                }
                Listen::HttpUnix(path) => {
                    http.listen_unix(UnixSocket::bind(path).await?);
                    listening.serves_http(&Place::Socket(path.clone()));
                }
                Listen::Unix(path) => {
                    let socket = UnixSocket::bind(path).await?;
                    listening.unix.push(Unix::new(socket));
                    listening.endpoints.push(Endpoint::Unix(path.clone()));
                }
            }
        }
        listening.http = http.is_listening().then_some(http);
        Ok(listening)
    }

    fn serves_http(&mut self, place: &Place) {
        self.endpoints.extend([
            Endpoint::StreamableHttp(place.clone()),
            Endpoint::Sse(place.clone()),
            Endpoint::WebSocket(place.clone()),
        ]);
    }
}

impl Host {
    async fn prepare(
        config: &ServeConfig,
        report: Report,
        hangups: Arc<Notify>,
    ) -> anyhow::Result<Self> {
        let listening = Listening::begin(config).await?;
        Ok(Self {
            door: reloaded_door(config, report, Some(hangups)).await?,
            listening,
            stdio: config.stdio,
        })
    }

    async fn run(self, signals: &mut Signals, report: Report) -> anyhow::Result<Exit> {
        let drain = Drain::new();
        let mut transports = JoinSet::new();
        let Listening {
            http,
            unix,
            endpoints,
        } = self.listening;
        if let Some(http) = http {
            transports.spawn(http.serve(self.door.clone(), drain.clone()));
        }
        for unix in unix {
            transports.spawn(unix.serve(self.door.clone(), drain.clone()));
        }
        for endpoint in &endpoints {
            report.ready(endpoint);
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
