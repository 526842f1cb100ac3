//! What the log needs to know of an event: the ids that it uses up for ever, and the timers.
//!
//! Each owner text has the number of the hold or grant in the ledger. A ledger that had forgotten
//! an id and used it again would do so under another number, and lose against the first one.

use chrono::{DateTime, Utc};

use super::commands::CreditLedgerCommand as C;
use super::events::CreditLedgerEvent as E;
use super::state::CreditLedger;
use super::vocabulary::{GrantSource, Regrant};
use crate::{Claim, Effect, GrantId};

/// Kind of the claim on a grant's id; its owner text is `<ledger uuid>/<number of the grant>`.
pub const GRANT_CLAIM: &str = "ledger.grant";
/// Kind of the claim on an order; its owner text is `<ledger uuid>/<grant uuid>`.
pub const ORDER_CLAIM: &str = "ledger.order";
/// Kind of the claim on a hold's id; its owner text is `<ledger uuid>/<number of the hold>`.
pub const HOLD_CLAIM: &str = "ledger.hold";
/// Kind of the claim on an adjustment's id; its owner text is
/// `<ledger uuid>/<credits>@<time in microseconds>`.
pub const ADJUSTMENT_CLAIM: &str = "ledger.adjustment";

impl CreditLedger {
    pub(super) fn claims_of(&self, event: &E) -> Vec<Claim> {
        let Some(owner) = self.owner else { return Vec::new() };
        let ledger = owner.ledger;
        let granted = |grant: GrantId, number: u64| {
            Claim::take(GRANT_CLAIM, grant.to_string(), format!("{ledger}/{number}"))
        };
        let regranted = |made: &Option<Regrant>| {
            made.iter().map(|made| granted(made.grant, made.number)).collect()
        };
        match event {
            E::CreditsGranted { grant, number, source, .. } => {
                let mut claims = vec![granted(*grant, *number)];
                if let GrantSource::Order(order) = source {
                    let owner = format!("{ledger}/{grant}");
                    claims.push(Claim::take(ORDER_CLAIM, order.to_string(), owner));
                }
                claims
            }
            E::CreditsReserved { hold, number, .. } => {
                vec![Claim::take(HOLD_CLAIM, hold.to_string(), format!("{ledger}/{number}"))]
            }
            E::ConsumptionRefunded { regranted: made, .. }
            | E::GrantReinstated { regranted: made, .. } => regranted(made),
            E::CreditsAdjusted { adjustment, credits, granted: made, at, .. } => {
                let owner = format!("{ledger}/{credits}@{}", at.timestamp_micros());
                let mut claims: Vec<Claim> = regranted(made);
                claims.push(Claim::take(ADJUSTMENT_CLAIM, adjustment.to_string(), owner));
                claims
            }
            E::LedgerOpened { .. }
            | E::GrantActivated { .. }
            | E::HoldCaptured { .. }
            | E::HoldReleased { .. }
            | E::HoldExpired { .. }
            | E::GrantExpired { .. }
            | E::GrantRevoked { .. }
            | E::DebtRecorded { .. }
            | E::DebtSettled { .. }
            | E::CreditsExhausted { .. }
            | E::ThresholdSet { .. }
            | E::LowBalanceReached { .. }
            | E::LowBalanceCleared { .. }
            | E::LedgerFrozen { .. }
            | E::LedgerUnfrozen { .. }
            | E::AutoTopUpConfigured { .. }
            | E::AutoTopUpRequested { .. }
            | E::AutoTopUpFailed { .. } => Vec::new(),
        }
    }

    /// Timers are commands to the ledger itself. They are never taken back: when one comes, the
    /// ledger decides whether it still means anything.
    pub(super) fn effects_of(&self, event: &E) -> Vec<Effect> {
        match event {
            E::CreditsGranted { grant, effective_at, expires_at, scheduled, .. } => {
                let begin = scheduled.then_some(*effective_at);
                let begin =
                    begin.and_then(|at| self.timer(at, &C::ActivateGrant { grant: *grant }));
                begin.into_iter().chain(self.end_of(*grant, *expires_at)).collect()
            }
            E::CreditsReserved { hold, expires_at, .. } => {
                self.timer(*expires_at, &C::ExpireHold { hold: *hold }).into_iter().collect()
            }
            E::ConsumptionRefunded { regranted: made, .. }
            | E::GrantReinstated { regranted: made, .. }
            | E::CreditsAdjusted { granted: made, .. } => {
                made.iter().filter_map(|made| self.end_of(made.grant, made.expires_at)).collect()
            }
            E::LedgerOpened { .. }
            | E::GrantActivated { .. }
            | E::HoldCaptured { .. }
            | E::HoldReleased { .. }
            | E::HoldExpired { .. }
            | E::GrantExpired { .. }
            | E::GrantRevoked { .. }
            | E::DebtRecorded { .. }
            | E::DebtSettled { .. }
            | E::CreditsExhausted { .. }
            | E::ThresholdSet { .. }
            | E::LowBalanceReached { .. }
            | E::LowBalanceCleared { .. }
            | E::LedgerFrozen { .. }
            | E::LedgerUnfrozen { .. }
            | E::AutoTopUpConfigured { .. }
            | E::AutoTopUpRequested { .. }
            | E::AutoTopUpFailed { .. } => Vec::new(),
        }
    }

    fn end_of(&self, grant: GrantId, expires_at: Option<DateTime<Utc>>) -> Option<Effect> {
        self.timer(expires_at?, &C::ExpireGrant { grant })
    }

    fn timer(&self, due: DateTime<Utc>, body: &C) -> Option<Effect> {
        let owner = self.owner?;
        Some(Effect::command::<Self>(owner.ledger, body, Some(due)))
    }
}
