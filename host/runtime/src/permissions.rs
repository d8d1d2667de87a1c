//! What a plugin asks for, and what is left of a grant because of it.
//!
//! A plugin may say what it would like to be granted (`permissions` in `wit/`). It then
//! gets what it asked for and what its operator grants: the intersection of both, so
//! that neither a generous operator nor a greedy plugin decides alone. Asking grants
//! nothing.

use crate::grants::{Grants, HttpGrant, HttpTarget, SocketGrant, SocketTarget, Value};

/// Something that a plugin asks for, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// What.
    pub capability: Capability,
    /// What for, in the plugin's words: one line, at most 200 characters.
    pub reason: String,
    /// Whether it is of little use without it.
    pub required: bool,
}

/// Something outside of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Capability {
    /// Reading files in a folder and below it; the path as the plugin calls it.
    ReadFiles(String),
    /// The same, and changing them.
    ChangeFiles(String),
    /// An environment variable, by its name.
    Environment(String),
    /// A value of `wasi:config`, by its key.
    Config(String),
    /// HTTP requests.
    Http(HttpTarget),
    /// TCP connections.
    Tcp(SocketTarget),
    /// UDP.
    Udp(SocketTarget),
    /// A key-value store.
    KeyValue,
}

impl Permission {
    /// Whether at least a part of it is granted. `grants` is what the operator gives.
    pub fn is_granted_by(&self, grants: &Grants) -> bool {
        let http = || grants.http.iter().flat_map(|http| &http.allow);
        match &self.capability {
            Capability::ReadFiles(path) => grants.dirs.iter().any(|dir| is_below(&dir.guest, path)),
            Capability::ChangeFiles(path) => {
                let mut dirs = grants.dirs.iter();
                dirs.any(|dir| dir.writable && is_below(&dir.guest, path))
            }
            Capability::Environment(name) => has(&grants.env, name),
            Capability::Config(key) => has(&grants.config, key),
            Capability::Http(target) => http().any(|granted| granted.and(target).is_some()),
            Capability::Tcp(target) => granted(&grants.sockets.tcp, target),
            Capability::Udp(target) => granted(&grants.sockets.udp, target),
            Capability::KeyValue => grants.store.is_some(),
        }
    }
}

impl Grants {
    /// What is left of these for a plugin that asks for this much.
    #[must_use]
    pub(crate) fn and(self, asked: &[Permission]) -> Self {
        let asked = Asked(asked);
        let Self {
            mut dirs,
            mut env,
            mut config,
            http,
            sockets,
            store,
            clock,
            random,
        } = self;
        dirs.retain_mut(|dir| {
            dir.writable &= asked.to_change(&dir.guest);
            asked.to_read(&dir.guest)
        });
        env.retain(|(name, _)| {
            asked.any(|it| matches!(it, Capability::Environment(asked) if asked == name))
        });
        config.retain(|(key, _)| {
            asked.any(|it| matches!(it, Capability::Config(asked) if asked == key))
        });
        Self {
            dirs,
            env,
            config,
            http: http.and_then(|http| asked.http(http)),
            sockets: asked.sockets(&sockets),
            store: store.filter(|_| asked.any(|it| matches!(it, Capability::KeyValue))),
            clock,
            random,
        }
    }
}

/// All that a plugin asks for.
struct Asked<'a>(&'a [Permission]);

impl<'a> Asked<'a> {
    fn capabilities(&self) -> impl Iterator<Item = &'a Capability> {
        self.0.iter().map(|permission| &permission.capability)
    }

    fn any(&self, is: impl Fn(&Capability) -> bool) -> bool {
        self.capabilities().any(is)
    }

    fn to_change(&self, folder: &str) -> bool {
        self.any(|it| matches!(it, Capability::ChangeFiles(path) if is_below(folder, path)))
    }

    fn to_read(&self, folder: &str) -> bool {
        self.to_change(folder)
            || self.any(|it| matches!(it, Capability::ReadFiles(path) if is_below(folder, path)))
    }

    fn http(&self, grant: HttpGrant) -> Option<HttpGrant> {
        let asked = || self.capabilities().filter_map(Capability::http);
        let granted = grant.allow.iter();
        let allow: Vec<_> = granted
            .flat_map(|granted| asked().filter_map(|asked| granted.and(asked)))
            .collect();
        (!allow.is_empty()).then_some(HttpGrant { allow, ..grant })
    }

    fn sockets(&self, grant: &SocketGrant) -> SocketGrant {
        let both = |granted: &[SocketTarget], asked: fn(&Capability) -> Option<&SocketTarget>| {
            let pairs = granted.iter().flat_map(|granted| {
                let asked = self.capabilities().filter_map(asked);
                asked.filter_map(|asked| granted.and(asked))
            });
            pairs.collect()
        };
        SocketGrant {
            tcp: both(&grant.tcp, Capability::tcp),
            udp: both(&grant.udp, Capability::udp),
        }
    }
}

impl Capability {
    fn http(&self) -> Option<&HttpTarget> {
        let Self::Http(target) = self else {
            return None;
        };
        Some(target)
    }

    fn tcp(&self) -> Option<&SocketTarget> {
        let Self::Tcp(target) = self else {
            return None;
        };
        Some(target)
    }

    fn udp(&self) -> Option<&SocketTarget> {
        let Self::Udp(target) = self else {
            return None;
        };
        Some(target)
    }
}

/// Whether one path inside a plugin is the other or below it. Neither has `.`, `..` or
/// empty parts.
fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn has(values: &[(String, Value)], name: &str) -> bool {
    values.iter().any(|(granted, _)| granted == name)
}

fn granted(targets: &[SocketTarget], asked: &SocketTarget) -> bool {
    targets.iter().any(|granted| granted.and(asked).is_some())
}

impl std::fmt::Display for Capability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ReadFiles(path) => write!(f, "read files in `{path}`"),
            Self::ChangeFiles(path) => write!(f, "read and change files in `{path}`"),
            Self::Environment(name) => write!(f, "see the environment variable `{name}`"),
            Self::Config(key) => write!(f, "see the configuration value `{key}`"),
            Self::Http(target) => write!(f, "make HTTP requests to `{target}`"),
            Self::Tcp(target) => write!(f, "connect to `{target}` with TCP"),
            Self::Udp(target) => write!(f, "exchange messages with `{target}` by UDP"),
            Self::KeyValue => f.write_str("keep state in a key-value store"),
        }
    }
}

#[cfg(test)]
mod tests;
