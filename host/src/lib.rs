#![doc = include_str!("../ARCHITECTURE.md")]

mod call;
pub mod changes;
mod check;
pub mod cli;
pub mod compile;
pub mod config;
pub mod drain;
pub mod inspect;
mod load;
pub mod logging;
mod refresh;
pub mod registry;
mod reload;
pub mod report;
pub mod router;
mod schema;
mod serve;
pub mod session;
pub mod transport;
mod watch;

pub use serve::door;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use cli::Cli;
use config::{BuildConfig, CheckConfig, Config, Environment, InspectConfig, Task};
use drain::Signals;
use report::{Exit, Report};
use wharf_runtime::{Runtime, RuntimeConfig};

/// How long blocking work that nobody waits for any more may hold up the end of
/// the process.
const ABANDONED: Duration = Duration::from_millis(100);

/// The program: reads the command line and the environment, does what they say,
/// and tells how it went.
pub fn main() -> ExitCode {
    let environment = Environment::read();
    let report = Report::new(environment.colour());
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return report.usage(&error).into(),
    };
    let report = report.quiet(cli.verbosity.quiet);
    run(cli, &environment, report)
        .unwrap_or_else(|error| report.error(&error))
        .into()
}

fn run(cli: Cli, environment: &Environment, report: Report) -> anyhow::Result<Exit> {
    let Config { task, log } = config::from_cli(cli, environment)?;
    let _log = logging::init(log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(perform(task, report));
    runtime.shutdown_timeout(ABANDONED);
    outcome
}

async fn perform(task: Task, report: Report) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen().context("signals cannot be listened to")?;
    match task {
        Task::Serve(config) => serve::serve(&config, &mut signals, report).await,
        Task::Check(config) => checked(&config, &mut signals, report).await,
        Task::Build(config) => tell(built(&config, report), &mut signals, report).await,
        Task::Inspect(config) => tell(inspected(&config, report), &mut signals, report).await,
    }
}

/// Prints what comes out, unless somebody interrupts it. What is dropped then ends
/// what it has started, such as a compiler.
async fn tell(
    text: impl Future<Output = anyhow::Result<String>>,
    signals: &mut Signals,
    report: Report,
) -> anyhow::Result<Exit> {
    tokio::select! {
        text = text => {
            report.data(&text?)?;
            Ok(Exit::Success)
        }
        _ = signals.next() => Ok(Exit::Interrupted),
    }
}

/// Where the components are, a line each.
async fn built(config: &BuildConfig, report: Report) -> anyhow::Result<String> {
    let mut lines = String::new();
    for path in compile::build(config, &|progress| report.progress(progress)).await? {
        lines.push_str(&path.display().to_string());
        lines.push('\n');
    }
    Ok(lines)
}

/// Prints what was found, and what is wrong with it.
async fn checked(
    config: &CheckConfig,
    signals: &mut Signals,
    report: Report,
) -> anyhow::Result<Exit> {
    let outcome = tokio::select! {
        outcome = check::run(config, report) => outcome?,
        _ = signals.next() => return Ok(Exit::Interrupted),
    };
    report.data(&outcome.text)?;
    match outcome.problem {
        Some(problem) => Err(problem),
        None => Ok(Exit::Success),
    }
}

async fn inspected(config: &InspectConfig, report: Report) -> anyhow::Result<String> {
    let runtime = Runtime::new(&RuntimeConfig {
        cache_dir: config.cache_dir.clone(),
        ..RuntimeConfig::default()
    })?;
    Ok(inspect::run(config, &runtime, &|progress| report.progress(progress)).await?)
}
