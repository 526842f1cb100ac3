//! What is taken off all screens takes along what hangs on it.

use bitacora_domain::MessageId;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E, ProposedAction, SendOutcome,
};
use bitacora_domain::aggregates::tenant::AiMode;
use uuid::Uuid;

use super::matrix::triage;
use super::samples::{queue, text};
use super::waiting;
use crate::support::Case;
use crate::support::ids::{message, minute, personal};

fn redact(message: MessageId) -> C {
    C::RedactMessage { message, reason: "Datos de tarjeta".to_owned() }
}

fn begin(attempt: i64) -> C {
    C::BeginSend { message: message(2), attempt, opted_out: false }
}

/// With a message of ours, made by the second command.
fn answered() -> Case<Conversation> {
    waiting().after(queue(text("Su tarjeta es la 4242")))
}

#[test]
fn a_message_that_has_not_left_stays_here() {
    let outcome = answered().when(redact(message(2)));
    assert_eq!(outcome.summary(), "MessageRejected+MessageRedacted");
    let events = outcome.result.as_ref().unwrap();
    assert!(matches!(
        &events[0],
        E::MessageRejected { title, retryable: false, .. } if title == "MESSAGE_REDACTED"
    ));
    outcome.case.when(begin(1)).then_refused("MESSAGE_NOT_PENDING");
}

#[test]
fn a_message_under_way_cannot_be_held_but_is_not_tried_again() {
    let outcome = answered().after(begin(1)).when(redact(message(2)));
    assert_eq!(outcome.summary(), "MessageRedacted");
    let failed = SendOutcome::Rejected { code: 131_016, title: "x".into(), retryable: true };
    let outcome = outcome.case.when(C::RecordSendOutcome {
        message: message(2),
        attempt: 1,
        outcome: failed,
    });
    let events = outcome.result.as_ref().unwrap();
    assert!(matches!(events.as_slice(), [E::MessageRejected { retryable: false, .. }]));
    outcome.case.when(begin(2)).then_refused("MESSAGE_NOT_PENDING");
}

#[test]
fn what_the_ai_made_of_it_ends_too_and_nothing_new_comes() {
    let mut judged = triage(message(1), AiMode::Assisted);
    if let C::RecordTriage { actions, reply, .. } = &mut judged {
        *reply = Some(personal("Anoto su tarjeta 4242"));
        let (action, kind) = (Uuid::nil(), "create_ticket".to_owned());
        let arguments = Some(personal("{\"tarjeta\": 4242}"));
        *actions = vec![ProposedAction { action, kind, arguments }];
    }
    let outcome = waiting().after(judged).when(redact(message(1)));
    assert_eq!(outcome.summary(), "SuggestionSuperseded+ActionRejected+MessageRedacted");
    let state = serde_json::to_string(&outcome.case.state).unwrap();
    assert!(!state.contains("4242"), "{state}");
    let late = waiting().after(redact(message(1)));
    let words = C::AttachAudioTranscript {
        message: message(1),
        text: personal("Mi tarjeta es la 4242"),
        language: "es".to_owned(),
        model: "whisper".to_owned(),
    };
    let edit = C::RecordMessageEdit {
        provider_message_id: "wamid.E".to_owned(),
        target: "wamid.A".to_owned(),
        content: text("Mi tarjeta es la 4242"),
        at: minute(2),
    };
    let first = late.clone().when(edit.clone()).result.unwrap().remove(0);
    assert!(matches!(first, E::MessageEdited { message: None, .. }), "{first:?}");
    let before = waiting().when(edit).result.unwrap().remove(0);
    assert!(matches!(before, E::MessageEdited { message: Some(_), .. }), "{before:?}");
    late.when(triage(message(1), AiMode::Autopilot)).then_nothing().when(words).then_nothing();
}
