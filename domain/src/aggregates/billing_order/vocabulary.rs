//! The words of an order.

use serde::{Deserialize, Serialize};

/// Where an order stands (aggregates §2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    /// Made; nobody can pay it yet.
    Created,
    /// Somebody can pay it.
    CheckoutOpen,
    /// The payment failed for good. Should it arrive all the same, it counts.
    Failed,
    /// Nobody paid in time. Should a payment arrive all the same, it counts.
    Expired,
    /// Paid; the credits are on their way.
    Paid,
    /// Paid, and the credits were given.
    Granted,
    /// A part was given back.
    PartiallyRefunded,
    /// All was given back.
    Refunded,
    /// The payer disputes the payment.
    Disputed,
    /// The dispute is lost.
    ChargedBack,
}

/// Who made an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderOrigin {
    /// A person who buys.
    Checkout,
    /// The ledger, because the balance was low.
    AutoTopUp,
}

/// What the provider says of a payment (wire-formats §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The money is there.
    Paid,
    /// There was nothing to pay.
    NoPaymentRequired,
    /// A slow method: the money may come.
    Unpaid,
}

/// How a dispute ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeOutcome {
    /// The money stays, or came back.
    Won,
    /// The money is gone.
    Lost,
}

/// A payment that a person must look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentAnomaly {
    /// Amount or currency are not those of the order: nothing was granted for it.
    Mismatch,
    /// The order was paid already, by another payment: it is to be given back.
    SecondPayment,
}
