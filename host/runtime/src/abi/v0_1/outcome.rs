//! Reading what functions of line 0.1 return.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wharf_mcp::model::{self, Outcome};

use super::bindings::exports::wharf::plugin::{completions, prompts, resources, tools};
use super::bindings::wharf::plugin::types;
use super::content::{annotations, content, icons, resource_contents, role};
use crate::output::{Bad, each, json, meta, object};

/// Bytes of state that a plugin may return with its questions. The contract says
/// so; the host has to hand it to clients, some of which keep it in a header.
const MAX_STATE: usize = 64 << 10;

/// Suggestions that are passed on; the protocol allows no more.
const MAX_COMPLETIONS: usize = 100;

/// Reads how a call of a tool ended that was put off before, or was not: once is
/// enough, and for ever would be possible.
pub(super) fn tool(
    outcome: tools::ToolOutcome,
    deferred: bool,
) -> Result<Outcome<model::ToolResult>, Bad> {
    Ok(match outcome {
        tools::ToolOutcome::Complete(result) => Outcome::Complete(tool_result(result)?),
        tools::ToolOutcome::InputRequired(input) => Outcome::InputRequired(input_required(input)?),
        tools::ToolOutcome::Deferred if deferred => {
            let problem = "the call has been put off already";
            return Err(Bad::new("outcome", problem));
        }
        tools::ToolOutcome::Deferred => Outcome::Deferred,
    })
}

pub(super) fn read(outcome: resources::ReadOutcome) -> Result<Outcome<model::ReadResult>, Bad> {
    Ok(match outcome {
        resources::ReadOutcome::Complete(result) => Outcome::Complete(model::ReadResult {
            contents: each("contents", result.contents, resource_contents)?,
            ttl: result.ttl_ms.map(|ms| Duration::from_millis(ms.into())),
            meta: meta(result.meta)?,
        }),
        resources::ReadOutcome::InputRequired(input) => {
            Outcome::InputRequired(input_required(input)?)
        }
    })
}

pub(super) fn prompt(outcome: prompts::PromptOutcome) -> Result<Outcome<model::PromptResult>, Bad> {
    Ok(match outcome {
        prompts::PromptOutcome::Complete(result) => Outcome::Complete(model::PromptResult {
            description: result.description,
            messages: each("messages", result.messages, prompt_message)?,
            meta: meta(result.meta)?,
        }),
        prompts::PromptOutcome::InputRequired(input) => {
            Outcome::InputRequired(input_required(input)?)
        }
    })
}

pub(super) fn page(page: resources::ResourcePage) -> Result<model::ResourcePage, Bad> {
    Ok(model::ResourcePage {
        resources: each("resources", page.resources, resource)?,
        next: page.next,
    })
}

pub(super) fn completion(completion: completions::Completion) -> model::Completion {
    let mut values = completion.values;
    let has_more = completion.has_more || values.len() > MAX_COMPLETIONS;
    values.truncate(MAX_COMPLETIONS);
    model::Completion {
        values,
        total: completion.total,
        has_more,
    }
}

fn tool_result(result: tools::ToolResult) -> Result<model::ToolResult, Bad> {
    let structured = result.structured.map(|text| json("structured", text));
    Ok(model::ToolResult {
        content: each("content", result.content, content)?,
        structured: structured.transpose()?,
        is_error: result.is_error,
        meta: meta(result.meta)?,
    })
}

fn prompt_message(message: prompts::PromptMessage) -> Result<model::PromptMessage, Bad> {
    Ok(model::PromptMessage {
        role: role(message.role),
        content: content(message.content).map_err(|bad| bad.within("content"))?,
    })
}

fn resource(resource: resources::ResourceInfo) -> Result<model::Resource, Bad> {
    Ok(model::Resource {
        uri: resource.uri,
        name: resource.name,
        title: resource.title,
        description: resource.description,
        mime_type: resource.mime_type,
        size: resource.size,
        annotations: annotations(resource.annotations)?,
        icons: icons(resource.icons),
        meta: meta(resource.meta)?,
    })
}

