//! The credits of a tenant.

mod against_the_model;
mod expiry;
mod grants;
mod holds;
mod matrix;
mod properties;
mod revocations;
pub(crate) mod samples;
mod settings;
mod small;
