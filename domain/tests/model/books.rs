//! An auditor who sees the events only: every credit that leaves an account arrives in another,
//! the balance that each event tells is the sum of all movements so far, and the statement's
//! running balance never jumps.

use std::collections::BTreeMap;

use bitacora_domain::aggregates::credit_ledger::{Account, Balance, CreditLedgerEvent};
use chrono::{DateTime, Utc};

/// What the auditor has written down.
#[derive(Debug, Default)]
pub(crate) struct Books {
    accounts: BTreeMap<Account, i64>,
    /// The statement's last balance.
    booked: i64,
    last: Option<DateTime<Utc>>,
}

impl Books {
    /// Takes an event in.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn write(&mut self, event: &CreditLedgerEvent) -> Result<(), String> {
        if self.last.is_some_and(|last| event.at() < last) {
            return Err(format!("{event:?} is before the event before it"));
        }
        self.last = Some(event.at());
        for movement in event.movements() {
            let credits = i64::try_from(movement.credits).map_err(|error| error.to_string())?;
            *self.accounts.entry(movement.from).or_default() -= credits;
            *self.accounts.entry(movement.to).or_default() += credits;
        }
        for entry in event.entries() {
            if entry.balance_after != self.booked + entry.amount {
                return Err(format!("{entry:?} does not follow from {}", self.booked));
            }
            self.booked = entry.balance_after;
        }
        match event.balance() {
            Some(told) => self.check(told),
            None if event.movements().is_empty() => Ok(()),
            None => Err(format!("{event:?} moves credits and tells no balance")),
        }
    }

    /// Is `told` what the movements give?
    ///
    /// # Errors
    /// The difference.
    pub(crate) fn check(&self, told: Balance) -> Result<(), String> {
        let sum: i64 = self.accounts.values().sum();
        let of = |account| self.accounts.get(&account).copied().unwrap_or_default();
        let counted =
            [of(Account::Available), of(Account::Held), of(Account::Scheduled), -of(Account::Debt)];
        let told_all = [told.available, told.held, told.scheduled, told.debt];
        let same =
            counted.iter().zip(told_all).all(|(one, other)| u64::try_from(*one) == Ok(other));
        let below = [Account::Consumed, Account::Expired, Account::Revoked].map(of);
        if sum != 0 {
            Err(format!("debits and credits differ by {sum}"))
        } else if !same {
            Err(format!("{told:?}, but the movements give {counted:?}"))
        } else if below.iter().any(|account| *account < 0) {
            Err(format!("an account is below 0: {below:?}"))
        } else if told.booked() != self.booked {
            Err(format!("the statement says {}, {told:?}", self.booked))
        } else {
            Ok(())
        }
    }
}
