//! What the operator has configured for this plugin: values by their names.
//!
//! Names are the plugin's to choose and to document. A plugin for which nothing is
//! configured reads nothing.

/// The value of this name, if the operator has set one.
///
/// ```
/// use wharf_sdk::{config, testing};
///
/// testing::set_config("endpoint", "https://example.com");
/// assert_eq!(config::get("endpoint").as_deref(), Some("https://example.com"));
/// assert_eq!(config::get("retries"), None);
/// ```
pub fn get(name: &str) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    // The host has its values at hand and does not fail.
    return crate::bindings::config::wasi::config::store::get(name).ok()?;
    #[cfg(not(target_arch = "wasm32"))]
    return crate::testing::configured().remove(name);
}

/// All values with their names, in the order of these.
pub fn all() -> Vec<(String, String)> {
    #[cfg(target_arch = "wasm32")]
    let mut all = crate::bindings::config::wasi::config::store::get_all().unwrap_or_default();
    #[cfg(not(target_arch = "wasm32"))]
    let mut all: Vec<_> = crate::testing::configured().into_iter().collect();
    all.sort();
    all
}
