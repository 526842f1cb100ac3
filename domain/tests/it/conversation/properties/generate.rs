//! Noise: commands in any order, most of them aimed at something that exists.

use bitacora_domain::aggregates::conversation::{
    AssignedBy, ConversationCommand as C, DeliveryStatus, HandoffFallback, HandoffReason,
    MacroStep, MessageContent, Priority, ProposedAction, ReplyKind, SendOutcome, Sender,
    SurveyKind,
};
use bitacora_domain::aggregates::tenant::{AiMode, TriageCategory};
use bitacora_domain::{ConversationId, MessageId, UserId};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use crate::conversation::matrix::{send, triage};
use crate::conversation::samples::{queue, receive, report, template, text};
use crate::conversation::start;
use crate::support::command_id;
use crate::support::ids::{AGENT, CONTACT, message, minute, personal};

/// Commands whose ids chance may guess.
const GUESSED: u128 = 80;

/// A command, the pause before it, and what it aims at.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) command: C,
    /// Minutes.
    pub(super) pause: i64,
    /// The last thing of its kind (0) or one before it, now; none: whatever the command says.
    pub(super) back: Option<usize>,
    /// A timer comes when it is due, not at any time.
    pub(super) punctual: bool,
}

/// Noise: any command, mostly aimed.
pub(super) fn step() -> impl Strategy<Value = Step> {
    let pause = prop_oneof![12 => 0..4i64, 4 => 4..60i64, 1 => 60..1_700i64];
    let back = prop::option::weighted(0.9, prop::sample::select(vec![0, 0, 0, 0, 1, 1, 2]));
    (command(), pause, back, prop::bool::weighted(0.7))
        .prop_map(|(command, pause, back, punctual)| Step { command, pause, back, punctual })
}

fn command() -> impl Strategy<Value = C> {
    prop_oneof![
        4 => inbound(),
        5 => sending(),
        4 => machine(),
        3 => suggestions(),
        3 => people(),
        2 => later(),
        2 => work(),
    ]
}

fn wamid() -> impl Strategy<Value = String> {
    (0..40u8).prop_map(|n| format!("wamid.{n}"))
}

/// The message that some command of the life may have made.
fn some_message() -> impl Strategy<Value = MessageId> {
    (1..=GUESSED).prop_map(message)
}

/// The `n`-th id that some command of the life may have made.
fn made(n: usize) -> impl Strategy<Value = Uuid> {
    (1..=GUESSED).prop_map(move |command| command_id(command).derive(&format!("id:{n}")))
}

fn words() -> impl Strategy<Value = MessageContent> {
    prop::sample::select(vec![text("Hola"), text("Hola"), template(), text("")])
}

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (0..2_880i64).prop_map(minute)
}

/// What comes from the contact's side.
fn inbound() -> impl Strategy<Value = C> {
    let said = prop_oneof![15 => Just("Hola"), 4 => Just("no"), 1 => Just("Baja.")];
    let heard = |id: &str, at, said| {
        let mut command = receive(id, at);
        if let C::ReceiveMessage { content, .. } = &mut command {
            *content = said;
        }
        command
    };
    let pressed = || MessageContent::Interactive {
        reply: ReplyKind::Button,
        option_id: "csat:4".to_owned(),
        title: personal("Buena"),
        detail: None,
    };
    let about = || (wamid(), wamid(), time());
    prop_oneof![
        12 => (wamid(), time(), said).prop_map(move |(id, at, said)| heard(&id, at, text(said))),
        2 => (wamid(), time()).prop_map(move |(id, at)| heard(&id, at, pressed())),
        1 => (wamid(), time()).prop_map(|(provider_message_id, sent_at)| {
            C::RecordAgentEcho { provider_message_id, content: text("Ya voy"), sent_at }
        }),
        1 => about().prop_map(|(provider_message_id, target, at)| {
            C::RecordReaction { provider_message_id, target, emoji: None, at }
        }),
        1 => about().prop_map(|(provider_message_id, target, at)| {
            C::RecordMessageEdit { provider_message_id, target, content: text("Hola"), at }
        }),
        1 => about().prop_map(|(provider_message_id, target, at)| {
            C::RecordMessageRevoke { provider_message_id, target, at }
        }),
    ]
}

