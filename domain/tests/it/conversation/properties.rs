//! What holds whatever comes, in whatever order. An observer sees the events only, never the
//! state; every step goes through `Case::when`, which checks that the state is the replay of the
//! events and that refusals change nothing.
#![allow(clippy::wildcard_enum_match_arm)] // the observer minds some events only

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::aggregates::conversation::{
    AssignedBy, Conversation, ConversationCommand as C, ConversationEvent as E, ConversationStatus,
    DeliveryStatus, HandoffFallback, HandoffReason, HandoffStatus, MacroStep, MessageContent,
    Priority, ReplyKind, SendOutcome, Sender, SurveyKind,
};
use bitacora_domain::aggregates::tenant::AiMode;
use bitacora_domain::{ConversationId, MessageId};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use uuid::Uuid;

use super::matrix::{send, triage};
use super::samples::{queue, receive, report, template, text};
use super::start;
use crate::support::ids::{AGENT, CONTACT, message, minute, personal};
use crate::support::{command_id, given};

const STEPS: usize = 70;

fn status() -> impl Strategy<Value = DeliveryStatus> {
    use DeliveryStatus::{Delivered, Failed, Pending, Played, Read, Sent, Unknown};
    prop::sample::select(vec![Pending, Unknown, Sent, Delivered, Read, Played, Failed])
}

fn wamid() -> impl Strategy<Value = String> {
    (0..24u8).prop_map(|n| format!("wamid.{n}"))
}

/// The message that some command of the run may have made.
fn some_message() -> impl Strategy<Value = MessageId> {
    (1..=STEPS as u128).prop_map(message)
}

/// The `n`-th id that some command of the run may have made.
fn made(n: usize) -> impl Strategy<Value = Uuid> {
    (1..=STEPS as u128).prop_map(move |command| command_id(command).derive(&format!("id:{n}")))
}

fn words() -> impl Strategy<Value = MessageContent> {
    prop::sample::select(vec![text("Hola"), template(), text("")])
}

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (0..2_880i64).prop_map(minute)
}

/// What comes from the provider.
fn facts() -> impl Strategy<Value = C> {
    let said = prop_oneof![15 => Just("Hola"), 4 => Just("no"), 1 => Just("Baja.")];
    prop_oneof![
        6 => (wamid(), time(), said).prop_map(|(id, at, said)| {
            let mut command = receive(&id, at);
            if let C::ReceiveMessage { content, .. } = &mut command { *content = text(said); }
            command
        }),
        1 => (wamid(), time()).prop_map(|(id, at)| {
            let mut command = receive(&id, at);
            if let C::ReceiveMessage { content, .. } = &mut command {
                *content = MessageContent::Interactive {
                    reply: ReplyKind::Button,
                    option_id: "csat:4".to_owned(),
                    title: personal("Buena"),
                    detail: None,
                };
            }
            command
        }),
        6 => (some_message(), prop::option::of(wamid()), status(), time())
            .prop_map(|(message, id, status, at)| report(message, id.as_deref(), status, at)),
        1 => (wamid(), time()).prop_map(|(provider_message_id, sent_at)| {
            C::RecordAgentEcho { provider_message_id, content: text("Ya voy"), sent_at }
        }),
        1 => (wamid(), wamid(), time()).prop_map(|(provider_message_id, target, at)| {
            C::RecordReaction { provider_message_id, target, emoji: None, at }
        }),
        6 => (some_message(), 1..4i64, any::<bool>()).prop_map(|(message, attempt, out)| {
            C::BeginSend { message, attempt, opted_out: out && attempt == 3 }
        }),
        6 => (some_message(), 1..4i64, wamid(), 0..4u8).prop_map(|(message, attempt, id, how)| {
            let outcome = match how {
                0 => SendOutcome::Accepted { provider_message_id: id },
                1 => SendOutcome::Unknown { reason: "timeout".to_owned() },
                n => SendOutcome::Rejected { code: 1, title: "x".into(), retryable: n == 2 },
            };
            C::RecordSendOutcome { message, attempt, outcome }
        }),
    ]
}

