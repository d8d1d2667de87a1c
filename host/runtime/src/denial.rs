//! Telling the operator what a plugin was refused, and what would allow it.
//!
//! A guest only sees an error code of its system interface. The operator should
//! not have to guess: the log says which plugin wanted what, and the line that would
//! grant it. It says so once for each plugin, capability and target, because a guest
//! can ask in a loop, and for so many targets, because it can ask for another one
//! each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::console::harmless;
use crate::masks::Masks;

/// Targets of one capability that are told of, for one plugin. More than a plugin has
/// that was forgotten to be granted something; what is left over is a program that
/// looks around.
const TARGETS: usize = 64;

/// Longest target that is shown, in characters: a host name has 253.
const LONGEST: usize = 300;

/// What has been said about one plugin.
#[derive(Debug)]
pub(crate) struct Denials {
    plugin: Arc<str>,
    /// How the plugin is named in a configuration file.
    key: String,
    masks: Arc<Masks>,
    said: Mutex<BTreeMap<&'static str, BTreeSet<String>>>,
}

/// Protocols of sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
}

/// A place that takes HTTP requests, as `scheme://host` or `scheme://host:port`.
pub(crate) type Origin = str;

impl Denials {
    pub(crate) fn new(plugin: &Arc<str>, masks: &Arc<Masks>) -> Arc<Self> {
        Arc::new(Self {
            plugin: Arc::clone(plugin),
            key: key(plugin),
            masks: Arc::clone(masks),
            said: Mutex::default(),
        })
    }

    /// It looked for folders, and none are granted.
    pub(crate) fn files(&self) {
        self.tell("files", "any folder", |key| {
            format!(
                "no folder is granted; `--dir HOST::GUEST` would grant one, or \
                 `{key}.files = [{{ host = \"HOST\", guest = \"GUEST\" }}]`"
            )
        });
    }

    /// It wanted to leave a granted folder.
    pub(crate) fn outside(&self, path: &str) {
        self.tell("files", path, |key| {
            format!(
                "the path leads out of the folder that is granted; `{key}.files` can grant \
                 the folder it leads to"
            )
        });
    }

    /// It wanted to change something in a folder that it may only read.
    pub(crate) fn writing(&self, path: &str) {
        self.tell("files", path, |key| {
            format!(
                "the folder may only be read; `--dir HOST::GUEST:rw` would let the plugin \
                 change it, or `mode = \"rw\"` in `{key}.files`"
            )
        });
    }

    /// It looked for environment variables, and none are granted. Language
    /// runtimes do that by themselves, so this is not worth a warning.
    pub(crate) fn env(&self) {
        self.mention("environment", "any variable", |key| {
            format!(
                "no variable is granted; `--env NAME` would grant one, or \
                 `{key}.env = {{ NAME = \"VALUE\" }}`"
            )
        });
    }

    /// It wanted to send a request to a place that is not granted.
    pub(crate) fn http(&self, origin: &Origin) {
        self.tell("http", origin, |key| {
            format!(
                "requests to this place are not granted; `--http {origin}` would grant them, \
                 or `{key}.http.allow = [\"{origin}\"]`"
            )
        });
    }

    /// It wanted to send a request with a method that is not granted.
    pub(crate) fn method(&self, method: &str, origin: &Origin) {
        self.tell("http", &format!("{method} {origin}"), |key| {
            format!(
                "this method is not granted; `\"{method}\"` in `{key}.http.methods` would \
                 grant it"
            )
        });
    }

    /// It wanted to send a request to something that no grant can mean.
    pub(crate) fn authority(&self, authority: &str) {
        self.tell("http", authority, |_| {
            "this is neither a host name nor an address in its usual spelling, so it cannot \
             be granted"
                .to_owned()
        });
    }

    /// It wanted to send a request to a name that leads to an address which is not
    /// public.
    pub(crate) fn address(&self, origin: &Origin, address: IpAddr, kind: &str) {
        self.tell("http", &format!("{origin} at {address}"), |key| {
            format!(
                "the name is granted, but its address is not public ({kind}); \
                 `{key}.http.addresses = [\"{address}\"]` would grant it"
            )
        });
    }

    /// It wanted a socket, and no address of its kind is granted.
    pub(crate) fn sockets(&self, protocol: Protocol) {
        self.tell("sockets", &format!("any {protocol} socket"), |key| {
            format!(
                "no address is granted; `{key}.sockets.{} = [\"ADDRESS:PORT\"]` would grant one",
                protocol.key()
            )
        });
    }

    /// It wanted to reach an address that is not granted.
    pub(crate) fn socket(&self, protocol: Protocol, address: SocketAddr) {
        self.tell("sockets", &format!("{protocol} to {address}"), |key| {
            format!(
                "the address is not granted; `{key}.sockets.{} = [\"{address}\"]` would grant it",
                protocol.key()
            )
        });
    }

