//! Small changes that several events make of a ledger. Sums saturate, see [`super::follow`].

use chrono::{DateTime, Utc};

use super::grant::Grant;
use super::state::{CreditLedger, Ended};
use super::vocabulary::{Allocation, GrantSource, Regrant, total};
use crate::{GrantId, HoldId};

impl CreditLedger {
    /// Changes a grant, if it is known.
    pub(super) fn touch(
        &mut self,
        id: GrantId,
        at: DateTime<Utc>,
        change: impl FnOnce(&mut Grant),
    ) {
        if let Some(grant) = self.grants.iter_mut().find(|known| known.id == id) {
            change(grant);
            grant.touched = at;
        }
    }

    pub(super) fn add(&mut self, grant: Grant) {
        self.grants_made = grant.number;
        self.grants.push(grant);
    }

    pub(super) fn regrant(
        &mut self,
        regrant: Option<Regrant>,
        source: GrantSource,
        at: DateTime<Utc>,
    ) {
        if let Some(regrant) = regrant {
            self.add(Grant::new(regrant, source, at));
        }
    }

    /// Takes available credits.
    pub(super) fn take(&mut self, allocations: &[Allocation], at: DateTime<Utc>) {
        for part in allocations {
            self.touch(part.grant, at, |grant| {
                grant.remaining = grant.remaining.saturating_sub(part.credits);
            });
        }
    }

    pub(super) fn unhold(&mut self, allocations: &[Allocation], at: DateTime<Utc>) {
        for part in allocations {
            self.touch(part.grant, at, |grant| {
                grant.held = grant.held.saturating_sub(part.credits);
            });
        }
    }

    pub(super) fn give_back(
        &mut self,
        returned: &[Allocation],
        lapsed: &[Allocation],
        clawed: &[Allocation],
        at: DateTime<Utc>,
    ) {
        for parts in [returned, lapsed, clawed] {
            self.unhold(parts, at);
        }
        for part in returned {
            self.touch(part.grant, at, |grant| {
                grant.remaining = grant.remaining.saturating_add(part.credits);
            });
        }
        for part in lapsed {
            self.touch(part.grant, at, |grant| {
                grant.lapsed = grant.lapsed.saturating_add(part.credits);
            });
        }
        for part in clawed {
            self.touch(part.grant, at, |grant| {
                grant.owed = grant.owed.saturating_sub(part.credits);
            });
        }
    }

    /// An open hold ends. The remainder of a captured one is no hold of its own.
    pub(super) fn end(&mut self, hold: HoldId, expired: bool) {
        let Some(place) = self.holds.iter().position(|known| known.id == hold) else { return };
        let known = self.holds.remove(place);
        let held = total(&known.allocations);
        let (purpose, expires_at) = (known.purpose, known.expires_at);
        self.ended.push_back(Ended { hold, purpose, expires_at, held, expired });
    }
}
