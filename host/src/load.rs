//! From what is configured to plugins that can be called, and to the catalogue of what
//! they offer.
//!
//! The same code loads everything at the start and again later. What has not changed by
//! then, neither its component nor what it is given, stays as it is: compiled code,
//! running calls, limits that count.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use wharf_mcp::model::Change;
use wharf_runtime::{ChangeSink, Plugin, PluginSource, Runtime, RuntimeConfig};

use crate::changes::Changes;
use crate::compile::{self, PluginFile};
use crate::config::{DataDir, PluginConfig, PluginPath, ServeConfig};
use crate::refresh::Told;
use crate::registry::{Catalogue, CatalogueBuilder, CatalogueError};
use crate::report::Report;

/// What to say where plugins are wrong for each other, or for clients.
pub(crate) const TOGETHER: &str = "the plugins cannot be served together";

/// Loads plugins, and says where their changes are told.
#[derive(Debug)]
pub(crate) struct Loader {
    pub(crate) runtime: Runtime,
    pub(crate) changes: Changes,
    pub(crate) told: Told,
    pub(crate) report: Report,
}

/// A loaded plugin, and what it was loaded from.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) plugin: Plugin,
    pub(crate) config: PluginConfig,
    pub(crate) file: PluginFile,
    /// Of the component's bytes. Not of use against anybody: who can write the file need
    /// not find another with the same digest.
    digest: u64,
}

/// Whether plugin crates that are known already are compiled again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crates {
    Compile,
    Keep,
}

impl Loader {
    /// Compiles and loads all plugins, in the order they are configured. Those of `known`
    /// that have not changed are taken from there.
    ///
    /// # Errors
    /// When one of them cannot be compiled or loaded.
    pub(crate) async fn load(
        &self,
        config: &ServeConfig,
        known: &[Loaded],
        crates: Crates,
    ) -> anyhow::Result<Vec<Loaded>> {
        let files = self.files(config, known, crates).await?;
        let mut loaded = Vec::with_capacity(files.len());
        for (config, file) in config.plugins.iter().zip(files) {
            loaded.push(self.one(config, file, known).await?);
        }
        Ok(loaded)
    }

    /// Where the components are. Crates are compiled before anything is loaded.
    pub(crate) async fn files(
        &self,
        config: &ServeConfig,
        known: &[Loaded],
        crates: Crates,
    ) -> anyhow::Result<Vec<PluginFile>> {
        let listener = |progress: &compile::Progress<'_>| self.report.progress(progress);
        let mut files: Vec<PluginFile> = Vec::with_capacity(config.plugins.len());
        for plugin in &config.plugins {
            let compiled = known.iter().find(|it| {
                crates == Crates::Keep
                    && matches!(plugin.source, PluginPath::Crate(_))
                    && it.config.source == plugin.source
                    && it.config.name == plugin.name
            });
            let mut file = match compiled {
                Some(known) => known.file.clone(),
                None => compile::component_path(&plugin.source, &config.compile, &listener).await?,
            };
            if let Some(name) = &plugin.name {
                file.name.clone_from(name);
            }
            if let Some(other) = files.iter().find(|other| other.name == file.name) {
                bail!(
                    "two plugins are called `{}`: {} and {}",
                    file.name,
                    other.path.display(),
                    file.path.display()
                );
            }
            files.push(file);
        }
        Ok(files)
    }

    /// Loads a plugin, unless it is known and has not changed.
    pub(crate) async fn one(
        &self,
        config: &PluginConfig,
        file: PluginFile,
        known: &[Loaded],
    ) -> anyhow::Result<Loaded> {
        let what = || format!("the plugin `{}` cannot be loaded", file.path.display());
        let bytes = tokio::fs::read(&file.path).await.with_context(what)?;
        let digest = digest(&bytes);
        let same = known.iter().find(|it| {
            it.file.name == file.name && it.digest == digest && it.config.options == config.options
        });
        let plugin = match same {
            Some(known) => known.plugin.clone(),
            None => self
                .run(config, &file, bytes.into())
                .await
                .with_context(what)?,
        };
        let config = config.clone();
        Ok(Loaded {
            plugin,
            config,
            file,
            digest,
        })
    }

    async fn run(
        &self,
        config: &PluginConfig,
        file: &PluginFile,
        bytes: Bytes,
    ) -> Result<Plugin, wharf_runtime::LoadError> {
        let source = PluginSource {
            name: file.name.as_str().into(),
            bytes,
        };
        let sink = sink(&file.name, &self.changes, &self.told);
        let plugin = self.runtime.load(source, &config.options, sink).await?;
        let asked = plugin.description().permissions.iter().flatten();
        for asked in asked.filter(|asked| asked.required) {
            if !asked.is_granted_by(&config.options.grants) {
                tracing::warn!(
                    plugin = file.name,
                    capability = %asked.capability,
                    reason = asked.reason,
                    "the plugin asks for something that is not granted"
                );
            }
        }
        Ok(plugin)
    }
}

impl Loaded {
    /// Whether both are served in the same way.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.digest == other.digest
            && self.config.options == other.config.options
            && self.config.prefix == other.config.prefix
    }
}

/// Everything that these plugins offer.
pub(crate) fn catalogue(plugins: &[Loaded]) -> Result<Catalogue, CatalogueError> {
    let mut builder = CatalogueBuilder::default();
    for Loaded { plugin, config, .. } in plugins {
        let provider = Arc::new(plugin.clone());
        match &config.prefix {
            Some(prefix) => builder.add_prefixed(provider, prefix)?,
            None => builder.add(provider),
        };
    }
    builder.build()
}

/// What the sandbox is made with, for serving.
pub(crate) fn sandbox_config(config: &ServeConfig) -> RuntimeConfig {
    RuntimeConfig {
        cache_dir: config.cache_dir.clone(),
        max_instances: config.instances,
        stack: config.stack,
        data_dir: match &config.data {
            DataDir::Folder(folder) => Some(folder.clone()),
            DataDir::Memory => None,
        },
        ..RuntimeConfig::default()
    }
}

/// Where a plugin says what has changed. A list is read again before clients hear of
/// it; a resource they read themselves.
fn sink(plugin: &str, changes: &Changes, told: &Told) -> ChangeSink {
    let (plugin, changes, told) = (plugin.to_owned(), changes.clone(), told.clone());
    Arc::new(move |change| {
        tracing::debug!(plugin, ?change, "changed");
        match change {
            Change::List(list) => told.note(&plugin, list),
            Change::Resource(_) => changes.publish(&change),
        }
    })
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
