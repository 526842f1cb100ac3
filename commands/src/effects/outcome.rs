//! What a verdict means for the effect's row. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Backoff, Claimed, Verdict, backoff};
use crate::ports::{EffectClaim, EffectResult, EffectState};

/// Waits that handlers ask for lie between these: a wait of nothing would spin, and one of years
/// would be a lost effect.
const SHORTEST_WAIT: TimeDelta = TimeDelta::milliseconds(100);
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(24);
/// Those who were told the same time to come back come back so far apart at most.
const NAMED_SPREAD: TimeDelta = TimeDelta::seconds(30);
/// Characters that are kept of a code and of a detail.
const CODE_MAX: usize = 64;
const DETAIL_MAX: usize = 500;

/// The verdict on an attempt: one that was made now, or one that was abandoned.
pub(super) fn of_attempt(
    claim: &EffectClaim,
    verdict: Verdict,
    now: DateTime<Utc>,
    max_attempts: i32,
) -> EffectResult {
    let effect = &claim.effect;
    let word = word(&verdict);
    let mut result = match verdict {
        Verdict::Done => over(claim, EffectState::Done),
        Verdict::Dropped { code, detail } => {
            over(claim, EffectState::Dropped).because(&code, &detail)
        }
        Verdict::Retry { code, detail, after } => {
            let failures = effect.failures.saturating_add(1);
            let next = if failures >= max_attempts {
                dead(claim, now)
            } else {
                to_do(claim, EffectState::Pending, now + wait(effect, failures, after))
            };
            EffectResult { failures, ..next }.because(&code, &detail)
        }
        Verdict::Defer { code, until } => {
            let until = until.clamp(now + SHORTEST_WAIT, now + LONGEST_WAIT);
            to_do(claim, EffectState::Pending, until).because(&code, "")
        }
        Verdict::Unknown { code, detail } => {
            let next = now + Backoff::ASKING.after(effect.id, 1);
            to_do(claim, EffectState::Unknown, next).because(&code, &detail)
        }
        Verdict::Failed { code, detail } => dead(claim, now).because(&code, &detail),
    };
    result.ended = Some((effect.attempt, word));
    result
}

/// How long until the next attempt: never before the provider said, nor sooner than failures
/// otherwise allow. A provider that keeps saying "in a second" must not use up all attempts in a
/// few of them.
fn wait(effect: &Claimed, failures: i32, named: Option<TimeDelta>) -> TimeDelta {
    let own = Backoff::ATTEMPTS.after(effect.id, failures);
    let Some(named) = named else { return own };
    let named = named.clamp(TimeDelta::zero(), LONGEST_WAIT);
    own.max(named + backoff::spread(effect.id, failures, (named / 10).min(NAMED_SPREAD)))
}

/// The answer about an effect that was unknown. Only what is known for certain changes anything:
/// even "it did not happen" leaves the next attempt to an operator.
pub(super) fn of_question(
    claim: &EffectClaim,
    verdict: Verdict,
    now: DateTime<Utc>,
) -> EffectResult {
    match verdict {
        Verdict::Done => over(claim, EffectState::Done),
        Verdict::Dropped { code, detail } => {
            over(claim, EffectState::Dropped).because(&code, &detail)
        }
        Verdict::Failed { code, detail } => dead(claim, now).because(&code, &detail),
        Verdict::Retry { .. } | Verdict::Defer { .. } | Verdict::Unknown { .. } => {
            again(claim, EffectState::Unknown, now)
        }
    }
}

/// Those whom a given-up effect concerns were told, or not yet.
pub(super) fn of_telling(
    claim: &EffectClaim,
    discarded: bool,
    told: bool,
    now: DateTime<Utc>,
) -> EffectResult {
    let state = if discarded { EffectState::Discarded } else { EffectState::Dead };
    if told { over(claim, state) } else { again(claim, state, now) }
}

/// The verdict in a word, for the attempt and the metrics.
pub(super) const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Done => "done",
        Verdict::Dropped { .. } => "dropped",
        Verdict::Retry { .. } => "retry",
        Verdict::Defer { .. } => "defer",
        Verdict::Unknown { .. } => "unknown",
        Verdict::Failed { .. } => "failed",
    }
}

fn over(claim: &EffectClaim, state: EffectState) -> EffectResult {
    let Claimed { id, failures, .. } = claim.effect;
    EffectResult {
        id,
        fence: claim.fence,
        ended: None,
        state,
        next_at: None,
        failures,
        asked: 0,
        code: None,
        detail: None,
    }
}

fn to_do(claim: &EffectClaim, state: EffectState, at: DateTime<Utc>) -> EffectResult {
    EffectResult { next_at: Some(at), ..over(claim, state) }
}

/// Given up; whom it concerns is told at once.
fn dead(claim: &EffectClaim, now: DateTime<Utc>) -> EffectResult {
    to_do(claim, EffectState::Dead, now)
}

/// As before; asked or told again later and later.
fn again(claim: &EffectClaim, state: EffectState, now: DateTime<Utc>) -> EffectResult {
    let asked = claim.asked.saturating_add(1);
    let at = now + Backoff::ASKING.after(claim.effect.id, asked.saturating_add(1));
    EffectResult { asked, ..to_do(claim, state, at) }
}

