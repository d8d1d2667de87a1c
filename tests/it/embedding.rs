//! A host inside another program: the library's own memory binding, and a binding
//! that was written outside of the library with nothing but its public parts.

use std::io;

use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream, ReadHalf,
    WriteHalf, split,
};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use wharf::drain::Drain;
use wharf::session::Door;
use wharf::transport::memory::Memory;
use wharf::transport::{MAX_MESSAGE, Transport};
use wharf_fixtures::{EVERYTHING, HELLO, ROGUE};
use wharf_mcp::model::Principal;

use crate::support::{D, Modern, PATIENCE, door, tcp};

/// A client that speaks in lines.
struct Lines<S> {
    reader: BufReader<ReadHalf<S>>,
    writer: WriteHalf<S>,
}

impl<S: AsyncRead + AsyncWrite> Lines<S> {
    fn new(stream: S) -> Self {
        let (reader, writer) = split(stream);
        Self {
            reader: BufReader::new(reader),
            writer,
        }
    }

    async fn say(&mut self, message: &Value) {
        let line = format!("{message}\n");
        self.writer.write_all(line.as_bytes()).await.unwrap();
    }

    /// The next message; none if there will not be one.
    async fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.reader.read_line(&mut line)).await;
        let read = read.expect("something happens").unwrap();
        (read > 0).then(|| serde_json::from_str(&line).unwrap())
    }

    async fn ask(&mut self, message: &Value) -> Value {
        self.say(message).await;
        self.hear().await.expect("there is an answer")
    }

    /// Says nothing any more.
    async fn end(&mut self) {
        self.writer.shutdown().await.unwrap();
    }
}

