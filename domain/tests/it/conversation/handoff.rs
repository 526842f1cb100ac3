//! Hand-offs to people: the lease and its timers.

use bitacora_domain::aggregates::conversation::{
    AssignedBy, Conversation, ConversationCommand as C, ConversationEvent as E, HandoffEnd,
    HandoffFallback, HandoffReason, HandoffStatus, Sender,
};
use bitacora_domain::{DomainAggregate, UserId};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::samples::{actor, queue, text};
use super::{closed, open, resolved, waiting};
use crate::support::ids::{AGENT, STREAM, minute, personal};
use crate::support::{Case, Outcome};

fn request(fallback: HandoffFallback, notice: Option<&str>) -> C {
    C::RequestHandoff {
        reason: HandoffReason::CustomerAsked,
        note: Some(personal("Quiere hablar con Raúl")),
        timeout_s: 600,
        fallback,
        notice: notice.map(personal),
    }
}

fn accept() -> C {
    C::AcceptHandoff { agent: AGENT, lease_s: 1_800 }
}

/// Requested at minute 1, to be accepted before minute 11.
fn requested() -> Case<Conversation> {
    waiting().at(1).after(request(HandoffFallback::KeepWaiting, None))
}

/// Accepted at minute 2, leased until minute 32.
fn accepted() -> Case<Conversation> {
    requested().at(2).after(accept())
}

fn status(case: &Case<Conversation>) -> HandoffStatus {
    case.state.standing(minute(0)).handoff
}

/// The timers that an outcome sets: when, and the command.
fn timers(outcome: &Outcome<Conversation>) -> Vec<(DateTime<Utc>, Value)> {
    let events = outcome.result.as_ref().unwrap();
    let effects = events.iter().flat_map(|event| outcome.case.state.effects(event));
    effects
        .filter_map(|effect| {
            assert_eq!(effect.payload["aggregate_id"], json!(STREAM.to_string()));
            Some((effect.due?, effect.payload["body"].clone()))
        })
        .collect()
}

#[test]
fn a_request_sets_its_timer_and_says_who_asked_and_why() {
    let outcome = waiting().at(1).when(request(HandoffFallback::KeepWaiting, None));
    assert_eq!(timers(&outcome), [(minute(11), json!({"TimeOutHandoff": {"handoff": 1}}))]);
    outcome.then([E::HandoffRequested {
        handoff: 1,
        from: HandoffStatus::None,
        reason: HandoffReason::CustomerAsked,
        note: Some(personal("Quiere hablar con Raúl")),
        by: actor(),
        expires_at: minute(11),
        fallback: HandoffFallback::KeepWaiting,
        at: minute(1),
    }]);
}

#[test]
fn the_contact_is_told_only_while_the_window_is_open() {
    let told = |case: Case<Conversation>| {
        case.when(request(HandoffFallback::KeepWaiting, Some("Ya te atienden"))).result.unwrap()
    };
    let events = told(waiting());
    assert!(matches!(
        events.as_slice(),
        [
            E::HandoffRequested { .. },
            E::MessageQueued { sender: Sender::System, response: None, .. }
        ]
    ));
    assert_eq!(told(waiting().at(1_440)).len(), 1);
    assert_eq!(told(open()).len(), 1);
    // It answers nobody: somebody still waits. And it reaches one who opted out.
    let case = waiting().after(C::RecordOptOut { by: "agent".to_owned() });
    let outcome = case.when(request(HandoffFallback::KeepWaiting, Some("Ya te atienden")));
    assert_eq!(outcome.summary(), "HandoffRequested+MessageQueued");
    assert_eq!(outcome.case.state.waiting_since(), Some(minute(0)));
}

#[test]
fn whoever_accepts_gets_the_conversation_and_a_lease() {
    let outcome = requested().at(2).when(accept());
    assert_eq!(timers(&outcome), [(minute(32), json!({"CheckHandoffLease": {"handoff": 1}}))]);
    let case = outcome.then([
        E::HandoffAccepted {
            handoff: 1,
            from: HandoffStatus::Requested,
            agent: AGENT,
            lease_until: minute(32),
            lease_s: 1_800,
            waited_ms: 60_000,
            at: minute(2),
        },
        E::ConversationAssigned {
            agent: Some(AGENT),
            team: None,
            previous_agent: None,
            previous_team: None,
            by: AssignedBy::User,
        },
    ]);
    let other = UserId::new(Uuid::from_u128(9));
    case.when(accept())
        .then_nothing()
        .when(C::AcceptHandoff { agent: other, lease_s: 600 })
        .then_refused("HANDOFF_TAKEN");
}

