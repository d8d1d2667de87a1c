//! What `wharf serve` is to do: the configuration file and the command line, put
//! together.
//!
//! Plugins of the file have what the file says; plugins of the command line have what
//! flags say. For the host as a whole, flags win over the file.

use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use wharf_runtime::{DirGrant, Grants, Limits, PluginOptions, RuntimeConfig, StoreScope};

use super::file::{self, FileConfig};
use super::plugin::{Origins, PluginConfig, PluginPath};
use super::{
    CompileConfig, ConfigError, DataDir, Environment, IN_MEMORY, ServeConfig, address, grants,
    units, variables,
};
use crate::cli::ServeArgs;

/// The configuration file that is used if nothing else is said.
const USUAL_FILE: &str = "wharf.toml";

/// Everything that a configuration follows from, apart from what is on disk.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub(super) args: ServeArgs,
    pub(super) environment: Environment,
    pub(super) compile: CompileConfig,
}

/// Limits that flags set for all plugins.
struct Flags {
    deadline: Option<Duration>,
    task_deadline: Option<Duration>,
    memory: Option<usize>,
}

/// What was said, checked against what is on disk now.
pub(super) fn configuration(said: Said) -> Result<ServeConfig, ConfigError> {
    let Said {
        args, environment, ..
    } = &said;
    let flags = Flags::read(args)?;
    let file = file_of(args);
    let read = match &file {
        Some(path) => file::read(path, environment, |limits| flags.apply(limits))?,
        None => FileConfig::default(),
    };
    let mut limits = read.limits.clone();
    flags.apply(&mut limits);
    let mut plugins = read.plugins;
    plugins.extend(on_command_line(args, environment, &limits)?);
    if plugins.is_empty() {
        return Err(ConfigError::NoPlugin);
    }
    let named = args.stdio || !args.listen.is_empty();
    let (stdio, places) = if named {
        (args.stdio, address::places(&args.listen)?)
    } else {
        (read.stdio, read.listen)
    };
    let listen = address::listen(places, stdio, args.allow_public || read.allow_public)?;
    let hosts = address::hosts(&args.allow_host, &listen)?;
    let origins = address::origins(&args.allow_origin)?;
    let default = RuntimeConfig::default();
    let config = ServeConfig {
        data: data_dir(args, read.data, environment, &plugins)?,
        plugins,
        stdio,
        allowed_hosts: [read.hosts, hosts].concat(),
        listen,
        state_keys: variables::state_keys(environment)?,
        allowed_origins: [read.origins, origins].concat(),
        instances: read.shared.total.unwrap_or(default.max_instances),
        stack: read.shared.stack.unwrap_or(default.stack),
        cache_dir: match &args.cache_dir {
            Some(dir) => Some(dir.clone()),
            None if args.no_cache => None,
            None => read.cache_dir.or_else(|| variables::cache_dir(environment)),
        },
        watch: !args.no_watch && read.watch.unwrap_or(true),
        compile: said.compile.clone(),
        file,
        said,
    };
    check_guarded(&config)?;
    Ok(config)
}

/// The usual file is used only where nothing else is named, so that a plugin tried out
/// in a folder is not joined by others.
fn file_of(args: &ServeArgs) -> Option<PathBuf> {
    let usual = || Path::new(USUAL_FILE).exists() && args.plugins.is_empty();
    let found = args.config.clone();
    found.or_else(|| usual().then(|| USUAL_FILE.into()))
}

impl Flags {
    fn read(args: &ServeArgs) -> Result<Self, ConfigError> {
        let time = |flag, value: &Option<String>| {
            let value = value.as_deref();
            value
                .map(|value| units::flag(flag, value, units::time))
                .transpose()
        };
        let memory = args.memory.as_deref();
        Ok(Self {
            deadline: time("--timeout", &args.timeout)?,
            task_deadline: time("--task-timeout", &args.task_timeout)?,
            memory: memory
                .map(|value| units::flag("--memory", value, units::size))
                .transpose()?,
        })
    }

    fn apply(&self, limits: &mut Limits) {
        limits.deadline = self.deadline.unwrap_or(limits.deadline);
        limits.task_deadline = self.task_deadline.unwrap_or(limits.task_deadline);
        limits.memory = self.memory.unwrap_or(limits.memory);
    }
}

