//! As many sessions as there may be (SHL-16).

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::thread;

use super::{host, opening};
use crate::support::{D, PATIENCE, Request};

const MAX_SESSIONS: usize = 10_000;

/// Requests on one connection, one after the other without waiting.
fn open_many(socket: &TcpStream, request: &[u8], count: usize) -> Vec<String> {
    thread::scope(|scope| {
        scope.spawn(|| {
            let chunk = request.repeat(100);
            let mut writer = socket;
            for _ in 0..count / 100 {
                writer.write_all(&chunk).expect("the host reads");
            }
        });
        let lines = BufReader::new(socket).lines().map_while(Result::ok);
        let ids = lines.filter_map(|line| Some(line.strip_prefix("mcp-session-id: ")?.to_owned()));
        ids.take(count).collect()
    })
}

/// SHL-16: beyond, there is room later. Ending one makes room at once.
#[test]
fn are_refused_beyond() {
    let host = host();
    let socket = TcpStream::connect(host.address()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = opening(D).bytes(host.address());
    let ids = open_many(&socket, &request, MAX_SESSIONS);
    assert_eq!(ids.len(), MAX_SESSIONS);
    let refused = opening(D).send(host.address()).must_be(503);
    let later: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(later > 0);
    assert_eq!(refused.header("mcp-session-id"), None);
    let ending = Request::new("DELETE", "/mcp").header("Mcp-Session-Id", &ids[4_711]);
    ending.send(host.address()).must_be(204);
    opening(D).send(host.address()).must_be(200);
    opening(D).send(host.address()).must_be(503);
}
