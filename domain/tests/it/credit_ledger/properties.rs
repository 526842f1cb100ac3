//! What holds whatever comes. The rest is held against the model; here are properties that need
//! two ledgers.

use bitacora_domain::aggregates::credit_ledger::{
    CreditLedger, CreditLedgerCommand as C, CreditLedgerEvent as E,
};
use bitacora_domain::{DomainAggregate, Effect};
use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::samples::{
    capture, grant, grant_until, hold_id, lead, ledger, refund, release, reserve, revoke,
    with_priority,
};
use crate::support::Case;
use crate::support::ids::minute;

fn command() -> impl Strategy<Value = C> {
    prop_oneof![
        3 => (1..9u128, 1..20u64, 1..4u8)
            .prop_map(|(n, credits, priority)| with_priority(grant(n, credits), priority)),
        3 => (9..20u128, 1..20u64, 10..900i64)
            .prop_map(|(n, credits, until)| grant_until(n, credits, until)),
        6 => (1..20u128, 1..8u64, 10..900i64).prop_map(|(n, credits, until)| C::ReserveCredits {
            hold: hold_id(n), credits, purpose: lead(), expires_at: minute(until),
        }),
        1 => (1..20u128, 1..8u64).prop_map(|(n, credits)| reserve(n, credits)),
        3 => (1..20u128, 1..8u64).prop_map(|(n, credits)| capture(n, credits)),
        2 => (1..20u128).prop_map(release),
        1 => (1..20u128, 1..8u64).prop_map(|(n, credits)| refund(n, credits)),
        1 => (1..20u128, 1..9u128, 1..20u64).prop_map(|(grant, n, credits)| revoke(grant, n, credits)),
    ]
}

/// Gives the command, and gathers the timers that it asked for.
fn give(
    case: Case<CreditLedger>,
    now: i64,
    body: C,
    timers: &mut Vec<(DateTime<Utc>, C)>,
) -> (Case<CreditLedger>, String) {
    let outcome = case.at(now).when(body);
    let own = |event: &E| {
        !matches!(event, E::HoldExpired { .. } | E::GrantExpired { .. } | E::DebtSettled { .. })
            && event.balance().is_some()
    };
    let mut told = String::new();
    match &outcome.result {
        Ok(events) => {
            let effects = events.iter().flat_map(|event| outcome.case.state.effects(event));
            timers.extend(effects.map(|Effect { due, payload, .. }| {
                (due.unwrap(), serde_json::from_value(payload["body"].clone()).unwrap())
            }));
            events.iter().filter(|event| own(event)).for_each(|event| told += event.name());
        }
        Err(refusal) => told = refusal.to_string(),
    }
    (outcome.case, told)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// A ledger whose timers ring at once and one whose timers never ring tell the same story.
    #[test]
    fn a_late_timer_changes_nothing(steps in prop::collection::vec((command(), 0..60i64), 1..60)) {
        let (mut punctual, mut late) = (ledger(), ledger());
        let mut timers: Vec<(DateTime<Utc>, C)> = Vec::new();
        let mut unheard = Vec::new();
        let mut now = 0;
        for (body, pause) in steps {
            now += pause;
            while let Some(next) = (0..timers.len())
                .filter(|n| timers[*n].0 <= minute(now))
                .min_by_key(|n| timers[*n].0)
            {
                let (due, body) = timers.remove(next);
                let due = (due - minute(0)).num_minutes();
                punctual = give(punctual, due, body, &mut Vec::new()).0;
            }
            let (one, told) = give(punctual, now, body.clone(), &mut timers);
            let (other, said) = give(late, now, body, &mut unheard);
            prop_assert_eq!(told, said);
            (punctual, late) = (one, other);
        }
        // Once the late one looks, they stand alike.
        let (one, _) = give(punctual, now, grant(50, 1), &mut Vec::new());
        let (other, _) = give(late, now, grant(50, 1), &mut Vec::new());
        prop_assert_eq!(one.state.balance(), other.state.balance());
        for n in 0..20 {
            let grant = super::samples::grant_id(n);
            prop_assert_eq!(one.state.remaining_of(grant), other.state.remaining_of(grant));
        }
    }
}
