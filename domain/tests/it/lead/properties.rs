//! What holds whatever comes, in whatever order. An observer sees the events only; every step
//! goes through `Case::when`, which checks that the state is the replay of the events and that
//! refusals change nothing.
#![allow(clippy::wildcard_enum_match_arm)] // the observer minds some events only

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::aggregates::lead::{
    ContactKind, DisputeReason, DisqualifyReason, DuplicateReason, HandOffReason, Lead, LeadAnswer,
    LeadCommand as C, LeadEvent as E, LeadField, LeadIntent, LeadStatus, LeadTiming, LossReason,
    OptOutMeans, score,
};
use bitacora_domain::aggregates::offer::Criteria;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::matrix::may_move;
use super::score::answers;
use super::{
    OTHER_LEAD, answer, attempt, best, by_hand, choice, confirm, fail, from_ad, person, reply,
    request,
};
use crate::support::given;
use crate::support::ids::CONTACT;

fn facts() -> impl Strategy<Value = C> {
    let words = prop_oneof![30 => Just("Hola"), 10 => Just("no"), 1 => Just("Baja.")];
    prop_oneof![
        6 => (0..40u128, words).prop_map(|(n, text)| reply(n, text)),
        8 => answers().prop_map(answer),
        4 => prop::sample::select(best()).prop_map(answer),
        4 => prop::sample::select(worst()).prop_map(answer),
        4 => (1..6i64).prop_map(attempt),
        4 => (1..6i64).prop_map(|contact| C::RecordContactFailure { contact, reason: "x".into() }),
        1 => Just(C::RecordRepeat { lead: OTHER_LEAD }),
        1 => Just(C::RecordFormFetchFailure { reason: "x".into(), retryable: false }),
        1 => Just(C::RetryFormFetch),
        1 => any::<bool>().prop_map(|known| C::RecordFormData {
            contact: known.then_some(CONTACT),
            person: Box::new(person()),
            answers: vec![],
            opted_out: false,
            duplicate_of: None,
        }),
    ]
}

fn timers() -> impl Strategy<Value = C> {
    prop_oneof![
        4 => (1..9i64).prop_map(|contact| C::ContactDue { contact }),
        2 => (1..9i64).prop_map(|contact| C::CoolDue { contact }),
        1 => (1..20i64).prop_map(|reply| C::SilenceDue { reply }),
        2 => (1..6i64).prop_map(|cooling| C::ReactivateDue { cooling }),
        1 => Just(C::EndDuplicateWindow),
    ]
}

fn people() -> impl Strategy<Value = C> {
    let reason = Some("Llamó".to_owned());
    let note = None::<bitacora_domain::Personal<String>>;
    prop_oneof![
        5 => Just(C::RequestContact),
        1 => Just(C::CoolDown),
        2 => Just(C::Reactivate { reason }),
        1 => Just(C::Disqualify { reason: DisqualifyReason::Other, note: note.clone() }),
        1 => Just(C::HandOff { agent: None, reason: HandOffReason::Agent }),
        1 => Just(C::Return),
        1 => any::<bool>().prop_map(|low_priority| C::Prioritise { low_priority }),
        1 => (50..100i64).prop_map(|ready_points| {
            let mut choice = choice();
            choice.version = ready_points;
            choice.criteria = Criteria { ready_points, ..choice.criteria };
            C::Score { choice: Box::new(choice) }
        }),
        1 => Just(C::MarkLost { reason: LossReason::Other, note: note.clone() }),
        1 => Just(C::MarkWon { value: None }),
        1 => Just(C::Transfer { choice: Box::new(super::other_choice()) }),
        1 => prop::sample::select(DisputeReason::ALL.to_vec())
            .prop_map(move |reason| C::Dispute { reason, note: None }),
        1 => any::<bool>().prop_map(|refund| C::ResolveDispute { refund, note: None }),
    ]
}

fn rare() -> impl Strategy<Value = C> {
    let reason = DuplicateReason::Merged;
    prop_oneof![
        Just(C::OptOut { by: OptOutMeans::Agent }),
        Just(C::DetectDuplicate { of: OTHER_LEAD, reason }),
    ]
}

fn saga() -> impl Strategy<Value = C> {
    prop_oneof![
        4 => (1..5u128).prop_map(request),
        3 => (1..5u128).prop_map(confirm),
        3 => (1..5u128).prop_map(fail),
    ]
}

fn commands() -> impl Strategy<Value = C> {
    let map = C::MapOffer {
        choice: Some(Box::new(choice())),
        rule: None,
        opted_out: false,
        duplicate_of: None,
    };
    prop_oneof![
        16 => facts(),
        7 => timers(),
        9 => people(),
        8 => saga(),
        2 => Just(map),
        1 => prop_oneof![9 => Just(C::CoolDown), 1 => rare()],
    ]
}

