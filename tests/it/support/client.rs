//! A client of MCP, whatever it is connected by.
//!
//! Everything the host says goes into one inbox, in the order in which it came.
//! Of what a request says and is answered with, the order is therefore kept on
//! every binding.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use super::conformity::Inbox;
use super::link::{Heard, Link};
use super::messages::{handshake, request, sign};
use super::{Binding, Host, PATIENCE, Way};

/// A client that has introduced itself.
pub(crate) struct Client {
    pub(crate) way: Way,
    /// The result of `initialize` or `server/discover`.
    pub(crate) hello: Value,
    link: Link,
    inbox: Inbox<Heard>,
    /// Heard, but not asked for yet.
    heard: Vec<Heard>,
    last_id: u64,
    /// What modern requests say they want to be told (LOG-3).
    log_level: Option<&'static str>,
    /// What it says it can do (§10.2).
    capabilities: Value,
}

/// What was said to a request.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// Notifications before the answer.
    pub(crate) before: Vec<Value>,
    pub(crate) answer: Value,
    /// The status it came with, on Streamable HTTP.
    pub(crate) status: Option<u16>,
}

impl Client {
    /// Connects in this way and introduces itself.
    pub(crate) fn connect(host: &mut Host, way: Way) -> Self {
        Self::dial(host, way).introduced()
    }

    /// The same for one that can do something for the host.
    pub(crate) fn connect_able(host: &mut Host, way: Way, capabilities: Value) -> Self {
        Self::dial(host, way).able(capabilities).introduced()
    }

    /// Says that it can do this.
    fn able(self, capabilities: Value) -> Self {
        Self {
            capabilities,
            ..self
        }
    }

    /// Says from now on, where each request says it, that it can do this.
    pub(crate) fn declare(&mut self, capabilities: Value) {
        self.capabilities = capabilities;
    }

    /// The same over HTTP.
    pub(crate) fn connect_to(host: SocketAddr, way: Way) -> Self {
        Self::dial_to(host, way).introduced()
    }

    /// Connects and says nothing.
    pub(crate) fn dial(host: &mut Host, way: Way) -> Self {
        match way.binding {
            Binding::Stdio => {
                let (sender, inbox) = channel();
                Self::new(way, Link::stdio(host.lines(), sender), inbox)
            }
            Binding::Memory => {
                let (sender, inbox) = channel();
                Self::new(way, Link::Memory(host.connect(sender)), inbox)
            }
            Binding::Unix => Self::dial_socket(&host.socket(), way),
            Binding::Sse | Binding::Streamable | Binding::WebSocket => {
                Self::dial_to(host.address(), way)
            }
        }
    }

    /// Connects to a host that has other clients in this way.
    pub(crate) fn connect_beside(host: &Host, way: Way) -> Self {
        match way.binding {
            Binding::Unix => Self::connect_to_socket(&host.socket(), way),
            Binding::Memory
            | Binding::Stdio
            | Binding::Sse
            | Binding::Streamable
            | Binding::WebSocket => Self::connect_to(host.address(), way),
        }
    }

    /// Connects to a Unix socket and introduces itself.
    pub(crate) fn connect_to_socket(socket: &Path, way: Way) -> Self {
        Self::dial_socket(socket, way).introduced()
    }

    fn dial_socket(socket: &Path, way: Way) -> Self {
        let (sender, inbox) = channel();
        Self::new(way, Link::unix(socket, sender), inbox)
    }

    fn dial_to(host: SocketAddr, way: Way) -> Self {
        let (sender, inbox) = channel();
        let link = match way.binding {
            Binding::Memory | Binding::Stdio | Binding::Unix => {
                panic!("there is no address")
            }
            Binding::Sse => Link::sse(host, sender),
            Binding::Streamable => Link::streamable(host, sender),
            Binding::WebSocket => Link::websocket(host, sender),
        };
        Self::new(way, link, inbox)
    }

    fn new(way: Way, link: Link, inbox: Receiver<Heard>) -> Self {
        Self {
            way,
            hello: Value::Null,
            link,
            inbox: Inbox::new(way, inbox),
            heard: Vec::new(),
            last_id: 0,
            log_level: None,
            capabilities: json!({}),
        }
    }

    fn introduced(mut self) -> Self {
        self.hello = if self.way.is_modern() {
            self.result("server/discover", json!({}))
        } else {
            self.shake_hands(self.way.revision)
        };
        self
    }

    /// Sends `initialize` with this version, and returns the result.
    pub(crate) fn shake_hands(&mut self, version: &str) -> Value {
        let mut params = handshake(version);
        params["capabilities"] = self.capabilities.clone();
        let hello = match &mut self.link {
            Link::Streamable(link) => link.open(&request("0", "initialize", &params)),
            Link::Stdio(_)
            | Link::Unix(_)
            | Link::Memory(_)
            | Link::Sse { .. }
            | Link::WebSocket(_) => self.result("initialize", params),
        };
        self.inbox.witness().agreed(&hello);
        self.notify("notifications/initialized", json!({}));
        hello
    }

