//! What can be asked of an order.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::vocabulary::{DisputeOutcome, OrderOrigin, PaymentStatus};
use crate::{GrantId, UserId};

/// Commands of an order. Amounts are in the currency's smallest unit. What the provider tells may
/// come twice and in any order; [`super::matrix`] says what is possible when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BillingOrderCommand {
    /// Makes the order. Again with the same data: no event.
    CreateOrder {
        /// Who buys; absent when nobody in person does.
        buyer: Option<UserId>,
        /// Who made it.
        origin: OrderOrigin,
        /// Credits, 1 to [`crate::aggregates::credit_ledger::CREDITS_MAX`].
        credits: u64,
        /// Price, up to 1,000,000,000,000; 0 when there is nothing to pay.
        price_minor: u64,
        /// ISO 4217 code, lower case.
        currency: String,
        /// The credits end so many days after the payment, 1–3,650; never when absent.
        valid_days: Option<u32>,
    },
    /// The provider has a page where it can be paid.
    OpenCheckout {
        /// The provider's id of the session.
        session_id: String,
        /// Address of the page: https, or http on this machine (the offline twin's pages).
        url: String,
        /// The session ends then.
        expires_at: DateTime<Utc>,
    },
    /// The provider tells of a payment: a completed session, a slow payment that succeeded, or an
    /// intent that did. All of them may come for one payment; it counts once.
    RecordPayment {
        /// The provider's session, if it is known.
        session_id: Option<String>,
        /// The provider's payment intent, if it is known.
        payment_intent: Option<String>,
        /// Only what is paid is granted.
        status: PaymentStatus,
        /// Amount.
        amount_minor: u64,
        /// ISO 4217 code; upper case is taken as lower case.
        currency: String,
    },
    /// An attempt to pay failed; there may be others.
    RecordAttemptFailure {
        /// The provider's code, 1–100 characters.
        code: String,
    },
    /// It will not be paid: a slow payment failed, or no page could be opened.
    FailOrder {
        /// Why, 1–500 characters.
        reason: String,
    },
    /// The provider closed the session.
    RecordCheckoutExpired {
        /// Which one; another than the open one is no news.
        session_id: String,
    },
    /// Nobody paid in time. (Timer.)
    ExpireOrder,
    /// The ledger has given the credits.
    MarkGranted {
        /// By this grant.
        grant: GrantId,
    },
    /// Money was given back.
    RecordRefund {
        /// All that was given back up to now: cumulative.
        refunded_minor: u64,
        /// When the provider said so; what it said later counts.
        as_of: DateTime<Utc>,
    },
    /// Giving money back failed.
    RecordRefundFailure {
        /// The provider's id of the refund.
        refund_id: String,
        /// Its amount.
        amount_minor: u64,
        /// When the provider said so.
        as_of: DateTime<Utc>,
    },
    /// The payer disputes the payment, and the money was withdrawn.
    OpenDispute {
        /// The provider's id.
        dispute_id: String,
        /// Amount.
        amount_minor: u64,
    },
    /// A dispute ended; it may be told before its beginning.
    CloseDispute {
        /// The provider's id.
        dispute_id: String,
        /// Amount.
        amount_minor: u64,
        /// How.
        outcome: DisputeOutcome,
    },
}
