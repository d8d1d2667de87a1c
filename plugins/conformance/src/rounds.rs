//! Tools that take several runs: one for each round of questions.

use crate::forms::Name;
use wharf_sdk::prelude::*;

/// Asks for a name, then greets.
#[tool]
pub(crate) fn test_input_required_result_elicitation(request: &Request) -> Result<String> {
    let Name { name } = request.ask(Name::of_user())?;
    Ok(format!("Hello, {name}!"))
}

/// Asks the client's model for the capital of France and returns its answer.
#[tool]
pub(crate) fn test_input_required_result_sampling(request: &Request) -> Result<String> {
    let question = "What is the capital of France?";
    let answer = request.ask(Sampling::new("capital_question", question, 100))?;
    Ok(answer.text())
}

/// Asks for the client's folders and lists them.
#[tool]
pub(crate) fn test_input_required_result_list_roots(request: &Request) -> Result<String> {
    let roots = request.ask(Roots::new("client_roots"))?;
    Ok(format!("The client works in: {}", uris(&roots)))
}

/// A confirmation.
#[data]
struct Confirmation {
    /// Whether it is all right
    ok: bool,
}

/// Asks for a confirmation and remembers something until it is there.
#[tool]
pub(crate) fn test_input_required_result_request_state(request: &Request) -> Result<String> {
    confirm(request)
}

/// The same, for clients that try to change what is remembered.
#[tool]
pub(crate) fn test_input_required_result_tampered_state(request: &Request) -> Result<String> {
    confirm(request)
}

fn confirm(request: &Request) -> Result<String> {
    let form = Form::<Confirmation>::new("confirm", "Please confirm");
    let Confirmation { ok } = request.ask_keeping(form, &"state-ok")?;
    let kept = request
        .state::<String>()?
        .context("nothing was remembered")?;
    Ok(format!("Confirmed: {ok}, remembered: {kept}"))
}

/// Asks the person, the client's model and the client at once.
#[tool]
pub(crate) fn test_input_required_result_multiple_inputs(request: &Request) -> Result<String> {
    let (Name { name }, greeting, roots) =
        request.ask((Name::of_user(), greeting(), Roots::new("client_roots")))?;
    let greeting = greeting.text();
    Ok(format!("{name}, {greeting} You work in: {}", uris(&roots)))
}

/// A colour.
#[data]
struct Colour {
    /// A color
    color: String,
}

/// Asks for a name, and when it is there, for a color.
#[tool]
pub(crate) fn test_input_required_result_multi_round(request: &Request) -> Result<String> {
    let Name { name } = request.ask(Form::new("step1", "Step 1: What is your name?"))?;
    let form = Form::<Colour>::new("step2", "Step 2: What is your favorite color?");
    let Colour { color } = request.ask(form)?;
    Ok(format!("{name} likes {color}."))
}

/// Asks whatever this client can be asked.
#[tool]
pub(crate) fn test_input_required_result_capabilities(request: &Request) -> Result<String> {
    let (name, greeting, roots) = request.ask((
        request.can_ask(AskKind::Form).then(Name::of_user),
        request.can_ask(AskKind::Sampling).then(greeting),
        request
            .can_ask(AskKind::Roots)
            .then(|| Roots::new("client_roots")),
    ))?;
    let known = json!({
        "name": name.map(|form| form.name),
        "greeting": greeting.map(|message| message.text()),
        "roots": roots.map(|roots| uris(&roots)),
    });
    Ok(known.to_string())
}

fn greeting() -> Sampling {
    Sampling::new("greeting", "Generate a greeting", 50)
}

fn uris(roots: &[Root]) -> String {
    let uris: Vec<_> = roots.iter().map(|root| root.uri.as_str()).collect();
    uris.join(", ")
}
