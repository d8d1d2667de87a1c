//! Plugins that want more than there is.

use super::*;

/// What 100 bytes of key and value with their overhead come to.
const ENTRY: u64 = 7 + 93 + 64;

#[tokio::test]
async fn a_full_store_takes_no_more_and_others_are_unharmed() {
    let runtime = memory();
    let grant = StoreGrant {
        scope: StoreScope::Principal,
        quota: 100 * ENTRY,
    };
    let plugin = keeper_in(&runtime, "keeper", Some(grant)).await;
    let other = keeper_in(&runtime, "other", Some(grant)).await;
    let fill = async |plugin: &Plugin, name, arguments: Value| {
        tool(plugin, by(Some(name)), "fill", arguments)
            .await
            .unwrap()
    };
    let full = "100: the store is full: 16400 bytes of keys and values are the most, \
                with 64 bytes added for each entry";
    let hundred = json!({ "size": 93 });
    assert_eq!(fill(&plugin, "a", hundred.clone()).await, full);
    // Exactly: the same again fits, one byte more does not.
    assert_eq!(
        fill(&plugin, "a", json!({ "size": 93, "limit": 100 })).await,
        "100: enough"
    );
    let more = fill(&plugin, "a", json!({ "size": 94, "limit": 1 })).await;
    assert!(more.starts_with("0: the store is full"), "{more}");
    // All or nothing: these two would overwrite one that is there.
    let both = fill(&plugin, "a", json!({ "size": 94, "batch": 2, "limit": 2 })).await;
    assert!(both.starts_with("0: the store is full"), "{both}");
    let first = json!({ "key": "0000000", "bucket": "fill" });
    let kept = tool(&plugin, by(Some("a")), "get", first.clone()).await;
    assert_eq!(kept.unwrap().len(), 93);
    // Others have all of theirs.
    assert_eq!(fill(&plugin, "b", hundred.clone()).await, full);
    assert_eq!(fill(&other, "a", hundred).await, full);
    // And what is deleted makes room for as much.
    tool(&plugin, by(Some("a")), "delete", first).await.unwrap();
    assert_eq!(
        fill(&plugin, "a", json!({ "size": 93, "limit": 1 })).await,
        "1: enough"
    );
    let more = fill(&plugin, "a", json!({ "size": 94, "limit": 1 })).await;
    assert!(more.starts_with("0: the store is full"), "{more}");
}

#[tokio::test]
async fn empty_values_fill_a_store_too() {
    let plugin = keeper_of(StoreScope::Plugin, 71 * 50).await;
    let filled = say(&plugin, "fill", json!({ "size": 0 })).await.unwrap();
    assert!(filled.starts_with("50: the store is full"), "{filled}");
}

