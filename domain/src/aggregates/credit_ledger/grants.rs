//! Credits come in: by grants and by adjustments.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::decide::{Decided, counted, reason};
use super::draft::Draft;
use super::events::CreditLedgerEvent as E;
use super::fold::{GRANTS_MAX, UNPAID_GRANTS_MAX};
use super::refusal::CreditLedgerRefusal as No;
use super::vocabulary::{BALANCE_MAX, Balance, GrantKind, GrantSource, Regrant};
use crate::{GrantId, UserId};

/// Lowest and highest priority.
const PRIORITIES: std::ops::RangeInclusive<u8> = 1..=50;
/// A grant begins at most so many days ahead.
const SCHEDULE_DAYS: i64 = 5 * 366;
/// Priority of credits that an adjustment adds: after what ends, before what was paid.
const ADJUSTMENT_PRIORITY: u8 = 30;

/// The conditions of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) kind: GrantKind,
    pub(super) credits: u64,
    pub(super) priority: u8,
    pub(super) effective_at: DateTime<Utc>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) source: GrantSource,
}

impl Terms {
    fn check(&self, at: DateTime<Utc>) -> Decided {
        counted(self.credits)?;
        if !PRIORITIES.contains(&self.priority) {
            return Err(No::InvalidPriority);
        }
        let begins = self.effective_at.max(at);
        if self.expires_at.is_some_and(|end| end <= begins)
            || begins - at > TimeDelta::days(SCHEDULE_DAYS)
        {
            return Err(No::InvalidPeriod);
        }
        let fits = match self.source {
            GrantSource::Order(_) => self.kind == GrantKind::Purchase,
            GrantSource::Admin => self.kind != GrantKind::Purchase,
            GrantSource::Refund(_) | GrantSource::Reinstatement(_) | GrantSource::Adjustment(_) => {
                false
            }
        };
        if fits { Ok(()) } else { Err(No::InvalidSource) }
    }
}

impl Draft {
    /// An order is granted once, and a trial is.
    pub(super) fn grant(&mut self, grant: GrantId, terms: Terms) -> Decided {
        terms.check(self.at)?;
        let Terms { kind, credits, priority, effective_at, expires_at, source } = terms;
        if kind == GrantKind::Trial && self.ledger.trial {
            return Err(No::TrialAlreadyGranted);
        }
        let ordered = matches!(source, GrantSource::Order(_));
        if ordered && self.ledger.grants.iter().any(|known| known.source == source) {
            return Err(No::OrderAlreadyGranted);
        }
        self.room(credits, ordered)?;
        let (number, at) = (self.ledger.grants_made.saturating_add(1), self.at);
        let (scheduled, balance) = (effective_at > at, Balance::default());
        self.push(E::CreditsGranted {
            grant,
            number,
            kind,
            credits,
            priority,
            effective_at,
            expires_at,
            source,
            scheduled,
            balance,
            at,
        });
        Ok(())
    }

    /// May so many credits come in, as a grant of their own?
    pub(super) fn room(&self, credits: u64, paid: bool) -> Decided {
        self.weight(credits)?;
        let most = if paid { GRANTS_MAX } else { UNPAID_GRANTS_MAX };
        let used = self.ledger.grants.iter().filter(|grant| !grant.is_spent()).count();
        if used < most { Ok(()) } else { Err(No::TooManyGrants) }
    }

    /// May so many credits come in?
    pub(super) fn weight(&self, credits: u64) -> Decided {
        let Balance { available, held, scheduled, .. } = self.ledger.balance();
        let after = available
            .checked_add(held)
            .and_then(|sum| sum.checked_add(scheduled))
            .and_then(|sum| sum.checked_add(credits));
        if after.is_some_and(|sum| sum <= BALANCE_MAX) { Ok(()) } else { Err(No::BalanceTooLarge) }
    }

    /// A correction. What it adds is a grant of its own, under the adjustment's id.
    pub(super) fn adjust(
        &mut self,
        adjustment: Uuid,
        credits: i64,
        why: &str,
        approver: UserId,
    ) -> Decided {
        let (reason, size) = (reason(why)?, counted(credits.unsigned_abs())?);
        let (mut allocations, mut granted) = (Vec::new(), None);
        if credits > 0 {
            self.room(size, false)?;
            let number = self.ledger.grants_made.saturating_add(1);
            let (grant, priority) = (GrantId::new(adjustment), ADJUSTMENT_PRIORITY);
            if self.ledger.grant(grant).is_some() {
                return Err(No::GrantIdTaken);
            }
            granted = Some(Regrant { grant, number, credits: size, priority, expires_at: None });
        } else {
            allocations = self.ledger.burn(size);
        }
        let (balance, at) = (Balance::default(), self.at);
        self.push(E::CreditsAdjusted {
            adjustment,
            credits,
            reason,
            approver,
            allocations,
            granted,
            balance,
            at,
        });
        Ok(())
    }
}
