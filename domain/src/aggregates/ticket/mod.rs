//! Ticket: a matter of one contact that the business works on until it is settled
//! (spec/aggregates §2.2). Its number is gapless per tenant and filled in by the appender; its
//! SLA clocks count the open time of a business calendar and stop while it waits.

mod already;
mod classify;
mod clocks;
mod commands;
mod comments;
mod consequences;
mod data;
mod ending;
mod events;
mod follow;
mod handle;
mod macros;
pub mod matrix;
mod merge;
mod number;
mod open;
mod people;
mod progress;
mod refusal;
mod related;
mod run;
mod sla;
mod state;
mod survey;
mod vocabulary;
mod words;

pub use commands::TicketCommand;
pub use consequences::{AUTO_CLAIM, MATTER_CLAIM, NUMBER_COUNTER};
pub use ending::{DEFAULT_REOPEN_WINDOW_S, REOPEN_WINDOW_MAX_S};
pub use events::TicketEvent;
pub use number::TicketNumber;
pub use open::default_priority;
pub use refusal::TicketRefusal;
pub use sla::{Clock, PerTarget, SlaPolicy, SlaTarget, SlaTargets};
pub use state::Ticket;
pub use vocabulary::{
    ClosedBy, HoldEnd, ShownStatus, TicketLinkKind, TicketMacroStep, TicketOrigin, TicketStatus,
    WaitingFor,
};

/// Category of a ticket: those of triage (X-CS-1).
pub use crate::aggregates::tenant::TriageCategory as TicketCategory;
