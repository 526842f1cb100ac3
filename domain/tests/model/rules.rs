//! How the naive ledger answers commands.
#![allow(clippy::wildcard_enum_match_arm, reason = "what it does not know it has no answer to")]

use bitacora_domain::aggregates::credit_ledger::{GrantKind, GrantSource, id_of, top_up_order};
use bitacora_domain::{GrantId, HoldId};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Command as C;
use super::naive::{End, Granted, Holding, Naive, Place};

const MOST: u64 = 1_000_000_000;

/// Did anything come of it? A refusal is its code.
type Answer = Result<bool, &'static str>;

fn refuse_if(wrong: bool, code: &'static str) -> Result<(), &'static str> {
    if wrong { Err(code) } else { Ok(()) }
}

fn counted(credits: u64) -> Result<(), &'static str> {
    refuse_if(credits == 0 || credits > MOST, "INVALID_CREDITS")
}

impl Naive {
    pub(super) fn answer(&mut self, at: DateTime<Utc>, command: &C) -> Answer {
        if !self.open {
            refuse_if(*command != C::OpenLedger, "LEDGER_NOT_FOUND")?;
            (self.open, self.low, self.rearm) = (true, 10, 20);
            self.say(at, "LedgerOpened".to_owned());
            return Ok(true);
        }
        let free = self.free();
        let before = self.lines.len();
        let done = match command {
            C::OpenLedger => false,
            C::GrantCredits { .. } => self.grant(at, command)?,
            C::ReserveCredits { .. } => self.reserve(at, command)?,
            C::CaptureHold { hold, credits } => self.capture(at, *hold, *credits)?,
            C::ReleaseHold { hold, .. } => self.release(at, *hold)?,
            C::RefundConsumption { hold, credits, .. } => self.refund(at, *hold, *credits)?,
            C::AdjustCredits { adjustment, credits, .. } => {
                self.adjust(at, *adjustment, *credits)?
            }
            C::RevokeGrant { grant, revocation, credits, .. } => {
                self.revoke(at, *grant, *revocation, *credits)?
            }
            C::ReinstateGrant { grant, reinstatement, credits, .. } => {
                self.reinstate(at, *grant, *reinstatement, *credits)?
            }
            C::ExpireHold { .. } | C::ActivateGrant { .. } | C::ExpireGrant { .. } => {
                self.timer(at, command)
            }
            C::SettleDebt { .. }
            | C::SetLowBalanceThreshold { .. }
            | C::FreezeLedger { .. }
            | C::UnfreezeLedger { .. }
            | C::ConfigureAutoTopUp { .. }
            | C::RecordTopUpFailure { .. } => self.set(at, command)?,
        };
        if done && self.lines.len() > before {
            self.pay_debt(at);
            self.watch(at, free, matches!(command, C::SetLowBalanceThreshold { .. }));
        }
        Ok(done)
    }

    fn timer(&mut self, at: DateTime<Utc>, command: &C) -> bool {
        let now = self.time(at);
        let means = match command {
            C::ExpireHold { hold } => self.holds_at(now).contains(&(*hold, "Due")),
            C::ActivateGrant { grant } => {
                self.grants_at(now).iter().any(|known| known.0 == *grant && known.2 == "Ripe")
            }
            C::ExpireGrant { grant } => {
                self.grants_at(now).iter().any(|known| known.0 == *grant && known.2 == "Due")
            }
            _ => false,
        };
        if means {
            self.catch_up(at);
        }
        means
    }

    /// Everything whose time has come, the earliest first.
    fn catch_up(&mut self, at: DateTime<Utc>) {
        loop {
            let counts = self.counts();
            let mut due: Vec<(DateTime<Utc>, u8, usize)> = Vec::new();
            for (n, grant) in self.grants.iter().enumerate() {
                if !grant.begun {
                    due.push((grant.begins, 0, n));
                } else if let (Some(end), true) = (grant.ends, counts[n][0] > 0) {
                    due.push((end, 1, n));
                }
            }
            let open = self.holds.iter().enumerate().filter(|(_, hold)| hold.end.is_none());
            due.extend(open.map(|(n, hold)| (hold.ends, 2, n)));
            due.retain(|(when, _, _)| *when <= at);
            due.sort_unstable();
            let Some((when, what, n)) = due.first().copied() else { return };
            let when = self.time(when);
            match what {
                0 => {
                    self.grants[n].begun = true;
                    let began = self.shift(n, |at| at == Place::Waiting, Place::Free, u64::MAX);
                    self.say(when, format!("GrantActivated {began}"));
                }
                1 => {
                    let ended = self.shift(n, |at| at == Place::Free, Place::Ended, u64::MAX);
                    self.say(when, format!("GrantExpired {ended}"));
                }
                _ => {
                    let coins = self.holds[n].coins.clone();
                    self.holds[n].end = Some(End::Expired);
                    self.let_go(when, "HoldExpired", &coins);
                }
            }
            self.pay_debt(when);
        }
    }

