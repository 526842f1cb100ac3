//! What happened to an order.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::vocabulary::{DisputeOutcome, OrderOrigin, OrderStatus, PaymentAnomaly};
use crate::aggregates::credit_ledger::{ReinstatementReason, RevocationReason};
use crate::{GrantId, LedgerId, OrderId, TenantId, UserId};

/// Events of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name; what is added is said here
pub enum BillingOrderEvent {
    /// `number`: gapless within the tenant, filled in by the appender; people read it as
    /// `<year of at>-<number in six digits>`. `pay_until`: when it expires without a page.
    OrderCreated {
        order: OrderId,
        tenant: TenantId,
        ledger: LedgerId,
        number: u64,
        buyer: Option<UserId>,
        origin: OrderOrigin,
        credits: u64,
        price_minor: u64,
        currency: String,
        valid_days: Option<u32>,
        pay_until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// `pay_until`: when it expires now.
    CheckoutOpened {
        session_id: String,
        url: String,
        expires_at: DateTime<Utc>,
        pay_until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// It will be paid by a slow method, and does not expire meanwhile.
    PaymentPending {
        session_id: Option<String>,
        payment_intent: Option<String>,
        at: DateTime<Utc>,
    },
    /// Everything that the grant needs.
    OrderPaid {
        from: OrderStatus,
        ledger: LedgerId,
        order: OrderId,
        grant: GrantId,
        credits: u64,
        credits_expire_at: Option<DateTime<Utc>>,
        amount_minor: u64,
        currency: String,
        session_id: Option<String>,
        payment_intent: Option<String>,
        at: DateTime<Utc>,
    },
    /// The provider's intent became known after the payment.
    PaymentIntentLinked {
        payment_intent: String,
        at: DateTime<Utc>,
    },
    PaymentAnomalyRecorded {
        anomaly: PaymentAnomaly,
        session_id: Option<String>,
        payment_intent: Option<String>,
        amount_minor: u64,
        currency: String,
        at: DateTime<Utc>,
    },
    /// `attempts`: failed ones so far.
    PaymentAttemptFailed {
        code: String,
        attempts: u32,
        at: DateTime<Utc>,
    },
    OrderFailed {
        from: OrderStatus,
        reason: String,
        at: DateTime<Utc>,
    },
    OrderExpired {
        from: OrderStatus,
        at: DateTime<Utc>,
    },
    OrderGranted {
        grant: GrantId,
        at: DateTime<Utc>,
    },
    /// `reported_minor` is what the provider said, `refunded_minor` the same less what failed.
    OrderRefunded {
        reported_minor: u64,
        as_of: DateTime<Utc>,
        refunded_minor: u64,
        price_minor: u64,
        at: DateTime<Utc>,
    },
    OrderRefundFailed {
        refund_id: String,
        amount_minor: u64,
        as_of: DateTime<Utc>,
        refunded_minor: u64,
        at: DateTime<Utc>,
    },
    OrderDisputed {
        dispute_id: String,
        amount_minor: u64,
        at: DateTime<Utc>,
    },
    OrderDisputeClosed {
        dispute_id: String,
        amount_minor: u64,
        outcome: DisputeOutcome,
        at: DateTime<Utc>,
    },
    /// So many credits are to be taken back. `revoked`: in all.
    OrderRevocationRequested {
        ledger: LedgerId,
        grant: GrantId,
        revocation: Uuid,
        reason: RevocationReason,
        credits: u64,
        revoked: u64,
        at: DateTime<Utc>,
    },
    /// So many credits are to be given again. `revoked`: what stays revoked.
    OrderReinstatementRequested {
        ledger: LedgerId,
        grant: GrantId,
        reinstatement: Uuid,
        reason: ReinstatementReason,
        credits: u64,
        revoked: u64,
        at: DateTime<Utc>,
    },
}

/// Names every event once.
macro_rules! events {
    ($($name:ident,)+) => {
        impl BillingOrderEvent {
            /// Names of all events.
            pub(super) const TYPES: &'static [&'static str] = &[$(stringify!($name),)+];

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name),)+ }
            }
        }
    };
}

events! {
    OrderCreated,
    CheckoutOpened,
    PaymentPending,
    OrderPaid,
    PaymentIntentLinked,
    PaymentAnomalyRecorded,
    PaymentAttemptFailed,
    OrderFailed,
    OrderExpired,
    OrderGranted,
    OrderRefunded,
    OrderRefundFailed,
    OrderDisputed,
    OrderDisputeClosed,
    OrderRevocationRequested,
    OrderReinstatementRequested,
}

impl DomainEvent for BillingOrderEvent {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
