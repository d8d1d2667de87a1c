//! What the protocol says in each revision, to the letter.
//!
//! The same answer is written for a client of every revision, through the doors
//! that clients come in by. What comes out is compared with a file in `encodings`,
//! in which revisions that say it in the same words stand together, and held to
//! the published schema of the revision, which must name every member (DWN-1 to
//! DWN-9: an old client hears nothing newer than its revision, and misses nothing
//! that a model is meant to see).
//!
//! To add a case, call [`check`] with it. `INSTA_UPDATE=always cargo test -p
//! wharf-mcp --test golden` writes the files anew; what has changed is for a
//! person to read.

// Clippy allows tests to panic, and takes helpers for tests only inside of this.
#![cfg(test)]

mod answers;
mod asking;
mod definitions;
mod events;
mod samples;
mod tasks;

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_mcp::{Call, Capabilities, Effect, Peer, Reply, Revision, ServerFacts};
use wharf_schemas::{Context, Schemas};

/// A request that something is an answer to.
#[derive(Clone, Copy)]
struct Asked {
    method: &'static str,
    params: fn() -> Value,
}

const CALL: Asked = Asked {
    method: "tools/call",
    params: || json!({ "name": "t" }),
};

fn server() -> Arc<ServerFacts> {
    let capabilities = Capabilities {
        tools: true,
        resources: true,
        prompts: true,
        completions: true,
        tasks: true,
    };
    ServerFacts::new("test", "1", Some("Be kind.".to_owned()), capabilities)
}

/// The request as a client of this revision makes it.
fn request(asked: Asked, revision: Revision) -> Value {
    let mut params = (asked.params)();
    let meta = &mut params["_meta"];
    meta["progressToken"] = json!("token");
    if revision == Revision::LATEST {
        meta["io.modelcontextprotocol/protocolVersion"] = json!(revision.as_str());
        meta["io.modelcontextprotocol/clientCapabilities"] =
            json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
        meta["io.modelcontextprotocol/logLevel"] = json!("debug");
    }
    json!({ "jsonrpc": "2.0", "id": 1, "method": asked.method, "params": params })
}

/// A channel to a client of this revision that has introduced itself.
fn introduced(revision: Revision) -> Peer<()> {
    let mut peer = Peer::new(Arc::default());
    if revision != Revision::LATEST {
        sent(peer.receive(hello(revision).to_string().as_bytes(), &server()));
    }
    peer
}

fn hello(revision: Revision) -> Value {
    let client = json!({ "name": "c", "version": "1" });
    let params = json!({
        "protocolVersion": revision.as_str(), "capabilities": {}, "clientInfo": client,
    });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })
}

/// What is answered without any call.
fn sent(effect: Effect<()>) -> String {
    let Effect::Send(frame) = effect else {
        panic!("something else than an answer: {effect:?}")
    };
    String::from_utf8(frame.to_vec()).unwrap()
}

/// The call that a request becomes.
fn start(request: &Value, revision: Revision) -> Box<Call> {
    let effect = introduced(revision).receive(request.to_string().as_bytes(), &server());
    let Effect::Start(call) = effect else {
        panic!("something else than a call: {effect:?}")
    };
    call
}

/// Answers the request in every revision.
#[track_caller]
fn check(name: &str, asked: Asked, reply: &Reply) {
    compare(name, |revision| {
        let request = request(asked, revision);
        let answer = start(&request, revision).exchange.answer(reply);
        let text = String::from_utf8(answer.frame.to_vec()).unwrap();
        judge(&text, revision, Context::Answer(&request));
        format!("{:?}\n{}", answer.standing, laid_out(&text))
    });
}

/// Holds a message to the schema.
#[track_caller]
fn judge(text: &str, revision: Revision, context: Context<'_>) {
    let frame = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let verdict = Schemas::of(revision.as_str()).check_from_server(&frame, context);
    verdict.unwrap_or_else(|problem| panic!("{}: {problem}\n{text}", revision.as_str()));
}

/// Compares what is said in all revisions with the file of that name.
#[track_caller]
fn compare(name: &str, said: impl Fn(Revision) -> String) {
    compare_in(name, &Revision::ALL, said);
}

/// The same for what only some revisions can say.
#[track_caller]
fn compare_in(name: &str, revisions: &[Revision], said: impl Fn(Revision) -> String) {
    let mut groups: Vec<(Vec<&str>, String)> = Vec::new();
    for revision in revisions.iter().copied() {
        let text = said(revision);
        match groups.last_mut() {
            Some((revisions, same)) if *same == text => revisions.push(revision.as_str()),
            Some(_) | None => groups.push((vec![revision.as_str()], text)),
        }
    }
    let groups = groups.iter();
    let sections = groups.map(|(revisions, text)| format!("# {}\n{text}", revisions.join(" ")));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("encodings");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, sections.collect::<Vec<_>>().join("\n\n")));
}

/// The same JSON with a line for each member and element. Nothing else changes:
/// order, numbers and escapes are part of what is compared.
fn laid_out(json: &str) -> String {
    let mut out = String::new();
    let mut depth = 0;
    let mut in_string = false;
    let mut escaped = false;
    for c in json.chars() {
        let closes = !in_string && matches!(c, '}' | ']');
        if closes {
            depth -= 1;
            if !out.ends_with(['{', '[']) {
                out.push_str(&line(depth));
            }
        }
        if !in_string && out.ends_with(['{', '[', ',']) && !closes {
            out.push_str(&line(depth));
        }
        out.push(c);
        depth += usize::from(!in_string && matches!(c, '{' | '['));
        in_string ^= c == '"' && !escaped;
        escaped = in_string && c == '\\' && !escaped;
    }
    out
}

fn line(depth: usize) -> String {
    format!("\n{}", "  ".repeat(depth))
}
