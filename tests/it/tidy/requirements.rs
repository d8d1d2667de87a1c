//! The table in `docs/requirements.md`: it is whole, what it names is there, and
//! what tests say that they show is in it.

use std::collections::BTreeSet;
use std::fs;

use super::{Source, root, sources};

/// The table.
const TABLE: &str = "docs/requirements.md";

/// How many requirements each group has, in the order of the table.
const GROUPS: [(&str, usize); 39] = [
    ("RPC", 13),
    ("BAT", 6),
    ("ERR", 5),
    ("LIF", 10),
    ("DSC", 10),
    ("ERA", 12),
    ("STD", 12),
    ("SSE", 10),
    ("SHL", 31),
    ("SHM", 16),
    ("ORG", 5),
    ("CUS", 6),
    ("CAP", 5),
    ("TOL", 17),
    ("XMH", 4),
    ("RES", 11),
    ("PRM", 6),
    ("CMP", 5),
    ("LOG", 5),
    ("PAG", 5),
    ("PRG", 6),
    ("CAN", 8),
    ("PNG", 2),
    ("S2C", 5),
    ("MRT", 10),
    ("ELI", 7),
    ("SMP", 4),
    ("CHG", 1),
    ("SUB", 11),
    ("CCH", 5),
    ("TKD", 11),
    ("TKE", 14),
    ("UI", 5),
    ("EXT", 1),
    ("MET", 6),
    ("DWN", 16),
    ("AUT", 16),
    ("SEC", 6),
    ("CLI", 8),
];

/// Where the tests of each suite are: those that are programs of their own, and
/// those among the sources.
const SUITES: [(&str, &[&str]); 7] = [
    ("it", &["tests/it"]),
    ("sandbox", &["host/runtime/tests/sandbox"]),
    ("wharf", &["host/src"]),
    ("wharf-mcp", &["host/mcp/tests", "host/mcp/src"]),
    ("wharf-runtime", &["host/runtime/tests", "host/runtime/src"]),
    ("wharf-schemas", &["tests/schemas/tests"]),
    ("wharf-sdk", &["guest-sdk/src"]),
];

/// What the last column says where it names no test.
const REASONS: [&str; 5] = [
    "Not wharf's:",
    "The plugin's:",
    "Nothing to show:",
    "Later:",
    "Open:",
];

/// Names that look like those of requirements.
const OTHERS: [&str; 1] = ["UTF"];

/// A line of the table.
struct Row {
    id: String,
    strength: String,
    shown: String,
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(root().join(TABLE)).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let id = cells.next().filter(|id| is_id(id))?.to_owned();
        let (Some(_what), Some(strength), Some(shown), None) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            panic!("{TABLE}: four columns, please: {line}");
        };
        Some(Row {
            id,
            strength: strength.to_owned(),
            shown: shown.to_owned(),
        })
    });
    rows.collect()
}

/// Whether it is made like `RPC-3`.
fn is_id(text: &str) -> bool {
    let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    text.split_once('-').is_some_and(|(group, number)| {
        (2..=3).contains(&group.len())
            && group.starts_with(|c: char| c.is_ascii_uppercase())
            && group.chars().all(upper)
            && !number.is_empty()
            && number.chars().all(|c| c.is_ascii_digit())
    })
}

/// The names in the last column that stand for tests.
fn tests(row: &Row) -> impl Iterator<Item = &str> {
    let quoted = row.shown.split('`').skip(1).step_by(2);
    quoted.filter(|name| name.contains("::"))
}

#[test]
fn every_requirement_is_there_once_and_in_order() {
    let found: Vec<String> = table().into_iter().map(|row| row.id).collect();
    let expected: Vec<String> = GROUPS
        .iter()
        .flat_map(|(group, count)| (1..=*count).map(move |number| format!("{group}-{number}")))
        .collect();
    assert_eq!(found, expected);
}

/// What has to be, is shown; or it is said why not, in words that can be looked
/// for.
#[test]
fn every_requirement_is_shown_or_it_is_said_why_not() {
    for row in table() {
        let reason = REASONS.iter().any(|reason| row.shown.starts_with(reason));
        let shown = tests(&row).next().is_some();
        assert!(
            shown != reason,
            "{} ({}): {}",
            row.id,
            row.strength,
            row.shown
        );
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let sources = sources();
    for row in table() {
        for test in tests(&row) {
            let suite = test.split_once("::").map(|(suite, _)| suite);
            // Its scenarios are in a package of others.
            if suite != Some("conformance") {
                assert!(exists(test, &sources), "{}: {test}", row.id);
            }
        }
    }
}

/// Whether there is a function of that name where the name says.
pub(super) fn exists(test: &str, sources: &[Source]) -> bool {
    let mut path: Vec<&str> = test.split("::").collect();
    let name = path.pop().expect("a split has a part");
    let suite = path.remove(0);
    let places = SUITES.iter().find(|(known, _)| *known == suite);
    let function = format!("fn {name}(");
    let has_it = |file: &str| {
        let source = sources.iter().find(|source| source.path == file);
        source.is_some_and(|source| source.text.contains(&function))
    };
    let inline = path.strip_suffix(&["tests"]).unwrap_or(&path);
    places.is_some_and(|(_, roots)| {
        roots.iter().any(|root| {
            [path.as_slice(), inline].iter().any(|modules| {
                let module = format!("{root}/{}", modules.join("/"));
                has_it(&format!("{module}.rs")) || has_it(&format!("{module}/main.rs"))
            })
        })
    })
}

/// Whoever looks a name up finds it.
#[test]
fn every_requirement_that_is_cited_is_in_the_table() {
    let known: BTreeSet<String> = table().into_iter().map(|row| row.id).collect();
    for source in sources() {
        for (line, number) in source.text.lines().zip(1..) {
            let Some((_, comment)) = line.split_once("//") else {
                continue;
            };
            let words = comment.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            for cited in words.filter(|word| is_id(word)) {
                let other = OTHERS.iter().any(|group| cited.starts_with(group));
                assert!(
                    other || known.contains(cited),
                    "{}:{number}: {cited}",
                    source.path
                );
            }
        }
    }
}
