//! Reading the lists of line 0.1: tools, prompts, resource templates.
//!
//! Stricter than reading results: a definition is sent to every client, and one
//! that breaks the protocol makes some clients refuse the whole list. Better that
//! the operator hears of it when the plugin is loaded.

use std::collections::BTreeSet;

use wharf_mcp::model;

use super::bindings::exports::wharf::plugin::{permissions, prompts, resources, tools};
use super::content::{annotations, icons};
use crate::console::one_line;
use crate::error::BadDefinition;
use crate::output::{Bad, Entries, meta, object};
use crate::permissions::{Capability, Permission};

/// The tools, with names that are valid and unique and schemas that are objects.
pub(super) fn tools(list: Vec<tools::Tool>) -> Result<Vec<model::Tool>, BadDefinition> {
    read_all("tool", list, |tool| tool.name.clone(), tool)
}

/// The prompts, with names that are valid and unique.
pub(super) fn prompts(list: Vec<prompts::Prompt>) -> Result<Vec<model::Prompt>, BadDefinition> {
    read_all("prompt", list, |prompt| prompt.name.clone(), prompt)
}

/// The templates, each of them once.
pub(super) fn templates(
    list: Vec<resources::ResourceTemplate>,
) -> Result<Vec<model::ResourceTemplate>, BadDefinition> {
    let id = |template: &resources::ResourceTemplate| template.uri_template.clone();
    read_all("resource template", list, id, template)
}

/// Things that a plugin may ask for: a list that nobody reads protects nobody.
const MAX_PERMISSIONS: usize = 100;

/// Characters of a reason. One sentence.
const MAX_REASON: usize = 200;

/// What it asks for.
pub(super) fn permissions(
    list: Vec<permissions::Permission>,
) -> Result<Vec<Permission>, BadDefinition> {
    if list.len() > MAX_PERMISSIONS {
        return Err(BadDefinition {
            item: "the list of permissions".to_owned(),
            problem: format!("it has more than {MAX_PERMISSIONS}"),
        });
    }
    let permissions = list.into_iter().enumerate().map(|(index, asked)| {
        permission(asked).map_err(|bad| BadDefinition {
            item: format!("permission {index}"),
            problem: bad.to_string(),
        })
    });
    permissions.collect()
}

fn permission(asked: permissions::Permission) -> Result<Permission, Bad> {
    let bad = |problem: String| Bad::new("capability", problem);
    let capability = match asked.capability {
        permissions::Capability::ReadFiles(path) => Capability::ReadFiles(folder(path)?),
        permissions::Capability::ChangeFiles(path) => Capability::ChangeFiles(folder(path)?),
        permissions::Capability::Environment(name) => Capability::Environment(one_line(&name)),
        permissions::Capability::Config(key) => Capability::Config(one_line(&key)),
        permissions::Capability::Http(target) => Capability::Http(
            target
                .parse()
                .map_err(|problem| bad(format!("`{}`: {problem}", one_line(&target))))?,
        ),
        permissions::Capability::Tcp(target) => Capability::Tcp(
            target
                .parse()
                .map_err(|problem| bad(format!("`{}`: {problem}", one_line(&target))))?,
        ),
        permissions::Capability::Udp(target) => Capability::Udp(
            target
                .parse()
                .map_err(|problem| bad(format!("`{}`: {problem}", one_line(&target))))?,
        ),
        permissions::Capability::KeyValue => Capability::KeyValue,
    };
    Ok(Permission {
        capability,
        reason: one_line(&asked.reason).chars().take(MAX_REASON).collect(),
        required: asked.required,
    })
}

/// The path of a folder, without anything in it that would have to be resolved.
fn folder(path: String) -> Result<String, Bad> {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..");
    let below = path.strip_prefix('/');
    let is_path = below.is_some_and(|below| below.is_empty() || below.split('/').all(is_plain));
    if is_path && one_line(&path) == path {
        Ok(path)
    } else {
        let problem = format!("`{}` is not an absolute path", one_line(&path));
        Err(Bad::new("capability", problem))
    }
}

