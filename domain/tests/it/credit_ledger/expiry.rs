//! Ends of grants: exclusive, by the time of the event, whenever they are recorded.

use bitacora_domain::aggregates::credit_ledger::{
    CreditLedgerCommand as C, CreditLedgerEvent as E, GrantKind, GrantStanding,
};

use super::samples::{
    balance, capture, grant, grant_id, grant_until, hold_id, lead, ledger, part, refund, reserve,
};
use crate::support::ids::minute;

fn expire(n: u128) -> C {
    C::ExpireGrant { grant: grant_id(n) }
}

#[test]
fn a_grant_that_has_ended_counts_as_ended_before_anybody_recorded_it() {
    let case = ledger().after(grant_until(1, 30, 100));
    assert_eq!(case.clone().at(99).when(reserve(1, 30)).result.unwrap().len(), 3);
    case.clone().at(100).when(reserve(1, 1)).then_refused("INSUFFICIENT_CREDITS");
    // What needs it to be recorded, records it, with its own time.
    let both = case.at(150).when(grant(2, 40)).then([
        E::GrantExpired {
            grant: grant_id(1),
            remaining: 30,
            balance: balance(0, 0, 0),
            at: minute(100),
        },
        E::CreditsGranted {
            grant: grant_id(2),
            number: 2,
            kind: GrantKind::Bonus,
            credits: 40,
            priority: 20,
            effective_at: minute(0),
            expires_at: None,
            source: bitacora_domain::aggregates::credit_ledger::GrantSource::Admin,
            scheduled: false,
            balance: balance(40, 0, 0),
            at: minute(150),
        },
    ]);
    both.when(expire(1)).then_nothing();
}

#[test]
fn a_timer_records_the_end_once_and_not_early() {
    let case = ledger().after(grant_until(1, 30, 100));
    case.clone().at(99).when(expire(1)).then_nothing();
    let ended = case.at(100).when(expire(1));
    assert_eq!(ended.summary(), "GrantExpired+CreditsExhausted+LowBalanceReached");
    ended.case.at(101).when(expire(1)).then_nothing();
}

#[test]
fn what_is_held_outlives_its_grant_and_lapses_when_it_is_given_back() {
    let case = ledger().after(grant_until(1, 30, 100)).after(reserve(1, 10)).at(100);
    let case = case.after(expire(1)).at(200);
    assert_eq!(case.state.balance(), balance(0, 10, 0));
    let captured = case.after(capture(1, 4));
    assert_eq!(captured.state.balance(), balance(0, 0, 0));
    assert_eq!(captured.state.grant_standing(grant_id(1), minute(200)), GrantStanding::Expired);
}

#[test]
fn a_hold_that_ended_before_its_grant_gave_its_credits_back_in_time() {
    // Nobody looks until both are over: the hold ended at 50, the grant at 100.
    let hold = C::ReserveCredits {
        hold: hold_id(1),
        credits: 10,
        purpose: lead(),
        expires_at: minute(50),
    };
    let events =
        ledger().after(grant_until(1, 30, 100)).after(hold).at(500).when(expire(1)).result.unwrap();
    let E::HoldExpired { returned, lapsed, at, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!(
        (returned.as_slice(), lapsed.as_slice(), *at),
        (&[part(1, 10)][..], &[][..], minute(50))
    );
    let E::GrantExpired { remaining: 30, at, .. } = &events[1] else { panic!("{events:?}") };
    assert_eq!(*at, minute(100));
}

#[test]
fn a_scheduled_grant_begins_at_its_time() {
    let mut later = grant(1, 30);
    if let C::GrantCredits { effective_at, .. } = &mut later {
        *effective_at = minute(100);
    }
    let case = ledger().after(later);
    case.clone().at(99).when(reserve(1, 1)).then_refused("INSUFFICIENT_CREDITS");
    let begin = C::ActivateGrant { grant: grant_id(1) };
    case.clone().at(99).when(begin.clone()).then_nothing();
    assert_eq!(case.clone().at(100).when(begin).summary(), "GrantActivated");
    assert_eq!(case.at(100).when(reserve(1, 1)).summary(), "GrantActivated+CreditsReserved");
}

#[test]
fn what_comes_back_to_a_grant_that_is_over_is_a_new_grant_of_a_month() {
    let case =
        ledger().after(grant_until(1, 30, 100)).after(reserve(1, 10)).after(capture(1, 10)).at(200);
    let events = case.when(refund(1, 4)).result.unwrap();
    let refund = events.iter().find_map(|event| match event {
        E::ConsumptionRefunded { allocations, regranted, .. } => Some((allocations, *regranted)),
        _ => None,
    });
    let (allocations, regranted) = refund.unwrap();
    let made = regranted.unwrap();
    assert!(allocations.is_empty());
    assert_eq!((made.credits, made.expires_at), (4, Some(minute(200 + 30 * 1_440))));
}

#[test]
fn the_ledgers_time_never_runs_backwards() {
    let case = ledger().after(grant_until(1, 30, 100)).at(100).after(expire(1));
    // A clock that runs behind does not bring the grant back.
    case.clone().at(50).when(reserve(1, 1)).then_refused("INSUFFICIENT_CREDITS");
    let events = case.at(50).when(grant(2, 1)).result.unwrap();
    assert_eq!(events[0].at(), minute(100));
}
