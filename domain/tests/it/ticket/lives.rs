//! What holds whatever comes, in whatever order and over whatever calendar. An observer sees the
//! events only, never the state, and counts open time minute by minute by itself. Timers are run
//! when they are due, or somewhat later.
#![allow(clippy::wildcard_enum_match_arm)] // some commands are made anew

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::aggregates::conversation::Priority;
use bitacora_domain::aggregates::ticket::{
    SlaPolicy, SlaTargets, Ticket, TicketCategory, TicketCommand as C, TicketMacroStep,
    TicketOrigin, TicketStatus,
};
use bitacora_domain::{Actor, ActorKind, DomainAggregate, Effect, TicketId};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::observer::Observer;
use super::samples::{actor, id, names, other};
use super::{contact, open, resolve};
use crate::calendar::calendars;
use crate::support::ids::{CONTACT, TICKET, minute, personal};
use crate::support::{Case, given};

const STEPS: usize = 40;
/// Timers are late by less than so many minutes.
const LATEST: i64 = 300;

/// A command, who gives it, and the minutes before it.
type Step = (C, Actor, i64);

fn priority() -> impl Strategy<Value = Priority> {
    use Priority::{High, Low, Medium, Urgent};
    prop::sample::select(vec![Low, Medium, High, Urgent])
}

fn policy() -> impl Strategy<Value = (SlaPolicy, DateTime<Utc>)> {
    let minutes =
        |most: i64| prop::option::weighted(0.8, (1..most).prop_map(|minutes| minutes * 60));
    let targets = (minutes(600), minutes(600), minutes(3_000)).prop_map(
        |(first_response_s, next_response_s, resolution_s)| SlaTargets {
            first_response_s,
            next_response_s,
            resolution_s,
        },
    );
    let rows = prop::collection::btree_map(priority(), targets, 1..5);
    (calendars(), rows, 1..4i64).prop_map(|((calendar, near), mut targets, version)| {
        // A policy promises something.
        let some = SlaTargets { resolution_s: Some(6_000), ..SlaTargets::default() };
        targets.entry(Priority::Medium).or_insert(some).first_response_s.get_or_insert(3_600);
        (SlaPolicy { policy: id(1), version, calendar, targets }, near)
    })
}

fn command() -> impl Strategy<Value = (C, Actor)> {
    let team = prop_oneof![
        6 => Just(C::StartWork),
        6 => Just(C::WaitForCustomer { question: None }),
        3 => Just(C::WaitForThirdParty { party: None }),
        3 => prop::option::of(1..4_000i64).prop_map(|until| C::Hold {
            reason: "Feria".to_owned(),
            until: until.map(minute), // made relative to the step below
        }),
        2 => Just(C::ReleaseHold),
        4 => (0..6_000i64).prop_map(|minutes| resolve(minutes * 60)),
        2 => Just(C::Reopen { reason: None }),
        1 => Just(C::Close),
        6 => any::<bool>().prop_map(|public| C::AddComment { public, body: personal("Ya") }),
        5 => Just(C::RecordResponse { at: minute(0) }),
        2 => Just(C::RecordFirstResponse { at: minute(0) }),
        3 => priority().prop_map(|priority| C::ChangePriority { priority }),
        1 => policy().prop_map(|(policy, _)| C::ApplySlaPolicy { policy: Box::new(policy) }),
        1 => Just(C::ChangeCategory { category: TicketCategory::Reclamo }),
        1 => Just(C::RequestData { fields: names(&["amount"]) }),
        1 => Just(C::SupplyData { field: "amount".to_owned(), value: personal("90") }),
        1 => Just(C::ApplyMacro {
            macro_id: id(2),
            version: 1,
            steps: vec![
                TicketMacroStep::StartWork,
                TicketMacroStep::AddComment { public: true, body: personal("Ya") },
                TicketMacroStep::WaitForCustomer { question: None },
            ],
        }),
        2 => Just(C::CreateFollowUp { subject: personal("Otra"), category: None, priority: None }),
        3 => Just(C::RequestSurvey),
        2 => Just(C::RecordCsat { score: 5, comment: None }),
    ];
    let merge = C::MergeInto {
        survivor: other(3),
        survivor_contact: CONTACT,
        survivor_status: TicketStatus::New,
    };
    prop_oneof![
        16 => team.prop_map(|command| (command, actor())),
        4 => Just((C::CustomerReplied { message: None }, Actor::new(ActorKind::System, "inbound"))),
        2 => Just((C::AddComment { public: true, body: personal("¿Y?") }, contact())),
        1 => prop::option::weighted(0.1, Just(merge))
            .prop_map(|merge| (merge.unwrap_or(C::StartWork), actor())),
    ]
}

