//! Prompts as functions, and arguments that are strings.

use crate::prompt::{PromptArguments, PromptFn, PromptResult};
use crate::testing::{TestRequest, get_prompt};
use crate::{Request, Result, data, prompt};

#[data]
struct Review {
    /// What to review.
    #[schemars(title = "Code")]
    code: String,
    lines: Option<u32>,
    #[serde(default)]
    strict: bool,
    tone: Option<Tone>,
}

#[data]
#[derive(Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Tone {
    Kind,
    Stern,
}

/// Reviews code.
#[prompt(title = "Review")]
fn review(request: &Request, args: Review) -> Result<String> {
    let who = request.client().map(|client| client.name);
    Ok(format!(
        "{} {:?} {} {:?} {who:?}",
        args.code, args.lines, args.strict, args.tone
    ))
}

#[test]
fn fields_are_blanks() {
    let prompt = review::definition().0;
    assert_eq!(prompt.description.as_deref(), Some("Reviews code."));
    let blanks = prompt.arguments.iter();
    let blanks: Vec<_> = blanks
        .map(|blank| (blank.name.as_str(), blank.required))
        .collect();
    assert_eq!(
        blanks,
        [
            ("code", true),
            ("lines", false),
            ("strict", false),
            ("tone", false)
        ]
    );
    assert_eq!(prompt.arguments[0].title.as_deref(), Some("Code"));
    assert_eq!(
        prompt.arguments[0].description.as_deref(),
        Some("What to review.")
    );
}

#[track_caller]
fn check(arguments: &[(&str, &str)], expected: &str) {
    let request = TestRequest::new().build();
    let said = match get_prompt::<review>(&request, arguments) {
        Ok(PromptResult(result)) => format!("{:?}", result.messages[0].content),
        Err(error) => error.to_string(),
    };
    assert!(said.contains(expected), "{said}");
}

#[test]
fn strings_become_what_fields_want() {
    check(&[("code", "x")], "x None false None None");
    check(
        &[("code", "1"), ("lines", "3"), ("strict", "true")],
        "1 Some(3) true None None",
    );
    check(
        &[("code", "x"), ("tone", "stern")],
        "x None false Some(Stern) None",
    );
    check(
        &[("code", "x"), ("lines", "many")],
        "`many` is not a whole number that fits",
    );
    check(
        &[("code", "x"), ("strict", "yes")],
        "`yes` is not true or false",
    );
    check(&[("code", "x"), ("tone", "loud")], "unknown variant `loud`");
    check(&[], "missing field `code`");
}

#[test]
fn arguments_are_found_by_name() {
    let arguments = PromptArguments::new([("a".to_owned(), "1".to_owned())]);
    assert_eq!(arguments.get("a"), Some("1"));
    assert_eq!(arguments.get("b"), None);
}
