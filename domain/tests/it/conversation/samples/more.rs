//! Samples of the events around sending, the AI, hand-offs, time and the end.

use bitacora_domain::aggregates::conversation::{
    ApprovalReason, Citation, Conversation, ConversationEvent as E, ConversationStatus,
    DeliveryStatus, HandoffEnd, HandoffFallback, HandoffReason, HandoffStatus, LinkedKind,
    Priority, ProposedAction, SnoozeEnd, SurveyKind, Triage,
};
use bitacora_domain::aggregates::tenant::TriageCategory;
use bitacora_domain::{ConversationId, MessageId};
use uuid::Uuid;

use super::{actor, queued, template, text};
use crate::support::ids::{AGENT, CONTACT, message, minute, personal};
use crate::support::samples::Sample;

type Samples = Vec<Sample<Conversation>>;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x1D << 64 | n)
}

fn none(event: E) -> Sample<Conversation> {
    (None, event)
}

/// A message that is sent, one that nobody knows about, and two that were not taken.
pub(super) fn sending() -> Samples {
    let (at, attempt) = (minute(3), 1);
    let other = |n: u128| MessageId::new(id(n));
    let attempted = |message| E::MessageSendAttempted { message, attempt, at };
    let rejected = |message, code, title: &str, retryable| E::MessageRejected {
        message,
        attempt,
        code,
        title: title.to_owned(),
        retryable,
        at,
    };
    let (lost, again, failed) = (other(1), other(2), other(3));
    let new = |shape, message| (Some(shape), queued(message, text("Hola"), at));
    let accepted = E::MessageAccepted {
        message: message(2),
        attempt,
        provider_message_id: "wamid.OUT1".to_owned(),
        at,
    };
    let unknown = E::MessageSendUnknown { message: lost, attempt, reason: "timeout".into(), at };
    vec![
        none(attempted(message(2))),
        none(accepted),
        new("lost", lost),
        (Some("lost"), attempted(lost)),
        none(unknown),
        new("again", again),
        (Some("again"), attempted(again)),
        (Some("again"), rejected(again, 131_016, "Service unavailable", true)),
        new("failed", failed),
        none(rejected(failed, 131_047, "SERVICE_WINDOW_CLOSED", false)),
    ]
}

fn triage(category: TriageCategory) -> Triage {
    Triage {
        category,
        intent: Some("query_price".to_owned()),
        confidence_bp: 9_100,
        missing_fields: vec!["numero_de_pedido".to_owned()],
        sentiment: Some("neutral".to_owned()),
        model: "llama-3.3-70b".to_owned(),
        prompt_version: "7".to_owned(),
        tokens: 812,
    }
}

