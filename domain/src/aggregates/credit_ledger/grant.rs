//! One grant, as the ledger keeps it.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::matrix::GrantStanding;
use super::vocabulary::{GrantKind, GrantSource, Regrant};
use crate::GrantId;

/// Credits that were given at once. What was given is what remains, is held, lapsed, was used, or
/// was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) id: GrantId,
    /// Order of creation, from 1.
    pub(super) number: u64,
    pub(super) kind: GrantKind,
    pub(super) source: GrantSource,
    pub(super) priority: u8,
    /// What was given.
    pub(super) credits: u64,
    pub(super) effective_at: DateTime<Utc>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    /// It has begun, as recorded.
    pub(super) active: bool,
    /// Neither held nor used nor gone.
    pub(super) remaining: u64,
    /// In open holds.
    pub(super) held: u64,
    /// Ended unused.
    pub(super) lapsed: u64,
    /// Revoked in all; at most `credits`.
    pub(super) revoked: u64,
    /// Of `lapsed`, revoked afterwards.
    pub(super) forgiven: u64,
    /// Of `held`, revoked: taken when their hold ends.
    pub(super) owed: u64,
    /// When it last changed.
    pub(super) touched: DateTime<Utc>,
    /// Ids of revocations (above 0) and reinstatements (below 0) with their credits.
    pub(super) revocations: Vec<(Uuid, i64)>,
}

impl Grant {
    /// A grant of the moment, with everything left.
    pub(super) fn new(from: Regrant, source: GrantSource, at: DateTime<Utc>) -> Self {
        let kind = match source {
            GrantSource::Adjustment(_) => GrantKind::Adjustment,
            GrantSource::Refund(_)
            | GrantSource::Reinstatement(_)
            | GrantSource::Order(_)
            | GrantSource::Admin => GrantKind::Goodwill,
        };
        let Regrant { grant: id, number, credits, priority, expires_at } = from;
        Self {
            id,
            number,
            kind,
            source,
            priority,
            credits,
            effective_at: at,
            expires_at,
            active: true,
            remaining: credits,
            held: 0,
            lapsed: 0,
            revoked: 0,
            forgiven: 0,
            owed: 0,
            touched: at,
            revocations: Vec::new(),
        }
    }

    /// Its time is up at `at`: the end is exclusive.
    pub(super) fn is_past(&self, at: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|end| end <= at)
    }

    /// Every credit of it is revoked, and none is left that came back otherwise.
    pub(super) fn is_revoked(&self) -> bool {
        self.revoked >= self.credits && self.remaining == 0 && self.held == self.owed
    }

    /// Nothing of it can be used or come back by a hold.
    pub(super) fn is_spent(&self) -> bool {
        self.remaining == 0 && self.held == 0
    }

    /// May something come back to it at `at`?
    pub(super) fn takes_back(&self, at: DateTime<Utc>) -> bool {
        self.active && !self.is_past(at) && self.revoked < self.credits
    }

    /// Where it stands at `at`, whatever of that is recorded.
    pub(super) fn standing(&self, at: DateTime<Utc>) -> GrantStanding {
        if self.is_revoked() {
            GrantStanding::Revoked
        } else if self.is_spent() {
            if self.lapsed > 0 { GrantStanding::Expired } else { GrantStanding::Depleted }
        } else if self.is_past(at) {
            self.standing_past()
        } else if self.active {
            GrantStanding::Active
        } else if self.effective_at <= at {
            GrantStanding::Ripe
        } else {
            GrantStanding::Scheduled
        }
    }

    /// Past its time, and not spent.
    fn standing_past(&self) -> GrantStanding {
        if self.remaining > 0 {
            GrantStanding::Due
        } else if self.lapsed > 0 {
            GrantStanding::Expired
        } else {
            // All that is left is held; what becomes of the grant, the holds decide.
            GrantStanding::Active
        }
    }

    /// The order of burning: priority, then expiry (those that never end last), then creation.
    pub(super) fn burns_before(&self, other: &Self) -> Ordering {
        let end = |grant: &Self| (grant.expires_at.is_none(), grant.expires_at);
        self.priority
            .cmp(&other.priority)
            .then_with(|| end(self).cmp(&end(other)))
            .then_with(|| self.number.cmp(&other.number))
    }
}