/// What the AI and rules do, and people with it.
fn machine() -> impl Strategy<Value = C> {
    let mode = || prop::sample::select(vec![AiMode::Assisted, AiMode::Autopilot]);
    prop_oneof![
        4 => (some_message(), mode()).prop_map(|(message, mode)| triage(message, mode)),
        2 => (some_message(), words()).prop_map(|(message, reply)| {
            C::RecordAutoReplyMatch { rule: Uuid::nil(), rule_version: 1, message, reply }
        }),
        2 => (60..900i64).prop_map(|ttl_s| {
            C::SuggestReply { text: personal("Sí"), citations: vec![], ttl_s }
        }),
        4 => made(1).prop_map(|suggestion| C::ApproveSuggestion { suggestion, edited_text: None }),
        1 => made(1).prop_map(|suggestion| C::RejectSuggestion { suggestion, reason: None }),
        1 => made(1).prop_map(|suggestion| C::ExpireSuggestion { suggestion }),
        1 => Just(C::PauseAi { reason: None }),
        2 => Just(C::ResumeAi),
        1 => Just(C::RecordOptOut { by: "agent".to_owned() }),
        2 => Just(C::RecordOptIn { by: "agent".to_owned() }),
    ]
}

/// What people and timers do.
fn people() -> impl Strategy<Value = C> {
    let sender = prop::sample::select(vec![
        Sender::Agent,
        Sender::Ai,
        Sender::AutoReply,
        Sender::System,
        Sender::Campaign,
    ]);
    let fallback =
        prop::sample::select(vec![HandoffFallback::KeepWaiting, HandoffFallback::ReturnToBot]);
    prop_oneof![
        3 => words().prop_map(queue),
        3 => (words(), sender).prop_map(|(content, sender)| send(content, sender)),
        2 => (words(), time())
            .prop_map(|(content, send_at)| C::ScheduleMessage { client_message_id: None, content, send_at }),
        1 => made(0).prop_map(|scheduled| C::CancelScheduledMessage { scheduled }),
        2 => made(0).prop_map(|scheduled| C::ReleaseScheduledMessage { scheduled }),
        2 => (30..3_000i64, fallback, any::<bool>()).prop_map(|(timeout_s, fallback, told)| {
            let notice = told.then(|| personal("Ya te atienden"));
            let reason = HandoffReason::CustomerAsked;
            C::RequestHandoff { reason, note: None, timeout_s, fallback, notice }
        }),
        2 => (60..3_000i64).prop_map(|lease_s| C::AcceptHandoff { agent: AGENT, lease_s }),
        1 => Just(C::ReturnToBot),
        2 => (1..4i64).prop_map(|handoff| C::TimeOutHandoff { handoff }),
        2 => (1..4i64).prop_map(|handoff| C::CheckHandoffLease { handoff }),
        1 => prop::option::of(time()).prop_map(|until| C::Snooze { until }),
        1 => Just(C::Unsnooze),
        1 => (1..4i64).prop_map(|snooze| C::WakeUp { snooze }),
    ]
}

fn work() -> impl Strategy<Value = C> {
    let label = || prop::sample::select(vec!["vip", "VIP", "urgente", "", "ñ"]);
    prop_oneof![
        label().prop_map(|label| C::AddLabel { label: label.to_owned() }),
        label().prop_map(|label| C::RemoveLabel { label: label.to_owned() }),
        Just(C::AddNote { body: personal("Llamar") }),
        any::<bool>().prop_map(|some| {
            C::Assign { agent: some.then_some(AGENT), team: None, by: AssignedBy::User }
        }),
        Just(C::Unassign),
        Just(C::ChangePriority { priority: Priority::High }),
        Just(C::ApplyMacro {
            macro_id: Uuid::nil(),
            version: 1,
            steps: vec![
                MacroStep::SendText { body: personal("Listo") },
                MacroStep::Resolve { resolution: None },
            ],
        }),
        Just(C::RequestSurvey { kind: SurveyKind::Csat, content: text("¿Qué tal?") }),
        Just(C::RecordSurvey { kind: SurveyKind::Csat, score: 3, comment: None }),
        some_message().prop_map(|message| C::RedactMessage { message, reason: "datos".to_owned() }),
        Just(C::Resolve { resolution: None }),
        Just(C::Reopen),
        Just(C::MarkRead),
        Just(start()),
        // Seldom, since little happens after.
        prop::sample::select(vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).prop_map(|n| match n {
            0 => C::Close,
            1 => C::Archive,
            2 => C::MergeInto {
                target: ConversationId::new(Uuid::from_u128(5)),
                target_contact: CONTACT,
            },
            _ => C::Reopen,
        }),
    ]
}