fn initialize() -> Value {
    let client = json!({ "name": "tests", "version": "1" });
    let params = json!({ "protocolVersion": D, "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })
}

fn call(tool: &str, arguments: Value) -> Value {
    Modern::call(tool, arguments).message
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("no text: {answer}"))
}

#[tokio::test]
async fn in_memory() {
    let door = door(&[HELLO, ROGUE]).await;
    let (host, client) = Memory::pair();
    let mut hosts = JoinSet::new();
    hosts.spawn(host.serve(door, Drain::new()));
    let mut client = Lines::new(client);
    let hello = client.ask(&initialize()).await;
    assert_eq!(hello["result"]["protocolVersion"], D);
    // ERA-12: both eras, as on every ordered channel.
    let greeting = client.ask(&call("greet", json!({ "name": "Ada" }))).await;
    assert_eq!(text(&greeting), "Hello, Ada!");
    // CUS-2: what runs is answered when the client has nothing more to say.
    client.say(&call("sleep", json!({ "ms": 50 }))).await;
    client.end().await;
    assert_eq!(text(&client.hear().await.unwrap()), "awake");
    assert_eq!(client.hear().await, None);
    hosts.join_next().await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn several_clients_in_memory() {
    let door = door(&[ROGUE]).await;
    let drain = Drain::new();
    let mut hosts = JoinSet::new();
    let mut clients: Vec<_> = ["ada", "bob"]
        .map(|name| {
            let (host, client) = Memory::pair();
            let host = host.on_behalf_of(Principal {
                subject: Some(name.to_owned()),
                ..Principal::default()
            });
            hosts.spawn(host.serve(door.clone(), drain.clone()));
            (name, Lines::new(client))
        })
        .into();
    for (name, client) in &mut clients {
        let known = client.ask(&call("whoami", json!({}))).await;
        let known: Value = serde_json::from_str(text(&known)).unwrap();
        assert_eq!(known["subject"], *name);
    }
    // One goes away; the other does not notice.
    clients.remove(0);
    hosts.join_next().await.unwrap().unwrap().unwrap();
    let (_, left) = &mut clients[0];
    let echo = left.ask(&call("echo", json!({ "text": "here" }))).await;
    assert_eq!(text(&echo), "here");
    drain.begin();
    assert_eq!(left.hear().await, None);
    hosts.join_next().await.unwrap().unwrap().unwrap();
}

/// A client of this name, in memory.
fn connect(name: &str, door: &Door, hosts: &mut JoinSet<io::Result<()>>) -> Lines<DuplexStream> {
    let (host, client) = Memory::pair();
    let host = host.on_behalf_of(Principal {
        subject: Some(name.to_owned()),
        ..Principal::default()
    });
    hosts.spawn(host.serve(door.clone(), Drain::new()));
    Lines::new(client)
}

/// A modern request of a client that can do this.
fn able(capabilities: Value, request: Modern) -> Value {
    request
        .meta("clientCapabilities", Some(capabilities))
        .message
}

/// MRT-6, ELI-6: what one client keeps for a plugin is good for nobody else.
#[tokio::test]
async fn what_was_sealed_for_one_is_nothing_for_another() {
    let door = door(&[EVERYTHING]).await;
    let mut hosts = JoinSet::new();
    let mut ada = connect("ada", &door, &mut hosts);
    let mut bob = connect("bob", &door, &mut hosts);
    let asking = Modern::call("ask_reply", json!({}));
    let mut request = able(json!({ "elicitation": {} }), asking);
    let asked = ada.ask(&request).await;
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let answer = json!({ "action": "accept", "content": { "name": "Ada" } });
    request["params"]["requestState"] = asked["result"]["requestState"].clone();
    request["params"]["inputResponses"] = json!({ "name": answer });
    let refused = bob.ask(&request).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    assert_eq!(text(&ada.ask(&request).await), "given Ada");
}

/// TKD-10, TKE-13, SUB-10: a task of somebody else's does not exist.
#[tokio::test]
async fn tasks_of_others_do_not_exist() {
    let door = door(&[EVERYTHING]).await;
    let mut hosts = JoinSet::new();
    let mut ada = connect("ada", &door, &mut hosts);
    let mut bob = connect("bob", &door, &mut hosts);
    let knowing = |request| {
        let extension = json!({ "io.modelcontextprotocol/tasks": {} });
        able(json!({ "extensions": extension }), request)
    };
    let steps = Modern::call("task_steps", json!({ "n": 1 }));
    let made = ada.ask(&knowing(steps)).await;
    let task = made["result"]["taskId"].clone();
    assert!(task.is_string(), "{made}");
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let params = json!({ "taskId": task, "inputResponses": {} });
        let refused = bob.ask(&knowing(Modern::new(method, params))).await;
        assert_eq!(refused["error"]["code"], -32602, "{method}: {refused}");
    }
    let wanted = json!({ "notifications": { "taskIds": [task] } });
    let listening = Modern::new("subscriptions/listen", wanted);
    let acknowledged = bob.ask(&knowing(listening)).await;
    assert_eq!(acknowledged["params"]["notifications"], json!({}));
    let get = Modern::new("tasks/get", json!({ "taskId": task }));
    let found = ada.ask(&knowing(get)).await;
    assert_eq!(found["result"]["taskId"], task);
}

/// STD-5, on the binding that shares nothing with standard input but the lines.
#[tokio::test]
async fn long_lines_in_memory() {
    let door = door(&[HELLO]).await;
    let (host, client) = Memory::pair();
    let mut hosts = JoinSet::new();
    hosts.spawn(host.serve(door, Drain::new()));
    let mut client = Lines::new(client);
    let mut line = vec![b'x'; MAX_MESSAGE + 1];
    line.push(b'\n');
    client.writer.write_all(&line).await.unwrap();
    let refusal = client.hear().await.unwrap();
    assert_eq!(refusal["error"]["code"], -32700, "{refusal}");
    let greeting = client.ask(&call("greet", json!({ "name": "Ada" }))).await;
    assert_eq!(text(&greeting), "Hello, Ada!");
}

/// The example in `host/examples`: what somebody else would write.
#[tokio::test]
async fn over_a_binding_of_somebody_else() {
    let tcp = tcp::Tcp::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.address().unwrap();
    let drain = Drain::new();
    let mut hosts = JoinSet::new();
    hosts.spawn(tcp.serve(door(&[HELLO, ROGUE]).await, drain.clone()));
    let connect = async || Lines::new(TcpStream::connect(address).await.unwrap());
    let (mut legacy, mut modern, mut rude) = (connect().await, connect().await, connect().await);
    let hello = legacy.ask(&initialize()).await;
    assert_eq!(hello["result"]["protocolVersion"], D);
    let greeting = modern.ask(&call("greet", json!({ "name": "Ada" }))).await;
    assert_eq!(text(&greeting), "Hello, Ada!");
    rude.say(&json!("nonsense")).await;
    rude.hear().await.expect("a complaint");
    drop(rude);
    // What has begun is finished, and then everybody is told that it is over.
    let count = json!({ "n": 3, "delay_ms": 100 });
    let mut params = json!({ "name": "count", "arguments": count });
    params["_meta"] = json!({ "progressToken": "t" });
    let counting = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let progress = legacy.ask(&counting).await;
    assert_eq!(progress["method"], "notifications/progress");
    drain.begin();
    let mut last = Value::Null;
    while let Some(message) = legacy.hear().await {
        last = message;
    }
    assert_eq!(text(&last), "done");
    assert_eq!(modern.hear().await, None);
    hosts.join_next().await.unwrap().unwrap().unwrap();
}
