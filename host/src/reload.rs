//! Reading the configuration and the plugins again while serving.
//!
//! All or nothing: the configuration is read, what has changed is compiled and loaded and
//! checked with the rest, and only then takes the place of what is served, in one step.
//! If anything is wrong, what is served stays, and the log says why. Calls that run end
//! with what they started with.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use wharf_mcp::model::{Change, List};

use crate::config::ServeConfig;
use crate::load::{self, Crates, Loaded, TOGETHER};
use crate::refresh::Refresher;
use crate::report::advice;
use crate::watch::Watch;

/// What a configuration is read again from, and when.
#[derive(Debug)]
pub(crate) struct Reloading {
    pub(crate) config: ServeConfig,
    /// Says that somebody wants it read again.
    pub(crate) wanted: Option<Arc<Notify>>,
    /// Notices what has changed; none: nobody does.
    pub(crate) watch: Option<Watch>,
    /// Why the configuration could not be read the last time. A file that is missing
    /// comes without the others changing, so it is tried again.
    stuck: Option<String>,
}

/// What a reload has changed, by the names of plugins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reloaded {
    pub(crate) added: Vec<String>,
    pub(crate) changed: Vec<String>,
    pub(crate) removed: Vec<String>,
}

impl Reloading {
    /// Reads again what this was read from.
    pub(crate) fn new(config: &ServeConfig, wanted: Option<Arc<Notify>>) -> Self {
        Self {
            config: config.clone(),
            wanted,
            watch: config.watch.then(|| Watch::new(config)),
            stuck: None,
        }
    }

    /// Completes when everything is to be read again, and says which crates with it.
    /// Nothing is lost if the future is dropped.
    pub(crate) async fn due(&mut self) -> Crates {
        let wanted = async {
            match &self.wanted {
                Some(wanted) => wanted.notified().await,
                None => std::future::pending().await,
            }
        };
        let stuck = self.stuck.is_some();
        let changed = async {
            match &mut self.watch {
                Some(watch) => while !watch.next().await && !stuck {},
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wanted => Crates::Compile,
            () = changed => Crates::Keep,
        }
    }

    /// Reads the configuration. What cannot be read is said once, however often it is
    /// tried.
    async fn read(&mut self) -> Option<ServeConfig> {
        let before = self.config.clone();
        let read = spawn_blocking(move || before.again()).await;
        let error = match read {
            Ok(Ok(config)) => {
                self.stuck = None;
                return Some(config);
            }
            Ok(Err(error)) => anyhow::Error::from(error),
            Err(panic) => anyhow::Error::from(panic),
        };
        let text = format!("{error:#}");
        if self.stuck.as_ref() != Some(&text) {
            refuse(&error);
        }
        self.stuck = Some(text);
        None
    }
}

impl Refresher {
    /// Loads everything again.
    pub(crate) async fn reload(&mut self, crates: Crates) {
        let Some(config) = self.reloading.read().await else {
            return;
        };
        if let Some(watch) = &mut self.reloading.watch {
            watch.follow(&config);
        }
        match self.replace(&config, crates).await {
            Ok(reloaded) => {
                warn_of_what_stays(&self.reloading.config, &config);
                self.reloading.config = config;
                self.loader.report.reloaded(&reloaded);
            }
            Err(error) => refuse(&error),
        }
    }

    async fn replace(&mut self, config: &ServeConfig, crates: Crates) -> anyhow::Result<Reloaded> {
        let plugins = self.loader.load(config, &self.plugins, crates).await?;
        let catalogue = load::catalogue(&plugins).context(TOGETHER)?;
        let reloaded = Reloaded::between(&self.plugins, &plugins);
        let resources = |plugins: &[Loaded]| {
            // What a plugin lists is not known here, so a new one may list others.
            let changed = |it: &&Loaded| reloaded.concerns(&it.file.name);
            let has = |it: &Loaded| it.plugin.description().resources.is_some();
            plugins.iter().filter(changed).any(has)
        };
        let resources = resources(&self.plugins) || resources(&plugins);
        let changed = self.router.replace(catalogue);
        self.plugins = plugins;
        for (told, list) in [
            (changed.tools, List::Tools),
            (changed.resources || resources, List::Resources),
            (changed.prompts, List::Prompts),
        ] {
            if told {
                self.loader.changes.publish(&Change::List(list));
            }
        }
        Ok(reloaded)
    }
}

impl Reloaded {
    fn between(before: &[Loaded], after: &[Loaded]) -> Self {
        let find = |name: &str, them: &[Loaded]| -> Option<Loaded> {
            them.iter().find(|it| it.file.name == name).cloned()
        };
        let mut reloaded = Self::default();
        for plugin in after {
            let name = plugin.file.name.clone();
            match find(&name, before) {
                None => reloaded.added.push(name),
                Some(known) if !known.is(plugin) => reloaded.changed.push(name),
                Some(_) => {}
            }
        }
        let gone = before.iter().map(|it| it.file.name.clone());
        reloaded.removed = gone.filter(|name| find(name, after).is_none()).collect();
        reloaded
    }

    fn concerns(&self, name: &str) -> bool {
        let them = [&self.added, &self.changed, &self.removed];
        them.into_iter().flatten().any(|it| it == name)
    }
}

fn refuse(error: &anyhow::Error) {
    let hint = advice(error).join("; ");
    tracing::warn!(
        error = format!("{error:#}"),
        hint,
        "what has changed cannot be served; everything stays as it was"
    );
}

/// What belongs to the process, and not to the catalogue.
fn warn_of_what_stays(before: &ServeConfig, after: &ServeConfig) {
    for (key, stays) in [
        ("listen", before.listen != after.listen),
        ("stdio", before.stdio != after.stdio),
        ("allow-hosts", before.allowed_hosts != after.allowed_hosts),
        (
            "allow-origins",
            before.allowed_origins != after.allowed_origins,
        ),
        ("data-dir", before.data != after.data),
        ("cache-dir", before.cache_dir != after.cache_dir),
        ("total-concurrency", before.instances != after.instances),
        ("stack", before.stack != after.stack),
        ("watch", before.watch != after.watch),
    ] {
        if stays {
            tracing::warn!(key, "this has changed and counts from the next start on");
        }
    }
}
