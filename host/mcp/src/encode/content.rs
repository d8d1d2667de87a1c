//! Content blocks, and what hangs on them.

use super::definition::resource_members;
use crate::model::{
    Annotations, Content, EmbeddedResource, Icon, IconTheme, Json, MediaContent, Resource,
    ResourceBody, ResourceContents, Role,
};
use crate::revision::Dialect;
use crate::write::Writer;

/// One block, or the nearest thing the revision knows.
pub(super) fn block(w: &mut Writer, content: &Content, dialect: &Dialect) {
    match content {
        Content::Text(text) => w.object(|w| {
            w.key("type").string("text");
            w.key("text").string(&text.text);
            trimmings(w, text.annotations.as_ref(), text.meta.as_ref(), dialect);
        }),
        Content::Image(image) => media(w, "image", image, dialect),
        Content::Audio(audio) if dialect.audio => media(w, "audio", audio, dialect),
        Content::Audio(audio) => audio_as_resource(w, audio, dialect),
        Content::ResourceLink(link) if dialect.resource_link => w.object(|w| {
            w.key("type").string("resource_link");
            resource_members(w, &link.resource, dialect);
        }),
        Content::ResourceLink(link) => w.object(|w| {
            w.key("type").string("text");
            w.key("text").string(&link_as_text(&link.resource));
            annotations(w, link.resource.annotations.as_ref(), dialect);
        }),
        Content::Embedded(embedded) => resource(w, embedded, dialect),
    }
}

/// A text block of our own.
pub(super) fn text(w: &mut Writer, text: &str) {
    w.object(|w| {
        w.key("type").string("text");
        w.key("text").string(text);
    });
}

fn media(w: &mut Writer, kind: &str, media: &MediaContent, dialect: &Dialect) {
    w.object(|w| {
        w.key("type").string(kind);
        w.key("data").base64(&media.data);
        w.key("mimeType").string(&media.mime_type);
        trimmings(w, media.annotations.as_ref(), media.meta.as_ref(), dialect);
    });
}

/// DWN-6: a client that knows no sounds can still save one.
fn audio_as_resource(w: &mut Writer, audio: &MediaContent, dialect: &Dialect) {
    w.object(|w| {
        w.key("type").string("resource");
        w.key("resource").object(|w| {
            w.key("uri").string("wharf:audio");
            w.key("mimeType").string(&audio.mime_type);
            w.key("blob").base64(&audio.data);
        });
        trimmings(w, audio.annotations.as_ref(), audio.meta.as_ref(), dialect);
    });
}

/// DWN-7.
fn link_as_text(resource: &Resource) -> String {
    let name = resource.title.as_ref().unwrap_or(&resource.name);
    let mut text = format!("{name}: {}", resource.uri);
    if let Some(mime_type) = &resource.mime_type {
        text.push_str(" (");
        text.push_str(mime_type);
        text.push(')');
    }
    if let Some(description) = &resource.description {
        text.push('\n');
        text.push_str(description);
    }
    text
}

fn resource(w: &mut Writer, embedded: &EmbeddedResource, dialect: &Dialect) {
    w.object(|w| {
        w.key("type").string("resource");
        w.key("resource");
        contents(w, &embedded.contents, dialect);
        trimmings(
            w,
            embedded.annotations.as_ref(),
            embedded.meta.as_ref(),
            dialect,
        );
    });
}

/// The contents of a resource (RES-4).
pub(super) fn contents(w: &mut Writer, contents: &ResourceContents, dialect: &Dialect) {
    w.object(|w| {
        w.key("uri").string(&contents.uri);
        w.text_member("mimeType", contents.mime_type.as_deref());
        match &contents.body {
            ResourceBody::Text(text) => w.key("text").string(text),
            ResourceBody::Blob(blob) => w.key("blob").base64(blob),
        }
        if dialect.titles_and_meta {
            w.json_member("_meta", contents.meta.as_ref());
        }
    });
}

fn trimmings(w: &mut Writer, hints: Option<&Annotations>, meta: Option<&Json>, dialect: &Dialect) {
    annotations(w, hints, dialect);
    if dialect.titles_and_meta {
        w.json_member("_meta", meta);
    }
}

pub(super) fn annotations(w: &mut Writer, annotations: Option<&Annotations>, dialect: &Dialect) {
    let Some(annotations) = annotations else {
        return;
    };
    let last_modified = annotations.last_modified.as_deref();
    let last_modified = last_modified.filter(|_| dialect.titles_and_meta);
    let says_nothing = annotations.audience.is_empty()
        && annotations.priority.is_none()
        && last_modified.is_none();
    if says_nothing {
        return;
    }
    w.key("annotations").object(|w| {
        if !annotations.audience.is_empty() {
            w.key("audience")
                .array(&annotations.audience, |w, who| w.string(role(*who)));
        }
        if let Some(priority) = annotations.priority {
            w.key("priority").number(priority);
        }
        w.text_member("lastModified", last_modified);
    });
}

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

pub(super) fn icons(w: &mut Writer, icons: &[Icon], dialect: &Dialect) {
    if !dialect.icons || icons.is_empty() {
        return;
    }
    w.key("icons").array(icons, |w, icon| {
        w.object(|w| {
            w.key("src").string(&icon.src);
            w.text_member("mimeType", icon.mime_type.as_deref());
            if !icon.sizes.is_empty() {
                w.key("sizes").array(&icon.sizes, |w, size| w.string(size));
            }
            w.text_member(
                "theme",
                icon.theme.map(|theme| match theme {
                    IconTheme::Light => "light",
                    IconTheme::Dark => "dark",
                }),
            );
        });
    });
}
