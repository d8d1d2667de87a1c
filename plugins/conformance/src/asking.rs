//! Tools that ask one question and tell what came back.

use crate::forms::in_words;
use wharf_sdk::prelude::*;

/// What to ask the model.
#[data]
pub(crate) struct Ask {
    /// The prompt for the client's model.
    pub(crate) prompt: String,
}

/// Asks the client's model and returns its answer.
#[tool]
pub(crate) fn test_sampling(request: &Request, args: Ask) -> Result<String> {
    let answer = request.ask(Sampling::new("answer", args.prompt, 100))?;
    Ok(format!("LLM response: {}", answer.text()))
}

/// What to ask the person.
#[data]
pub(crate) struct Elicit {
    /// Why the person is asked.
    pub(crate) message: String,
}

/// How to reach the person.
#[data]
struct Contact {
    /// User's response
    username: String,
    /// User's email address
    email: String,
}

/// Asks the person for a name and an address and returns what they said.
#[tool]
pub(crate) fn test_elicitation(request: &Request, args: Elicit) -> Result<String> {
    let form = Form::<Contact>::new("contact", args.message);
    let reply = request.ask(form.reply())?;
    Ok(format!("User response: {}", in_words(reply)))
}

/// A form that is filled in already.
#[data]
struct Profile {
    /// User's name
    #[serde(default = "default_name")]
    name: String,
    /// User's age
    #[serde(default = "default_age")]
    age: u8,
    /// User's score
    #[serde(default = "default_score")]
    score: f64,
    /// User's status
    #[serde(default)]
    status: Status,
    /// Whether the user is verified
    #[serde(default = "default_verified")]
    verified: bool,
}

/// One of three, of which one is usual.
#[data]
#[derive(Default)]
#[serde(rename_all = "lowercase")]
enum Status {
    #[default]
    Active,
    Inactive,
    Pending,
}

fn default_name() -> String {
    "John Doe".to_owned()
}

fn default_age() -> u8 {
    30
}

fn default_score() -> f64 {
    95.5
}

fn default_verified() -> bool {
    true
}

/// Asks the person for a form in which every field has a default.
#[tool]
pub(crate) fn test_elicitation_sep1034_defaults(request: &Request) -> Result<String> {
    let form = Form::<Profile>::new("profile", "Please review these values.");
    let reply = request.ask(form.reply())?;
    Ok(format!("Elicitation completed: {}", in_words(reply)))
}

/// A form with every kind of choice.
#[data]
#[serde(rename_all = "camelCase")]
struct Choices {
    /// One of these
    untitled_single: Plain,
    /// One of these, with titles
    titled_single: Titled,
    /// One of these, with titles as they used to be written
    #[schemars(extend("enumNames" = ["Option One", "Option Two", "Option Three"]))]
    legacy_enum: Legacy,
    /// Some of these
    untitled_multi: Vec<Plain>,
    /// Some of these, with titles
    titled_multi: Vec<Titled>,
}

#[data]
#[serde(rename_all = "lowercase")]
enum Plain {
    Option1,
    Option2,
    Option3,
}

#[data]
#[serde(rename_all = "lowercase")]
enum Titled {
    /// First Option
    Value1,
    /// Second Option
    Value2,
    /// Third Option
    Value3,
}

#[data]
#[serde(rename_all = "lowercase")]
enum Legacy {
    Opt1,
    Opt2,
    Opt3,
}

/// Asks the person for a form with every kind of choice.
#[tool]
pub(crate) fn test_elicitation_sep1330_enums(request: &Request) -> Result<String> {
    let form = Form::<Choices>::new("choices", "Please choose.");
    let reply = request.ask(form.reply())?;
    Ok(format!("Elicitation completed: {}", in_words(reply)))
}

/// Cannot do without the client's model.
#[tool]
pub(crate) fn test_missing_capability(request: &Request) -> Result<String> {
    let greeting = request.ask(Sampling::new("greeting", "Generate a greeting", 100))?;
    Ok(format!("The model said: {}", greeting.text()))
}

/// Any text.
#[data]
struct AnyText {
    /// Any text
    value: String,
}

/// Asks the person for a text and returns it.
#[tool]
pub(crate) fn test_streaming_elicitation(request: &Request) -> Result<String> {
    let form = Form::<AnyText>::new("value", "Please provide a value.");
    Ok(request.ask(form)?.value)
}
