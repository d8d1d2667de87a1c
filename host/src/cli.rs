//! What can be said on the command line: definitions, no behaviour.
//!
//! Values stay text here. [`crate::config`] gives them a meaning, so that every
//! mistake in one of them is explained in the same voice and with a hint; only
//! what clap notices by itself (an unknown flag, a missing value) is worded by
//! clap. A default that is written here is a default in the help text, and a test
//! in `config` holds it equal to the one in the code.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

/// Serve Model Context Protocol tools from sandboxed WebAssembly plugins.
///
/// A plugin reaches nothing that is not granted to it: no file, no environment
/// variable, no network. Every call runs in an instance of its own, with a
/// deadline and a memory limit.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(
    name = "wharf",
    version,
    after_help = EXAMPLES,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How much to say.
    #[command(flatten)]
    pub verbosity: Verbosity,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Serve plugins to clients, over standard input and output, HTTP or Unix sockets.
    Serve(ServeArgs),
    /// Say what `serve` would serve, what each plugin would be granted, and what is wrong.
    Check(CheckArgs),
    /// Compile plugin crates to WebAssembly components.
    Build(BuildArgs),
    /// Show what a plugin offers, what it imports, and what it would need granted.
    Inspect(InspectArgs),
}

/// How much to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct Verbosity {
    /// Say more in the log; `-vv` says even more
    ///
    /// The log goes to standard error. By default it has warnings and what plugins
    /// print. The environment variable `WHARF_LOG` chooses more finely, such as
    /// `WHARF_LOG=warn,wharf=debug,plugin=off`; these flags override it.
    #[arg(short, long, action = ArgAction::Count, global = true, help_heading = "Output")]
    pub verbose: u8,
    /// Print errors only: no progress, no ready lines, no warnings
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub quiet: bool,
}

/// What to serve, where, and with what allowed.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = SERVE_EXAMPLES)]
pub struct ServeArgs {
    /// Plugins: `.wasm` components, or folders of plugin crates
    ///
    /// A crate is compiled to wasm32-wasip2 first. Any number of plugins can be
    /// served together. Without any, `wharf.toml` in the working folder says what to
    /// serve.
    #[arg(value_name = "PATH")]
    pub plugins: Vec<PathBuf>,
    /// Read a configuration file: plugins with grants and limits of their own, endpoints
    ///
    /// See docs/configuration.md. Flags for endpoints, limits and folders of the host
    /// win over the file; flags for grants are for plugins on the command line only.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Do not look for changed plugins and configuration while serving
    ///
    /// SIGHUP still has them read again.
    #[arg(long)]
    pub no_watch: bool,

    /// Serve one client over standard input and output
    #[arg(long, help_heading = "Endpoints")]
    pub stdio: bool,
    /// Serve at this address; repeatable [default: 127.0.0.1:8080, unless --stdio is given]
    ///
    /// An IP address and a port serve HTTP: `/mcp` (Streamable HTTP), `/sse` with
    /// `/messages` (HTTP+SSE), `/ws` (WebSocket) and `/healthz`. `localhost:PORT`,
    /// `:PORT` and PORT alone mean 127.0.0.1. Port 0 takes any free port; the ready
    /// lines say which. `http+unix:PATH` serves the same on a Unix socket, and
    /// `unix:PATH` serves messages line by line, as on standard input and output.
    /// Only the user who runs wharf can connect to its sockets. Can be combined with
    /// --stdio.
    #[arg(long, value_name = "ADDR", help_heading = "Endpoints")]
    pub listen: Vec<String>,
    /// Allow an ADDR that other machines can reach
    ///
    /// There is no authentication yet: whoever reaches the address can call every
    /// tool.
    #[arg(long, help_heading = "Endpoints")]
    pub allow_public: bool,
    /// Accept HTTP requests for this host name, besides loopback names; repeatable
    ///
    /// NAME is what clients have in their URL, such as `tools.example.com`. Other
    /// names are refused, so that a web page cannot reach the server by having its
    /// own name point to it.
    #[arg(long, value_name = "NAME", help_heading = "Endpoints")]
    pub allow_host: Vec<String>,
    /// Accept HTTP requests from web pages of this origin; repeatable
    ///
    /// Such as `https://app.example.com`. Pages of loopback origins are always
    /// accepted, others refused. Programs that are not browsers send no origin and
    /// are not concerned.
    #[arg(long, value_name = "ORIGIN", help_heading = "Endpoints")]
    pub allow_origin: Vec<String>,

