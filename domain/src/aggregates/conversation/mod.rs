//! Conversation: everything said with one contact over one channel account, and what people
//! did about it (spec/aggregates §2.1).

mod commands;
mod content;
mod delivery;
mod events;
mod handle;
mod inbound;
mod outbound;
mod refusal;
mod state;
mod work;

pub use commands::ConversationCommand;
pub use content::{
    ContactCard, Media, MessageContent, MessageKind, OrderLine, Place, Referral, ReplyKind,
};
pub use events::{ConversationEvent, DeliveryStatus, Pricing, ProviderFault, Sender};
pub use refusal::ConversationRefusal;
pub use state::{Conversation, ConversationStatus, OutboundMessage};
