//! Warnings, freezing, and buying automatically.

use bitacora_domain::aggregates::credit_ledger::{
    AutoTopUp, CreditLedgerCommand as C, CreditLedgerEvent as E, GrantKind, GrantSource, id_of,
    top_up_order,
};

use super::samples::{bought, capture, grant, ledger, refund, release, reserve, revoke, top_up};
use crate::support::ids::{TENANT, minute};

fn threshold(low: u64, rearm: u64) -> C {
    C::SetLowBalanceThreshold { low, rearm }
}

#[test]
fn a_low_balance_is_told_once_per_crossing() {
    let case = ledger().after(grant(1, 30));
    let low = case.when(reserve(1, 20));
    assert_eq!(low.summary(), "CreditsReserved+LowBalanceReached");
    let case = low.case;
    assert_eq!(case.clone().when(reserve(2, 5)).summary(), "CreditsReserved");
    // Not enough of a recovery, and no second warning after it.
    let wavering = case.clone().after(grant(2, 5)).when(reserve(2, 9));
    assert_eq!(wavering.summary(), "CreditsReserved");
    let cleared = case.when(release(1));
    assert_eq!(cleared.summary(), "HoldReleased+LowBalanceCleared");
    assert_eq!(cleared.case.when(reserve(2, 20)).summary(), "CreditsReserved+LowBalanceReached");
}

#[test]
fn a_small_first_grant_is_no_alarm() {
    let case = ledger().when(grant(1, 5));
    assert_eq!(case.summary(), "CreditsGranted");
    assert_eq!(case.case.when(reserve(1, 1)).summary(), "CreditsReserved+LowBalanceReached");
}

#[test]
fn another_threshold_may_cross_the_balance() {
    let case = ledger().after(grant(1, 30));
    case.clone().when(threshold(20, 20)).then_refused("INVALID_THRESHOLD");
    case.clone().when(threshold(10, 1_000_000_001)).then_refused("INVALID_THRESHOLD");
    case.clone().when(threshold(10, 20)).then_nothing();
    let low = case.when(threshold(40, 50));
    assert_eq!(low.summary(), "ThresholdSet+LowBalanceReached");
    assert_eq!(low.case.when(threshold(5, 25)).summary(), "ThresholdSet+LowBalanceCleared");
}

#[test]
fn the_last_credit_is_told() {
    let case = ledger().after(grant(1, 5));
    let outcome = case.when(reserve(1, 5));
    assert_eq!(outcome.summary(), "CreditsReserved+CreditsExhausted+LowBalanceReached");
}

#[test]
fn a_frozen_ledger_sets_nothing_aside_and_does_all_else() {
    let freeze = |reason: &str| C::FreezeLedger { reason: reason.to_owned() };
    let case = ledger().after(bought(1, 50)).after(reserve(1, 5)).after(reserve(2, 5));
    case.clone().when(freeze(" ")).then_refused("INVALID_REASON");
    let frozen = case.after(freeze("Fraude"));
    frozen.clone().when(freeze("Otra vez")).then_nothing();
    frozen.clone().when(reserve(3, 1)).then_refused("LEDGER_FROZEN");
    frozen.clone().when(reserve(1, 5)).then_nothing();
    let frozen = frozen
        .after(capture(1, 5))
        .after(refund(1, 5))
        .after(release(2))
        .after(bought(2, 10))
        .after(revoke(2, 1, 10));
    let thawed = frozen.after(C::UnfreezeLedger { reason: "Aclarado".to_owned() });
    thawed.after(reserve(3, 1));
}

fn configure(top_up: Option<AutoTopUp>) -> C {
    C::ConfigureAutoTopUp { top_up }
}

fn fail(n: u64) -> C {
    let order = top_up_order(id_of(TENANT), n);
    C::RecordTopUpFailure { order, reason: "Nadie pagó".to_owned() }
}

/// The grant of an automatic top-up.
fn topped_up(n: u64, credits: u64) -> C {
    let mut command = grant(u128::from(n) + 100, credits);
    if let C::GrantCredits { kind, source, .. } = &mut command {
        let order = top_up_order(id_of(TENANT), n);
        (*kind, *source) = (GrantKind::Purchase, GrantSource::Order(order));
    }
    command
}

#[test]
fn a_low_balance_buys_one_order_at_a_time() {
    let case = ledger().after(grant(1, 30)).after(configure(Some(top_up(10))));
    let events = case.clone().when(reserve(1, 20)).result.unwrap();
    let expected = E::AutoTopUpRequested {
        order: top_up_order(id_of(TENANT), 1),
        number: 1,
        credits: 50,
        price_minor: 40_000,
        currency: "usd".to_owned(),
        available: 10,
        at: minute(0),
    };
    assert_eq!(events.last(), Some(&expected));
    let waiting = case.after(reserve(1, 20));
    assert_eq!(waiting.clone().when(reserve(2, 1)).summary(), "CreditsReserved");
    let arrived = waiting.after(topped_up(1, 50));
    let again = arrived.when(reserve(2, 55));
    assert!(again.summary().ends_with("AutoTopUpRequested"));
}

#[test]
fn after_a_failure_nothing_is_bought_until_somebody_does_something() {
    let case =
        ledger().after(grant(1, 30)).after(configure(Some(top_up(10)))).after(reserve(1, 20));
    case.clone().when(fail(2)).then_nothing();
    let failed = case.when(fail(1));
    assert_eq!(failed.summary(), "AutoTopUpFailed");
    let failed = failed.case;
    failed.clone().when(fail(1)).then_nothing();
    assert_eq!(failed.clone().when(reserve(2, 1)).summary(), "CreditsReserved");
    let woken = failed.clone().when(configure(Some(top_up(10))));
    assert_eq!(woken.summary(), "AutoTopUpConfigured+AutoTopUpRequested");
    // A payment that came after all is a purchase.
    let paid = failed.after(topped_up(1, 50)).when(reserve(2, 55));
    assert!(paid.summary().ends_with("AutoTopUpRequested"));
}

#[test]
fn a_burst_of_orders_is_stopped() {
    let mut case = ledger().after(grant(1, 10)).after(configure(Some(top_up(100))));
    for n in 1..=3 {
        case = case.after(topped_up(n, 1));
    }
    // Three were requested within ten minutes; the fourth waits.
    assert_eq!(case.clone().when(grant(2, 1)).summary(), "CreditsGranted");
    let later = case.at(10).when(grant(2, 1));
    assert!(later.summary().ends_with("AutoTopUpRequested"));
}

#[test]
fn a_top_up_is_sound() {
    let wrong = [
        AutoTopUp { credits: 0, ..top_up(1) },
        AutoTopUp { price_minor: 0, ..top_up(1) },
        AutoTopUp { currency: "USD".to_owned(), ..top_up(1) },
        AutoTopUp { at_or_below: u64::MAX, ..top_up(1) },
    ];
    for top_up in wrong {
        ledger().when(configure(Some(top_up))).then_refused("INVALID_TOP_UP");
    }
    ledger().when(configure(None)).then_nothing();
}
