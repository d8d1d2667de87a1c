//! What a plugin offers and what it would need, for whoever has to decide whether
//! to serve it.
//!
//! The component is looked at twice. First from outside: what it exports and
//! imports is part of its type, and known even of components that cannot be
//! served. Then it is loaded as for serving, but granted nothing, and asked for
//! its lists; if that fails the reason is a finding like others, not an error.
//!
//! Findings are text for people (`text`) or JSON for programs (`json`). The
//! JSON is made to stay: fields may be added, not renamed or removed.

use std::error::Error;
use std::fs;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use wharf_runtime::{
    Description, Inspection, LoadError, Permission, PluginOptions, PluginSource, Runtime,
};

use crate::compile::{CompileError, Listener, PluginFile, component_path};
use crate::config::InspectConfig;

mod json;
pub(crate) mod needs;
mod text;

pub(crate) use text::line;

/// Why a plugin cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// There is no component, because compiling it failed.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The file cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not a component.
    #[error("`{}` cannot be inspected", .path.display())]
    NotAComponent {
        /// The file.
        path: PathBuf,
        /// What it is.
        source: LoadError,
    },
    /// The findings have no form as JSON.
    #[error("the findings cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Everything there is to say about a plugin.
#[derive(Debug)]
struct Findings {
    name: String,
    path: PathBuf,
    /// Bytes.
    size: usize,
    outside: Inspection,
    /// What it offers, or why it cannot be served.
    offer: Result<Description, LoadError>,
}

/// Looks at a plugin, and returns what is to be printed.
pub async fn run(
    config: &InspectConfig,
    runtime: &Runtime,
    listener: Listener<'_>,
) -> Result<String, InspectError> {
    let file = component_path(&config.plugin, &config.compile, listener).await?;
    let findings = look_at(file, runtime).await?;
    if config.json {
        return Ok(json::render(&findings)?);
    }
    Ok(text::render(&findings))
}

async fn look_at(file: PluginFile, runtime: &Runtime) -> Result<Findings, InspectError> {
    let bytes = read(&file.path)?;
    let outside = runtime.inspect(bytes.clone()).await;
    let outside = outside.map_err(|source| InspectError::NotAComponent {
        path: file.path.clone(),
        source,
    })?;
    Ok(Findings {
        size: bytes.len(),
        outside,
        offer: offer(&file.name, bytes, runtime).await,
        name: file.name,
        path: file.path,
    })
}

fn read(path: &Path) -> Result<Bytes, InspectError> {
    let read = fs::read(path).map_err(|source| InspectError::Read {
        path: path.to_owned(),
        source,
    });
    read.map(Bytes::from)
}

async fn offer(name: &str, bytes: Bytes, runtime: &Runtime) -> Result<Description, LoadError> {
    let source = PluginSource {
        name: name.into(),
        bytes,
    };
    let options = PluginOptions::default();
    let plugin = runtime.load(source, &options, Arc::new(|_| ())).await?;
    Ok(plugin.description().clone())
}

impl Findings {
    fn problem(&self) -> Option<String> {
        let error = self.offer.as_ref().err()?;
        let causes = iter::successors(error.source(), |&cause| cause.source());
        Some(causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}")))
    }

    fn tools(&self) -> Option<Vec<&str>> {
        let tools = self.offer.as_ref().ok()?.tools.as_ref()?;
        Some(tools.iter().map(|tool| tool.name.as_str()).collect())
    }

    /// What it asks for, if it asks.
    fn permissions(&self) -> Option<&[Permission]> {
        self.offer.as_ref().ok()?.permissions.as_deref()
    }

    fn prompts(&self) -> Option<Vec<&str>> {
        let prompts = self.offer.as_ref().ok()?.prompts.as_ref()?;
        Some(prompts.iter().map(|prompt| prompt.name.as_str()).collect())
    }

    fn resource_templates(&self) -> Option<Vec<&str>> {
        let templates = self.offer.as_ref().ok()?.resources.as_ref()?;
        Some(
            templates
                .iter()
                .map(|template| template.uri_template.as_str())
                .collect(),
        )
    }
}
