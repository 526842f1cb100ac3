//! What the payment provider says of orders.

use bitacora_domain::aggregates::billing_order::{DisputeOutcome, PaymentStatus};
use bitacora_domain::{OrderId, TenantId};

/// A fact about an order. Amounts are in the currency's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFact {
    /// The order that the provider's metadata names: only a hint, checked against the stored
    /// order and what is known of session and intent.
    pub order: Option<OrderId>,
    /// The tenant that the metadata names: must be the order's.
    pub tenant: Option<TenantId>,
    /// The provider's checkout session.
    pub session: Option<String>,
    /// The provider's payment intent.
    pub intent: Option<String>,
    /// Real money? Must be what this installation is for.
    pub livemode: bool,
    /// What is new.
    pub news: OrderNews,
}

/// What is new about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderNews {
    /// A payment, done or under way.
    Payment {
        /// How far it is.
        status: PaymentStatus,
        /// Amount.
        amount_minor: u64,
        /// ISO 4217 code.
        currency: String,
    },
    /// An attempt to pay failed; there may be others.
    AttemptFailed {
        /// The provider's code.
        code: String,
    },
    /// A slow payment failed for good.
    Failed {
        /// Why.
        reason: String,
    },
    /// The session was closed without a payment.
    Expired,
    /// Money was given back.
    Refunded {
        /// All that was given back up to now.
        refunded_minor: u64,
    },
    /// Giving money back failed.
    RefundFailed {
        /// The provider's id of the refund.
        refund: String,
        /// Its amount.
        amount_minor: u64,
    },
    /// The money was withdrawn because the payer disputes the payment.
    DisputeOpened {
        /// The provider's id.
        dispute: String,
        /// Amount.
        amount_minor: u64,
    },
    /// A dispute ended.
    DisputeClosed {
        /// The provider's id.
        dispute: String,
        /// Amount.
        amount_minor: u64,
        /// How.
        outcome: DisputeOutcome,
    },
}

impl OrderNews {
    /// Stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Payment { .. } => "payment",
            Self::AttemptFailed { .. } => "attempt_failed",
            Self::Failed { .. } => "failed",
            Self::Expired => "expired",
            Self::Refunded { .. } => "refunded",
            Self::RefundFailed { .. } => "refund_failed",
            Self::DisputeOpened { .. } => "dispute_opened",
            Self::DisputeClosed { .. } => "dispute_closed",
        }
    }
}
