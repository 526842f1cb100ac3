//! What can be asked of a ledger.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::vocabulary::{
    AutoTopUp, GrantKind, GrantSource, Purpose, ReinstatementReason, RevocationReason,
};
use crate::{GrantId, HoldId, OrderId, UserId};

/// Commands of a ledger. [`super::matrix`] says which of them is possible when. Ids are chosen by
/// the caller and count for ever: the same id with the same input is the same thing again and no
/// event, with other input it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CreditLedgerCommand {
    /// Opens the ledger of the tenant; its id is [`super::id_of`]. Again: no event.
    OpenLedger,
    /// Gives credits.
    GrantCredits {
        /// Id of the grant.
        grant: GrantId,
        /// Why. A purchase has an order, and only a purchase has one; a trial comes once.
        kind: GrantKind,
        /// Credits, 1 to [`super::CREDITS_MAX`].
        credits: u64,
        /// 1 to 50; lower burns first.
        priority: u8,
        /// From when they can be used; at most 5 years ahead.
        effective_at: DateTime<Utc>,
        /// Until when, exclusive; never when absent.
        expires_at: Option<DateTime<Utc>>,
        /// An order or an administrator.
        source: GrantSource,
    },
    /// Sets credits aside, in the order of burning: priority, expiry, creation.
    ReserveCredits {
        /// Id of the hold.
        hold: HoldId,
        /// Credits, 1 to [`super::CREDITS_MAX`]; all of them or none.
        credits: u64,
        /// What for.
        purpose: Purpose,
        /// Until when, exclusive; at most 30 days ahead.
        expires_at: DateTime<Utc>,
    },
    /// Uses up what is held, or a part of it; the rest is released.
    CaptureHold {
        /// The hold.
        hold: HoldId,
        /// Credits, 1 to what is held.
        credits: u64,
    },
    /// Gives back what is held.
    ReleaseHold {
        /// The hold.
        hold: HoldId,
        /// Why, up to 500 characters.
        reason: Option<String>,
    },
    /// Gives back what was used up: once per hold, to the grants that it came from; for those
    /// that are over, to a new grant that ends after 30 days.
    RefundConsumption {
        /// The captured hold.
        hold: HoldId,
        /// Credits, 1 to what was captured.
        credits: u64,
        /// Why, 1–500 characters.
        reason: String,
    },
    /// Corrects the balance.
    AdjustCredits {
        /// Id of the adjustment.
        adjustment: Uuid,
        /// Credits, up to ±[`super::CREDITS_MAX`], not 0. What is added never ends; what is
        /// taken must be available.
        credits: i64,
        /// Why, 1–500 characters.
        reason: String,
        /// Who answers for it.
        approver: UserId,
    },
    /// Takes credits of a grant back, because their payment was. What is held is taken when it is
    /// released; what was used becomes a debt; what had expired is forgiven.
    RevokeGrant {
        /// The grant.
        grant: GrantId,
        /// Id of the revocation.
        revocation: Uuid,
        /// Why.
        reason: RevocationReason,
        /// Credits, 1 to what of the grant was not revoked before.
        credits: u64,
    },
    /// Gives again what was revoked.
    ReinstateGrant {
        /// The grant.
        grant: GrantId,
        /// Id of the reinstatement.
        reinstatement: Uuid,
        /// Why.
        reason: ReinstatementReason,
        /// Credits, 1 to what of the grant is revoked.
        credits: u64,
    },
    /// Records that a debt, or a part of it, was settled outside. (Credits that become available
    /// settle debts by themselves.)
    SettleDebt {
        /// Credits, 1 to the debt.
        credits: u64,
        /// Why, 1–500 characters.
        reason: String,
        /// Who answers for it.
        approver: UserId,
    },
    /// When to warn: once when so few are available, and again only after the balance had
    /// recovered.
    SetLowBalanceThreshold {
        /// Warn at so many available credits or fewer.
        low: u64,
        /// Recovered at so many or more; above `low`.
        rearm: u64,
    },
    /// Nothing is set aside any more, and nothing is bought automatically. Everything else goes
    /// on: what was delivered is charged, and what was paid is granted.
    FreezeLedger {
        /// Why, 1–500 characters.
        reason: String,
    },
    /// The end of a freeze.
    UnfreezeLedger {
        /// Why, 1–500 characters.
        reason: String,
    },
    /// Buys by itself from now on, or no more.
    ConfigureAutoTopUp {
        /// When and what; absent: never.
        top_up: Option<AutoTopUp>,
    },
    /// The order of an automatic top-up came to nothing. Nothing is bought automatically until
    /// a purchase arrives or the top-up is configured anew.
    RecordTopUpFailure {
        /// The order.
        order: OrderId,
        /// Why, 1–500 characters.
        reason: String,
    },
    /// A hold's time is up. (Timer.)
    ExpireHold {
        /// The hold.
        hold: HoldId,
    },
    /// A grant begins. (Timer.)
    ActivateGrant {
        /// The grant.
        grant: GrantId,
    },
    /// A grant ends. (Timer.)
    ExpireGrant {
        /// The grant.
        grant: GrantId,
    },
}
