//! From what was said to what is meant: flags and environment become types that
//! need no further checking.
//!
//! Every default is decided here or in the runtime's limits and grants, and this is the
//! only file that reads the environment. It reads it once, all of it, into an [`Environment`];
//! what follows is a function of that and of the command line, and of which paths
//! exist. The variables that matter:
//!
//! | variable | meaning |
//! | --- | --- |
//! | `WHARF_LOG` | which log events are written, such as `warn,wharf=debug` |
//! | `WHARF_STATE_KEYS` | what seals the state that clients keep for plugins |
//! | `NO_COLOR` | not empty: no colours. `TERM=dumb` does the same |
//! | `XDG_CACHE_HOME`, `XDG_DATA_HOME`, `HOME` | where the cache and the data are, unless flags or the file say; what `~` in the file is |
//! | those named by `--env NAME`, `--config-value NAME` and in the file | passed on to plugins |
//! | what cargo and rustup leave behind | kept from the cargo that compiles a plugin |
//!
//! A flag wins over the configuration file, that over a variable, a variable over a
//! default. Mistakes are [`ConfigError`]s, found before anything is started or compiled.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tracing_subscriber::filter::Targets;
use wharf_mcp::StateKeys;

use crate::cli::{BuildArgs, Cli, Command, InspectArgs, ServeArgs};

mod address;
mod error;
mod file;
mod grants;
mod hint;
mod near;
mod plugin;
mod serve;
mod units;
mod variables;

pub use error::{AddressProblem, ConfigError, DirProblem, EnvProblem, UnitProblem};
pub use file::{FileError, keys as file_keys};
pub use plugin::{Origin, Origins, PluginConfig, PluginPath};

/// What to do, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What to do.
    pub task: Task,
    /// What to log.
    pub log: LogConfig,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Serve plugins.
    Serve(Box<ServeConfig>),
    /// Say what would be served.
    Check(Box<CheckConfig>),
    /// Compile plugin crates.
    Build(BuildConfig),
    /// Look at a plugin.
    Inspect(InspectConfig),
}

/// What to serve, where, and with what allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct ServeConfig {
    /// What to serve. Never empty; every path exists.
    pub plugins: Vec<PluginConfig>,
    /// The configuration file that was read.
    pub file: Option<PathBuf>,
    /// Whether to serve standard input and output.
    pub stdio: bool,
    /// Where else to serve. Empty only if `stdio` is set.
    pub listen: Vec<Listen>,
    /// What seals the state that clients keep for plugins; none: a new random key,
    /// good for as long as this process.
    pub state_keys: Option<StateKeys>,
    /// Host names that HTTP requests may be for, besides loopback names: lower
    /// case, no port, IPv6 addresses in brackets.
    pub allowed_hosts: Vec<String>,
    /// Origins that HTTP requests may come from, besides loopback ones: lower case,
    /// as browsers write them.
    pub allowed_origins: Vec<String>,
    /// Calls of all plugins together that may run at the same time.
    pub instances: u32,
    /// Bytes of stack that each of them has.
    pub stack: usize,
    /// Where the data of plugins is kept.
    pub data: DataDir,
    /// Where compiled code is kept. None: nowhere.
    pub cache_dir: Option<PathBuf>,
    /// Whether plugins and the configuration file are looked at again while serving.
    pub watch: bool,
    /// How plugin crates are compiled.
    pub compile: CompileConfig,
    /// What all of this follows from.
    said: serve::Said,
}

/// What to look at as if it were to be served.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckConfig {
    /// What would be served.
    pub serve: ServeConfig,
    /// Whether to print JSON.
    pub json: bool,
}

/// Where the data of plugins is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataDir {
    /// In memory, as long as this process.
    Memory,
    /// In this folder, which need not exist yet.
    Folder(PathBuf),
}

/// What is written for [`DataDir::Memory`].
const IN_MEMORY: &str = "memory";

/// Where to serve, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// HTTP at this address.
    Http(SocketAddr),
    /// HTTP on a Unix socket at this path.
    HttpUnix(PathBuf),
    /// Newline-delimited messages on a Unix socket at this path.
    Unix(PathBuf),
}