    /// Coins leave a hold: revoked ones are gone, those of an ended grant end, the rest is free.
    fn let_go(&mut self, at: DateTime<Utc>, name: &str, coins: &[usize]) {
        let (mut returned, mut lapsed, mut clawed) = (0, 0, 0);
        for coin in coins {
            let grant = self.coins[*coin].grant;
            self.coins[*coin].place = if self.grants[grant].owed > 0 {
                self.grants[grant].owed -= 1;
                clawed += 1;
                Place::Gone
            } else if self.is_past(grant, at) {
                lapsed += 1;
                Place::Ended
            } else {
                returned += 1;
                Place::Free
            };
        }
        self.say(at, format!("{name} {returned} {lapsed} {clawed}"));
    }

    fn pay_debt(&mut self, at: DateTime<Utc>) {
        let coins = self.next_coins(self.debt);
        for coin in &coins {
            self.coins[*coin].place = Place::Gone;
            self.debt -= 1;
        }
        if !coins.is_empty() {
            self.say(at, format!("DebtSettled {}", coins.len()));
        }
    }

    fn watch(&mut self, at: DateTime<Utc>, before: u64, set: bool) {
        let free = self.free();
        if free < before && free == 0 {
            self.say(at, "CreditsExhausted".to_owned());
        }
        if !self.warned && free <= self.low && (free < before || set) {
            self.warned = true;
            self.say(at, format!("LowBalanceReached {free}"));
        } else if self.warned && free >= self.rearm {
            self.warned = false;
            self.say(at, format!("LowBalanceCleared {free}"));
        }
        let burst = self.orders.iter().filter(|then| at - **then < TimeDelta::minutes(10)).count();
        let Some(wanted) = &self.top_up else { return };
        let idle = self.ordered.is_none() && !self.stopped && !self.frozen && burst < 3;
        if idle && free <= wanted.at_or_below {
            self.orders.push(at);
            let number = u64::try_from(self.orders.len()).unwrap_or(u64::MAX);
            self.ordered = Some(top_up_order(id_of(super::TENANT), number));
            self.say(at, format!("AutoTopUpRequested {free}"));
        }
    }