/// Messages of ours on their way.
fn sending() -> impl Strategy<Value = C> {
    use DeliveryStatus::{Delivered, Failed, Pending, Played, Read, Sent, Unknown};
    let status = prop::sample::select(vec![
        Pending, Unknown, Sent, Delivered, Delivered, Read, Played, Failed,
    ]);
    let outcome = (wamid(), 0..5u8).prop_map(|(id, how)| match how {
        0 | 1 => SendOutcome::Accepted { provider_message_id: id },
        2 => SendOutcome::Unknown { reason: "timeout".to_owned() },
        n => SendOutcome::Rejected { code: 1, title: "x".into(), retryable: n == 3 },
    });
    prop_oneof![
        6 => (some_message(), prop::option::of(wamid()), status, time())
            .prop_map(|(message, id, status, at)| report(message, id.as_deref(), status, at)),
        6 => (some_message(), 1..4i64, prop::bool::weighted(0.1)).prop_map(
            |(message, attempt, opted_out)| C::BeginSend { message, attempt, opted_out }
        ),
        4 => (some_message(), 1..4i64, outcome).prop_map(|(message, attempt, outcome)| {
            C::RecordSendOutcome { message, attempt, outcome }
        }),
    ]
}

/// What the AI and rules do, and what keeps them silent.
fn machine() -> impl Strategy<Value = C> {
    let mode = prop_oneof![1 => Just(AiMode::Assisted), 4 => Just(AiMode::Autopilot)];
    let judged = (some_message(), mode, 0..10u8).prop_map(|(message, mode, kind)| {
        let mut command = triage(message, mode);
        if let C::RecordTriage { triage, policy, actions, .. } = &mut command {
            match kind {
                0 => triage.confidence_bp = 8_499,
                1 => triage.category = TriageCategory::Otro,
                2 => {
                    triage.category = TriageCategory::Reclamo;
                    policy.autopilot.insert(TriageCategory::Reclamo);
                }
                3 => triage.missing_fields = vec!["pedido".to_owned()],
                _ => {}
            }
            let (action, kind) = (Uuid::nil(), "create_ticket".to_owned());
            *actions = vec![ProposedAction { action, kind, arguments: Some(personal("Hola")) }];
        }
        command
    });
    let sender = prop::sample::select(vec![Sender::Ai, Sender::AutoReply, Sender::Campaign]);
    prop_oneof![
        8 => judged,
        3 => (some_message(), words()).prop_map(|(message, reply)| {
            C::RecordAutoReplyMatch { rule: Uuid::nil(), rule_version: 1, message, reply }
        }),
        3 => (words(), sender).prop_map(|(content, sender)| send(content, sender)),
        1 => Just(C::PauseAi { reason: None }),
        1 => Just(C::ResumeAi),
        1 => Just(C::RecordOptOut { by: "agent".to_owned() }),
        1 => Just(C::RecordOptIn { by: "agent".to_owned() }),
    ]
}

fn suggestions() -> impl Strategy<Value = C> {
    let edited = prop::option::weighted(0.2, Just(personal("Hola")));
    prop_oneof![
        4 => (60..3_000i64).prop_map(|ttl_s| {
            C::SuggestReply { text: personal("Hola"), citations: vec![], ttl_s }
        }),
        5 => (made(1), edited).prop_map(|(suggestion, edited_text)| {
            C::ApproveSuggestion { suggestion, edited_text }
        }),
        1 => made(1).prop_map(|suggestion| C::RejectSuggestion { suggestion, reason: None }),
        2 => made(1).prop_map(|suggestion| C::ExpireSuggestion { suggestion }),
        1 => made(10).prop_map(|action| C::ApproveAction { action }),
        1 => made(10).prop_map(|action| C::RejectAction { action, reason: None }),
    ]
}

