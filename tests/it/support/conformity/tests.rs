//! Whether a witness notices.

use serde_json::json;

use super::super::{A, B, C, D, E};
use super::Witness;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
const PONG: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
const NOBODYS: &str = r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"m"}}"#;
const NULL: &str = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}}"#;

/// A witness of a session of this revision.
fn in_session(revision: &str) -> Witness {
    let mut witness = Witness::of_stream();
    witness.agreed(&json!({ "protocolVersion": revision }));
    witness
}

/// What was wrong with the last of these messages.
#[track_caller]
fn check(witness: &mut Witness, said: &[&str], heard: &str, problem: Option<&str>) {
    for message in said {
        witness.said(message.as_bytes());
    }
    match (witness.judge(heard), problem) {
        (Ok(()), None) => {}
        (Err(found), Some(problem)) => assert!(found.contains(problem), "{found}"),
        (verdict, _) => panic!("{verdict:?} instead of {problem:?}: {heard}"),
    }
}

#[test]
fn everything_is_answered_once() {
    let witness = &mut in_session(D);
    check(witness, &[], PONG, Some("nothing was asked"));
    check(witness, &[PING], PONG, None);
    check(witness, &[], PONG, Some("nothing was asked"));
    let text = &PONG.replace('1', "\"1\"");
    check(witness, &[PING], text, Some("nothing was asked"));
}

/// RPC-7: the second is refused, and the first is answered as if nothing were.
#[test]
fn of_two_with_one_id_the_second_is_refused() {
    let list = &PING.replace("ping", "tools/list");
    let refusal = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"m"}}"#;
    let witness = &mut in_session(D);
    check(witness, &[list, PING], refusal, None);
    check(witness, &[], PONG, Some("\"tools\" is a required property"));
}

/// RPC-5.
#[test]
fn what_nobody_can_read_is_answered_to_nobody() {
    for revision in [A, B, C] {
        check(&mut in_session(revision), &["{"], NULL, None);
        check(
            &mut in_session(revision),
            &["{"],
            NOBODYS,
            Some("ought to be null"),
        );
    }
    check(&mut in_session(D), &["{"], NOBODYS, None);
    check(&mut in_session(D), &["{"], NULL, Some("ought to be no id"));
    check(&mut Witness::of_stream(), &["{"], NOBODYS, None);
    check(
        &mut in_session(D),
        &[PING],
        NOBODYS,
        Some("everything had an id"),
    );
    let witness = &mut in_session(D);
    check(witness, &["{}"], NOBODYS, None);
    check(witness, &[], NOBODYS, Some("everything had an id"));
    let nulled = &PING.replace('1', "null");
    check(witness, &[nulled], NOBODYS, None);
    let note = &PING.replace(r#""id":1,"#, "");
    check(witness, &[note], NOBODYS, Some("everything had an id"));
}

/// SHM-2: who reads a request knows its id, unless it is refused unread.
#[test]
fn a_refusal_without_an_id_was_not_read() {
    let post = |version: Option<&str>, status: u16| {
        let mut witness = Witness::of_post(PING.as_bytes(), None, version);
        witness.responded(status);
        witness
    };
    check(
        &mut post(Some(E), 400),
        &[],
        NOBODYS,
        Some("everything had an id"),
    );
    check(&mut post(Some(E), 415), &[], NOBODYS, None);
    check(&mut post(Some(D), 400), &[], NOBODYS, None);
    check(
        &mut post(Some(D), 200),
        &[],
        NOBODYS,
        Some("everything had an id"),
    );
}

/// PRG-1: of what is running, and in its revision.
#[test]
fn progress_is_of_something() {
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call",
        "params":{"name":"t","_meta":{"progressToken":"p"}}}"#;
    let report = r#"{"jsonrpc":"2.0","method":"notifications/progress",
        "params":{"progressToken":"p","progress":1}}"#;
    let result = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
    let witness = &mut in_session(D);
    check(witness, &[], report, Some("nothing that is running"));
    check(witness, &[call], report, None);
    check(witness, &[], result, None);
    check(witness, &[], report, Some("nothing that is running"));
    let told = &report.replace("1}", r#"1,"message":"m"}"#);
    check(
        &mut in_session(A),
        &[call],
        told,
        Some("'message' was unexpected"),
    );
    check(&mut in_session(B), &[call], told, None);
}

/// ERA-9: each message is of the revision it claims.
#[test]
fn a_claim_outranks_the_session() {
    let discover = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "_meta": {
        "io.modelcontextprotocol/protocolVersion": E,
        "io.modelcontextprotocol/clientCapabilities": {},
    } } });
    let witness = &mut in_session(D);
    check(
        witness,
        &[&discover.to_string()],
        PONG,
        Some("\"resultType\" is a required"),
    );
}

#[test]
fn what_was_served_was_asked_well() {
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#;
    let result = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
    check(&mut in_session(D), &[call], result, Some("this was served"));
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"m"}}"#;
    check(&mut in_session(D), &[call], error, None);
}

/// BAT-1: in the one revision that has them.
#[test]
fn batches_are_of_one_revision() {
    let (pings, pongs) = (format!("[{PING}]"), format!("[{PONG}]"));
    check(&mut in_session(B), &[&pings], &pongs, None);
    check(
        &mut in_session(C),
        &[&pings],
        &pongs,
        Some("neither a request"),
    );
    check(&mut in_session(C), &[&pings], NULL, None);
}
