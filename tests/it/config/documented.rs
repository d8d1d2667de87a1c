//! `docs/configuration.md` is whole: every key of the file is explained, and its example
//! can be used.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::Place;

fn document() -> String {
    let host = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(host.join("../docs/configuration.md")).unwrap()
}

/// The first column of the table of keys below a heading.
fn explained(document: &str, heading: &str) -> BTreeSet<String> {
    let at = document
        .find(&format!("\n### {heading}\n"))
        .unwrap_or_else(|| panic!("there is no section `{heading}`"));
    let section = &document[at + 1..];
    let end = section[1..]
        .find("\n#")
        .map_or(section.len(), |end| end + 1);
    let mut lines = section[..end].lines();
    lines.by_ref().find(|line| line.starts_with("| key |"));
    let rows = lines.map_while(|line| line.strip_prefix("| "));
    let keys = rows.filter_map(|row| row.strip_prefix('`')?.split_once('`'));
    keys.map(|(key, _)| key.to_owned()).collect()
}

#[test]
fn every_key_is_explained_where_it_belongs() {
    let document = document();
    let mut tables: Vec<(&str, BTreeSet<String>)> = Vec::new();
    for (table, key) in wharf::config::file_keys() {
        match tables.iter_mut().find(|(name, _)| *name == table) {
            Some((_, keys)) => drop(keys.insert(key.to_owned())),
            None => tables.push((table, BTreeSet::from([key.to_owned()]))),
        }
    }
    for (table, keys) in tables {
        let heading = match table {
            "the top" => "The top of the file".to_owned(),
            _ => format!("`{table}`"),
        };
        assert_eq!(explained(&document, &heading), keys, "{heading}");
    }
}

/// The whole example is used as it stands, in a folder that has what it names.
#[test]
fn the_example_can_be_served() {
    let document = document();
    let (_, rest) = document.split_once("```toml\n# wharf.toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let place = Place::new();
    place
        .file("wharf.toml", example)
        .file("notes/a", "")
        .file("secrets/key", "sesame\n")
        .file("plugins/none", "");
    for (plugin, name) in [
        ("hello", "weather"),
        ("rogue", "notes"),
        ("whole", "search"),
    ] {
        let to = place.path().join(format!("plugins/{name}.wasm"));
        fs::rename(place.path().join(format!("{plugin}.wasm")), to).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_wharf"))
        .args(["check", "--json", "--cache-dir"])
        .arg(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled"))
        .current_dir(place.path())
        .env_clear()
        .env("WEATHER_KEY", "hush")
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(output.status.success(), "{err}");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let plugins = found["plugins"].as_array().unwrap();
    let names: Vec<_> = plugins.iter().map(|plugin| &plugin["name"]).collect();
    assert_eq!(names, ["weather", "notes", "search"]);
    assert!(!out.contains("hush") && !out.contains("sesame"), "{out}");
}