/// Persons who answer, take over and give back.
fn people() -> impl Strategy<Value = C> {
    let fallback = prop_oneof![
        2 => Just(HandoffFallback::KeepWaiting),
        1 => Just(HandoffFallback::ReturnToBot),
    ];
    let agent = prop_oneof![3 => Just(AGENT), 1 => Just(UserId::new(Uuid::from_u128(9)))];
    prop_oneof![
        5 => words().prop_map(queue),
        4 => (30..3_000i64, fallback, any::<bool>()).prop_map(|(timeout_s, fallback, told)| {
            let notice = told.then(|| personal("Hola"));
            let reason = HandoffReason::CustomerAsked;
            C::RequestHandoff { reason, note: None, timeout_s, fallback, notice }
        }),
        3 => (agent, 60..3_000i64).prop_map(|(agent, lease_s)| C::AcceptHandoff { agent, lease_s }),
        1 => Just(C::ReturnToBot),
        2 => (1..4i64).prop_map(|handoff| C::TimeOutHandoff { handoff }),
        3 => (1..4i64).prop_map(|handoff| C::CheckHandoffLease { handoff }),
    ]
}

/// What waits for its time.
fn later() -> impl Strategy<Value = C> {
    prop_oneof![
        6 => (words(), time()).prop_map(|(content, send_at)| {
            C::ScheduleMessage { client_message_id: None, content, send_at }
        }),
        1 => made(0).prop_map(|scheduled| C::CancelScheduledMessage { scheduled }),
        6 => made(0).prop_map(|scheduled| C::ReleaseScheduledMessage { scheduled }),
        2 => prop::option::of(time()).prop_map(|until| C::Snooze { until }),
        1 => Just(C::Unsnooze),
        2 => (1..4i64).prop_map(|snooze| C::WakeUp { snooze }),
    ]
}

fn work() -> impl Strategy<Value = C> {
    let label = || prop::sample::select(vec!["vip", "VIP", "urgente", "", "ñ"]);
    let other = |n| ConversationId::new(Uuid::from_u128(n));
    let end = prop::sample::select(vec![0, 0, 1, 2, 2]).prop_map(move |n| match n {
        0 => C::Close,
        1 => C::Archive,
        _ => C::MergeInto { target: other(5), target_contact: CONTACT },
    });
    prop_oneof![
        2 => label().prop_map(|label| C::AddLabel { label: label.to_owned() }),
        1 => label().prop_map(|label| C::RemoveLabel { label: label.to_owned() }),
        1 => Just(C::AddNote { body: personal("Llamar") }),
        2 => any::<bool>().prop_map(|some| {
            C::Assign { agent: some.then_some(AGENT), team: None, by: AssignedBy::User }
        }),
        1 => Just(C::Unassign),
        1 => Just(C::ChangePriority { priority: Priority::High }),
        1 => Just(C::ApplyMacro {
            macro_id: Uuid::nil(),
            version: 1,
            steps: vec![
                MacroStep::SendText { body: personal("Hola") },
                MacroStep::Resolve { resolution: None },
            ],
        }),
        3 => Just(C::RequestSurvey { kind: SurveyKind::Csat, content: text("Hola") }),
        1 => Just(C::RecordSurvey { kind: SurveyKind::Csat, score: 3, comment: None }),
        8 => Just(C::RedactMessage { message: message(9_999), reason: "x".to_owned() }),
        2 => Just(C::Resolve { resolution: None }),
        1 => Just(C::Reopen),
        1 => Just(C::MarkRead),
        1 => Just(start()),
        2 => (6..9u128).prop_map(move |n| C::RecordMerge { source: other(n) }),
        // Seldom, since little happens after.
        1 => end,
    ]
}
