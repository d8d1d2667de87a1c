//! A program's standard input and output, line by line.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::conformity::Witness;
use super::{PATIENCE, until_closed};

/// The two pipes of a program that speaks in lines.
pub(crate) struct Lines {
    stdin: Option<ChildStdin>,
    heard: Receiver<String>,
    witness: RefCell<Witness>,
}

impl Lines {
    /// Reads in the background, so that neither side waits for the other.
    pub(crate) fn new(stdin: ChildStdin, stdout: ChildStdout) -> Self {
        let (sender, heard) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                // Nobody listening any more closes the pipe.
                if sender.send(line.expect("standard output is text")).is_err() {
                    break;
                }
            }
        });
        Self {
            stdin: Some(stdin),
            heard,
            witness: RefCell::new(Witness::of_stream()),
        }
    }

    /// Writes a line.
    pub(crate) fn say(&mut self, line: &str) {
        self.write(line.as_bytes());
        self.write(b"\n");
    }

    /// Writes bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.witness.get_mut().wrote(bytes);
        let stdin = self.stdin.as_mut().expect("standard input is open");
        stdin.write_all(bytes).expect("the program reads");
        stdin.flush().unwrap();
    }

    /// The next line.
    #[track_caller]
    pub(crate) fn hear(&self) -> String {
        let line = self.heard.recv_timeout(PATIENCE);
        let line = line.expect("the program says something");
        self.witness.borrow_mut().heard(&line);
        line
    }

    /// Writes a line and waits for the next one.
    #[track_caller]
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.hear()
    }

    /// Ends standard input.
    pub(crate) fn close(&mut self) {
        // The last line needs no end.
        self.witness.get_mut().wrote(b"\n");
        drop(self.stdin.take());
    }

    /// The lines that are left, to the end of standard output.
    pub(crate) fn rest(&self) -> Vec<String> {
        let lines = until_closed(&self.heard);
        let heard = |line: &String| self.witness.borrow_mut().heard(line);
        lines.inspect(heard).collect()
    }

    /// Who writes, and what is read.
    pub(crate) fn split(self) -> (Option<ChildStdin>, Receiver<String>) {
        (self.stdin, self.heard)
    }
}
