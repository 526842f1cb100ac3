//! Conversational AI of ElevenLabs, outbound (wire-formats §4.4).

mod answer;
mod client;
mod request;
mod seen;

pub use client::{ElevenLabs, ElevenLabsSettings};
