//! A command for every row of the table, and what it says it does where nothing is against it.

use bitacora_domain::aggregates::conversation::matrix::Ask;
use bitacora_domain::aggregates::conversation::{
    AiPolicy, AssignedBy, ConversationCommand as C, DeliveryStatus, HandoffFallback, HandoffReason,
    LinkedKind, MacroStep, MessageContent, Priority, SendOutcome, Sender, SurveyKind, Triage,
};
use bitacora_domain::aggregates::tenant::{AiMode, TriageCategory};
use bitacora_domain::{ConversationId, MessageId, UserId};
use uuid::Uuid;

use super::stands::{Furniture, Made};
use crate::conversation::samples::{receive, report, template, text};
use crate::conversation::start;
use crate::support::ids::{CONTACT, minute, personal};

/// The latest minute at which something is tried, and what is to come comes after it.
const NOW: i64 = 1_440;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x3A << 64 | n)
}

pub(in super::super) fn triage(message: MessageId, mode: AiMode) -> C {
    C::RecordTriage {
        message,
        triage: Triage {
            category: TriageCategory::Info,
            intent: None,
            confidence_bp: 9_000,
            missing_fields: vec![],
            sentiment: None,
            model: "llama-3.3-70b".to_owned(),
            prompt_version: "7".to_owned(),
            tokens: 10,
        },
        policy: AiPolicy { mode, autopilot: [TriageCategory::Info].into(), threshold_bp: 8_500 },
        reply: Some(personal("Sí, sigue disponible")),
        citations: vec![],
        actions: vec![],
        suggestion_ttl_s: 600,
    }
}

pub(in super::super) fn send(content: MessageContent, sender: Sender) -> C {
    C::SendMessage { client_message_id: None, content, sender, reply_to: None }
}

fn begin(made: Made) -> C {
    C::BeginSend { message: made.message(), attempt: 1, opted_out: false }
}

fn auto_reply(reply: MessageContent) -> C {
    C::RecordAutoReplyMatch {
        rule: id(30),
        rule_version: 1,
        message: Furniture::INBOUND.message(),
        reply,
    }
}

/// A command of each row that does something wherever nothing is against it.
#[allow(clippy::too_many_lines)] // a line or two per row
pub(super) fn sample(ask: Ask, furniture: &Furniture) -> C {
    let wamid = || "wamid.NEW".to_owned();
    let target = || "wamid.A".to_owned();
    let at = minute(NOW);
    match ask {
        Ask::Start => start(),
        Ask::ReceiveMessage => receive("wamid.NEW", at),
        Ask::RecordAgentEcho => C::RecordAgentEcho {
            provider_message_id: wamid(),
            content: text("Ya voy"),
            sent_at: at,
        },
        Ask::RecordReaction => {
            C::RecordReaction { provider_message_id: wamid(), target: target(), emoji: None, at }
        }
        Ask::RecordMessageEdit => C::RecordMessageEdit {
            provider_message_id: wamid(),
            target: target(),
            content: text("Hola."),
            at,
        },
        Ask::RecordMessageRevoke => {
            C::RecordMessageRevoke { provider_message_id: wamid(), target: target(), at }
        }
        Ask::AttachAudioTranscript => C::AttachAudioTranscript {
            message: Furniture::INBOUND.message(),
            text: personal("Hola"),
            language: "es".to_owned(),
            model: "whisper".to_owned(),
        },
        Ask::RecordAudioTranscriptionFailure => C::RecordAudioTranscriptionFailure {
            message: Furniture::INBOUND.message(),
            reason: "too_noisy".to_owned(),
        },
        Ask::AutoReplyFree => auto_reply(text("Abrimos a las 9")),
        Ask::AutoReplyTemplate => auto_reply(template()),
        Ask::RecordTriage => triage(Furniture::INBOUND.message(), AiMode::Assisted),
        Ask::AiAnswers => triage(Furniture::INBOUND.message(), AiMode::Autopilot),
        Ask::SuggestReply => {
            C::SuggestReply { text: personal("Sí"), citations: vec![], ttl_s: 600 }
        }
        Ask::ApproveSuggestion => {
            C::ApproveSuggestion { suggestion: furniture.suggestion, edited_text: None }
        }
        Ask::RejectSuggestion => {
            C::RejectSuggestion { suggestion: furniture.suggestion, reason: None }
        }
        Ask::ExpireSuggestion => C::ExpireSuggestion { suggestion: furniture.suggestion },
        Ask::ApproveAction => C::ApproveAction { action: Furniture::action() },
        Ask::RejectAction => C::RejectAction { action: Furniture::action(), reason: None },
        Ask::SendPersonFree => send(text("Hola"), Sender::Agent),
        Ask::SendPersonTemplate => send(template(), Sender::System),
        Ask::SendAutomaticFree => send(text("Hola"), Sender::AutoReply),
        Ask::SendAutomaticTemplate => send(template(), Sender::Campaign),
        Ask::SendAi => send(text("Hola"), Sender::Ai),
        Ask::BeginPersonFree => begin(Furniture::PERSON_FREE),
        Ask::BeginPersonTemplate => begin(Furniture::PERSON_TEMPLATE),
        Ask::BeginAutomaticFree => begin(Furniture::AUTOMATIC_FREE),
        Ask::BeginAutomaticTemplate => begin(Furniture::AUTOMATIC_TEMPLATE),
        Ask::RecordSendOutcome => C::RecordSendOutcome {
            message: Furniture::UNDER_WAY.message(),
            attempt: 1,
            outcome: SendOutcome::Accepted { provider_message_id: wamid() },
        },
        Ask::ScheduleMessage => C::ScheduleMessage {
            client_message_id: None,
            content: text("Mañana"),
            send_at: minute(NOW + 60),
        },
        Ask::CancelScheduledMessage => {
            C::CancelScheduledMessage { scheduled: Furniture::LATER_FREE.id() }
        }
        Ask::ReleaseFree => C::ReleaseScheduledMessage { scheduled: Furniture::LATER_FREE.id() },
        Ask::ReleaseTemplate => {
            C::ReleaseScheduledMessage { scheduled: Furniture::LATER_TEMPLATE.id() }
        }
        Ask::RecordDeliveryStatus => {
            report(Furniture::UNDER_WAY.message(), None, DeliveryStatus::Sent, at)
        }
        Ask::RequestHandoff
        | Ask::AcceptHandoff
        | Ask::ReturnToBot
        | Ask::TimeOutHandoff
        | Ask::CheckHandoffLease
        | Ask::PauseAi
        | Ask::ResumeAi
        | Ask::RecordOptOut
        | Ask::RecordOptIn => sample_of_people(ask),
        Ask::AddNote
        | Ask::AddLabel
        | Ask::RemoveLabel
        | Ask::Assign
        | Ask::Unassign
        | Ask::ChangePriority
        | Ask::ApplyMacro
        | Ask::Snooze
        | Ask::Unsnooze
        | Ask::WakeUp
        | Ask::SurveyFree
        | Ask::SurveyTemplate
        | Ask::RecordSurvey
        | Ask::LinkEntity
        | Ask::MergeInto
        | Ask::RecordMerge
        | Ask::RedactMessage
        | Ask::Resolve
        | Ask::Reopen
        | Ask::Close
        | Ask::Archive
        | Ask::MarkRead => sample_of_work(ask),
    }
}

