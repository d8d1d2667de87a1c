//! A host that is killed at any moment has everything that it has acknowledged.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

use super::{keeping, number, on_socket, values};
use crate::support::{Client, Modern, PATIENCE};

/// Who write at the same time.
const WRITERS: usize = 4;

/// What one writer has done over all lives of the host.
#[derive(Debug, Default, Clone)]
struct Done {
    /// Steps that it has begun, ever.
    begun: u64,
    /// Values that it has set, by the step.
    values: Vec<u64>,
    /// Pairs, likewise.
    pairs: Vec<u64>,
    /// How often it has counted.
    own: u64,
    /// How often it has counted for all.
    shared: u64,
    /// How many values and pairs were there when somebody looked.
    seen: (usize, usize),
    /// The step that was not acknowledged when the host died.
    open: Option<u64>,
}

/// As many as there is time for.
#[test]
fn nothing_acknowledged_is_lost() {
    let end = Instant::now() + Duration::from_secs(30);
    let kills = kill(usize::MAX, end);
    println!("{kills} kills");
    assert!(kills >= 3, "{kills}");
}

#[test]
#[ignore = "takes minutes; the test above does the same as often as there is time for"]
fn two_hundred_kills() {
    let kills = kill(200, Instant::now() + Duration::from_hours(1));
    assert_eq!(kills, 200);
}

/// Kills a host again and again. How often.
fn kill(most: usize, end: Instant) -> usize {
    let folder = TempDir::new().unwrap();
    let mut all = vec![Done::default(); WRITERS];
    let (mut kills, mut steps) = (0, 0);
    while kills < most && Instant::now() < end {
        // How many steps are acknowledged before: other ones every time.
        let after = [1, 97, 13, 200, 2, 41, 150, 7][kills % 8];
        steps += live(folder.path(), &mut all, after);
        kills += 1;
    }
    check(
        &mut on_socket(&keeping(folder.path(), "plugin")),
        &mut all,
        true,
    );
    let values: usize = all
        .iter()
        .map(|done| done.values.len() + done.pairs.len())
        .sum();
    println!("{kills} kills, {steps} acknowledged changes, {values} of them values");
    kills
}

/// One life of the host: it is checked for what was done before, worked with, and
/// killed after so many more acknowledgements.
fn live(folder: &Path, all: &mut Vec<Done>, after: u64) -> u64 {
    let host = keeping(folder, "plugin");
    check(&mut on_socket(&host), all, false);
    let (acknowledge, acknowledged) = channel();
    let writers: Vec<JoinHandle<Done>> = std::mem::take(all)
        .into_iter()
        .enumerate()
        .map(|(writer, done)| {
            let socket = UnixStream::connect(host.socket()).unwrap();
            let acknowledge = acknowledge.clone();
            thread::spawn(move || work(writer, done, socket, &acknowledge))
        })
        .collect();
    for _ in 0..after {
        acknowledged.recv_timeout(PATIENCE).expect("writers write");
    }
    // By SIGKILL.
    drop(host);
    all.extend(writers.into_iter().map(|writer| writer.join().unwrap()));
    after + u64::try_from(acknowledged.try_iter().count()).unwrap()
}

/// Does one step after the other until the host is gone.
fn work(writer: usize, mut done: Done, socket: UnixStream, acknowledge: &Sender<()>) -> Done {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answers = BufReader::new(socket.try_clone().unwrap());
    let mut socket = socket;
    loop {
        let step = done.begun;
        done.begun += 1;
        done.open = Some(step);
        let (tool, arguments) = step_of(writer, step);
        let call = Modern::call(tool, arguments).message;
        let mut answer = String::new();
        let heard = writeln!(socket, "{call}").and_then(|()| answers.read_line(&mut answer));
        if !matches!(heard, Ok(1..)) || !answer.ends_with('\n') {
            return done;
        }
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let said = answer["result"]["content"][0]["text"].as_str();
        let said = said.unwrap_or_else(|| panic!("{answer}"));
        done.open = None;
        match step % 4 {
            0 => done.values.push(step),
            1 => {
                done.own += 1;
                assert_eq!(said, done.own.to_string());
            }
            2 => done.shared += 1,
            _ => done.pairs.push(step),
        }
        acknowledge.send(()).unwrap_or_default();
    }
}

fn step_of(writer: usize, step: u64) -> (&'static str, Value) {
    match step % 4 {
        0 => (
            "set",
            json!({ "key": key(writer, step), "value": step.to_string() }),
        ),
        1 => ("increment", json!({ "key": own(writer), "delta": 1 })),
        2 => ("increment", json!({ "key": "shared", "delta": 1 })),
        _ => {
            let [left, right] = pair(writer, step);
            let value = step.to_string();
            (
                "set_many",
                json!({ "values": { left: value, right: value } }),
            )
        }
    }
}

fn key(writer: usize, step: u64) -> String {
    format!("value-{writer}-{step}")
}

fn pair(writer: usize, step: u64) -> [String; 2] {
    ["left", "right"].map(|side| format!("{side}-{writer}-{step}"))
}

fn own(writer: usize) -> String {
    format!("own-{writer}")
}

/// Everything that was acknowledged is there. What was not may be there or not, but is
/// there as a whole or not at all; from now on it counts as what it is.
fn check(client: &mut Client, all: &mut [Done], again: bool) {
    let mut maybe_shared = 0;
    let mut shared = 0;
    for (writer, done) in all.iter_mut().enumerate() {
        let open = done.open.take();
        done.check_values(client, writer, again);
        done.check_pairs(client, writer, open, again);
        let counted = number(client, &own(writer));
        let maybe = u64::from(open.is_some_and(|step| step % 4 == 1));
        assert!(
            (done.own..=done.own + maybe).contains(&counted),
            "{counted} of {done:?}"
        );
        done.own = counted;
        maybe_shared += u64::from(open.is_some_and(|step| step % 4 == 2));
        shared += done.shared;
    }
    let counted = number(client, "shared");
    assert!(
        (shared..=shared + maybe_shared).contains(&counted),
        "{counted}, not {shared}"
    );
    if let Some(first) = all.first_mut() {
        first.shared += counted - shared;
    }
}

impl Done {
    /// Those values that were not checked yet, or all of them.
    fn check_values(&mut self, client: &mut Client, writer: usize, again: bool) {
        let seen = std::mem::replace(&mut self.seen.0, self.values.len());
        let steps = &self.values[if again { 0 } else { seen }..];
        let keys: Vec<String> = steps.iter().map(|step| key(writer, *step)).collect();
        for (step, found) in steps.iter().zip(values(client, &keys)) {
            assert_eq!(found, Some(step.to_string()), "value {step} of {writer}");
        }
    }

    /// The same with pairs, and one that may be there or not.
    fn check_pairs(&mut self, client: &mut Client, writer: usize, open: Option<u64>, again: bool) {
        let seen = std::mem::replace(&mut self.seen.1, self.pairs.len());
        let steps = self.pairs[if again { 0 } else { seen }..]
            .iter()
            .chain(&open);
        let keys: Vec<String> = steps.clone().flat_map(|step| pair(writer, *step)).collect();
        let found = values(client, &keys);
        for (step, found) in steps.zip(found.chunks(2)) {
            assert_eq!(found[0], found[1], "pair {step} of {writer}");
            assert!(open == Some(*step) || found[0] == Some(step.to_string()));
        }
    }
}
