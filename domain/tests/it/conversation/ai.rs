//! The AI: triage, suggestions, rules, pauses and opt-outs.

use bitacora_domain::aggregates::contact::ContactCommand;
use bitacora_domain::aggregates::conversation::{
    ApprovalReason, Conversation, ConversationCommand as C, ConversationEvent as E,
    HandoffFallback, HandoffReason, ProposedAction, Response, Sender,
};
use bitacora_domain::aggregates::tenant::{AiMode, TriageCategory};
use bitacora_domain::{
    Actor, ActorKind, COMMAND_EFFECT, Directed, DomainAggregate, DomainError, MessageId,
};
use serde_json::json;
use uuid::Uuid;

use super::matrix::{send, triage};
use super::samples::{queue, receive, template, text};
use super::waiting;
use crate::support::Case;
use crate::support::ids::{CONTACT, STREAM, TENANT, message, minute, personal};

/// The judgement of the message of [`waiting`], changed.
fn judged(mode: AiMode, change: impl FnOnce(&mut C)) -> C {
    let mut command = triage(message(1), mode);
    change(&mut command);
    command
}

fn category(to: TriageCategory) -> impl FnOnce(&mut C) {
    move |command| {
        if let C::RecordTriage { triage, .. } = command {
            triage.category = to;
        }
    }
}

fn suggest() -> C {
    C::SuggestReply { text: personal("Sí"), citations: vec![], ttl_s: 600 }
}

/// The id of the suggestion that the case's `n`-th command made.
fn suggestion(n: u128) -> Uuid {
    crate::support::command_id(n).derive("id:1")
}

fn approve(n: u128) -> C {
    C::ApproveSuggestion { suggestion: suggestion(n), edited_text: None }
}

/// With a suggestion, made by the second command.
fn suggested() -> Case<Conversation> {
    waiting().at(1).after(suggest())
}

fn reason(case: &Case<Conversation>, command: C) -> Option<ApprovalReason> {
    let events = case.clone().when(command).result.unwrap();
    events.iter().find_map(|event| match event {
        E::ApprovalRequired { reason, .. } => Some(*reason),
        _ => None,
    })
}

#[test]
fn autopilot_answers_only_where_every_rule_allows_it() {
    let outcome = waiting().at(2).when(triage(message(1), AiMode::Autopilot));
    let events = outcome.result.as_ref().unwrap();
    let [E::MessageTriaged { .. }, E::AutopilotApproved { .. }, answer] = events.as_slice() else {
        panic!("{events:?}");
    };
    let E::MessageQueued { sender: Sender::Ai, response, .. } = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(*response, Some(Response { waited_ms: 120_000, first: true }));
    outcome.case.when(triage(message(1), AiMode::Autopilot)).then_nothing();
}

#[test]
fn what_autopilot_may_not_send_becomes_a_suggestion_with_the_reason() {
    let case = waiting();
    let assisted = triage(message(1), AiMode::Assisted);
    assert_eq!(reason(&case, assisted), Some(ApprovalReason::Assisted));
    let other = judged(AiMode::Autopilot, category(TriageCategory::Otro));
    assert_eq!(reason(&case, other), Some(ApprovalReason::Category));
    let risky = judged(AiMode::Autopilot, category(TriageCategory::Reclamo));
    assert_eq!(
        case.clone().when(risky.clone()).summary(),
        "MessageTriaged+ApprovalRequired+ReplySuggested"
    );
    // Not even when the tenant puts it on its list.
    let listed = judged(AiMode::Autopilot, |command| {
        if let C::RecordTriage { policy, triage, .. } = command {
            policy.autopilot.insert(TriageCategory::Reclamo);
            triage.category = TriageCategory::Reclamo;
        }
    });
    assert_eq!(reason(&case, listed), Some(ApprovalReason::HighRisk));
    let pilot = || triage(message(1), AiMode::Autopilot);
    let paused = case.clone().after(C::PauseAi { reason: None });
    assert_eq!(reason(&paused, pilot()), Some(ApprovalReason::Paused));
    let opted_out = case.clone().after(C::RecordOptOut { by: "agent".to_owned() });
    assert_eq!(reason(&opted_out, pilot()), Some(ApprovalReason::OptedOut));
    assert_eq!(reason(&case.clone().at(1_440), pilot()), Some(ApprovalReason::WindowClosed));
    let handed_off = case.after(C::RequestHandoff {
        reason: HandoffReason::LowConfidence,
        note: None,
        timeout_s: 600,
        fallback: HandoffFallback::KeepWaiting,
        notice: None,
    });
    assert_eq!(reason(&handed_off, pilot()), Some(ApprovalReason::Handoff));
}

