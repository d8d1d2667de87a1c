//! Tools that are about their schemas.

use wharf_sdk::prelude::*;

/// Takes arguments that only all of JSON Schema 2020-12 can describe, and returns
/// them.
#[tool(read_only, input_schema = json!({
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {
                "street": { "type": "string" },
                "city": { "type": "string" },
            },
        },
    },
    "properties": {
        "name": { "type": "string" },
        "address": { "$ref": "#/$defs/address" },
        "contactMethod": { "type": "string", "enum": ["phone", "email"] },
        "phone": { "type": "string" },
        "email": { "type": "string" },
    },
    "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
    "if": {
        "properties": { "contactMethod": { "const": "phone" } },
        "required": ["contactMethod"],
    },
    "then": { "required": ["phone"] },
    "else": { "required": ["email"] },
    "additionalProperties": false,
}))]
pub(crate) fn json_schema_2020_12_tool(args: Value) -> String {
    args.to_string()
}

/// What is a header, too.
#[data]
pub(crate) struct Headed {
    /// The text that is both in the arguments and in the header.
    #[schemars(extend("x-mcp-header" = "Value"))]
    value: String,
}

/// Takes an argument that is also a header, and returns it.
#[tool(read_only)]
pub(crate) fn test_custom_header(args: Headed) -> String {
    args.value
}