#[test]
fn nobody_came_and_it_waits_on_or_falls_back() {
    let time_out = C::TimeOutHandoff { handoff: 1 };
    requested().at(10).when(time_out.clone()).then_nothing();
    let case = requested().at(11);
    let (handoff, at) = (1, minute(11));
    let fallback = HandoffFallback::KeepWaiting;
    let case = case.when(time_out.clone()).then([E::HandoffTimedOut { handoff, fallback, at }]);
    assert_eq!(status(&case), HandoffStatus::TimedOut);
    let case = case.when(time_out.clone()).then_nothing();
    // Late is better than never.
    assert_eq!(status(&case.clone().after(accept())), HandoffStatus::Accepted);
    assert_eq!(status(&case.after(C::ReturnToBot)), HandoffStatus::None);
    let fallback = HandoffFallback::ReturnToBot;
    let case = waiting().at(1).after(request(fallback, None)).at(11);
    let case = case.when(time_out).then([
        E::HandoffTimedOut { handoff, fallback, at },
        E::HandoffEnded { handoff, from: HandoffStatus::TimedOut, end: HandoffEnd::FellBack, at },
    ]);
    assert_eq!(status(&case), HandoffStatus::None);
}

#[test]
fn a_silent_person_loses_the_lease() {
    let check = C::CheckHandoffLease { handoff: 1 };
    accepted().at(31).when(check.clone()).then_nothing();
    let (from, end, at) = (HandoffStatus::Accepted, HandoffEnd::Lapsed, minute(32));
    let case = accepted().at(32).when(check.clone());
    case.then([E::HandoffEnded { handoff: 1, from, end, at }]).when(check).then_nothing();
}

#[test]
fn every_word_of_a_person_renews_the_lease() {
    let check = C::CheckHandoffLease { handoff: 1 };
    let case = accepted().at(20).after(queue(text("Un momento")));
    let outcome = case.at(32).when(check.clone());
    assert_eq!(timers(&outcome), [(minute(50), json!({"CheckHandoffLease": {"handoff": 1}}))]);
    let case = outcome.then([E::HandoffExtended { handoff: 1, lease_until: minute(50) }]);
    // The timer that counts is the new one.
    let case = case.at(49).when(check.clone()).then_nothing();
    assert_eq!(case.at(50).when(check.clone()).summary(), "HandoffEnded");
    // What a machine says does not.
    let notice = super::matrix::send(text("Aviso"), Sender::System);
    let case = accepted().at(20).after(notice);
    assert_eq!(case.at(32).when(check.clone()).summary(), "HandoffEnded");
    // A word from the phone does, but a clock far ahead gives no endless lease.
    let echo = |at| C::RecordAgentEcho {
        provider_message_id: "wamid.E".to_owned(),
        content: text("Ya voy"),
        sent_at: minute(at),
    };
    let case = accepted().at(20).after(echo(20));
    assert_eq!(case.at(32).when(check.clone()).summary(), "HandoffExtended");
    let case = accepted().at(20).after(echo(1_000_000));
    let events = case.at(32).when(check).result.unwrap();
    assert_eq!(events, [E::HandoffExtended { handoff: 1, lease_until: minute(62) }]);
}

#[test]
fn timers_of_an_earlier_hand_off_mean_nothing() {
    let case = accepted().after(C::ReturnToBot).at(3);
    let case = case.after(request(HandoffFallback::KeepWaiting, None));
    let case = case.at(60).when(C::TimeOutHandoff { handoff: 1 }).then_nothing();
    let case = case.when(C::CheckHandoffLease { handoff: 1 }).then_nothing();
    assert_eq!(case.when(C::TimeOutHandoff { handoff: 2 }).summary(), "HandoffTimedOut");
}

#[test]
fn a_hand_off_ends_with_the_conversation() {
    for command in [C::Close, C::Resolve { resolution: None }] {
        let outcome = accepted().at(5).when(command);
        let events = outcome.result.as_ref().unwrap();
        let (from, end) = (HandoffStatus::Accepted, HandoffEnd::ConversationOver);
        assert_eq!(events[0], E::HandoffEnded { handoff: 1, from, end, at: minute(5) });
        assert_eq!(status(&outcome.case), HandoffStatus::None);
    }
}

#[test]
fn asking_for_a_person_brings_a_settled_conversation_back() {
    let ask = || request(HandoffFallback::KeepWaiting, None);
    assert_eq!(resolved().when(ask()).summary(), "ConversationReopened+HandoffRequested");
    closed().when(ask()).then_refused("CONVERSATION_CLOSED");
}

#[test]
fn times_and_words_of_a_hand_off_are_bounded() {
    let with = |timeout_s, note: &str, notice: &str| C::RequestHandoff {
        reason: HandoffReason::Agent,
        note: Some(personal(note)),
        timeout_s,
        fallback: HandoffFallback::KeepWaiting,
        notice: Some(personal(notice)),
    };
    for timeout_s in [29, 7 * 86_400 + 1] {
        open().when(with(timeout_s, "n", "n")).then_refused("INVALID_HANDOFF_TIMEOUT");
    }
    open().when(with(30, &"n".repeat(1_001), "n")).then_refused("INVALID_NOTE");
    open().when(with(30, "n", " ")).then_refused("INVALID_TEXT");
    for lease_s in [59, 7 * 86_400 + 1] {
        let accept = C::AcceptHandoff { agent: AGENT, lease_s };
        requested().when(accept).then_refused("INVALID_HANDOFF_LEASE");
    }
}
