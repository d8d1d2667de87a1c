//! Whatever is wrong, somebody gets a clear answer, and nobody else notices.

mod addresses;
mod guests;
mod hang_ups;
mod headers;
mod messages;
mod plugins;
mod sessions;
mod sizes;
