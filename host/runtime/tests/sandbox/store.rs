//! What plugins keep: whose it is, how much, and that it is all there or not at all.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use wharf_fixtures::{HELLO, KEEPER};
use wharf_mcp::model::{CallContext, Outcome, Principal};
use wharf_runtime::{
    Call, Grants, Limits, Need, Plugin, PluginOptions, PluginSource, Runtime, Session, StoreGrant,
    StoreScope,
};

use crate::support::{Log, component, json as text_json, runtime, runtime_with, text};

mod disk;
mod hostile;
mod scopes;

/// A plugin with a store of this scope, in a runtime of its own.
async fn keeper(scope: StoreScope) -> Plugin {
    let grant = StoreGrant {
        scope,
        ..StoreGrant::default()
    };
    keeper_in(&memory(), "keeper", Some(grant)).await
}

/// The same, with so many bytes for each scope.
async fn keeper_of(scope: StoreScope, quota: u64) -> Plugin {
    keeper_in(&memory(), "keeper", Some(StoreGrant { scope, quota })).await
}

/// A runtime whose stores are in memory.
fn memory() -> Runtime {
    runtime_with(|_| {})
}

async fn keeper_in(runtime: &Runtime, name: &str, store: Option<StoreGrant>) -> Plugin {
    let grants = Grants {
        store,
        ..Grants::default()
    };
    keeper_granted(runtime, name, grants, Limits::default()).await
}

async fn keeper_granted(runtime: &Runtime, name: &str, grants: Grants, limits: Limits) -> Plugin {
    let source = PluginSource {
        name: name.into(),
        bytes: component(KEEPER),
    };
    let options = PluginOptions {
        grants,
        limits,
        ..PluginOptions::default()
    };
    let loaded = runtime.load(source, &options, Arc::new(|_| ())).await;
    loaded.expect("the fixture loads")
}

/// A call by this principal, without a session.
fn by(subject: Option<&str>) -> Call {
    let principal = Principal {
        subject: subject.map(str::to_owned),
        ..Principal::default()
    };
    let context = CallContext {
        principal: Arc::new(principal),
        ..CallContext::default()
    };
    Call {
        context: Arc::new(context),
        ..Call::silent()
    }
}

/// A call in this session.
fn within(session: &Session) -> Call {
    Call {
        session: Some(session.clone()),
        ..Call::silent()
    }
}

/// A tool's text; an error if it says that it failed.
async fn tool(plugin: &Plugin, call: Call, name: &str, arguments: Value) -> Result<String, String> {
    let arguments = text_json(&arguments.to_string());
    let outcome = plugin.call_tool(call, name, &arguments).await;
    let outcome = outcome.map_err(|fault| format!("{fault:?}"))?;
    let failed = matches!(&outcome, Outcome::Complete(result) if result.is_error);
    if failed {
        Err(text(outcome))
    } else {
        Ok(text(outcome))
    }
}

/// The same, by nobody.
async fn say(plugin: &Plugin, name: &str, arguments: Value) -> Result<String, String> {
    tool(plugin, Call::silent(), name, arguments).await
}

