//! Messages as a careful client would send them, to be spoilt by tests one by one.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::client::of_tool;
use super::http::{Request, Response};
use super::{D, E};

pub(super) fn request(id: &str, method: &str, params: &Value) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

/// LIF-1: the parameters of `initialize`.
pub(crate) fn handshake(version: &str) -> Value {
    json!({
        "protocolVersion": version,
        "capabilities": {},
        "clientInfo": { "name": "tests", "version": "1" },
    })
}

/// DSC-1: what modern requests say about themselves.
pub(super) fn sign(params: &mut Value, revision: &str, capabilities: &Value) {
    let meta = &mut params["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = revision.into();
    meta["io.modelcontextprotocol/clientCapabilities"] = capabilities.clone();
    meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "tests", "version": "1" });
}

/// §7.2: the headers that repeat what a modern request says.
pub(super) fn mirrored(request: Request, message: &Value) -> Request {
    let request = request.header("Mcp-Method", message["method"].as_str().expect("a method"));
    let params = &message["params"];
    let named = ["name", "uri", "taskId"];
    match named.iter().find_map(|member| params[member].as_str()) {
        Some(name) => request.header("Mcp-Name", name),
        None => request,
    }
}

/// A modern request over HTTP: the message, and the headers beside it.
#[derive(Debug, Clone)]
pub(crate) struct Modern {
    pub(crate) message: Value,
    /// Headers to leave out.
    without: Vec<&'static str>,
    /// Headers to add.
    with: Vec<(&'static str, String)>,
}

impl Modern {
    /// A correct one, with the id 1.
    pub(crate) fn new(method: &str, mut params: Value) -> Self {
        sign(&mut params, E, &json!({}));
        Self {
            message: json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }),
            without: Vec::new(),
            with: Vec::new(),
        }
    }

    /// A call of a tool.
    pub(crate) fn call(tool: &str, arguments: Value) -> Self {
        Self::new("tools/call", of_tool(tool, arguments))
    }

    /// Leaves a header out.
    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.without.push(name);
        self
    }

    /// Adds a header, even if it is there.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.with.push((name, value.to_owned()));
        self
    }

    /// Puts another header in its place.
    pub(crate) fn instead(self, name: &'static str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    /// Sets a member of the message's `_meta`; without a value, takes it out.
    pub(crate) fn meta(mut self, key: &str, value: Option<Value>) -> Self {
        let key = format!("io.modelcontextprotocol/{key}");
        let meta = self.message["params"]["_meta"].as_object_mut().unwrap();
        match value {
            Some(value) => meta.insert(key, value),
            None => meta.remove(&key),
        };
        self
    }

    pub(crate) fn request(&self) -> Request {
        let request = Request::post("/mcp", &self.message.to_string());
        let mut request = mirrored(request, &self.message).header("MCP-Protocol-Version", E);
        for name in &self.without {
            request = request.without(name);
        }
        self.with.iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        })
    }

    #[track_caller]
    pub(crate) fn send(&self, to: SocketAddr) -> Response {
        self.request().send(to)
    }
}

/// A session on Streamable HTTP, by hand.
#[derive(Debug)]
pub(crate) struct Session {
    host: SocketAddr,
    pub(crate) id: String,
}

impl Session {
    /// What opens one.
    pub(crate) fn opening() -> Request {
        Request::post("/mcp", &request("1", "initialize", &handshake(D)))
    }

    pub(crate) fn open(host: SocketAddr) -> Self {
        Self::open_as(host, D, &json!({}))
    }

    /// One in this revision, of a client that can do this.
    pub(crate) fn open_as(host: SocketAddr, revision: &str, capabilities: &Value) -> Self {
        let mut params = handshake(revision);
        params["capabilities"] = capabilities.clone();
        let request = Request::post("/mcp", &request("1", "initialize", &params));
        let response = request.send(host).must_be(200);
        let id = response
            .header("mcp-session-id")
            .expect("a session id")
            .to_owned();
        assert_eq!(response.json()["result"]["protocolVersion"], revision);
        Self { host, id }
    }

    /// A request that belongs to it, with these bytes in it.
    pub(crate) fn post(&self, body: &str) -> Request {
        Request::post("/mcp", body).header("Mcp-Session-Id", &self.id)
    }

    /// Whether it is still there: `ping` has an answer, or what it has instead.
    #[track_caller]
    pub(crate) fn ping(&self) -> Response {
        self.post(r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
            .send(self.host)
    }

    /// The request that ends it.
    pub(crate) fn ending(&self) -> Request {
        Request::new("DELETE", "/mcp").header("Mcp-Session-Id", &self.id)
    }
}
