//! Reading content of line 0.1: what results and messages are made of.

use wharf_mcp::model;

use super::bindings::wharf::plugin::types;
use crate::output::{Bad, meta};

pub(super) fn content(content: types::Content) -> Result<model::Content, Bad> {
    Ok(match content {
        types::Content::Text(text) => model::Content::Text(model::TextContent {
            text: text.text,
            annotations: annotations(text.annotations)?,
            meta: meta(text.meta)?,
        }),
        types::Content::Image(image) => model::Content::Image(media(image)?),
        types::Content::Audio(audio) => model::Content::Audio(media(audio)?),
        types::Content::ResourceLink(link) => model::Content::ResourceLink(resource_link(link)?),
        types::Content::Embedded(embedded) => model::Content::Embedded(model::EmbeddedResource {
            contents: resource_contents(embedded.contents).map_err(|bad| bad.within("contents"))?,
            annotations: annotations(embedded.annotations)?,
            meta: meta(embedded.meta)?,
        }),
    })
}

pub(super) fn resource_contents(
    contents: types::ResourceContents,
) -> Result<model::ResourceContents, Bad> {
    Ok(model::ResourceContents {
        uri: contents.uri,
        mime_type: contents.mime_type,
        body: match contents.body {
            types::ResourceBody::Text(text) => model::ResourceBody::Text(text),
            types::ResourceBody::Blob(bytes) => model::ResourceBody::Blob(bytes),
        },
        meta: meta(contents.meta)?,
    })
}

pub(super) fn annotations(
    annotations: Option<types::Annotations>,
) -> Result<Option<model::Annotations>, Bad> {
    let Some(annotations) = annotations else {
        return Ok(None);
    };
    let priority = annotations.priority;
    if priority.is_some_and(|priority| !(0.0..=1.0).contains(&priority)) {
        return Err(Bad::new("annotations.priority", "it is not from 0 to 1"));
    }
    Ok(Some(model::Annotations {
        audience: annotations.audience.into_iter().map(role).collect(),
        priority,
        last_modified: annotations.last_modified,
    }))
}

pub(super) fn icons(icons: Vec<types::Icon>) -> Vec<model::Icon> {
    icons.into_iter().map(icon).collect()
}

pub(super) fn role(role: types::Role) -> model::Role {
    match role {
        types::Role::User => model::Role::User,
        types::Role::Assistant => model::Role::Assistant,
    }
}

fn media(media: types::MediaContent) -> Result<model::MediaContent, Bad> {
    Ok(model::MediaContent {
        data: media.data,
        mime_type: media.mime_type,
        annotations: annotations(media.annotations)?,
        meta: meta(media.meta)?,
    })
}

fn resource_link(link: types::ResourceLink) -> Result<model::ResourceLink, Bad> {
    Ok(model::ResourceLink {
        resource: model::Resource {
            uri: link.uri,
            name: link.name,
            title: link.title,
            description: link.description,
            mime_type: link.mime_type,
            size: link.size,
            annotations: annotations(link.annotations)?,
            icons: icons(link.icons),
            meta: meta(link.meta)?,
        },
    })
}

fn icon(icon: types::Icon) -> model::Icon {
    model::Icon {
        src: icon.src,
        mime_type: icon.mime_type,
        sizes: icon.sizes,
        theme: icon.theme.map(|theme| match theme {
            types::IconTheme::Light => model::IconTheme::Light,
            types::IconTheme::Dark => model::IconTheme::Dark,
        }),
    }
}
