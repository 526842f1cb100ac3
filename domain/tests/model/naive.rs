//! The naive ledger: a list of what was granted, a list of what was held, and one coin for every
//! credit. It knows no sums; whatever it is asked, it counts coins.

use bitacora_domain::aggregates::credit_ledger::{Balance, GrantKind, GrantSource, Purpose};
use bitacora_domain::{GrantId, HoldId, OrderId};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Command;

/// Where a coin lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a grant that has not begun.
    Waiting,
    /// Free.
    Free,
    /// In a hold.
    Held(usize),
    /// Used up.
    Used,
    /// Ended unused.
    Ended,
    /// Ended unused, and revoked afterwards.
    Forgiven,
    /// Nowhere that matters any more.
    Gone,
}

/// One credit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coin {
    /// Place of its grant in the list.
    pub(crate) grant: usize,
    /// Where it lies.
    pub(crate) place: Place,
}

/// What was granted.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    pub(crate) id: GrantId,
    pub(crate) kind: GrantKind,
    pub(crate) source: GrantSource,
    pub(crate) credits: u64,
    pub(crate) priority: u8,
    pub(crate) begins: DateTime<Utc>,
    pub(crate) ends: Option<DateTime<Utc>>,
    pub(crate) begun: bool,
    pub(crate) revoked: u64,
    pub(crate) owed: u64,
    pub(crate) revocations: Vec<(Uuid, i64)>,
}

/// How a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Captured { credits: u64, at: DateTime<Utc>, refunded: Option<u64> },
    Released,
    Expired,
}

/// What was held.
#[derive(Clone, Debug)]
pub(crate) struct Holding {
    pub(crate) id: HoldId,
    pub(crate) credits: u64,
    pub(crate) purpose: Purpose,
    pub(crate) ends: DateTime<Utc>,
    /// Its coins, in the order in which they were taken.
    pub(crate) coins: Vec<usize>,
    pub(crate) end: Option<End>,
}

/// The naive ledger.
#[allow(clippy::struct_excessive_bools)] // it is naive
#[derive(Clone, Debug, Default)]
pub(crate) struct Naive {
    pub(crate) open: bool,
    pub(crate) frozen: bool,
    pub(crate) trial: bool,
    pub(crate) debt: u64,
    pub(crate) low: u64,
    pub(crate) rearm: u64,
    pub(crate) warned: bool,
    pub(crate) grants: Vec<Granted>,
    pub(crate) coins: Vec<Coin>,
    pub(crate) holds: Vec<Holding>,
    pub(crate) adjustments: Vec<(Uuid, i64)>,
    pub(crate) top_up: Option<bitacora_domain::aggregates::credit_ledger::AutoTopUp>,
    pub(crate) ordered: Option<OrderId>,
    pub(crate) stopped: bool,
    pub(crate) orders: Vec<DateTime<Utc>>,
    pub(crate) clock: Option<DateTime<Utc>>,
    /// What happened by the present command.
    pub(super) lines: Vec<String>,
}

