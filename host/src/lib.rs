#![doc = include_str!("../ARCHITECTURE.md")]

pub mod cli;
pub mod compile;
pub mod config;
pub mod drain;
pub mod inspect;
pub mod logging;
pub mod registry;
pub mod report;
pub mod router;
mod schema;
mod serve;
pub mod session;
pub mod transport;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use cli::Cli;
use config::{Config, Environment, Task};
use report::{Exit, Report};

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
    run(cli, &environment, report).unwrap_or_else(|error| report.error(&error)).into()
}

fn run(cli: Cli, environment: &Environment, report: Report) -> anyhow::Result<Exit> {
    let Config { task, log } = config::from_cli(cli, environment)?;
    let _log = logging::init(log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(perform(task, report));
    runtime.shutdown_timeout(ABANDONED);
    outcome
}

async fn perform(task: Task, report: Report) -> anyhow::Result<Exit> {
    let listener = |progress: &compile::Progress<'_>| report.progress(progress);
    match task {
        Task::Serve(config) => serve::serve(config, report).await,
        Task::Build(config) => {
            let built = compile::build(&config, &listener).await?;
            let paths: String = built.iter().map(|path| format!("{}\n", path.display())).collect();
            report.data(&paths)?;
            Ok(Exit::Success)
        }
        Task::Inspect(config) => {
            let runtime = serve::sandbox(config.cache_dir.clone())?;
            report.data(&inspect::run(&config, &runtime, &listener).await?)?;
            Ok(Exit::Success)
        }
    }
}
