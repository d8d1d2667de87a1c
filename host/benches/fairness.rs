//! What loops cost those who share a host with them, and when loops end.
//!
//! Runs the program itself and talks HTTP to it, so that everything counts: sockets,
//! the executor, the sandbox.
//!
//! | figure | what it is | what it should be |
//! | --- | --- | --- |
//! | `quiet`, `beside` | how long calls of `hello` take, alone and beside 100 endless loops of another plugin | the slowest percent at most 3 times as long |
//! | `late` | how long after its deadline an endless loop is answered, of those 100 | at most 50 ms |
//!
//! Compare within one run. The client shares the machine with the host.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that measures prints, and without a host there is nothing to measure"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::time::Instant;
use wharf_fixtures::{HELLO, ROGUE};

/// Clients that call `greet` over and over, and for how long.
const CLIENTS: usize = 4;
const MEASURED: Duration = Duration::from_secs(5);

/// Loops at once, and when they are ended. 64 of them run and the others wait.
const LOOPS: usize = 100;
const DEADLINE: Duration = Duration::from_secs(2);

fn main() {
    let host = Host::start();
    let quiet = Times::of_greetings(&host.address);
    quiet.print("quiet");
    let stop = Arc::new(AtomicBool::new(false));
    let loops: Vec<_> = (0..LOOPS).map(|_| keep_looping(&host, &stop)).collect();
    let beside = Times::of_greetings(&host.address);
    beside.print("beside");
    stop.store(true, Ordering::Relaxed);
    let late = loops.into_iter().flat_map(|client| client.join().unwrap());
    Times::new(late.collect()).print("late");
    println!(
        "ratio: median {:.2}, slowest percent {:.2}",
        quiet.ratio(&beside, 50),
        quiet.ratio(&beside, 99)
    );
}

/// How long things took, the shortest first.
struct Times(Vec<Duration>);

impl Times {
    fn new(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    fn of_greetings(address: &str) -> Self {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let mut client = Client::connect(address);
                thread::spawn(move || client.greet_for(MEASURED))
            })
            .collect();
        let times = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap());
        Self::new(times.collect())
    }

    fn percentile(&self, percent: usize) -> Duration {
        let at = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or_default()
    }

    fn ratio(&self, other: &Self, percent: usize) -> f64 {
        other.percentile(percent).as_secs_f64() / self.percentile(percent).as_secs_f64()
    }

    fn print(&self, name: &str) {
        println!(
            "{name}: {} calls, median {:?}, slowest percent {:?}, slowest {:?}",
            self.0.len(),
            self.percentile(50),
            self.percentile(99),
            self.percentile(100)
        );
    }
}

/// Loops again and again until told to stop. How late each was ended that was not kept
/// waiting before it ran.
fn keep_looping(host: &Host, stop: &Arc<AtomicBool>) -> JoinHandle<Vec<Duration>> {
    let (mut client, stop) = (Client::connect(&host.address), Arc::clone(stop));
    thread::spawn(move || {
        let mut late = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let start = Instant::now();
            let answer = client.call("spin", "{}");
            let after = start.elapsed().saturating_sub(DEADLINE);
            if answer.contains("did not finish") && after < DEADLINE / 2 {
                late.push(after);
            }
        }
        late
    })
}

struct Host {
    child: Child,
    address: String,
}

impl Host {
    fn start() -> Self {
        let deadline = format!("{}ms", DEADLINE.as_millis());
        let mut child = Command::new(env!("CARGO_BIN_EXE_wharf"))
            .args(["serve", "--listen", "127.0.0.1:0", "--timeout", &deadline])
            .args([HELLO, ROGUE])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = log.find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("ready: http://")?;
            rest.split_once('/').map(|(address, _)| address.to_owned())
        });
        // Ends with the host.
        thread::spawn(move || log.for_each(drop));
        Self {
            child,
            address: ready.unwrap(),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// One connection.
struct Client {
    stream: BufReader<TcpStream>,
    address: String,
}

impl Client {
    fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
            address: address.to_owned(),
        }
    }

    fn greet_for(&mut self, time: Duration) -> Vec<Duration> {
        let (begin, mut times) = (Instant::now(), Vec::new());
        while begin.elapsed() < time {
            let start = Instant::now();
            let answer = self.call("greet", r#"{"name":"Ada"}"#);
            times.push(start.elapsed());
            assert!(answer.contains("Hello, Ada!"), "{answer}");
        }
        times
    }

    /// The body of the answer. A call without progress is answered in one piece.
    fn call(&mut self, tool: &str, arguments: &str) -> String {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
        );
        let request = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\n\
             mcp-method: tools/call\r\nmcp-name: {tool}\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        self.answer()
    }

    fn answer(&mut self) -> String {
        let (mut length, mut line) = (None, String::new());
        while line != "\r\n" {
            line.clear();
            assert!(self.stream.read_line(&mut line).unwrap() > 0, "hung up");
            let line = line.to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            }
        }
        match length {
            Some(length) => self.take(length),
            None => self.chunks(),
        }
    }

    fn chunks(&mut self) -> String {
        let mut body = String::new();
        loop {
            let mut line = String::new();
            assert!(self.stream.read_line(&mut line).unwrap() > 0, "hung up");
            let length = usize::from_str_radix(line.trim(), 16).unwrap();
            body += &self.take(length);
            self.take(2);
            if length == 0 {
                return body;
            }
        }
    }

    fn take(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}
