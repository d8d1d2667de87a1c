//! The contract as Rust, generated from `wit/v0.1`.
//!
//! One module for what every plugin imports, and one per world for what a
//! plugin may export. The worlds share the imported types, so that the rest of
//! the SDK knows only one `Content` and one `Error`.
//!
//! The worlds are separate because a component has to export everything its
//! world names: with one big world, a plugin with a single tool would have to
//! answer for resources and prompts too, and the host would advertise them.
//! `pub_export_macro` makes each world's description part of its `export!`, so
//! only the worlds that a plugin exports end up in its component.
//!
//! Nothing here is for plugin authors; nothing here appears in their signatures.

#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::mem_forget,
    clippy::str_to_string,
    clippy::use_self,
    clippy::allow_attributes_without_reason,
    reason = "generated from the WIT files"
)]

/// What every plugin may import, and all shared types.
pub mod imports {
    wit_bindgen::generate!({
        path: "../wit/v0.1",
        world: "imports",
        generate_unused_types: true,
        additional_derives: [PartialEq],
    });
}

/// `wasi:keyvalue`, which a component imports only if it uses it.
#[cfg(target_arch = "wasm32")]
pub mod keyvalue {
    wit_bindgen::generate!({
        path: "../wit/wasi-keyvalue/draft2",
        world: "imports",
    });
}

/// `wasi:config`, likewise.
#[cfg(target_arch = "wasm32")]
pub mod config {
    wit_bindgen::generate!({
        path: "../wit/wasi-config",
        world: "imports",
    });
}

/// The export side of one world.
macro_rules! world {
    ($module:ident, $world:literal) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: "../wit/v0.1",
                world: $world,
                with: {
                    "wharf:plugin/types@0.1.0": crate::bindings::imports::wharf::plugin::types,
                    "wharf:plugin/host@0.1.0": crate::bindings::imports::wharf::plugin::host,
                    "wharf:plugin/changes@0.1.0": crate::bindings::imports::wharf::plugin::changes,
                },
                pub_export_macro: true,
                generate_unused_types: true,
                additional_derives: [PartialEq],
            });
        }
    };
}

world!(tools, "tools-plugin");
world!(resources, "resources-plugin");
world!(prompts, "prompts-plugin");
world!(completions, "completions-plugin");
world!(permissions, "permissions-plugin");