impl EffectResult {
    fn because(mut self, code: &str, detail: &str) -> Self {
        self.code = Some(code.chars().take(CODE_MAX).collect());
        self.detail = (!detail.is_empty()).then(|| detail.chars().take(DETAIL_MAX).collect());
        self
    }
}

#[cfg(test)]
mod tests {
    use bitacora_domain::{EventId, TenantId};
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;
    use crate::ports::Errand;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_770_000_000, 0).unwrap()
    }

    fn claim(attempt: i32, failures: i32) -> EffectClaim {
        let effect = Claimed {
            id: Uuid::from_u128(1),
            tenant: TenantId::new(Uuid::from_u128(2)),
            kind: "test".into(),
            serial: None,
            payload: Value::Null,
            attempt,
            failures,
            by_operator: false,
            due_at: now(),
            created_at: now(),
            event_id: EventId::new(Uuid::from_u128(3)),
            correlation_id: Uuid::from_u128(4),
            traceparent: None,
        };
        EffectClaim { effect, errand: Errand::Run, fence: 9, asked: 0, code: None, detail: None }
    }

    fn retry(after: Option<TimeDelta>) -> Verdict {
        Verdict::Retry { code: "HTTP_503".into(), detail: "x".repeat(10_000), after }
    }

    #[test]
    fn a_failure_is_tried_again_later_until_there_were_enough() {
        let second = of_attempt(&claim(2, 1), retry(None), now(), 3);
        assert_eq!((second.state, second.failures), (EffectState::Pending, 2));
        assert!(second.next_at.unwrap() > now());
        assert_eq!(second.ended, Some((2, "retry")));
        assert_eq!(second.detail.unwrap().len(), DETAIL_MAX);
        let third = of_attempt(&claim(3, 2), retry(Some(TimeDelta::days(1))), now(), 3);
        assert_eq!((third.state, third.failures), (EffectState::Dead, 3));
        assert_eq!(third.next_at, Some(now()), "whom it concerns is to be told");
    }

    #[test]
    fn the_provider_may_name_the_wait_within_bounds() {
        let wait = |failures, after| {
            let result = of_attempt(&claim(1, failures), retry(Some(after)), now(), 8);
            result.next_at.unwrap() - now()
        };
        let between = |wait: TimeDelta, least: TimeDelta, most: TimeDelta| {
            assert!((least..=most).contains(&wait), "{wait} is not within {least} and {most}");
        };
        let seconds = TimeDelta::seconds;
        between(wait(0, seconds(77)), seconds(77), TimeDelta::milliseconds(84_700));
        between(wait(0, TimeDelta::days(400)), LONGEST_WAIT, LONGEST_WAIT + NAMED_SPREAD);
        between(wait(0, TimeDelta::days(-1)), seconds(1), seconds(2));
        between(wait(6, seconds(1)), seconds(450), seconds(900));
    }

    #[test]
    fn those_who_were_told_the_same_time_come_back_apart() {
        let waits: std::collections::BTreeSet<_> = (0..100)
            .map(|n| {
                let mut claim = claim(1, 0);
                claim.effect.id = Uuid::from_u128(n);
                of_attempt(&claim, retry(Some(TimeDelta::minutes(5))), now(), 8).next_at
            })
            .collect();
        assert!(waits.len() > 90, "{}", waits.len());
    }

    #[test]
    fn what_was_not_tried_does_not_count_and_does_not_spin() {
        let defer = |until| Verdict::Defer { code: "CHANNEL_DOWN".into(), until };
        let result = of_attempt(&claim(4, 1), defer(now() - TimeDelta::days(1)), now(), 2);
        assert_eq!((result.state, result.failures), (EffectState::Pending, 1));
        assert_eq!(result.next_at, Some(now() + SHORTEST_WAIT));
    }

    #[test]
    fn what_is_unknown_is_asked_about_and_never_tried_again() {
        let unknown = Verdict::Unknown { code: "TIMEOUT".into(), detail: String::new() };
        let first = of_attempt(&claim(1, 0), unknown.clone(), now(), 8);
        assert_eq!(first.state, EffectState::Unknown);
        let not_known = [unknown, retry(None), Verdict::Defer { code: "X".into(), until: now() }];
        for verdict in not_known {
            let asked = of_question(&claim(1, 0), verdict, now());
            assert_eq!((asked.state, asked.asked), (EffectState::Unknown, 1));
            assert!(asked.next_at.unwrap() >= now() + TimeDelta::seconds(30));
        }
        let done = of_question(&claim(1, 0), Verdict::Done, now());
        assert_eq!((done.state, done.next_at), (EffectState::Done, None));
    }

    #[test]
    fn telling_goes_on_until_it_was_heard() {
        let unheard = of_telling(&claim(1, 8), true, false, now());
        assert_eq!((unheard.state, unheard.asked), (EffectState::Discarded, 1));
        assert!(unheard.next_at.unwrap() > now());
        assert_eq!(of_telling(&claim(1, 8), false, true, now()).next_at, None);
    }
}
