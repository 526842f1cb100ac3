//! Every state of the product against every command: what happens is what the table says, and
//! what must never happen is checked without looking at the table.
#![allow(clippy::wildcard_enum_match_arm)] // rows and events of one kind are picked out

use std::collections::BTreeSet;
use std::path::Path;

use bitacora_domain::aggregates::conversation::matrix::{
    AiStanding, Ask, Form, PendingSuggestion, Standing, Verdict, Voice, Window, judge, markdown,
};
use bitacora_domain::aggregates::conversation::{
    AiPolicy, AssignedBy, Conversation, ConversationCommand as C, ConversationEvent as E,
    ConversationStatus, DeliveryStatus, HandoffFallback, HandoffReason, HandoffStatus, LinkedKind,
    MacroStep, MessageContent, Priority, ProposedAction, SendOutcome, Sender, SnoozeEnd,
    SurveyKind, Triage,
};
use bitacora_domain::aggregates::tenant::{AiMode, TriageCategory};
use bitacora_domain::{ConversationId, MessageId, UserId};
use uuid::Uuid;

use super::samples::{actor, queued, receive, report, started, template, text};
use super::start;
use crate::support::ids::{AGENT, CONTACT, minute, personal};
use crate::support::{Case, Outcome, given};

/// When everything is tried: after what was due, before what is not.
const NOW: i64 = 100;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x3A << 64 | n)
}

fn known(n: u128) -> MessageId {
    MessageId::new(id(n))
}

const INBOUND: u128 = 1;
const PERSON_FREE: u128 = 2;
const PERSON_TEMPLATE: u128 = 3;
const AUTOMATIC_FREE: u128 = 4;
const AUTOMATIC_TEMPLATE: u128 = 5;
const UNDER_WAY: u128 = 6;
const SUGGESTION: u128 = 7;
const ACTION: u128 = 8;
const LATER_FREE: u128 = 9;
const LATER_TEMPLATE: u128 = 10;

/// A conversation with something of everything, which then came to stand so. Not every state of
/// the product can be reached by commands; the law holds in all of them.
pub(super) fn standing(at: Standing, expires: i64) -> Case<Conversation> {
    let mut history = furniture();
    history.push(super::samples::received(known(INBOUND), "wamid.A", minute(0)));
    let until = match at.window {
        Window::Open => minute(1_440),
        Window::Closed => minute(NOW),
    };
    history.push(E::ServiceWindowOpened { until });
    if at.suggestion == PendingSuggestion::Pending {
        history.push(E::ReplySuggested {
            suggestion: id(SUGGESTION),
            text: personal("Sí"),
            citations: vec![],
            answers: None,
            expires_at: minute(expires),
            at: minute(1),
        });
    }
    history.extend(handed_off(at.handoff));
    match at.ai {
        AiStanding::Active => {}
        AiStanding::Paused => {
            history.push(E::AiPaused { reason: None, by: actor(), at: minute(1) });
        }
        AiStanding::OptedOut => {
            let by = "agent".to_owned();
            history.push(E::OptOutRecorded { contact: CONTACT, by, at: minute(1) });
        }
    }
    history.extend(brought_to(at.lifecycle));
    let case = given::<Conversation>(history).at(NOW);
    assert_eq!(case.state.standing(minute(NOW)), at);
    case
}