    /// Sends a request, with a new id, and does not wait.
    pub(crate) fn start(&mut self, method: &str, params: Value) -> u64 {
        self.last_id += 1;
        self.start_as(self.last_id, method, params);
        self.last_id
    }

    /// The same with this id.
    pub(crate) fn start_as(&mut self, id: impl Into<Value>, method: &str, mut params: Value) {
        if self.way.is_modern() {
            self.sign(&mut params);
        }
        self.send(&request(&id.into().to_string(), method, &params));
    }

    /// Sends a request whose id is this JSON text, and returns the answer as text.
    #[track_caller]
    pub(crate) fn ask_as(&mut self, id: &str, method: &str) -> String {
        let mut params = json!({});
        if self.way.is_modern() {
            self.sign(&mut params);
        }
        self.send(&request(id, method, &params));
        self.inbox
            .recv_timeout(PATIENCE)
            .expect("there is an answer")
            .text
    }

    /// Somebody else sends this in the client's name.
    pub(crate) fn expect_answer_to(&mut self, message: &str) {
        self.inbox.witness().said(message.as_bytes());
    }

    /// Starts a call of a tool.
    pub(crate) fn start_call(&mut self, tool: &str, arguments: Value) -> u64 {
        self.start("tools/call", of_tool(tool, arguments))
    }

    /// Waits for the answer.
    #[track_caller]
    pub(crate) fn answer(&mut self, id: impl Into<Value>) -> Exchange {
        let id = id.into();
        loop {
            let answers = |heard: &Heard| heard.is_answer() && heard.frame["id"] == id;
            let found = self.heard.iter().position(answers);
            let Some(at) = found else {
                let heard = self.inbox.recv_timeout(PATIENCE);
                self.heard.push(heard.expect("there is an answer"));
                continue;
            };
            let Heard { frame, status, .. } = self.heard.remove(at);
            self.link.answered(&id);
            let later = self.heard.split_off(at);
            let (before, others): (Vec<_>, Vec<_>) =
                self.heard.drain(..).partition(Heard::belongs_to_nothing);
            self.heard = others.into_iter().chain(later).collect();
            return Exchange {
                before: before.into_iter().map(|heard| heard.frame).collect(),
                answer: frame,
                status,
            };
        }
    }

    /// The next notification, whatever it belongs to.
    #[track_caller]
    pub(crate) fn notification(&mut self) -> Value {
        self.next(Heard::belongs_to_nothing)
    }

    /// The next request of the host's.
    #[track_caller]
    pub(crate) fn question(&mut self) -> Value {
        self.next(Heard::is_question)
    }

    /// The next error that answers nothing in particular.
    #[track_caller]
    pub(crate) fn refusal(&mut self) -> Value {
        self.next(|heard| heard.frame.get("error").is_some() && heard.frame["id"].is_null())
    }

    /// The next batch.
    #[track_caller]
    pub(crate) fn batch(&mut self) -> Vec<Value> {
        let mut batch = self.next(|heard| heard.frame.is_array());
        batch.as_array_mut().map(std::mem::take).expect("a batch")
    }

    /// The next message of a kind.
    #[track_caller]
    fn next(&mut self, is_one: impl Fn(&Heard) -> bool) -> Value {
        loop {
            if let Some(at) = self.heard.iter().position(&is_one) {
                return self.heard.remove(at).frame;
            }
            let heard = self.inbox.recv_timeout(PATIENCE);
            self.heard.push(heard.expect("it comes"));
        }
    }

    /// The next message of any kind. An answer is one of several.
    #[track_caller]
    pub(crate) fn next_of_any_kind(&mut self) -> Value {
        self.next(|_| true)
    }

    /// Sends a request and waits for the answer.
    #[track_caller]
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Exchange {
        let id = self.start(method, params);
        self.answer(id)
    }

    /// Calls a tool that is to succeed. What is said meanwhile is kept.
    #[track_caller]
    pub(crate) fn call_aside(&mut self, tool: &str, arguments: Value) {
        let result = self.result_aside("tools/call", of_tool(tool, arguments));
        assert_eq!(result.get("isError"), None, "{result}");
    }

    /// Sends a request that is to have a result. What is said meanwhile is kept.
    #[track_caller]
    pub(crate) fn result_aside(&mut self, method: &str, params: Value) -> Value {
        let id = self.start(method, params);
        let mut answer = self.next(|heard| heard.is_answer() && heard.frame["id"] == id);
        self.link.answered(&id.into());
        assert!(answer.get("result").is_some(), "{answer}");
        answer["result"].take()
    }

