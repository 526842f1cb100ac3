//! What an event makes of a ledger. Sums cannot overflow or fall below 0: a decision checked
//! them; the arithmetic saturates so that no event, however it came here, can panic.

use super::events::CreditLedgerEvent as E;
use super::grant::Grant;
use super::state::{Consumption, CreditLedger, Hold, Owner};
use super::vocabulary::{Allocation, GrantKind, GrantSource, Regrant, Settlement, signed};

impl CreditLedger {
    #[allow(clippy::too_many_lines)] // one arm per event
    pub(super) fn follow(&mut self, event: E) {
        let at = event.at();
        self.clock = Some(self.time(at));
        match event {
            E::LedgerOpened { ledger, tenant, low, rearm, .. } => {
                self.owner = Some(Owner { ledger, tenant });
                (self.low, self.rearm) = (low, rearm);
            }
            E::CreditsGranted {
                grant,
                number,
                kind,
                credits,
                priority,
                effective_at,
                expires_at,
                source,
                scheduled,
                at,
                ..
            } => {
                self.trial |= kind == GrantKind::Trial;
                if let GrantSource::Order(order) = source {
                    self.top_ups.pending.take_if(|pending| *pending == order);
                    self.top_ups.stopped = false;
                }
                let regrant = Regrant { grant, number, credits, priority, expires_at };
                let fresh = Grant { kind, effective_at, ..Grant::new(regrant, source, at) };
                self.add(Grant { active: !scheduled, ..fresh });
            }
            E::GrantActivated { grant, at, .. } => {
                self.touch(grant, at, |grant| grant.active = true);
            }
            E::GrantExpired { grant, remaining, at, .. } => self.touch(grant, at, |grant| {
                grant.remaining = grant.remaining.saturating_sub(remaining);
                grant.lapsed = grant.lapsed.saturating_add(remaining);
            }),
            E::GrantRevoked { grant, revocation, credits, clawed, forgiven, owed, at, .. } => {
                self.touch(grant, at, |grant| {
                    grant.remaining = grant.remaining.saturating_sub(clawed);
                    grant.revoked = grant.revoked.saturating_add(credits);
                    grant.forgiven = grant.forgiven.saturating_add(forgiven);
                    grant.owed = grant.owed.saturating_add(owed);
                    grant.revocations.push((revocation, signed(credits)));
                });
            }
            E::GrantReinstated {
                grant,
                reinstatement,
                credits,
                restored,
                unowed,
                forgiven,
                regranted,
                at,
                ..
            } => {
                let back = if regranted.is_some() { 0 } else { restored };
                self.touch(grant, at, |grant| {
                    grant.remaining = grant.remaining.saturating_add(back);
                    grant.revoked = grant.revoked.saturating_sub(credits);
                    grant.forgiven = grant.forgiven.saturating_sub(forgiven);
                    grant.owed = grant.owed.saturating_sub(unowed);
                    grant.revocations.push((reinstatement, -signed(credits)));
                });
                self.regrant(regranted, GrantSource::Reinstatement(grant), at);
            }
            E::CreditsAdjusted { adjustment, credits, allocations, granted, at, .. } => {
                self.take(&allocations, at);
                self.adjustments.push_back((adjustment, credits));
                self.regrant(granted, GrantSource::Adjustment(adjustment), at);
            }
            E::CreditsReserved { hold, number, purpose, expires_at, allocations, at, .. } => {
                self.take(&allocations, at);
                for part in &allocations {
                    self.touch(part.grant, at, |grant| {
                        grant.held = grant.held.saturating_add(part.credits);
                    });
                }
                self.holds.push(Hold { id: hold, number, purpose, expires_at, allocations });
                self.holds_made = number;
            }
            E::HoldCaptured { hold, purpose, held, allocations, at, .. } => {
                self.unhold(&allocations, at);
                let known = self.holds.iter().find(|known| known.id == hold);
                let expires_at = known.map_or(at, |known| known.expires_at);
                self.holds.retain(|known| known.id != hold);
                self.consumptions.push_back(Consumption {
                    hold,
                    purpose,
                    expires_at,
                    held,
                    allocations,
                    refunded: None,
                    at,
                });
            }
            E::HoldReleased { hold, returned, lapsed, clawed, at, .. } => {
                self.give_back(&returned, &lapsed, &clawed, at);
                self.end(hold, false);
            }
            E::HoldExpired { hold, returned, lapsed, clawed, at, .. } => {
                self.give_back(&returned, &lapsed, &clawed, at);
                self.end(hold, true);
            }
            E::ConsumptionRefunded { hold, credits, allocations, regranted, at, .. } => {
                for part in &allocations {
                    self.touch(part.grant, at, |grant| {
                        grant.remaining = grant.remaining.saturating_add(part.credits);
                    });
                }
                if let Some(known) = self.consumptions.iter_mut().find(|known| known.hold == hold) {
                    known.refunded = Some(credits);
                }
                self.regrant(regranted, GrantSource::Refund(hold), at);
            }
            E::DebtRecorded { allocations, credits, .. } => {
                self.debt = self.debt.saturating_add(credits);
                for Allocation { grant, credits } in allocations {
                    self.touch(grant, at, |grant| {
                        grant.owed = grant.owed.saturating_sub(credits);
                    });
                }
            }
            E::DebtSettled { credits, by, .. } => {
                self.debt = self.debt.saturating_sub(credits);
                match by {
                    Settlement::Credits(allocations) => self.take(&allocations, at),
                    Settlement::Outside { .. } => {}
                }
            }
            E::ThresholdSet { low, rearm, .. } => (self.low, self.rearm) = (low, rearm),
            E::LowBalanceReached { .. } => self.alerted = true,
            E::LowBalanceCleared { .. } => self.alerted = false,
            E::LedgerFrozen { .. } => self.frozen = true,
            E::LedgerUnfrozen { .. } => self.frozen = false,
            E::AutoTopUpConfigured { top_up, .. } => {
                (self.top_ups.config, self.top_ups.stopped) = (top_up, false);
            }
            E::AutoTopUpRequested { order, number, at, .. } => {
                (self.top_ups.pending, self.top_ups.made) = (Some(order), number);
                self.top_ups.recent.push_back(at);
            }
            E::AutoTopUpFailed { order, .. } => {
                self.top_ups.pending.take_if(|pending| *pending == order);
                self.top_ups.stopped = true;
            }
            E::CreditsExhausted { .. } => {}
        }
        self.fold(at);
    }
}
