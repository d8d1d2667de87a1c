//! Prompts: without arguments, with them, with media, and one that asks.

use crate::media::PNG;
use wharf_sdk::prelude::*;

/// Says one thing.
#[prompt]
pub(crate) fn test_simple_prompt() -> &'static str {
    "This is a simple prompt for testing."
}

/// Two arguments.
#[data]
pub(crate) struct Two {
    /// First test argument
    arg1: String,
    /// Second test argument
    arg2: String,
}

/// Repeats its arguments.
#[prompt]
pub(crate) fn test_prompt_with_arguments(args: Two) -> String {
    let Two { arg1, arg2 } = args;
    format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")
}

/// A resource.
#[data]
#[serde(rename_all = "camelCase")]
pub(crate) struct Embed {
    /// URI of the resource to embed
    resource_uri: String,
}

/// Shows a resource.
#[prompt]
pub(crate) fn test_prompt_with_embedded_resource(args: Embed) -> [Message; 2] {
    let text = "Embedded resource content for testing.";
    let resource = Contents::text(args.resource_uri, text).mime_type("text/plain");
    [
        Message::user(Content::embedded(resource)),
        Message::user("Please process the embedded resource above."),
    ]
}

/// Shows a picture.
#[prompt]
pub(crate) fn test_prompt_with_image() -> [Message; 2] {
    [
        Message::user(Content::image(PNG, "image/png")),
        Message::user("Please analyze the image above."),
    ]
}

/// What to talk about.
#[data]
struct Topic {
    /// What to talk about
    context: String,
}

/// Asks what to talk about first.
#[prompt]
pub(crate) fn test_input_required_result_prompt(request: &Request) -> Result<String> {
    let form = Form::<Topic>::new("user_context", "What context should the prompt use?");
    let Topic { context } = request.ask(form)?;
    Ok(format!("Prompt with context: {context}"))
}

/// Completes the first argument.
#[completion(prompt = "test_prompt_with_arguments", argument = "arg1")]
pub(crate) fn first_arguments(typing: &Typing) -> Vec<String> {
    typing.matching(["paris", "park", "party", "test", "testing"])
}

/// Completes the second argument.
#[completion(prompt = "test_prompt_with_arguments", argument = "arg2")]
pub(crate) fn second_arguments(typing: &Typing) -> Vec<String> {
    typing.matching(["value1", "value2"])
}
