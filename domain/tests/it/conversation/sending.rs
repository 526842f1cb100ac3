//! How a message leaves: at most once.

use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E, DeliveryStatus, SEND_EFFECT,
    SendEffect, SendOutcome, Sender,
};
use bitacora_domain::{Claim, DomainAggregate, Meter, Tally};

use super::matrix::{send, triage};
use super::samples::{queue, receive, report, template, text};
use super::{open, waiting};
use crate::support::Case;
use crate::support::ids::{CHANNEL, CONTACT, CONVERSATION, message, minute};
use bitacora_domain::aggregates::tenant::AiMode;

fn begin(attempt: i64) -> C {
    C::BeginSend { message: message(2), attempt, opted_out: false }
}

fn outcome(attempt: i64, outcome: SendOutcome) -> C {
    C::RecordSendOutcome { message: message(2), attempt, outcome }
}

fn accepted(id: &str) -> SendOutcome {
    SendOutcome::Accepted { provider_message_id: id.to_owned() }
}

fn lost() -> SendOutcome {
    SendOutcome::Unknown { reason: "timeout".to_owned() }
}

fn rejected(retryable: bool) -> SendOutcome {
    SendOutcome::Rejected { code: 131_016, title: "Service unavailable".to_owned(), retryable }
}

/// With a text of a person, queued by the second command.
fn queued() -> Case<Conversation> {
    waiting().at(1).after(queue(text("Sí")))
}

fn begun() -> Case<Conversation> {
    queued().after(begin(1))
}

fn status(case: &Case<Conversation>) -> Option<DeliveryStatus> {
    case.state.outbound(message(2)).map(|message| message.status)
}

#[test]
fn a_queued_message_is_one_effect_in_the_order_of_the_conversation_and_counts() {
    let command = C::SendMessage {
        client_message_id: None,
        content: text("Sí"),
        sender: Sender::Agent,
        reply_to: Some(message(1)),
    };
    let outcome = waiting().when(command);
    let event = &outcome.result.as_ref().unwrap()[0];
    let effects = outcome.case.state.effects(event);
    let [effect] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((effect.kind, effect.due), (SEND_EFFECT, None));
    assert_eq!(effect.serial, Some(CONVERSATION.to_string()));
    let payload: SendEffect = serde_json::from_value(effect.payload.clone()).unwrap();
    assert_eq!(
        payload,
        SendEffect {
            conversation: CONVERSATION,
            contact: CONTACT,
            channel: CHANNEL,
            message: message(2),
            content: text("Sí"),
            reply_to: Some("wamid.A".to_owned()),
        }
    );
    assert_eq!(outcome.case.state.tallies(event), [Tally::one(Meter::Messages)]);
}

#[test]
fn an_attempt_begins_once_and_never_beside_another() {
    let case = begun();
    let case = case.when(begin(1)).then_refused("SEND_IN_FLIGHT");
    let case = case.when(begin(2)).then_refused("SEND_IN_FLIGHT");
    let case = case.after(outcome(1, rejected(true)));
    let case = case.when(begin(1)).then_refused("SEND_ATTEMPT_STALE");
    let case = case.after(begin(2)).after(outcome(2, accepted("wamid.OUT")));
    case.when(begin(3)).then_refused("MESSAGE_NOT_PENDING");
    open().when(begin(1)).then_refused("MESSAGE_UNKNOWN");
}

#[test]
fn an_accepted_message_is_bound_and_sent_when_a_status_says_so() {
    let outcome_ = begun().when(outcome(1, accepted("wamid.OUT")));
    let owner = format!("{CONVERSATION}/{}", message(2));
    assert_eq!(outcome_.claims(), [Claim::take("message.provider", "wamid.OUT", owner)]);
    let case = outcome_.case;
    assert_eq!(status(&case), Some(DeliveryStatus::Pending));
    let case = case.when(outcome(1, accepted("wamid.OUT"))).then_nothing();
    let case = case.after(report(message(2), None, DeliveryStatus::Sent, minute(2)));
    let known = case.state.outbound(message(2)).unwrap();
    assert_eq!(known.provider_message_id.as_deref(), Some("wamid.OUT"));
    begun().when(outcome(1, accepted(""))).then_refused("INVALID_PROVIDER_MESSAGE_ID");
}

#[test]
fn a_status_may_be_quicker_than_the_answer() {
    let case = begun().after(report(message(2), None, DeliveryStatus::Delivered, minute(1)));
    let case = case.after(outcome(1, accepted("wamid.OUT")));
    assert_eq!(status(&case), Some(DeliveryStatus::Delivered));
    // It said the id first: that one stays.
    let early = report(message(2), Some("wamid.OUT"), DeliveryStatus::Sent, minute(1));
    let events = begun().after(early).when(outcome(1, accepted("wamid.X"))).result.unwrap();
    assert!(matches!(events.as_slice(), [E::MessageAccepted { provider_message_id, .. }]
        if provider_message_id == "wamid.OUT"));
    // And neither doubt nor rejection moves it back.
    for late in [lost(), rejected(false)] {
        let case = begun().after(report(message(2), None, DeliveryStatus::Sent, minute(1)));
        let case = case.when(outcome(1, late)).then_nothing();
        assert_eq!(status(&case), Some(DeliveryStatus::Sent));
    }
}

