//! Lead: a contact's interest in one offer, from the ad to the sale (spec/aggregates §2.3).
#![allow(clippy::unnecessary_wraps)] // one shape for all decisions

mod already;
mod answers;
mod asking;
mod capture;
mod commands;
mod consequences;
mod contacting;
mod cooling;
mod delivering;
mod disputes;
mod event_names;
mod events;
mod follow;
mod handle;
mod leaving;
mod mapping;
pub mod matrix;
mod person;
mod refusal;
mod replies;
mod score;
mod state;
mod status;
mod vocabulary;

pub use answers::{GivenAnswer, LeadAnswer, LeadField, LeadIntent, LeadTiming};
pub use commands::LeadCommand;
pub use consequences::{
    CONTACT_EFFECT, ContactEffect, FETCH_FORM_EFFECT, FetchFormEffect, OPEN_CLAIM,
};
pub use events::LeadEvent;
pub use person::{FormField, LeadPerson};
pub use refusal::LeadRefusal;
pub use score::{Component, MODEL_VERSION, Score, ScoreComponents, ScoreReason, is_ready, score};
pub use state::{Lead, LeadOrigin};
pub use vocabulary::{
    ContactKind, CoolReason, DisputeReason, DisqualifyReason, DuplicateReason, Eligibility,
    HandOffReason, LeadSource, LeadStatus, LossReason, MappingGap, OpenMatter, OptOutMeans,
    ReactivateReason,
};
