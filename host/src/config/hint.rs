//! What to do about a mistake in the command line or the configuration.
//!
//! A hint says what to write instead, ready to be copied where that can be known,
//! and repeats nothing of the message. Where there is nothing helpful to say there
//! is no hint.

use std::io::ErrorKind;

use super::{AddressProblem, ConfigError, DirProblem, EnvProblem};

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoPlugin => {
                "name a `.wasm` component or the folder of a plugin crate: `wharf serve plugins/hello`; \
                 or write a `wharf.toml` with `[plugins.hello]` and `source = \"plugins/hello\"` in it"
            }
            Self::MissingPlugin { .. } => {
                "a plugin is a `.wasm` component or the folder of a plugin crate"
            }
            Self::NotACrate { .. } => {
                "`wharf serve` and `wharf inspect` take components as they are"
            }
            Self::PublicAddress { .. } => {
                "listen on 127.0.0.1, or add `--allow-public` if everybody who can reach this \
                 address may call every tool"
            }
            Self::Host { .. } => "give the name alone, without scheme or port: `tools.example.com`",
            Self::Origin { .. } => {
                "give scheme and name, without a path: `https://app.example.com`"
            }
            Self::GuestTwice { .. } => "choose another path for one of them",
            Self::ReadOnlyInWritable { .. } => {
                "move it out of that folder, grant that folder read-only, or grant fewer folders of it"
            }
            Self::LogFilter { .. } => "write it like `warn`, or like `warn,wharf=debug,plugin=off`",
            Self::StateKeys => {
                "a key is 64 hexadecimal digits, as `openssl rand -hex 32` prints them; put commas \
                 between several"
            }
            Self::Unit { hint, .. } => hint,
            Self::Listen { problem, .. } => problem.hint(),
            Self::Dir { value, problem } => return problem.hint(value),
            Self::Env { flag, problem, .. } => return problem.hint(flag),
            Self::Http { .. } => "write it like `https://api.example.com` or `*.example.org`",
            Self::Store { .. } => "write `plugin`, `principal` or `session`",
            Self::ForNobody { .. } => {
                "write what plugins of a configuration file get below them, in `[plugins.NAME]`"
            }
            Self::NoDataDir => {
                "name a folder with `data-dir` or `--data-dir`; \"memory\" keeps nothing"
            }
            Self::Guarded { .. } => {
                "grant a folder beside it or below it, or keep the other elsewhere"
            }
            Self::File(error) => return error.hint.clone(),
            Self::UnreadableFile { source, .. } if source.kind() == ErrorKind::NotFound => {
                "a path on the command line starts from the working folder"
            }
            Self::UnreachablePlugin { .. } | Self::UnreadableFile { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

impl AddressProblem {
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::NotAnAddress | Self::NotAPort => {
                "write it like `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `8080`"
            }
            Self::Path | Self::NoPath => {
                "write `unix:PATH` for messages line by line, or `http+unix:PATH` for HTTP"
            }
            Self::Url => "leave out scheme and path: `127.0.0.1:8080`",
            Self::NoPort => "add one, such as `:8080`; `:0` takes any that is free",
        }
    }
}

impl DirProblem {
    /// What to write instead in a configuration file, where the parts stand by
    /// themselves.
    pub(super) fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::Missing { .. } => {
                "make it first; a path here starts from the folder of this file"
            }
            Self::NotText => "give it a path inside plugins as well: `guest = \"/notes\"`",
            Self::NotAFolder { .. } => "grant the folder it is in",
            Self::NoHost
            | Self::Unreachable { .. }
            | Self::GuestNotAbsolute { .. }
            | Self::GuestNotPlain { .. }
            | Self::Mode(_) => return self.hint(""),
        };
        Some(advice.to_owned())
    }

    fn hint(&self, value: &str) -> Option<String> {
        let hint = match self {
            Self::Missing { host } | Self::NotAFolder { host } => return missing_hint(host, value),
            Self::GuestNotAbsolute { guest } => {
                let guest = guest.trim_start_matches(['.', '/']);
                return Some(format!("begin it with `/`: `/{guest}`"));
            }
            Self::NoHost => "write HOST::GUEST, such as `notes::/notes`",
            Self::GuestNotPlain { .. } => "write it plainly, such as `/notes`",
            Self::NotText => "give the path inside plugins as well: `--dir HOST::GUEST`",
            Self::Mode(_) => "use `:ro` to allow reading, or `:rw` to allow changes too",
            Self::Unreachable { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

impl EnvProblem {
    fn hint(&self, flag: &str) -> Option<String> {
        match self {
            Self::NoName => Some("write NAME=VALUE, or NAME to pass on a variable".to_owned()),
            Self::NotSet { name } => Some(format!(
                "set it where wharf is started, or give a value: `{flag} {name}=VALUE`"
            )),
            Self::NotText { .. } | Self::Twice { .. } => None,
        }
    }
}

/// Guesses what was meant by a path that is not there.
fn missing_hint(host: &str, value: &str) -> Option<String> {
    if host.starts_with('~') {
        return Some("only shells understand `~`; write the path in full".to_owned());
    }
    if let Some((host, guest)) = value.split_once(":/").filter(|_| !value.contains("::")) {
        return Some(format!(
            "separate HOST and GUEST by two colons: `--dir {host}::/{guest}`"
        ));
    }
    if value.contains("::") || !value.contains(':') {
        return None;
    }
    Some("write HOST, HOST::GUEST, HOST:rw or HOST::GUEST:rw".to_owned())
}
