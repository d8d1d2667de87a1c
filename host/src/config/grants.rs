//! What plugins are given: folders (`--dir`) and variables (`--env`).
//!
//! A grant that does not mean what it seems to mean is refused here, before
//! anything runs: a name that is used twice, a folder that is "read-only" inside
//! one that is writable.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf, absolute};

use wharf_runtime::{DirGrant, Value};

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
    for (index, dir) in dirs.iter().enumerate() {
        let earlier = dirs.get(..index).unwrap_or_default();
        if earlier.iter().any(|other| other.guest == dir.guest) {
            return Err(ConfigError::GuestTwice {
                guest: dir.guest.clone(),
            });
        }
        check_read_only(dir, &dirs)?;
    }
    Ok(dirs)
}

/// The variables that the values of `--env` stand for.
pub(super) fn env(
    values: &[String],
    environment: &Environment,
) -> Result<Vec<(String, Value)>, ConfigError> {
    let mut variables: Vec<(String, Value)> = Vec::with_capacity(values.len());
    for value in values {
        let (name, text) = variable(value, environment).map_err(|problem| ConfigError::Env {
            value: value.clone(),
            problem,
        })?;
        if variables.iter().any(|(other, _)| *other == name) {
            let (value, problem) = (value.clone(), EnvProblem::Twice { name });
            return Err(ConfigError::Env { value, problem });
        }
        variables.push((name, text));
    }
    Ok(variables)
}

/// What is written on the command line can be seen by anybody; what is taken from the
/// host's environment may be a secret.
fn variable(value: &str, environment: &Environment) -> Result<(String, Value), EnvProblem> {
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
    let value = match text {
        Some(text) => Value::plain(text),
        None => Value::secret(inherited()?),
    };
    Ok((name.to_owned(), value))
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
fn folder(host: &str) -> Result<PathBuf, DirProblem> {
    if host.is_empty() {
        return Err(DirProblem::NoHost);
    }
    let found = Path::new(host).canonicalize().map_err(|source| {
        let host = host.to_owned();
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
            host: host.to_owned(),
        })
    }
}

/// The path of a folder here, for use inside plugins: as it was written if that
/// can be understood without knowing the file system, because that is what people
/// will ask for; with links resolved if there is a `..` in it.
fn same_path(host: &str, found: &Path) -> Result<String, DirProblem> {
    let written = absolute(host).unwrap_or_else(|_| found.to_owned());
    let climbs = written
        .components()
        .any(|part| part == Component::ParentDir);
    let path = if climbs { found } else { &written };
    guest_path(path.to_str().ok_or(DirProblem::NotText)?)
}

fn guest_path(guest: &str) -> Result<String, DirProblem> {
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
