//! What can be wrong with a command line, a configuration file or an environment.
//!
//! A message says what is wrong and quotes what was said, for whoever typed it and
//! may not know this program yet. What to write instead is in [`super::hint`].

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use tracing_subscriber::filter::ParseError;
use wharf_runtime::TargetProblem;

use super::FileError;

/// A mistake in the command line, the configuration file or the environment.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Nothing to serve.
    #[error("there is no plugin to serve")]
    NoPlugin,
    /// Nothing is there.
    #[error("the plugin `{}` does not exist", .path.display())]
    MissingPlugin {
        /// Where nothing is.
        path: PathBuf,
    },
    /// Something is there, or above it, and may not be looked at.
    #[error("the plugin `{}` cannot be read", .path.display())]
    UnreachablePlugin {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file where a folder of sources is needed.
    #[error("`{}` is a file, not the folder of a plugin crate", .path.display())]
    NotACrate {
        /// The file.
        path: PathBuf,
    },
    /// Not an address.
    #[error("`--listen {value}`: {problem}")]
    Listen {
        /// As it was given.
        value: String,
        /// What is wrong with it.
        problem: AddressProblem,
    },
    /// An address that other machines can reach.
    #[error("`{address}` can be reached from other machines, and there is no authentication yet")]
    PublicAddress {
        /// The address.
        address: SocketAddr,
    },
    /// Not a host name.
    #[error("`--allow-host {value}` is not a host name")]
    Host {
        /// As it was given.
        value: String,
    },
    /// Not an origin.
    #[error("`--allow-origin {value}` is not an origin")]
    Origin {
        /// As it was given.
        value: String,
    },
    /// A folder that cannot be granted.
    #[error("`--dir {value}`: {problem}")]
    Dir {
        /// As it was given.
        value: String,
        /// What is wrong with it.
        problem: DirProblem,
    },
    /// Two folders that plugins would see at one path.
    #[error("two folders are granted as `{guest}`")]
    GuestTwice {
        /// The path inside plugins.
        guest: String,
    },
    /// A grant that would protect nothing.
    #[error(
        "`{}` is granted read-only, but lies in `{}`, which plugins may change",
        .inner.display(), .outer.display()
    )]
    ReadOnlyInWritable {
        /// The folder that is granted read-only.
        inner: PathBuf,
        /// The one it is in.
        outer: PathBuf,
    },
    /// A variable or a value that cannot be granted.
    #[error("`{flag} {value}`: {problem}")]
    Env {
        /// The flag.
        flag: &'static str,
        /// As it was given.
        value: String,
        /// What is wrong with it.
        problem: EnvProblem,
    },
    /// Not somebody to be asked over HTTP.
    #[error("`--http {value}`: {problem}")]
    Http {
        /// As it was given.
        value: String,
        /// What is wrong with it.
        problem: TargetProblem,
    },
    /// Nobody who could share a store.
    #[error("`--store={value}`: there is no such scope")]
    Store {
        /// As it was given.
        value: String,
    },
    /// A flag for plugins of the command line, where there is none.
    #[error("`{flag}` is for plugins on the command line, and there is none")]
    ForNobody {
        /// The flag.
        flag: &'static str,
    },
    /// Something to be kept, and no place for it.
    #[error(
        "plugins are granted stores, and there is no folder to keep them in: `HOME` is not set"
    )]
    NoDataDir,
    /// A folder with something in it that decides what plugins may do.
    #[error(
        "the plugin `{plugin}` is granted `{}`, and could {harm} in `{}`",
        .granted.display(), .place.display()
    )]
    Guarded {
        /// Which plugin.
        plugin: String,
        /// The folder that it is granted.
        granted: PathBuf,
        /// What must be out of its reach.
        place: PathBuf,
        /// What it could do there.
        harm: &'static str,
    },
    /// The configuration file cannot be read.
    #[error("the configuration `{}` cannot be read", .path.display())]
    UnreadableFile {
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A mistake in the configuration file.
    #[error(transparent)]
    File(Box<FileError>),
    /// Not a time or a size.
    #[error("`{flag} {value}`: {problem}")]
    Unit {
        /// The flag.
        flag: &'static str,
        /// As it was given.
        value: String,
        /// What is wrong with it.
        problem: UnitProblem,
        /// How it could be written.
        hint: &'static str,
    },
    /// Not a filter for the log.
    #[error("`WHARF_LOG={value}` is not a log filter")]
    LogFilter {
        /// As it was given.
        value: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// Not keys. They are secret, so nothing of them is repeated.
    #[error("`WHARF_STATE_KEYS` does not hold keys")]
    StateKeys,
}

/// What is wrong with an address.
#[derive(Debug, thiserror::Error)]
pub enum AddressProblem {
    /// A name, or nonsense.
    #[error("this is not an IP address and a port")]
    NotAnAddress,
    /// `http://…`
    #[error("this is a URL, not an address")]
    Url,
    /// `/run/…`
    #[error("this is a path, not an address")]
    Path,
    /// `unix:`
    #[error("the path of the socket is missing")]
    NoPath,
    /// An address alone.
    #[error("the port is missing")]
    NoPort,
    /// Not a number up to 65535.
    #[error("this is not a port")]
    NotAPort,
}

/// What is wrong with a folder to be granted.
#[derive(Debug, thiserror::Error)]
pub enum DirProblem {
    /// Only a path inside plugins.
    #[error("the folder to grant is missing")]
    NoHost,
    /// Nothing is there.
    #[error("the folder `{host}` does not exist")]
    Missing {
        /// The path here.
        host: String,
    },
    /// Something is there that may not be looked at.
    #[error("the folder `{host}` cannot be opened: {source}")]
    Unreachable {
        /// The path here.
        host: String,
        /// Why not.
        source: io::Error,
    },
    /// A file or something else.
    #[error("`{host}` is not a folder")]
    NotAFolder {
        /// The path here.
        host: String,
    },
    /// A relative path inside plugins.
    #[error("the path inside plugins, `{guest}`, is not absolute")]
    GuestNotAbsolute {
        /// The path inside plugins.
        guest: String,
    },
    /// A path inside plugins with `..` or the like.
    #[error("the path inside plugins, `{guest}`, has empty parts, `.` or `..` in it")]
    GuestNotPlain {
        /// The path inside plugins.
        guest: String,
    },
    /// A path that a plugin could not read.
    #[error("the path is not valid UTF-8, and plugins cannot have it under that name")]
    NotText,
    /// Neither `ro` nor `rw`.
    #[error("there is no mode `{0}`")]
    Mode(String),
}

/// What is wrong with a variable to be granted.
#[derive(Debug, thiserror::Error)]
pub enum EnvProblem {
    /// Only a value.
    #[error("the name of the variable is missing")]
    NoName,
    /// To be taken from where it is not.
    #[error("`{name}` is not set")]
    NotSet {
        /// The variable.
        name: String,
    },
    /// Bytes that are no text.
    #[error("the value of `{name}` is not valid UTF-8")]
    NotText {
        /// The variable.
        name: String,
    },
    /// Given before.
    #[error("`{name}` is given twice")]
    Twice {
        /// The variable.
        name: String,
    },
}

/// What is wrong with a time or a size.
#[derive(Debug, thiserror::Error)]
pub enum UnitProblem {
    /// It does not begin with a number.
    #[error("this does not begin with a number")]
    NoNumber,
    /// A number alone.
    #[error("the unit is missing")]
    NoUnit,
    /// A unit of something else, or a fraction.
    #[error("`{0}` is not a unit")]
    UnknownUnit(String),
    /// Nothing can be done in no time or space.
    #[error("this must be more than zero")]
    Zero,
    /// Beyond counting.
    #[error("this is too large")]
    TooLarge,
    /// Beyond what WebAssembly can address.
    #[error("a plugin cannot use more than 4GiB")]
    MoreThanMemory,
}
