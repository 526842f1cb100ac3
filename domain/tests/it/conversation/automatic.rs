//! Rules, opt-outs, pauses and transcripts.

use bitacora_domain::aggregates::contact::ContactCommand;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E, Sender,
};
use bitacora_domain::aggregates::tenant::AiMode;
use bitacora_domain::{COMMAND_EFFECT, DomainAggregate, MessageId};
use serde_json::json;
use uuid::Uuid;

use super::matrix::{send, triage};
use super::samples::{queue, receive, template, text};
use super::waiting;
use crate::support::ids::{CONTACT, message, minute, personal};

#[test]
fn a_rule_answers_a_message_once() {
    let matched = |content| C::RecordAutoReplyMatch {
        rule: Uuid::from_u128(5),
        rule_version: 2,
        message: message(1),
        reply: content,
    };
    let outcome = waiting().when(matched(text("Abrimos a las 9")));
    assert_eq!(outcome.summary(), "AutoReplyMatched+MessageQueued");
    let case = outcome.case.when(matched(text("Abrimos a las 9"))).then_nothing();
    assert_eq!(case.state.waiting_since(), None);
    waiting().when(matched(text(" "))).then_refused("INVALID_TEXT");
    // Not where a person writes.
    let echo = C::RecordAgentEcho {
        provider_message_id: "wamid.E".to_owned(),
        content: text("Ya voy"),
        sent_at: minute(1),
    };
    waiting().after(echo).when(matched(template())).then_refused("AI_PAUSED");
}

#[test]
fn the_ai_sends_by_triage_only() {
    waiting().when(send(text("Hola"), Sender::Ai)).then_refused("AI_NEEDS_TRIAGE");
}

#[test]
fn a_keyword_opts_out_of_everything_automatic_and_the_contact_hears_of_it() {
    let said = |body: &str| {
        let mut command = receive("wamid.B", minute(1));
        if let C::ReceiveMessage { content, .. } = &mut command {
            *content = text(body);
        }
        waiting().at(1).when(command)
    };
    assert_eq!(said("No").summary(), "MessageReceived+ServiceWindowOpened");
    let outcome = said(" Baja! ");
    assert_eq!(outcome.summary(), "MessageReceived+ServiceWindowOpened+OptOutRecorded");
    let events = outcome.result.unwrap();
    let effects = outcome.case.state.effects(&events[2]);
    let [effect] = effects.as_slice() else { panic!("{effects:?}") };
    let body = serde_json::to_value(ContactCommand::OptOut {
        category: bitacora_domain::aggregates::contact::OptOutCategory::All,
        by: "keyword".to_owned(),
        at: minute(1),
    });
    assert_eq!((effect.kind, effect.due), (COMMAND_EFFECT, None));
    assert_eq!(
        effect.payload,
        json!({"aggregate_type": "contact", "aggregate_id": CONTACT.to_string(), "body": body.unwrap()})
    );
    let case = outcome.case;
    let case = case.when(send(template(), Sender::Campaign)).then_refused("OPTED_OUT");
    // A person may still answer.
    assert_eq!(case.clone().when(queue(text("Listo"))).summary(), "MessageQueued");
    let case = case.after(C::RecordOptIn { by: "agent".to_owned() });
    assert_eq!(case.when(send(template(), Sender::Campaign)).summary(), "MessageQueued");
}

#[test]
fn an_opt_in_does_not_end_a_persons_pause() {
    let case = waiting()
        .after(C::RecordOptOut { by: "agent".to_owned() })
        .after(C::PauseAi { reason: None })
        .when(C::PauseAi { reason: None })
        .then_nothing()
        .when(C::ResumeAi)
        .then_refused("OPTED_OUT")
        .after(C::RecordOptIn { by: "agent".to_owned() });
    case.when(triage(message(1), AiMode::Autopilot))
        .case
        .when(C::ResumeAi)
        .then([E::AiResumed { by: super::samples::actor(), at: minute(0) }]);
    waiting().when(C::RecordOptOut { by: " ".into() }).then_refused("INVALID_OPT_OUT_SOURCE");
}

#[test]
fn a_voice_message_is_put_into_words_once() {
    let words = |text: &str| C::AttachAudioTranscript {
        message: message(1),
        text: personal(text),
        language: "es".to_owned(),
        model: "whisper".to_owned(),
    };
    let failed = || C::RecordAudioTranscriptionFailure {
        message: message(1),
        reason: "too_noisy".to_owned(),
    };
    waiting().when(words(" ")).then_refused("INVALID_TRANSCRIPT");
    // A failure does not stand in the way of a later success.
    let outcome = waiting().after(failed()).when(words("Hola"));
    assert_eq!(outcome.summary(), "AudioTranscribed");
    let case = outcome.case;
    case.when(words("Hola")).then_nothing().when(failed()).then_nothing();
}

#[test]
fn a_conversation_of_somebody_who_opted_out_starts_so() {
    let start = C::Start {
        contact: CONTACT,
        channel: crate::support::ids::CHANNEL,
        external_thread: None,
        opted_out: true,
    };
    let case = crate::support::given::<Conversation>([]).after(start);
    case.when(send(template(), Sender::Campaign)).then_refused("OPTED_OUT");
}

#[test]
fn messages_of_others_are_unknown_to_a_rule() {
    let command = C::RecordAutoReplyMatch {
        rule: Uuid::from_u128(5),
        rule_version: 2,
        message: MessageId::new(Uuid::from_u128(99)),
        reply: text("Hola"),
    };
    waiting().when(command).then_refused("MESSAGE_UNKNOWN");
}