fn input_required(input: types::InputRequired) -> Result<model::InputRequired, Bad> {
    let size = input.state.as_ref().map_or(0, Vec::len);
    if size > MAX_STATE {
        let problem = format!("it has {size} bytes; {MAX_STATE} is the most");
        return Err(Bad::new("input-required.state", problem));
    }
    if input.questions.is_empty() && input.state.is_none() {
        let problem = "there is no question and no state";
        return Err(Bad::new("input-required.questions", problem));
    }
    let mut keys = BTreeSet::new();
    let mut twice = input.questions.iter().filter(|(key, _)| !keys.insert(key));
    if let Some((key, _)) = twice.next() {
        let problem = format!("there are two questions `{key}`");
        return Err(Bad::new("input-required.questions", problem));
    }
    Ok(model::InputRequired {
        questions: each("questions", input.questions, |(key, asked)| {
            Ok((key, question(asked)?))
        })?,
        state: input.state,
    })
}

fn question(question: types::Question) -> Result<model::Question, Bad> {
    Ok(match question {
        types::Question::Form(form) => model::Question::Form {
            message: form.message,
            schema: form_schema(form.schema)?,
        },
        types::Question::Url(visit) => model::Question::Url {
            message: visit.message,
            url: visit.url,
        },
        types::Question::Sampling(params) => model::Question::Sampling(object("sampling", params)?),
        types::Question::Roots => model::Question::Roots,
    })
}

/// The schema of a form, which is an object of plain fields (ELI-1). Some clients
/// throw away everything that comes with another one.
fn form_schema(text: String) -> Result<model::Json, Bad> {
    let schema = object("schema", text)?;
    let read = serde_json::from_str::<Flat>(schema.as_str());
    read.map_err(|error| Bad::new("schema", format!("it is no flat form: {error}")))?;
    Ok(schema)
}

/// What a form has to have. What it may have besides is left to clients.
#[derive(serde::Deserialize)]
struct Flat {
    #[serde(rename = "type")]
    _type: TypeOfForm,
    #[serde(rename = "properties")]
    _properties: BTreeMap<String, Field>,
}

#[derive(serde::Deserialize)]
struct Field {
    #[serde(rename = "type")]
    _type: TypeOfField,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum TypeOfForm {
    Object,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum TypeOfField {
    String,
    Number,
    Integer,
    Boolean,
    /// Several choices at once.
    Array,
}

#[cfg(test)]
mod tests {
    use super::{Outcome, form_schema, tool};
    use crate::abi::v0_1::bindings::exports::wharf::plugin::tools::ToolOutcome;

    #[test]
    fn a_call_is_put_off_once() {
        let first = tool(ToolOutcome::Deferred, false);
        assert!(matches!(first, Ok(Outcome::Deferred)));
        let second = tool(ToolOutcome::Deferred, true).map_err(|bad| bad.to_string());
        let expected = "a malformed `outcome`: the call has been put off already";
        assert_eq!(second, Err(expected.to_owned()));
    }

    #[test]
    fn forms_are_flat() {
        let check = |schema: &str| form_schema(schema.to_owned()).is_ok();
        assert!(check(r#"{"type":"object","properties":{}}"#));
        for field in ["string", "number", "integer", "boolean", "array"] {
            let field = format!(r#"{{"type":"{field}","title":"x"}}"#);
            let form = format!(r#"{{"type":"object","properties":{{"f":{field}}}}}"#);
            assert!(check(&form), "{form}");
        }
        for form in [
            "{}",
            r#"{"type":"object"}"#,
            r#"{"type":"array","properties":{}}"#,
            r#"{"type":"object","properties":{"f":{"type":"object","properties":{}}}}"#,
            r#"{"type":"object","properties":{"f":{"type":["string","null"]}}}"#,
            r##"{"type":"object","properties":{"f":{"$ref":"#/$defs/f"}}}"##,
            r#"{"type":"object","properties":{"f":true}}"#,
        ] {
            assert!(!check(form), "{form}");
        }
    }
}
