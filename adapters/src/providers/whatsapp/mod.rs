//! WhatsApp, outbound: Meta's Cloud API, or its offline twin where no token is configured.

mod answer;
mod cloud;
pub mod errors;
mod offline;
mod request;

pub use cloud::{Cloud, CloudSettings, SetupFault};
pub use offline::{Offline, OfflineSettings};
pub use request::{Unsendable, body};
