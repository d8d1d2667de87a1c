//! A transport of one's own: plain TCP, with newline-delimited messages.
//!
//! It uses nothing but what the library `wharf` offers to everybody:
//!
//! ```sh
//! wharf build plugins/hello --out dist
//! cargo run -p wharf --example tcp -- 127.0.0.1:7000 dist/hello.wasm
//! nc 127.0.0.1 7000
//! ```
//!
//! There is no authentication, and every program on this machine can connect. For
//! one's own programs a Unix socket is better (`wharf serve --listen unix:PATH`).

use std::env;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use wharf::cli::Cli;
use wharf::config::{self, Environment, Task};
use wharf::drain::{Drain, Signals};
use wharf::report::Report;
use wharf::session::Door;
use wharf::transport::{Transport, stream};

/// How many clients are served at once. The next ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 256;

/// Messages line by line over TCP. Each connection is a session of its own.
#[derive(Debug)]
pub(crate) struct Tcp {
    listener: TcpListener,
}

impl Tcp {
    /// Takes the address, which may have the port 0 for any that is free.
    ///
    /// # Errors
    /// When the system refuses, as it does if the port is in use.
    pub(crate) async fn bind(address: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self { listener })
    }

    /// The address that was taken.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Transport for Tcp {
    async fn serve(self, door: Door, drain: Drain) -> io::Result<()> {
        // Owned by this future: dropping it ends all connections.
        let mut connections = JoinSet::new();
        loop {
            let full = connections.len() >= MAX_CONNECTIONS;
            tokio::select! {
                () = drain.begun() => break,
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept(), if !full => match accepted {
                    Ok((client, _)) => {
                        connections.spawn(connection(client, door.clone(), drain.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
            }
        }
        // Nothing new; what was begun is finished.
        drop(self.listener);
        drain
            .within_grace(async { while connections.join_next().await.is_some() {} })
            .await;
        Ok(())
    }
}

/// Serves one client. Nobody is known by their address, so it speaks for nobody.
async fn connection(mut client: TcpStream, door: Door, drain: Drain) {
    let (reader, writer) = client.split();
    let served = stream::serve(reader, writer, Arc::default(), &door, &drain).await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// A door to plugins, which are given as to `wharf serve`, with its flags.
///
/// # Errors
/// When the words make no sense, or a plugin cannot be loaded.
pub(crate) async fn door(plugins: impl IntoIterator<Item = String>) -> anyhow::Result<Door> {
    let environment = Environment::read();
    let words = ["wharf", "serve"].map(str::to_owned);
    let cli = Cli::try_parse_from(words.into_iter().chain(plugins))?;
    match config::from_cli(cli, &environment)?.task {
        Task::Serve(config) => wharf::door(&config, Report::new(environment.colour())).await,
        Task::Check(_) | Task::Build(_) | Task::Inspect(_) => {
            anyhow::bail!("there is nothing to serve")
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut words = env::args().skip(1);
    let address = words.next().context("usage: tcp ADDRESS PLUGIN...")?;
    let mut signals = Signals::listen()?;
    let tcp = Tcp::bind(&address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    let address = tcp.address()?;
    let door = door(words).await?;
    say(&format!("ready: tcp:{address} (line by line)"));
    let drain = Drain::new();
    let serving = tcp.serve(door, drain.clone());
    let ending = async {
        signals.next().await;
        drain.begin();
    };
    let (served, ()) = tokio::join!(serving, ending);
    Ok(served?)
}

#[allow(clippy::print_stderr, reason = "standard error is for people")]
fn say(text: &str) {
    eprintln!("{text}");
}