/// Things that commands can be about.
fn furniture() -> Vec<E> {
    let sent = |n, content, sender| {
        let mut event = queued(known(n), content, minute(1));
        if let E::MessageQueued { sender: of, .. } = &mut event {
            *of = sender;
        }
        event
    };
    let scheduled = |n, content| E::MessageScheduled {
        scheduled: id(n),
        client_message_id: None,
        content,
        send_at: minute(90),
        author: actor(),
        at: minute(1),
    };
    let action =
        ProposedAction { action: id(ACTION), kind: "create_ticket".into(), arguments: None };
    vec![
        started(),
        sent(PERSON_FREE, text("Hola"), Sender::Agent),
        sent(PERSON_TEMPLATE, template(), Sender::Agent),
        sent(AUTOMATIC_FREE, text("Hola"), Sender::Ai),
        sent(AUTOMATIC_TEMPLATE, template(), Sender::Campaign),
        sent(UNDER_WAY, template(), Sender::Agent),
        E::MessageSendAttempted { message: known(UNDER_WAY), attempt: 1, at: minute(1) },
        scheduled(LATER_FREE, text("Buen día")),
        scheduled(LATER_TEMPLATE, template()),
        E::ActionsProposed { message: known(INBOUND), actions: vec![action], at: minute(1) },
        E::SurveyRequested { kind: SurveyKind::Csat, message: known(PERSON_FREE), at: minute(1) },
        E::LabelAdded { label: "vip".to_owned(), labels: vec!["vip".to_owned()] },
        E::ConversationAssigned {
            agent: Some(AGENT),
            team: None,
            previous_agent: None,
            previous_team: None,
            by: AssignedBy::User,
        },
    ]
}

fn handed_off(to: HandoffStatus) -> Vec<E> {
    let fallback = HandoffFallback::KeepWaiting;
    let requested = E::HandoffRequested {
        handoff: 1,
        from: HandoffStatus::None,
        reason: HandoffReason::CustomerAsked,
        note: None,
        by: actor(),
        expires_at: minute(90),
        fallback,
        at: minute(1),
    };
    let accepted = E::HandoffAccepted {
        handoff: 1,
        from: HandoffStatus::Requested,
        agent: AGENT,
        lease_until: minute(90),
        lease_s: 600,
        waited_ms: 0,
        at: minute(80),
    };
    match to {
        HandoffStatus::None => vec![],
        HandoffStatus::Requested => vec![requested],
        HandoffStatus::Accepted => vec![requested, accepted],
        HandoffStatus::TimedOut => {
            vec![requested, E::HandoffTimedOut { handoff: 1, fallback, at: minute(90) }]
        }
    }
}

fn brought_to(lifecycle: ConversationStatus) -> Vec<E> {
    let (from, at) = (ConversationStatus::Open, minute(1));
    let closed = E::ConversationClosed { from, at };
    match lifecycle {
        ConversationStatus::Open => vec![],
        ConversationStatus::Snoozed => {
            vec![E::ConversationSnoozed { snooze: 1, until: Some(minute(90)), at }]
        }
        ConversationStatus::Resolved => {
            vec![E::ConversationResolved { from, resolution: None, at }]
        }
        ConversationStatus::Closed => vec![closed],
        ConversationStatus::Archived => vec![closed, E::ConversationArchived { at }],
        ConversationStatus::Merged => {
            vec![E::ConversationMerged { from, target: ConversationId::new(id(20)), at }]
        }
    }
}

