//! The program, seen from outside: the real binary, real pipes and sockets, real
//! components.
//!
//! One binary, so that it is linked once. `support` has what the tests share;
//! every other module is one promise:
//!
//! | module | promise |
//! | --- | --- |
//! | [`basics`] | what the protocol says, on every binding and in every revision |
//! | [`bad_input`] | a clear answer to whoever is wrong, and nothing for anybody else to notice |
//! | [`matrix`] | the same on every binding in every revision |
//! | [`mirrors`] | what headers repeat is what the message says |
//! | [`network`] | plugins ask whom they are let, and keep their secrets |
//! | [`config`] | what a configuration file says is what is served |
//! | [`reload`] | what changes on disk is served without anybody losing a call |
//! | [`drain`] | what has begun is finished |
//! | [`sealed`] | what clients keep for plugins comes back as it was, or not at all |
//! | [`sessions`] | over Streamable HTTP, what a session promises outlives its connections |
//! | [`small_print`] | what the protocol says in passing |
//! | [`tasks`] | calls that go on in the background, in the two forms there are |
//! | [`durable`] | what plugins keep is there when the host comes back, and is whose it is |
//! | [`crowd`] | many clients at once get their own answers |
//! | [`websocket`] | one socket is one session, and ends in good order |
//! | [`unix`] | sockets in the file system: whose they are, and what is left of them |
//! | [`embedding`] | the library serves on bindings that others bring |
//! | [`cli`] | what the program says to people |
//! | [`tidy`] | the sources keep the rules that ARCHITECTURE.md gives |
//!
//! Names such as `RPC-3` in comments are those of the requirements that a test
//! holds the program to; `docs/requirements.md` has them all.

// Clippy allows tests to panic, and takes helpers for tests only inside of this.
#![cfg(test)]

mod bad_input;
mod basics;
mod cli;
mod config;
mod crowd;
mod drain;
mod durable;
mod embedding;
mod escape;
mod fair;
mod instances;
mod matrix;
mod mirrors;
mod network;
mod reload;
mod sealed;
mod sessions;
mod small_print;
mod support;
mod tasks;
mod tidy;
mod unix;
mod websocket;
