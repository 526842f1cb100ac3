//! Stripe Checkout: the API, or its offline twin where no key is configured.

mod answer;
mod client;
mod form;
mod offline;
mod play;

pub use client::{SetupFault, Stripe, StripeSettings};
pub use form::{Unpayable, form};
pub use offline::{OfflineCheckout, OfflineSettings};
