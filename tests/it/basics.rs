//! What every client can rely on, however it is connected and whichever revision
//! it speaks. Most tests are one body that runs over every way to reach a host.

mod calls;
mod completion;
mod content;
mod definitions;
mod events;
mod prompts;
mod resources;
mod running;
mod streams;

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, HELLO, ROGUE};

use crate::support::{
    A, B, Binding, Client, D, E, Host, REVISIONS, Way, on_every_session, on_every_way, stage,
};

mod everywhere {
    use super::{
        Way, answers_ping, introduces_itself, knows_no_other_methods, on_every_way,
        serves_what_it_advertises,
    };

    on_every_way! {
        introduces_itself
        answers_ping
        knows_no_other_methods
        serves_what_it_advertises
    }
}

/// LIF-1, DSC-4, DSC-6, CAP-4: nothing is advertised that is not there.
fn introduces_itself(way: Way) {
    let (_host, client) = stage(way, &[ROGUE, EVERYTHING]);
    let server = json!({ "name": "wharf", "version": env!("CARGO_PKG_VERSION") });
    let capabilities = capabilities(way);
    let expected = if way.is_modern() {
        json!({
            "resultType": "complete",
            "supportedVersions": [E],
            "capabilities": capabilities,
            "ttlMs": 0,
            "cacheScope": "private",
            "_meta": { "io.modelcontextprotocol/serverInfo": server },
        })
    } else {
        json!({
            "protocolVersion": way.revision,
            "capabilities": capabilities,
            "serverInfo": server,
        })
    };
    assert_eq!(client.hello, expected);
}

/// §10.1, CAP-2, CAP-4, TKD-10.
fn capabilities(way: Way) -> Value {
    let mut capabilities = json!({
        "tools": { "listChanged": true },
        "resources": { "subscribe": true, "listChanged": true },
        "prompts": { "listChanged": true },
        "logging": {},
    });
    if way.revision >= B {
        capabilities["completions"] = json!({});
    }
    let mut tasks = json!({ "cancel": {}, "requests": { "tools": { "call": {} } } });
    if way.binding == Binding::Unix {
        // Only those who have a name have tasks of their own to list.
        tasks["list"] = json!({});
    }
    match way.revision {
        D => capabilities["tasks"] = tasks,
        E => capabilities["extensions"] = json!({ "io.modelcontextprotocol/tasks": {} }),
        _ => {}
    }
    capabilities
}

/// PNG-1, PNG-2.
fn answers_ping(way: Way) {
    let (_host, mut client) = stage(way, &[HELLO]);
    if way.is_modern() {
        assert_unknown(&mut client, "ping");
    } else {
        assert_eq!(client.result("ping", json!({})), json!({}));
    }
}

/// DSC-9, RPC-10, and §10.3: methods of one era do not exist in the other.
fn knows_no_other_methods(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE, EVERYTHING]);
    client.notify("notifications/unheard-of", json!({}));
    assert_unknown(&mut client, "tools/destroy");
    assert_unknown(&mut client, "Tools/List");
    let foreign: &[&str] = if way.is_modern() {
        &[
            "initialize",
            "logging/setLevel",
            "tasks/list",
            "tasks/result",
            "resources/subscribe",
            "resources/unsubscribe",
        ]
    } else {
        &["subscriptions/listen", "tasks/update"]
    };
    for method in foreign {
        assert_unknown(&mut client, method);
    }
}

/// DSC-8: without resources and prompts their methods do not exist.
fn serves_what_it_advertises(way: Way) {
    let (_host, mut client) = stage(way, &[HELLO]);
    assert_eq!(
        client.hello["capabilities"],
        json!({ "tools": { "listChanged": true }, "logging": {} })
    );
    let tools = client.result("tools/list", json!({}));
    assert_eq!(tools["tools"][0]["name"], "greet");
    for method in ["resources/list", "resources/templates/list", "prompts/list"] {
        assert_unknown(&mut client, method);
    }
    assert_unknown(&mut client, "resources/subscribe");
    assert_unknown(&mut client, "completion/complete");
}

/// §1.3, trap 4: modern HTTP says it in the status as well, the others do not.
#[track_caller]
fn assert_unknown(client: &mut Client, method: &str) {
    let exchange = client.request(method, json!({}));
    let expected = match (client.way.binding, client.way.is_modern()) {
        (Binding::Streamable, true) => Some(404),
        (Binding::Streamable, false) => Some(200),
        _ => None,
    };
    assert_eq!(exchange.status, expected, "{method}");
    let error = exchange.error();
    assert_eq!(error["code"], -32601, "{method}");
    assert_eq!(error["message"], format!("Method not found: {method}"));
}

/// ERA-12: revisions and bindings go together in every combination.
#[test]
fn every_revision_is_spoken_on_every_binding() {
    let http = Host::serve(&["--listen", "127.0.0.1:0", HELLO]);
    for revision in REVISIONS {
        for binding in [Binding::Sse, Binding::Streamable, Binding::WebSocket] {
            greet(Client::connect_to(
                http.address(),
                Way::new(binding, revision),
            ));
        }
        for binding in [Binding::Memory, Binding::Stdio, Binding::Unix] {
            let (_host, client) = stage(Way::new(binding, revision), &[HELLO]);
            greet(client);
        }
    }
}

fn greet(mut client: Client) {
    assert_eq!(
        client.text("greet", json!({ "name": "Ada" })),
        "Hello, Ada!",
        "{:?}",
        client.way
    );
}

mod handshake {
    use super::{Way, is_not_repeated, negotiates, on_every_session};

    on_every_session! { negotiates is_not_repeated }
}

/// LIF-2, LIF-3, trap 7: an unknown or a modern version gets our latest legacy one.
fn negotiates(way: Way) {
    for (asked, answered) in [(A, A), (B, B), (E, D), ("2099-01-01", D), ("1999-01-01", D)] {
        let mut host = Host::of(way.binding, &[HELLO]);
        let hello = Client::dial(&mut host, way).shake_hands(asked);
        assert_eq!(hello["protocolVersion"], answered, "{asked}");
    }
}

/// LIF-7.
fn is_not_repeated(way: Way) {
    let (_host, mut client) = stage(way, &[HELLO]);
    let exchange = client.request("initialize", json!({ "protocolVersion": D }));
    if way.binding == Binding::Streamable {
        assert_eq!(exchange.status, Some(400));
    }
    assert_eq!(exchange.error()["code"], -32600);
    assert_eq!(client.result("ping", json!({})), json!({}));
}
