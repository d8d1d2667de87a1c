//! Tools, resources, templates and prompts as clients see them in lists.

use bytes::Bytes;

use super::content::{annotations, icons};
use crate::model::{Prompt, Resource, ResourceTemplate, TaskSupport, Tool};
use crate::revision::{Dialect, Revision, Structured, Tasks};
use crate::write::Writer;

/// A list that was written out when its plugins were loaded, once for each
/// revision. Serving it copies bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionList {
    /// The list's member of the result, such as `"tools":[…]`, by revision.
    members: [Bytes; Revision::ALL.len()],
}

impl DefinitionList {
    /// `tools/list`, in the given order.
    pub fn tools(tools: &[&Tool]) -> Self {
        Self::new("tools", tools, tool)
    }

    /// `prompts/list`, in the given order.
    pub fn prompts(prompts: &[&Prompt]) -> Self {
        Self::new("prompts", prompts, prompt)
    }

    /// `resources/templates/list`, in the given order.
    pub fn templates(templates: &[&ResourceTemplate]) -> Self {
        Self::new("resourceTemplates", templates, template)
    }

    /// The list's member of the result.
    pub(crate) fn member(&self, dialect: &Dialect) -> &Bytes {
        &self.members[dialect.revision.index()]
    }

    fn new<T>(name: &str, items: &[&T], each: fn(&mut Writer, &T, &Dialect)) -> Self {
        Self {
            members: Revision::ALL.map(|revision| {
                let mut w = Writer::default();
                w.key(name).array(items, |w, item| {
                    each(w, item, revision.dialect());
                });
                w.finish()
            }),
        }
    }
}

/// DWN-2, TOL-3.
fn tool(w: &mut Writer, tool: &Tool, dialect: &Dialect) {
    w.object(|w| {
        w.key("name").string(tool.name.as_str());
        title(w, tool.title.as_deref(), dialect);
        w.text_member("description", tool.description.as_deref());
        w.key("inputSchema").raw(tool.input_schema.as_str());
        if let Some(schema) = output_schema(tool, dialect) {
            w.key("outputSchema").raw(schema);
        }
        if dialect.tool_annotations {
            tool_annotations(w, tool, dialect);
        }
        if dialect.tasks == Tasks::Core {
            w.key("execution").object(|w| {
                w.key("taskSupport").string(match tool.task_support {
                    TaskSupport::Forbidden => "forbidden",
                    TaskSupport::Optional => "optional",
                    TaskSupport::Required => "required",
                });
            });
        }
        icons(w, &tool.icons, dialect);
        if dialect.titles_and_meta {
            w.json_member("_meta", tool.meta.as_ref());
        }
    });
}

fn tool_annotations(w: &mut Writer, tool: &Tool, dialect: &Dialect) {
    let hints = &tool.annotations;
    // Revisions without a title of their own have one among the annotations.
    let title = tool.title.as_deref().filter(|_| !dialect.titles_and_meta);
    if title.is_none() && *hints == crate::model::ToolAnnotations::default() {
        return;
    }
    w.key("annotations").object(|w| {
        w.text_member("title", title);
        w.boolean_member("readOnlyHint", hints.read_only);
        w.boolean_member("destructiveHint", hints.destructive);
        w.boolean_member("idempotentHint", hints.idempotent);
        w.boolean_member("openWorldHint", hints.open_world);
    });
}

/// The output schema, where the client can make sense of it (DWN-3, TOL-5).
fn output_schema<'a>(tool: &'a Tool, dialect: &Dialect) -> Option<&'a str> {
    let schema = tool.output_schema.as_ref()?.as_str();
    match dialect.structured {
        Structured::No => None,
        Structured::Object => describes_object(schema).then_some(schema),
        Structured::Any => Some(schema),
    }
}

fn describes_object(schema: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Root<'a> {
        #[serde(rename = "type", default, borrow)]
        kind: Option<&'a serde_json::value::RawValue>,
    }
    serde_json::from_str::<Root<'_>>(schema)
        .is_ok_and(|root| root.kind.is_some_and(|kind| kind.get() == r#""object""#))
}

/// A resource, in a list or as a link: the members, without braces.
pub(super) fn resource_members(w: &mut Writer, resource: &Resource, dialect: &Dialect) {
    w.key("uri").string(&resource.uri);
    w.key("name").string(&resource.name);
    title(w, resource.title.as_deref(), dialect);
    w.text_member("description", resource.description.as_deref());
    w.text_member("mimeType", resource.mime_type.as_deref());
    if let Some(size) = resource.size {
        w.key("size").number(size);
    }
    annotations(w, resource.annotations.as_ref(), dialect);
    icons(w, &resource.icons, dialect);
    if dialect.titles_and_meta {
        w.json_member("_meta", resource.meta.as_ref());
    }
}

fn template(w: &mut Writer, template: &ResourceTemplate, dialect: &Dialect) {
    w.object(|w| {
        w.key("uriTemplate").string(&template.uri_template);
        w.key("name").string(&template.name);
        title(w, template.title.as_deref(), dialect);
        w.text_member("description", template.description.as_deref());
        w.text_member("mimeType", template.mime_type.as_deref());
        annotations(w, template.annotations.as_ref(), dialect);
        icons(w, &template.icons, dialect);
        if dialect.titles_and_meta {
            w.json_member("_meta", template.meta.as_ref());
        }
    });
}

fn prompt(w: &mut Writer, prompt: &Prompt, dialect: &Dialect) {
    w.object(|w| {
        w.key("name").string(prompt.name.as_str());
        title(w, prompt.title.as_deref(), dialect);
        w.text_member("description", prompt.description.as_deref());
        if !prompt.arguments.is_empty() {
            w.key("arguments").array(&prompt.arguments, |w, argument| {
                w.object(|w| {
                    w.key("name").string(&argument.name);
                    title(w, argument.title.as_deref(), dialect);
                    w.text_member("description", argument.description.as_deref());
                    w.key("required").boolean(argument.required);
                });
            });
        }
        icons(w, &prompt.icons, dialect);
        if dialect.titles_and_meta {
            w.json_member("_meta", prompt.meta.as_ref());
        }
    });
}

fn title(w: &mut Writer, title: Option<&str>, dialect: &Dialect) {
    if dialect.titles_and_meta {
        w.text_member("title", title);
    }
}
