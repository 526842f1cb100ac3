//! Random commands, aimed at what exists: half of a life is sensible, the rest is late, early,
//! twice, too much, or about something else.

use bitacora_domain::aggregates::credit_ledger::{
    AutoTopUp, CreditLedgerCommand as C, GrantKind, GrantSource, Purpose, PurposeKind,
    ReinstatementReason, RevocationReason,
};
use bitacora_domain::{GrantId, HoldId, OrderId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::naive::{End, Granted, Holding, Naive};

/// Where the random numbers come from (SplitMix64), and what time it is.
#[derive(Debug)]
pub(crate) struct Generator {
    state: u64,
    now: DateTime<Utc>,
}

impl Generator {
    /// The generator of one life.
    pub(crate) fn new(seed: u64) -> Self {
        let now = DateTime::from_timestamp(1_772_452_800, 0).unwrap_or_default();
        Self { state: seed, now }
    }

    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `from` to `to`, both included.
    fn pick(&mut self, from: u64, to: u64) -> u64 {
        from + self.random() % (to - from + 1)
    }

    /// True once in `of` times.
    fn once_in(&mut self, of: u64) -> bool {
        self.random().is_multiple_of(of)
    }

    /// Some time later; now and then a clock runs a little behind.
    fn pass(&mut self) -> DateTime<Utc> {
        let minutes = match self.pick(0, 99) {
            0..=54 => self.pick(0, 3),
            55..=79 => self.pick(1, 240),
            80..=97 => self.pick(60, 1_200),
            _ => self.pick(2_880, 20_000),
        };
        self.now += TimeDelta::minutes(i64::try_from(minutes).unwrap_or_default());
        let behind = if self.once_in(12) { self.pick(1, 600) } else { 0 };
        self.now - TimeDelta::seconds(i64::try_from(behind).unwrap_or_default())
    }

    fn id(&mut self) -> Uuid {
        let (high, low) = (self.random(), self.random());
        Uuid::from_u64_pair(high, low)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let last = u64::try_from(all.len()).ok()?.checked_sub(1)?;
        all.get(usize::try_from(self.pick(0, last)).ok()?)
    }

    /// The next command, and when it comes. The first one opens the ledger, mostly.
    pub(crate) fn next(&mut self, n: u64, model: &Naive) -> (DateTime<Utc>, C) {
        let now = self.pass();
        if n == 0 && !self.once_in(10) || !model.open && self.once_in(2) {
            return (now, C::OpenLedger);
        }
        let body = match self.pick(0, 99) {
            0..=17 => self.grant(now, model),
            18..=41 => self.reserve(now, model),
            42..=54 => self.capture(model),
            55..=60 => self.release(model),
            61..=66 => self.refund(model),
            67..=70 => self.adjust(model),
            71..=76 => self.revoke(model),
            77..=81 => self.reinstate(model),
            82..=91 => self.settings(model),
            _ => return self.timer(now, model),
        };
        (now, body)
    }

    fn grant(&mut self, now: DateTime<Utc>, model: &Naive) -> C {
        if self.once_in(10)
            && let Some(known) = self.one_of(&model.grants).cloned()
        {
            return self.again(&known);
        }
        let (grant, credits) = (GrantId::new(self.id()), self.amount(40));
        let expected = model.ordered.filter(|_| self.once_in(4));
        let (kind, source) = match self.pick(0, 19) {
            _ if expected.is_some() => (
                GrantKind::Purchase,
                GrantSource::Order(expected.unwrap_or(OrderId::new(Uuid::nil()))),
            ),
            0..=9 => {
                let id = OrderId::new(self.id());
                (GrantKind::Purchase, GrantSource::Order(id))
            }
            10..=13 => (GrantKind::Bonus, GrantSource::Admin),
            14 => (GrantKind::Trial, GrantSource::Admin),
            15 => (GrantKind::Adjustment, GrantSource::Admin),
            16..=18 => (GrantKind::Goodwill, GrantSource::Admin),
            _ => (GrantKind::Purchase, GrantSource::Admin),
        };
        let later = if self.once_in(5) { self.hours(1, 72) } else { TimeDelta::minutes(-5) };
        let effective_at = now + later;
        let expires_at = match self.pick(0, 9) {
            0..=6 => Some(effective_at + self.hours(1, 300)),
            7 => Some(now),
            _ => None,
        };
        let priority = u8::try_from(self.pick(1, 3) * 10).unwrap_or(1);
        let priority = if self.once_in(60) { 0 } else { priority };
        C::GrantCredits { grant, kind, credits, priority, effective_at, expires_at, source }
    }

    /// The same grant again, or nearly.
    fn again(&mut self, known: &Granted) -> C {
        let near = self.once_in(3);
        let other = if self.once_in(4) { GrantId::new(self.id()) } else { known.id };
        C::GrantCredits {
            grant: other,
            kind: known.kind,
            credits: known.credits + u64::from(near),
            priority: known.priority,
            effective_at: known.begins,
            expires_at: known.ends,
            source: known.source,
        }
    }

    fn hours(&mut self, from: u64, to: u64) -> TimeDelta {
        TimeDelta::hours(i64::try_from(self.pick(from, to)).unwrap_or(1))
    }

    /// Mostly small; sometimes nothing at all, or far too much.
    fn amount(&mut self, most: u64) -> u64 {
        match self.pick(0, 59) {
            0 => 0,
            1 => 2_000_000_000,
            _ => self.pick(1, most),
        }
    }

    fn reserve(&mut self, now: DateTime<Utc>, model: &Naive) -> C {
        if self.once_in(12)
            && let Some(known) = self.one_of(&model.holds).cloned()
        {
            let credits = known.credits + u64::from(self.once_in(3));
            let (hold, purpose, expires_at) = (known.id, known.purpose, known.ends);
            return C::ReserveCredits { hold, credits, purpose, expires_at };
        }
        let free = model.balance().available;
        let credits = match self.pick(0, 9) {
            0 => free,
            1 => free + 1,
            2..=3 => self.amount(25),
            _ => self.pick(1, 8),
        };
        let purpose = Purpose { kind: PurposeKind::Lead, id: self.id() };
        let life = if self.once_in(30) { TimeDelta::zero() } else { self.hours(1, 60) };
        let life = if self.once_in(60) { TimeDelta::days(31) } else { life };
        C::ReserveCredits { hold: HoldId::new(self.id()), credits, purpose, expires_at: now + life }
    }

    /// Some hold, and how many credits are in it.
    fn hold(&mut self, model: &Naive, wanted: impl Fn(&Holding) -> bool) -> (HoldId, u64) {
        let fitting: Vec<_> = model.holds.iter().filter(|hold| wanted(hold)).collect();
        let fit = self.one_of(&fitting).map(|hold| (hold.id, hold.credits));
        let any = self.one_of(&model.holds).map(|hold| (hold.id, hold.credits));
        let aimed = if self.once_in(8) { any } else { fit };
        aimed.or(any).unwrap_or_else(|| (HoldId::new(self.id()), 3))
    }

    fn capture(&mut self, model: &Naive) -> C {
        let (hold, held) = self.hold(model, |hold| hold.end.is_none());
        let credits = match self.pick(0, 9) {
            0..=4 => held,
            5..=8 => self.pick(1, held.max(1)),
            _ => held + 1,
        };
        C::CaptureHold { hold, credits }
    }

    fn release(&mut self, model: &Naive) -> C {
        let (hold, _) = self.hold(model, |hold| hold.end.is_none());
        C::ReleaseHold { hold, reason: self.once_in(2).then(|| "no hizo falta".to_owned()) }
    }

    fn refund(&mut self, model: &Naive) -> C {
        let fresh = |hold: &Holding| matches!(hold.end, Some(End::Captured { refunded: None, .. }));
        let (hold, held) = self.hold(model, fresh);
        let credits = if self.once_in(3) { held } else { self.pick(1, held.max(1)) };
        C::RefundConsumption { hold, credits, reason: "duplicado".to_owned() }
    }

    fn adjust(&mut self, model: &Naive) -> C {
        let again = if self.once_in(8) { self.one_of(&model.adjustments).copied() } else { None };
        let size = i64::try_from(self.amount(12)).unwrap_or_default();
        let fresh = (self.id(), if self.once_in(2) { size } else { -size });
        let (adjustment, credits) = again.unwrap_or(fresh);
        let credits = credits + i64::from(again.is_some() && self.once_in(2));
        let (reason, approver) = ("arreglo".to_owned(), UserId::new(Uuid::nil()));
        C::AdjustCredits { adjustment, credits, reason, approver }
    }

    /// Some grant, what was granted, what of it is revoked, and a revocation made before.
    fn granted(&mut self, model: &Naive) -> (GrantId, u64, u64, Option<(Uuid, i64)>) {
        let recent = model.grants.len().saturating_sub(8);
        let pool = if self.once_in(3) { &model.grants[..] } else { &model.grants[recent..] };
        match self.one_of(pool).cloned() {
            Some(known) => {
                let before = self.one_of(&known.revocations).copied();
                (known.id, known.credits, known.revoked, before)
            }
            None => (GrantId::new(self.id()), 5, 0, None),
        }
    }

    fn revoke(&mut self, model: &Naive) -> C {
        let (grant, credits, revoked, before) = self.granted(model);
        let left = credits.saturating_sub(revoked);
        let part = if self.once_in(2) { left } else { self.pick(1, left.max(1)) };
        let part = if self.once_in(15) { left + 1 } else { part };
        let reason =
            if self.once_in(2) { RevocationReason::Refund } else { RevocationReason::Chargeback };
        let again = before.filter(|_| self.once_in(4));
        let revocation = again.map_or_else(|| self.id(), |known| known.0);
        C::RevokeGrant { grant, revocation, reason, credits: part }
    }

    fn reinstate(&mut self, model: &Naive) -> C {
        let some: Vec<_> = model.grants.iter().filter(|grant| grant.revoked > 0).collect();
        let found = self.one_of(&some).map(|grant| (grant.id, grant.revoked));
        let (grant, revoked) = found.unwrap_or_else(|| {
            let (grant, _, _, _) = self.granted(model);
            (grant, 1)
        });
        let credits = match self.pick(0, 9) {
            0..=4 => revoked,
            5..=8 => self.pick(1, revoked.max(1)),
            _ => revoked + 1,
        };
        let (reinstatement, reason) = (self.id(), ReinstatementReason::DisputeWon);
        C::ReinstateGrant { grant, reinstatement, reason, credits }
    }

    fn settings(&mut self, model: &Naive) -> C {
        let reason = if self.once_in(20) { " ".to_owned() } else { "porque sí".to_owned() };
        match self.pick(0, 14) {
            0 => {
                let low = self.pick(0, 30);
                C::SetLowBalanceThreshold { low, rearm: low + self.pick(0, 10) }
            }
            1 => C::FreezeLedger { reason },
            2..=5 => C::UnfreezeLedger { reason },
            6..=7 => {
                let top_up = AutoTopUp {
                    at_or_below: self.pick(0, 12),
                    credits: self.amount(30),
                    price_minor: 4_000,
                    currency: "usd".to_owned(),
                };
                C::ConfigureAutoTopUp { top_up: (!self.once_in(4)).then_some(top_up) }
            }
            8..=10 => {
                let order = model.ordered.unwrap_or(OrderId::new(Uuid::nil()));
                C::RecordTopUpFailure { order, reason }
            }
            11 => C::OpenLedger,
            _ => {
                let credits = self.pick(1, model.debt.max(1)) + u64::from(self.once_in(10));
                C::SettleDebt { credits, reason, approver: UserId::new(Uuid::nil()) }
            }
        }
    }

    /// A timer rings when something is due next, or at any time.
    fn timer(&mut self, now: DateTime<Utc>, model: &Naive) -> (DateTime<Utc>, C) {
        let holds = model.holds.iter().filter(|hold| hold.end.is_none());
        let holds = holds.map(|hold| (hold.ends, C::ExpireHold { hold: hold.id }));
        let begins = model.grants.iter().filter(|grant| !grant.begun);
        let begins = begins.map(|grant| (grant.begins, C::ActivateGrant { grant: grant.id }));
        let ends = model.grants.iter();
        let ends = ends.filter_map(|grant| {
            Some((grant.ends.filter(|end| *end > now)?, C::ExpireGrant { grant: grant.id }))
        });
        let mut due: Vec<_> = holds.chain(begins).chain(ends).collect();
        due.sort_by_key(|(when, _)| *when);
        due.truncate(3);
        let Some((when, body)) = self.one_of(&due).cloned() else {
            return (now, C::ExpireHold { hold: HoldId::new(self.id()) });
        };
        let soon = when - now < TimeDelta::days(3);
        if soon && !self.once_in(10) {
            self.now = self.now.max(when);
        }
        (self.now, body)
    }
}
