//! `wharf check`: what would be served, with what granted, under which limits; and what
//! is wrong with it.
//!
//! Plugins are compiled and loaded as `wharf serve` does it, with what they are granted,
//! and their catalogue is put together. Nothing is listened on, and what plugins have
//! stored is left alone, since a host that is running may have it open.
//!
//! Findings are text for people (`text`) or JSON for programs (`json`); `words` is how
//! grants and limits are said in either. Of a secret only is said where it is from.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use wharf_runtime::{Description, Inspection, Need, Permission, Runtime, RuntimeConfig};

use crate::changes::Changes;
use crate::compile::PluginFile;
use crate::config::{CheckConfig, PluginConfig, ServeConfig};
use crate::load::{self, Crates, Loaded, Loader, TOGETHER};
use crate::refresh::Told;
use crate::report::Report;

mod json;
mod text;
mod words;

/// What there is to say, and why it cannot be served, if it cannot.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// For standard output.
    pub(crate) text: String,
    /// What is wrong.
    pub(crate) problem: Option<anyhow::Error>,
}

/// What was found of all.
#[derive(Debug)]
struct Findings<'a> {
    config: &'a ServeConfig,
    plugins: Vec<Finding<'a>>,
    /// Why they cannot be served together.
    together: Option<String>,
}

/// What was found of a plugin.
#[derive(Debug)]
struct Finding<'a> {
    config: &'a PluginConfig,
    name: String,
    path: PathBuf,
    /// What it imports and exports; none if it is no component.
    outside: Option<Inspection>,
    /// What it offers, or why it cannot be served.
    offer: Result<Description, String>,
}

/// Looks at everything that would be served.
///
/// # Errors
/// When there is nothing to look at, because a plugin cannot be compiled.
pub(crate) async fn run(config: &CheckConfig, report: Report) -> anyhow::Result<Outcome> {
    let serve = &config.serve;
    let loader = Loader {
        runtime: Runtime::new(&RuntimeConfig {
            // A host may be using it.
            data_dir: None,
            ..load::sandbox_config(serve)
        })?,
        changes: Changes::default(),
        told: Told::default(),
        report,
    };
    let files = loader.files(serve, &[], Crates::Compile).await?;
    let (mut plugins, mut loaded) = (Vec::new(), Vec::new());
    for (config, file) in serve.plugins.iter().zip(files) {
        let (finding, plugin) = look_at(config, file, &loader).await;
        plugins.push(finding);
        loaded.extend(plugin);
    }
    let problem = problem(&plugins, &loaded);
    let findings = Findings {
        config: serve,
        together: problem
            .as_ref()
            .filter(|_| loaded.len() == plugins.len())
            .map(|error| format!("{error:#}")),
        plugins,
    };
    let text = if config.json {
        json::render(&findings)?
    } else {
        text::render(&findings)
    };
    Ok(Outcome { text, problem })
}

async fn look_at<'a>(
    config: &'a PluginConfig,
    file: PluginFile,
    loader: &Loader,
) -> (Finding<'a>, Option<Loaded>) {
    let outside = match tokio::fs::read(&file.path).await {
        Ok(bytes) => loader.runtime.inspect(bytes.into()).await.ok(),
        // Loading says why.
        Err(_) => None,
    };
    let mut finding = Finding {
        config,
        name: file.name.clone(),
        path: file.path.clone(),
        outside,
        offer: Err(String::new()),
    };
    match loader.one(config, file, &[]).await {
        Ok(loaded) => {
            finding.offer = Ok(loaded.plugin.description().clone());
            (finding, Some(loaded))
        }
        Err(error) => {
            finding.offer = Err(causes(&error));
            (finding, None)
        }
    }
}

fn problem(plugins: &[Finding<'_>], loaded: &[Loaded]) -> Option<anyhow::Error> {
    let broken = plugins
        .iter()
        .filter(|plugin| plugin.offer.is_err())
        .count();
    if broken > 0 {
        let all = plugins.len();
        return Some(anyhow!("{broken} of {all} plugins cannot be served"));
    }
    let catalogue = load::catalogue(loaded).context(TOGETHER);
    catalogue.err()
}

/// Why, without the first sentence, which names the plugin.
fn causes(error: &anyhow::Error) -> String {
    let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    causes.join(": ")
}

impl Finding<'_> {
    /// The names that clients would see.
    fn names<T>(
        &self,
        kind: impl Fn(&Description) -> Option<&[T]>,
        name: impl Fn(&T) -> &str,
    ) -> Option<Vec<String>> {
        let listed = kind(self.offer.as_ref().ok()?)?;
        let prefix = self.config.prefix.as_deref().unwrap_or_default();
        let names = listed.iter().map(|it| format!("{prefix}{}", name(it)));
        Some(names.collect())
    }

    /// What it asks for, if it asks.
    fn permissions(&self) -> Option<&[Permission]> {
        self.offer.as_ref().ok()?.permissions.as_deref()
    }

    fn tools(&self) -> Option<Vec<String>> {
        self.names(|it| it.tools.as_deref(), |tool| tool.name.as_str())
    }

    fn prompts(&self) -> Option<Vec<String>> {
        self.names(|it| it.prompts.as_deref(), |prompt| prompt.name.as_str())
    }

    fn resource_templates(&self) -> Option<Vec<String>> {
        let templates = self.offer.as_ref().ok()?.resources.as_deref()?;
        let templates = templates.iter().map(|it| it.uri_template.clone());
        Some(templates.collect())
    }

    /// What it is built to ask for, and would be refused.
    fn not_granted(&self) -> Vec<Need> {
        let needs = self.outside.iter().flat_map(|outside| &outside.needs);
        let grants = &self.config.options.grants;
        let refused = needs.filter(|need| !words::is_granted(**need, grants));
        refused.copied().collect()
    }
}