#[tokio::test]
async fn names_of_buckets_lead_nowhere() {
    let plugin = keeper(StoreScope::Principal).await;
    let set = json!({ "key": "secret", "value": "secret" });
    tool(&plugin, by(Some("victim")), "set", set).await.unwrap();
    let long = "x".repeat(65);
    for bucket in [
        "/",
        "..x/",
        "a/b",
        "../victim",
        "victim/default",
        "\0",
        "default\0",
        "default ",
        "ä",
        "*",
        "\u{0}\u{0}\u{0}\u{7}default",
        "a\nb",
        &long,
    ] {
        let opened = tool(
            &plugin,
            by(Some("thief")),
            "open",
            json!({ "bucket": bucket }),
        )
        .await;
        let refused = Err("a bucket's name is 1 to 64 of the characters A-Z a-z 0-9 . _ -".into());
        assert_eq!(opened, refused, "{bucket:?}");
    }
    for bucket in [".", "..", "...", "default", "victim", &long[1..]] {
        let page = tool(
            &plugin,
            by(Some("thief")),
            "keys",
            json!({ "bucket": bucket }),
        )
        .await;
        assert_eq!(
            page.as_deref(),
            Ok(r#"{"cursor":null,"keys":[]}"#),
            "{bucket}"
        );
    }
    // A cursor is a place in this bucket and in no other.
    for cursor in ["\0", "secre", "default", "\u{0}\u{0}\u{0}\u{6}victim"] {
        let page = tool(
            &plugin,
            by(Some("thief")),
            "keys",
            json!({ "cursor": cursor }),
        )
        .await;
        assert_eq!(
            page.as_deref(),
            Ok(r#"{"cursor":null,"keys":[]}"#),
            "{cursor:?}"
        );
    }
    for cursor in [String::new(), "x".repeat(1025)] {
        let page = tool(
            &plugin,
            by(Some("thief")),
            "keys",
            json!({ "cursor": cursor }),
        )
        .await;
        assert!(page.unwrap_err().contains("cursor"));
    }
}

#[tokio::test]
async fn keys_and_values_have_bounds() {
    let plugin = keeper(StoreScope::Plugin).await;
    let set = async |key: &str, len: usize| {
        let arguments = json!({ "key": key, "value": "v".repeat(len) });
        say(&plugin, "set", arguments).await
    };
    let (longest, mib) = ("k".repeat(1024), 1 << 20);
    assert_eq!(set(&longest, mib).await.as_deref(), Ok("set"));
    let got = say(&plugin, "get", json!({ "key": longest })).await;
    assert_eq!(got.unwrap().len(), mib);
    for (key, len, why) in [
        ("", 1, "a key must not be empty"),
        (
            &*"k".repeat(1025),
            1,
            "a key of 1025 bytes is too long; 1024 are the most",
        ),
        (
            "k",
            mib + 1,
            "a value of 1048577 bytes is too long; 1048576 are the most",
        ),
    ] {
        assert_eq!(set(key, len).await, Err(why.into()));
    }
    for tool in ["get", "exists", "delete"] {
        assert!(
            say(&plugin, tool, json!({ "key": "" })).await.is_err(),
            "{tool}"
        );
    }
}

#[tokio::test]
async fn batches_have_bounds() {
    let plugin = keeper_of(StoreScope::Plugin, 100 << 20).await;
    let many = say(&plugin, "fill", json!({ "size": 0, "batch": 1001 })).await;
    assert_eq!(
        many.unwrap(),
        "0: 1001 keys at once are too many; 1000 are the most"
    );
    let large = json!({ "size": 1 << 20, "batch": 4 });
    let large = say(&plugin, "fill", large).await.unwrap();
    assert!(
        large.starts_with("0: too much at once: 4194304 bytes"),
        "{large}"
    );
    // What can be set one after the other cannot be read at once either.
    say(&plugin, "fill", json!({ "size": 1 << 20, "limit": 5 }))
        .await
        .unwrap();
    for number in 0..5 {
        let value = "v".repeat(1 << 20);
        let set = json!({ "key": number.to_string(), "value": value });
        say(&plugin, "set", set).await.unwrap();
    }
    let read = say(
        &plugin,
        "get_many",
        json!({ "keys": ["0", "1", "2", "3", "4"] }),
    )
    .await;
    assert!(read.unwrap_err().starts_with("too much at once"));
    let read = say(&plugin, "get_many", json!({ "keys": ["0", "1", "2"] })).await;
    assert!(read.is_ok());
}

#[tokio::test]
async fn there_are_sixteen_buckets() {
    let plugin = keeper(StoreScope::Plugin).await;
    assert!(
        say(&plugin, "spread", json!({ "buckets": 16 }))
            .await
            .is_ok()
    );
    let more = say(&plugin, "spread", json!({ "buckets": 17 })).await;
    assert_eq!(
        more,
        Err("there are 16 buckets already, which is the most".into())
    );
    // A bucket with nothing in it is none.
    let emptied = json!({ "bucket": "b3", "key": "key" });
    say(&plugin, "delete", emptied).await.unwrap();
    let another = json!({ "bucket": "b16", "key": "key", "value": "value" });
    assert!(say(&plugin, "set", another).await.is_ok());
}

/// Handles of a call have a bound already.
#[tokio::test]
async fn nobody_hoards_buckets() {
    let plugin = keeper(StoreScope::Plugin).await;
    let hoarded = say(&plugin, "hoard", json!({ "times": 100_000 })).await;
    assert!(hoarded.is_err(), "{hoarded:?}");
    assert!(
        say(&plugin, "set", json!({ "key": "a", "value": "b" }))
            .await
            .is_ok()
    );
}

/// Pages are bounded however many keys there are.
#[tokio::test]
async fn many_keys_come_page_by_page() {
    let plugin = keeper_of(StoreScope::Plugin, 100 << 20).await;
    let many = json!({ "size": 1, "batch": 1000, "limit": 50_000 });
    assert_eq!(
        say(&plugin, "fill", many).await.as_deref(),
        Ok("50000: enough")
    );
    let (mut seen, mut cursor) = (0, Value::Null);
    loop {
        let page = json!({ "bucket": "fill", "cursor": cursor });
        let page = say(&plugin, "keys", page).await.unwrap();
        let page: Value = serde_json::from_str(&page).unwrap();
        for key in page["keys"].as_array().unwrap() {
            assert_eq!(*key, format!("{seen:07}"));
            seen += 1;
        }
        assert!(page["keys"].as_array().unwrap().len() <= 1000);
        cursor = page["cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, 50_000);
}