/// What the AI does, and people with it. The last suggestion and an action stay pending.
pub(super) fn ai() -> Samples {
    let (message, at, by) = (message(1), minute(4), actor());
    let action = |n, arguments: Option<&str>| ProposedAction {
        action: id(n),
        kind: "request_tracking_number".to_owned(),
        arguments: arguments.map(personal),
    };
    let suggested = |n, citations, answers| E::ReplySuggested {
        suggestion: id(n),
        text: personal("Sí, sigue disponible"),
        citations,
        answers,
        expires_at: minute(64),
        at,
    };
    let citation = Citation { document: id(70), title: "Precios".to_owned(), chunk: Some(3) };
    let language = "es".to_owned();
    let model = "whisper-large-v3".to_owned();
    let fields = vec!["numero_de_pedido".to_owned()];
    let actions = vec![action(11, Some(r#"{"pedido":"48213"}"#)), action(12, None)];
    vec![
        none(E::AudioTranscribed { message, text: personal("Hola"), language, model, at }),
        none(E::AudioTranscriptionFailed { message, reason: "too_noisy".to_owned(), at }),
        none(E::AutoReplyMatched { rule: id(20), rule_version: 2, message, at }),
        none(E::MessageTriaged { message, triage: triage(TriageCategory::Tracking), at }),
        none(E::AutopilotApproved { message }),
        none(E::ApprovalRequired { message, reason: ApprovalReason::HighRisk }),
        none(E::DataRequested { message, fields: fields.clone() }),
        none(E::TicketRequested {
            message,
            category: TriageCategory::Tracking,
            missing_fields: fields,
        }),
        none(E::ActionsProposed { message, actions, at }),
        none(E::ActionApproved { action: action(13, None), by: by.clone(), at }),
        none(E::ActionRejected { action: id(14), reason: None, by: by.clone(), at }),
        none(E::SuggestionApproved {
            suggestion: id(30),
            message: crate::support::ids::message(6),
            edited: true,
            by: by.clone(),
            at,
        }),
        none(E::SuggestionRejected {
            suggestion: id(31),
            reason: Some("Precio viejo".to_owned()),
            by: by.clone(),
            at,
        }),
        none(E::SuggestionSuperseded { suggestion: id(32), at }),
        none(E::SuggestionExpired { suggestion: id(33), at }),
        (Some("bare"), suggested(34, vec![], None)),
        none(suggested(35, vec![citation], Some(message))),
        none(E::AiPaused { reason: Some("echo".to_owned()), by: by.clone(), at }),
        none(E::AiResumed { by: by.clone(), at }),
        (Some("silent"), E::AiPaused { reason: None, by, at }),
        none(E::OptInRecorded { contact: CONTACT, by: "agent".to_owned(), at }),
        none(E::OptOutRecorded { contact: CONTACT, by: "keyword".to_owned(), at }),
    ]
}

/// A hand-off from its request to its end, and a second one that goes on.
pub(super) fn handoff() -> Samples {
    let at = minute(5);
    let requested = |handoff, reason, note: Option<&str>, fallback| E::HandoffRequested {
        handoff,
        from: HandoffStatus::None,
        reason,
        note: note.map(personal),
        by: actor(),
        expires_at: minute(15),
        fallback,
        at,
    };
    let accepted = |handoff, from| E::HandoffAccepted {
        handoff,
        from,
        agent: AGENT,
        lease_until: minute(35),
        lease_s: 1_800,
        waited_ms: 60_000,
        at,
    };
    let (from, end) = (HandoffStatus::TimedOut, HandoffEnd::FellBack);
    let fallback = HandoffFallback::ReturnToBot;
    vec![
        (Some("plain"), requested(1, HandoffReason::CustomerAsked, None, fallback)),
        none(E::HandoffTimedOut { handoff: 1, fallback, at }),
        none(E::HandoffEnded { handoff: 1, from, end, at }),
        none(requested(
            2,
            HandoffReason::HighRisk,
            Some("Reclama una seña"),
            HandoffFallback::KeepWaiting,
        )),
        none(accepted(2, HandoffStatus::Requested)),
        none(E::HandoffExtended { handoff: 2, lease_until: minute(65) }),
    ]
}

/// What waits for its time, and surveys.
pub(super) fn later() -> Samples {
    let (at, by) = (minute(5), actor());
    let message = message(7);
    let scheduled = |n, content, client: Option<&str>| E::MessageScheduled {
        scheduled: id(n),
        client_message_id: client.map(str::to_owned),
        content,
        send_at: minute(600),
        author: actor(),
        at,
    };
    vec![
        none(scheduled(40, text("Buen día"), Some("app-9"))),
        (Some("template"), scheduled(41, template(), None)),
        none(E::ScheduledMessageCancelled { scheduled: id(42), by, at }),
        none(E::ScheduledMessageReleased { scheduled: id(43), message, at }),
        none(E::ScheduledMessageSkipped {
            scheduled: id(44),
            code: "SERVICE_WINDOW_CLOSED".to_owned(),
            at,
        }),
        none(E::SurveyAnswered {
            kind: SurveyKind::Nps,
            score: 9,
            comment: Some(personal("Muy amables")),
            at,
        }),
        (Some("button"), E::SurveyAnswered { kind: SurveyKind::Csat, score: 5, comment: None, at }),
        none(E::SurveyRequested { kind: SurveyKind::Csat, message, at }),
    ]
}

/// Work of the team that came later, and the ends.
pub(super) fn lifecycle() -> Samples {
    let (at, by) = (minute(6), actor());
    let other = |n| ConversationId::new(id(n));
    vec![
        none(E::PriorityChanged { from: Priority::Medium, to: Priority::Urgent }),
        none(E::MacroApplied { macro_id: id(50), version: 3, by: by.clone(), at }),
        none(E::EntityLinked { kind: LinkedKind::Ticket, id: id(51), by: by.clone(), at }),
        none(E::MergeRecorded { source: other(52), at }),
        none(E::MessageRedacted {
            message: message(1),
            reason: "Tarjeta de crédito".to_owned(),
            by,
            at,
        }),
        none(E::ConversationMerged { from: ConversationStatus::Open, target: other(53), at }),
        none(E::ConversationArchived { at }),
        none(E::ConversationUnsnoozed { snooze: 1, end: SnoozeEnd::Reply, at }),
        (Some("reply"), E::ConversationSnoozed { snooze: 1, until: None, at }),
        none(E::ConversationSnoozed { snooze: 2, until: Some(minute(900)), at }),
        (
            Some("unknown"),
            E::MessageSent {
                message: MessageId::new(id(1)),
                provider_message_id: Some("wamid.LOST".to_owned()),
                from: DeliveryStatus::Unknown,
                at,
                pricing: None,
            },
        ),
    ]
}