/// Reads definitions, and says which of them is not valid.
fn read_all<T, U>(
    kind: &str,
    list: Vec<T>,
    id: impl Fn(&T) -> String,
    read: impl Fn(T) -> Result<U, Bad>,
) -> Result<Vec<U>, BadDefinition> {
    let mut seen = BTreeSet::new();
    let definitions = list.into_iter().map(|definition| {
        let id = id(&definition);
        let item = format!("{kind} `{}`", one_line(&id));
        if !seen.insert(id) {
            let problem = "there is another one of this name".to_owned();
            return Err(BadDefinition { item, problem });
        }
        read(definition).map_err(|bad| BadDefinition {
            item,
            problem: bad.to_string(),
        })
    });
    definitions.collect()
}

fn tool(tool: tools::Tool) -> Result<model::Tool, Bad> {
    let output_schema = tool.output_schema.map(|text| object("output-schema", text));
    Ok(model::Tool {
        name: name(tool.name)?,
        title: tool.title,
        description: tool.description,
        input_schema: input_schema(tool.input_schema)?,
        output_schema: output_schema.transpose()?,
        annotations: tool_annotations(tool.annotations),
        icons: icons(tool.icons),
        task_support: task_support(tool.task_support),
        meta: meta(tool.meta)?,
    })
}

/// A schema of arguments. The protocol wants its `type` to be there and to say
/// `object`; there are clients that refuse the whole list otherwise.
fn input_schema(text: String) -> Result<model::Json, Bad> {
    const MEMBER: &str = "input-schema";
    let schema = object(MEMBER, text)?;
    let entries = Entries::of(&schema).map_err(|error| Bad::new(MEMBER, error))?;
    if entries.get("type") == Some("\"object\"") {
        Ok(schema)
    } else {
        Err(Bad::new(MEMBER, "its `type` is not `object`"))
    }
}

fn prompt(prompt: prompts::Prompt) -> Result<model::Prompt, Bad> {
    let mut seen = BTreeSet::new();
    let mut twice = prompt
        .arguments
        .iter()
        .filter(|argument| !seen.insert(&argument.name));
    if let Some(argument) = twice.next() {
        let problem = format!("there are two named `{}`", argument.name);
        return Err(Bad::new("arguments", problem));
    }
    Ok(model::Prompt {
        name: name(prompt.name)?,
        title: prompt.title,
        description: prompt.description,
        arguments: prompt.arguments.into_iter().map(argument).collect(),
        icons: icons(prompt.icons),
        meta: meta(prompt.meta)?,
    })
}

fn argument(argument: prompts::PromptArgument) -> model::PromptArgument {
    model::PromptArgument {
        name: argument.name,
        title: argument.title,
        description: argument.description,
        required: argument.required,
    }
}

fn template(template: resources::ResourceTemplate) -> Result<model::ResourceTemplate, Bad> {
    Ok(model::ResourceTemplate {
        uri_template: template.uri_template,
        name: template.name,
        title: template.title,
        description: template.description,
        mime_type: template.mime_type,
        annotations: annotations(template.annotations)?,
        icons: icons(template.icons),
        meta: meta(template.meta)?,
    })
}

fn name(name: String) -> Result<model::ToolName, Bad> {
    model::ToolName::new(name).map_err(|error| Bad::new("name", error))
}

fn tool_annotations(annotations: tools::ToolAnnotations) -> model::ToolAnnotations {
    model::ToolAnnotations {
        read_only: annotations.read_only,
        destructive: annotations.destructive,
        idempotent: annotations.idempotent,
        open_world: annotations.open_world,
    }
}

fn task_support(support: tools::TaskSupport) -> model::TaskSupport {
    match support {
        tools::TaskSupport::Forbidden => model::TaskSupport::Forbidden,
        tools::TaskSupport::Optional => model::TaskSupport::Optional,
        tools::TaskSupport::Required => model::TaskSupport::Required,
    }
}
