//! What the checks found: a line each, and how many passed and failed.

use regex::Regex;
use serde_json::{Map, Value};

/// Counts checks and prints them as they come.
#[derive(Debug, Default)]
pub(crate) struct Report {
    passed: usize,
    failed: usize,
}

impl Report {
    /// Notes a check. It failed if there is a problem.
    pub(crate) fn check(&mut self, name: &str, problem: Option<String>) {
        let Some(problem) = problem else {
            self.passed += 1;
            println!("ok    {name}");
            return;
        };
        self.failed += 1;
        println!("FAIL  {name}");
        for line in problem.lines() {
            println!("      {line}");
        }
    }

    /// Checks that two JSON values are the same.
    pub(crate) fn equal(&mut self, name: &str, actual: &Value, expected: &Value) {
        self.check(name, difference(actual, expected));
    }

    /// Prints the sum. Returns whether all is well.
    pub(crate) fn close(&self) -> bool {
        println!("{} passed, {} failed", self.passed, self.failed);
        self.failed == 0 && self.passed > 0
    }
}

/// Where two JSON values differ, or nothing if they are the same.
pub(crate) fn difference(actual: &Value, expected: &Value) -> Option<String> {
    let mut lines = Vec::new();
    differences(actual, expected, "$", &mut lines);
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn differences(actual: &Value, expected: &Value, path: &str, lines: &mut Vec<String>) {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) if pattern(expected).is_none() => {
            members(actual, expected, path, lines);
        }
        (Value::Array(actual), Value::Array(expected)) if actual.len() == expected.len() => {
            for (index, (actual, expected)) in actual.iter().zip(expected).enumerate() {
                differences(actual, expected, &format!("{path}[{index}]"), lines);
            }
        }
        _ if same(actual, expected) => {}
        _ => lines.push(format!("{path} is {actual}, not {expected}")),
    }
}

fn members(
    actual: &Map<String, Value>,
    expected: &Map<String, Value>,
    path: &str,
    lines: &mut Vec<String>,
) {
    for (key, value) in expected {
        match actual.get(key) {
            Some(found) => differences(found, value, &format!("{path}.{key}"), lines),
            None => lines.push(format!("{path}.{key} is missing: {value}")),
        }
    }
    for (key, value) in actual {
        if !expected.contains_key(key) {
            lines.push(format!("{path}.{key} is too much: {value}"));
        }
    }
}

/// Whether two JSON values without members are the same, or a text fits a pattern.
fn same(actual: &Value, expected: &Value) -> bool {
    if let Value::Object(members) = expected
        && let Some(pattern) = pattern(members)
    {
        let whole = Regex::new(&format!("^(?s:{pattern})$"));
        return actual
            .as_str()
            .is_some_and(|text| whole.is_ok_and(|it| it.is_match(text)));
    }
    match (actual.as_f64(), expected.as_f64()) {
        // 1 and 1.0 are one number. The client keeps some with so many digits only.
        (Some(actual), Some(expected)) => (actual - expected).abs() < 1e-6,
        _ => actual == expected,
    }
}

fn pattern(members: &Map<String, Value>) -> Option<&str> {
    (members.len() == 1).then(|| members.get("$re")?.as_str())?
}