impl Naive {
    /// What must happen: lines, or the code of a refusal.
    ///
    /// # Errors
    /// The code of the refusal.
    pub(crate) fn expect(
        &mut self,
        now: DateTime<Utc>,
        command: &Command,
    ) -> Result<Vec<String>, &'static str> {
        let mut after = self.clone();
        after.lines.clear();
        let at = self.time(now);
        if after.answer(at, command)? {
            let lines = after.lines.clone();
            *self = after;
            Ok(lines)
        } else {
            Ok(vec![])
        }
    }

    /// The ledger's time never runs backwards.
    pub(crate) fn time(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.clock.map_or(now, |clock| clock.max(now))
    }

    pub(super) fn say(&mut self, at: DateTime<Utc>, line: String) {
        self.clock = Some(self.time(at));
        self.lines.push(line);
    }

    /// Coins that fit.
    pub(super) fn count(&self, fits: impl Fn(&Coin) -> bool) -> u64 {
        self.coins.iter().filter(|coin| fits(coin)).map(|_| 1).sum()
    }

    pub(super) fn free(&self) -> u64 {
        self.count(|coin| coin.place == Place::Free)
    }

    /// Counted, coin by coin.
    pub(crate) fn balance(&self) -> Balance {
        let held = self.count(|coin| matches!(coin.place, Place::Held(_)));
        let waiting = self.count(|coin| coin.place == Place::Waiting);
        super::balance(self.free(), held, waiting, self.debt)
    }

    pub(super) fn in_grant(&self, grant: usize, place: impl Fn(Place) -> bool) -> u64 {
        self.count(|coin| coin.grant == grant && place(coin.place))
    }

    pub(super) fn left(&self, grant: usize) -> u64 {
        self.in_grant(grant, |place| matches!(place, Place::Free | Place::Waiting))
    }

    pub(super) fn held(&self, grant: usize) -> u64 {
        self.in_grant(grant, |place| matches!(place, Place::Held(_)))
    }

    pub(super) fn is_past(&self, grant: usize, at: DateTime<Utc>) -> bool {
        self.grants[grant].ends.is_some_and(|end| end <= at)
    }

    pub(super) fn is_revoked(&self, grant: usize) -> bool {
        let known = &self.grants[grant];
        known.revoked == known.credits && self.left(grant) == 0 && self.held(grant) == known.owed
    }

    pub(super) fn find_grant(&self, id: GrantId) -> Option<usize> {
        self.grants.iter().position(|known| known.id == id)
    }

    pub(super) fn find_hold(&self, id: HoldId, at: DateTime<Utc>) -> Option<usize> {
        let place = self.holds.iter().rposition(|known| known.id == id)?;
        // What was captured is forgotten after 180 days.
        match self.holds[place].end {
            Some(End::Captured { at: then, .. }) if then <= at - TimeDelta::days(180) => None,
            _ => Some(place),
        }
    }

    /// Every grant with what is left of it and where it stands.
    pub(crate) fn grants_at(&self, now: DateTime<Utc>) -> Vec<(GrantId, u64, &'static str)> {
        let at = self.time(now);
        let counts = self.counts();
        let one = |grant: usize| {
            let [left, _, _] = counts[grant];
            (self.grants[grant].id, left, self.stands(grant, counts[grant], at))
        };
        (0..self.grants.len()).map(one).collect()
    }

    /// Of every grant: coins that are left, held, and ended.
    pub(super) fn counts(&self) -> Vec<[u64; 3]> {
        let mut counts = vec![[0; 3]; self.grants.len()];
        for coin in &self.coins {
            match coin.place {
                Place::Free | Place::Waiting => counts[coin.grant][0] += 1,
                Place::Held(_) => counts[coin.grant][1] += 1,
                Place::Ended | Place::Forgiven => counts[coin.grant][2] += 1,
                Place::Used | Place::Gone => {}
            }
        }
        counts
    }

    fn stands(&self, grant: usize, counts: [u64; 3], at: DateTime<Utc>) -> &'static str {
        let known = &self.grants[grant];
        let [left, held, ended] = counts;
        if known.revoked == known.credits && left == 0 && held == known.owed {
            "Revoked"
        } else if left + held == 0 {
            if ended > 0 { "Expired" } else { "Depleted" }
        } else if self.is_past(grant, at) {
            match (left, ended) {
                (0, 0) => "Active",
                (0, _) => "Expired",
                _ => "Due",
            }
        } else if known.begun {
            "Active"
        } else if known.begins <= at {
            "Ripe"
        } else {
            "Scheduled"
        }
    }

    /// Every hold that is not forgotten, with where it stands.
    pub(crate) fn holds_at(&self, now: DateTime<Utc>) -> Vec<(HoldId, &'static str)> {
        // What is forgotten, is forgotten by the time of the last event.
        let (at, then) = (self.time(now), self.clock.unwrap_or(now));
        let forgotten = |hold: &Holding| matches!(hold.end, Some(End::Captured { at, .. }) if at <= then - TimeDelta::days(180));
        let known = self.holds.iter().filter(|hold| !forgotten(hold));
        let stands = |hold: &Holding| match hold.end {
            None if hold.ends <= at => "Due",
            None => "Pending",
            Some(End::Captured { .. }) => "Captured",
            Some(End::Released) => "Released",
            Some(End::Expired) => "Expired",
        };
        known.map(|hold| (hold.id, stands(hold))).collect()
    }

    /// The next coins to burn: by priority, end and age of their grant.
    pub(super) fn next_coins(&self, credits: u64) -> Vec<usize> {
        let mut free: Vec<usize> =
            (0..self.coins.len()).filter(|n| self.coins[*n].place == Place::Free).collect();
        let forever = DateTime::<Utc>::MAX_UTC;
        free.sort_by_key(|n| {
            let grant = self.coins[*n].grant;
            (self.grants[grant].priority, self.grants[grant].ends.unwrap_or(forever), grant)
        });
        free.truncate(usize::try_from(credits).unwrap_or(usize::MAX));
        free
    }

    pub(super) fn mint(&mut self, grant: usize, place: Place, credits: u64) {
        for _ in 0..credits {
            self.coins.push(Coin { grant, place });
        }
    }

    /// Moves up to `credits` coins of a grant, and says how many there were.
    pub(super) fn shift(
        &mut self,
        grant: usize,
        from: impl Fn(Place) -> bool,
        to: Place,
        credits: u64,
    ) -> u64 {
        let mut moved = 0;
        for coin in &mut self.coins {
            if moved < credits && coin.grant == grant && from(coin.place) {
                coin.place = to;
                moved += 1;
            }
        }
        moved
    }
}
