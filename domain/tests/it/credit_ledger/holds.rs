//! Holds: two phases, one end, in the order of burning.

use bitacora_domain::aggregates::credit_ledger::{
    CreditLedgerCommand as C, CreditLedgerEvent as E, HOLD_CLAIM, ReleaseCause, id_of,
};
use bitacora_domain::{Claim, DomainAggregate, Effect};

use super::samples::{
    balance, capture, grant, grant_until, hold_id, lead, ledger, part, refund, release, reserve,
    with_priority,
};
use crate::support::ids::{TENANT, minute};

#[test]
fn credits_burn_by_priority_then_by_end_then_by_age() {
    let events = ledger()
        .after(grant(1, 5))
        .after(grant_until(2, 5, 5_000))
        .after(grant_until(3, 5, 4_000))
        .after(with_priority(grant(4, 5), 10))
        .after(grant(5, 5))
        .when(reserve(1, 22))
        .result
        .unwrap();
    let E::CreditsReserved { allocations, balance: after, .. } = &events[0] else { panic!() };
    assert_eq!(*allocations, [part(4, 5), part(3, 5), part(2, 5), part(1, 5), part(5, 2)]);
    assert_eq!(*after, balance(3, 22, 0));
}

#[test]
fn all_are_held_or_none() {
    let case = ledger().after(grant(1, 5));
    case.clone().when(reserve(1, 6)).then_refused("INSUFFICIENT_CREDITS");
    case.after(reserve(1, 5)).when(reserve(2, 1)).then_refused("INSUFFICIENT_CREDITS");
}

#[test]
fn sixty_four_holds_on_one_ledger_never_overspend() {
    let mut case = ledger().after(grant(1, 40));
    let mut held = 0;
    for n in 0..64 {
        let outcome = case.when(reserve(n, 1));
        match outcome.summary().as_str() {
            "!INSUFFICIENT_CREDITS" => {}
            _ => held += 1,
        }
        case = outcome.case;
    }
    assert_eq!((held, case.state.balance()), (40, balance(0, 40, 0)));
}

#[test]
fn what_is_captured_is_gone_and_the_rest_is_free_again() {
    let (purpose, at) = (lead(), minute(0));
    ledger()
        .after(with_priority(grant(1, 3), 1))
        .after(grant(2, 50))
        .after(reserve(1, 5))
        .when(capture(1, 4))
        .then([
            E::HoldCaptured {
                hold: hold_id(1),
                purpose,
                credits: 4,
                held: 5,
                allocations: vec![part(1, 3), part(2, 1)],
                balance: balance(48, 1, 0),
                at,
            },
            E::HoldReleased {
                hold: hold_id(1),
                purpose,
                cause: ReleaseCause::Remainder,
                reason: None,
                returned: vec![part(2, 1)],
                lapsed: vec![],
                clawed: vec![],
                balance: balance(49, 0, 0),
                at,
            },
        ]);
}

#[test]
fn a_hold_ends_once() {
    let held = ledger().after(grant(1, 50)).after(reserve(1, 5));
    let captured = held.clone().after(capture(1, 5));
    captured.clone().when(capture(1, 5)).then_nothing();
    captured.clone().when(capture(1, 4)).then_refused("HOLD_CAPTURED");
    captured.when(release(1)).then_refused("HOLD_CAPTURED");
    let released = held.clone().after(release(1));
    released.clone().when(release(1)).then_nothing();
    released.when(capture(1, 5)).then_refused("HOLD_RELEASED");
    held.clone().when(capture(1, 6)).then_refused("EXCEEDS_HOLD");
    held.clone().when(capture(1, 0)).then_refused("INVALID_CREDITS");
    held.when(capture(2, 1)).then_refused("HOLD_NOT_FOUND");
}

#[test]
fn the_same_hold_again_is_the_same_hold_and_another_under_its_id_is_refused() {
    let held = ledger().after(grant(1, 50)).after(reserve(1, 5));
    let captured = held.clone().after(capture(1, 2));
    let released = held.clone().after(release(1));
    for case in [held.clone(), captured, released, held.at(2_000)] {
        case.clone().when(reserve(1, 5)).then_nothing();
        case.when(reserve(1, 6)).then_refused("HOLD_ID_TAKEN");
    }
}