/// What to compile, and where to put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildConfig {
    /// Folders of plugin crates, never empty.
    pub crates: Vec<PathBuf>,
    /// Where the components are copied to. None: they stay where cargo puts them.
    pub out: Option<PathBuf>,
    /// How plugin crates are compiled.
    pub compile: CompileConfig,
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectConfig {
    /// The plugin.
    pub plugin: PluginPath,
    /// Whether to print JSON.
    pub json: bool,
    /// Where compiled code is kept. None: nowhere.
    pub cache_dir: Option<PathBuf>,
    /// How plugin crates are compiled.
    pub compile: CompileConfig,
}

/// How plugin crates are compiled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompileConfig {
    /// Environment variables that cargo must not see.
    pub forget: Vec<OsString>,
    /// Whether cargo should print errors only.
    pub quiet: bool,
}

/// What to log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogConfig {
    /// Which events.
    pub filter: Targets,
    /// Whether in colour.
    pub colour: Colour,
}

/// Whether to write in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// If it is read on a terminal.
    Auto,
    /// In no case.
    Never,
}

/// The environment variables of this process, as they were when it was read. Nothing of
/// them is shown, since there may be secrets among them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<OsString, OsString>);

/// What the command line means in this environment.
pub fn from_cli(cli: Cli, environment: &Environment) -> Result<Config, ConfigError> {
    let log = LogConfig {
        filter: variables::log_filter(cli.verbosity, environment)?,
        colour: variables::colour(environment),
    };
    let compile = CompileConfig {
        forget: variables::forgotten(environment),
        quiet: cli.verbosity.quiet,
    };
    let task = match cli.command {
        Command::Serve(args) => Task::Serve(Box::new(serve(args, environment, compile)?)),
        Command::Check(args) => Task::Check(Box::new(CheckConfig {
            serve: serve(args.serve, environment, compile)?,
            json: args.json,
        })),
        Command::Build(args) => Task::Build(build(args, compile)?),
        Command::Inspect(args) => Task::Inspect(inspect(&args, environment, compile)?),
    };
    Ok(Config { task, log })
}

impl Environment {
    /// Reads it.
    pub fn read() -> Self {
        env::vars_os().collect()
    }

    /// Whether output may be in colour. Not only in [`LogConfig`], because it is
    /// needed to say what is wrong with the command line.
    pub fn colour(&self) -> Colour {
        variables::colour(self)
    }

    fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.0.keys().map(OsString::as_os_str)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter();
        Self(
            variables
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

fn serve(
    args: ServeArgs,
    environment: &Environment,
    compile: CompileConfig,
) -> Result<ServeConfig, ConfigError> {
    serve::configuration(serve::Said {
        args,
        environment: environment.clone(),
        compile,
    })
}

impl ServeConfig {
    /// The configuration file, if nobody has named it.
    pub fn found_file(&self) -> Option<&Path> {
        let is_named = self.said.args.config.is_some();
        self.file.as_deref().filter(|_| !is_named)
    }

    /// What the same command line means now that files may have changed. The
    /// environment is as it was.
    ///
    /// # Errors
    /// As at the start.
    pub fn again(&self) -> Result<Self, ConfigError> {
        serve::configuration(self.said.clone())
    }
}

fn build(args: BuildArgs, compile: CompileConfig) -> Result<BuildConfig, ConfigError> {
    let crate_path = |path: &PathBuf| match PluginPath::find(path)? {
        PluginPath::Crate(path) => Ok(path),
        PluginPath::File(path) => Err(ConfigError::NotACrate { path }),
    };
    Ok(BuildConfig {
        crates: args
            .plugins
            .iter()
            .map(crate_path)
            .collect::<Result<_, _>>()?,
        out: args.out,
        compile,
    })
}

fn inspect(
    args: &InspectArgs,
    environment: &Environment,
    compile: CompileConfig,
) -> Result<InspectConfig, ConfigError> {
    Ok(InspectConfig {
        plugin: PluginPath::find(&args.plugin)?,
        json: args.json,
        cache_dir: variables::cache_dir(environment),
        compile,
    })
}

#[cfg(test)]
mod tests;
