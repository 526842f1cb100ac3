//! What a ledger remembers: what decides, not what happened. Whatever is over is folded away as
//! [`super::fold`] says, so that a ledger of ten years is as small as one of a month.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::grant::Grant;
use super::matrix::{GrantStanding, HoldStanding};
use super::vocabulary::{Allocation, AutoTopUp, Balance, Purpose, total};
use crate::{GrantId, HoldId, LedgerId, OrderId, TenantId};

/// Whose ledger it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) ledger: LedgerId,
    pub(super) tenant: TenantId,
}

/// An open hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hold {
    pub(super) id: HoldId,
    pub(super) number: u64,
    pub(super) purpose: Purpose,
    pub(super) expires_at: DateTime<Utc>,
    /// In the order of burning.
    pub(super) allocations: Vec<Allocation>,
}

impl Hold {
    pub(super) fn credits(&self) -> u64 {
        total(&self.allocations)
    }
}

/// A captured hold: it may be refunded once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Consumption {
    pub(super) hold: HoldId,
    pub(super) purpose: Purpose,
    pub(super) expires_at: DateTime<Utc>,
    /// What had been held.
    pub(super) held: u64,
    /// What was captured, in the order of burning.
    pub(super) allocations: Vec<Allocation>,
    /// What was given back.
    pub(super) refunded: Option<u64>,
    pub(super) at: DateTime<Utc>,
}

/// A hold that ended without being captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    pub(super) hold: HoldId,
    pub(super) purpose: Purpose,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) held: u64,
    /// By time; else by somebody.
    pub(super) expired: bool,
}

/// What is known of buying automatically.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TopUps {
    pub(super) config: Option<AutoTopUp>,
    /// The order that is under way.
    pub(super) pending: Option<OrderId>,
    /// One failed: nothing until a purchase or another configuration.
    pub(super) stopped: bool,
    /// When the last ones were requested.
    pub(super) recent: VecDeque<DateTime<Utc>>,
    pub(super) made: u64,
}

/// The prepaid credits of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditLedger {
    /// `None` before it was opened.
    pub(super) owner: Option<Owner>,
    /// When the last event took effect: the ledger's time never runs backwards.
    pub(super) clock: Option<DateTime<Utc>>,
    pub(super) frozen: bool,
    pub(super) trial: bool,
    pub(super) debt: u64,
    pub(super) low: u64,
    pub(super) rearm: u64,
    /// Warned, and not recovered since.
    pub(super) alerted: bool,
    /// In the order of creation.
    pub(super) grants: Vec<Grant>,
    pub(super) grants_made: u64,
    /// The open ones, in the order of creation.
    pub(super) holds: Vec<Hold>,
    pub(super) holds_made: u64,
    /// In the order of capture.
    pub(super) consumptions: VecDeque<Consumption>,
    pub(super) ended: VecDeque<Ended>,
    pub(super) adjustments: VecDeque<(Uuid, i64)>,
    pub(super) top_ups: TopUps,
}

impl CreditLedger {
    /// How it stands, as recorded.
    pub fn balance(&self) -> Balance {
        let mut balance = Balance { debt: self.debt, ..Balance::default() };
        for grant in &self.grants {
            balance.held += grant.held;
            if grant.active {
                balance.available += grant.remaining;
            } else {
                balance.scheduled += grant.remaining;
            }
        }
        balance
    }

    /// Is it frozen?
    pub const fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Was it opened?
    pub const fn is_open(&self) -> bool {
        self.owner.is_some()
    }

    /// What is left of a grant, neither held nor used; `None` when the ledger does not know it
    /// (any more).
    pub fn remaining_of(&self, grant: GrantId) -> Option<u64> {
        self.grant(grant).map(|grant| grant.remaining)
    }

    /// Where a grant stands at `at`.
    pub fn grant_standing(&self, grant: GrantId, at: DateTime<Utc>) -> GrantStanding {
        self.grant(grant).map_or(GrantStanding::Unknown, |grant| grant.standing(self.time(at)))
    }

    /// Where a hold stands at `at`.
    pub fn hold_standing(&self, hold: HoldId, at: DateTime<Utc>) -> HoldStanding {
        if let Some(open) = self.hold(hold) {
            let due = open.expires_at <= self.time(at);
            return if due { HoldStanding::Due } else { HoldStanding::Pending };
        }
        if self.consumption(hold).is_some() {
            return HoldStanding::Captured;
        }
        match self.ended.iter().find(|known| known.hold == hold) {
            Some(ended) if ended.expired => HoldStanding::Expired,
            Some(_) => HoldStanding::Released,
            None => HoldStanding::Unknown,
        }
    }

    /// The ledger's time when somebody's clock says `now`.
    pub(super) fn time(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.clock.map_or(now, |clock| clock.max(now))
    }

    pub(super) fn grant(&self, grant: GrantId) -> Option<&Grant> {
        self.grants.iter().find(|known| known.id == grant)
    }

    pub(super) fn hold(&self, hold: HoldId) -> Option<&Hold> {
        self.holds.iter().find(|known| known.id == hold)
    }

    pub(super) fn consumption(&self, hold: HoldId) -> Option<&Consumption> {
        self.consumptions.iter().find(|known| known.hold == hold)
    }
}
