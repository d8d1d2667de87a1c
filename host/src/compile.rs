//! From the folder of a plugin crate to a component, by way of cargo.
//!
//! The crate may be anybody's, anywhere: nothing about its workspace, toolchain or
//! configuration is assumed. Cargo is started in its folder, so that its
//! `rust-toolchain.toml` and `.cargo/config.toml` count, and it finds the result by
//! what cargo reports, not by guessing paths. The profile is called `plugin`;
//! where the workspace of the crate does not define one, ours is passed along.
//!
//! Cargo writes for people on standard error, which it shares with us. It gets
//! neither our standard input nor our standard output: those may be a client.
//! Whoever drops a future of this module kills the cargo that it runs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::{BuildConfig, CompileConfig, PluginPath};

mod cargo;
mod error;
mod toolchain;

pub use error::CompileError;

/// What plugins are compiled for.
const TARGET: &str = "wasm32-wasip2";

/// A component on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFile {
    /// What to call the plugin: the package it is made from, or the name of the
    /// file without its extension.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// What takes so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The standard library for the target is downloaded.
    AddingTarget {
        /// The target.
        target: &'static str,
    },
    /// A crate is compiled, or found to be up to date.
    Compiling {
        /// Its folder.
        folder: &'a Path,
        /// The target.
        target: &'static str,
    },
}

/// Whom to tell what takes so long.
pub type Listener<'a> = &'a (dyn Fn(&Progress<'_>) + Sync);

/// Finds the component of a plugin, compiling it first if it is a crate.
pub async fn component_path(
    plugin: &PluginPath,
    config: &CompileConfig,
    listener: Listener<'_>,
) -> Result<PluginFile, CompileError> {
    match plugin {
        PluginPath::Crate(folder) => compile(folder, config, listener).await,
        PluginPath::File(path) => Ok(PluginFile {
            name: stem(path),
            path: path.clone(),
        }),
    }
}

/// Compiles what `wharf build` is asked to compile. Returns where the components
/// are, in the same order.
pub async fn build(
    config: &BuildConfig,
    listener: Listener<'_>,
) -> Result<Vec<PathBuf>, CompileError> {
    let mut components: Vec<PluginFile> = Vec::with_capacity(config.crates.len());
    for folder in &config.crates {
        let component = compile(folder, &config.compile, listener).await?;
        let is_copied = config.out.is_some();
        if is_copied && components.iter().any(|other| other.name == component.name) {
            return Err(CompileError::SameName {
                name: component.name,
            });
        }
        components.push(component);
    }
    let place = |component: PluginFile| match &config.out {
        Some(out) => copy(&component, out),
        None => Ok(component.path),
    };
    components.into_iter().map(place).collect()
}

async fn compile(
    folder: &Path,
    config: &CompileConfig,
    listener: Listener<'_>,
) -> Result<PluginFile, CompileError> {
    if !folder.join("Cargo.toml").is_file() {
        return Err(CompileError::NoManifest {
            folder: folder.to_owned(),
        });
    }
    // The order matters: rustup may first have to install the folder's toolchain,
    // and shows that; and nothing is added to a toolchain for a crate that turns
    // out not to be a plugin.
    let has_target = toolchain::has_target(folder, config).await?;
    let package = cargo::package(folder, config).await?;
    if !has_target {
        listener(&Progress::AddingTarget { target: TARGET });
        toolchain::add_target(folder, config).await?;
    }
    listener(&Progress::Compiling {
        folder,
        target: TARGET,
    });
    let path = cargo::build(folder, &package, config).await?;
    Ok(PluginFile {
        name: package.name,
        path,
    })
}

fn copy(component: &PluginFile, out: &Path) -> Result<PathBuf, CompileError> {
    let path = out.join(format!("{}.wasm", component.name));
    let copied = fs::create_dir_all(out).and_then(|()| fs::copy(&component.path, &path));
    match copied {
        Ok(_) => Ok(path),
        Err(source) => Err(CompileError::Copy { path, source }),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
