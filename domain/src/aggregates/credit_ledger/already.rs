//! Things that were done already: ids count for ever, so the same again is no event, and
//! something else under the same id is refused.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::commands::CreditLedgerCommand as C;
use super::grant::Grant;
use super::refusal::CreditLedgerRefusal as No;
use super::state::CreditLedger;
use super::vocabulary::{Purpose, signed, total};
use crate::{GrantId, HoldId};

impl CreditLedger {
    /// Was this very thing done before?
    pub(super) fn is_settled(&self, body: &C) -> Result<bool, No> {
        match body {
            C::GrantCredits { grant, .. } => {
                Ok(self.grant(*grant).is_some_and(|known| is_grant_of(known, body)))
            }
            C::ReserveCredits { hold, credits, purpose, expires_at } => {
                Ok(self.holding(*hold) == Some((*credits, *purpose, *expires_at)))
            }
            C::CaptureHold { hold, credits } => Ok(self
                .consumption(*hold)
                .is_some_and(|known| total(&known.allocations) == *credits)),
            C::RefundConsumption { hold, credits, .. } => {
                match self.consumption(*hold).and_then(|known| known.refunded) {
                    Some(refunded) if refunded == *credits => Ok(true),
                    Some(_) => Err(No::AlreadyRefunded),
                    None => Ok(false),
                }
            }
            C::AdjustCredits { adjustment, credits, .. } => {
                let known = self.adjustments.iter().find(|known| known.0 == *adjustment);
                same(known.map(|known| known.1), *credits, No::AdjustmentIdTaken)
            }
            C::RevokeGrant { grant, revocation: id, credits, .. } => {
                same(self.revoked(*grant, *id), signed(*credits), No::RevocationIdTaken)
            }
            C::ReinstateGrant { grant, reinstatement: id, credits, .. } => {
                same(self.revoked(*grant, *id), -signed(*credits), No::RevocationIdTaken)
            }
            C::OpenLedger
            | C::ReleaseHold { .. }
            | C::SettleDebt { .. }
            | C::SetLowBalanceThreshold { .. }
            | C::FreezeLedger { .. }
            | C::UnfreezeLedger { .. }
            | C::ConfigureAutoTopUp { .. }
            | C::RecordTopUpFailure { .. }
            | C::ExpireHold { .. }
            | C::ActivateGrant { .. }
            | C::ExpireGrant { .. } => Ok(false),
        }
    }

    /// What was asked for when the hold was made, whatever became of it.
    fn holding(&self, hold: HoldId) -> Option<(u64, Purpose, DateTime<Utc>)> {
        if let Some(open) = self.hold(hold) {
            return Some((open.credits(), open.purpose, open.expires_at));
        }
        if let Some(used) = self.consumption(hold) {
            return Some((used.held, used.purpose, used.expires_at));
        }
        let ended = self.ended.iter().find(|known| known.hold == hold)?;
        Some((ended.held, ended.purpose, ended.expires_at))
    }

    fn revoked(&self, grant: GrantId, id: Uuid) -> Option<i64> {
        let known = self.grant(grant)?.revocations.iter().find(|known| known.0 == id)?;
        Some(known.1)
    }
}

fn is_grant_of(known: &Grant, body: &C) -> bool {
    let C::GrantCredits { grant, kind, credits, priority, effective_at, expires_at, source } =
        *body
    else {
        return false;
    };
    known.id == grant
        && (known.kind, known.credits, known.priority) == (kind, credits, priority)
        && (known.effective_at, known.expires_at) == (effective_at, expires_at)
        && known.source == source
}

fn same(known: Option<i64>, now: i64, otherwise: No) -> Result<bool, No> {
    match known {
        Some(before) if before == now => Ok(true),
        Some(_) => Err(otherwise),
        None => Ok(false),
    }
}