fn command() -> impl Strategy<Value = C> {
    prop_oneof![5 => facts(), 4 => machine(), 4 => people(), 2 => work()]
}

/// A message of ours, as the observer knows it.
#[derive(Clone, Debug)]
struct Ours {
    automatic: bool,
    free: bool,
    status: DeliveryStatus,
    /// The last attempt, and whether it may be repeated.
    attempt: i64,
    repeatable: bool,
}

/// What an observer of the events knows, without looking at the state.
#[derive(Default)]
struct Observer {
    provider_ids: BTreeSet<String>,
    /// What there was to aim at, oldest first.
    heard: Vec<MessageId>,
    said: Vec<MessageId>,
    proposed: Vec<Uuid>,
    planned: Vec<Uuid>,
    ours: BTreeMap<MessageId, Ours>,
    bound: BTreeMap<MessageId, String>,
    anomalies: BTreeSet<MessageId>,
    suggestions: BTreeSet<Uuid>,
    pending: Option<Uuid>,
    redacted: BTreeSet<MessageId>,
    triaged: BTreeSet<MessageId>,
    scheduled: BTreeSet<Uuid>,
    survey: bool,
    window_until: Option<DateTime<Utc>>,
    handoff: HandoffStatus,
    paused: bool,
    opted_out: bool,
    unread: i64,
    status: ConversationStatus,
}

impl Observer {
    /// Turns a command towards something that exists.
    fn aim(&self, command: &mut C, back: usize) {
        let set = |to: &mut MessageId, from: &[MessageId]| {
            if let Some(id) = from.iter().rev().nth(back) {
                *to = *id;
            }
        };
        let set_id = |to: &mut Uuid, from: &[Uuid]| {
            if let Some(id) = from.iter().rev().nth(back) {
                *to = *id;
            }
        };
        let last = |message: &MessageId| self.ours.get(message).map_or(0, |ours| ours.attempt);
        match command {
            C::RecordTriage { message, .. }
            | C::RecordAutoReplyMatch { message, .. }
            | C::RedactMessage { message, .. } => set(message, &self.heard),
            C::RecordDeliveryStatus { message, .. } => set(message, &self.said),
            C::BeginSend { message, attempt, .. } => {
                set(message, &self.said);
                *attempt = last(message) + 1;
            }
            C::RecordSendOutcome { message, attempt, .. } => {
                set(message, &self.said);
                *attempt = last(message);
            }
            C::ApproveSuggestion { suggestion, .. }
            | C::RejectSuggestion { suggestion, .. }
            | C::ExpireSuggestion { suggestion } => set_id(suggestion, &self.proposed),
            C::CancelScheduledMessage { scheduled } | C::ReleaseScheduledMessage { scheduled } => {
                set_id(scheduled, &self.planned);
            }
            _ => {}
        }
    }