    /// Sends a request that is to have a result.
    #[track_caller]
    pub(crate) fn result(&mut self, method: &str, params: Value) -> Value {
        self.request(method, params).result()
    }

    /// Sends a request that is to have an error.
    #[track_caller]
    pub(crate) fn error(&mut self, method: &str, params: Value) -> Value {
        self.request(method, params).error()
    }

    /// Calls a tool that is to have a result.
    #[track_caller]
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.result("tools/call", of_tool(tool, arguments))
    }

    /// Calls a tool that is to succeed with one text.
    #[track_caller]
    pub(crate) fn text(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result.get("isError"), None, "{result}");
        only_text(&result)
    }

    /// Calls a tool that is to fail with one text.
    #[track_caller]
    pub(crate) fn failure(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{result}");
        only_text(&result)
    }

    /// Sends a notification.
    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        let mut message = json!({ "jsonrpc": "2.0", "method": method });
        message["params"] = params;
        self.send(&message.to_string());
    }

    /// Gives a request up, as its binding and revision want it (CAN-3, CAN-4).
    pub(crate) fn cancel(&mut self, id: impl Into<Value>) {
        let id = id.into();
        match &mut self.link {
            Link::Streamable(link) if self.way.is_modern() => link.hang_up_on(&id),
            Link::Stdio(_)
            | Link::Unix(_)
            | Link::Memory(_)
            | Link::Sse { .. }
            | Link::Streamable(_)
            | Link::WebSocket(_) => {
                self.notify("notifications/cancelled", json!({ "requestId": id }));
            }
        }
    }

    /// Wants to be told from this level on (LOG-2, LOG-3).
    pub(crate) fn set_log_level(&mut self, level: &'static str) {
        if self.way.is_modern() {
            self.log_level = Some(level);
        } else {
            let done = self.result("logging/setLevel", json!({ "level": level }));
            assert_eq!(done, json!({}));
        }
    }

    /// Opens the stream of what belongs to no request, where that is a stream of its
    /// own (CHG-1).
    pub(crate) fn open_stream(&mut self) {
        if let Link::Streamable(link) = &mut self.link {
            link.open_stream(self.way);
        }
    }

    /// Breaks the connection that a request went over, on Streamable HTTP.
    pub(crate) fn hang_up_on(&mut self, id: u64) {
        match &mut self.link {
            Link::Streamable(link) => link.hang_up_on(&id.into()),
            Link::Stdio(_)
            | Link::Unix(_)
            | Link::Memory(_)
            | Link::Sse { .. }
            | Link::WebSocket(_) => {
                panic!("they share one connection")
            }
        }
    }

    /// Goes away without a word. What has been heard by then is lost.
    pub(crate) fn hang_up(self) {
        self.link.hang_up();
    }

    /// Says nothing any more, and goes on listening, where that is possible.
    pub(crate) fn close_stdin(&mut self) {
        match &mut self.link {
            Link::Stdio(stdin) => drop(stdin.take()),
            Link::Unix(socket) => socket.end(),
            Link::Memory(_) | Link::Sse { .. } | Link::Streamable(_) | Link::WebSocket(_) => {}
        }
    }

    /// Everything that comes until the host hangs up or has answered all.
    pub(crate) fn rest(self) -> Vec<Value> {
        let Self {
            link, inbox, heard, ..
        } = self;
        // On Streamable HTTP, what is left are the responses that are being read.
        drop(link);
        let all = heard.into_iter().chain(inbox.rest());
        all.map(|heard| heard.frame).collect()
    }

    /// The id of the session, which goes with every message.
    pub(crate) fn session(&self) -> &str {
        self.link.session()
    }

    /// Sends this as it is.
    pub(crate) fn send(&mut self, message: &str) {
        self.inbox.witness().said(message.as_bytes());
        self.link.send(self.way, message);
    }

    fn sign(&self, params: &mut Value) {
        sign(params, self.way.revision, &self.capabilities);
        if let Some(level) = self.log_level {
            params["_meta"]["io.modelcontextprotocol/logLevel"] = level.into();
        }
    }
}

impl Exchange {
    #[track_caller]
    pub(crate) fn result(mut self) -> Value {
        assert!(self.answer.get("result").is_some(), "{}", self.answer);
        self.answer["result"].take()
    }

    #[track_caller]
    pub(crate) fn error(mut self) -> Value {
        assert!(self.answer.get("error").is_some(), "{}", self.answer);
        self.answer["error"].take()
    }
}

/// The parameters of a call.
pub(super) fn of_tool(tool: &str, arguments: Value) -> Value {
    let mut params = json!({ "name": tool });
    params["arguments"] = arguments;
    params
}

#[track_caller]
fn only_text(result: &Value) -> String {
    match result["content"].as_array().map(Vec::as_slice) {
        Some([only]) if only["type"] == "text" => only["text"].as_str().unwrap().to_owned(),
        _ => panic!("not one text: {result}"),
    }
}
