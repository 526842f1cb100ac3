//! Telephone calls: Twilio, ElevenLabs, or their offline twin; and what their clients share.

pub(crate) mod amount;
pub(crate) mod http;
mod offline;
mod switchboard;

pub use http::SetupFault;
pub use offline::{Offline, OfflineSettings};
pub use switchboard::Switchboard;

use bitacora_commands::ports::{FaultClass, Refusal, Remedy, SendFault};

/// Refused before anything left.
pub(crate) fn unsent(class: FaultClass, remedy: Remedy, title: &str) -> SendFault {
    SendFault::Refused(Refusal { code: 0, title: title.to_owned(), class, remedy, after: None })
}
