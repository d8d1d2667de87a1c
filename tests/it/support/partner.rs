//! A client that says what it can do, and is asked to do it.
//!
//! Beside a [`Client`](super::Client), which wants answers and nothing else, this
//! one hears three kinds of messages: answers, notifications, and questions, which
//! are requests of the host's.

use std::sync::mpsc::channel;

use serde_json::{Value, json};

use super::client::of_tool;
use super::conformity::Inbox;
use super::link::{Heard, Link};
use super::messages::{request, sign};
use super::{Binding, Host, PATIENCE, Way};

/// A client with capabilities, which has introduced itself.
pub(crate) struct Partner {
    pub(crate) way: Way,
    /// The result of `initialize` or `server/discover`.
    pub(crate) hello: Value,
    capabilities: Value,
    link: Link,
    inbox: Inbox<Heard>,
    /// Heard, but not asked for yet.
    heard: Vec<Heard>,
    last_id: u64,
}

impl Partner {
    /// Connects, with these capabilities.
    pub(crate) fn connect(host: &mut Host, way: Way, capabilities: Value) -> Self {
        if way.binding != Binding::Stdio {
            return Self::beside(host, way, capabilities);
        }
        let (sender, inbox) = channel();
        let link = Link::stdio(host.lines(), sender);
        Self::introduced(way, capabilities, link, Inbox::new(way, inbox))
    }

    /// Connects to a host that may have other clients.
    pub(crate) fn beside(host: &Host, way: Way, capabilities: Value) -> Self {
        let (sender, inbox) = channel();
        let link = match way.binding {
            Binding::Memory | Binding::Stdio => panic!("there is one, which is taken"),
            Binding::Unix => Link::unix(&host.socket(), sender),
            Binding::Sse => Link::sse(host.address(), sender),
            Binding::Streamable => Link::streamable(host.address(), sender),
            Binding::WebSocket => Link::websocket(host.address(), sender),
        };
        Self::introduced(way, capabilities, link, Inbox::new(way, inbox))
    }

    fn introduced(way: Way, capabilities: Value, link: Link, inbox: Inbox<Heard>) -> Self {
        let mut partner = Self {
            way,
            hello: Value::Null,
            capabilities,
            link,
            inbox,
            heard: Vec::new(),
            last_id: 0,
        };
        partner.hello = if way.is_modern() {
            partner.result("server/discover", json!({}))
        } else {
            partner.shake_hands()
        };
        partner
    }

    fn shake_hands(&mut self) -> Value {
        let mut params = super::handshake(self.way.revision);
        params["capabilities"] = self.capabilities.clone();
        let hello = match &mut self.link {
            Link::Streamable(link) => link.open(&request("0", "initialize", &params)),
            Link::Memory(_)
            | Link::Stdio(_)
            | Link::Unix(_)
            | Link::Sse { .. }
            | Link::WebSocket(_) => self.result("initialize", params),
        };
        self.inbox.witness().agreed(&hello);
        self.notify("notifications/initialized", &json!({}));
        hello
    }

    /// The same client with other capabilities from now on. Only requests that say
    /// everything about themselves can tell.
    pub(crate) fn declares(&mut self, capabilities: Value) {
        assert!(self.way.is_modern());
        self.capabilities = capabilities;
    }

    /// Sends a request, and does not wait.
    pub(crate) fn start(&mut self, method: &str, mut params: Value) -> u64 {
        self.last_id += 1;
        if self.way.is_modern() {
            sign(&mut params, self.way.revision, &self.capabilities);
        }
        let id = self.last_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Starts a call of a tool, with more parameters than its name and arguments.
    pub(crate) fn start_call(&mut self, tool: &str, arguments: Value, more: Value) -> u64 {
        let mut params = of_tool(tool, arguments);
        let own = params.as_object_mut().expect("an object");
        if let Value::Object(more) = more {
            own.extend(more);
        }
        self.start("tools/call", params)
    }

    /// The same, and waits for the result.
    #[track_caller]
    pub(crate) fn call(&mut self, tool: &str, arguments: Value, more: Value) -> Value {
        let id = self.start_call(tool, arguments, more);
        self.answer(id)["result"].take()
    }

    /// Waits for the answer.
    #[track_caller]
    pub(crate) fn answer(&mut self, id: u64) -> Value {
        self.heard(id).frame
    }

    /// The status that an answer comes with, on Streamable HTTP, and its error.
    #[track_caller]
    pub(crate) fn refusal(&mut self, method: &str, params: Value) -> (Option<u16>, Value) {
        let id = self.start(method, params);
        let Heard {
            mut frame, status, ..
        } = self.heard(id);
        assert!(frame.get("error").is_some(), "{frame}");
        (status, frame["error"].take())
    }

    /// Sends a request that is to have a result.
    #[track_caller]
    pub(crate) fn result(&mut self, method: &str, params: Value) -> Value {
        let id = self.start(method, params);
        let mut answer = self.answer(id);
        assert!(answer.get("result").is_some(), "{answer}");
        answer["result"].take()
    }

    /// Sends a request that is to have an error.
    #[track_caller]
    pub(crate) fn error(&mut self, method: &str, params: Value) -> Value {
        self.refusal(method, params).1
    }

    /// The next question.
    #[track_caller]
    pub(crate) fn question(&mut self) -> Value {
        let asks = |frame: &Value| frame.get("method").is_some() && frame.get("id").is_some();
        self.next("there is a question", asks).frame
    }

    /// The next notification.
    #[track_caller]
    pub(crate) fn notification(&mut self) -> Value {
        let tells = |frame: &Value| frame.get("id").is_none();
        self.next("there is a notification", tells).frame
    }

    /// What has been heard by now and was not asked for.
    pub(crate) fn unasked(&self) -> Vec<&Value> {
        self.heard.iter().map(|heard| &heard.frame).collect()
    }

    /// Sends a notification.
    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Answers a question.
    pub(crate) fn respond(&mut self, question: &Value, result: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }));
    }

    /// Goes away without a word.
    pub(crate) fn hang_up(self) {
        self.link.hang_up();
    }

    /// Says nothing more, and listens to the end.
    pub(crate) fn rest(self) -> Vec<Value> {
        let Self {
            link, inbox, heard, ..
        } = self;
        drop(link);
        let all = heard.into_iter().chain(inbox.rest());
        all.map(|heard| heard.frame).collect()
    }

    #[track_caller]
    fn heard(&mut self, id: u64) -> Heard {
        let answers = |frame: &Value| frame.get("method").is_none() && frame["id"] == id;
        let heard = self.next("there is an answer", answers);
        self.link.answered(&json!(id));
        heard
    }

    /// The first of this kind; what came before it is kept.
    #[track_caller]
    fn next(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Heard {
        loop {
            let found = self.heard.iter().position(|heard| wanted(&heard.frame));
            if let Some(at) = found {
                return self.heard.remove(at);
            }
            let heard = self.inbox.recv_timeout(PATIENCE);
            self.heard.push(heard.expect(what));
        }
    }

    fn send(&mut self, message: &Value) {
        let message = message.to_string();
        self.inbox.witness().said(message.as_bytes());
        self.link.send(self.way, &message);
    }
}
