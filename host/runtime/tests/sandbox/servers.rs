//! Servers for plugins to talk to, made of plain sockets, so that they can do what no
//! server would; and the plugin that talks to them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use wharf_fixtures::REACH;
use wharf_runtime::{Grants, HttpGrant, Limits, Plugin};

use crate::support::{component, load_in, runtime, tool};

/// How long a test waits for what should happen at once.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server on a free port. Its threads end with the test's process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    ended: Arc<Mutex<Receiver<()>>>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
}

impl Server {
    /// Answers each request with what `answer` makes of its head, then closes the
    /// connection.
    pub(crate) fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::new("127.0.0.1:0", move |head, stream| {
            let _ = stream.write_all(answer(head).as_bytes());
        })
    }

    /// Does something with each connection after the head of its request.
    pub(crate) fn new(
        address: &str,
        serve: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, serve) = (Arc::<Seen>::default(), Arc::new(serve));
        let (tell, ended) = channel();
        let counted = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, serve, tell) = (counted.clone(), serve.clone(), tell.clone());
                seen.begin();
                thread::spawn(move || attend(stream, &*serve, &seen, &tell));
            }
        });
        Self {
            address,
            seen,
            ended: Arc::new(Mutex::new(ended)),
        }
    }

    /// `http://127.0.0.1:PORT` and the path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// How many there have been at the same time.
    pub(crate) fn most(&self) -> usize {
        self.seen.most.load(Ordering::SeqCst)
    }

    /// Waits until the other side has ended a connection.
    pub(crate) async fn wait_for_an_end(&self) {
        let ended = Arc::clone(&self.ended);
        let wait = move || ended.lock().unwrap().recv_timeout(PATIENCE);
        let waited = tokio::task::spawn_blocking(wait).await.unwrap();
        waited.expect("the connection ends");
    }
}

impl Seen {
    fn begin(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(open, Ordering::SeqCst);
    }
}

fn attend(
    mut stream: TcpStream,
    serve: &(dyn Fn(&str, &mut TcpStream) + Send + Sync),
    seen: &Seen,
    ended: &Sender<()>,
) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.extend(byte);
    }
    serve(&String::from_utf8_lossy(&head), &mut stream);
    seen.open.fetch_sub(1, Ordering::SeqCst);
    let _ = ended.send(());
}

/// A grant for some targets.
pub(crate) fn allow(targets: &[&str]) -> HttpGrant {
    HttpGrant {
        allow: targets
            .iter()
            .map(|target| target.parse().unwrap())
            .collect(),
        ..HttpGrant::default()
    }
}

pub(crate) async fn reach(http: Option<HttpGrant>) -> Plugin {
    reach_in(http, &Limits::default()).await
}

pub(crate) async fn reach_in(http: Option<HttpGrant>, limits: &Limits) -> Plugin {
    let grants = Grants {
        http,
        ..Grants::default()
    };
    let loaded = load_in(&runtime(), component(REACH), &grants, limits).await;
    loaded.expect("the fixture loads")
}

pub(crate) async fn get(plugin: &Plugin, url: &str) -> Result<String, String> {
    tool(plugin, "get", &format!(r#"{{"url":"{url}"}}"#)).await
}

pub(crate) fn hello() -> Server {
    Server::answering(|_| response("hello"))
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, String>, code: &str) {
    let error = result.expect_err("it is refused");
    assert!(error.contains(code), "{error}, not {code}");
}

/// A whole response.
pub(crate) fn response(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads until the other side ends the connection.
pub(crate) fn wait_for_the_end(stream: &mut TcpStream) {
    let mut rest = [0; 4096];
    while stream.read(&mut rest).is_ok_and(|read| read > 0) {}
}
