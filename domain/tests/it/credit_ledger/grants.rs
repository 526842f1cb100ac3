//! What comes in.

use bitacora_domain::aggregates::credit_ledger::{
    ADJUSTMENT_CLAIM, CreditLedgerCommand as C, CreditLedgerEvent as E, GRANT_CLAIM, GrantKind,
    GrantSource, ORDER_CLAIM, id_of,
};
use bitacora_domain::{Claim, DomainAggregate};

use super::samples::{
    adjust, balance, bought, grant, grant_id, grant_until, id, ledger, order_id, reserve,
    with_priority,
};
use crate::support::given;
use crate::support::ids::{TENANT, minute};

#[test]
fn a_tenant_has_one_ledger() {
    let case = given::<bitacora_domain::aggregates::credit_ledger::CreditLedger>([]);
    case.clone().when(C::OpenLedger).then_refused("INVALID_LEDGER_ID");
    case.when(grant(1, 5)).then_refused("LEDGER_NOT_FOUND");
    ledger().when(C::OpenLedger).then_nothing();
}

#[test]
fn an_order_is_granted_once() {
    let outcome = ledger().when(bought(1, 50));
    let ledger = id_of(TENANT);
    assert_eq!(
        outcome.claims(),
        [
            Claim::take(GRANT_CLAIM, grant_id(1).to_string(), format!("{ledger}/1")),
            Claim::take(ORDER_CLAIM, order_id(1).to_string(), format!("{ledger}/{}", grant_id(1))),
        ]
    );
    let case = outcome.case;
    case.clone().when(bought(1, 50)).then_nothing();
    case.clone().when(bought(1, 51)).then_refused("GRANT_ID_TAKEN");
    let mut other = bought(1, 50);
    if let C::GrantCredits { grant, .. } = &mut other {
        *grant = grant_id(2);
    }
    case.when(other).then_refused("ORDER_ALREADY_GRANTED");
}

#[test]
fn a_trial_comes_once() {
    let trial = |n| {
        let mut command = grant(n, 5);
        if let C::GrantCredits { kind, .. } = &mut command {
            *kind = GrantKind::Trial;
        }
        command
    };
    let case = ledger().after(trial(1));
    case.clone().when(trial(1)).then_nothing();
    case.when(trial(2)).then_refused("TRIAL_ALREADY_GRANTED");
}

#[test]
fn the_terms_of_a_grant_are_checked() {
    let case = ledger().at(100);
    case.clone().when(grant(1, 0)).then_refused("INVALID_CREDITS");
    case.clone().when(grant(1, 1_000_000_001)).then_refused("INVALID_CREDITS");
    case.clone().when(with_priority(grant(1, 1), 0)).then_refused("INVALID_PRIORITY");
    case.clone().when(with_priority(grant(1, 1), 51)).then_refused("INVALID_PRIORITY");
    case.clone().when(grant_until(1, 1, 100)).then_refused("INVALID_PERIOD");
    case.clone().after(grant_until(1, 1, 101));
    let made = |kind, source| {
        let mut command = grant(1, 1);
        if let C::GrantCredits { kind: is, source: from, .. } = &mut command {
            (*is, *from) = (kind, source);
        }
        command
    };
    for (kind, source) in [
        (GrantKind::Purchase, GrantSource::Admin),
        (GrantKind::Bonus, GrantSource::Order(order_id(1))),
        (GrantKind::Goodwill, GrantSource::Adjustment(id(1))),
    ] {
        case.clone().when(made(kind, source)).then_refused("INVALID_GRANT_SOURCE");
    }
}

#[test]
fn a_ledger_does_not_overflow() {
    let mut case = ledger();
    for n in 0..400 {
        case = case.after(grant(n, 1_000_000_000));
    }
    case.clone().when(grant(400, 1)).then_refused("TOO_MANY_GRANTS");
    case.clone().when(adjust(1, 1)).then_refused("TOO_MANY_GRANTS");
    // What was paid still finds room.
    for n in 400..500 {
        case = case.after(bought(n, 1_000_000_000));
    }
    case.clone().when(bought(500, 1)).then_refused("TOO_MANY_GRANTS");
    assert_eq!(case.state.balance(), balance(500_000_000_000, 0, 0));
}

#[test]
fn an_adjustment_adds_or_takes() {
    let outcome = ledger().when(adjust(1, 30));
    let ledger = id_of(TENANT);
    let owner = format!("{ledger}/30@{}", minute(0).timestamp_micros());
    assert_eq!(
        outcome.claims(),
        [
            Claim::take(GRANT_CLAIM, id(0x401).to_string(), format!("{ledger}/1")),
            Claim::take(ADJUSTMENT_CLAIM, id(0x401).to_string(), owner),
        ]
    );
    let case = outcome.case;
    case.clone().when(adjust(1, 30)).then_nothing();
    case.clone().when(adjust(1, 29)).then_refused("ADJUSTMENT_ID_TAKEN");
    case.clone().when(adjust(2, -31)).then_refused("INSUFFICIENT_CREDITS");
    case.clone().when(adjust(2, 0)).then_refused("INVALID_CREDITS");
    case.clone().when(adjust(2, i64::MIN)).then_refused("INSUFFICIENT_CREDITS");
    let taken = case.after(adjust(2, -20));
    assert_eq!(taken.state.balance(), balance(10, 0, 0));
}

#[test]
fn a_grant_has_timers_for_its_beginning_and_its_end() {
    let mut later = grant_until(1, 5, 500);
    if let C::GrantCredits { effective_at, .. } = &mut later {
        *effective_at = minute(100);
    }
    let outcome = ledger().when(later);
    let event: &E = &outcome.result.as_ref().unwrap()[0];
    let due: Vec<_> =
        outcome.case.state.effects(event).into_iter().map(|effect| effect.due.unwrap()).collect();
    assert_eq!(due, [minute(100), minute(500)]);
    let endless = ledger().when(grant(1, 5));
    let event = &endless.result.as_ref().unwrap()[0];
    assert!(endless.case.state.effects(event).is_empty());
}

#[test]
fn a_statement_follows_from_the_events_alone() {
    let mut case = ledger();
    let mut statement = Vec::new();
    for command in [bought(1, 50), reserve(1, 5), super::samples::capture(1, 3), adjust(1, -7)] {
        let outcome = case.when(command);
        for event in outcome.result.unwrap() {
            for line in event.entries() {
                let kind = line.transaction_type.as_str();
                statement.push((kind, line.amount, line.available_change, line.balance_after));
            }
        }
        case = outcome.case;
    }
    assert_eq!(
        statement,
        [
            ("CREDIT_PURCHASE", 50, 50, 50),
            ("CREDIT_HOLD", 0, -5, 50),
            ("CREDIT_CONSUMPTION", -3, 0, 47),
            ("CREDIT_RELEASE", 0, 2, 47),
            ("CREDIT_ADJUSTMENT", -7, -7, 40),
        ]
    );
}
