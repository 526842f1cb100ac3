//! What waits for its time: scheduled messages, snoozes; and surveys, which wait for the contact.

use bitacora_domain::DomainAggregate;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E, ConversationStatus,
    MessageContent, ReplyKind, Sender, SnoozeEnd, SurveyKind,
};
use serde_json::json;
use uuid::Uuid;

use super::samples::{actor, receive, template, text};
use super::{open, waiting};
use crate::support::Case;
use crate::support::ids::{message, minute, personal};

const DAY: i64 = 24 * 60;

fn schedule(content: MessageContent, at: i64) -> C {
    C::ScheduleMessage { client_message_id: Some("app-1".to_owned()), content, send_at: minute(at) }
}

/// The id that the case's `n`-th command gave what it scheduled.
fn scheduled(n: u128) -> Uuid {
    message(n).as_uuid()
}

fn release(n: u128) -> C {
    C::ReleaseScheduledMessage { scheduled: scheduled(n) }
}

#[test]
fn a_scheduled_message_leaves_when_its_time_comes() {
    let outcome = waiting().when(schedule(text("Buen día"), 60));
    let events = outcome.result.as_ref().unwrap();
    let effects = outcome.case.state.effects(&events[0]);
    assert_eq!(effects[0].due, Some(minute(60)));
    let body = json!({"ReleaseScheduledMessage": {"scheduled": scheduled(2).to_string()}});
    assert_eq!(effects[0].payload["body"], body);
    let case = outcome.case.at(59).when(release(2)).then_nothing();
    let outcome = case.at(60).when(release(2));
    let events = outcome.result.as_ref().unwrap();
    let [E::ScheduledMessageReleased { message, .. }, sent] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(matches!(sent, E::MessageQueued { message: queued, sender: Sender::Agent, author,
        client_message_id: Some(client), .. }
        if queued == message && *author == actor() && client == "app-1"));
    outcome.case.when(release(2)).then_nothing();
}

#[test]
fn what_may_not_leave_at_its_time_is_skipped_with_the_reason() {
    let skipped = |case: Case<Conversation>, at: i64| {
        let events = case.at(at).when(release(2)).result.unwrap();
        let [E::ScheduledMessageSkipped { code, .. }] = events.as_slice() else {
            panic!("{events:?}");
        };
        code.clone()
    };
    let case = waiting().after(schedule(text("Buen día"), 2 * DAY));
    assert_eq!(skipped(case.clone(), 2 * DAY), "SERVICE_WINDOW_CLOSED");
    assert_eq!(skipped(case.after(C::Close), 2 * DAY), "CONVERSATION_CLOSED");
    let case = waiting().after(schedule(template(), 2 * DAY)).at(2 * DAY);
    assert_eq!(case.when(release(2)).summary(), "ScheduledMessageReleased+MessageQueued");
}

#[test]
fn a_scheduled_message_can_be_taken_back_once() {
    let cancel = C::CancelScheduledMessage { scheduled: scheduled(2) };
    let case = waiting().after(schedule(text("Buen día"), 60)).after(cancel.clone());
    let case = case.when(cancel).then_refused("SCHEDULED_MESSAGE_NOT_PENDING");
    case.at(60).when(release(2)).then_nothing();
}

#[test]
fn twenty_messages_wait_at_most_a_year() {
    for at in [0, -1, 365 * DAY + 1] {
        open().when(schedule(template(), at)).then_refused("INVALID_SEND_AT");
    }
    open().when(schedule(text(""), 60)).then_refused("INVALID_TEXT");
    let mut case = open();
    for _ in 0..20 {
        case = case.after(schedule(template(), 365 * DAY));
    }
    case.when(schedule(template(), 60)).then_refused("TOO_MANY_SCHEDULED");
}

