//! Tools that may, must or never do run as tasks.

use crate::forms::Name;
use std::thread::sleep;
use std::time::Duration;
use wharf_sdk::prelude::*;

/// Whom to greet.
#[data]
pub(crate) struct Greet {
    /// The name of the person to greet.
    pub(crate) name: String,
}

/// Greets somebody by name, at once.
#[tool(read_only)]
pub(crate) fn greet(args: Greet) -> String {
    format!("Hello, {}!", args.name)
}

/// How long to compute.
#[data]
pub(crate) struct Compute {
    /// Seconds.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub(crate) seconds: f64,
    /// A name for the computation.
    pub(crate) label: Option<String>,
}

/// Takes as many seconds as it is told to.
#[tool(read_only, task = "optional")]
pub(crate) fn slow_compute(args: Compute) -> Result<String> {
    sleep(Duration::try_from_secs_f64(args.seconds)?);
    let label = args.label.as_deref().unwrap_or("compute");
    Ok(format!("{label} took {} seconds", args.seconds))
}

/// Works for a second and does not succeed. Runs as a task only.
#[tool(read_only, task = "required")]
pub(crate) fn failing_job() -> Result<()> {
    sleep(Duration::from_secs(1));
    bail!("This job intentionally fails for testing")
}

/// Works for a moment and breaks.
#[tool(read_only, task = "optional")]
pub(crate) fn protocol_error_job() -> Result<()> {
    sleep(Duration::from_millis(200));
    Err(Error::internal("This job intentionally breaks for testing"))
}

/// What to delete.
#[data]
pub(crate) struct Delete {
    /// The name of a file.
    pub(crate) filename: String,
}

/// A confirmation.
#[data]
struct Confirmation {
    /// Whether to delete it
    confirm: bool,
}

/// Asks for a confirmation, then pretends to delete a file.
#[tool(task = "optional")]
pub(crate) fn confirm_delete(request: &Request, args: Delete) -> Result<String> {
    let file = args.filename;
    let form = Form::<Confirmation>::new("confirm", format!("Delete {file}?"));
    Ok(if request.ask(form)?.confirm {
        format!("{file} was deleted")
    } else {
        format!("{file} was kept")
    })
}

/// Asks for two names at once.
#[tool(task = "optional")]
pub(crate) fn multi_input(request: &Request) -> Result<String> {
    let (first, second) = request.ask((
        Form::<Name>::new("first", "What is the first name?"),
        Form::<Name>::new("second", "What is the second name?"),
    ))?;
    Ok(format!("{} and {}", first.name, second.name))
}

/// Asks for a name, then does in the background what takes longer.
#[tool]
pub(crate) fn test_tool_with_task(request: &Request) -> Result<String> {
    let Name { name } = request.ask(Name::of_user())?;
    request.defer()?;
    sleep(Duration::from_millis(200));
    Ok(format!("Hello, {name}!"))
}
