//! What the AI judges, and how far it may go by itself.

use bitacora_domain::aggregates::conversation::{
    ApprovalReason, Conversation, ConversationCommand as C, ConversationEvent as E,
    HandoffFallback, HandoffReason, ProposedAction, Response, Sender,
};
use bitacora_domain::aggregates::tenant::{AiMode, TriageCategory};
use uuid::Uuid;

use super::matrix::triage;
use super::samples::receive;
use super::waiting;
use crate::support::Case;
use crate::support::ids::{message, minute};

/// The judgement of the message of [`waiting`], changed.
pub(super) fn judged(mode: AiMode, change: impl FnOnce(&mut C)) -> C {
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