    /// Let plugins read a folder, as `HOST[::GUEST][:ro|:rw]`; repeatable
    ///
    /// HOST is the folder here, GUEST the absolute path plugins see it at, by
    /// default the same. Read-only, unless `:rw` allows changes too. Given to every
    /// plugin on the command line.
    #[arg(long, value_name = "HOST::GUEST", help_heading = "Grants")]
    pub dir: Vec<String>,
    /// Give plugins an environment variable, as `NAME=VALUE` or `NAME`; repeatable
    ///
    /// NAME alone passes on the host's value. Given to every plugin on the command
    /// line.
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = "Grants")]
    pub env: Vec<String>,
    /// Give plugins a value of `wasi:config`, as `NAME=VALUE` or `NAME`; repeatable
    ///
    /// NAME alone takes the host's environment variable of that name. Given to every
    /// plugin on the command line.
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = "Grants")]
    pub config_value: Vec<String>,
    /// Let plugins make HTTP requests to `[http://|https://]HOST[:PORT]`; repeatable
    ///
    /// HOST may be `*.example.org`, for everything below that name. Without a scheme it
    /// is `https`. Given to every plugin on the command line.
    #[arg(long, value_name = "HOST", help_heading = "Grants")]
    pub http: Vec<String>,
    /// Give plugins a key-value store
    ///
    /// SCOPE says who shares what is in it: all callers of a `plugin`, each `principal`
    /// for itself (the default), or each `session`. Plugins never share one. Given to
    /// every plugin on the command line.
    #[arg(
        long,
        value_name = "SCOPE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "principal",
        help_heading = "Grants"
    )]
    pub store: Option<String>,
    /// Serve the exported functions of components that were not made for wharf as tools
    #[arg(long, help_heading = "Grants")]
    pub functions: bool,

    /// How long a call may take, in `ms`, `s`, `m` or `h` [default: 30s]
    ///
    /// This and the other limits are for every plugin that has none of its own in the
    /// configuration file.
    #[arg(long, value_name = "TIME", help_heading = "Limits")]
    pub timeout: Option<String>,
    /// How long a call may take that runs as a task [default: 10m]
    #[arg(long, value_name = "TIME", help_heading = "Limits")]
    pub task_timeout: Option<String>,
    /// How much memory a call may use, in `KiB`, `MiB` or `GiB` [default: 64MiB]
    #[arg(long, value_name = "SIZE", help_heading = "Limits")]
    pub memory: Option<String>,

    /// Keep plugins' stores in this folder [default: `$XDG_DATA_HOME/wharf` or `~/.local/share/wharf`]
    ///
    /// `memory` keeps nothing beyond the end of this process.
    #[arg(long, value_name = "DIR", help_heading = "Data")]
    pub data_dir: Option<PathBuf>,

    /// Keep compiled code in this folder [default: `$XDG_CACHE_HOME/wharf` or `~/.cache/wharf`]
    #[arg(long, value_name = "DIR", help_heading = "Cache")]
    pub cache_dir: Option<PathBuf>,
    /// Compile plugins to machine code at every start
    #[arg(long, conflicts_with = "cache_dir", help_heading = "Cache")]
    pub no_cache: bool,
}

/// What would be served.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// As for `wharf serve`.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What to compile.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = BUILD_EXAMPLES)]
pub struct BuildArgs {
    /// Folders of plugin crates
    ///
    /// The paths of the components are printed, one a line.
    #[arg(value_name = "PATH", required = true)]
    pub plugins: Vec<PathBuf>,
    /// Copy the components into this folder, named after their packages
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub struct InspectArgs {
    /// A `.wasm` component, or the folder of a plugin crate, compiled first
    ///
    /// Nothing is granted to it while it is looked at.
    #[arg(value_name = "PLUGIN")]
    pub plugin: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

const EXAMPLES: &str = "\
Examples:
  wharf serve plugins/filesystem --dir ~/notes
  wharf check --config wharf.toml
  wharf build plugins/filesystem --out dist
  wharf inspect dist/filesystem.wasm

`wharf COMMAND --help` says more about a command.";

const SERVE_EXAMPLES: &str = "\
Examples:
  Serve a plugin crate at http://127.0.0.1:8080, with a folder to read:
    wharf serve plugins/filesystem --dir ~/notes

  Let it change that folder, which it sees as /notes:
    wharf serve plugins/filesystem --dir ~/notes::/notes:rw

  Serve two components to the program that starts this one, with a key:
    wharf serve --stdio weather.wasm hello.wasm --env WEATHER_KEY

  Serve a component over HTTP and, line by line, on a Unix socket:
    wharf serve --listen 8080 --listen unix:/run/user/1000/mcp.sock hello.wasm

  Serve what a configuration file says:
    wharf serve --config /etc/wharf/wharf.toml";

const CHECK_EXAMPLES: &str = "\
Examples:
  wharf check
  wharf check --config /etc/wharf/wharf.toml --json
  wharf check plugins/filesystem --dir ~/notes

Exit status: 0 if `wharf serve` would start, 1 if a plugin could not be served, 2 if the
configuration is wrong.";

const BUILD_EXAMPLES: &str = "\
Examples:
  wharf build plugins/filesystem
  wharf build plugins/* --out dist";

const INSPECT_EXAMPLES: &str = "\
Examples:
  wharf inspect plugins/filesystem
  wharf inspect filesystem.wasm --json";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn definitions_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
