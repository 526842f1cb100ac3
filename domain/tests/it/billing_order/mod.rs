//! Orders of credits.

mod matrix;
mod payments;
mod properties;
mod returns;
mod saga;
pub(crate) mod samples;
