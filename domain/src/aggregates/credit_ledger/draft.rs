//! A decision in the making: every event is applied to a copy at once, so that each next step
//! sees what the ones before it did.

use chrono::{DateTime, Utc};

use super::events::CreditLedgerEvent as E;
use super::fold::{TOP_UP_BURST, TOP_UP_BURST_MAX};
use super::state::CreditLedger;
use super::vocabulary::Balance;

/// The copy, and what happened to it so far.
pub(super) struct Draft {
    pub(super) ledger: CreditLedger,
    pub(super) events: Vec<E>,
    /// The ledger's time.
    pub(super) at: DateTime<Utc>,
    before: Balance,
}

impl Draft {
    /// The ledger at its time `at`, with everything that was due by then done.
    pub(super) fn of(ledger: CreditLedger, at: DateTime<Utc>) -> Self {
        let before = ledger.balance();
        let mut draft = Self { ledger, events: Vec::new(), at, before };
        draft.do_what_is_due();
        draft
    }

    /// It happened. The balance is filled in.
    pub(super) fn push(&mut self, event: E) {
        self.ledger.follow(event.clone());
        self.events.push(event.with_balance(self.ledger.balance()));
    }

    /// What follows by itself: debts are settled, and the balance is watched.
    pub(super) fn finish(mut self) -> Vec<E> {
        self.settle_debt(self.at);
        self.watch();
        self.top_up();
        self.events
    }

    /// Warns once per crossing: not for a rise, and not again before it had recovered.
    fn watch(&mut self) {
        let (at, available) = (self.at, self.ledger.balance().available);
        let fell = available < self.before.available;
        let (low, rearm) = (self.ledger.low, self.ledger.rearm);
        let set = self.events.iter().any(|event| matches!(event, E::ThresholdSet { .. }));
        if fell && available == 0 {
            self.push(E::CreditsExhausted { at });
        }
        if !self.ledger.alerted && available <= low && (fell || set) {
            self.push(E::LowBalanceReached { available, low, at });
        } else if self.ledger.alerted && available >= rearm {
            self.push(E::LowBalanceCleared { available, rearm, at });
        }
    }

    /// Buys, if that is wanted: one order at a time, and not in a burst.
    fn top_up(&mut self) {
        let (at, available) = (self.at, self.ledger.balance().available);
        let top_ups = &self.ledger.top_ups;
        let Some(owner) = self.ledger.owner else { return };
        let Some(config) = &top_ups.config else { return };
        let recent = top_ups.recent.iter().filter(|then| at - **then < TOP_UP_BURST).count();
        let wanted = available <= config.at_or_below && recent < TOP_UP_BURST_MAX;
        if !wanted || top_ups.pending.is_some() || top_ups.stopped || self.ledger.frozen {
            return;
        }
        let number = top_ups.made.saturating_add(1);
        let event = E::AutoTopUpRequested {
            order: super::top_up_order(owner.ledger, number),
            number,
            credits: config.credits,
            price_minor: config.price_minor,
            currency: config.currency.clone(),
            available,
            at,
        };
        self.push(event);
    }
}
