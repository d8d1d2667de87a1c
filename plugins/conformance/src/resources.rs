//! Resources: a text, a picture, one to watch, and a family of them.

use crate::media::PNG;
use wharf_sdk::prelude::*;

const TEXT: &str = "test://static-text";
const BINARY: &str = "test://static-binary";
const WATCHED: &str = "test://watched-resource";
const TEMPLATE: &str = "test://template/{id}/data";

/// All of them.
pub(crate) struct Fixtures;

impl Resources for Fixtures {
    fn list(&self, _: &Request, _: Option<&str>) -> Result<Page> {
        Ok(Page::new([
            Resource::new(TEXT, "static-text")
                .title("Static text")
                .description("A text that never changes.")
                .mime_type("text/plain"),
            Resource::new(BINARY, "static-binary")
                .title("Static picture")
                .description("A picture that never changes.")
                .mime_type("image/png"),
            Resource::new(WATCHED, "watched-resource")
                .title("Watched resource")
                .description("A text to be told about when it changes.")
                .mime_type("text/plain"),
        ]))
    }

    fn templates(&self) -> Result<Vec<ResourceTemplate>> {
        Ok(vec![
            ResourceTemplate::new(TEMPLATE, "template")
                .title("Data by number")
                .description("What there is to know about a number.")
                .mime_type("application/json"),
        ])
    }

    fn read(&self, _: &Request, uri: &str) -> Result<ReadResult> {
        let contents = match uri {
            TEXT => text(uri, "This is the content of the static text resource."),
            WATCHED => text(uri, "Watched resource content"),
            BINARY => Contents::blob(uri, PNG).mime_type("image/png"),
            other => data(other)?,
        };
        Ok(contents.into())
    }
}

fn text(uri: &str, text: &str) -> Contents {
    Contents::text(uri, text).mime_type("text/plain")
}

fn data(uri: &str) -> Result<Contents> {
    let id = uri.strip_prefix("test://template/");
    let id = id.and_then(|rest| rest.strip_suffix("/data"));
    let id = id.ok_or_else(|| Error::not_found(uri))?;
    let data = json!({
        "id": id,
        "templateTest": true,
        "data": format!("Data for ID: {id}"),
    });
    Ok(Contents::text(uri, data.to_string()).mime_type("application/json"))
}

/// Completes the number of the template.
#[completion(template = TEMPLATE, argument = "id")]
pub(crate) fn ids(typing: &Typing) -> Vec<String> {
    typing.matching(["1", "2", "3", "123"])
}
