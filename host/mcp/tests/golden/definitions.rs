//! What is there: capabilities, and lists of tools, resources and prompts.

use std::sync::Arc;

use serde_json::json;
use wharf_mcp::model::ResourcePage;
use wharf_mcp::{DefinitionList, Reply, Revision};
use wharf_schemas::Context;

use crate::samples::{
    bare_prompt, bare_resource, bare_template, bare_tool, listing_tool, prompt, resource, template,
    tool,
};
use crate::{Asked, check, compare, hello, introduced, judge, laid_out, request, sent, server};

const fn list(method: &'static str) -> Asked {
    Asked {
        method,
        params: || json!({}),
    }
}

/// LIF-1, DSC-4, DWN-9.
#[test]
fn introduction() {
    compare("introduction", |revision| {
        let (mut peer, message) = if revision == Revision::LATEST {
            (
                introduced(revision),
                request(list("server/discover"), revision),
            )
        } else {
            (wharf_mcp::Peer::new(Arc::default()), hello(revision))
        };
        let text = sent(peer.receive(message.to_string().as_bytes(), &server()));
        judge(&text, revision, Context::Answer(&message));
        laid_out(&text)
    });
}

/// DWN-2, DWN-3, DWN-5, TOL-3.
#[test]
fn tools() {
    let tools = [&tool(), &listing_tool(), &bare_tool()];
    let reply = Reply::Definitions(Arc::new(DefinitionList::tools(&tools)));
    check("tools", list("tools/list"), &reply);
}

/// DWN-1, DWN-8.
#[test]
fn prompts() {
    let prompts = [&prompt(), &bare_prompt()];
    let reply = Reply::Definitions(Arc::new(DefinitionList::prompts(&prompts)));
    check("prompts", list("prompts/list"), &reply);
}

/// DWN-1, DWN-8.
#[test]
fn templates() {
    let templates = [&template(), &bare_template()];
    let reply = Reply::Definitions(Arc::new(DefinitionList::templates(&templates)));
    check("templates", list("resources/templates/list"), &reply);
}

/// DWN-1, DWN-8.
#[test]
fn resources() {
    let page = |next: Option<&str>| {
        Reply::Resources(ResourcePage {
            resources: vec![resource(), bare_resource()],
            next: next.map(str::to_owned),
        })
    };
    check("resources", list("resources/list"), &page(Some("nächste")));
    check("resources-last", list("resources/list"), &page(None));
}