#[test]
fn an_unsure_judgement_asks_for_data_and_a_ticket_and_sends_nothing() {
    let unsure = judged(AiMode::Autopilot, |command| {
        if let C::RecordTriage { triage, .. } = command {
            triage.confidence_bp = 8_499;
            triage.missing_fields = vec!["numero_de_pedido".to_owned()];
        }
    });
    assert_eq!(
        waiting().when(unsure).summary(),
        "MessageTriaged+DataRequested+TicketRequested+ReplySuggested"
    );
    let incomplete = judged(AiMode::Autopilot, |command| {
        if let C::RecordTriage { triage, .. } = command {
            triage.missing_fields = vec!["numero_de_pedido".to_owned()];
        }
    });
    assert_eq!(waiting().when(incomplete).summary(), "MessageTriaged+DataRequested+ReplySuggested");
    let exactly = judged(AiMode::Autopilot, |command| {
        if let C::RecordTriage { triage, .. } = command {
            triage.confidence_bp = 8_500;
        }
    });
    assert_eq!(waiting().when(exactly).summary(), "MessageTriaged+AutopilotApproved+MessageQueued");
}

#[test]
fn a_judgement_of_an_older_message_answers_nothing() {
    let case = waiting().after(receive("wamid.B", minute(1)));
    assert_eq!(case.when(triage(message(1), AiMode::Autopilot)).summary(), "MessageTriaged");
    waiting().when(triage(message(7), AiMode::Autopilot)).then_refused("MESSAGE_UNKNOWN");
}

#[test]
fn a_judgement_is_bounded() {
    let with = |change: fn(&mut C)| waiting().when(judged(AiMode::Assisted, change)).summary();
    let triage = |change: fn(&mut bitacora_domain::aggregates::conversation::Triage)| {
        let mut command = super::matrix::triage(message(1), AiMode::Assisted);
        if let C::RecordTriage { triage, .. } = &mut command {
            change(triage);
        }
        waiting().when(command).summary()
    };
    assert_eq!(triage(|triage| triage.confidence_bp = 10_001), "!INVALID_TRIAGE");
    assert_eq!(triage(|triage| triage.confidence_bp = -1), "!INVALID_TRIAGE");
    assert_eq!(triage(|triage| triage.tokens = -1), "!INVALID_TRIAGE");
    assert_eq!(triage(|triage| triage.model = "m".repeat(101)), "!INVALID_TRIAGE");
    assert_eq!(triage(|triage| triage.missing_fields = vec!["f".into(); 21]), "!INVALID_TRIAGE");
    let eleven = with(|command| {
        if let C::RecordTriage { actions, .. } = command {
            let action =
                ProposedAction { action: Uuid::nil(), kind: "k".to_owned(), arguments: None };
            *actions = vec![action; 11];
        }
    });
    assert_eq!(eleven, "!INVALID_ACTIONS");
    let short = with(|command| {
        if let C::RecordTriage { suggestion_ttl_s, .. } = command {
            *suggestion_ttl_s = 59;
        }
    });
    assert_eq!(short, "!INVALID_SUGGESTION_TTL");
}

#[test]
fn a_suggestion_is_approved_once_and_sent_as_a_persons_message() {
    let outcome = suggested().at(2).when(approve(2));
    assert_eq!(outcome.summary(), "SuggestionApproved+MessageQueued");
    let events = outcome.result.as_ref().unwrap();
    let (
        E::SuggestionApproved { message: approved, edited: false, .. },
        E::MessageQueued { message: sent, sender: Sender::Agent, content, .. },
    ) = (&events[0], &events[1])
    else {
        panic!("{events:?}")
    };
    assert_eq!((approved, content), (sent, &text("Sí")));
    outcome.case.when(approve(2)).then_refused("SUGGESTION_NOT_PENDING");
    let edited = C::ApproveSuggestion {
        suggestion: suggestion(2),
        edited_text: Some(personal("Sí, claro")),
    };
    let events = suggested().when(edited).result.unwrap();
    assert!(matches!(&events[0], E::SuggestionApproved { edited: true, .. }));
    assert!(
        matches!(&events[1], E::MessageQueued { content, .. } if *content == text("Sí, claro"))
    );
}