pub(super) fn triage(message: MessageId, mode: AiMode) -> C {
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

pub(super) fn send(content: MessageContent, sender: Sender) -> C {
    C::SendMessage { client_message_id: None, content, sender, reply_to: None }
}

fn begin(n: u128) -> C {
    C::BeginSend { message: known(n), attempt: 1, opted_out: false }
}

fn auto_reply(reply: MessageContent) -> C {
    C::RecordAutoReplyMatch { rule: id(30), rule_version: 1, message: known(INBOUND), reply }
}

/// A command of each row that does something wherever nothing is against it.
fn sample(ask: Ask) -> C {
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
            message: known(INBOUND),
            text: personal("Hola"),
            language: "es".to_owned(),
            model: "whisper".to_owned(),
        },
        Ask::RecordAudioTranscriptionFailure => C::RecordAudioTranscriptionFailure {
            message: known(INBOUND),
            reason: "too_noisy".to_owned(),
        },
        Ask::AutoReplyFree => auto_reply(text("Abrimos a las 9")),
        Ask::AutoReplyTemplate => auto_reply(template()),
        Ask::RecordTriage => triage(known(INBOUND), AiMode::Assisted),
        Ask::AiAnswers => triage(known(INBOUND), AiMode::Autopilot),
        Ask::SuggestReply => {
            C::SuggestReply { text: personal("Sí"), citations: vec![], ttl_s: 600 }
        }
        Ask::ApproveSuggestion => {
            C::ApproveSuggestion { suggestion: id(SUGGESTION), edited_text: None }
        }
        Ask::RejectSuggestion => C::RejectSuggestion { suggestion: id(SUGGESTION), reason: None },
        Ask::ExpireSuggestion => C::ExpireSuggestion { suggestion: id(SUGGESTION) },
        Ask::ApproveAction => C::ApproveAction { action: id(ACTION) },
        Ask::RejectAction => C::RejectAction { action: id(ACTION), reason: None },
        Ask::SendPersonFree => send(text("Hola"), Sender::Agent),
        Ask::SendPersonTemplate => send(template(), Sender::System),
        Ask::SendAutomaticFree => send(text("Hola"), Sender::AutoReply),
        Ask::SendAutomaticTemplate => send(template(), Sender::Campaign),
        Ask::SendAi => send(text("Hola"), Sender::Ai),
        Ask::BeginPersonFree => begin(PERSON_FREE),
        Ask::BeginPersonTemplate => begin(PERSON_TEMPLATE),
        Ask::BeginAutomaticFree => begin(AUTOMATIC_FREE),
        Ask::BeginAutomaticTemplate => begin(AUTOMATIC_TEMPLATE),
        Ask::RecordSendOutcome => C::RecordSendOutcome {
            message: known(UNDER_WAY),
            attempt: 1,
            outcome: SendOutcome::Accepted { provider_message_id: wamid() },
        },
        Ask::ScheduleMessage => C::ScheduleMessage {
            client_message_id: None,
            content: text("Mañana"),
            send_at: minute(NOW + 60),
        },
        Ask::CancelScheduledMessage => C::CancelScheduledMessage { scheduled: id(LATER_FREE) },
        Ask::ReleaseFree => C::ReleaseScheduledMessage { scheduled: id(LATER_FREE) },
        Ask::ReleaseTemplate => C::ReleaseScheduledMessage { scheduled: id(LATER_TEMPLATE) },
        Ask::RecordDeliveryStatus => report(known(UNDER_WAY), None, DeliveryStatus::Sent, at),
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
        Ask::RedactMessage => {
            C::RedactMessage { message: known(INBOUND), reason: "Datos de tarjeta".to_owned() }
        }
        Ask::Resolve => C::Resolve { resolution: None },
        Ask::Reopen => C::Reopen,
        Ask::Close => C::Close,
        Ask::Archive => C::Archive,
        Ask::MarkRead => C::MarkRead,
        other => panic!("{other:?} is not work"),
    }
}

#[test]
fn every_state_of_the_product_meets_every_command_as_the_table_says() {
    let mut cells = 0;
    let mut verdicts = BTreeSet::new();
    for at in Standing::all() {
        let (soon, due) = (standing(at, 200), standing(at, 90));
        for &ask in Ask::ALL {
            let case = if ask == Ask::ExpireSuggestion { &due } else { &soon };
            let outcome = case.clone().when(sample(ask));
            let verdict = judge(ask, at);
            let here = format!("{} at {at:?}", ask.name());
            if ask == Ask::AiAnswers {
                check_ai(&outcome, verdict, &here);
            } else {
                check_cell(&outcome, verdict, &here);
            }
            check_never(at, &outcome, &here);
            verdicts.insert(format!("{ask:?} {verdict:?}"));
            cells += 1;
        }
    }
    assert_eq!(Standing::all().count(), 288);
    assert_eq!(cells, 288 * Ask::ALL.len());
    println!("{cells} cells: 288 states × {} rows", Ask::ALL.len());
    println!("{} different (row, verdict)", verdicts.len());
}

