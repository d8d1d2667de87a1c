//! Configuration, clocks and dice: real unless the operator says otherwise.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use wharf_fixtures::KEEPER;
use wharf_runtime::{Clock, Grants, Limits, Plugin, Randomness, Value};

use crate::support::{call, component, load_in, runtime};

async fn keeper(grants: Grants) -> Plugin {
    let loaded = load_in(&runtime(), component(KEEPER), &grants, &Limits::default()).await;
    loaded.expect("the fixture loads")
}

async fn say(plugin: &Plugin, tool: &str, arguments: &str) -> String {
    call(plugin, tool, arguments).await.unwrap()
}

#[tokio::test]
async fn configuration_is_what_was_granted() {
    let config = |pairs: &[(&str, Value)]| Grants {
        config: pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect(),
        ..Grants::default()
    };
    let with = keeper(config(&[
        ("mode", Value::plain("fast")),
        ("key", Value::secret("sesame")),
    ]))
    .await;
    assert_eq!(say(&with, "config", r#"{"key":"mode"}"#).await, "fast");
    assert_eq!(say(&with, "config", r#"{"key":"key"}"#).await, "sesame");
    assert_eq!(say(&with, "config", r#"{"key":"Mode"}"#).await, "nothing");
    assert_eq!(
        say(&with, "config_all", "{}").await,
        r#"[["key","sesame"],["mode","fast"]]"#
    );
    let without = keeper(Grants::default()).await;
    assert_eq!(
        say(&without, "config", r#"{"key":"mode"}"#).await,
        "nothing"
    );
    assert_eq!(say(&without, "config_all", "{}").await, "[]");
}

#[tokio::test]
async fn a_clock_that_stands() {
    let time = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 5);
    let fixed = keeper(Grants {
        clock: Clock::Fixed(time),
        ..Grants::default()
    })
    .await;
    for _ in 0..2 {
        assert_eq!(say(&fixed, "now", "{}").await, "1700000000000000005");
        assert_eq!(say(&fixed, "monotonic", "{}").await, "0");
    }
    let start = Instant::now();
    assert_eq!(say(&fixed, "sleep", r#"{"ms":200}"#).await, "0");
    assert!(start.elapsed() >= Duration::from_millis(200));
    let early = keeper(Grants {
        clock: Clock::Fixed(SystemTime::UNIX_EPOCH - Duration::from_secs(1)),
        ..Grants::default()
    })
    .await;
    assert_eq!(say(&early, "now", "{}").await, "0");
}

#[tokio::test]
async fn a_real_clock() {
    let real = keeper(Grants::default()).await;
    let now: u128 = say(&real, "now", "{}").await.parse().unwrap();
    let ours = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let between = ours.unwrap().as_nanos().abs_diff(now);
    assert!(between < Duration::from_mins(1).as_nanos());
    let slept: u64 = say(&real, "sleep", r#"{"ms":20}"#).await.parse().unwrap();
    assert!(slept >= 20);
}

#[tokio::test]
async fn dice_that_fall_the_same_way() {
    let seeded = async |seed| {
        let random = Randomness::Seeded(seed);
        keeper(Grants {
            random,
            ..Grants::default()
        })
        .await
    };
    let (one, again, other) = (seeded(7).await, seeded(7).await, seeded(8).await);
    for (tool, arguments) in [("random", r#"{"n":20}"#), ("map_order", "{}")] {
        let first = say(&one, tool, arguments).await;
        assert_eq!(say(&one, tool, arguments).await, first);
        assert_eq!(say(&again, tool, arguments).await, first);
        assert_ne!(say(&other, tool, arguments).await, first);
    }
    // The sources are not the same either.
    let numbers = say(&one, "random", r#"{"n":20}"#).await;
    let numbers: Vec<serde_json::Value> = serde_json::from_str(&numbers).unwrap();
    assert_ne!(numbers[0], numbers[2]);
    assert_ne!(numbers[1], numbers[3]);
}

#[tokio::test]
async fn real_dice() {
    let real = keeper(Grants::default()).await;
    for (tool, arguments) in [("random", r#"{"n":20}"#), ("map_order", "{}")] {
        let first = say(&real, tool, arguments).await;
        assert_ne!(say(&real, tool, arguments).await, first, "{tool}");
    }
}
