//! A ledger that lives for years stays small, and what it forgets is not lost.

use bitacora_domain::aggregates::credit_ledger::{
    CreditLedger, CreditLedgerCommand as C, GrantStanding, HoldStanding, id_of,
};

use bitacora_domain::{Actor, Directed, DomainAggregate};
use cqrs_es::Aggregate;

use super::samples::{
    balance, bought, capture, grant_id, hold_id, lead, ledger, refund, release, reserve, revoke,
};
use crate::support::command_id;
use crate::support::ids::{TENANT, minute};

const DAY: i64 = 1_440;

fn hold_at(n: u128, day: i64) -> C {
    let (hold, expires_at) = (hold_id(n), minute((day + 1) * DAY));
    C::ReserveCredits { hold, credits: 1, purpose: lead(), expires_at }
}

/// Gives a command that must be accepted; as `Case::after`, without its checks, which would take
/// long here.
fn give(ledger: &mut CreditLedger, at: i64, body: C) {
    let of = Directed {
        tenant: TENANT,
        aggregate_id: id_of(TENANT).to_string(),
        command_id: command_id(1),
        actor: Actor::system("test"),
        now: minute(at),
        body: (),
    };
    let events = ledger.decide(&of, body).unwrap();
    for event in events {
        ledger.apply(event);
    }
}

fn bytes(ledger: &CreditLedger) -> usize {
    serde_json::to_vec(ledger).unwrap().len()
}

#[test]
fn ten_years_leave_a_state_as_small_as_one() {
    let mut ledger = CreditLedger::default();
    let mut largest = [0; 10];
    give(&mut ledger, 0, C::OpenLedger);
    for day in 0..3_650i64 {
        let (n, now) = (u128::try_from(day).unwrap(), day * DAY);
        give(&mut ledger, now, bought(10_000 + n, 4));
        for hold in [2 * n, 2 * n + 1] {
            give(&mut ledger, now, hold_at(hold, day));
            give(&mut ledger, now, capture(hold, 1));
        }
        give(&mut ledger, now, hold_at(100_000 + n, day));
        give(&mut ledger, now, release(100_000 + n));
        give(&mut ledger, now, super::samples::adjust(n, -2));
        let year = usize::try_from(day / 365).unwrap();
        if day % 73 == 72 {
            largest[year] = largest[year].max(bytes(&ledger));
        }
    }
    println!("largest state per year, in bytes: {largest:?}");
    assert!(largest[9] <= largest[1] + largest[1] / 20, "{largest:?}");
    assert!(largest[9] < 300_000, "{largest:?}");
    assert_eq!(ledger.balance(), balance(0, 0, 0));
    let json = serde_json::to_value(&ledger).unwrap();
    for (list, most) in [
        ("grants", 700),
        ("holds", 500),
        ("consumptions", 2_000),
        ("ended", 200),
        ("adjustments", 100),
    ] {
        let length = json[list].as_array().unwrap().len();
        assert!(length <= most, "{list}: {length}");
    }
    let lists = json.as_object().unwrap().values().filter(|value| value.is_array()).count();
    assert_eq!(lists, 5, "a list that nothing bounds");
}

#[test]
fn a_consumption_is_forgotten_after_half_a_year() {
    let case = ledger().after(bought(1, 50)).after(reserve(1, 5)).after(capture(1, 5));
    case.clone().at(180 * DAY - 1).after(refund(1, 5));
    case.at(180 * DAY).when(refund(1, 5)).then_refused("CONSUMPTION_NOT_FOUND");
}

#[test]
fn at_most_two_thousand_consumptions_are_kept() {
    let mut case = ledger().after(bought(1, 5_000));
    for n in 0..2_001 {
        give(&mut case.state, 0, hold_at(n, 0));
        give(&mut case.state, 0, capture(n, 1));
    }
    assert_eq!(case.state.hold_standing(hold_id(0), minute(0)), HoldStanding::Unknown);
    case.clone().when(refund(0, 1)).then_refused("CONSUMPTION_NOT_FOUND");
    case.after(refund(1, 1));
}

#[test]
fn a_spent_grant_is_kept_for_a_dispute_and_then_forgotten() {
    let case = ledger()
        .after(bought(1, 50))
        .after(bought(2, 50))
        .after(reserve(1, 50))
        .after(capture(1, 50));
    case.clone().at(540 * DAY - 1).after(revoke(1, 1, 50));
    let forgotten = case.at(540 * DAY);
    forgotten.clone().when(revoke(1, 1, 50)).then_refused("GRANT_NOT_FOUND");
    // One that is in use never is.
    let standing = forgotten.state.grant_standing(grant_id(2), minute(540 * DAY));
    assert_eq!(standing, GrantStanding::Active);
    forgotten.after(revoke(2, 2, 50));
}

#[test]
fn what_used_up_a_forgotten_id_again_would_lose_against_the_first() {
    let case = ledger().after(bought(1, 50));
    let first = case.clone().when(reserve(1, 5));
    let mut long_after = first.case.clone().after(capture(1, 5)).at(180 * DAY);
    // The state does not know the hold any more; the claim has another owner.
    let mut again = reserve(1, 5);
    if let C::ReserveCredits { expires_at, .. } = &mut again {
        *expires_at = minute(181 * DAY);
    }
    let second = long_after.clone().when(again);
    let (one, other) = (&first.claims()[0], &second.claims()[0]);
    assert_eq!((one.kind, &one.key), (other.kind, &other.key));
    assert_ne!(one.owner, other.owner);
    long_after = long_after.at(190 * DAY);
    assert!(long_after.state.is_open());
}