#[test]
fn a_hold_is_over_at_its_end_whether_a_timer_said_so_or_not() {
    let case = ledger().after(grant(1, 50)).after(reserve(1, 5));
    case.clone().at(999).when(C::ExpireHold { hold: hold_id(1) }).then_nothing();
    case.clone().at(999).after(capture(1, 5));
    let over = case.at(1_000);
    over.clone().when(capture(1, 5)).then_refused("HOLD_EXPIRED");
    over.clone().when(release(1)).then_nothing();
    // Whatever needs the credits finds them.
    let both = over.clone().when(reserve(2, 50).until(2_000));
    assert_eq!(both.summary(), "HoldExpired+CreditsReserved+CreditsExhausted+LowBalanceReached");
    let expired = over.when(C::ExpireHold { hold: hold_id(1) });
    assert_eq!(expired.summary(), "HoldExpired");
    let expired = expired.case.at(1_001);
    expired.clone().when(C::ExpireHold { hold: hold_id(1) }).then_nothing();
    expired.clone().when(capture(1, 5)).then_refused("HOLD_EXPIRED");
    expired.when(release(1)).then_nothing();
}

/// The same hold until another minute.
trait Until {
    fn until(self, minute: i64) -> Self;
}
impl Until for C {
    fn until(mut self, end: i64) -> Self {
        if let Self::ReserveCredits { expires_at, .. } = &mut self {
            *expires_at = minute(end);
        }
        self
    }
}

#[test]
fn a_hold_ends_in_the_future_and_within_a_month() {
    let case = ledger().after(grant(1, 50));
    case.clone().at(1_000).when(reserve(1, 5)).then_refused("INVALID_HOLD_EXPIRY");
    case.clone().when(reserve(1, 5).until(30 * 1_440 + 1)).then_refused("INVALID_HOLD_EXPIRY");
    case.clone().after(reserve(1, 5).until(30 * 1_440));
    case.clone().when(reserve(1, 0)).then_refused("INVALID_CREDITS");
    case.when(reserve(1, u64::MAX)).then_refused("INSUFFICIENT_CREDITS");
}

#[test]
fn at_most_five_hundred_holds_are_open() {
    let mut case = ledger().after(grant(1, 1_000));
    for n in 0..500 {
        case = case.after(reserve(n, 1));
    }
    case.clone().when(reserve(500, 1)).then_refused("TOO_MANY_HOLDS");
    case.after(release(0)).after(reserve(500, 1));
}

#[test]
fn a_hold_has_a_timer_and_uses_its_id_up_for_ever() {
    let outcome = ledger().after(grant(1, 50)).when(reserve(1, 5));
    let ledger = id_of(TENANT);
    let claim = Claim::take(HOLD_CLAIM, hold_id(1).to_string(), format!("{ledger}/1"));
    assert_eq!(outcome.claims(), [claim]);
    let event = &outcome.result.unwrap()[0];
    let body = C::ExpireHold { hold: hold_id(1) };
    let timer = Effect::command::<bitacora_domain::aggregates::credit_ledger::CreditLedger>(
        ledger,
        &body,
        Some(minute(1_000)),
    );
    assert_eq!(outcome.case.state.effects(event), [timer]);
}

#[test]
fn a_refund_goes_back_where_it_came_from_the_last_coin_first() {
    let events = ledger()
        .after(with_priority(grant(1, 3), 1))
        .after(grant(2, 50))
        .after(reserve(1, 5))
        .after(capture(1, 5))
        .when(refund(1, 3))
        .result
        .unwrap();
    let E::ConsumptionRefunded { allocations, regranted: None, balance: after, .. } = &events[0]
    else {
        panic!("{events:?}")
    };
    assert_eq!(*allocations, [part(2, 2), part(1, 1)]);
    assert_eq!(*after, balance(51, 0, 0));
}

#[test]
fn a_consumption_is_refunded_once_and_never_more_than_it_was() {
    let held = ledger().after(grant(1, 50)).after(reserve(1, 5)).after(reserve(2, 1));
    let used = held.after(capture(1, 5));
    used.clone().when(refund(1, 6)).then_refused("EXCEEDS_CONSUMPTION");
    used.clone().when(refund(1, 0)).then_refused("INVALID_CREDITS");
    used.clone().when(refund(2, 1)).then_refused("HOLD_NOT_CAPTURED");
    used.clone().when(refund(3, 1)).then_refused("CONSUMPTION_NOT_FOUND");
    let refunded = used.after(refund(1, 3));
    refunded.clone().when(refund(1, 3)).then_nothing();
    refunded.when(refund(1, 2)).then_refused("ALREADY_REFUNDED");
}