#[test]
fn a_suggestion_ends_by_whatever_is_newer() {
    let superseded = |command: C, n: u128| {
        let outcome = suggested().at(3).when(command);
        assert!(outcome.summary().contains("SuggestionSuperseded"), "{}", outcome.summary());
        let known = outcome.case.clone().at(4).when(approve(2)).summary();
        assert_eq!(known, "!SUGGESTION_NOT_PENDING");
        let pending = outcome.case.state.standing(minute(3)).suggestion;
        assert_eq!(format!("{pending:?}"), if n == 0 { "None" } else { "Pending" });
    };
    superseded(receive("wamid.B", minute(3)), 0);
    superseded(queue(text("Hola")), 0);
    superseded(triage(message(1), AiMode::Autopilot), 0);
    superseded(C::Resolve { resolution: None }, 0);
    superseded(suggest(), 1);
    // What answers nobody takes nothing away.
    let notice = suggested().when(send(text("Aviso"), Sender::System));
    assert_eq!(notice.summary(), "MessageQueued");
}

#[test]
fn a_suggestion_is_over_at_its_time_by_the_timer_or_without_it() {
    suggested().at(11).when(approve(2)).then_refused("SUGGESTION_EXPIRED");
    let expire = C::ExpireSuggestion { suggestion: suggestion(2) };
    suggested().at(10).when(expire.clone()).then_nothing();
    let outcome = suggested().at(11).when(expire.clone());
    assert_eq!(outcome.summary(), "SuggestionExpired");
    outcome.case.when(expire).then_nothing();
    for ttl_s in [59, 7 * 86_400 + 1] {
        let command = C::SuggestReply { text: personal("Sí"), citations: vec![], ttl_s };
        waiting().when(command).then_refused("INVALID_SUGGESTION_TTL");
    }
}

#[test]
fn a_rejected_suggestion_is_not_sent() {
    let reject = |reason: &str| C::RejectSuggestion {
        suggestion: suggestion(2),
        reason: Some(reason.to_owned()),
    };
    suggested().when(reject(&"x".repeat(501))).then_refused("INVALID_REASON");
    let outcome = suggested().when(reject("Precio viejo"));
    assert_eq!(outcome.summary(), "SuggestionRejected");
    outcome.case.when(approve(2)).then_refused("SUGGESTION_NOT_PENDING");
}

#[test]
fn the_ai_approves_nothing_of_its_own() {
    let state = suggested().state;
    let by = |kind| Directed {
        tenant: TENANT,
        aggregate_id: STREAM.to_string(),
        command_id: crate::support::command_id(50),
        actor: Actor::new(kind, "x"),
        now: minute(2),
        body: (),
    };
    for kind in [ActorKind::Ai, ActorKind::Contact, ActorKind::Provider] {
        let refused = state.decide(&by(kind), approve(2)).unwrap_err();
        assert_eq!(refused.code(), "APPROVAL_NEEDS_PERSON");
    }
    assert!(state.decide(&by(ActorKind::User), approve(2)).is_ok());
}

#[test]
fn an_action_is_approved_or_rejected_once() {
    let proposing = judged(AiMode::Assisted, |command| {
        if let C::RecordTriage { actions, reply, .. } = command {
            *reply = None;
            *actions = ["create_ticket", "tag"]
                .map(|kind| ProposedAction {
                    action: Uuid::nil(),
                    kind: kind.to_owned(),
                    arguments: Some(personal("{}")),
                })
                .to_vec();
        }
    });
    let case = waiting().after(proposing);
    let action = |n: usize| crate::support::command_id(2).derive(&format!("id:{}", 10 + n));
    let outcome = case.when(C::ApproveAction { action: action(0) });
    assert!(matches!(
        outcome.result.as_ref().unwrap().as_slice(),
        [E::ActionApproved { action, .. }] if action.kind == "create_ticket"
    ));
    let case = outcome.case;
    let case = case
        .when(C::ApproveAction { action: action(0) })
        .then_refused("ACTION_NOT_PENDING")
        .after(C::RejectAction { action: action(1), reason: None });
    case.when(C::ApproveAction { action: action(1) }).then_refused("ACTION_NOT_PENDING");
}

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
    let case = waiting().after(failed()).after(words("Hola"));
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
