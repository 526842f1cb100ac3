//! Tests of the commands crate against its public surface.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests say what is wrong by failing")]

mod builderbot;
mod chatwoot;
mod elevenlabs;
mod leadgen;
mod sdk_verdicts;
mod sources;
mod stripe;
mod twilio;
mod whatsapp;