    /// It wanted to use an address of the host for itself.
    pub(crate) fn binding(&self, protocol: Protocol, address: SocketAddr) {
        self.tell("sockets", &format!("{protocol} at {address}"), |_| {
            "plugins never listen, and never choose the port they send from".to_owned()
        });
    }

    /// It wanted to know the addresses of a name.
    pub(crate) fn name(&self, name: &str) {
        self.tell("sockets", &format!("the address of {name}"), |key| {
            format!(
                "names are never looked up for plugins; use wasi:http and \
                 `{key}.http.allow`, or an address and `{key}.sockets.tcp`"
            )
        });
    }

    /// No server can be trusted, because no authority is known that could vouch for it.
    pub(crate) fn authorities(&self, why: &str) {
        self.tell("http", "https", |_| {
            format!(
                "no certificate authority is known to this system, so that no https server can \
                 be trusted ({why}); install the system's certificates (often the package \
                 `ca-certificates`), or set SSL_CERT_FILE or SSL_CERT_DIR"
            )
        });
    }

    /// Says something that is often no more than a look, once.
    fn mention(&self, capability: &'static str, target: &str, why: impl FnOnce(&str) -> String) {
        if let Some(target) = self.first(capability, target) {
            let why = why(&self.key);
            tracing::debug!(
                plugin = %self.plugin,
                capability,
                what = %target,
                "the plugin was refused something: {why}"
            );
        }
    }

    /// Warns of something, once. `why` is given the plugin's key in a configuration
    /// file.
    fn tell(&self, capability: &'static str, target: &str, why: impl FnOnce(&str) -> String) {
        if let Some(target) = self.first(capability, target) {
            let why = why(&self.key);
            let why = self.masks.hide(&why);
            tracing::warn!(
                plugin = %self.plugin,
                capability,
                what = %target,
                "the plugin was refused something: {}",
                harmless(&why)
            );
        }
    }

    /// The target in a form to be shown, if it is to be shown.
    fn first(&self, capability: &'static str, target: &str) -> Option<String> {
        let shown: String = self.masks.hide(target).chars().take(LONGEST).collect();
        let shown = harmless(&shown).into_owned();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let targets = said.entry(capability).or_default();
        if targets.len() > TARGETS || targets.contains(&shown) {
            return None;
        }
        targets.insert(shown.clone());
        let others = targets.len() > TARGETS;
        drop(said);
        if others {
            tracing::warn!(
                plugin = %self.plugin,
                capability,
                "the plugin was refused others as well, which are not listed any more"
            );
        }
        (!others).then_some(shown)
    }
}

/// What the store and the configuration have to say.
impl Denials {
    /// It opened a store, and none is granted.
    pub(crate) fn store(&self) {
        self.tell("store", "any bucket", |key| {
            format!("no store is granted; `--store` would grant one, or `{key}.store = true`")
        });
    }

    /// It opened a store in a call that belongs to no session.
    pub(crate) fn no_session(&self) {
        self.tell("store", "a session's bucket", |key| {
            format!(
                "what it keeps is to be kept for a session, but this client has none; \
                 `--store=principal` would keep it for whoever calls, or \
                 `{key}.store = {{ scope = \"principal\" }}`"
            )
        });
    }

    /// It looked for its configuration, and none is granted.
    pub(crate) fn config(&self) {
        self.mention("config", "any value", |key| {
            format!(
                "no value is granted; `--config-value NAME=VALUE` would grant one, or \
                 `{key}.config = {{ NAME = \"VALUE\" }}`"
            )
        });
    }
}

impl Protocol {
    fn key(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        })
    }
}

/// `plugins.NAME`, quoted where TOML wants it.
fn key(plugin: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !plugin.is_empty() && plugin.chars().all(is_bare) {
        format!("plugins.{plugin}")
    } else {
        format!("plugins.{plugin:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Denials, Masks, TARGETS, key};

    #[test]
    fn each_target_is_told_of_once_and_there_is_an_end() {
        let denials = Denials::new(&"p".into(), &Masks::new(&[]).into());
        for _ in 0..2 {
            let told = (0..1_000)
                .filter(|number| denials.first("http", &number.to_string()).is_some())
                .count();
            assert!(told == TARGETS || told == 0, "{told}");
        }
        assert!(denials.first("files", "another kind").is_some());
    }

    #[test]
    fn keys_are_those_of_toml() {
        assert_eq!(key("my-plugin_2"), "plugins.my-plugin_2");
        assert_eq!(key("my.plugin"), r#"plugins."my.plugin""#);
    }
}
