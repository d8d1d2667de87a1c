//! What clients rely on, on every binding in every revision: each test is one body
//! that goes through all of them (ERA-12). Where revisions differ, the body says
//! how, and why.

mod asking;
mod batches;
mod changes;
mod listening;
mod questions;
mod retries;
mod serving;
mod streams;

use serde_json::{Value, json};

use crate::support::{Client, Host, Way};

/// A client that can be asked everything there is to ask (§10.2).
fn able(host: &mut Host, way: Way) -> Client {
    Client::connect_able(host, way, abilities())
}

fn abilities() -> Value {
    json!({
        "elicitation": { "form": {}, "url": {} },
        "sampling": { "tools": {} },
        "roots": {},
    })
}
