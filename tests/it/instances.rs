//! How long an instance of a plugin lives, as its operator writes it in `wharf.toml`.

use serde_json::json;

use crate::config::Place;
use crate::support::{Client, Host, Way};

/// Serves the plugin `rogue` whose instances live so long.
fn serve(instances: &str) -> (Place, Host) {
    let place = Place::new();
    let config = format!("[plugins.rogue]\nsource = \"rogue.wasm\"\ninstances = {instances}\n");
    let host = place.serve(&config, &["--listen", "127.0.0.1:0"]);
    (place, host)
}

fn calls(client: &mut Client) -> String {
    client.text("calls", json!({}))
}

/// The ways with something that lasts longer than a request.
const LASTING: [Way; 4] = [
    Way::SSE,
    Way::STREAMABLE,
    Way::WEBSOCKET,
    Way::WEBSOCKET_MODERN,
];

#[test]
fn each_call_has_its_own_by_default() {
    let (_place, host) = serve("\"call\"");
    for way in LASTING {
        let mut client = Client::connect_to(host.address(), way);
        for _ in 0..3 {
            assert_eq!(calls(&mut client), "1", "{way:?}");
        }
    }
}

#[test]
fn each_session_can_have_its_own() {
    let (_place, host) = serve("\"session\"");
    for way in LASTING {
        let mut one = Client::connect_to(host.address(), way);
        let mut other = Client::connect_to(host.address(), way);
        assert_eq!(calls(&mut one), "1", "{way:?}");
        assert_eq!(calls(&mut one), "2", "{way:?}");
        assert_eq!(calls(&mut other), "1", "{way:?}");
        assert_eq!(calls(&mut one), "3", "{way:?}");
        let crash = one.failure("panic", json!({}));
        assert!(crash.contains("boom"), "{crash}");
        assert_eq!(calls(&mut one), "1", "{way:?}");
        assert_eq!(calls(&mut other), "2", "{way:?}");
    }
}

#[test]
fn requests_without_a_session_have_their_own() {
    let (_place, host) = serve("\"session\"");
    let mut client = Client::connect_to(host.address(), Way::STREAMABLE_MODERN);
    for _ in 0..3 {
        assert_eq!(calls(&mut client), "1");
    }
}

#[test]
fn a_pool_is_everybodys_until_it_is_used_up() {
    let (_place, host) = serve("{ per = \"pool\", max = 1, uses = 3 }");
    let counted: Vec<String> = (0..7)
        .map(|_| {
            calls(&mut Client::connect_to(
                host.address(),
                Way::STREAMABLE_MODERN,
            ))
        })
        .collect();
    assert_eq!(counted, ["1", "2", "3", "1", "2", "3", "1"]);
}
