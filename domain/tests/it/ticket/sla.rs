//! The clocks of the SLA. It is 9 o'clock on a Monday in Buenos Aires at minute 0, people work
//! from 9 to 18, and the sample policy gives an hour to the first answer, two to the next ones
//! and ten to the end.

use std::collections::BTreeMap;

use bitacora_domain::aggregates::conversation::Priority;
use bitacora_domain::aggregates::ticket::{
    PerTarget, SlaPolicy, SlaTarget, SlaTargets, Ticket, TicketCommand as C, TicketEvent as E,
    TicketOrigin,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::samples::{actor, id, policy};
use super::{new, open, resolve, under_sla};
use crate::support::ids::{minute, personal};
use crate::support::{Case, given};

const FIRST: SlaTarget = SlaTarget::FirstResponse;
const NEXT: SlaTarget = SlaTarget::NextResponse;
const END: SlaTarget = SlaTarget::Resolution;

fn apply(policy: SlaPolicy) -> C {
    C::ApplySlaPolicy { policy: Box::new(policy) }
}

fn due(case: &Case<Ticket>, target: SlaTarget) -> Option<DateTime<Utc>> {
    case.state.clock(target).and_then(|clock| clock.due_at)
}

fn check(target: SlaTarget) -> C {
    C::CheckSla { target }
}

fn answer(minutes: i64) -> C {
    C::RecordResponse { at: minute(minutes) }
}

fn reply() -> C {
    C::CustomerReplied { message: None }
}

#[test]
fn targets_are_due_when_their_open_time_has_passed() {
    let outcome = new().when(apply(policy()));
    let due_at = PerTarget {
        first_response: Some(minute(60)),
        next_response: None,
        // 18 o'clock closes the first day; nine of ten hours are used, and night is no time.
        resolution: Some(minute(1_440 + 60)),
    };
    let effects = outcome.effects();
    let timers: Vec<_> = effects.iter().map(|effect| effect.due.unwrap()).collect();
    assert_eq!(timers, [minute(60), minute(1_500)]);
    assert_eq!(effects[0].payload["body"]["CheckSla"]["target"], "FIRST_RESPONSE");
    let elapsed_ms =
        PerTarget { first_response: Some(0), next_response: None, resolution: Some(0) };
    let (policy, priority, at) = (Box::new(policy()), Priority::Medium, minute(0));
    let case = outcome.then([E::SlaApplied { policy, priority, elapsed_ms, due_at, at }]);
    case.at(10).when(apply(super::samples::policy())).then_nothing();
}

#[test]
fn a_ticket_can_be_born_under_an_sla() {
    let mut command = open(TicketOrigin::Triage);
    if let C::Open { sla, .. } = &mut command {
        *sla = Some(Box::new(policy()));
    }
    let outcome = given::<Ticket>([]).when(command);
    assert_eq!(outcome.summary(), "TicketOpened+SlaApplied");
    assert_eq!(due(&outcome.case, FIRST), Some(minute(60)));
}

#[test]
fn a_target_is_missed_once_and_from_its_due_time_on() {
    let case = under_sla();
    case.clone().at(59).when(check(FIRST)).then_nothing();
    let missed = case.at(60).when(check(FIRST)).then([E::SlaBreached {
        target: FIRST,
        turn: None,
        due_at: minute(60),
        at: minute(60),
    }]);
    missed.clone().at(61).when(check(FIRST)).then_nothing();
    // The answer comes late: it is an answer, and no target is met.
    let late = missed.at(90).when(answer(90));
    assert_eq!(late.summary(), "TicketResponded");
}

#[test]
fn an_answer_in_time_meets_its_target() {
    let at = minute(59);
    let elapsed_ms = 59 * 60_000;
    let case = under_sla().at(59).when(C::RecordFirstResponse { at }).then([
        E::TicketResponded { first: true, turn: 0, waited_ms: elapsed_ms, by: actor(), at },
        E::SlaFirstResponseMet { due_at: Some(minute(60)), elapsed_ms, at },
    ]);
    case.clone().when(C::RecordFirstResponse { at }).then_nothing();
    case.clone().when(answer(59)).then_nothing();
    case.at(60).when(check(FIRST)).then_nothing();
}

#[test]
fn an_answer_counts_from_when_it_was_given() {
    // The timer was late, and so was the news of the answer.
    let outcome = under_sla().at(70).when(answer(59));
    assert_eq!(outcome.summary(), "TicketResponded+SlaFirstResponseMet");
    let outcome = under_sla().at(70).when(answer(60));
    assert_eq!(outcome.summary(), "SlaBreached+TicketResponded");
    // Nobody answers before there was something to answer, or in the future.
    let events = under_sla().at(20).when(answer(-5)).result.unwrap();
    assert!(matches!(events[0], E::TicketResponded { waited_ms: 0, .. }));
    let events = under_sla().at(20).when(answer(500)).result.unwrap();
    assert!(matches!(events[0], E::TicketResponded { waited_ms: 1_200_000, .. }));
}

#[test]
fn each_turn_of_the_contact_has_a_clock_of_its_own() {
    let answered = under_sla().at(10).after(answer(10));
    let turn = answered.at(20).when(reply()).then([
        E::TicketCustomerReplied { turn: 1, message: None, at: minute(20) },
        E::SlaClockStarted { target: NEXT, turn: 1, due_at: Some(minute(140)), at: minute(20) },
    ]);
    // More words before the answer are the same turn.
    let more = turn.at(30).when(reply());
    assert_eq!(more.summary(), "TicketCustomerReplied");
    let missed = more.case.at(140).when(check(NEXT)).then([E::SlaBreached {
        target: NEXT,
        turn: Some(1),
        due_at: minute(140),
        at: minute(140),
    }]);
    let answered = missed.at(150).when(answer(150)).then([E::TicketResponded {
        first: false,
        turn: 1,
        waited_ms: 130 * 60_000,
        by: actor(),
        at: minute(150),
    }]);
    let again = answered.at(160).after(reply()).at(170).when(answer(170));
    assert_eq!(again.summary(), "TicketResponded+SlaMet");
    assert!(again.result.unwrap().contains(&E::SlaMet {
        target: NEXT,
        turn: Some(2),
        due_at: Some(minute(280)),
        elapsed_ms: 600_000,
        at: minute(170),
    }));
}

#[test]
fn clocks_stand_still_while_it_waits_and_go_on_with_new_due_times() {
    let paused = under_sla().at(40).when(C::WaitForCustomer { question: None });
    assert_eq!(paused.summary(), "TicketWaitingCustomer+SlaPaused");
    let spent =
        |ms| PerTarget { first_response: Some(ms), next_response: None, resolution: Some(ms) };
    assert!(
        paused
            .result
            .as_ref()
            .unwrap()
            .contains(&E::SlaPaused { elapsed_ms: spent(2_400_000), at: minute(40) })
    );
    assert_eq!(due(&paused.case, FIRST), None);
    let case = paused.case;
    case.clone().at(60).when(check(FIRST)).then_nothing();
    let resumed = case.at(100).when(reply());
    assert_eq!(resumed.summary(), "TicketCustomerReplied+TicketResumed+SlaResumed");
    assert!(resumed.result.as_ref().unwrap().contains(&E::SlaResumed {
        elapsed_ms: spent(2_400_000),
        due_at: PerTarget {
            first_response: Some(minute(120)),
            next_response: None,
            resolution: Some(minute(1_560)),
        },
        at: minute(100),
    }));
    let timers: Vec<_> = resumed.effects().into_iter().map(|effect| effect.due).collect();
    assert_eq!(timers, [Some(minute(120)), Some(minute(1_560))]);
    // The timer of before the pause is late and means nothing.
    resumed.case.at(119).when(check(FIRST)).then_nothing();
}

#[test]
fn a_hold_stops_the_clocks_too() {
    let hold = || C::Hold { reason: "Feria".to_owned(), until: Some(minute(200)) };
    let held = under_sla().at(40).when(hold());
    assert_eq!(held.summary(), "TicketHeld+SlaPaused");
    assert_eq!(held.case.clone().at(50).when(hold()).summary(), "TicketHeld");
    let ended = held.case.at(200).when(C::EndHold { hold: 1 });
    assert_eq!(ended.summary(), "TicketHoldEnded+SlaResumed");
    assert_eq!(due(&ended.case, FIRST), Some(minute(220)));
}

#[test]
fn whoever_stops_a_clock_too_late_has_missed_the_target() {
    let stops = [
        C::WaitForCustomer { question: None },
        C::Hold { reason: "Feria".to_owned(), until: None },
        resolve(600),
        answer(60),
        C::CustomerReplied { message: None },
        C::MergeInto {
            survivor: super::other(2),
            survivor_contact: super::CONTACT,
            survivor_status: bitacora_domain::aggregates::ticket::TicketStatus::New,
        },
        C::AddComment { public: true, body: personal("Ya") },
    ];
    for stop in stops {
        let events = under_sla().at(60).when(stop.clone()).result.unwrap();
        let missed = |event: &&E| matches!(event, E::SlaBreached { target: FIRST, .. });
        assert_eq!(events.iter().filter(missed).count(), 1, "{stop:?}");
        assert!(!events.iter().any(|event| matches!(event, E::SlaFirstResponseMet { .. })));
    }
}

#[test]
fn a_resolution_in_time_meets_the_target_and_reopening_goes_on_counting() {
    let solved = under_sla().at(10).after(answer(10)).at(300).when(resolve(86_400));
    assert_eq!(solved.summary(), "TicketResolved+SlaMet+SlaPaused");
    let back = solved.case.at(400).when(reply());
    assert_eq!(back.summary(), "TicketCustomerReplied+TicketReopened+SlaResumed+SlaClockStarted");
    assert_eq!(due(&back.case, END), Some(minute(1_600)));
    let late = back.case.at(1_600).when(check(END));
    assert_eq!(late.summary(), "SlaBreached+SlaBreached", "the turn of minute 400 was due too");
    let solved = late.case.at(1_700).when(resolve(0));
    assert_eq!(solved.summary(), "TicketResolved+SlaPaused");
    assert_eq!(solved.case.after(C::Close).state.sla_policy(), None);
}

#[test]
fn another_priority_has_other_targets_and_keeps_what_was_counted() {
    let urgent = C::ChangePriority { priority: Priority::Urgent };
    let outcome = under_sla().at(20).when(urgent.clone());
    assert_eq!(outcome.summary(), "TicketPriorityChanged+SlaApplied");
    assert_eq!(due(&outcome.case, FIRST), Some(minute(30)));
    // More was used than there is now: missed at once.
    let outcome = under_sla().at(40).when(urgent.clone());
    assert_eq!(outcome.summary(), "TicketPriorityChanged+SlaApplied+SlaBreached");
    let waiting = under_sla().at(40).after(C::WaitForCustomer { question: None });
    let outcome = waiting.at(50).when(urgent.clone());
    assert_eq!(outcome.summary(), "TicketPriorityChanged+SlaApplied+SlaBreached");
    // And once is enough, whatever the priority is after that.
    let medium = C::ChangePriority { priority: Priority::Medium };
    let back = outcome.case.after(medium).after(C::StartWork).at(200);
    assert_eq!(due(&back, FIRST), None);
    assert_eq!(back.when(urgent.clone()).summary(), "TicketPriorityChanged+SlaApplied");
    // What was settled was settled under the old targets.
    let solved = under_sla().at(10).after(answer(10)).at(400).after(resolve(86_400));
    assert_eq!(solved.clone().when(urgent.clone()).summary(), "TicketPriorityChanged");
    let low = C::ChangePriority { priority: Priority::Low };
    let free = under_sla().at(20).after(low);
    assert_eq!(due(&free, FIRST), None);
}

#[test]
fn another_policy_takes_over_what_was_counted() {
    let targets = SlaTargets { first_response_s: Some(1_800), ..SlaTargets::default() };
    let targets = BTreeMap::from([(Priority::Medium, targets)]);
    let next = SlaPolicy { policy: id(52), targets, ..policy() };
    let case = under_sla().at(20).after(apply(next));
    assert_eq!(due(&case, FIRST), Some(minute(30)));
    assert_eq!(due(&case, END), None);
}

#[test]
fn a_policy_has_targets_within_bounds() {
    let with = |first_response_s| {
        let targets = SlaTargets { first_response_s, ..SlaTargets::default() };
        SlaPolicy { targets: BTreeMap::from([(Priority::Low, targets)]), ..policy() }
    };
    for bad in [with(None), with(Some(59)), with(Some(366 * 86_400 + 1))] {
        new().when(apply(bad)).then_refused("INVALID_SLA_POLICY");
    }
    new().when(apply(SlaPolicy { version: 0, ..policy() })).then_refused("INVALID_SLA_POLICY");
    let mut nowhere = policy();
    nowhere.calendar.time_zone = "Mars/Phobos".to_owned();
    new().when(apply(nowhere)).then_refused("INVALID_SLA_POLICY");
    assert_eq!(new().when(apply(with(Some(60)))).summary(), "SlaApplied");
}

#[test]
fn clocks_count_parts_of_a_second() {
    let policy = policy();
    let at = minute(0) + TimeDelta::milliseconds(250);
    let due = policy.due_at((Priority::Medium, FIRST), 1_500, at);
    assert_eq!(due, Some(minute(60) - TimeDelta::milliseconds(1_250)));
}