#[track_caller]
fn check_cell(outcome: &Outcome<Conversation>, verdict: Verdict, here: &str) {
    match (&outcome.result, verdict) {
        (Ok(events), Verdict::Go) => assert!(!events.is_empty(), "nothing: {here}"),
        (Ok(events), Verdict::Nothing) => assert_eq!(events, &[], "{here}"),
        (Err(refusal), Verdict::Refuse(expected)) => assert_eq!(*refusal, expected, "{here}"),
        (Ok(events), Verdict::Withdraw(_)) => {
            let code = verdict.code().unwrap();
            let held = |event: &E| match event {
                E::MessageRejected { title, retryable, .. } => title == code && !retryable,
                E::ScheduledMessageSkipped { code: why, .. } => why == code,
                _ => false,
            };
            assert!(matches!(events.as_slice(), [event] if held(event)), "{events:?}: {here}");
        }
        (result, verdict) => panic!("{result:?}, but the table says {verdict:?}: {here}"),
    }
}

/// A triage is recorded until the conversation is over; whether the AI answers is its own row.
#[track_caller]
fn check_ai(outcome: &Outcome<Conversation>, verdict: Verdict, here: &str) {
    let summary = outcome.summary();
    match verdict {
        Verdict::Go => {
            assert!(
                summary.starts_with("MessageTriaged+AutopilotApproved+MessageQueued"),
                "{here}"
            );
        }
        Verdict::Refuse(_) if summary.starts_with('!') => {
            assert_eq!(Some(&summary[1..]), verdict.code(), "{here}");
        }
        Verdict::Refuse(_) => {
            assert!(summary.starts_with("MessageTriaged+ApprovalRequired"), "{summary}: {here}");
            assert!(!summary.contains("MessageQueued"), "{summary}: {here}");
        }
        Verdict::Nothing | Verdict::Withdraw(_) => panic!("{verdict:?}: {here}"),
    }
}

/// What must never happen, whatever the table says.
#[track_caller]
fn check_never(at: Standing, outcome: &Outcome<Conversation>, here: &str) {
    let over = at.lifecycle.is_over();
    let silent = over || at.handoff != HandoffStatus::None || at.ai != AiStanding::Active;
    for event in outcome.result.iter().flatten() {
        match event {
            E::MessageQueued { sender, content, .. } => {
                assert!(!over, "said in a conversation that is over: {here}");
                let free = !matches!(content, MessageContent::Template { .. });
                assert!(!free || at.window == Window::Open, "free-form outside: {here}");
                let machine = matches!(sender, Sender::Ai | Sender::AutoReply | Sender::Campaign);
                assert!(!machine || !silent, "{sender:?} spoke: {here}");
            }
            E::MessageSendAttempted { message, .. } => {
                let free = [known(PERSON_FREE), known(AUTOMATIC_FREE)].contains(message);
                assert!(!free || at.window == Window::Open, "free-form outside: {here}");
                let machine = [known(AUTOMATIC_FREE), known(AUTOMATIC_TEMPLATE)].contains(message);
                assert!(!machine || !silent, "a machine's message left: {here}");
            }
            E::SuggestionApproved { .. }
            | E::SuggestionRejected { .. }
            | E::SuggestionSuperseded { .. }
            | E::SuggestionExpired { .. } => {
                assert_eq!(at.suggestion, PendingSuggestion::Pending, "{here}");
            }
            _ => {}
        }
    }
    let after = outcome.case.state.standing(minute(NOW));
    check_lifecycle(at.lifecycle, after.lifecycle, here);
    if !over && !after.lifecycle.is_over() && after.lifecycle != ConversationStatus::Resolved {
        check_handoff(at.handoff, after.handoff, here);
    }
    if !over && after.lifecycle.is_over() {
        assert_eq!(after.handoff, HandoffStatus::None, "{here}");
        assert_eq!(after.suggestion, PendingSuggestion::None, "{here}");
    }
}

#[track_caller]
fn check_lifecycle(from: ConversationStatus, to: ConversationStatus, here: &str) {
    use ConversationStatus::{Archived, Closed, Merged, Open, Resolved, Snoozed};
    let allowed: &[ConversationStatus] = match from {
        Open | Snoozed => &[Open, Snoozed, Resolved, Closed, Merged],
        Resolved => &[Resolved, Open, Closed, Merged],
        Closed => &[Closed, Archived],
        Archived => &[Archived],
        Merged => &[Merged],
    };
    assert!(allowed.contains(&to), "{from:?} → {to:?}: {here}");
}

