//! Objects with everything set that can be set, and with as little as there may
//! be.

use wharf_mcp::model::{
    Annotations, Content, EmbeddedResource, Icon, IconTheme, Json, MediaContent, Prompt,
    PromptArgument, Resource, ResourceBody, ResourceContents, ResourceLink, ResourceTemplate, Role,
    TaskSupport, TextContent, Tool, ToolAnnotations, ToolName,
};

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text.to_owned()).unwrap()
}

fn meta() -> Json {
    json(r#"{"example.com/a":[1,"ü"]}"#)
}

fn icons() -> Vec<Icon> {
    vec![
        Icon {
            src: "https://example.com/dark.png".to_owned(),
            mime_type: Some("image/png".to_owned()),
            sizes: vec!["48x48".to_owned(), "any".to_owned()],
            theme: Some(IconTheme::Dark),
        },
        Icon {
            src: "data:image/png;base64,AAAA".to_owned(),
            mime_type: None,
            sizes: Vec::new(),
            theme: None,
        },
    ]
}

fn annotations() -> Annotations {
    Annotations {
        audience: vec![Role::User, Role::Assistant],
        priority: Some(0.5),
        last_modified: Some("2025-01-12T15:00:58Z".to_owned()),
    }
}

pub(crate) fn tool() -> Tool {
    Tool {
        name: ToolName::new("full.tool-1_A").unwrap(),
        title: Some("A \"full\" tool".to_owned()),
        description: Some("Does\nthings\u{2028}".to_owned()),
        input_schema: json(
            r##"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"string"}},"oneOf":[{"required":["a"]},{}],"if":{},"then":{}}"##,
        ),
        output_schema: Some(json(
            r#"{"type":"object","properties":{"n":{"type":"number"}}}"#,
        )),
        annotations: ToolAnnotations {
            read_only: Some(true),
            destructive: Some(false),
            idempotent: Some(true),
            open_world: Some(false),
        },
        icons: icons(),
        task_support: TaskSupport::Optional,
        meta: Some(meta()),
    }
}

/// Its results are lists.
pub(crate) fn listing_tool() -> Tool {
    Tool {
        name: ToolName::new("lists").unwrap(),
        title: Some("Lists".to_owned()),
        output_schema: Some(json(r#"{"type":"array","items":{"type":"number"}}"#)),
        ..bare_tool()
    }
}

pub(crate) fn bare_tool() -> Tool {
    Tool {
        name: ToolName::new("bare").unwrap(),
        title: None,
        description: None,
        input_schema: json(r#"{"type":"object"}"#),
        output_schema: None,
        annotations: ToolAnnotations::default(),
        icons: Vec::new(),
        task_support: TaskSupport::Forbidden,
        meta: None,
    }
}

pub(crate) fn resource() -> Resource {
    Resource {
        uri: "file:///a%20b".to_owned(),
        name: "a".to_owned(),
        title: Some("A".to_owned()),
        description: Some("The letter".to_owned()),
        mime_type: Some("text/plain".to_owned()),
        size: Some(9_007_199_254_740_993),
        annotations: Some(annotations()),
        icons: icons(),
        meta: Some(meta()),
    }
}

pub(crate) fn bare_resource() -> Resource {
    Resource {
        uri: "file:///b".to_owned(),
        name: "b".to_owned(),
        title: None,
        description: None,
        mime_type: None,
        size: None,
        annotations: Some(Annotations::default()),
        icons: Vec::new(),
        meta: None,
    }
}

pub(crate) fn template() -> ResourceTemplate {
    ResourceTemplate {
        uri_template: "file:///{path}{?q*}".to_owned(),
        name: "files".to_owned(),
        title: Some("Files".to_owned()),
        description: Some("All of them".to_owned()),
        mime_type: Some("text/plain".to_owned()),
        annotations: Some(annotations()),
        icons: icons(),
        meta: Some(meta()),
    }
}

pub(crate) fn bare_template() -> ResourceTemplate {
    ResourceTemplate {
        uri_template: "item:///{id}".to_owned(),
        name: "items".to_owned(),
        title: None,
        description: None,
        mime_type: None,
        annotations: None,
        icons: Vec::new(),
        meta: None,
    }
}

pub(crate) fn prompt() -> Prompt {
    Prompt {
        name: ToolName::new("full").unwrap(),
        title: Some("Full".to_owned()),
        description: Some("Asks for everything".to_owned()),
        arguments: vec![
            PromptArgument {
                name: "a".to_owned(),
                title: Some("A".to_owned()),
                description: Some("The first".to_owned()),
                required: true,
            },
            PromptArgument {
                name: "b".to_owned(),
                title: None,
                description: None,
                required: false,
            },
        ],
        icons: icons(),
        meta: Some(meta()),
    }
}

pub(crate) fn bare_prompt() -> Prompt {
    Prompt {
        name: ToolName::new("bare").unwrap(),
        title: None,
        description: None,
        arguments: Vec::new(),
        icons: Vec::new(),
        meta: None,
    }
}

pub(crate) fn text_contents() -> ResourceContents {
    ResourceContents {
        uri: "file:///a".to_owned(),
        mime_type: Some("text/plain".to_owned()),
        body: ResourceBody::Text("tab\there, \u{1F600}".to_owned()),
        meta: Some(meta()),
    }
}

pub(crate) fn blob_contents() -> ResourceContents {
    ResourceContents {
        uri: "file:///b".to_owned(),
        mime_type: None,
        body: ResourceBody::Blob(vec![0, 255, 16]),
        meta: None,
    }
}

fn media(mime_type: &str) -> MediaContent {
    MediaContent {
        data: vec![1, 2, 3, 4],
        mime_type: mime_type.to_owned(),
        annotations: Some(annotations()),
        meta: Some(meta()),
    }
}

/// A block of every kind, with all that can hang on it.
pub(crate) fn blocks() -> Vec<Content> {
    vec![
        Content::Text(TextContent {
            text: "said".to_owned(),
            annotations: Some(annotations()),
            meta: Some(meta()),
        }),
        Content::Text(TextContent {
            text: String::new(),
            annotations: Some(Annotations {
                last_modified: Some("2025-01-12T15:00:58Z".to_owned()),
                ..Annotations::default()
            }),
            meta: None,
        }),
        Content::Image(media("image/png")),
        Content::Audio(media("audio/wav")),
        Content::ResourceLink(ResourceLink {
            resource: resource(),
        }),
        Content::ResourceLink(ResourceLink {
            resource: bare_resource(),
        }),
        Content::Embedded(EmbeddedResource {
            contents: text_contents(),
            annotations: Some(annotations()),
            meta: Some(meta()),
        }),
        Content::Embedded(EmbeddedResource {
            contents: blob_contents(),
            annotations: None,
            meta: None,
        }),
    ]
}