    fn see(&mut self, event: &E, now: DateTime<Utc>) {
        let open = self.window_until.is_some_and(|until| now < until);
        let silent = self.status.is_over()
            || self.handoff != HandoffStatus::None
            || self.paused
            || self.opted_out;
        match event {
            E::MessageReceived { message, provider_message_id: id, unread, .. } => {
                self.heard.push(*message);
                assert!(self.provider_ids.insert(id.clone()), "{id} came twice");
                self.unread += 1;
                assert_eq!(*unread, self.unread);
                assert!(!self.status.is_over(), "heard in a conversation that is over");
            }
            E::AgentEchoRecorded { provider_message_id: id, .. }
            | E::ReactionChanged { provider_message_id: id, .. } => {
                assert!(self.provider_ids.insert(id.clone()), "{id} came twice");
            }
            E::ServiceWindowOpened { until } => {
                assert!(self.window_until.is_none_or(|before| *until > before), "it shrank");
                self.window_until = Some(*until);
            }
            E::MessageQueued { message, content, sender, .. } => {
                let free = !matches!(content, MessageContent::Template { .. });
                let automatic = matches!(sender, Sender::Ai | Sender::AutoReply | Sender::Campaign);
                assert!(!free || open, "free-form outside the window");
                assert!(!automatic || !silent, "{sender:?} spoke where it may not");
                assert!(!self.status.is_over(), "said in a conversation that is over");
                let (status, attempt, repeatable) = (DeliveryStatus::Pending, 0, true);
                let ours = Ours { automatic, free, status, attempt, repeatable };
                assert!(self.ours.insert(*message, ours).is_none(), "queued twice");
                self.said.push(*message);
            }
            E::ConversationReadByAgent { unread, .. } => {
                assert_eq!(*unread, self.unread);
                self.unread = 0;
            }
            E::LabelAdded { labels, .. } | E::LabelRemoved { labels, .. } => {
                let lower: BTreeSet<_> = labels.iter().map(|label| label.to_lowercase()).collect();
                assert_eq!(lower.len(), labels.len(), "two labels alike");
            }
            E::MessageRedacted { message, .. } => assert!(self.redacted.insert(*message)),
            E::MessageTriaged { message, .. } => assert!(self.triaged.insert(*message)),
            E::SurveyRequested { .. } => self.survey = true,
            E::SurveyAnswered { .. } => assert!(std::mem::take(&mut self.survey), "answered twice"),
            E::MessageScheduled { scheduled, .. } => {
                assert!(self.scheduled.insert(*scheduled));
                self.planned.push(*scheduled);
                assert!(self.scheduled.len() <= 20, "too many wait");
            }
            E::ScheduledMessageCancelled { scheduled, .. }
            | E::ScheduledMessageReleased { scheduled, .. }
            | E::ScheduledMessageSkipped { scheduled, .. } => {
                assert!(self.scheduled.remove(scheduled), "it had its end before");
            }
            E::AiPaused { .. } => self.paused = true,
            E::AiResumed { .. } => self.paused = false,
            E::OptOutRecorded { .. } => self.opted_out = true,
            E::OptInRecorded { .. } => self.opted_out = false,
            other => {
                self.see_sending(other, open, silent);
                self.see_suggestion(other);
                self.see_handoff(other);
                self.see_lifecycle(other);
            }
        }
    }

