//! What `bindgen!` makes of `wit/v0.1`.
//!
//! The world with everything is used, for its types and for the traits of the
//! host's side. Its guest side goes unused: an interface is optional in a
//! plugin, which the generated loader does not know, and it would take
//! arguments as `&String` where we hold a `&str`. [`super`] looks up functions
//! one by one instead. Nothing outside [`super`] names a type from here.

#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    dead_code,
    unused_qualifications,
    clippy::pedantic,
    clippy::str_to_string,
    clippy::use_self,
    reason = "generated code"
)]

wasmtime::component::bindgen!({
    path: "../../wit/v0.1",
    world: "plugin",
    imports: {
        // Back-pressure: a guest that reports faster than its client reads
        // waits here, off the thread.
        "wharf:plugin/host.[method]request.progress": async | trappable,
        "wharf:plugin/host.[method]request.log": async | trappable,
        "wharf:plugin/host.[method]request.silent-for": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "wharf:plugin/host.request": super::host::RequestHandle,
    },
});
