//! What holds whatever comes, in whatever order, seen by the events alone.
#![allow(clippy::wildcard_enum_match_arm)] // the observer minds some events only

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::aggregates::delivery::{Delivery, DeliveryCommand as C, DeliveryEvent as E};
use proptest::prelude::*;
use uuid::Uuid;

use super::{attempt, confirm, fail, requested, unknown};
use crate::support::Case;

fn commands() -> impl Strategy<Value = C> {
    let at = || (1..3u128, 1..7i64);
    prop_oneof![
        6 => at().prop_map(|(n, k)| attempt(n, k)),
        2 => at().prop_map(|(n, k)| confirm(n, k)),
        5 => (at(), any::<bool>()).prop_map(|((n, k), again)| fail(n, k, again)),
        2 => at().prop_map(|(n, k)| unknown(n, k)),
        1 => any::<bool>().prop_map(|w| C::DeadLetter { reason: "x".into(), withdrawn: w }),
        2 => any::<bool>().prop_map(|r| C::RetryDeadLetter { reason: "x".into(), may_repeat: r }),
        1 => Just(C::RecordRefund { reason: "x".into() }),
    ]
}

#[derive(Default)]
struct Observer {
    attempts: BTreeMap<Uuid, i64>,
    open: BTreeSet<Uuid>,
    confirmed: BTreeSet<Uuid>,
    repeatable: BTreeSet<Uuid>,
    firsts: usize,
    refunds: usize,
}

impl Observer {
    fn see(&mut self, event: &E, may_repeat: bool) {
        match event {
            E::DeliveryTargetAttempted { target, attempt, .. } => {
                assert!(!self.confirmed.contains(target), "told again after it took it");
                let unsettled = self.open.insert(*target);
                assert!(unsettled || self.repeatable.remove(target), "two open attempts");
                let before = self.attempts.insert(*target, *attempt).unwrap_or(0);
                assert_eq!(before + 1, *attempt);
            }
            E::DeliveryTargetConfirmed { target, first, .. } => {
                self.open.remove(target);
                assert!(self.confirmed.insert(*target), "confirmed twice");
                assert_eq!(*first, self.confirmed.len() == 1);
                self.firsts += usize::from(*first);
            }
            E::DeliveryTargetFailed { target, .. } => {
                self.open.remove(target);
            }
            E::DeliveryRetried { targets, .. } if may_repeat => {
                self.repeatable.extend(targets);
            }
            E::DeliveryRefunded { .. } => {
                assert!(!self.confirmed.is_empty(), "nothing to give back");
                self.refunds += 1;
            }
            _ => {}
        }
        assert!(self.firsts <= 1 && self.refunds <= 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_target_takes_a_lead_once_and_is_never_told_beside_an_open_attempt(
        steps in prop::collection::vec(commands(), 1..60),
    ) {
        let mut case: Case<Delivery> = requested();
        let mut observer = Observer::default();
        for step in steps {
            let may_repeat = matches!(step, C::RetryDeadLetter { may_repeat: true, .. });
            let outcome = case.when(step);
            for event in outcome.result.iter().flatten() {
                observer.see(event, may_repeat);
            }
            case = outcome.case;
        }
        prop_assert_eq!(case.state.confirmed(), observer.confirmed.len());
    }
}
