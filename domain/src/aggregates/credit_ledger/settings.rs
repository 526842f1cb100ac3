//! How a ledger behaves: thresholds, freezing, buying automatically.

use super::decide::{Decided, reason};
use super::draft::Draft;
use super::events::CreditLedgerEvent as E;
use super::refusal::CreditLedgerRefusal as No;
use super::vocabulary::{AutoTopUp, CREDITS_MAX};
use crate::OrderId;

/// Highest price of a top-up, in the currency's smallest unit.
const PRICE_MAX: u64 = 1_000_000_000_000;

impl Draft {
    pub(super) fn set_threshold(&mut self, low: u64, rearm: u64) -> Decided {
        if low >= rearm || rearm > CREDITS_MAX {
            return Err(No::InvalidThreshold);
        }
        if (low, rearm) != (self.ledger.low, self.ledger.rearm) {
            self.push(E::ThresholdSet { low, rearm, at: self.at });
        }
        Ok(())
    }

    pub(super) fn freeze(&mut self, why: &str) -> Decided {
        let event = E::LedgerFrozen { reason: reason(why)?, at: self.at };
        self.push(event);
        Ok(())
    }

    pub(super) fn unfreeze(&mut self, why: &str) -> Decided {
        let event = E::LedgerUnfrozen { reason: reason(why)?, at: self.at };
        self.push(event);
        Ok(())
    }

    /// The same configuration again wakes up one that stopped after a failure.
    pub(super) fn configure_top_up(&mut self, top_up: Option<AutoTopUp>) -> Decided {
        if top_up.as_ref().is_some_and(|wanted| !is_sound(wanted)) {
            return Err(No::InvalidTopUp);
        }
        let known = &self.ledger.top_ups;
        if known.config != top_up || known.stopped {
            self.push(E::AutoTopUpConfigured { top_up, at: self.at });
        }
        Ok(())
    }

    /// Of an order that nobody waits for, it is no news.
    pub(super) fn top_up_failed(&mut self, order: OrderId, why: &str) -> Decided {
        let reason = reason(why)?;
        if self.ledger.top_ups.pending == Some(order) {
            self.push(E::AutoTopUpFailed { order, reason, at: self.at });
        }
        Ok(())
    }
}

fn is_sound(top_up: &AutoTopUp) -> bool {
    let code = top_up.currency.as_bytes();
    (1..=CREDITS_MAX).contains(&top_up.credits)
        && top_up.at_or_below <= CREDITS_MAX
        && (1..=PRICE_MAX).contains(&top_up.price_minor)
        && code.len() == 3
        && code.iter().all(u8::is_ascii_lowercase)
}