/// The first policy and when it all begins, what is done, and how late timers are, in minutes.
fn life() -> impl Strategy<Value = ((SlaPolicy, DateTime<Utc>), Vec<Step>, Vec<i64>)> {
    let pause = prop_oneof![3 => 0..60i64, 2 => 0..600i64, 1 => 0..3_000i64];
    let step = (command(), pause).prop_map(|((command, actor), pause)| (command, actor, pause));
    let late = prop_oneof![1 => Just(0i64), 2 => 0..LATEST];
    (policy(), prop::collection::vec(step, 1..STEPS), prop::collection::vec(late, 8))
}

/// A timer of the ticket: when it rings, and what it says.
struct Timer {
    rings: DateTime<Utc>,
    body: C,
}

struct Life {
    case: Case<Ticket>,
    observer: Observer,
    start: DateTime<Utc>,
    timers: Vec<Timer>,
    late: Vec<i64>,
    rung: usize,
}

impl Life {
    fn new(start: DateTime<Utc>, late: Vec<i64>) -> Self {
        let case = given::<Ticket>([]);
        let observer = Observer::new(start);
        Self { case, observer, start, timers: Vec::new(), late, rung: 0 }
    }

    /// Whether it was accepted; time stands still meanwhile.
    fn give(&mut self, command: C, actor: Actor) {
        let now = self.observer.now;
        // The cases count minutes from a fixed time.
        let minutes = (now - minute(0)).num_minutes();
        let outcome = self.case.clone().by(actor).at(minutes).when(command);
        if outcome.result.is_ok() {
            for event in outcome.result.iter().flatten() {
                self.observer.see(event);
            }
            self.ask_for(outcome.effects(), now);
        }
        self.case = outcome.case;
        assert_eq!(self.case.state.status(), self.observer.status);
        assert_bounded(&self.case.state);
    }

    fn ask_for(&mut self, effects: Vec<Effect>, now: DateTime<Utc>) {
        for effect in effects {
            let Some(due) = effect.due else { continue };
            assert_eq!(effect.payload["aggregate_id"], TICKET.to_string());
            assert!(due >= now, "due in the past");
            let body = serde_json::from_value(effect.payload["body"].clone()).unwrap();
            let late = self.late[self.timers.len() % self.late.len()];
            self.timers.push(Timer { rings: due + TimeDelta::minutes(late), body });
        }
    }

    fn live_until(&mut self, until: DateTime<Utc>) {
        loop {
            let rings = |timer: &Timer| timer.rings <= until;
            let next = (0..self.timers.len())
                .filter(|n| rings(&self.timers[*n]))
                .min_by_key(|n| self.timers[*n].rings);
            let Some(next) = next else { break };
            let timer = self.timers.remove(next);
            self.rung += 1;
            self.observer.live_until(timer.rings);
            self.give(timer.body, Actor::system("timer"));
        }
        self.observer.live_until(until);
    }
}

/// A time of the command, made from the time of the step.
fn timed(command: C, now: DateTime<Utc>) -> C {
    match command {
        C::RecordResponse { .. } => C::RecordResponse { at: now },
        C::RecordFirstResponse { .. } => C::RecordFirstResponse { at: now },
        C::Hold { reason, until } => {
            C::Hold { reason, until: until.map(|until| now + (until - minute(0))) }
        }
        other => other,
    }
}