    fn see_sending(&mut self, event: &E, open: bool, silent: bool) {
        use DeliveryStatus::{Delivered, Failed, Played, Read, Sent, Unknown};
        match event {
            E::MessageSendAttempted { message, attempt, .. } => {
                let ours = self.ours.get_mut(message).expect("never queued");
                assert!(!ours.free || open, "free-form left outside the window");
                assert!(!ours.automatic || !silent, "a machine's message left where it may not");
                assert!(ours.repeatable, "handed over a second time");
                assert!(*attempt > ours.attempt);
                (ours.attempt, ours.repeatable) = (*attempt, false);
                assert_eq!(ours.status, DeliveryStatus::Pending);
            }
            E::MessageAccepted { message, provider_message_id: id, .. } => {
                self.bind(*message, Some(id));
            }
            E::MessageSendUnknown { message, .. } => {
                self.advance(*message, DeliveryStatus::Pending, Unknown, None);
            }
            E::MessageRejected { message, retryable: true, .. } => {
                let ours = self.ours.get_mut(message).expect("never queued");
                assert!(!std::mem::replace(&mut ours.repeatable, true));
            }
            E::MessageRejected { message, .. } => {
                self.advance(*message, DeliveryStatus::Pending, Failed, None);
            }
            E::MessageSent { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, Sent, id.as_ref());
            }
            E::MessageDelivered { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, Delivered, id.as_ref());
            }
            E::MessageRead { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, Read, id.as_ref());
            }
            E::MessagePlayed { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, Played, id.as_ref());
            }
            E::MessageFailed { message, from, provider_message_id: id, .. } => {
                assert!(*from < Delivered, "failed after delivery");
                self.advance(*message, *from, Failed, id.as_ref());
            }
            E::MessageStatusAnomalyRecorded { message, .. } => {
                assert!(self.anomalies.insert(*message), "an anomaly is recorded once");
            }
            _ => {}
        }
    }

    fn advance(
        &mut self,
        id: MessageId,
        from: DeliveryStatus,
        to: DeliveryStatus,
        provider_id: Option<&String>,
    ) {
        assert!(to > from, "{from:?} → {to:?}");
        let ours = self.ours.get_mut(&id).expect("never queued");
        assert_eq!(std::mem::replace(&mut ours.status, to), from);
        self.bind(id, provider_id);
    }

    fn bind(&mut self, id: MessageId, provider_id: Option<&String>) {
        if let Some(provider_id) = provider_id {
            assert_eq!(self.bound.entry(id).or_insert_with(|| provider_id.clone()), provider_id);
        }
    }

    fn see_suggestion(&mut self, event: &E) {
        match event {
            E::ReplySuggested { suggestion, .. } => {
                assert_eq!(self.pending.replace(*suggestion), None, "two wait");
                assert!(self.suggestions.insert(*suggestion));
                self.proposed.push(*suggestion);
            }
            E::SuggestionApproved { suggestion, .. }
            | E::SuggestionRejected { suggestion, .. }
            | E::SuggestionSuperseded { suggestion, .. }
            | E::SuggestionExpired { suggestion, .. } => {
                assert_eq!(self.pending.take(), Some(*suggestion), "it had its end before");
            }
            _ => {}
        }
    }

    /// The transitions of aggregates §2.8, and the end of the conversation.
    fn see_handoff(&mut self, event: &E) {
        use HandoffStatus::{Accepted, None, Requested, TimedOut};
        let now = self.handoff;
        self.handoff = match event {
            E::HandoffRequested { from, .. } => {
                assert_eq!((now, *from), (None, None));
                Requested
            }
            E::HandoffAccepted { from, .. } => {
                assert_eq!(now, *from);
                assert!(matches!(from, Requested | TimedOut));
                Accepted
            }
            E::HandoffExtended { .. } => {
                assert_eq!(now, Accepted);
                Accepted
            }
            E::HandoffTimedOut { .. } => {
                assert_eq!(now, Requested);
                TimedOut
            }
            E::HandoffEnded { from, end, .. } => {
                use bitacora_domain::aggregates::conversation::HandoffEnd as End;
                assert_eq!(now, *from);
                match end {
                    End::Returned => assert!(matches!(from, Accepted | TimedOut)),
                    End::Lapsed => assert_eq!(*from, Accepted),
                    End::FellBack => assert_eq!(*from, TimedOut),
                    End::ConversationOver => assert_ne!(*from, None),
                }
                None
            }
            _ => now,
        };
    }

    fn see_lifecycle(&mut self, event: &E) {
        use ConversationStatus::{Archived, Closed, Merged, Open, Resolved, Snoozed};
        match event {
            E::ConversationResolved { from, .. } => self.turn(*from, Resolved),
            E::ConversationReopened { from, .. } => self.turn(*from, Open),
            E::ConversationClosed { from, .. } => self.turn(*from, Closed),
            E::ConversationMerged { from, .. } => self.turn(*from, Merged),
            E::ConversationSnoozed { .. } => self.turn(Open, Snoozed),
            E::ConversationUnsnoozed { .. } => self.turn(Snoozed, Open),
            E::ConversationArchived { .. } => {
                assert_eq!(self.status, Closed);
                self.status = Archived;
            }
            _ => {}
        }
    }

    fn turn(&mut self, from: ConversationStatus, to: ConversationStatus) {
        assert_eq!(self.status, from);
        assert!(!from.is_over(), "over is final");
        if to.is_over() {
            assert_eq!(self.handoff, HandoffStatus::None, "a hand-off outlived it");
            assert_eq!(self.pending, None, "a suggestion outlived it");
        }
        self.status = to;
    }
}

/// Nothing in the state grows without end.
fn assert_bounded(state: &Conversation) {
    let json = serde_json::to_value(state).unwrap();
    for (field, max) in [
        ("recent", 64),
        ("outbound", 1_000),
        ("actions", 10),
        ("scheduled", 20),
        ("labels", 50),
        ("triaged", 64),
        ("auto_replied", 64),
        ("transcribed", 64),
        ("redacted", 64),
        ("links", 64),
        ("merged", 64),
    ] {
        let length = json[field].as_array().unwrap_or_else(|| panic!("no {field}")).len();
        assert!(length <= max, "{length} {field}");
    }
    let lists = json.as_object().unwrap().values().filter(|value| value.is_array()).count();
    assert_eq!(lists, 11, "a list that nothing bounds");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_conversation_keeps_its_promises_whatever_comes(steps in life()) {
        live(steps);
    }
}

