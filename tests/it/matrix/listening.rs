//! `subscriptions/listen`: what is honoured, what comes, under which id, and how it
//! ends (§21.2).

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, HELLO, ROGUE};

use crate::support::{Binding, Client, E, Host, Signal, Way, matrix, subscription, told};

matrix! { [E], &[EVERYTHING, ROGUE] =>
    honours_what_there_is
    refuses_what_is_no_filter
    tells_what_was_asked_for
    names_the_subscription_as_it_was_named
    tells_each_of_several
    is_given_up
    is_gone_with_its_client
    ends_with_the_host
}

mod without_resources {
    use super::{HELLO, honours_no_more_than_there_is};
    use crate::support::{E, matrix};

    matrix! { [E], &[HELLO] => honours_no_more_than_there_is }
}

fn everything() -> Value {
    json!({
        "toolsListChanged": true,
        "promptsListChanged": true,
        "resourcesListChanged": true,
        "resourceSubscriptions": ["item:///1"],
    })
}

fn tools() -> Value {
    json!({ "toolsListChanged": true })
}

fn announce(client: &mut Client, what: &str) {
    client.call_aside("announce", json!({ "what": what, "uri": "item:///1" }));
}

/// SUB-1, SUB-2: what was not asked for is left out, and so is what is not wanted.
fn honours_what_there_is(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    assert_eq!(client.listen(everything()).1, everything());
    assert_eq!(client.listen(json!({})).1, json!({}));
    let some = json!({ "toolsListChanged": false, "promptsListChanged": true });
    let honoured = json!({ "promptsListChanged": true });
    assert_eq!(client.listen(some).1, honoured);
    // Of an extension that nobody knows.
    let more = json!({ "toolsListChanged": true, "example.com/weather": true });
    assert_eq!(client.listen(more).1, tools());
}

/// SUB-2, SUB-10: unsupported kinds are omitted, and not `false`.
fn honours_no_more_than_there_is(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    assert_eq!(client.listen(everything()).1, tools());
}

/// SUB-1, SUB-10.
fn refuses_what_is_no_filter(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    for params in [
        json!({}),
        json!({ "notifications": null }),
        json!({ "notifications": [] }),
        json!({ "notifications": { "toolsListChanged": "yes" } }),
        json!({ "notifications": { "resourceSubscriptions": "item:///1" } }),
        json!({ "notifications": { "resourceSubscriptions": [1] } }),
    ] {
        let why = params.to_string();
        let exchange = client.request("subscriptions/listen", params);
        assert_eq!(exchange.before, Vec::<Value>::new(), "{why}");
        assert_eq!(exchange.status.unwrap_or(200), 200, "{why}");
        assert_eq!(exchange.error()["code"], -32602, "{why}");
    }
    let tasks = json!({ "notifications": { "taskIds": ["x"] } });
    let exchange = client.request("subscriptions/listen", tasks);
    assert_eq!(exchange.status.unwrap_or(400), 400);
    assert_eq!(exchange.error()["code"], -32021);
}

/// SUB-3, SUB-7: and nothing else, not even what other requests would like to hear.
fn tells_what_was_asked_for(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    client.set_log_level("debug");
    let (id, _) = client.listen(json!({
        "promptsListChanged": true,
        "resourceSubscriptions": ["item:///1"],
    }));
    for what in ["tools", "resources", "resource", "prompts"] {
        announce(&mut client, what);
    }
    for expected in ["resources/updated item:///1", "prompts/list_changed"] {
        let notice = client.notification();
        assert_eq!(told(&notice), expected);
        assert_eq!(*subscription(&notice), id);
    }
}

/// SUB-4, RPC-3: 1 and "1" are two of them.
fn names_the_subscription_as_it_was_named(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let ids = [json!(4711), json!("4711"), json!("ä/\"")];
    for id in &ids {
        let params = json!({ "notifications": tools() });
        client.start_as(id.clone(), "subscriptions/listen", params);
        assert_eq!(subscription(&client.notification()), id);
    }
    announce(&mut client, "tools");
    let mut told: Vec<Value> = ids.iter().map(|_| client.notification()).collect();
    for id in &ids {
        let at = told.iter().position(|notice| subscription(notice) == id);
        told.remove(at.unwrap_or_else(|| panic!("{id} was not told: {told:?}")));
    }
}

/// SUB-6: unlike the streams of sessions, all of them.
fn tells_each_of_several(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let (first, _) = client.listen(tools());
    let (second, _) =
        client.listen(json!({ "toolsListChanged": true, "promptsListChanged": true }));
    announce(&mut client, "tools");
    let mut ids = [(); 2].map(|()| subscription(&client.notification()).clone());
    ids.sort_by_key(Value::as_u64);
    assert_eq!(ids, [json!(first), json!(second)]);
    announce(&mut client, "prompts");
    assert_eq!(*subscription(&client.notification()), second);
}

/// SUB-8, CAN-2, CAN-4: after that there is nothing more under its id, and the id is
/// free.
fn is_given_up(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let (given_up, _) = client.listen(tools());
    let (kept, _) = client.listen(json!({ "toolsListChanged": true, "promptsListChanged": true }));
    client.cancel(given_up);
    for what in ["tools", "prompts", "tools"] {
        announce(&mut client, what);
        let notice = client.notification();
        assert_eq!(told(&notice), format!("{what}/list_changed"));
        assert_eq!(*subscription(&notice), kept);
    }
    let params = json!({ "notifications": tools() });
    client.start_as(given_up, "subscriptions/listen", params);
    assert_eq!(*subscription(&client.notification()), given_up);
}

/// SUB-8: nobody else notices.
fn is_gone_with_its_client(host: &mut Host, way: Way) {
    if way.binding == Binding::Stdio {
        // The host goes with it.
        return;
    }
    let mut gone = Client::connect(host, way);
    gone.listen(everything());
    let mut client = Client::connect(host, way);
    client.listen(tools());
    gone.hang_up();
    announce(&mut client, "tools");
    assert_eq!(client.change(), "tools/list_changed");
}

/// SUB-9, CAN-6: the host says that it was the last word. Where the channel carries
/// more than this, it takes the request back as well.
fn ends_with_the_host(host: &mut Host, way: Way) {
    let mut client = Client::connect(host, way);
    let (id, _) = client.listen(everything());
    host.signal(Signal::Terminate);
    let rest = client.rest();
    let (last_word, taken_back) = rest.split_first().expect("a last word");
    assert_eq!(last_word["id"], id);
    assert_eq!(last_word["result"]["resultType"], "complete");
    assert_eq!(*subscription(last_word), id);
    if way.binding == Binding::Streamable {
        assert_eq!(taken_back, Vec::<Value>::new().as_slice());
    } else {
        let [taken_back] = taken_back else {
            panic!("{taken_back:?}");
        };
        assert_eq!(told(taken_back), "cancelled");
        assert_eq!(taken_back["params"]["requestId"], id);
        assert_eq!(*subscription(taken_back), id);
    }
    assert_eq!(host.exit_code(), Some(0));
}
