//! What was used up comes back, once per hold.

use chrono::TimeDelta;

use super::burn::take;
use super::decide::{Decided, counted, reason};
use super::draft::Draft;
use super::events::CreditLedgerEvent as E;
use super::refusal::CreditLedgerRefusal as No;
use super::vocabulary::{Allocation, Balance, Regrant, total};
use crate::{GrantId, HoldId};

/// Life of a grant that the ledger makes for what came back to a grant that was over.
const REGRANT_DAYS: i64 = 30;
/// Its priority: it burns early, because it ends soon.
const REGRANT_PRIORITY: u8 = 10;

impl Draft {
    /// To the grants that it came from, the last one first, as if less had been captured. What
    /// came from a grant that is over goes to a new one.
    pub(super) fn refund(&mut self, hold: HoldId, credits: u64, why: &str) -> Decided {
        let reason = reason(why)?;
        let used = self.ledger.consumption(hold).ok_or(No::ConsumptionNotFound)?;
        if used.refunded.is_some() {
            return Err(No::AlreadyRefunded);
        }
        if counted(credits)? > total(&used.allocations) {
            return Err(No::ExceedsConsumption);
        }
        self.weight(credits)?;
        let purpose = used.purpose;
        let (back, _) = take(used.allocations.iter().rev().copied(), credits);
        let lives = |part: &Allocation| {
            self.ledger.grant(part.grant).is_some_and(|grant| grant.takes_back(self.at))
        };
        let (allocations, homeless): (Vec<_>, Vec<_>) = back.into_iter().partition(lives);
        let regranted = self.regrant(GrantId::new(hold.derive("refund")), total(&homeless))?;
        let (balance, at) = (Balance::default(), self.at);
        self.push(E::ConsumptionRefunded {
            hold,
            purpose,
            credits,
            reason,
            allocations,
            regranted,
            balance,
            at,
        });
        Ok(())
    }

    /// A new grant for so many credits, if there are any.
    pub(super) fn regrant(&self, grant: GrantId, credits: u64) -> Result<Option<Regrant>, No> {
        if credits == 0 {
            return Ok(None);
        }
        self.room(credits, false)?;
        let number = self.ledger.grants_made.saturating_add(1);
        let expires_at = self.at.checked_add_signed(TimeDelta::days(REGRANT_DAYS));
        Ok(Some(Regrant { grant, number, credits, priority: REGRANT_PRIORITY, expires_at }))
    }
}
