//! What to do about a mistake in the command line.
//!
//! A hint says what to write instead, ready to be copied where that can be known,
//! and repeats nothing of the message. Where there is nothing helpful to say there
//! is no hint.

use super::{AddressProblem, ConfigError, DirProblem, EnvProblem};

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoPlugin => {
                "name a `.wasm` component or the folder of a plugin crate: `wharf serve plugins/hello`"
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
            Self::GuestTwice { .. } => "choose another path for one of them: `--dir HOST::GUEST`",
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
            Self::Env { problem, .. } => return problem.hint(),
            Self::UnreachablePlugin { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

impl AddressProblem {
    fn hint(&self) -> &'static str {
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
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoName => Some("write NAME=VALUE, or NAME to pass on a variable".to_owned()),
            Self::NotSet { name } => Some(format!(
                "set it where wharf is started, or give a value: `--env {name}=VALUE`"
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
