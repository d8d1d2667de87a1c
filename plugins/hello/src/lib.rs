//! Says hello: the smallest useful wharf plugin.

use wharf_sdk::prelude::*;

/// Whom to greet.
#[data]
struct Greet {
    /// The name of the person to greet.
    name: String,
}

/// Greets somebody by name.
#[tool(read_only, idempotent)]
fn greet(args: Greet) -> String {
    format!("Hello, {}!", args.name)
}

plugin!(tools: [greet]);
