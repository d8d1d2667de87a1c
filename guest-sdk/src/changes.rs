//! Telling clients that something has changed.
//!
//! These reach the clients that want to know. Natively, where there is no host,
//! they do nothing.

/// The tools are no longer what they were; the host lists them again.
pub fn tools_changed() {
    list_changed(Catalogue::Tools);
}

/// The resources or their templates are no longer what they were.
pub fn resources_changed() {
    list_changed(Catalogue::Resources);
}

/// The prompts are no longer what they were; the host lists them again.
pub fn prompts_changed() {
    list_changed(Catalogue::Prompts);
}

/// The contents of this resource are no longer what they were.
pub fn resource_updated(uri: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::imports::wharf::plugin::changes::resource_updated(uri);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = uri;
}

use crate::bindings::imports::wharf::plugin::changes::Catalogue;

fn list_changed(which: Catalogue) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::imports::wharf::plugin::changes::list_changed(which);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = which;
}
