//! A client that is told of changes: in a session without asking for it (CHG-1), in
//! modern revisions by listening (SUB-1).

use serde_json::{Value, json};

use super::client::Client;

impl Client {
    /// Wants to be told of changed lists and of these resources. Where that takes a
    /// request that goes on, its id.
    #[track_caller]
    pub(crate) fn watch(&mut self, uris: &[&str]) -> Option<u64> {
        if self.way.is_modern() {
            let (id, _) = self.listen(json!({
                "toolsListChanged": true,
                "promptsListChanged": true,
                "resourcesListChanged": true,
                "resourceSubscriptions": uris,
            }));
            return Some(id);
        }
        self.open_stream();
        for uri in uris {
            let done = self.result("resources/subscribe", json!({ "uri": uri }));
            assert_eq!(done, json!({}));
        }
        None
    }

    /// Listens, and returns the id and what is honoured of it (SUB-2).
    #[track_caller]
    pub(crate) fn listen(&mut self, wanted: Value) -> (u64, Value) {
        let mut params = json!({});
        params["notifications"] = wanted;
        let id = self.start("subscriptions/listen", params);
        let mut ack = self.notification();
        assert_eq!(ack["method"], "notifications/subscriptions/acknowledged");
        assert_eq!(subscription(&ack), id);
        (id, ack["params"]["notifications"].take())
    }

    /// The next change: what it is told as, and of which resource.
    #[track_caller]
    pub(crate) fn change(&mut self) -> String {
        let notice = self.notification();
        assert_eq!(
            notice["params"].get("_meta").is_some(),
            self.way.is_modern(),
            "SUB-4, DWN-1: {notice}"
        );
        told(&notice)
    }
}

/// A change in a few words.
#[track_caller]
pub(crate) fn told(notice: &Value) -> String {
    let method = notice["method"].as_str().expect("a notification");
    let what = method.strip_prefix("notifications/").expect("a name");
    match notice["params"]["uri"].as_str() {
        Some(uri) => format!("{what} {uri}"),
        None => what.to_owned(),
    }
}

/// Which listening something is told to (SUB-4).
pub(crate) fn subscription(notice: &Value) -> &Value {
    let meta = if notice.get("result").is_some() {
        &notice["result"]["_meta"]
    } else {
        &notice["params"]["_meta"]
    };
    &meta["io.modelcontextprotocol/subscriptionId"]
}
