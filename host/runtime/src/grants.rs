//! What an operator gives to a plugin, made ready for its calls.
//!
//! Nothing is given by default: no folder, no variable, no network, no
//! arguments, no standard input. What is given is opened once, when the plugin is
//! loaded; a call then gets copies of the handles. The operator's folder stays
//! the one that was there at load even if another takes its name.

mod http;
mod reality;
mod sockets;
mod store;
mod value;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::sockets::WasiSocketsCtx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};
use wasmtime_wasi_config::WasiConfigVariables;

use crate::store::{GrantedStore, StoreError, Stores};

pub(crate) use http::is_name;
pub use http::{HttpGrant, HttpTarget, TargetProblem};
pub use reality::{Clock, Randomness};
pub use sockets::{SocketGrant, SocketProblem, SocketTarget};
pub use store::{StoreGrant, StoreScope};
pub use value::Value;

use crate::denial::Denials;
use crate::network;

/// What a plugin may reach. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Folders, with everything below them. Links and `..` that lead out are
    /// refused.
    pub dirs: Vec<DirGrant>,
    /// Environment variables as name and value. The host's own are never passed
    /// on.
    pub env: Vec<(String, Value)>,
    /// Values of `wasi:config`, as key and value.
    pub config: Vec<(String, Value)>,
    /// HTTP requests.
    pub http: Option<HttpGrant>,
    /// Sockets of its own.
    pub sockets: SocketGrant,
    /// A key-value store.
    pub store: Option<StoreGrant>,
    /// What time it is.
    pub clock: Clock,
    /// Where random numbers come from.
    pub random: Randomness,
}

/// A folder that a plugin may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirGrant {
    /// Where it is on the host.
    pub host: PathBuf,
    /// What the plugin calls it, such as `/data`.
    pub guest: String,
    /// Whether the plugin may change what is in it.
    pub writable: bool,
}

/// Why a grant cannot be given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The folder is missing or out of reach.
    #[error("the folder `{}` cannot be opened", .host.display())]
    Folder {
        /// On the host.
        host: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file or something else.
    #[error("`{}` is not a folder", .host.display())]
    NotAFolder {
        /// On the host.
        host: PathBuf,
    },
    /// Two folders under one name, or no name.
    #[error("the folder name `{guest}` inside the plugin is empty or used twice")]
    GuestName {
        /// Inside the plugin.
        guest: String,
    },
    /// There is no place for what the plugin keeps.
    #[error("there is no place for what it keeps")]
    Store(#[from] StoreError),
    /// A name that no environment can hold.
    #[error("`{name}` is not the name of an environment variable")]
    Variable {
        /// The name as it was given.
        name: String,
    },
}

/// Grants with everything opened, to be copied into each call.
#[derive(Clone)]
pub(crate) struct Granted {
    pub(crate) files: WasiFilesystemCtx,
    pub(crate) env: Arc<[(String, String)]>,
    /// Whether there is any folder.
    pub(crate) has_files: bool,
    pub(crate) sockets: WasiSocketsCtx,
    /// Whether there is any address for TCP, and for UDP.
    pub(crate) has_tcp: bool,
    pub(crate) has_udp: bool,
    /// None: no value.
    pub(crate) config: Option<Arc<WasiConfigVariables>>,
    pub(crate) store: Option<GrantedStore>,
    pub(crate) clock: Clock,
    pub(crate) random: Randomness,
}

impl Grants {
    /// All values, secret or not.
    pub(crate) fn values(&self) -> Vec<&Value> {
        let values = self.env.iter().chain(&self.config);
        values.map(|(_, value)| value).collect()
    }

    /// Opens what is granted. Blocks on the file system.
    pub(crate) fn open(
        &self,
        denials: &Arc<Denials>,
        stores: &Stores,
    ) -> Result<Granted, GrantError> {
        let mut builder = WasiCtxBuilder::new();
        for (index, dir) in self.dirs.iter().enumerate() {
            dir.check_name(self.dirs.get(..index).unwrap_or_default())?;
            dir.open(&mut builder)?;
        }
        for (name, _) in &self.env {
            check_variable(name)?;
        }
        network::grant(&self.sockets, denials, &mut builder);
        let mut wasi = builder.build();
        Ok(Granted {
            files: wasi.filesystem().clone(),
            env: self
                .env
                .iter()
                .map(|(name, value)| (name.clone(), value.reveal().to_string()))
                .collect(),
            has_files: !self.dirs.is_empty(),
            sockets: wasi.sockets().clone(),
            has_tcp: !self.sockets.tcp.is_empty(),
            has_udp: !self.sockets.udp.is_empty(),
            config: self.config().map(Arc::new),
            store: self.store.map(|grant| stores.open(grant)).transpose()?,
            clock: self.clock,
            random: self.random,
        })
    }
}

impl Grants {
    fn config(&self) -> Option<WasiConfigVariables> {
        let values = self.config.iter();
        let values = values.map(|(key, value)| (key.clone(), value.reveal().to_string()));
        (!self.config.is_empty()).then(|| values.collect())
    }
}

impl DirGrant {
    fn check_name(&self, earlier: &[Self]) -> Result<(), GrantError> {
        let is_taken = earlier.iter().any(|dir| dir.guest == self.guest);
        if self.guest.is_empty() || is_taken {
            return Err(GrantError::GuestName {
                guest: self.guest.clone(),
            });
        }
        Ok(())
    }

    fn open(&self, builder: &mut WasiCtxBuilder) -> Result<(), GrantError> {
        check_folder(&self.host)?;
        let perms = if self.writable {
            FsPerms::ReadWrite
        } else {
            FsPerms::ReadOnly
        };
        match builder.preopened_dir(&self.host, &self.guest, perms) {
            Ok(_) => Ok(()),
            Err(error) => Err(GrantError::Folder {
                host: self.host.clone(),
                source: error
                    .downcast::<io::Error>()
                    .unwrap_or_else(|error| io::Error::other(format!("{error:#}"))),
            }),
        }
    }
}

fn check_folder(host: &Path) -> Result<(), GrantError> {
    match host.metadata() {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(GrantError::NotAFolder {
            host: host.to_owned(),
        }),
        Err(source) => Err(GrantError::Folder {
            host: host.to_owned(),
            source,
        }),
    }
}

fn check_variable(name: &str) -> Result<(), GrantError> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(GrantError::Variable {
            name: name.to_owned(),
        });
    }
    Ok(())
}
