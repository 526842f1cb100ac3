//! What happened in a ledger. `at` never decreases along the stream. `balance` is how the ledger
//! stands after the event, so that a statement needs no earlier row; it always equals the sum of
//! the movements before ([`super::movements`]).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::vocabulary::{
    Allocation, AutoTopUp, Balance, DebtCause, GrantKind, GrantSource, Purpose, Regrant,
    ReinstatementReason, ReleaseCause, RevocationReason, Settlement,
};
use crate::{GrantId, HoldId, LedgerId, OrderId, TenantId, UserId};

/// Events of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name; what is added is said here
pub enum CreditLedgerEvent {
    /// `low` and `rearm`: the thresholds that it begins with.
    LedgerOpened {
        ledger: LedgerId,
        tenant: TenantId,
        low: u64,
        rearm: u64,
        at: DateTime<Utc>,
    },
    /// `number`: of the grant, from 1, in the order of creation. `scheduled`: it begins later,
    /// by [`Self::GrantActivated`]; else its credits are available.
    CreditsGranted {
        grant: GrantId,
        number: u64,
        kind: GrantKind,
        credits: u64,
        priority: u8,
        effective_at: DateTime<Utc>,
        expires_at: Option<DateTime<Utc>>,
        source: GrantSource,
        scheduled: bool,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// A scheduled grant began: so many credits are available now.
    GrantActivated {
        grant: GrantId,
        credits: u64,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// `number`: of the hold, from 1. `allocations`: in the order of burning.
    CreditsReserved {
        hold: HoldId,
        number: u64,
        credits: u64,
        purpose: Purpose,
        expires_at: DateTime<Utc>,
        allocations: Vec<Allocation>,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// `credits` of the `held` ones were used up. When that were not all, a
    /// [`Self::HoldReleased`] of the remainder follows.
    HoldCaptured {
        hold: HoldId,
        purpose: Purpose,
        credits: u64,
        held: u64,
        allocations: Vec<Allocation>,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// `returned` is available again, `lapsed` belongs to grants that had ended meanwhile, and
    /// `clawed` to grants whose credits were revoked meanwhile.
    HoldReleased {
        hold: HoldId,
        purpose: Purpose,
        cause: ReleaseCause,
        reason: Option<String>,
        returned: Vec<Allocation>,
        lapsed: Vec<Allocation>,
        clawed: Vec<Allocation>,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// As [`Self::HoldReleased`], because its time was up.
    HoldExpired {
        hold: HoldId,
        purpose: Purpose,
        returned: Vec<Allocation>,
        lapsed: Vec<Allocation>,
        clawed: Vec<Allocation>,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// `allocations` went back to their grants, the rest to the new grant `regranted`.
    ConsumptionRefunded {
        hold: HoldId,
        purpose: Purpose,
        credits: u64,
        reason: String,
        allocations: Vec<Allocation>,
        regranted: Option<Regrant>,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// Added as the new grant `granted`, or taken from `allocations`.
    CreditsAdjusted {
        adjustment: Uuid,
        credits: i64,
        reason: String,
        approver: UserId,
        allocations: Vec<Allocation>,
        granted: Option<Regrant>,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// What was left of a grant ended with it. `at` is the grant's end, whenever it was recorded.
    GrantExpired {
        grant: GrantId,
        remaining: u64,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// Of the revoked `credits`, `clawed` were taken at once (from a grant that had not begun, if
    /// `scheduled`), `forgiven` had expired unused, `owed` are held and taken when their hold
    /// ends, and `shortfall` was used: it becomes a debt by the next event. `revoked`: what of
    /// the grant is revoked now, in all.
    GrantRevoked {
        grant: GrantId,
        revocation: Uuid,
        reason: RevocationReason,
        credits: u64,
        clawed: u64,
        forgiven: u64,
        owed: u64,
        shortfall: u64,
        scheduled: bool,
        revoked: u64,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// So many credits are owed besides what was owed before. `allocations`: of a capture, whose
    /// credits those were.
    DebtRecorded {
        cause: DebtCause,
        allocations: Vec<Allocation>,
        credits: u64,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// So many credits are owed no more.
    DebtSettled {
        credits: u64,
        by: Settlement,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// Of the reinstated `credits`, `restored` can be used again (`scheduled`: when the grant
    /// begins), in the same grant or, when that is over, in `regranted`; `unowed` were held all
    /// the time; `forgiven` had expired before they were revoked. `revoked`: what of the grant
    /// is still revoked.
    GrantReinstated {
        grant: GrantId,
        reinstatement: Uuid,
        reason: ReinstatementReason,
        credits: u64,
        restored: u64,
        unowed: u64,
        forgiven: u64,
        scheduled: bool,
        regranted: Option<Regrant>,
        revoked: u64,
        balance: Balance,
        at: DateTime<Utc>,
    },
    /// The last available credit is gone: nothing can be set aside any more.
    CreditsExhausted {
        at: DateTime<Utc>,
    },
    ThresholdSet {
        low: u64,
        rearm: u64,
        at: DateTime<Utc>,
    },
    /// The balance fell to `low` or below. Not again before [`Self::LowBalanceCleared`].
    LowBalanceReached {
        available: u64,
        low: u64,
        at: DateTime<Utc>,
    },
    /// The balance rose to `rearm` or above.
    LowBalanceCleared {
        available: u64,
        rearm: u64,
        at: DateTime<Utc>,
    },
    LedgerFrozen {
        reason: String,
        at: DateTime<Utc>,
    },
    LedgerUnfrozen {
        reason: String,
        at: DateTime<Utc>,
    },
    AutoTopUpConfigured {
        top_up: Option<AutoTopUp>,
        at: DateTime<Utc>,
    },
    /// An order is to be made: `order` is its id, `number` counts the ledger's top-ups.
    AutoTopUpRequested {
        order: OrderId,
        number: u64,
        credits: u64,
        price_minor: u64,
        currency: String,
        available: u64,
        at: DateTime<Utc>,
    },
    AutoTopUpFailed {
        order: OrderId,
        reason: String,
        at: DateTime<Utc>,
    },
}
