//! What plugins are given: folders (`--dir`) and variables (`--env`).
//!
//! A grant that does not mean what it seems to mean is refused here, before
//! anything runs: a name that is used twice, a folder that is "read-only" inside
//! one that is writable.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf, absolute};

use wharf_runtime::DirGrant;

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
) -> Result<Vec<(String, String)>, ConfigError> {
    let mut variables: Vec<(String, String)> = Vec::with_capacity(values.len());
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

fn variable(value: &str, environment: &Environment) -> Result<(String, String), EnvProblem> {
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
    let text = text.map_or_else(inherited, Ok)?;
    Ok((name.to_owned(), text.to_owned()))
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
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{dirs, env};
    use crate::config::{ConfigError, Environment};

    /// A folder with `notes/old`, `a:b` and a file. `$` in what follows is its path.
    fn with_folder(check: impl Fn(&Path, &dyn Fn(&str) -> String)) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("notes/old")).unwrap();
        fs::create_dir(root.join("a:b")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        check(&root, &|text| text.replace('$', root.to_str().unwrap()));
    }

    fn explain(error: &ConfigError) -> String {
        match error.hint() {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        }
    }

    #[test]
    fn folders() {
        with_folder(|root, full| {
            for (value, host, guest, writable) in [
                ("$/notes::/data", "notes", "/data", false),
                ("$/notes::/data:ro", "notes", "/data", false),
                ("$/notes::/data:rw", "notes", "/data", true),
                ("$/notes::/data/:rw", "notes", "/data", true),
                ("$/notes::/", "notes", "/", false),
                ("$/a:b::/data", "a:b", "/data", false),
                ("$/a:b", "a:b", "$/a:b", false),
                ("$/notes", "notes", "$/notes", false),
                ("$/notes/:rw", "notes", "$/notes", true),
                ("$/notes/../notes", "notes", "$/notes", false),
            ] {
                let granted = dirs(&[full(value)]).unwrap();
                let [dir] = granted.as_slice() else {
                    panic!("{granted:?}");
                };
                assert_eq!(dir.host, root.join(host), "{value}");
                assert_eq!(dir.guest, full(guest), "{value}");
                assert_eq!(dir.writable, writable, "{value}");
            }
        });
    }

    #[test]
    fn what_cannot_be_granted_is_explained() {
        with_folder(|_, full| {
            for (value, expected) in [
                (
                    "",
                    "the folder to grant is missing; write HOST::GUEST, such as `notes::/notes`",
                ),
                (
                    "::/data",
                    "the folder to grant is missing; write HOST::GUEST, such as `notes::/notes`",
                ),
                ("$/no", "the folder `$/no` does not exist"),
                (
                    "~/notes",
                    "the folder `~/notes` does not exist; only shells understand `~`; write the path in full",
                ),
                (
                    "$/notes:/data",
                    "the folder `$/notes:/data` does not exist; separate HOST and GUEST by two colons: `--dir $/notes::/data`",
                ),
                (
                    "$/notes:rx",
                    "the folder `$/notes:rx` does not exist; write HOST, HOST::GUEST, HOST:rw or HOST::GUEST:rw",
                ),
                ("$/file::/data", "`$/file` is not a folder"),
                (
                    "$/notes::data",
                    "the path inside plugins, `data`, is not absolute; begin it with `/`: `/data`",
                ),
                (
                    "$/notes::",
                    "the path inside plugins, ``, is not absolute; begin it with `/`: `/`",
                ),
                (
                    "$/notes::/data/../x",
                    "the path inside plugins, `/data/../x`, has empty parts, `.` or `..` in it; write it plainly, such as `/notes`",
                ),
                (
                    "$/notes::/data//x",
                    "the path inside plugins, `/data//x`, has empty parts, `.` or `..` in it; write it plainly, such as `/notes`",
                ),
                (
                    "$/notes::/data:rx",
                    "there is no mode `rx`; use `:ro` to allow reading, or `:rw` to allow changes too",
                ),
            ] {
                let value = full(value);
                let error = dirs(std::slice::from_ref(&value)).unwrap_err();
                assert_eq!(
                    explain(&error),
                    full(&format!("`--dir {value}`: {expected}"))
                );
            }
        });
    }

    #[test]
    fn folders_must_not_contradict_each_other() {
        with_folder(|_, full| {
            let granted = |values: &[&str]| {
                let values: Vec<String> = values.iter().map(|value| full(value)).collect();
                dirs(&values).map_err(|error| error.to_string())
            };
            assert_eq!(
                granted(&["$/notes::/a", "$/a:b::/a/"]),
                Err("two folders are granted as `/a`".to_owned())
            );
            let protects_nothing = "`$/notes/old` is granted read-only, but lies in `$/notes`, which plugins may change";
            assert_eq!(
                granted(&["$/notes/old", "$/notes:rw"]),
                Err(full(protects_nothing))
            );
            assert!(granted(&["$/notes", "$/notes/old:rw"]).is_ok());
            assert!(granted(&["$/notes:rw", "$/notes/old:rw"]).is_ok());
        });
    }

    #[test]
    fn variables() {
        let environment: Environment = [("KEY", "from the host")].into_iter().collect();
        let values = ["KEY", "A=b=c", "EMPTY="].map(str::to_owned);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            env(&values, &environment).unwrap(),
            [
                pair("KEY", "from the host"),
                pair("A", "b=c"),
                pair("EMPTY", "")
            ]
        );
    }

    #[test]
    fn variables_that_cannot_be_granted_are_explained() {
        let environment = Environment::default();
        for (values, expected) in [
            (
                &["=x"][..],
                "`--env =x`: the name of the variable is missing; write NAME=VALUE, or NAME to pass on a variable",
            ),
            (
                &["KEY"],
                "`--env KEY`: `KEY` is not set; set it where wharf is started, or give a value: `--env KEY=VALUE`",
            ),
            (&["A=1", "A=2"], "`--env A=2`: `A` is given twice"),
        ] {
            let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
            assert_eq!(explain(&env(&values, &environment).unwrap_err()), expected);
        }
    }
}
