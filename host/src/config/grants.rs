//! What plugins are given, as flags say it: folders (`--dir`), variables (`--env`),
//! values (`--config-value`), HTTP (`--http`), a store (`--store`).
//!
//! A grant that does not mean what it seems to mean is refused here, before
//! anything runs: a name that is used twice, a folder that is "read-only" inside
//! one that is writable.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf, absolute};

use wharf_runtime::{DirGrant, HttpGrant, HttpTarget, StoreGrant, StoreScope, Value};

use super::plugin::Origin;
use super::{ConfigError, DirProblem, EnvProblem, Environment};

/// The folders that the values of `--dir` stand for.
pub(super) fn dirs(values: &[String]) -> Result<Vec<DirGrant>, ConfigError> {
    let parsed = values.iter().map(|value| {
        dir(value).map_err(|problem| ConfigError::Dir {
            value: value.clone(),
            problem,
        })
    });
    let dirs: Vec<DirGrant> = parsed.collect::<Result<_, _>>()?;
    check_together(&dirs).map_err(|(_, error)| error)?;
    Ok(dirs)
}

/// Whether folders can be granted together; if not, which of them is wrong.
pub(super) fn check_together(dirs: &[DirGrant]) -> Result<(), (usize, ConfigError)> {
    for (index, dir) in dirs.iter().enumerate() {
        let earlier = dirs.get(..index).unwrap_or_default();
        if earlier.iter().any(|other| other.guest == dir.guest) {
            let guest = dir.guest.clone();
            return Err((index, ConfigError::GuestTwice { guest }));
        }
        check_read_only(dir, dirs).map_err(|error| (index, error))?;
    }
    Ok(())
}

/// Texts by name, and where they are from, in the same order.
pub(super) type Texts = (Vec<(String, Value)>, Vec<Origin>);

/// The texts that the values of `flag` (`--env`, `--config-value`) stand for, and where
/// they are from.
pub(super) fn texts(
    flag: &'static str,
    values: &[String],
    environment: &Environment,
) -> Result<Texts, ConfigError> {
    let mut texts: Vec<(String, Value)> = Vec::with_capacity(values.len());
    let mut origins = Vec::with_capacity(values.len());
    for value in values {
        let refused = |problem| {
            let value = value.clone();
            ConfigError::Env {
                flag,
                value,
                problem,
            }
        };
        let (name, text, origin) = named(value, environment).map_err(refused)?;
        if texts.iter().any(|(other, _)| *other == name) {
            return Err(refused(EnvProblem::Twice { name }));
        }
        texts.push((name, text));
        origins.push(origin);
    }
    Ok((texts, origins))
}

/// What the values of `--http` stand for: all methods, the usual bounds.
pub(super) fn http(values: &[String]) -> Result<Option<HttpGrant>, ConfigError> {
    let targets = values.iter().map(|value| {
        value.parse().map_err(|problem| ConfigError::Http {
            value: value.clone(),
            problem,
        })
    });
    let allow: Vec<HttpTarget> = targets.collect::<Result<_, _>>()?;
    let is_wanted = !allow.is_empty();
    Ok(is_wanted.then(|| HttpGrant {
        allow,
        ..HttpGrant::default()
    }))
}

/// What the value of `--store` stands for.
pub(super) fn store(value: Option<&str>) -> Result<Option<StoreGrant>, ConfigError> {
    let Some(value) = value else {
        return Ok(None);
    };
    let scope = scope(value).ok_or_else(|| ConfigError::Store {
        value: value.to_owned(),
    })?;
    Ok(Some(StoreGrant {
        scope,
        ..StoreGrant::default()
    }))
}

/// The words for who shares a store.
pub(super) const SCOPES: &[&str] = &["plugin", "principal", "session"];

/// Who shares a store of this scope.
pub(super) fn scope(word: &str) -> Option<StoreScope> {
    match word {
        "plugin" => Some(StoreScope::Plugin),
        "principal" => Some(StoreScope::Principal),
        "session" => Some(StoreScope::Session),
        _ => None,
    }
}