/// The transitions of aggregates §2.8. A fallback may give it back at once when it times out.
#[track_caller]
fn check_handoff(from: HandoffStatus, to: HandoffStatus, here: &str) {
    use HandoffStatus::{Accepted, None, Requested, TimedOut};
    let allowed: &[HandoffStatus] = match from {
        None => &[None, Requested],
        Requested => &[Requested, Accepted, TimedOut],
        Accepted => &[Accepted, None],
        TimedOut => &[TimedOut, Accepted, None],
    };
    assert!(allowed.contains(&to), "{from:?} → {to:?}: {here}");
}

#[test]
fn every_sample_belongs_to_its_row() {
    let about = |ask| match ask {
        Ask::BeginPersonTemplate | Ask::ReleaseTemplate => (Voice::Person, Form::Template),
        Ask::BeginAutomaticFree => (Voice::Automatic, Form::Free),
        Ask::BeginAutomaticTemplate => (Voice::Automatic, Form::Template),
        _ => (Voice::Person, Form::Free),
    };
    for &ask in Ask::ALL {
        let row = if ask == Ask::AiAnswers { Ask::RecordTriage } else { ask };
        assert_eq!(Ask::of(&sample(ask), about(ask)), row);
    }
    let names: BTreeSet<_> = Ask::ALL.iter().map(|ask| ask.name()).collect();
    assert_eq!(names.len(), Ask::ALL.len(), "two rows of one name");
}

#[test]
fn before_the_start_there_is_nothing_but_the_start() {
    for &ask in Ask::ALL {
        let expected =
            if ask == Ask::Start { "ConversationStarted" } else { "!CONVERSATION_NOT_FOUND" };
        assert_eq!(given::<Conversation>([]).when(sample(ask)).summary(), expected, "{ask:?}");
    }
}

#[test]
fn a_worker_that_knows_of_an_opt_out_withdraws_what_is_automatic() {
    let at = Standing::all().next().unwrap();
    let begin = |n| C::BeginSend { message: known(n), attempt: 1, opted_out: true };
    let case = standing(at, 200);
    assert_eq!(case.clone().when(begin(PERSON_FREE)).summary(), "MessageSendAttempted");
    for automatic in [AUTOMATIC_FREE, AUTOMATIC_TEMPLATE] {
        let outcome = case.clone().when(begin(automatic));
        assert!(matches!(
            outcome.result.unwrap().as_slice(),
            [E::MessageRejected { title, retryable: false, .. }] if title == "OPTED_OUT"
        ));
    }
}

#[test]
fn a_snooze_ends_as_its_reason_says() {
    let at = Standing { lifecycle: ConversationStatus::Snoozed, ..Standing::all().next().unwrap() };
    for (ask, expected) in [
        (Ask::Unsnooze, SnoozeEnd::Manual),
        (Ask::Reopen, SnoozeEnd::Manual),
        (Ask::WakeUp, SnoozeEnd::Due),
        (Ask::RequestHandoff, SnoozeEnd::Manual),
        (Ask::ReceiveMessage, SnoozeEnd::Reply),
    ] {
        let events = standing(at, 200).when(sample(ask)).result.unwrap();
        let end = events.iter().find_map(|event| match event {
            E::ConversationUnsnoozed { snooze: 1, end, .. } => Some(*end),
            _ => None,
        });
        assert_eq!(end, Some(expected), "{ask:?}");
    }
}

/// The table in the documentation is the one in the code.
#[test]
fn the_rendered_table_is_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CONVERSATION.md");
    let (begin, end) = ("<!-- matrix:begin -->\n", "<!-- matrix:end -->");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(begin).expect("no matrix:begin in docs/CONVERSATION.md");
    let (table, tail) = rest.split_once(end).expect("no matrix:end in docs/CONVERSATION.md");
    let today = markdown();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{head}{begin}{today}{end}{tail}")).unwrap();
    } else {
        assert!(table == today, "docs/CONVERSATION.md has drifted: BLESS=1 rewrites the table");
    }
}
