//! What the AI proposes, and what people make of it.

use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E, MacroStep, ProposedAction,
    Sender, SurveyKind,
};
use bitacora_domain::aggregates::tenant::AiMode;
use bitacora_domain::{Actor, ActorKind, Directed, DomainAggregate, DomainError};
use uuid::Uuid;

use super::matrix::{send, triage};
use super::samples::{queue, receive, text};
use super::triage::judged;
use super::waiting;
use crate::support::Case;
use crate::support::ids::{STREAM, TENANT, message, minute, personal};

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

/// Whatever sender it names: the AI's own words go by triage or by a person's approval.
#[test]
fn the_ai_says_nothing_in_somebody_elses_name() {
    let state = suggested().state;
    let by = |kind| Directed {
        tenant: TENANT,
        aggregate_id: STREAM.to_string(),
        command_id: crate::support::command_id(50),
        actor: Actor::new(kind, "x"),
        now: minute(2),
        body: (),
    };
    let commands = [
        queue(text("Hola")),
        C::ScheduleMessage { client_message_id: None, content: text("Hola"), send_at: minute(60) },
        C::RequestSurvey { kind: SurveyKind::Csat, content: text("¿Qué tal?") },
        C::ApplyMacro {
            macro_id: Uuid::nil(),
            version: 1,
            steps: vec![MacroStep::SendText { body: personal("Hola") }],
        },
    ];
    for command in commands {
        let refused = state.decide(&by(ActorKind::Ai), command.clone()).unwrap_err();
        assert_eq!(refused.code(), "AI_NEEDS_TRIAGE", "{command:?}");
        assert!(state.decide(&by(ActorKind::User), command).is_ok());
    }
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
