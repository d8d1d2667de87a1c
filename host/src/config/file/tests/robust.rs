//! Whatever stands in a file, it is understood or refused.

use proptest::prelude::*;

use super::Place;
use crate::config::ConfigError;

/// With every kind of key and value in it.
const WHOLE: &str = r#"listen = ["127.0.0.1:80", "unix:a"]
stdio = true
data-dir = "memory"
[limits]
memory = "1MiB"
rate = 9
[plugins.notes]
source = "x.wasm"
prefix = "n_"
instances = { per = "pool", max = 2 }
files = [{ host = "home", guest = "/h", mode = "rw" }]
env = { A = "b", KEY = { file = "key" }, T = { env = "TOKEN", secret = false } }
http = { allow = ["a.example"], methods = ["GET"], addresses = ["10.0.0.0/8"] }
sockets = { tcp = ["10.0.0.5:5432"] }
store = { scope = "plugin", quota = "1KiB" }
clock = 2026-01-01T00:00:00Z
random = 42
"#;

/// A mistake is told with a line that is there, and without what is secret.
fn check(text: &str) -> Result<(), TestCaseError> {
    match Place::new().read(text) {
        Ok(_) => Ok(()),
        Err(ConfigError::File(error)) => {
            prop_assert!((1..=text.lines().count() + 1).contains(&error.line));
            prop_assert!(!error.to_string().contains("sesame"));
            Ok(())
        }
        Err(error) => Err(TestCaseError::fail(error.to_string())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        check(&text)?;
    }

    /// Something left out, and something else put in its place.
    #[test]
    fn a_file_that_is_nearly_right(
        from in 0..WHOLE.len(),
        length in 0..20_usize,
        put in prop_oneof![
            Just(String::new()),
            "[\\[\\]{}=.,\"'\n0-9a-z-]{1,8}",
            Just("\u{0}".to_owned()),
            Just("99999999999999999999".to_owned()),
        ],
    ) {
        let to = (from + length).min(WHOLE.len());
        check(&format!("{}{put}{}", &WHOLE[..from], &WHOLE[to..]))?;
    }
}

#[test]
fn the_whole_is_right() {
    let config = Place::new().read(WHOLE).unwrap();
    assert_eq!(config.plugins.len(), 1);
}