fn sample_of_people(ask: Ask) -> C {
    let by = || "agent".to_owned();
    match ask {
        Ask::RequestHandoff => C::RequestHandoff {
            reason: HandoffReason::CustomerAsked,
            note: None,
            timeout_s: 600,
            fallback: HandoffFallback::KeepWaiting,
            notice: Some(personal("Ya te atiende una persona")),
        },
        Ask::AcceptHandoff => C::AcceptHandoff { agent: UserId::new(id(21)), lease_s: 600 },
        Ask::ReturnToBot => C::ReturnToBot,
        Ask::TimeOutHandoff => C::TimeOutHandoff { handoff: 1 },
        Ask::CheckHandoffLease => C::CheckHandoffLease { handoff: 1 },
        Ask::PauseAi => C::PauseAi { reason: None },
        Ask::ResumeAi => C::ResumeAi,
        Ask::RecordOptOut => C::RecordOptOut { by: by() },
        Ask::RecordOptIn => C::RecordOptIn { by: by() },
        other => panic!("{other:?} is not about people"),
    }
}

fn sample_of_work(ask: Ask) -> C {
    let survey = |content| C::RequestSurvey { kind: SurveyKind::Nps, content };
    match ask {
        Ask::AddNote => C::AddNote { body: personal("Llamar") },
        Ask::AddLabel => C::AddLabel { label: "urgente".to_owned() },
        Ask::RemoveLabel => C::RemoveLabel { label: "vip".to_owned() },
        Ask::Assign => {
            C::Assign { agent: Some(UserId::new(id(22))), team: None, by: AssignedBy::User }
        }
        Ask::Unassign => C::Unassign,
        Ask::ChangePriority => C::ChangePriority { priority: Priority::Urgent },
        Ask::ApplyMacro => C::ApplyMacro {
            macro_id: id(23),
            version: 1,
            steps: vec![MacroStep::AddNote { body: personal("Visto") }],
        },
        Ask::Snooze => C::Snooze { until: Some(minute(NOW + 60)) },
        Ask::Unsnooze => C::Unsnooze,
        Ask::WakeUp => C::WakeUp { snooze: 1 },
        Ask::SurveyFree => survey(text("¿Nos recomendarías?")),
        Ask::SurveyTemplate => survey(template()),
        Ask::RecordSurvey => C::RecordSurvey { kind: SurveyKind::Csat, score: 5, comment: None },
        Ask::LinkEntity => C::LinkEntity { kind: LinkedKind::Ticket, id: id(24) },
        Ask::MergeInto => {
            C::MergeInto { target: ConversationId::new(id(25)), target_contact: CONTACT }
        }
        Ask::RecordMerge => C::RecordMerge { source: ConversationId::new(id(26)) },
        Ask::RedactMessage => C::RedactMessage {
            message: Furniture::INBOUND.message(),
            reason: "Datos de tarjeta".to_owned(),
        },
        Ask::Resolve => C::Resolve { resolution: None },
        Ask::Reopen => C::Reopen,
        Ask::Close => C::Close,
        Ask::Archive => C::Archive,
        Ask::MarkRead => C::MarkRead,
        other => panic!("{other:?} is not work"),
    }
}
