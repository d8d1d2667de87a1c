//! Shutting down: what has begun is finished, what has not is not begun, and the
//! exit code says that all went well (LIF-9, STD-3, STD-4).

use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};
use wharf_fixtures::ROGUE;

use crate::support::{
    Client, Host, Modern, PLACES, Request, Response, Signal, Way, eventually, on_every_way, stage,
};

mod everywhere {
    use super::{
        Way, finishes_what_runs_when_interrupted, finishes_what_runs_when_terminated, on_every_way,
    };

    on_every_way! {
        finishes_what_runs_when_terminated
        finishes_what_runs_when_interrupted
    }
}

/// Starts a call that takes a moment, and waits until it is running.
fn start_running(client: &mut Client) -> u64 {
    let params = json!({
        "name": "count",
        "arguments": { "n": 3, "delay_ms": 400 },
        "_meta": { "progressToken": "t" },
    });
    let id = client.start("tools/call", params);
    assert_eq!(client.notification()["params"]["progressToken"], "t");
    id
}

fn finishes_what_runs_when_terminated(way: Way) {
    finishes_what_runs(way, Signal::Terminate);
}

fn finishes_what_runs_when_interrupted(way: Way) {
    finishes_what_runs(way, Signal::Interrupt);
}

fn finishes_what_runs(way: Way, signal: Signal) {
    let (mut host, mut client) = stage(way, &[ROGUE]);
    let id = start_running(&mut client);
    host.signal(signal);
    let exchange = client.answer(id);
    assert_eq!(exchange.result()["content"][0]["text"], "done");
    assert_eq!(client.rest(), Vec::<Value>::new());
    assert_eq!(host.exit_code(), Some(0));
}

/// STD-3, trap 61.
#[test]
fn the_end_of_standard_input() {
    for way in [Way::STDIO, Way::STDIO_MODERN] {
        let (mut host, mut client) = stage(way, &[ROGUE]);
        let calls: Vec<u64> = (0..20)
            .map(|_| client.start_call("sleep", json!({ "ms": 50 })))
            .collect();
        client.close_stdin();
        for id in calls {
            assert_eq!(client.answer(id).result()["content"][0]["text"], "awake");
        }
        assert_eq!(client.rest(), Vec::<Value>::new());
        assert_eq!(host.exit_code(), Some(0));
    }
}

#[test]
fn the_end_of_standard_input_before_anything_was_said() {
    let mut host = Host::serve(&["--stdio", ROGUE]);
    let mut lines = host.lines();
    lines.close();
    assert_eq!(lines.rest(), Vec::<String>::new());
    assert_eq!(host.exit_code(), Some(0));
}

/// Without `--stdio` nobody reads it.
#[test]
fn the_end_of_standard_input_that_nobody_serves() {
    let mut host = Host::serve(&["--listen", "127.0.0.1:0", ROGUE]);
    host.close_stdin();
    let mut client = Client::connect_to(host.address(), Way::STREAMABLE);
    assert_eq!(
        client.text("echo", json!({ "text": "still here" })),
        "still here"
    );
}

#[test]
fn nothing_to_finish() {
    for signal in [Signal::Interrupt, Signal::Terminate] {
        for endpoint in [&["--stdio"][..], &["--listen", "127.0.0.1:0"]] {
            let mut host = Host::serve(&[endpoint, &[ROGUE]].concat());
            host.signal(signal);
            assert_eq!(host.exit_code(), Some(0), "{signal:?} {endpoint:?}");
        }
    }
}

/// What would run for ever is given up in the end, and that is no failure.
#[test]
fn a_call_that_does_not_finish() {
    let (mut host, mut client) = stage(Way::STREAMABLE, &[ROGUE, "--timeout", "1h"]);
    client.start_call("spin", json!({}));
    start_running(&mut client);
    host.signal(Signal::Terminate);
    assert_eq!(host.exit_code(), Some(0));
}

/// Nor is what nobody reads: the pipe is full, and stays so (STD-3: a bounded
/// drain).
#[test]
fn answers_that_nobody_reads_on_standard_output() {
    for signal in [None, Some(Signal::Terminate)] {
        let mut host = Host::serve(&["--stdio", ROGUE]);
        let mut stdin = host.stdin();
        for id in 0..4 {
            let call = numbered(id, "huge_result", json!({ "bytes": 1 << 20 }));
            writeln!(stdin, "{call}").unwrap();
        }
        // It cannot be heard that the pipe is full; but this is said on standard
        // error.
        let call = numbered(4, "print", json!({ "text": "printed last" }));
        writeln!(stdin, "{call}").unwrap();
        host.wait_for_log("printed last");
        match signal {
            Some(signal) => host.signal(signal),
            None => drop(stdin),
        }
        assert_eq!(host.exit_code(), Some(0), "{signal:?}");
    }
}

