//! Tools that return one kind of content each, or several, or an error.

use crate::media::{PNG, WAV};
use wharf_sdk::prelude::*;

/// Returns a text.
#[tool(read_only)]
pub(crate) fn test_simple_text() -> &'static str {
    "This is a simple text response for testing."
}

/// Returns a picture of one red pixel.
#[tool(read_only)]
pub(crate) fn test_image_content() -> Content {
    Content::image(PNG, "image/png")
}

/// Returns a very short sound.
#[tool(read_only)]
pub(crate) fn test_audio_content() -> Content {
    Content::audio(WAV, "audio/wav")
}

/// Returns the contents of a resource.
#[tool(read_only)]
pub(crate) fn test_embedded_resource() -> Content {
    let text = "This is an embedded resource content.";
    Content::embedded(Contents::text("test://embedded-resource", text).mime_type("text/plain"))
}

/// Returns a text, a picture and the contents of a resource.
#[tool(read_only)]
pub(crate) fn test_multiple_content_types() -> Vec<Content> {
    let data = json!({ "test": "data", "value": 123 }).to_string();
    let resource = Contents::text("test://mixed-content-resource", data);
    vec![
        Content::text("Multiple content types test:"),
        Content::image(PNG, "image/png"),
        Content::embedded(resource.mime_type("application/json")),
    ]
}

/// Never succeeds.
#[tool(read_only)]
pub(crate) fn test_error_handling() -> Result<()> {
    bail!("This tool intentionally returns an error for testing")
}
