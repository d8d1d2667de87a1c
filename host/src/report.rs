//! How wharf speaks to people, and the only file that prints.
//!
//! Standard output is for data, and belongs to the protocol when standard input
//! and output are served; everything else goes to standard error. An error comes
//! first, its causes indented below it, then after an empty line what to do:
//!
//! ```text
//! error: the plugin `x.wasm` cannot be loaded
//!   caused by: it is not a WebAssembly file
//!
//! hint: …
//! ```
//!
//! Colour is an addition on terminals and never the only bearer of a meaning.
//! What others wrote, such as the names a plugin gives to things, cannot paint on
//! the terminal: control characters are replaced. That a reader goes away
//! (`wharf inspect … | head`) is no error.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Style};

use crate::compile::{CompileError, Progress};
use crate::config::{Colour, ConfigError};
use crate::registry::{CatalogueError, TEMPLATE};
use crate::reload::Reloaded;
use crate::transport::unix::UnixSocketError;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const NEWS: Style = AnsiColor::Green.on_default().bold();

/// Says things in the way this person asked for.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    colour: Colour,
    quiet: bool,
}

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked: 0.
    Success,
    /// What was asked for failed: 1.
    Failure,
    /// It was asked wrongly: 2.
    Usage,
    /// Somebody interrupted it before it was done: 130.
    Interrupted,
}

/// Something that clients can connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// Standard input and output.
    Stdio,
    /// Newline-delimited messages on a Unix socket.
    Unix(PathBuf),
    /// `/mcp`.
    StreamableHttp(Place),
    /// `/sse` with `/messages`.
    Sse(Place),
    /// `/ws`.
    WebSocket(Place),
}

/// Where HTTP is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The address that is really bound.
    Address(SocketAddr),
    /// A Unix socket.
    Socket(PathBuf),
}

impl Report {
    /// Speaks in colour or not. Nothing is left out, see [`Report::quiet`].
    pub fn new(colour: Colour) -> Self {
        Self {
            colour,
            quiet: false,
        }
    }

    /// Leaves out everything but errors and data, if `quiet`.
    #[must_use]
    pub fn quiet(self, quiet: bool) -> Self {
        Self { quiet, ..self }
    }