#[test]
fn answers_that_nobody_reads_on_a_stream() {
    let mut host = Host::serve(&["--listen", "127.0.0.1:0", ROGUE]);
    let mut deaf = Request::new("GET", "/sse")
        .send(host.address())
        .must_be(200);
    let endpoint = deaf.event().unwrap().expect("an event").data;
    for id in 0..PLACES {
        let call = numbered(id, "huge_result", json!({ "bytes": 1 << 20 }));
        let post = Request::post(&endpoint, &call.to_string());
        post.send(host.address()).must_be(202);
    }
    host.signal(Signal::Terminate);
    assert_eq!(host.exit_code(), Some(0));
}

fn numbered(id: usize, tool: &str, arguments: Value) -> Value {
    let mut message = Modern::call(tool, arguments).message;
    message["id"] = id.into();
    message
}

/// Whoever presses Ctrl-C twice does not want to wait.
#[test]
fn a_second_signal() {
    for (second, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 0)] {
        let (mut host, mut client) = stage(Way::STREAMABLE, &[ROGUE, "--timeout", "1h"]);
        client.start_call("sleep", json!({ "ms": 3_600_000 }));
        start_running(&mut client);
        host.signal(Signal::Interrupt);
        has_stopped_listening(&host);
        host.signal(second);
        assert_eq!(host.exit_code(), Some(code), "{second:?}");
    }
}

/// The first thing a drain does, on HTTP.
#[track_caller]
fn has_stopped_listening(host: &Host) {
    eventually("no connection is accepted", || {
        TcpStream::connect(host.address()).err()
    });
}

/// They end as responses do, and are not cut off.
#[test]
fn idle_streams() {
    let mut host = Host::serve(&["--listen", "127.0.0.1:0", ROGUE]);
    let request = Request::new("GET", "/sse");
    let mut streams: Vec<Response> = (0..3)
        .map(|_| request.send(host.address()).must_be(200))
        .collect();
    for stream in &mut streams {
        assert_eq!(stream.event().unwrap().expect("an event").name, "endpoint");
    }
    host.signal(Signal::Terminate);
    for stream in &mut streams {
        assert_eq!(stream.event().expect("a proper end"), None);
    }
    assert_eq!(host.exit_code(), Some(0));
}

/// Connections on which nothing is going on hold nobody up.
#[test]
fn idle_connections() {
    let mut host = Host::serve(&["--listen", "127.0.0.1:0", ROGUE]);
    let _silent = TcpStream::connect(host.address()).unwrap();
    let kept = Request::new("GET", "/healthz")
        .write_to(host.address())
        .unwrap();
    let response = Response::read(kept.try_clone().unwrap())
        .unwrap()
        .must_be(200);
    assert_eq!(response.header("connection"), None, "it is kept alive");
    host.signal(Signal::Terminate);
    assert_eq!(host.exit_code(), Some(0));
}

/// One process may serve all at once; either a signal or the end of standard input
/// ends it, and all finish what they have.
#[test]
fn all_bindings_together() {
    for signal in [None, Some(Signal::Terminate)] {
        let mut host = Host::serve(&[
            "--stdio",
            "--listen",
            "127.0.0.1:0",
            "--listen",
            "unix:wharf.sock",
            ROGUE,
        ]);
        let mut clients: Vec<Client> = [
            Way::STDIO,
            Way::UNIX,
            Way::UNIX_MODERN,
            Way::WEBSOCKET,
            Way::WEBSOCKET_MODERN,
            Way::SSE,
            Way::STREAMABLE,
            Way::STREAMABLE_MODERN,
        ]
        .map(|way| Client::connect(&mut host, way))
        .into();
        let calls: Vec<u64> = clients.iter_mut().map(start_running).collect();
        match signal {
            Some(signal) => host.signal(signal),
            None => clients[0].close_stdin(),
        }
        for (client, id) in clients.iter_mut().zip(calls) {
            assert_eq!(client.answer(id).result()["content"][0]["text"], "done");
        }
        assert_eq!(host.exit_code(), Some(0));
        for client in clients {
            assert_eq!(client.rest(), Vec::<Value>::new());
        }
    }
}
