//! Every state that two targets can make against every command.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::delivery::matrix::{Ask, Verdict as Said, judge, markdown};
use bitacora_domain::aggregates::delivery::{
    Delivery, DeliveryCommand as C, DeliveryEvent as E, DeliveryStatus, TargetStatus,
};
use bitacora_domain::law::Verdict;

use super::{attempt, confirm, fail, request, requested, target, unknown};
use cqrs_es::Aggregate as _;

use crate::support::ids::minute;
use crate::support::{Case, given};

/// Brings target `n` there.
fn bring(case: Case<Delivery>, n: u128, to: TargetStatus) -> Case<Delivery> {
    let tried = |case: Case<Delivery>| case.after(attempt(n, 1));
    match to {
        TargetStatus::Waiting => case,
        TargetStatus::InFlight => tried(case),
        TargetStatus::Unknown => tried(case).after(unknown(n, 1)),
        TargetStatus::Confirmed => tried(case).after(confirm(n, 1)),
        TargetStatus::Failed => tried(case).after(fail(n, 1, true)),
    }
}

fn standing(first: TargetStatus, second: TargetStatus, over: (bool, bool)) -> Case<Delivery> {
    let mut case = bring(bring(requested(), 1, first), 2, second);
    let (reason, at) = ("x".to_owned(), minute(0));
    if over.0 {
        let reason = reason.clone();
        let (withdrawn, confirmed) = (false, 0);
        case.state.apply(E::DeliveryDeadLettered { reason, withdrawn, confirmed, at });
    }
    if over.1 {
        case.state.apply(E::DeliveryRefunded { reason, at });
    }
    case
}

fn sample(ask: Ask, first: TargetStatus) -> C {
    let next = if first == TargetStatus::Waiting { 1 } else { 2 };
    match ask {
        Ask::Request => request(),
        Ask::AttemptTarget => attempt(1, next),
        Ask::ConfirmTarget => confirm(1, 1),
        Ask::FailTarget => fail(1, 1, true),
        Ask::RecordTargetUnknown => unknown(1, 1),
        Ask::DeadLetter => C::DeadLetter { reason: "LEAD_STOPPED".to_owned(), withdrawn: true },
        Ask::RetryDeadLetter => {
            C::RetryDeadLetter { reason: "CRM arreglado".to_owned(), may_repeat: true }
        }
        Ask::RecordRefund => C::RecordRefund { reason: "Disputa".to_owned() },
    }
}

#[test]
fn every_state_meets_every_command_as_the_table_says() {
    let (mut cells, mut seen) = (0, BTreeSet::new());
    for first in TargetStatus::ALL {
        for second in TargetStatus::ALL {
            for over in [(false, false), (true, false), (false, true), (true, true)] {
                for &ask in Ask::ALL {
                    let case = standing(first, second, over);
                    let command = sample(ask, first);
                    assert_eq!(Ask::of(&command), ask);
                    let at = case.state.standing(&command);
                    let here = format!("{ask:?} at {at:?}, {second:?}");
                    seen.insert(format!("{:?}", at.status));
                    check(&case, command, judge(ask, at), &here);
                    cells += 1;
                }
            }
        }
    }
    assert_eq!(cells, 5 * 5 * 4 * 8);
    assert_eq!(seen.len(), DeliveryStatus::ALL.len(), "{seen:?}");
    println!("{cells} cells: 100 states × 8 commands");
}

#[track_caller]
fn check(case: &Case<Delivery>, command: C, said: Said, here: &str) {
    let retry = matches!(command, C::RetryDeadLetter { .. });
    let outcome = case.clone().when(command);
    // Whether something is left to try is not for the table.
    if retry && said == Verdict::Go && outcome.summary() == "!NOTHING_TO_RETRY" {
        let left = [1, 2].map(|n| case.state.target(target(n)).unwrap());
        let tried = |status| matches!(status, TargetStatus::InFlight | TargetStatus::Confirmed);
        assert!(left.into_iter().all(tried), "{here}");
        return;
    }
    match (&outcome.result, said) {
        (Ok(events), Verdict::Go) => assert!(!events.is_empty(), "nothing: {here}"),
        (Ok(events), Verdict::Nothing) => assert_eq!(events, &[], "{here}"),
        (Err(found), Verdict::Refuse(expected)) => assert_eq!(*found, expected, "{here}"),
        (result, said) => panic!("{result:?}, but the table says {said:?}: {here}"),
    }
}

#[test]
fn before_the_request_there_is_nothing_but_the_request() {
    for &ask in Ask::ALL {
        let expected =
            if ask == Ask::Request { "DeliveryRequested" } else { "!DELIVERY_NOT_FOUND" };
        let command = sample(ask, TargetStatus::Waiting);
        assert_eq!(given::<Delivery>([]).when(command).summary(), expected);
    }
    assert_ne!(target(1), target(2));
}

#[test]
fn the_rendered_table_is_in_the_documentation() {
    crate::lead::matrix_drift("DELIVERY.md", &markdown());
}
