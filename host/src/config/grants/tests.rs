//! What `--dir` and `--env` mean, and what they may not mean.

use std::fs;
use std::path::Path;

use wharf_runtime::Value;

use super::{dirs, texts};
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
        let protects_nothing =
            "`$/notes/old` is granted read-only, but lies in `$/notes`, which plugins may change";
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
    let pair = |name: &str, value| (name.to_owned(), value);
    assert_eq!(
        texts("--env", &values, &environment).unwrap().0,
        [
            pair("KEY", Value::secret("from the host")),
            pair("A", Value::plain("b=c")),
            pair("EMPTY", Value::plain(""))
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
        assert_eq!(
            explain(&texts("--env", &values, &environment).unwrap_err()),
            expected
        );
    }
}
