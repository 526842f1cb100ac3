//! The pure heart of Bitácora: aggregates (state, commands, events, errors, invariants), ids,
//! the recorded event and upcasting.
//!
//! **Architecture invariant.** Nothing here does I/O, reads a clock, draws a random number or
//! knows an async runtime: time and ids arrive inside the command ([`Directed`]), so handling a
//! command twice gives the same events byte for byte.

pub mod actor;
pub mod aggregate;
pub mod aggregates;
pub mod calendar;
pub mod capability;
pub mod claim;
pub mod codec;
mod declare;
pub mod directed;
pub mod effect;
pub mod ids;
pub mod law;
pub mod log;
pub mod metadata;
pub mod meter;
pub mod opt_out;
pub mod personal;
pub mod phone;
pub mod recorded;
pub mod role;
pub mod text;
pub mod upcast;

pub use actor::{Actor, ActorKind};
pub use aggregate::{AggregateVisitor, DomainAggregate, DomainError};
pub use capability::Capability;
pub use claim::{Claim, ClaimOp, ClaimScope, PendingNumber};
pub use directed::Directed;
pub use effect::{COMMAND_EFFECT, Effect};
pub use ids::{
    CallId, ChannelAccountId, CommandId, ContactId, ConversationId, DeliveryId, DocumentId,
    EventId, GrantId, HoldId, LeadId, LedgerId, MessageId, OfferId, OrderId, TenantId, TicketId,
    UserId,
};
pub use log::{Cursor, Epoch, Lane, Position, StreamId, Version};
pub use metadata::Metadata;
pub use meter::{Meter, Tally};
pub use personal::{Personal, Subject, Veil};
pub use recorded::{DecodeError, RecordedEvent};
pub use role::Role;
pub use upcast::Upcaster;
