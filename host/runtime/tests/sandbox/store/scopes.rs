//! Whose it is.

use super::*;

async fn set(plugin: &Plugin, call: Call, value: &str) {
    let arguments = json!({ "key": "k", "value": value });
    tool(plugin, call, "set", arguments).await.unwrap();
}

async fn get(plugin: &Plugin, call: Call) -> String {
    tool(plugin, call, "get", json!({ "key": "k" }))
        .await
        .unwrap()
}

#[tokio::test]
async fn each_principal_has_their_own() {
    let plugin = keeper(StoreScope::Principal).await;
    // Nobody is nobody else, whatever they are called.
    let names = [
        None,
        Some(""),
        Some("a"),
        Some("b"),
        Some("a\0"),
        Some("nobody"),
    ];
    for name in names {
        assert_eq!(get(&plugin, by(name)).await, "nothing", "{name:?}");
        set(&plugin, by(name), &format!("{name:?}")).await;
    }
    for name in names {
        assert_eq!(get(&plugin, by(name)).await, format!("{name:?}"));
    }
    let long = "x".repeat(257);
    let refused = tool(&plugin, by(Some(&long)), "get", json!({ "key": "k" })).await;
    assert!(refused.unwrap_err().contains("256 bytes are the most"));
}

#[tokio::test]
async fn all_share_what_is_the_plugins() {
    let plugin = keeper(StoreScope::Plugin).await;
    set(&plugin, by(Some("a")), "1").await;
    for name in [None, Some("a"), Some("b")] {
        assert_eq!(get(&plugin, by(name)).await, "1");
    }
}

#[tokio::test]
async fn plugins_share_nothing() {
    let runtime = memory();
    let granted = |scope| {
        Some(StoreGrant {
            scope,
            ..StoreGrant::default()
        })
    };
    let mut plugins = Vec::new();
    for (name, scope) in [
        ("keeper", StoreScope::Plugin),
        ("keeper2", StoreScope::Plugin),
        ("k", StoreScope::Principal),
        ("session", StoreScope::Session),
        ("session2", StoreScope::Session),
    ] {
        plugins.push((name, keeper_in(&runtime, name, granted(scope)).await));
    }
    let session = Session::new();
    for (name, plugin) in &plugins {
        assert_eq!(get(plugin, within(&session)).await, "nothing", "{name}");
        set(plugin, within(&session), name).await;
    }
    for (name, plugin) in &plugins {
        assert_eq!(get(plugin, within(&session)).await, *name);
    }
}

/// What an operator grants later is another store: what was kept for all is not given
/// to each.
#[tokio::test]
async fn scopes_of_a_plugin_share_nothing() {
    let runtime = memory();
    let scopes = [
        StoreScope::Plugin,
        StoreScope::Principal,
        StoreScope::Session,
    ];
    let session = Session::new();
    for scope in scopes {
        let grant = StoreGrant {
            scope,
            ..StoreGrant::default()
        };
        let plugin = keeper_in(&runtime, "keeper", Some(grant)).await;
        assert_eq!(get(&plugin, within(&session)).await, "nothing");
        set(&plugin, within(&session), "x").await;
    }
}

#[tokio::test]
async fn what_is_a_sessions_ends_with_it() {
    let plugin = keeper(StoreScope::Session).await;
    let (one, other) = (Session::new(), Session::new());
    set(&plugin, within(&one), "1").await;
    assert_eq!(get(&plugin, within(&one)).await, "1");
    assert_eq!(get(&plugin, within(&other)).await, "nothing");
    let clone = one.clone();
    drop(one);
    assert_eq!(get(&plugin, within(&clone)).await, "1");
}

/// There is a bound on all sessions together, and what has ended makes room.
#[tokio::test]
async fn sessions_share_a_bound() {
    let runtime = runtime_with(|config| config.session_memory = 1 << 20);
    let grant = StoreGrant {
        scope: StoreScope::Session,
        quota: 10 << 20,
    };
    let plugin = keeper_in(&runtime, "keeper", Some(grant)).await;
    let fill = async |session: &Session| {
        let arguments = json!({ "size": 65_000, "limit": 100 });
        tool(&plugin, within(session), "fill", arguments)
            .await
            .unwrap()
    };
    let (one, other) = (Session::new(), Session::new());
    let full = ": the host has no more memory for what is kept in sessions";
    assert_eq!(fill(&one).await, format!("16{full}"));
    assert_eq!(fill(&other).await, format!("0{full}"));
    drop(one);
    assert_eq!(fill(&other).await, format!("16{full}"));
}

#[tokio::test]
async fn without_a_session_there_is_none_and_the_log_says_so() {
    let (log, _guard) = Log::capture();
    let plugin = keeper(StoreScope::Session).await;
    for _ in 0..3 {
        let refused = say(&plugin, "open", json!({ "bucket": "" })).await;
        assert_eq!(refused, Err("there is no store for this call".into()));
    }
    let log = log.text();
    assert_eq!(log.matches("this client has none").count(), 1, "{log}");
}

#[tokio::test]
async fn without_a_grant_there_is_none_and_the_log_says_how() {
    let (log, _guard) = Log::capture();
    let plugin = keeper_in(&runtime(), "keeper", None).await;
    for _ in 0..3 {
        let refused = say(&plugin, "open", json!({ "bucket": "" })).await;
        assert_eq!(refused, Err("there is no store for this call".into()));
        let refused = say(&plugin, "old_set", json!({ "key": "a", "value": "b" })).await;
        assert_eq!(refused, Err("Error::AccessDenied".into()));
    }
    let log = log.text();
    assert_eq!(log.matches("`--store` would grant one").count(), 1, "{log}");
}
