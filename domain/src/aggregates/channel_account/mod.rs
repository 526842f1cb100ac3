//! Channel account: a WhatsApp number of a tenant, or its account at another provider. Owns the
//! invariant that an account is connected once across the whole installation, which is what
//! routes webhooks to tenants.

mod handle;
mod kind;
mod refusal;
mod vocabulary;

pub use handle::{ChannelAccount, ChannelStatus};
pub use kind::ChannelKind;
pub use refusal::ChannelRefusal;
pub use vocabulary::{ChannelCommand, ChannelEvent};

/// Kind of the claim on a `phone_number_id`; its owner text is
/// `<tenant uuid>/<channel account uuid>`.
pub const PHONE_NUMBER_CLAIM: &str = "whatsapp.phone_number_id";
