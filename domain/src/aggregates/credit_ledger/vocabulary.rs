//! The words of a ledger.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{GrantId, HoldId, UserId};

/// Most credits in one command.
pub const CREDITS_MAX: u64 = 1_000_000_000;
/// Most credits that a ledger holds at once (available, held and scheduled together), and the
/// largest debt. Far below what an `i64`, or a number in JSON, can say.
pub const BALANCE_MAX: u64 = 1_000_000_000_000;

/// Why credits were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GrantKind {
    /// Paid for.
    Purchase,
    /// Added to a purchase, or for a campaign.
    Bonus,
    /// To try the product with; once per ledger.
    Trial,
    /// A correction.
    Adjustment,
    /// Out of courtesy, or because something came back whose grant was over.
    Goodwill,
}

/// Where a grant comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantSource {
    /// An order that was paid; it is granted once.
    Order(crate::OrderId),
    /// Whoever runs the installation.
    Admin,
    /// The refund of this hold, whose grant was over. Made by the ledger itself.
    Refund(HoldId),
    /// The reinstatement of this grant, which was over. Made by the ledger itself.
    Reinstatement(GrantId),
    /// This adjustment. Made by the ledger itself.
    Adjustment(Uuid),
}

/// What credits are set aside for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurposeKind {
    /// The delivery of a lead.
    Lead,
    /// A call.
    Call,
    /// A campaign.
    Campaign,
    /// A message.
    Message,
}

/// What credits are set aside for, and which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Purpose {
    /// Kind of thing.
    pub kind: PurposeKind,
    /// Its id.
    pub id: Uuid,
}

/// Credits of one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Allocation {
    /// The grant.
    pub grant: GrantId,
    /// How many of its credits; never 0.
    pub credits: u64,
}

/// How a ledger stands after an event. `debt` and `available` are both above 0 only between two
/// events of one command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Balance {
    /// Credits that can be set aside.
    pub available: u64,
    /// Credits that are set aside.
    pub held: u64,
    /// Credits of grants that have not begun.
    pub scheduled: u64,
    /// Credits owed: used before their payment was taken back.
    pub debt: u64,
}

impl Balance {
    /// What the tenant has: available and held, less the debt. The `balance_after` of a
    /// statement (CONV-19).
    pub fn booked(self) -> i64 {
        signed(self.available) + signed(self.held) - signed(self.debt)
    }
}

/// Credits fit an `i64` by far ([`BALANCE_MAX`]).
pub(super) fn signed(credits: u64) -> i64 {
    i64::try_from(credits).unwrap_or(i64::MAX)
}

/// The sum of what several grants give.
pub(super) fn total(allocations: &[Allocation]) -> u64 {
    allocations.iter().map(|part| part.credits).sum()
}

/// A grant that the ledger makes itself: because something came back whose grant was over, or by
/// an adjustment. It begins at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Regrant {
    /// Its id.
    pub grant: GrantId,
    /// Its number in the ledger, from 1: the order of creation.
    pub number: u64,
    /// Credits.
    pub credits: u64,
    /// Lower burns first.
    pub priority: u8,
    /// Exclusive end.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Why a hold, or a part of it, was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseCause {
    /// Somebody asked for it.
    Released,
    /// Less was captured than held; this is the rest.
    Remainder,
}

/// Why a grant is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// Its payment was given back.
    Refund,
    /// Its payment is disputed.
    Chargeback,
}

/// Why what was taken back is given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReinstatementReason {
    /// The dispute was won.
    DisputeWon,
    /// Giving the payment back failed.
    RefundFailed,
}

/// Where a debt comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DebtCause {
    /// A revocation of credits that were used already.
    Revocation {
        /// The grant.
        grant: GrantId,
        /// The revocation.
        revocation: Uuid,
    },
    /// A hold whose credits were revoked meanwhile was captured.
    Capture {
        /// The hold.
        hold: HoldId,
    },
}

/// How a debt is settled.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// By credits that became available, in the order of burning.
    Credits(Vec<Allocation>),
    /// Outside the ledger: paid in another way, or written off.
    Outside {
        /// Why.
        reason: String,
        /// Who answers for it.
        approver: UserId,
    },
}

/// When and what to buy by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AutoTopUp {
    /// At this many available credits or fewer.
    pub at_or_below: u64,
    /// Credits to buy.
    pub credits: u64,
    /// Price in the currency's smallest unit.
    pub price_minor: u64,
    /// ISO 4217 code, lower case.
    pub currency: String,
}
