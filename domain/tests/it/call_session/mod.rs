//! Calls: how they begin, what is law in every state, and what holds in any order.

mod artefacts;
mod dispatch;
mod events;
mod follow_up;
mod guards;
mod known_faults;
mod matrix;
mod properties;
mod retry;
pub(crate) mod samples;
mod starts;
mod status;
mod talk;
