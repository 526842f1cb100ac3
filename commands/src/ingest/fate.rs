//! From what routing a fact came to, to what the inbox keeps of it.

use bitacora_domain::TenantId;
use chrono::{DateTime, TimeDelta, Utc};

use super::backoff;
use super::failure::Failure;
use super::job::Item;
use crate::ports::{Anomaly, FactFate, PendingFact, PendingState};
use crate::sources::RequestParts;

/// How long a fact waits for what it speaks of: as long as Meta redelivers.
const WAITS_AT_MOST: TimeDelta = TimeDelta::days(7);
/// Attempts after which a failure that may pass is an operator's.
const STUCK_AFTER: i32 = 8;

/// What to record of one fact, or that its delivery must be tried again.
#[derive(Debug)]
pub(super) enum Ending {
    /// Recorded; empty when it was simply done.
    Settled(Vec<FactFate>),
    /// Not now.
    Again(&'static str),
}

impl Item {
    /// A fact that is kept, in `state`, for `reason`.
    pub(super) fn kept(
        &self,
        tenant: Option<TenantId>,
        state: PendingState,
        reason: &str,
    ) -> PendingFact {
        PendingFact {
            delivery: self.delivery.id,
            ordinal: self.ordinal,
            key: self.fact.key.clone(),
            source: self.delivery.source.name().to_owned(),
            tenant,
            waits_for: None,
            state,
            reason: reason.to_owned(),
            attempts: self.delivery.attempts,
            next_attempt_at: None,
            body: Vec::new(),
            request: RequestParts::default(),
            received_at: self.delivery.received_at,
        }
    }

    /// A fact that waits for `on` and is tried again, at the latest until its deadline.
    pub(super) fn waiting(
        &self,
        tenant: Option<TenantId>,
        on: String,
        reason: &str,
        now: DateTime<Utc>,
    ) -> PendingFact {
        let waits_for = Some(on);
        if now - self.delivery.received_at > WAITS_AT_MOST {
            let given_up = self.kept(tenant, PendingState::Failed, "DEADLINE");
            return PendingFact { waits_for, ..given_up };
        }
        let next_attempt_at = Some(now + backoff::FACT.after(self.delivery.attempts));
        let kept = self.kept(tenant, PendingState::Waiting, reason);
        PendingFact { waits_for, next_attempt_at, ..kept }
    }

    /// A fact of an account that nobody connected; it is kept for as long as that takes.
    pub(super) fn unroutable(&self, account: &str, now: DateTime<Utc>) -> PendingFact {
        let next_attempt_at = Some(now + backoff::ACCOUNT.after(self.delivery.attempts));
        let kind = self.delivery.source.accounts();
        let waits_for = kind.map(|kind| super::waits_for_account(kind, account));
        let kept = self.kept(None, PendingState::Unroutable, "ACCOUNT_NOT_CONNECTED");
        PendingFact { waits_for, next_attempt_at, ..kept }
    }

    /// Something odd about it, recorded for an operator.
    pub(super) fn odd(&self, tenant: Option<TenantId>, kind: &'static str) -> FactFate {
        let (delivery, key) = (self.delivery.id, self.fact.key.clone());
        FactFate::Odd(Anomaly { delivery, key, tenant, kind })
    }

    /// What a failure comes to.
    pub(super) fn failed(&self, tenant: Option<TenantId>, failure: &Failure) -> Ending {
        let keep = |code| {
            Ending::Settled(vec![FactFate::Kept(self.kept(tenant, PendingState::Failed, code))])
        };
        match failure {
            Failure::DoneBefore => Ending::Settled(Vec::new()),
            Failure::Mismatch => Ending::Settled(vec![self.odd(tenant, "mismatch")]),
            Failure::Passing(code) => Ending::Again(code),
            Failure::Stuck(code) if self.delivery.attempts < STUCK_AFTER => Ending::Again(code),
            Failure::Stuck(code) | Failure::Refused(code) => keep(code),
            Failure::Reserved { .. } | Failure::Foreign => keep(failure.code()),
        }
    }
}
