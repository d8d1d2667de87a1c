//! The store as a plugin sees it, natively.

use super::{Bucket, Error};
use crate::testing;

#[test]
fn values_of_all_kinds() {
    let store = Bucket::open_default().unwrap();
    assert_eq!(store.get("a").unwrap(), None);
    store.set("a", "text").unwrap();
    store.set_json("b", &[1, 2]).unwrap();
    assert_eq!(store.get_text("a").unwrap().as_deref(), Some("text"));
    assert_eq!(store.get_json("b").unwrap(), Some([1, 2]));
    assert_eq!(
        store.get_many(&["b", "c"]).unwrap(),
        [Some(b"[1,2]".to_vec()), None]
    );
    store.delete("a").unwrap();
    assert!(!store.contains("a").unwrap() && store.contains("b").unwrap());
    let wrong = store.get_json::<String>("b").unwrap_err();
    assert!(matches!(wrong, Error::Unexpected { .. }), "{wrong}");
}

#[test]
fn buckets_are_apart_and_the_default_has_a_name() {
    let (one, other) = (
        Bucket::open("one").unwrap(),
        Bucket::open_default().unwrap(),
    );
    one.set("a", "1").unwrap();
    assert!(!other.contains("a").unwrap());
    other.set("a", "2").unwrap();
    let named = Bucket::open("default").unwrap();
    assert_eq!(named.get_text("a").unwrap().as_deref(), Some("2"));
}

#[test]
fn keys_come_page_by_page() {
    let store = Bucket::open_default().unwrap();
    let pairs = (0..35).map(|number| (format!("{number:02}"), "x"));
    store.set_many(pairs.clone()).unwrap();
    let keys: Vec<_> = store.keys().map(Result::unwrap).collect();
    let expected: Vec<_> = pairs.map(|(key, _)| key).collect();
    assert_eq!(keys, expected);
}

#[test]
fn numbers_and_updates() {
    let store = Bucket::open_default().unwrap();
    assert_eq!(store.increment("n", 5).unwrap(), 5);
    assert_eq!(store.increment("n", -7).unwrap(), -2);
    let mut rounds = 0;
    let add = |old: Option<Vec<u8>>| {
        rounds += 1;
        if rounds == 1 {
            // Somebody else is faster.
            store.set("n", "10").unwrap();
        }
        [old.unwrap(), b"!".to_vec()].concat()
    };
    store.update("n", add).unwrap();
    assert_eq!(store.get_text("n").unwrap().as_deref(), Some("10!"));
    assert_eq!(rounds, 2);
    assert!(store.increment("n", 1).is_err());
}

#[test]
fn without_a_grant() {
    testing::without_store();
    assert_eq!(Bucket::open_default().unwrap_err(), Error::Denied);
    testing::empty_store();
    assert_eq!(Bucket::open_default().unwrap().keys().count(), 0);
}
