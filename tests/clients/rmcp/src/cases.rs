//! The cases in `../cases`, which all client suites share. `cases.py` in `../python`
//! says what is in them.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::report::difference;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cases");

/// All cases for one set of plugins.
#[derive(Debug)]
pub(crate) struct CaseFile {
    pub(crate) serve: Value,
    pub(crate) capabilities: Value,
    pub(crate) cases: Vec<Value>,
    pub(crate) leaves: Option<Value>,
}

/// Whoever answers for the client, as the case under way says.
#[derive(Debug, Default)]
pub(crate) struct Person {
    expected: Vec<Value>,
    open: Vec<Value>,
    heard: Vec<Value>,
}

/// The names of all files of cases.
pub(crate) fn names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let path = entry?.path();
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

impl CaseFile {
    pub(crate) fn load(name: &str) -> Result<Self> {
        let path = Path::new(FOLDER).join(format!("{name}.json"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let content: Value = serde_json::from_str(&text)?;
        Ok(Self {
            serve: content["serve"].clone(),
            capabilities: content["capabilities"].clone(),
            cases: content["cases"].as_array().cloned().unwrap_or_default(),
            leaves: content.get("leaves").cloned(),
        })
    }

    /// Whether the clients have to be such that can be asked.
    pub(crate) fn asks(&self) -> bool {
        self.cases.iter().any(|case| case.get("asked").is_some())
    }
}

/// What is expected of a host that speaks this revision, if anything is.
pub(crate) fn at(value: &Value, revision: &str) -> Option<Value> {
    match value {
        Value::Array(items) => Some(items.iter().filter_map(|item| at(item, revision)).collect()),
        Value::Object(members) => {
            let Some(choices) = members.get("$at").and_then(Value::as_object) else {
                let resolved = members
                    .iter()
                    .filter_map(|(key, item)| Some((key.clone(), at(item, revision)?)));
                return Some(Value::Object(resolved.collect()));
            };
            // Revisions are dates, so the order of their names is theirs.
            let reached = choices
                .keys()
                .filter(|since| since.as_str() <= revision)
                .max()?;
            at(&choices[reached], revision)
        }
        other => Some(other.clone()),
    }
}

/// What a request ends with: a result or an error, and what comes before it.
pub(crate) fn outcome(case: &Value, revision: &str) -> Value {
    let list = |name: &str| {
        case.get(name)
            .and_then(|it| at(it, revision))
            .unwrap_or_else(|| json!([]))
    };
    let mut outcome = Map::new();
    if let Some(error) = case.get("error").and_then(|it| at(it, revision)) {
        outcome.insert("error".to_owned(), error);
    } else {
        let result = case.get("result").and_then(|it| at(it, revision));
        outcome.insert("result".to_owned(), result.unwrap_or_default());
    }
    outcome.insert("progress".to_owned(), list("progress"));
    outcome.insert("logs".to_owned(), list("logs"));
    Value::Object(outcome)
}

/// The part of a list that the case is about: some items, some of their members.
pub(crate) fn narrowed(case: &Value, mut result: Value) -> Value {
    let (only, fields) = (case.get("only"), case.get("fields"));
    let Some(items) = result.as_object_mut().and_then(|it| it.values_mut().next()) else {
        return result;
    };
    if let (Some(only), Value::Array(items)) = (only.and_then(Value::as_array), &mut *items) {
        items.retain(|item| only.contains(&item["name"]));
    }
    if let (Some(fields), Value::Array(items)) = (fields.and_then(Value::as_array), items) {
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.retain(|key, _| fields.iter().any(|field| field == key));
        }
    }
    result
}

impl Person {
    /// Gets ready for the questions of a case.
    pub(crate) fn expect(&mut self, case: &Value, revision: &str) {
        let asked = case.get("asked").and_then(|asked| at(asked, revision));
        let asked = asked.as_ref().and_then(Value::as_array);
        self.expected = asked.cloned().unwrap_or_default();
        self.open = self.expected.clone();
        self.heard.clear();
    }

    /// Answers the next question of a kind. Nothing is what is said to unexpected ones.
    pub(crate) fn answer(&mut self, method: &str, params: Value) -> Value {
        let known = self.open.iter().position(|ask| ask["method"] == method);
        let known = known.map(|index| self.open.remove(index));
        let mut heard = json!({ "method": method });
        // Nobody cares what a question without parameters has.
        if known.as_ref().is_none_or(|ask| ask.get("params").is_some()) {
            heard["params"] = params;
        }
        self.heard.push(heard);
        known.map_or_else(
            || json!({ "action": "cancel" }),
            |ask| ask["answer"].clone(),
        )
    }

    /// How what was asked differs from what was expected. What is asked at once has
    /// no order.
    pub(crate) fn problem(&self) -> Option<String> {
        let sorted = |asks: &[Value]| {
            let mut asks = asks.to_vec();
            for ask in asks.iter_mut().filter_map(Value::as_object_mut) {
                ask.remove("answer");
            }
            asks.sort_by_key(|ask| ask["method"].to_string());
            Value::Array(asks)
        };
        difference(&sorted(&self.heard), &sorted(&self.expected))
    }
}
