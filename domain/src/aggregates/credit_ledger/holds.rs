//! Two phases: credits are held, then captured, released or expired; each hold ends once.

use chrono::{DateTime, TimeDelta, Utc};

use super::burn::take;
use super::decide::{Decided, counted, optional_reason};
use super::draft::Draft;
use super::events::CreditLedgerEvent as E;
use super::fold::HOLDS_MAX;
use super::refusal::CreditLedgerRefusal as No;
use super::state::Hold;
use super::vocabulary::{Allocation, Balance, Purpose, ReleaseCause};
use crate::HoldId;

/// Longest life of a hold.
const HOLD_DAYS: i64 = 30;

/// Where the credits of a hold go that are not captured.
#[derive(Default)]
struct Parts {
    returned: Vec<Allocation>,
    lapsed: Vec<Allocation>,
    clawed: Vec<Allocation>,
}

impl Draft {
    /// All of the credits, or none.
    pub(super) fn reserve(
        &mut self,
        hold: HoldId,
        credits: u64,
        purpose: Purpose,
        expires_at: DateTime<Utc>,
    ) -> Decided {
        let credits = counted(credits)?;
        if expires_at <= self.at || expires_at - self.at > TimeDelta::days(HOLD_DAYS) {
            return Err(No::InvalidHoldExpiry);
        }
        if self.ledger.holds.len() >= HOLDS_MAX {
            return Err(No::TooManyHolds);
        }
        let number = self.ledger.holds_made.saturating_add(1);
        let (allocations, at) = (self.ledger.burn(credits), self.at);
        let balance = Balance::default();
        self.push(E::CreditsReserved {
            hold,
            number,
            credits,
            purpose,
            expires_at,
            allocations,
            balance,
            at,
        });
        Ok(())
    }

    /// Captures from the front, as if only so many had been held; the rest is released.
    pub(super) fn capture(&mut self, hold: HoldId, credits: u64) -> Decided {
        let open = self.open_hold(hold)?;
        let (purpose, held) = (open.purpose, open.credits());
        if counted(credits)? > held {
            return Err(No::ExceedsHold);
        }
        let (allocations, rest) = take(open.allocations.iter().copied(), credits);
        let (balance, at) = (Balance::default(), self.at);
        self.push(E::HoldCaptured { hold, purpose, credits, held, allocations, balance, at });
        if !rest.is_empty() {
            let Parts { returned, lapsed, clawed } = self.parts(&rest, at);
            let (cause, reason) = (ReleaseCause::Remainder, None);
            self.push(E::HoldReleased {
                hold,
                purpose,
                cause,
                reason,
                returned,
                lapsed,
                clawed,
                balance,
                at,
            });
        }
        self.owe_captured(hold)
    }

    /// Somebody gives it back.
    pub(super) fn release(&mut self, hold: HoldId, why: Option<&str>) -> Decided {
        let reason = optional_reason(why)?;
        let open = self.open_hold(hold)?;
        let (purpose, at) = (open.purpose, self.at);
        let Parts { returned, lapsed, clawed } = self.parts(&open.allocations, at);
        let (cause, balance) = (ReleaseCause::Released, Balance::default());
        self.push(E::HoldReleased {
            hold,
            purpose,
            cause,
            reason,
            returned,
            lapsed,
            clawed,
            balance,
            at,
        });
        Ok(())
    }

    /// Its time is up.
    pub(super) fn expire_hold(&mut self, hold: HoldId, at: DateTime<Utc>) {
        let Some(open) = self.ledger.hold(hold) else { return };
        let purpose = open.purpose;
        let Parts { returned, lapsed, clawed } = self.parts(&open.allocations, at);
        let balance = Balance::default();
        self.push(E::HoldExpired { hold, purpose, returned, lapsed, clawed, balance, at });
    }

    fn open_hold(&self, hold: HoldId) -> Result<&Hold, No> {
        self.ledger.hold(hold).ok_or(No::HoldNotFound)
    }

    /// Of each grant: first what was revoked while it was held, then, if the grant has ended,
    /// what lapses with it; else it is available again.
    fn parts(&self, allocations: &[Allocation], at: DateTime<Utc>) -> Parts {
        let mut parts = Parts::default();
        for part in allocations {
            let known = self.ledger.grant(part.grant);
            let (clawed, rest) = take([*part], known.map_or(0, |grant| grant.owed));
            parts.clawed.extend(clawed);
            let ended = known.is_some_and(|grant| grant.is_past(at));
            let list = if ended { &mut parts.lapsed } else { &mut parts.returned };
            list.extend(rest);
        }
        parts
    }
}