#[test]
fn what_nobody_knows_is_never_sent_again_and_a_status_tells() {
    let case = begun().after(outcome(1, lost()));
    assert_eq!(status(&case), Some(DeliveryStatus::Unknown));
    let case = case.when(begin(2)).then_refused("MESSAGE_NOT_PENDING");
    let case = case.when(outcome(1, rejected(true))).then_nothing();
    // The worker that was given up did succeed.
    let found = case.clone().when(outcome(1, accepted("wamid.OUT")));
    assert_eq!(found.summary(), "MessageAccepted");
    found.case.when(begin(2)).then_refused("MESSAGE_NOT_PENDING");
    for (to, event) in [
        (DeliveryStatus::Sent, "MessageSent"),
        (DeliveryStatus::Delivered, "MessageDelivered"),
        (DeliveryStatus::Read, "MessageRead"),
        (DeliveryStatus::Failed, "MessageFailed"),
    ] {
        let outcome = case.clone().when(report(message(2), Some("wamid.OUT"), to, minute(2)));
        assert_eq!(outcome.summary(), event);
    }
}

#[test]
fn a_rejection_for_good_fails_and_another_try_waits() {
    let case = begun().after(outcome(1, rejected(true)));
    assert_eq!(status(&case), Some(DeliveryStatus::Pending));
    let case = case.after(begin(2)).after(outcome(2, rejected(false)));
    assert_eq!(status(&case), None);
    case.when(begin(3)).then_refused("MESSAGE_NOT_PENDING");
}

#[test]
fn an_outcome_of_an_older_attempt_means_nothing() {
    let case = begun().after(outcome(1, rejected(true))).after(begin(2));
    for late in [lost(), rejected(false), accepted("wamid.OLD")] {
        let case = case.clone().when(outcome(1, late)).then_nothing();
        assert_eq!(status(&case), Some(DeliveryStatus::Pending));
    }
    queued().when(outcome(1, accepted("wamid.OUT"))).then_nothing();
    queued().when(outcome(0, accepted("wamid.OUT"))).then_nothing();
}

fn withdrawn(case: Case<Conversation>, at: i64) -> (i64, String) {
    let outcome = case.at(at).when(begin(1));
    let [E::MessageRejected { code, title, retryable: false, .. }] =
        outcome.result.as_ref().unwrap().as_slice()
    else {
        panic!("{}", outcome.summary());
    };
    assert_eq!(status(&outcome.case), None);
    (*code, title.clone())
}

#[test]
fn what_may_not_be_said_any_more_is_withdrawn_at_the_door() {
    let day = 24 * 60;
    assert_eq!(withdrawn(queued(), day), (131_047, "SERVICE_WINDOW_CLOSED".to_owned()));
    let ai = || waiting().at(1).after(triage(message(1), AiMode::Autopilot));
    assert_eq!(ai().when(begin(1)).summary(), "MessageSendAttempted");
    let of = |code: &str| (0, code.to_owned());
    assert_eq!(withdrawn(ai().after(C::PauseAi { reason: None }), 2), of("AI_PAUSED"));
    assert_eq!(withdrawn(ai().after(C::RecordOptOut { by: "x".into() }), 2), of("OPTED_OUT"));
    assert_eq!(withdrawn(ai().after(C::Close), 2), of("CONVERSATION_CLOSED"));
    let campaign = || waiting().after(send(template(), Sender::Campaign));
    assert_eq!(withdrawn(campaign().after(C::PauseAi { reason: None }), 2), of("AI_PAUSED"));
    // A person's word leaves, whatever has ended meanwhile.
    assert_eq!(queued().after(C::Close).when(begin(1)).summary(), "MessageSendAttempted");
    let late = waiting().after(queue(template())).after(C::Close).at(9 * day);
    assert_eq!(late.when(begin(1)).summary(), "MessageSendAttempted");
}

#[test]
fn the_first_answer_is_told_from_the_later_ones() {
    let response = |case: &Case<Conversation>, command| {
        let events = case.clone().when(command).result.unwrap();
        events.into_iter().find_map(|event| match event {
            E::MessageQueued { response, .. } => response,
            _ => None,
        })
    };
    let case = waiting().at(3);
    // A notice is no answer, and nobody stops waiting for it.
    assert_eq!(response(&case, send(text("Aviso"), Sender::System)), None);
    let case = case.after(send(text("Aviso"), Sender::System));
    assert_eq!(case.state.waiting_since(), Some(minute(0)));
    let first = response(&case, queue(text("Sí"))).unwrap();
    assert_eq!((first.waited_ms, first.first), (180_000, true));
    let case = case.after(queue(text("Sí")));
    assert_eq!(response(&case, queue(text("¿Algo más?"))), None);
    let case = case.at(10).after(receive("wamid.B", minute(10))).at(11);
    let later = response(&case, queue(text("Sí"))).unwrap();
    assert_eq!((later.waited_ms, later.first), (60_000, false));
}
