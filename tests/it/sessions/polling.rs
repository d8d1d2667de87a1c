//! Streams that begin by saying where they are, and that are let go of (SHL-26,
//! SHL-27).

use serde_json::json;

use super::{Session, event, events, host, id, is_primer, parsed};
use crate::support::{A, B, C, D, Event};

/// SHL-24, SHL-26: an event without a message is more than older clients can take.
#[test]
fn the_first_event_of_a_stream() {
    let host = host();
    for revision in [A, B, C, D] {
        let session = Session::open(&host, revision);
        let mut call = session.stream(1, "count", &json!({ "n": 1 }));
        let first = event(&mut call);
        assert_eq!(is_primer(&first), revision == D, "{revision}");
        let rest = events(&mut call);
        let said = rest.iter().chain((revision != D).then_some(&first));
        assert!(said.clone().all(Event::is_message), "{revision}");
        assert!(said.clone().all(|event| event.id.is_some()), "{revision}");
        let mut general = session.listen();
        session.announce();
        let first = event(&mut general);
        assert_eq!(is_primer(&first), revision == D, "{revision}");
        let told = if revision == D {
            event(&mut general)
        } else {
            first
        };
        assert_eq!(parsed(&told)["method"], "notifications/tools/list_changed");
        // Whoever comes back is told where it is, too.
        let mut again = session.returning(id(&told)).must_be(200);
        session.announce();
        let first = event(&mut again);
        assert_eq!(is_primer(&first), revision == D, "{revision}");
        if revision == D {
            assert_eq!(id(&first), id(&told));
        }
    }
}

/// SHL-27, SHL-8: the connection is let go of, the call is not.
#[test]
fn a_call_that_says_it_will_be_silent() {
    let host = host();
    let session = Session::open(&host, D);
    let mut call = session.stream(1, "silent", &json!({ "ms": 1_500 }));
    let first = event(&mut call);
    assert!(is_primer(&first));
    let last = event(&mut call);
    assert_eq!(last.retry, Some(1_500));
    assert!(last.data.is_empty());
    assert_eq!(events(&mut call), []);
    let mut rest = session.returning(id(&first)).must_be(200);
    assert!(is_primer(&event(&mut rest)));
    let answer = parsed(&event(&mut rest));
    assert_eq!(answer["id"], 1);
    assert_eq!(answer["result"]["content"][0]["text"], "back");
    assert_eq!(events(&mut rest), []);
}

/// SHL-8, SHL-27: older clients do not know that they could come back.
#[test]
fn a_call_that_older_clients_wait_for() {
    let host = host();
    for revision in [A, B, C] {
        let session = Session::open(&host, revision);
        let params = json!({ "name": "silent", "arguments": { "ms": 50 } });
        let response = session.ask(1, "tools/call", &params);
        assert!(!response.is_stream(), "{revision}");
        let answer = response.json();
        assert_eq!(answer["result"]["content"][0]["text"], "back");
    }
}
