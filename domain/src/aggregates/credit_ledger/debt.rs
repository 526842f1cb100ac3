//! Debts: credits that were used before their payment was taken back. Whatever becomes available
//! settles them first.

use chrono::{DateTime, Utc};

use super::decide::{Decided, reason};
use super::draft::Draft;
use super::events::CreditLedgerEvent as E;
use super::refusal::CreditLedgerRefusal as No;
use super::vocabulary::{Allocation, BALANCE_MAX, Balance, DebtCause, Settlement, total};
use crate::{HoldId, UserId};

impl Draft {
    /// Settles what can be settled by what is available.
    pub(super) fn settle_debt(&mut self, at: DateTime<Utc>) {
        if self.ledger.debt == 0 {
            return;
        }
        let allocations = self.ledger.burn(self.ledger.debt);
        let credits = total(&allocations);
        if credits > 0 {
            let by = Settlement::Credits(allocations);
            self.push(E::DebtSettled { credits, by, balance: Balance::default(), at });
        }
    }

    /// A debt, or a part of it, was settled outside.
    pub(super) fn settle(&mut self, credits: u64, why: &str, approver: UserId) -> Decided {
        let reason = reason(why)?;
        if credits == 0 {
            return Err(No::InvalidCredits);
        }
        if credits > self.ledger.debt {
            return Err(No::ExceedsDebt);
        }
        let (by, balance, at) =
            (Settlement::Outside { reason, approver }, Balance::default(), self.at);
        self.push(E::DebtSettled { credits, by, balance, at });
        Ok(())
    }

    /// More is owed.
    pub(super) fn owe(
        &mut self,
        cause: DebtCause,
        allocations: Vec<Allocation>,
        credits: u64,
    ) -> Decided {
        if credits == 0 {
            return Ok(());
        }
        let after = self.ledger.debt.checked_add(credits);
        if after.is_none_or(|debt| debt > BALANCE_MAX) {
            return Err(No::BalanceTooLarge);
        }
        let (balance, at) = (Balance::default(), self.at);
        self.push(E::DebtRecorded { cause, allocations, credits, balance, at });
        Ok(())
    }

    /// After a capture: of a grant, what was revoked while it was held must still be held;
    /// what is not any more, is owed.
    pub(super) fn owe_captured(&mut self, hold: HoldId) -> Decided {
        let beyond = |grant: &super::grant::Grant| Allocation {
            grant: grant.id,
            credits: grant.owed.saturating_sub(grant.held),
        };
        let parts = self.ledger.grants.iter().map(beyond).filter(|part| part.credits > 0);
        let allocations: Vec<_> = parts.collect();
        let credits = total(&allocations);
        self.owe(DebtCause::Capture { hold }, allocations, credits)
    }
}