/// The plugins of the command line: what flags grant is granted to all of them.
fn on_command_line(
    args: &ServeArgs,
    environment: &Environment,
    limits: &Limits,
) -> Result<Vec<PluginConfig>, ConfigError> {
    if args.plugins.is_empty() {
        return no_grants(args).map(|()| Vec::new());
    }
    let mut origins = Origins::default();
    let mut granted = Grants {
        dirs: grants::dirs(&args.dir)?,
        http: grants::http(&args.http)?,
        store: grants::store(args.store.as_deref())?,
        ..Grants::default()
    };
    (granted.env, origins.env) = grants::texts("--env", &args.env, environment)?;
    (granted.config, origins.config) =
        grants::texts("--config-value", &args.config_value, environment)?;
    let options = PluginOptions {
        grants: granted,
        limits: limits.clone(),
        functions: args.functions,
        ..PluginOptions::default()
    };
    let plugin = |path: &PathBuf| {
        Ok(PluginConfig {
            name: None,
            source: PluginPath::find(path)?,
            prefix: None,
            options: options.clone(),
            origins: origins.clone(),
        })
    };
    args.plugins.iter().map(plugin).collect()
}

/// A grant to nobody is a mistake: its author believes that somebody has it.
fn no_grants(args: &ServeArgs) -> Result<(), ConfigError> {
    // With no plugin at all, that is what has to be said.
    if file_of(args).is_none() {
        return Ok(());
    }
    let flags = [
        ("--dir", !args.dir.is_empty()),
        ("--env", !args.env.is_empty()),
        ("--config-value", !args.config_value.is_empty()),
        ("--http", !args.http.is_empty()),
        ("--store", args.store.is_some()),
        ("--functions", args.functions),
    ];
    match flags.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(ConfigError::ForNobody { flag }),
        None => Ok(()),
    }
}

/// Where plugins' data is kept. Where no folder is known it is in memory, as long as
/// nobody was promised that it is kept.
fn data_dir(
    args: &ServeArgs,
    in_file: Option<DataDir>,
    environment: &Environment,
    plugins: &[PluginConfig],
) -> Result<DataDir, ConfigError> {
    let said = match &args.data_dir {
        Some(dir) if dir.as_os_str() == IN_MEMORY => Some(DataDir::Memory),
        Some(dir) => Some(DataDir::Folder(dir.clone())),
        None => in_file,
    };
    let usual = || variables::data_dir(environment).map(DataDir::Folder);
    if let Some(dir) = said.or_else(usual) {
        return Ok(dir);
    }
    let keeps = |plugin: &PluginConfig| {
        let store = plugin.options.grants.store;
        store.is_some_and(|store| store.scope != StoreScope::Session)
    };
    if plugins.iter().any(keeps) {
        return Err(ConfigError::NoDataDir);
    }
    Ok(DataDir::Memory)
}

/// What decides what plugins are and may do is in none of the folders they may change,
/// and what they keep for others is in none that they may read.
fn check_guarded(config: &ServeConfig) -> Result<(), ConfigError> {
    let cache = config.cache_dir.as_deref();
    let sources = config.plugins.iter().map(|plugin| plugin.source.as_path());
    let changed = sources
        .map(|source| (source, "change a plugin"))
        .chain(
            config
                .file
                .as_deref()
                .map(|file| (file, "change what is allowed")),
        )
        .chain(cache.map(|dir| (dir, "change compiled code")));
    let changed: Vec<_> = changed.map(|(path, harm)| (resolved(path), harm)).collect();
    let data = match &config.data {
        DataDir::Folder(folder) => Some(resolved(folder)),
        DataDir::Memory => None,
    };
    for plugin in &config.plugins {
        for dir in &plugin.options.grants.dirs {
            let refused = |place: &Path, harm| ConfigError::Guarded {
                plugin: plugin.called(),
                granted: dir.host.clone(),
                place: place.to_owned(),
                harm,
            };
            let writes = changed.iter().filter(|_| dir.writable);
            if let Some((place, harm)) = writes.into_iter().find(|(place, _)| overlap(dir, place)) {
                return Err(refused(place, *harm));
            }
            if let Some(place) = data.as_ref().filter(|place| overlap(dir, place)) {
                return Err(refused(place, "read the data of others"));
            }
        }
    }
    Ok(())
}

fn overlap(dir: &DirGrant, place: &Path) -> bool {
    place.starts_with(&dir.host) || dir.host.starts_with(place)
}

/// The path with links resolved, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let path = absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut existing = path.as_path();
    loop {
        if let Ok(found) = existing.canonicalize() {
            let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
            // Joining an empty path would add a slash.
            return if rest.as_os_str().is_empty() {
                found
            } else {
                found.join(rest)
            };
        }
        match existing.parent() {
            Some(parent) => existing = parent,
            None => return path,
        }
    }
}