/// A command, the pause before it in minutes, and what it aims at: the last thing of its kind, or
/// one before; else whatever id it was given.
type Step = (C, i64, Option<usize>);

fn life() -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![4 => 0..20i64, 1 => 0..900i64];
    let aim = prop::option::weighted(0.8, prop::sample::select(vec![0, 0, 0, 1, 2]));
    prop::collection::vec((command(), pause, aim), 1..STEPS)
}

/// Goes through a life under the observer's eyes, and says which events came.
fn live(steps: Vec<Step>) -> BTreeSet<String> {
    let mut case = given::<Conversation>([]).after(start());
    let mut observer = Observer::default();
    let (mut now, mut last_inbound, mut seen) = (0, None, BTreeSet::new());
    for (mut command, pause, aim) in steps {
        now += pause;
        if let Some(back) = aim {
            observer.aim(&mut command, back);
        }
        let outcome = case.at(now).when(command);
        for event in outcome.result.iter().flatten() {
            observer.see(event, minute(now));
            seen.insert(label(event));
            if let E::MessageReceived { sent_at, .. } = event {
                let latest = minute(now) + TimeDelta::minutes(5);
                let believed = if *sent_at > latest { minute(now) } else { *sent_at };
                last_inbound = last_inbound.max(Some(believed));
            }
        }
        case = outcome.case;
        let day = TimeDelta::hours(24);
        assert_eq!(observer.window_until, last_inbound.map(|at| at + day));
        assert_bounded(&case.state);
    }
    let stands = case.state.standing(minute(now));
    assert_eq!(stands.lifecycle, observer.status);
    assert_eq!(stands.handoff, observer.handoff);
    assert_eq!(case.state.unread(), observer.unread);
    seen
}

/// The event's name; of a message also who sent it.
fn label(event: &E) -> String {
    match event {
        E::MessageQueued { sender, .. } => format!("MessageQueued by {sender:?}"),
        other => other.name().to_owned(),
    }
}

/// The observer would be content with lives in which nothing happens.
#[test]
fn lives_are_full_enough_to_break_promises() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut lives: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..256 {
        let steps = life().new_tree(&mut runner).unwrap().current();
        for name in live(steps) {
            *lives.entry(name).or_default() += 1;
        }
    }
    for name in [
        "MessageQueued by Ai",
        "MessageQueued by AutoReply",
        "MessageQueued by Campaign",
        "MessageSendAttempted",
        "MessageSendUnknown",
        "MessageRejected",
        "MessageRead",
        "MessageStatusAnomalyRecorded",
        "SuggestionApproved",
        "SuggestionSuperseded",
        "SuggestionExpired",
        "HandoffAccepted",
        "HandoffTimedOut",
        "HandoffEnded",
        "AiPaused",
        "OptOutRecorded",
        "ScheduledMessageReleased",
        "ScheduledMessageSkipped",
        "ConversationUnsnoozed",
        "ConversationMerged",
        "SurveyAnswered",
    ] {
        let often = lives.get(name).copied().unwrap_or_default();
        println!("{name}: in {often} of 256 lives");
        assert!(often >= 3, "{name}: in {often} of 256 lives");
    }
}

/// Memory of things that happen once is bounded: what is done a thousand times leaves no trace.
#[test]
fn the_state_stays_small_however_long_it_lives() {
    let mut case = given::<Conversation>([]).after(start());
    for n in 0..200u128 {
        let (id, at) = (Uuid::from_u128(n << 64), minute(i64::try_from(n).unwrap()));
        case = case.at(i64::try_from(n).unwrap()).after(receive(&format!("wamid.{n}"), at));
        let inbound = message(2 + 4 * n);
        case = case.after(triage(inbound, AiMode::Assisted));
        case = case.after(C::RedactMessage { message: inbound, reason: "datos".to_owned() });
        case = case.after(C::RecordMerge { source: ConversationId::new(id) });
    }
    assert_bounded(&case.state);
    let bytes = serde_json::to_vec(&case.state).unwrap().len();
    assert!(bytes < 40_000, "{bytes} bytes");
}
