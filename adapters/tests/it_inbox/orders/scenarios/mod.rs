//! One scenario per source, and the list of them.

mod builderbot;
mod calls;
mod chatwoot;
mod elevenlabs;
mod leadgen;
mod stripe;
mod twilio;
mod whatsapp;

use super::scenario::Scenario;

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario { source: "builderbot", play: |stage, cast| Box::pin(builderbot::play(stage, cast)) },
    Scenario { source: "chatwoot", play: |stage, cast| Box::pin(chatwoot::play(stage, cast)) },
    Scenario { source: "elevenlabs", play: |stage, cast| Box::pin(elevenlabs::play(stage, cast)) },
    Scenario { source: "meta/leadgen", play: |stage, cast| Box::pin(leadgen::play(stage, cast)) },
    Scenario { source: "meta/whatsapp", play: |stage, cast| Box::pin(whatsapp::play(stage, cast)) },
    Scenario { source: "stripe", play: |stage, cast| Box::pin(stripe::play(stage, cast)) },
    Scenario { source: "twilio", play: |stage, cast| Box::pin(twilio::play(stage, cast)) },
];