    fn enough(&self, credits: u64) -> Result<(), &'static str> {
        refuse_if(self.debt > 0, "LEDGER_IN_DEBT")?;
        refuse_if(self.free() < credits, "INSUFFICIENT_CREDITS")
    }

    fn grant(&mut self, at: DateTime<Utc>, command: &C) -> Answer {
        let C::GrantCredits { grant, kind, credits, priority, effective_at, expires_at, source } =
            *command
        else {
            return Ok(false);
        };
        if let Some(n) = self.find_grant(grant) {
            let known = &self.grants[n];
            let same = (known.kind, known.credits, known.priority) == (kind, credits, priority)
                && (known.begins, known.ends) == (effective_at, expires_at)
                && known.source == source;
            return if same { Ok(false) } else { Err("GRANT_ID_TAKEN") };
        }
        self.catch_up(at);
        counted(credits)?;
        refuse_if(priority == 0 || priority > 50, "INVALID_PRIORITY")?;
        let begins = effective_at.max(at);
        let ended = expires_at.is_some_and(|end| end <= begins);
        refuse_if(ended || begins > at + TimeDelta::days(1_830), "INVALID_PERIOD")?;
        let order = matches!(source, GrantSource::Order(_));
        let purchase = kind == GrantKind::Purchase;
        let made_here = !order && source != GrantSource::Admin;
        refuse_if(made_here || order != purchase, "INVALID_GRANT_SOURCE")?;
        refuse_if(kind == GrantKind::Trial && self.trial, "TRIAL_ALREADY_GRANTED")?;
        let twice = order && self.grants.iter().any(|known| known.source == source);
        refuse_if(twice, "ORDER_ALREADY_GRANTED")?;
        self.trial |= kind == GrantKind::Trial;
        if let GrantSource::Order(paid) = source {
            self.stopped = false;
            if self.ordered == Some(paid) {
                self.ordered = None;
            }
        }
        let begun = effective_at <= at;
        self.enlist(Granted {
            kind,
            source,
            begins: effective_at,
            begun,
            ..fresh(grant, credits, priority, expires_at, at)
        });
        self.say(at, format!("CreditsGranted {credits}"));
        Ok(true)
    }

    fn enlist(&mut self, granted: Granted) {
        let place = if granted.begun { Place::Free } else { Place::Waiting };
        let credits = granted.credits;
        self.grants.push(granted);
        self.mint(self.grants.len() - 1, place, credits);
    }

    fn reserve(&mut self, at: DateTime<Utc>, command: &C) -> Answer {
        let C::ReserveCredits { hold, credits, purpose, expires_at } = *command else {
            return Ok(false);
        };
        let known = self.find_hold(hold, at);
        if let Some(known) = known.map(|n| &self.holds[n]) {
            let asked = (known.credits, known.purpose, known.ends);
            if asked == (credits, purpose, expires_at) {
                return Ok(false);
            }
        }
        self.catch_up(at);
        refuse_if(self.frozen, "LEDGER_FROZEN")?;
        refuse_if(known.is_some(), "HOLD_ID_TAKEN")?;
        self.enough(credits)?;
        counted(credits)?;
        let far = expires_at > at + TimeDelta::days(30);
        refuse_if(expires_at <= at || far, "INVALID_HOLD_EXPIRY")?;
        let coins = self.next_coins(credits);
        let n = self.holds.len();
        for coin in &coins {
            self.coins[*coin].place = Place::Held(n);
        }
        self.holds.push(Holding { id: hold, credits, purpose, ends: expires_at, coins, end: None });
        self.say(at, format!("CreditsReserved {credits}"));
        Ok(true)
    }

    fn capture(&mut self, at: DateTime<Utc>, hold: HoldId, credits: u64) -> Answer {
        let n = self.find_hold(hold, at).ok_or("HOLD_NOT_FOUND")?;
        match self.holds[n].end {
            Some(End::Captured { credits: before, .. }) if before == credits => return Ok(false),
            Some(End::Captured { .. }) => return Err("HOLD_CAPTURED"),
            Some(End::Released) => return Err("HOLD_RELEASED"),
            Some(End::Expired) => return Err("HOLD_EXPIRED"),
            None => refuse_if(self.holds[n].ends <= at, "HOLD_EXPIRED")?,
        }
        self.catch_up(at);
        counted(credits)?;
        refuse_if(credits > self.holds[n].credits, "EXCEEDS_HOLD")?;
        let cut = usize::try_from(credits).unwrap_or(usize::MAX);
        let (used, rest) = self.holds[n].coins.split_at(cut);
        let (used, rest) = (used.to_vec(), rest.to_vec());
        for coin in used {
            self.coins[coin].place = Place::Used;
        }
        self.holds[n].end = Some(End::Captured { credits, at, refunded: None });
        self.say(at, format!("HoldCaptured {credits}"));
        if !rest.is_empty() {
            self.let_go(at, "HoldReleased", &rest);
        }
        let mut missing = 0;
        for (grant, [_, held, _]) in self.counts().into_iter().enumerate() {
            missing += self.grants[grant].owed.saturating_sub(held);
            self.grants[grant].owed = self.grants[grant].owed.min(held);
        }
        self.owe(at, missing);
        Ok(true)
    }

    fn owe(&mut self, at: DateTime<Utc>, credits: u64) {
        if credits > 0 {
            self.debt += credits;
            self.say(at, format!("DebtRecorded {credits}"));
        }
    }

    fn release(&mut self, at: DateTime<Utc>, hold: HoldId) -> Answer {
        let n = self.find_hold(hold, at).ok_or("HOLD_NOT_FOUND")?;
        match self.holds[n].end {
            Some(End::Captured { .. }) => return Err("HOLD_CAPTURED"),
            Some(End::Released | End::Expired) => return Ok(false),
            None if self.holds[n].ends <= at => return Ok(false),
            None => {}
        }
        self.catch_up(at);
        self.holds[n].end = Some(End::Released);
        let coins = self.holds[n].coins.clone();
        self.let_go(at, "HoldReleased", &coins);
        Ok(true)
    }

    fn refund(&mut self, at: DateTime<Utc>, hold: HoldId, credits: u64) -> Answer {
        let n = self.find_hold(hold, at).ok_or("CONSUMPTION_NOT_FOUND")?;
        let Some(End::Captured { credits: used, at: then, refunded }) = self.holds[n].end else {
            return Err("HOLD_NOT_CAPTURED");
        };
        match refunded {
            Some(before) if before == credits => return Ok(false),
            Some(_) => return Err("ALREADY_REFUNDED"),
            None => {}
        }
        self.catch_up(at);
        counted(credits)?;
        refuse_if(credits > used, "EXCEEDS_CONSUMPTION")?;
        self.holds[n].end =
            Some(End::Captured { credits: used, at: then, refunded: Some(credits) });
        // As if less had been captured: the coins that were taken last come back.
        let coins: Vec<usize> = self.holds[n].coins.clone();
        let last = usize::try_from(used).unwrap_or(usize::MAX);
        let first = usize::try_from(used - credits).unwrap_or(usize::MAX);
        let (mut back, mut anew) = (0, 0);
        for coin in &coins[first..last] {
            let grant = self.coins[*coin].grant;
            let known = &self.grants[grant];
            let lives = !self.is_past(grant, at) && known.revoked < known.credits;
            self.coins[*coin].place = if lives { Place::Free } else { Place::Gone };
            *(if lives { &mut back } else { &mut anew }) += 1;
        }
        let id = GrantId::new(hold.derive("refund"));
        self.grant_anew(at, id, GrantSource::Refund(hold), anew);
        self.say(at, format!("ConsumptionRefunded {back} {anew}"));
        Ok(true)
    }

    fn grant_anew(&mut self, at: DateTime<Utc>, id: GrantId, source: GrantSource, credits: u64) {
        if credits > 0 {
            let ends = Some(at + TimeDelta::days(30));
            self.enlist(Granted { source, ..fresh(id, credits, 10, ends, at) });
        }
    }

    fn adjust(&mut self, at: DateTime<Utc>, id: Uuid, credits: i64) -> Answer {
        if let Some(known) = self.adjustments.iter().find(|known| known.0 == id) {
            return if known.1 == credits { Ok(false) } else { Err("ADJUSTMENT_ID_TAKEN") };
        }
        self.catch_up(at);
        let size = credits.unsigned_abs();
        if credits < 0 {
            self.enough(size)?;
        }
        counted(size)?;
        if credits > 0 {
            let source = GrantSource::Adjustment(id);
            let kind = GrantKind::Adjustment;
            self.enlist(Granted { kind, source, ..fresh(GrantId::new(id), size, 30, None, at) });
        } else {
            for coin in self.next_coins(size) {
                self.coins[coin].place = Place::Gone;
            }
        }
        self.adjustments.push((id, credits));
        self.say(at, format!("CreditsAdjusted {credits}"));
        Ok(true)
    }

    fn revoke(&mut self, at: DateTime<Utc>, grant: GrantId, id: Uuid, credits: u64) -> Answer {
        let signed = i64::try_from(credits).unwrap_or(i64::MAX);
        let Some(n) = self.known_revocation(grant, id, signed)? else { return Ok(false) };
        refuse_if(self.is_revoked(n), "GRANT_REVOKED")?;
        self.catch_up(at);
        self.countable(n)?;
        counted(credits)?;
        refuse_if(credits > self.grants[n].credits - self.grants[n].revoked, "EXCEEDS_GRANT")?;
        let free = |at| matches!(at, Place::Free | Place::Waiting);
        let clawed = self.shift(n, free, Place::Gone, credits);
        let ended = |at| at == Place::Ended;
        let forgiven = self.shift(n, ended, Place::Forgiven, credits - clawed);
        let held = self.held(n) - self.grants[n].owed;
        let owed = held.min(credits - clawed - forgiven);
        let shortfall = credits - clawed - forgiven - owed;
        self.grants[n].owed += owed;
        self.grants[n].revoked += credits;
        self.grants[n].revocations.push((id, signed));
        self.say(at, format!("GrantRevoked {clawed} {forgiven} {owed} {shortfall}"));
        self.owe(at, shortfall);
        Ok(true)
    }

    fn reinstate(&mut self, at: DateTime<Utc>, grant: GrantId, id: Uuid, credits: u64) -> Answer {
        let signed = i64::try_from(credits).unwrap_or(i64::MAX);
        let Some(n) = self.known_revocation(grant, id, -signed)? else { return Ok(false) };
        self.catch_up(at);
        self.countable(n)?;
        counted(credits)?;
        refuse_if(credits > self.grants[n].revoked, "EXCEEDS_REVOKED")?;
        let unowed = credits.min(self.grants[n].owed);
        let pardoned = self.in_grant(n, |at| at == Place::Forgiven);
        let taken = self.grants[n].revoked - self.grants[n].owed - pardoned;
        let restored = taken.min(credits - unowed);
        let forgiven = credits - unowed - restored;
        self.grants[n].owed -= unowed;
        self.grants[n].revoked -= credits;
        self.grants[n].revocations.push((id, -signed));
        self.shift(n, |at| at == Place::Forgiven, Place::Ended, forgiven);
        let mut anew = 0;
        if self.is_past(n, at) {
            anew = restored;
            let made = GrantId::new(grant.derive(&format!("reinstated:{id}")));
            self.grant_anew(at, made, GrantSource::Reinstatement(grant), restored);
        } else {
            let place = if self.grants[n].begun { Place::Free } else { Place::Waiting };
            self.mint(n, place, restored);
        }
        self.say(at, format!("GrantReinstated {restored} {unowed} {forgiven} {anew}"));
        Ok(true)
    }

    /// The grant's place; nothing when this very thing was done before.
    fn known_revocation(
        &self,
        grant: GrantId,
        id: Uuid,
        signed: i64,
    ) -> Result<Option<usize>, &'static str> {
        let n = self.find_grant(grant).ok_or("GRANT_NOT_FOUND")?;
        match self.grants[n].revocations.iter().find(|known| known.0 == id) {
            Some(known) if known.1 == signed => Ok(None),
            Some(_) => Err("REVOCATION_ID_TAKEN"),
            None => Ok(Some(n)),
        }
    }

    fn countable(&self, n: usize) -> Result<(), &'static str> {
        refuse_if(self.grants[n].revocations.len() >= 64, "TOO_MANY_REVOCATIONS")
    }

    fn set(&mut self, at: DateTime<Utc>, command: &C) -> Answer {
        let blank = |text: &String| refuse_if(text.trim().is_empty(), "INVALID_REASON");
        match command {
            C::SettleDebt { credits, reason, .. } => {
                self.catch_up(at);
                refuse_if(self.debt == 0, "NO_DEBT")?;
                blank(reason)?;
                refuse_if(*credits == 0, "INVALID_CREDITS")?;
                refuse_if(*credits > self.debt, "EXCEEDS_DEBT")?;
                self.debt -= credits;
                self.say(at, format!("DebtSettled {credits}"));
            }
            C::SetLowBalanceThreshold { low, rearm } => {
                refuse_if(low >= rearm || *rearm > MOST, "INVALID_THRESHOLD")?;
                if (self.low, self.rearm) == (*low, *rearm) {
                    return Ok(false);
                }
                self.catch_up(at);
                (self.low, self.rearm) = (*low, *rearm);
                self.say(at, format!("ThresholdSet {low} {rearm}"));
            }
            C::FreezeLedger { reason } | C::UnfreezeLedger { reason } => {
                let freeze = matches!(command, C::FreezeLedger { .. });
                if self.frozen == freeze {
                    return Ok(false);
                }
                blank(reason)?;
                self.catch_up(at);
                self.frozen = freeze;
                let name = if freeze { "LedgerFrozen" } else { "LedgerUnfrozen" };
                self.say(at, name.to_owned());
            }
            C::ConfigureAutoTopUp { top_up } => {
                let wrong = top_up
                    .as_ref()
                    .is_some_and(|wanted| wanted.credits == 0 || wanted.credits > MOST);
                refuse_if(wrong, "INVALID_TOP_UP")?;
                if self.top_up == *top_up && !self.stopped {
                    return Ok(false);
                }
                self.catch_up(at);
                (self.top_up, self.stopped) = (top_up.clone(), false);
                self.say(at, "AutoTopUpConfigured".to_owned());
            }
            C::RecordTopUpFailure { order, reason } => {
                blank(reason)?;
                if self.ordered != Some(*order) {
                    return Ok(false);
                }
                self.catch_up(at);
                (self.ordered, self.stopped) = (None, true);
                self.say(at, "AutoTopUpFailed".to_owned());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A grant of the moment, from nobody.
fn fresh(
    id: GrantId,
    credits: u64,
    priority: u8,
    ends: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
) -> Granted {
    Granted {
        id,
        kind: GrantKind::Goodwill,
        source: GrantSource::Admin,
        credits,
        priority,
        begins: at,
        ends,
        begun: true,
        revoked: 0,
        owed: 0,
        revocations: Vec::new(),
    }
}