/// What is written on the command line can be seen by anybody; what is taken from the
/// host's environment may be a secret.
fn named(value: &str, environment: &Environment) -> Result<(String, Value, Origin), EnvProblem> {
    let (name, text) = match value.split_once('=') {
        Some((name, text)) => (name, Some(text)),
        None => (value, None),
    };
    if name.is_empty() {
        return Err(EnvProblem::NoName);
    }
    let inherited = || match environment.get(name).map(OsStr::to_str) {
        Some(Some(text)) => Ok(text),
        Some(None) => Err(EnvProblem::NotText {
            name: name.to_owned(),
        }),
        None => Err(EnvProblem::NotSet {
            name: name.to_owned(),
        }),
    };
    if let Some(text) = text {
        return Ok((name.to_owned(), Value::plain(text), Origin::Written));
    }
    let origin = Origin::Variable(name.to_owned());
    let value = match inherited()? {
        // There is nothing to hide.
        "" => Value::plain(""),
        text => Value::secret(text),
    };
    Ok((name.to_owned(), value, origin))
}

/// `HOST::GUEST`, `HOST::GUEST:MODE`, `HOST` or `HOST:MODE`. The last `::` counts,
/// since a path here may have one in it, and a path inside plugins may not.
fn dir(value: &str) -> Result<DirGrant, DirProblem> {
    let (host, guest, writable) = match value.rsplit_once("::") {
        Some((host, guest)) => {
            let (guest, mode) = split_mode(guest);
            (host, Some(guest), writable(mode)?)
        }
        None => match split_mode(value) {
            (host, mode @ Some("ro" | "rw")) => (host, None, writable(mode)?),
            _ => (value, None, false),
        },
    };
    if host.is_empty() {
        return Err(DirProblem::NoHost);
    }
    let host = Path::new(host);
    let found = folder(host)?;
    let guest = guest.map_or_else(|| same_path(host, &found), guest_path)?;
    Ok(DirGrant {
        host: found,
        guest,
        writable,
    })
}

fn split_mode(value: &str) -> (&str, Option<&str>) {
    match value.rsplit_once(':') {
        Some((path, mode)) => (path, Some(mode)),
        None => (value, None),
    }
}

fn writable(mode: Option<&str>) -> Result<bool, DirProblem> {
    match mode {
        None | Some("ro") => Ok(false),
        Some("rw") => Ok(true),
        Some(mode) => Err(DirProblem::Mode(mode.to_owned())),
    }
}

/// The folder with all links resolved, so that it stays the same one.
pub(super) fn folder(host: &Path) -> Result<PathBuf, DirProblem> {
    let found = host.canonicalize().map_err(|source| {
        let host = host.display().to_string();
        if source.kind() == ErrorKind::NotFound {
            DirProblem::Missing { host }
        } else {
            DirProblem::Unreachable { host, source }
        }
    })?;
    if found.is_dir() {
        Ok(found)
    } else {
        Err(DirProblem::NotAFolder {
            host: host.display().to_string(),
        })
    }
}

/// The path of a folder here, for use inside plugins: as it was written if that
/// can be understood without knowing the file system, because that is what people
/// will ask for; with links resolved if there is a `..` in it.
pub(super) fn same_path(host: &Path, found: &Path) -> Result<String, DirProblem> {
    let written = absolute(host).unwrap_or_else(|_| found.to_owned());
    let climbs = written
        .components()
        .any(|part| part == Component::ParentDir);
    let path = if climbs { found } else { &written };
    guest_path(path.to_str().ok_or(DirProblem::NotText)?)
}

pub(super) fn guest_path(guest: &str) -> Result<String, DirProblem> {
    let Some(relative) = guest.strip_prefix('/') else {
        return Err(DirProblem::GuestNotAbsolute {
            guest: guest.to_owned(),
        });
    };
    let relative = relative.strip_suffix('/').unwrap_or(relative);
    let is_plain = |part: &str| !matches!(part, "" | "." | "..");
    if relative.is_empty() || relative.split('/').all(is_plain) {
        Ok(format!("/{relative}"))
    } else {
        Err(DirProblem::GuestNotPlain {
            guest: guest.to_owned(),
        })
    }
}

/// A plugin can write to what it reaches through any of its folders.
fn check_read_only(dir: &DirGrant, dirs: &[DirGrant]) -> Result<(), ConfigError> {
    let outer = dirs
        .iter()
        .find(|outer| outer.writable && dir.host.starts_with(&outer.host));
    match outer {
        Some(outer) if !dir.writable => Err(ConfigError::ReadOnlyInWritable {
            inner: dir.host.clone(),
            outer: outer.host.clone(),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