#[test]
fn a_snooze_has_its_number_its_timer_and_its_end() {
    let snooze = |until: Option<i64>| C::Snooze { until: until.map(minute) };
    let outcome = waiting().when(snooze(Some(60)));
    let events = outcome.result.as_ref().unwrap();
    let effects = outcome.case.state.effects(&events[0]);
    let body = json!({"WakeUp": {"snooze": 1}});
    assert_eq!((effects[0].due, &effects[0].payload["body"]), (Some(minute(60)), &body));
    let case = outcome.case;
    assert_eq!(case.state.status(), ConversationStatus::Snoozed);
    let unsnoozed = |snooze, end, at: i64| E::ConversationUnsnoozed { snooze, end, at: minute(at) };
    let snoozed = |snooze, until: Option<i64>| E::ConversationSnoozed {
        snooze,
        until: until.map(minute),
        at: minute(1),
    };
    // Another time: the first snooze ends, and its timer means nothing.
    let again = case.clone().at(1).when(snooze(Some(90)));
    let again = again.then([unsnoozed(1, SnoozeEnd::Manual, 1), snoozed(2, Some(90))]);
    let again = again.at(60).when(C::WakeUp { snooze: 1 }).then_nothing();
    again.at(90).when(C::WakeUp { snooze: 2 }).then([unsnoozed(2, SnoozeEnd::Due, 90)]);
    // A message of the contact ends it, and the timer comes late.
    let case = case.at(5).after(receive("wamid.B", minute(5)));
    assert_eq!(case.state.status(), ConversationStatus::Open);
    case.at(60).when(C::WakeUp { snooze: 1 }).then_nothing();
    // Without a time nothing wakes it up but the contact.
    let outcome = waiting().when(snooze(None));
    let events = outcome.result.as_ref().unwrap();
    assert_eq!(outcome.case.state.effects(&events[0]), []);
    outcome.case.at(1_000_000).when(C::WakeUp { snooze: 1 }).then_nothing();
    for bad in [0, 365 * DAY + 1] {
        waiting().when(snooze(Some(bad))).then_refused("INVALID_SNOOZE");
    }
}

#[test]
fn a_snoozed_conversation_stays_aside_when_a_person_writes() {
    let case = waiting().after(C::Snooze { until: None });
    let case = case.after(super::samples::queue(text("Avisame")));
    assert_eq!(case.state.status(), ConversationStatus::Snoozed);
}

fn survey(kind: SurveyKind) -> C {
    C::RequestSurvey { kind, content: text("¿Cómo fue la atención?") }
}

fn pressed(option_id: &str, reply: ReplyKind) -> C {
    let mut command = receive("wamid.S", minute(2));
    if let C::ReceiveMessage { content, .. } = &mut command {
        *content = MessageContent::Interactive {
            reply,
            option_id: option_id.to_owned(),
            title: personal("Excelente"),
            detail: None,
        };
    }
    command
}

#[test]
fn a_survey_is_answered_once_by_one_of_its_buttons() {
    let outcome = waiting().when(survey(SurveyKind::Csat));
    assert_eq!(outcome.summary(), "MessageQueued+SurveyRequested");
    let case = outcome.case;
    assert_eq!(case.state.waiting_since(), Some(minute(0)), "a survey answers nobody");
    let answered = case.clone().at(2).when(pressed("csat:5", ReplyKind::Button));
    let events = answered.result.as_ref().unwrap();
    let at = minute(2);
    let expected = E::SurveyAnswered { kind: SurveyKind::Csat, score: 5, comment: None, at };
    assert_eq!(events.last(), Some(&expected));
    let mut again = pressed("csat:4", ReplyKind::Button);
    if let C::ReceiveMessage { provider_message_id, .. } = &mut again {
        *provider_message_id = "wamid.T".to_owned();
    }
    assert!(!answered.case.when(again).summary().contains("SurveyAnswered"));
    for other in ["csat:6", "csat:0", "nps:9", "csat:+5", "csat:", "csat:5x"] {
        let outcome = case.clone().when(pressed(other, ReplyKind::Button));
        assert!(!outcome.summary().contains("SurveyAnswered"), "{other}");
    }
    let outcome = case.when(pressed("csat:5", ReplyKind::Flow));
    assert!(!outcome.summary().contains("SurveyAnswered"));
}

#[test]
fn a_survey_is_answered_by_hand_within_its_range() {
    let record = |kind, score| C::RecordSurvey { kind, score, comment: None };
    waiting().when(record(SurveyKind::Csat, 5)).then_refused("SURVEY_NOT_REQUESTED");
    let case = waiting().after(survey(SurveyKind::Nps));
    let case = case.when(record(SurveyKind::Csat, 5)).then_refused("SURVEY_NOT_REQUESTED");
    let case = case.when(record(SurveyKind::Nps, 11)).then_refused("INVALID_SCORE");
    let long = C::RecordSurvey {
        kind: SurveyKind::Nps,
        score: 10,
        comment: Some(personal(&"x".repeat(2_001))),
    };
    let case = case.when(long).then_refused("INVALID_COMMENT");
    let case = case.after(C::Close).after(record(SurveyKind::Nps, 0));
    case.when(record(SurveyKind::Nps, 0)).then_refused("SURVEY_NOT_REQUESTED");
}