#[tokio::test]
async fn what_is_set_is_there() {
    for scope in [StoreScope::Plugin, StoreScope::Session] {
        let plugin = keeper(scope).await;
        let session = Session::new();
        let call = async |name: &str, arguments| {
            tool(&plugin, within(&session), name, arguments)
                .await
                .unwrap()
        };
        assert_eq!(call("get", json!({ "key": "a" })).await, "nothing");
        assert_eq!(call("exists", json!({ "key": "a" })).await, "false");
        call("set", json!({ "key": "a", "value": "1" })).await;
        call("set", json!({ "key": "a", "value": "2" })).await;
        assert_eq!(call("get", json!({ "key": "a" })).await, "2");
        assert_eq!(call("exists", json!({ "key": "a" })).await, "true");
        assert_eq!(
            call("get", json!({ "key": "a", "bucket": "other" })).await,
            "nothing"
        );
        assert_eq!(
            call("get", json!({ "key": "a", "bucket": "default" })).await,
            "2"
        );
        call("set_many", json!({ "values": { "b": "3", "c": "" } })).await;
        let found = call("get_many", json!({ "keys": ["c", "x", "b", "b"] })).await;
        assert_eq!(found, r#"["",null,"3","3"]"#);
        call("delete", json!({ "key": "a" })).await;
        call("delete", json!({ "key": "a" })).await;
        assert_eq!(
            call("keys", json!({})).await,
            r#"{"cursor":null,"keys":["b","c"]}"#
        );
    }
}

/// The SDK makes a plugin want a store only if it uses one.
#[tokio::test]
async fn who_keeps_nothing_imports_nothing() {
    for (path, wants) in [(HELLO, false), (KEEPER, true)] {
        let found = runtime().inspect(component(path)).await.unwrap();
        for need in [Need::KeyValue, Need::Config] {
            assert_eq!(found.needs.contains(&need), wants, "{path}: {need:?}");
        }
    }
}

#[tokio::test]
async fn numbers_are_text() {
    let plugin = keeper(StoreScope::Plugin).await;
    let add = async |delta: i64| {
        let arguments = json!({ "key": "n", "delta": delta });
        say(&plugin, "increment", arguments).await
    };
    assert_eq!(add(5).await.as_deref(), Ok("5"));
    assert_eq!(add(-7).await.as_deref(), Ok("-2"));
    let get = json!({ "key": "n" });
    assert_eq!(say(&plugin, "get", get.clone()).await.as_deref(), Ok("-2"));
    let set = |value: &str| json!({ "key": "n", "value": value });
    say(&plugin, "set", set("9223372036854775807"))
        .await
        .unwrap();
    assert_eq!(
        add(1).await,
        Err("the number `n` would get too large".into())
    );
    for wrong in ["", "1.5", "ten", "9223372036854775808"] {
        say(&plugin, "set", set(wrong)).await.unwrap();
        let refused = Err("the value of `n` is not a whole number".into());
        assert_eq!(add(1).await, refused, "{wrong}");
        assert_eq!(say(&plugin, "get", get.clone()).await.as_deref(), Ok(wrong));
    }
}

/// Components that were made for other hosts use an older draft of the interface.
#[tokio::test]
async fn both_drafts_have_the_same_buckets() {
    let plugin = keeper(StoreScope::Plugin).await;
    let old = say(&plugin, "old_set", json!({ "key": "a", "value": "1" })).await;
    assert_eq!(old.as_deref(), Ok("1"));
    let new = say(&plugin, "increment", json!({ "key": "a", "delta": 1 })).await;
    assert_eq!(new.as_deref(), Ok("2"));
    let old = |delta: u64| json!({ "key": "a", "delta": delta });
    let added = say(&plugin, "old_increment", old(2)).await;
    assert_eq!(added.as_deref(), Ok("4"));
    let refused = say(&plugin, "old_increment", old(u64::MAX)).await;
    assert!(refused.unwrap_err().contains("would get too large"));
    let filled = json!({ "size": 0, "batch": 500, "limit": 2500 });
    say(&plugin, "fill", filled).await.unwrap();
    let page = async |cursor: Value| {
        let arguments = json!({ "cursor": cursor, "bucket": "fill" });
        let page = say(&plugin, "old_keys", arguments).await.unwrap();
        serde_json::from_str::<Value>(&page).unwrap()
    };
    // Each of these is a call of its own, which has not seen the page before.
    let (first, second, third) = (
        page(Value::Null).await,
        page(1000.into()).await,
        page(2000.into()).await,
    );
    assert_eq!(first["cursor"], 1000);
    assert_eq!(second["keys"][0], "0001000");
    assert_eq!(second["cursor"], 2000);
    assert_eq!(third["keys"][499], "0002499");
    assert_eq!(third["cursor"], Value::Null);
    assert_eq!(page(u64::MAX.into()).await["keys"], json!([]));
    let all = json!({ "all": true, "bucket": "fill" });
    assert_eq!(say(&plugin, "old_keys", all).await.as_deref(), Ok("2500"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_the_same_time_count_right() {
    for scope in [StoreScope::Plugin, StoreScope::Session] {
        let plugin = keeper(scope).await;
        let session = Session::new();
        let mut calls = JoinSet::new();
        for number in 0..100 {
            let (plugin, call) = (plugin.clone(), within(&session));
            calls.spawn(async move {
                if number % 2 == 0 {
                    let arguments = json!({ "key": "n", "delta": 1, "times": 5 });
                    tool(&plugin, call, "increment", arguments).await
                } else {
                    let arguments = json!({ "key": "text", "text": "x" });
                    tool(&plugin, call, "append", arguments).await
                }
            });
        }
        while let Some(done) = calls.join_next().await {
            done.unwrap().unwrap();
        }
        let get = async |key: &str| {
            let arguments = json!({ "key": key });
            tool(&plugin, within(&session), "get", arguments)
                .await
                .unwrap()
        };
        assert_eq!(get("n").await, "250");
        assert_eq!(get("text").await, "x".repeat(50));
    }
}

/// A call that ends in the middle of its writes takes nothing with it.
#[tokio::test]
async fn a_call_that_is_cut_off_leaves_the_store_as_it_was() {
    let grants = Grants {
        store: Some(StoreGrant::default()),
        ..Grants::default()
    };
    let limits = Limits {
        deadline: Duration::from_millis(300),
        ..Limits::default()
    };
    let plugin = keeper_granted(&memory(), "keeper", grants, limits).await;
    for _ in 0..3 {
        let endless = json!({ "key": "n", "delta": 1, "times": u32::MAX });
        let cut = say(&plugin, "increment", endless).await;
        assert!(cut.unwrap_err().contains("Deadline"));
    }
    let last = say(&plugin, "increment", json!({ "key": "n", "delta": 0 })).await;
    assert!(last.unwrap().parse::<u64>().unwrap() > 0);
}
