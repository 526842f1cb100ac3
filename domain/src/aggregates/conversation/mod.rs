//! Conversation: everything said with one contact over one channel account, and what people
//! did about it (spec/aggregates §2.1).
#![allow(clippy::unnecessary_wraps)] // one shape for all decisions

mod already;
mod commands;
mod consequences;
mod content;
mod delivery;
mod events;
mod follow;
mod handle;
mod handoff;
mod inbound;
mod limits;
mod macros;
pub mod matrix;
mod merge;
mod opt_out;
mod outbound;
mod outward;
mod redaction;
mod refusal;
mod schedule;
mod sending;
mod snooze;
mod state;
mod suggestions;
mod survey;
mod triage;
mod vocabulary;
mod work;

pub use commands::ConversationCommand;
pub use content::{
    AttachmentKind, ContactCard, ListRow, ListSection, Media, MediaSource, MessageContent,
    MessageKind, OrderLine, Place, Referral, ReplyButton, ReplyKind,
};
pub use events::ConversationEvent;
pub use refusal::ConversationRefusal;
pub use sending::{SEND_EFFECT, SendEffect};
pub use state::{Conversation, OutboundMessage};
pub use vocabulary::{
    AiPolicy, ApprovalReason, AssignedBy, Citation, ConversationStatus, DeliveryStatus, HandoffEnd,
    HandoffFallback, HandoffReason, HandoffStatus, LinkedKind, MacroStep, Pricing, Priority,
    ProposedAction, ProviderFault, Response, SendOutcome, Sender, SnoozeEnd, SuggestionStatus,
    SurveyKind, Triage,
};
