//! Payments that are taken back, debts, and payments that come back.

use bitacora_domain::aggregates::credit_ledger::{
    CreditLedgerCommand as C, CreditLedgerEvent as E, GrantStanding,
};

use super::samples::{
    balance, bought, capture, grant, grant_id, grant_until, ledger, refund, reinstate, release,
    reserve, revoke,
};
use crate::support::ids::{AGENT, minute};

#[test]
fn what_was_used_becomes_a_debt() {
    let case = ledger().after(bought(1, 50)).after(reserve(1, 30)).after(capture(1, 30));
    let outcome = case.when(revoke(1, 1, 50));
    assert_eq!(outcome.summary(), "GrantRevoked+DebtRecorded+CreditsExhausted+LowBalanceReached");
    let case = outcome.case;
    assert_eq!(case.state.balance(), balance(0, 0, 30));
    assert_eq!(case.state.grant_standing(grant_id(1), minute(0)), GrantStanding::Revoked);
    case.clone().when(reserve(2, 1)).then_refused("LEDGER_IN_DEBT");
    case.clone().when(revoke(1, 1, 50)).then_nothing();
    case.clone().when(revoke(1, 1, 49)).then_refused("REVOCATION_ID_TAKEN");
    case.clone().when(revoke(1, 2, 1)).then_refused("GRANT_REVOKED");
    case.when(revoke(9, 1, 1)).then_refused("GRANT_NOT_FOUND");
}

#[test]
fn whatever_comes_in_settles_a_debt_first() {
    let indebted = ledger()
        .after(bought(1, 50))
        .after(reserve(1, 50))
        .after(capture(1, 50))
        .after(revoke(1, 1, 50));
    let outcome = indebted.clone().when(grant(2, 60));
    assert_eq!(outcome.summary(), "CreditsGranted+DebtSettled");
    assert_eq!(outcome.case.state.balance(), balance(10, 0, 0));
    assert_eq!(indebted.clone().after(refund(1, 20)).state.balance(), balance(0, 0, 30));
    let settle =
        |credits| C::SettleDebt { credits, reason: "Transferencia".to_owned(), approver: AGENT };
    indebted.clone().when(settle(51)).then_refused("EXCEEDS_DEBT");
    let paid = indebted.after(settle(50));
    paid.clone().when(settle(1)).then_refused("NO_DEBT");
    paid.after(grant(2, 5)).after(reserve(2, 5));
}

#[test]
fn other_credits_settle_a_debt_at_once() {
    let outcome = ledger()
        .after(bought(1, 50))
        .after(reserve(1, 50))
        .after(capture(1, 50))
        .after(grant(2, 40))
        .when(revoke(1, 1, 50));
    assert!(outcome.summary().starts_with("GrantRevoked+DebtRecorded+DebtSettled"));
    assert_eq!(outcome.case.state.balance(), balance(0, 0, 10));
}

#[test]
fn what_is_held_is_taken_when_its_hold_ends() {
    let case = ledger().after(bought(1, 50)).after(reserve(1, 20)).after(revoke(1, 1, 50));
    assert_eq!(case.state.balance(), balance(0, 20, 0));
    assert_eq!(case.state.grant_standing(grant_id(1), minute(0)), GrantStanding::Revoked);
    let released = case.clone().when(release(1));
    let E::HoldReleased { returned, clawed, .. } = &released.result.as_ref().unwrap()[0] else {
        panic!()
    };
    assert!(returned.is_empty() && clawed.len() == 1);
    assert_eq!(released.case.state.balance(), balance(0, 0, 0));
    // Captured all the same: it was delivered, so it is owed.
    let captured = case.when(capture(1, 15));
    assert_eq!(captured.summary(), "HoldCaptured+HoldReleased+DebtRecorded");
    assert_eq!(captured.case.state.balance(), balance(0, 0, 15));
}

#[test]
fn what_had_expired_costs_nobody_anything() {
    let case = ledger().after(grant_until(1, 50, 100)).after(reserve(1, 10)).after(capture(1, 10));
    let outcome = case.at(100).when(revoke(1, 1, 50));
    let events = outcome.result.unwrap();
    let E::GrantRevoked { clawed: 0, forgiven: 40, owed: 0, shortfall: 10, .. } = &events[1] else {
        panic!("{events:?}")
    };
    // And does not come back when the dispute is won.
    let won = outcome.case.when(reinstate(1, 1, 50));
    let events = won.result.unwrap();
    let E::GrantReinstated { restored: 10, forgiven: 40, regranted: Some(made), .. } = &events[0]
    else {
        panic!("{events:?}")
    };
    assert_eq!(made.credits, 10);
    assert_eq!(won.case.state.balance(), balance(0, 0, 0));
}

#[test]
fn a_dispute_that_is_won_gives_back_what_was_taken() {
    let case = ledger().after(bought(1, 50)).after(reserve(1, 30)).after(capture(1, 30));
    let won = case.after(revoke(1, 1, 50)).when(reinstate(1, 1, 50));
    assert_eq!(won.summary(), "GrantReinstated+DebtSettled+LowBalanceCleared");
    let case = won.case;
    assert_eq!(case.state.balance(), balance(20, 0, 0));
    assert_eq!(case.state.grant_standing(grant_id(1), minute(0)), GrantStanding::Active);
    case.clone().when(reinstate(1, 1, 50)).then_nothing();
    case.clone().when(reinstate(1, 2, 1)).then_refused("EXCEEDS_REVOKED");
    case.after(revoke(1, 2, 50));
}

#[test]
fn revocations_add_up_to_the_grant_at_most() {
    let case = ledger().after(bought(1, 50)).after(revoke(1, 1, 20)).after(revoke(1, 2, 20));
    case.clone().when(revoke(1, 3, 11)).then_refused("EXCEEDS_GRANT");
    let case = case.after(reinstate(1, 1, 40)).after(revoke(1, 3, 50));
    assert_eq!(case.state.balance(), balance(0, 0, 0));
}

#[test]
fn a_refund_to_a_revoked_grant_is_a_new_grant() {
    let case = ledger()
        .after(bought(1, 50))
        .after(reserve(1, 50))
        .after(capture(1, 50))
        .after(revoke(1, 1, 50));
    let events = case.when(refund(1, 50)).result.unwrap();
    let E::ConsumptionRefunded { regranted: Some(made), .. } = &events[0] else { panic!() };
    assert_eq!(made.credits, 50);
    assert_eq!(events[1].name(), "DebtSettled");
}

#[test]
fn a_grant_is_not_revoked_and_reinstated_for_ever() {
    let mut case = ledger().after(bought(1, 50));
    for n in 0..32 {
        case = case.after(revoke(1, n, 50)).after(reinstate(1, n, 50));
    }
    case.when(revoke(1, 99, 50)).then_refused("TOO_MANY_REVOCATIONS");
}
