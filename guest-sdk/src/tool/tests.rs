//! Tools as functions: what `#[tool]` makes of them.

use crate::testing::{Said, TestRequest, call_tool};
use crate::tool::{TaskSupport, ToolFn, Tools};
use crate::{Content, Error, Json, Request, Result, ToolResult, data, json, tool};

#[data]
struct Point {
    x: i32,
    y: i32,
}

/// Adds.
///
/// Overflow is an error.
#[tool(read_only, destructive = false)]
fn add(args: Point) -> Result<Json<i32>> {
    Ok(Json(
        args.x
            .checked_add(args.y)
            .ok_or_else(|| Error::tool("too much"))?,
    ))
}

#[tool(
    name = "other",
    title = "Another",
    description = "Says so.",
    input_schema = json!({ "type": "object", "minProperties": 1 }),
    output = Point,
    icons = [crate::content::Icon::new("https://example.com/i.png")],
    task = "required",
    meta = json!({ "a": 1 }),
)]
fn everything(request: &Request, args: crate::Value) -> ToolResult {
    request.info(args);
    request.progress(1.0, None, Some("half"));
    ToolResult::text("one").content(Content::text("two"))
}

#[tool]
fn nothing() {}

#[tool]
fn parse(request: &Request) -> Result<String, std::num::ParseIntError> {
    let number: u8 = request.client().unwrap().name.parse()?;
    Ok(number.to_string())
}

#[test]
fn the_doc_comment_describes_and_types_make_schemas() {
    let tool = add::definition().0;
    assert_eq!(tool.name, "add");
    assert_eq!(
        tool.description.as_deref(),
        Some("Adds.\n\nOverflow is an error.")
    );
    assert_eq!(tool.output_schema.as_deref(), Some(r#"{"type":"integer"}"#));
    assert_eq!(tool.annotations.read_only, Some(true));
    assert_eq!(tool.annotations.destructive, Some(false));
    assert_eq!(tool.annotations.idempotent, None);
}

#[test]
fn options_override() {
    let tool = everything::definition().0;
    assert_eq!(tool.name, "other");
    assert_eq!(tool.title.as_deref(), Some("Another"));
    assert_eq!(tool.description.as_deref(), Some("Says so."));
    assert_eq!(tool.input_schema, r#"{"minProperties":1,"type":"object"}"#);
    assert!(
        tool.output_schema
            .unwrap()
            .contains(r#""required":["x","y"]"#)
    );
    assert_eq!(tool.icons.len(), 1);
    assert_eq!(tool.task_support, TaskSupport::Required);
    assert_eq!(tool.meta.as_deref(), Some(r#"{"a":1}"#));
}

#[test]
fn a_tool_without_arguments_takes_none() {
    let tool = nothing::definition().0;
    assert_eq!(
        tool.input_schema,
        r#"{"type":"object","additionalProperties":false}"#
    );
    assert_eq!(tool.output_schema, None);
}

#[test]
fn functions_stay_functions() {
    assert_eq!(add(Point { x: 1, y: 2 }).unwrap(), Json(3));
    nothing();
}

#[test]
fn results_are_structured_or_errors() {
    let request = TestRequest::new().build();
    let result = call_tool::<add>(&request, json!({ "x": 1, "y": 2 })).unwrap();
    assert_eq!(result.to_structured(), Some("3"));
    let error = call_tool::<add>(&request, json!({ "x": i32::MAX, "y": 1 })).unwrap_err();
    assert_eq!(error.to_string(), "too much");
    let error = call_tool::<add>(&request, json!({ "x": 1 })).unwrap_err();
    assert_eq!(error.to_string(), "missing field `y`");
}

#[test]
fn any_error_is_a_tool_error() {
    let request = TestRequest::new().client("x", "1").build();
    let error = call_tool::<parse>(&request, json!({})).unwrap_err();
    assert_eq!(error.to_string(), "invalid digit found in string");
}

#[test]
fn a_request_remembers_what_was_said() {
    let request = TestRequest::new().build();
    let result = call_tool::<everything>(&request, json!({ "a": 1 })).unwrap();
    assert_eq!(result.to_text(), "one\ntwo");
    let said = [
        Said::Log(crate::request::LogLevel::Info, json!({ "a": 1 })),
        Said::Progress(1.0, None, Some("half".to_owned())),
    ];
    assert_eq!(request.said(), said);
}

#[test]
fn an_unknown_tool_is_not_found() {
    let tools = super::ToolFns(&[const { super::ToolEntry::of::<nothing>() }]);
    let request = TestRequest::new().build();
    let arguments = super::Arguments::new("{}");
    assert!(tools.call(&request, "nothing", &arguments).is_ok());
    let error = tools.call(&request, "something", &arguments).unwrap_err();
    assert_eq!(error.to_string(), "something");
}
