//! One scenario per source, and the list of them.

mod both;
mod builderbot;
mod calls;
mod chatwoot;
mod elevenlabs;
mod leadgen;
mod stripe;
mod twilio;
mod whatsapp;

use super::scenario::{Play, Scenario};

/// Of a source of which everything is said when it was delivered.
const fn of(source: &'static str, play: Play) -> Scenario {
    Scenario { source, play, works: false }
}

/// Of a source whose deliveries move money or leads.
const fn with_works(source: &'static str, play: Play) -> Scenario {
    Scenario { source, play, works: true }
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    of("builderbot", |stage, cast| Box::pin(builderbot::play(stage, cast))),
    of("chatwoot", |stage, cast| Box::pin(chatwoot::play(stage, cast))),
    of("elevenlabs", |stage, cast| Box::pin(elevenlabs::play(stage, cast))),
    with_works("meta/leadgen", |stage, cast| Box::pin(leadgen::play(stage, cast))),
    of("meta/whatsapp", |stage, cast| Box::pin(whatsapp::play(stage, cast))),
    with_works("stripe", |stage, cast| Box::pin(stripe::play(stage, cast))),
    of("twilio", |stage, cast| Box::pin(twilio::play(stage, cast))),
];

/// Of two sources at once.
pub(crate) const TWO_TELL_OF_ONE_CALL: Scenario =
    of("twilio and elevenlabs", |stage, cast| Box::pin(both::play(stage, cast)));