fn worst() -> Vec<LeadAnswer> {
    vec![
        LeadAnswer::Budget(super::usd(None, Some(1_000_000))),
        LeadAnswer::Zone { zone: "rosario".to_owned(), city: None },
        LeadAnswer::Timing(LeadTiming::Long),
        LeadAnswer::Intent(LeadIntent::Curious),
    ]
}

/// A lead that nobody hears of. A number 0 means the one that is meant now, see [`aimed`].
fn quiet() -> impl Strategy<Value = C> {
    let reason = Some("Llamó".to_owned());
    prop_oneof![
        8 => Just(C::ContactDue { contact: 0 }),
        8 => Just(attempt(0)),
        2 => Just(C::RecordContactFailure { contact: 0, reason: "x".into() }),
        4 => Just(C::CoolDue { contact: 0 }),
        6 => (1..5i64).prop_map(|cooling| C::ReactivateDue { cooling }),
        2 => Just(C::RequestContact),
        2 => Just(C::Reactivate { reason }),
        1 => timers(),
        1 => Just(C::Disqualify { reason: DisqualifyReason::Spam, note: None }),
    ]
}

fn aimed(step: C, contacts: i64) -> C {
    match step {
        C::ContactDue { contact: 0 } => C::ContactDue { contact: contacts + 1 },
        C::CoolDue { contact: 0 } => C::CoolDue { contact: contacts },
        C::RecordContactAttempt { contact: 0, template, message } => {
            C::RecordContactAttempt { contact: contacts + 1, template, message }
        }
        C::RecordContactFailure { contact: 0, reason } => {
            C::RecordContactFailure { contact: contacts + 1, reason }
        }
        other => other,
    }
}

struct Observer {
    status: LeadStatus,
    stopped: bool,
    deliveries: usize,
    requested: BTreeSet<String>,
    attempts: i64,
    touches_in_a_row: i64,
    criteria: Option<Criteria>,
    answers: Vec<LeadAnswer>,
}

impl Observer {
    fn new() -> Self {
        Self {
            status: LeadStatus::PendingMapping,
            stopped: false,
            deliveries: 0,
            requested: BTreeSet::new(),
            attempts: 0,
            touches_in_a_row: 0,
            criteria: None,
            answers: Vec::new(),
        }
    }

    fn see(&mut self, event: &E) {
        if self.stopped {
            let fact = matches!(
                event,
                E::LeadDelivered { .. }
                    | E::LeadDeliveryFailed { .. }
                    | E::LeadDisputeResolved { .. }
                    | E::LeadFormDataFetched { .. }
                    | E::LeadContactIdentified { .. }
                    | E::LeadContactAttempted { .. }
                    | E::LeadContactFailed { .. }
                    | E::LeadRepeated { .. }
                    | E::LeadDuplicateWindowEnded { .. }
            );
            assert!(fact, "after an opt-out: {event:?}");
        }
        let to = event.status().unwrap_or(self.status);
        let reconciled = matches!(event, E::LeadDelivered { .. });
        assert!(
            to == self.status || may_move(self.status, to) || reconciled,
            "{:?} → {to:?}: {event:?}",
            self.status
        );
        assert!(to == self.status || !self.status.is_final(), "it was over: {event:?}");
        self.look(event);
        self.status = to;
    }

    fn look(&mut self, event: &E) {
        match event {
            E::LeadMapped { offer, .. } | E::LeadCriteriaChanged { offer, .. } => {
                self.criteria = Some(offer.criteria.clone());
            }
            E::LeadTransferred { offer, .. } => self.criteria = Some(offer.criteria.clone()),
            E::LeadContactRequested { kind, at, .. } => self.contact(*kind, *at),
            E::LeadContactAttempted { kind: ContactKind::Attempt, n, .. }
            | E::LeadContactFailed { kind: ContactKind::Attempt, n, .. } => {
                assert_eq!(*n, self.attempts + 1);
                self.attempts = *n;
                assert!(self.attempts <= self.policy().attempts_max);
            }
            E::LeadEngaged { .. } | E::LeadReplied { .. } | E::LeadRepeated { .. } => {
                self.touches_in_a_row = 0;
            }
            E::LeadReactivated { from: LeadStatus::Disqualified, .. } => self.touches_in_a_row = 0,
            E::LeadAnswerRecorded { counts: true, field, normalised, .. } => {
                let answer = normalised.reveal().cloned();
                // The name is veiled; any will do.
                let answer = answer.unwrap_or(LeadAnswer::Name("x".to_owned()));
                assert_eq!(answer.field(), *field);
                self.answers.push(answer);
            }
            E::LeadScored { total, components, .. } => {
                let expected = score(&self.answers, self.criteria.as_ref().unwrap());
                assert_eq!((*total, *components), (expected.total, expected.components));
            }
            E::LeadReady { .. } => self.ready(),
            E::LeadStopped { .. } => self.stopped = true,
            E::LeadDeliveryRequested { delivery, reservation, targets, .. } => {
                assert_eq!(self.status, LeadStatus::LeadReady);
                assert!(reservation.is_some() && !targets.is_empty());
                assert!(self.requested.insert(delivery.to_string()), "requested twice");
            }
            E::LeadDelivered { delivery, captured, .. } => {
                self.deliveries += 1;
                assert_eq!(self.deliveries, 1, "delivered twice");
                assert!(captured.is_some(), "not paid for");
                assert!(self.requested.contains(&delivery.to_string()));
            }
            _ => {}
        }
    }

