//! Billing order: credits that are paid for (spec/aggregates §2.6). Owns the invariant that a
//! payment grants once, whichever of the provider's events comes first, and that what is given
//! back or disputed takes back as many credits, in whatever order that is told.

mod already;
mod commands;
mod decide;
mod events;
mod give_back;
mod handle;
pub mod matrix;
mod money;
mod pay;
mod refusal;

mod saga;
mod state;
mod vocabulary;

pub use commands::BillingOrderCommand;
pub use events::BillingOrderEvent;
pub use handle::{CHECKOUT_EFFECT, CheckoutEffect, INTENT_CLAIM, ORDER_NUMBER, SESSION_CLAIM};
pub use refusal::BillingOrderRefusal;
pub use saga::{ledger_command, order_command};
pub use state::BillingOrder;
pub use vocabulary::{DisputeOutcome, OrderOrigin, OrderStatus, PaymentAnomaly, PaymentStatus};

use crate::{GrantId, OrderId};

/// The grant that an order leads to: there is one, and its id follows from the order's.
pub fn grant_of(order: OrderId) -> GrantId {
    GrantId::new(order.derive("grant"))
}
