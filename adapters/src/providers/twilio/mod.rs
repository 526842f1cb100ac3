//! Twilio Voice, outbound (wire-formats §5.5).

mod answer;
mod client;
pub mod errors;
mod request;
mod seen;
mod twiml;

pub use client::{Twilio, TwilioSettings};