    fn policy(&self) -> &bitacora_domain::aggregates::offer::ContactPolicy {
        &self.criteria.as_ref().unwrap().contact
    }

    fn contact(&mut self, kind: ContactKind, at: DateTime<Utc>) {
        assert!(self.policy().hours.are_open(at), "outside of the hours");
        if kind == ContactKind::Touch {
            self.touches_in_a_row += 1;
            assert!(self.touches_in_a_row <= self.policy().touches_max, "too many touches");
        }
    }

    fn ready(&self) {
        let criteria = self.criteria.as_ref().unwrap();
        let fields: BTreeSet<LeadField> = self.answers.iter().map(LeadAnswer::field).collect();
        assert!(criteria.minimum_fields.is_subset(&fields), "minimum missing");
        assert!(score(&self.answers, criteria).total >= criteria.ready_points, "too few points");
    }
}

fn run(steps: &[(C, i64)]) -> BTreeSet<String> {
    let mut case = given::<Lead>([]);
    let (mut observer, mut seen, mut now) = (Observer::new(), BTreeSet::new(), 0);
    for (step, minutes) in steps {
        now += minutes;
        let before = case.state.status();
        let reply = matches!(step, C::RecordReply { .. });
        let step = aimed(step.clone(), case.state.contacts());
        let outcome = case.at(now).when(step);
        if let Ok(events) = &outcome.result {
            for event in events {
                observer.see(event);
                seen.insert(cqrs_es::DomainEvent::event_type(event));
            }
            assert_eq!(outcome.case.state.status(), observer.status);
        }
        assert!(!reply || before.is_final() || outcome.result.is_ok(), "a reply was refused");
        case = outcome.case;
    }
    seen
}

/// Lives that begin at the beginning, with everything answered, delivered, or being delivered
/// once more: what comes late
/// would hardly be reached by chance.
fn beginning(stage: usize) -> Vec<(C, i64)> {
    let mut steps = vec![if stage == 0 { from_ad() } else { by_hand() }];
    if stage >= 2 {
        steps.push(reply(900, "Hola"));
        steps.extend(best().into_iter().map(answer));
    }
    match stage {
        3 => steps.extend([request(1), confirm(1)]),
        4 => steps.extend([request(1), fail(1), request(2)]),
        _ => {}
    }
    steps.into_iter().map(|step| (step, 0)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_lead_keeps_its_laws(
        stage in 0..5usize,
        silence in prop::collection::vec((quiet(), 0..600i64), 0..30),
        steps in prop::collection::vec((commands(), 0..600i64), 1..80),
    ) {
        run(&[beginning(stage), silence, steps].concat());
    }

    #[test]
    fn a_reply_is_an_event_in_every_status_that_is_not_over(
        steps in prop::collection::vec((commands(), 0..600i64), 0..40),
    ) {
        let mut case = given::<Lead>([]).after(by_hand());
        for (step, _) in steps {
            case = case.when(step).case;
        }
        let is_over = case.state.status().is_final();
        let outcome = case.clone().when(reply(1_000, "no"));
        prop_assert_eq!(outcome.result.unwrap().is_empty(), is_over);
        let out = case.when(reply(1_001, "STOP")).case;
        prop_assert!(out.state.status().is_final());
        prop_assert!(is_over || out.state.status() == LeadStatus::Stopped);
    }
}

/// The commands above reach everything; else the properties would say little.
#[test]
fn the_random_walks_see_every_event() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let silence = prop::collection::vec((quiet(), 0..600i64), 20);
    let steps = (silence, prop::collection::vec((commands(), 0..600i64), 40));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for walk in 0..600 {
        let (silence, steps) = steps.new_tree(&mut runner).unwrap().current();
        for name in run(&[beginning(walk % 5), silence, steps].concat()) {
            *seen.entry(name).or_default() += 1;
        }
    }
    for name in <Lead as bitacora_domain::DomainAggregate>::EVENT_TYPES {
        let often = seen.get(*name).copied().unwrap_or_default();
        println!("{name}: in {often} of 600 lives");
        assert!(often >= 5, "{name}: in {often} of 600 lives");
    }
}
