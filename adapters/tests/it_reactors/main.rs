//! Reactors over Postgres: the runtime, and the sagas with the effects that they lead to.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what is wrong by failing")]

mod fuse;
mod lead_delivery;
mod purchase;
mod routing;
mod runtime;
mod stage;
