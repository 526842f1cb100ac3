//! The words that commands, events and state of a conversation share.

mod ai;
mod handoff;
mod lifecycle;
mod sending;
mod work;

pub use ai::{AiPolicy, ApprovalReason, Citation, ProposedAction, SuggestionStatus, Triage};
pub use handoff::{HandoffEnd, HandoffFallback, HandoffReason, HandoffStatus};
pub use lifecycle::ConversationStatus;
pub use sending::{DeliveryStatus, Pricing, ProviderFault, Response, SendOutcome, Sender};
pub use work::{AssignedBy, LinkedKind, MacroStep, Priority, SnoozeEnd, SurveyKind};