    /// Says what clap has to say, which may be the help that was asked for.
    pub fn usage(self, error: &clap::Error) -> Exit {
        let text = error.render();
        let on_terminal = if error.use_stderr() {
            in_stderr()
        } else {
            in_stdout()
        };
        let text = if self.colour == Colour::Auto && on_terminal {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        if error.use_stderr() {
            say(&text);
            return Exit::Usage;
        }
        match self.data(&text) {
            Ok(()) => Exit::Success,
            Err(_) => Exit::Failure,
        }
    }

    /// Says what went wrong, why, and what to do.
    pub fn error(self, error: &anyhow::Error) -> Exit {
        let mut text = String::new();
        self.line(&mut text, ERROR, "error:", &error.to_string());
        for cause in causes(error) {
            let cause = harmless(&cause).replace('\n', "\n    ");
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  caused by: {cause}");
        }
        for hint in advice(error) {
            text.push('\n');
            self.line(&mut text, HINT, "hint:", &hint);
        }
        say(&text);
        exit_of(error)
    }

    /// Says that clients can connect.
    pub fn ready(self, endpoint: &Endpoint) {
        let place = match endpoint {
            Endpoint::Stdio => "stdio".to_owned(),
            Endpoint::Unix(path) => format!("unix:{} (line by line)", path.display()),
            Endpoint::StreamableHttp(place) => {
                format!("{} (Streamable HTTP)", place.url("http", "/mcp"))
            }
            Endpoint::Sse(place) => format!("{} (HTTP+SSE)", place.url("http", "/sse")),
            Endpoint::WebSocket(place) => format!("{} (WebSocket)", place.url("ws", "/ws")),
        };
        self.news("ready:", &place);
    }

    /// Says what was read again, and what came of it.
    pub(crate) fn reloaded(self, reloaded: &Reloaded) {
        let mut words = Vec::new();
        for (what, names) in [
            ("added", &reloaded.added),
            ("changed", &reloaded.changed),
            ("removed", &reloaded.removed),
        ] {
            if !names.is_empty() {
                words.push(format!("{what} {}", names.join(", ")));
            }
        }
        if words.is_empty() {
            words.push("no plugin has changed".to_owned());
        }
        self.news("reloaded:", &words.join("; "));
    }

    /// Says which configuration counts.
    pub fn using(self, file: &Path) {
        self.news("using", &file.display().to_string());
    }

    /// Says what takes so long.
    pub fn progress(self, progress: &Progress<'_>) {
        match progress {
            Progress::AddingTarget { target } => {
                self.news("adding", &format!("the Rust target {target}, with rustup"));
            }
            Progress::Compiling { folder, target } => {
                self.news("compiling", &format!("{} for {target}", folder.display()));
            }
        }
    }

    /// Writes what was asked for to standard output. Nobody reading it any more is
    /// no error.
    pub fn data(self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
        {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn news(self, label: &str, text: &str) {
        if !self.quiet {
            let mut line = String::new();
            self.line(&mut line, NEWS, label, text);
            say(&line);
        }
    }

    fn line(self, out: &mut String, style: Style, label: &str, text: &str) {
        let text = harmless(text);
        // Writing to a string cannot fail.
        let _ = if self.colour == Colour::Auto && in_stderr() {
            writeln!(out, "{style}{label}{style:#} {text}")
        } else {
            writeln!(out, "{label} {text}")
        };
    }
}

impl Place {
    /// In the notation that some clients know for sockets: `http+unix:/a.sock:/mcp`.
    fn url(&self, scheme: &str, path: &str) -> String {
        match self {
            Self::Address(address) => format!("{scheme}://{address}{path}"),
            Self::Socket(socket) => format!("{scheme}+unix:{}:{path}", socket.display()),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Failure => Self::from(1),
            Exit::Usage => Self::from(2),
            Exit::Interrupted => Self::from(130),
        }
    }
}

/// In one write, so that lines of others do not come in between. If nobody can be
/// told, nobody can be told that either.
fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn in_stderr() -> bool {
    io::stderr().is_terminal()
}

fn in_stdout() -> bool {
    io::stdout().is_terminal()
}

/// The links of the chain below the first. Some types of error repeat the message
/// of their cause; people need it once.
fn causes(error: &anyhow::Error) -> Vec<String> {
    let mut said = error.to_string();
    let mut causes = Vec::new();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.ends_with(&cause) {
            causes.push(cause.clone());
        }
        said = cause;
    }
    causes
}

/// What the links of the chain advise, each advice once.
pub(crate) fn advice(error: &anyhow::Error) -> Vec<String> {
    let mut hints: Vec<String> = error.chain().filter_map(hint).collect();
    hints.dedup();
    hints
}

/// The closed list of errors that come with advice.
fn hint(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<ConfigError>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<CompileError>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<CatalogueError>() {
        return hint_about_names(error);
    }
    if let Some(error) = error.downcast_ref::<UnixSocketError>() {
        return hint_about_socket(error);
    }
    let error = error.downcast_ref::<io::Error>()?;
    (error.kind() == ErrorKind::AddrInUse)
        .then(|| "another program listens there; choose another port with `--listen`".to_owned())
}

fn hint_about_names(error: &CatalogueError) -> Option<String> {
    match error {
        // A prefix does nothing for what has a URI.
        CatalogueError::Collision { kind, .. } if *kind == TEMPLATE => {
            Some("serve them in two processes".to_owned())
        }
        CatalogueError::Collision { second, .. } => Some(format!(
            "set `prefix` for one of them, in `wharf.toml`: `prefix = \"{second}_\"` below \
             `[plugins.{second}]`"
        )),
        CatalogueError::Prefix { .. } => Some("choose a shorter `prefix`".to_owned()),
        CatalogueError::Schema { .. }
        | CatalogueError::Mirror { .. }
        | CatalogueError::Template { .. } => None,
    }
}

fn hint_about_socket(error: &UnixSocketError) -> Option<String> {
    let hint = match error {
        UnixSocketError::NotASocket { .. } => "it is left alone; choose another path",
        UnixSocketError::InUse { .. } => "end that program, or choose another path",
        UnixSocketError::Locked { .. } => "wait until it has finished, or choose another folder",
        UnixSocketError::Io { source, .. } if source.kind() == ErrorKind::NotFound => {
            "make the folder of the socket first"
        }
        UnixSocketError::Io { source, .. } if source.kind() == ErrorKind::InvalidInput => {
            "choose a shorter path: sockets have at most 107 bytes"
        }
        UnixSocketError::Io { .. } => return None,
    };
    Some(hint.to_owned())
}

fn exit_of(error: &anyhow::Error) -> Exit {
    if error.chain().any(<dyn Error>::is::<ConfigError>) {
        Exit::Usage
    } else {
        Exit::Failure
    }
}

/// The text without what terminals obey, except for line breaks and tabs.
fn harmless(text: &str) -> String {
    text.replace(
        |c: char| c.is_control() && !matches!(c, '\n' | '\t'),
        "\u{fffd}",
    )
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::{Exit, advice, causes, exit_of, harmless};
    use crate::config::ConfigError;

    #[test]
    fn a_mistake_in_usage_is_found_below_its_contexts() {
        let error = anyhow::Error::new(ConfigError::NoPlugin).context("cannot start");
        assert_eq!(exit_of(&error), Exit::Usage);
        assert_eq!(advice(&error).len(), 1);
        assert_eq!(exit_of(&anyhow!("other")), Exit::Failure);
    }

    #[test]
    fn causes_are_said_once() {
        let error = anyhow!("c").context("b: c").context("a");
        assert_eq!(causes(&error), ["b: c"]);
    }

    #[test]
    fn terminals_are_told_nothing() {
        assert_eq!(
            harmless("a\u{1b}[2J\r\nb\tc\u{9b}"),
            "a\u{fffd}[2J\u{fffd}\nb\tc\u{fffd}"
        );
    }
}