/// Goes through a life under the observer's eyes, and says which events came.
fn live(
    ((policy, start), steps, late): ((SlaPolicy, DateTime<Utc>), Vec<Step>, Vec<i64>),
) -> BTreeSet<&'static str> {
    let mut life = Life::new(start, late);
    life.give(open(TicketOrigin::Manual), actor());
    life.give(C::ApplySlaPolicy { policy: Box::new(policy) }, actor());
    for (command, actor, pause) in steps {
        let now = life.observer.now + TimeDelta::minutes(pause);
        life.live_until(now);
        life.give(timed(command, now), actor);
    }
    // Until nothing of what was promised can still come.
    let rest = life.observer.now + TimeDelta::days(2);
    life.live_until(rest);
    while let Some(last) = life.timers.iter().map(|timer| timer.rings).max() {
        if last > life.start + TimeDelta::days(60) {
            break; // a calendar that hardly ever opens
        }
        life.live_until(last);
    }
    let waits = |due: &DateTime<Utc>| *due + TimeDelta::minutes(LATEST) > life.observer.now;
    for (target, due) in &life.observer.expected {
        let missed = life.observer.missed.get(target);
        let merged = life.observer.status == TicketStatus::Merged;
        assert!(missed == Some(due) || waits(due) || merged, "{target:?} {due} {missed:?}");
    }
    for (target, due) in &life.observer.missed {
        assert_eq!(life.observer.expected.get(target), Some(due), "{target:?}");
    }
    assert!(life.observer.ratings <= 1);
    life.observer.seen
}

/// Nothing in the state grows without end.
fn assert_bounded(state: &Ticket) {
    let json = serde_json::to_value(state).unwrap();
    for (field, max) in [("tags", 50), ("links", 100), ("merged", 64)] {
        assert!(json[field].as_array().unwrap().len() <= max, "{field}");
    }
    assert!(json["fields"].as_object().unwrap().len() <= 50);
    let object = json.as_object().unwrap();
    let lists = object.values().filter(|value| value.is_array()).count();
    assert_eq!(lists, 3, "a list that nothing bounds");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_ticket_keeps_its_promises_whatever_comes(steps in life()) {
        live(steps);
    }
}

/// The observer would be content with lives in which nothing happens.
#[test]
fn lives_are_full_enough_to_break_promises() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut lives: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..128 {
        for name in live(life().new_tree(&mut runner).unwrap().current()) {
            *lives.entry(name).or_default() += 1;
        }
    }
    for name in [
        "TicketStarted",
        "TicketWaitingCustomer",
        "TicketWaitingThirdParty",
        "TicketResumed",
        "TicketHeld",
        "TicketHoldEnded",
        "TicketCustomerReplied",
        "TicketResponded",
        "SlaApplied",
        "SlaClockStarted",
        "SlaPaused",
        "SlaResumed",
        "SlaBreached",
        "SlaFirstResponseMet",
        "SlaMet",
        "TicketResolved",
        "TicketReopened",
        "TicketClosed",
        "TicketMerged",
        "TicketFollowUpCreated",
        "TicketRated",
    ] {
        let often = lives.get(name).copied().unwrap_or_default();
        println!("{name}: in {often} of 128 lives");
        assert!(often >= 3, "{name}: in {often} of 128 lives");
    }
}

/// Memory of things that happen once is bounded.
#[test]
fn the_state_stays_small_however_long_it_lives() {
    let mut case = super::under_sla();
    for n in 0..200i64 {
        case = case.at(n).after(C::CustomerReplied { message: None });
        case = case.after(C::AddComment { public: true, body: personal("Ya") });
        let source = TicketId::new(uuid::Uuid::from_u128(u128::try_from(n).unwrap()));
        case = case.after(C::RecordMerge { source });
    }
    assert_bounded(&case.state);
    let bytes = serde_json::to_vec(&case.state).unwrap().len();
    assert!(bytes < 20_000, "{bytes} bytes");
    assert_eq!(Ticket::STATE_SCHEMA, 1);
}
