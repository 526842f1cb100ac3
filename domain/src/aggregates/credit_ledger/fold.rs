//! What a ledger forgets. The log keeps everything; the state keeps what a command may still be
//! about. What a forgotten id meant, the claims of the log know for ever ([`super::consequences`]),
//! so that no hold, grant, order or adjustment counts twice.

use chrono::{DateTime, TimeDelta, Utc};

use super::state::CreditLedger;

/// Most grants in use at once; the last ones are kept for what was paid.
pub(super) const GRANTS_MAX: usize = 500;
/// Most grants in use at once for all but purchases.
pub(super) const UNPAID_GRANTS_MAX: usize = 400;
/// Most open holds.
pub(super) const HOLDS_MAX: usize = 500;
/// Most grants that are kept after they were used up or ended, for a chargeback or a refund.
const SPENT_GRANTS_MAX: usize = 200;
/// How long they are kept: longer than the longest period of a dispute.
const SPENT_GRANTS_DAYS: i64 = 540;
/// Most captured holds that are kept, for a refund.
const CONSUMPTIONS_MAX: usize = 2_000;
/// How long they are kept.
const CONSUMPTIONS_DAYS: i64 = 180;
/// Most released and expired holds that are kept, for an exact answer to whoever comes late.
const ENDED_MAX: usize = 200;
/// Most adjustments that are kept, for an exact answer to whoever comes twice.
const ADJUSTMENTS_MAX: usize = 100;
/// Within this time …
pub(super) const TOP_UP_BURST: TimeDelta = TimeDelta::minutes(10);
/// … so many automatic top-ups at most.
pub(super) const TOP_UP_BURST_MAX: usize = 3;

impl CreditLedger {
    /// Forgets what is over at `at`.
    pub(super) fn fold(&mut self, at: DateTime<Utc>) {
        let old = days_before(at, CONSUMPTIONS_DAYS);
        while self.consumptions.len() > CONSUMPTIONS_MAX
            || self.consumptions.front().is_some_and(|first| first.at <= old)
        {
            self.consumptions.pop_front();
        }
        while self.ended.len() > ENDED_MAX {
            self.ended.pop_front();
        }
        while self.adjustments.len() > ADJUSTMENTS_MAX {
            self.adjustments.pop_front();
        }
        while self.top_ups.recent.len() > TOP_UP_BURST_MAX {
            self.top_ups.recent.pop_front();
        }
        self.fold_grants(days_before(at, SPENT_GRANTS_DAYS));
    }

    fn fold_grants(&mut self, old: DateTime<Utc>) {
        self.grants.retain(|grant| !grant.is_spent() || grant.touched > old);
        let mut spent: Vec<_> = self.grants.iter().filter(|grant| grant.is_spent()).collect();
        let Some(surplus) = spent.len().checked_sub(SPENT_GRANTS_MAX + 1) else { return };
        spent.sort_by_key(|grant| (grant.touched, grant.number));
        let last = (spent[surplus].touched, spent[surplus].number);
        self.grants.retain(|grant| !grant.is_spent() || (grant.touched, grant.number) > last);
    }
}

/// So many days before `at`.
fn days_before(at: DateTime<Utc>, days: i64) -> DateTime<Utc> {
    at.checked_sub_signed(TimeDelta::days(days)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
