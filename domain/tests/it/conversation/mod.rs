//! Conversation: its life, and every state against every command.

mod ai;
mod handoff;
mod inbound;
mod later;
mod limits;
mod matrix;
mod more_samples;
mod outbound;
mod properties;
pub(crate) mod samples;
mod sending;
mod team;
mod work;

use bitacora_domain::aggregates::conversation::{
    AssignedBy, Conversation, ConversationCommand as C, ConversationEvent as E, ConversationStatus,
    DeliveryStatus,
};
use bitacora_domain::{Claim, ContactId};
use uuid::Uuid;

use crate::support::ids::{AGENT, CHANNEL, CONTACT, CONVERSATION, message, minute, personal};
use crate::support::{Case, given};
use samples::{queue, receive, report, started, template, text};

fn start() -> C {
    C::Start { contact: CONTACT, channel: CHANNEL, external_thread: None, opted_out: false }
}

fn open() -> Case<Conversation> {
    given::<Conversation>([started()])
}

/// With a message of the contact at minute 0, unread, and the window open.
fn waiting() -> Case<Conversation> {
    open().after(receive("wamid.A", minute(0)))
}

fn resolved() -> Case<Conversation> {
    waiting().after(C::Resolve { resolution: None })
}

fn closed() -> Case<Conversation> {
    waiting().after(C::Close)
}

/// A command of each kind that does something where it may.
fn commands() -> Vec<(&'static str, C)> {
    let about = || ("wamid.R".to_owned(), "wamid.A".to_owned(), minute(1));
    let (provider_message_id, target, at) = about();
    let reaction = C::RecordReaction { provider_message_id, target, emoji: None, at };
    let (provider_message_id, target, at) = about();
    let edit = C::RecordMessageEdit { provider_message_id, target, content: text("Hola."), at };
    let (provider_message_id, target, at) = about();
    let revoke = C::RecordMessageRevoke { provider_message_id, target, at };
    let echo = C::RecordAgentEcho {
        provider_message_id: "wamid.E".to_owned(),
        content: text("Ya voy"),
        sent_at: minute(1),
    };
    vec![
        ("Start", start()),
        ("ReceiveMessage", receive("wamid.B", minute(1))),
        ("RecordAgentEcho", echo),
        ("RecordReaction", reaction),
        ("RecordMessageEdit", edit),
        ("RecordMessageRevoke", revoke),
        ("SendMessage text", queue(text("Sí"))),
        ("SendMessage template", queue(template())),
        ("RecordDeliveryStatus", report(message(7), None, DeliveryStatus::Sent, minute(1))),
        ("AddNote", C::AddNote { body: personal("Llamar") }),
        ("AddLabel", C::AddLabel { label: "vip".to_owned() }),
        ("RemoveLabel", C::RemoveLabel { label: "vip".to_owned() }),
        ("Assign", C::Assign { agent: Some(AGENT), team: None, by: AssignedBy::User }),
        ("Unassign", C::Unassign),
        ("Resolve", C::Resolve { resolution: None }),
        ("Reopen", C::Reopen),
        ("Close", C::Close),
        ("MarkRead", C::MarkRead),
    ]
}

/// Columns: not started, OPEN, RESOLVED, CLOSED; all but the first with an unread message of
/// the contact. Cells: the events, `-` for none, `!CODE` for a refusal.
#[rustfmt::skip]
const MATRIX: &[(&str, [&str; 4])] = &[
    ("Start", ["ConversationStarted", "-", "-", "-"]),
    ("ReceiveMessage", [NONE, "MessageReceived+ServiceWindowOpened",
        "MessageReceived+ConversationReopened+ServiceWindowOpened", CLOSED]),
    ("RecordAgentEcho", [NONE, "AgentEchoRecorded+AiPaused", "AgentEchoRecorded+AiPaused", CLOSED]),
    ("RecordReaction", [NONE, "ReactionChanged", "ReactionChanged", "ReactionChanged"]),
    ("RecordMessageEdit", [NONE, "MessageEdited", "MessageEdited", "MessageEdited"]),
    ("RecordMessageRevoke", [NONE, "MessageRevoked", "MessageRevoked", "MessageRevoked"]),
    ("SendMessage text", [NONE, "MessageQueued", "MessageQueued", CLOSED]),
    ("SendMessage template", [NONE, "MessageQueued", "MessageQueued", CLOSED]),
    ("RecordDeliveryStatus", [NONE, "!MESSAGE_UNKNOWN", "!MESSAGE_UNKNOWN", "!MESSAGE_UNKNOWN"]),
    ("AddNote", [NONE, "NoteAdded", "NoteAdded", "NoteAdded"]),
    ("AddLabel", [NONE, "LabelAdded", "LabelAdded", "LabelAdded"]),
    ("RemoveLabel", [NONE, "-", "-", "-"]),
    ("Assign", [NONE, "ConversationAssigned", "ConversationAssigned", CLOSED]),
    ("Unassign", [NONE, "-", "-", "-"]),
    ("Resolve", [NONE, "ConversationResolved", "-", CLOSED]),
    ("Reopen", [NONE, "-", "ConversationReopened", CLOSED]),
    ("Close", [NONE, "ConversationClosed", "ConversationClosed", "-"]),
    ("MarkRead", [NONE, "ConversationReadByAgent", "ConversationReadByAgent",
        "ConversationReadByAgent"]),
];
const NONE: &str = "!CONVERSATION_NOT_FOUND";
const CLOSED: &str = "!CONVERSATION_CLOSED";

#[test]
fn every_state_meets_every_command() {
    assert_eq!(commands().len(), MATRIX.len());
    for ((name, command), (row, cells)) in commands().into_iter().zip(MATRIX) {
        assert_eq!(name, *row);
        for (case, cell) in
            [given::<Conversation>([]), open_unread(), resolved(), closed()].into_iter().zip(cells)
        {
            let state = format!("{:?}", case.state.status());
            assert_eq!(case.when(command.clone()).summary(), *cell, "{name} on {state}");
        }
    }
}

fn open_unread() -> Case<Conversation> {
    let case = waiting();
    assert_eq!((case.state.status(), case.state.unread()), (ConversationStatus::Open, 1));
    case
}

#[test]
fn a_conversation_is_started_once() {
    let case =
        given::<Conversation>([]).when(start()).then([started()]).when(start()).then_nothing();
    let other = ContactId::new(Uuid::from_u128(1));
    case.when(C::Start {
        contact: other,
        channel: CHANNEL,
        external_thread: None,
        opted_out: false,
    })
    .then_refused("CONVERSATION_ALREADY_STARTED");
}

#[test]
fn a_conversation_has_a_uuid_and_a_short_thread() {
    given::<Conversation>([]).of("x").when(start()).then_refused("INVALID_CONVERSATION_ID");
    let external_thread = Some("t".repeat(257));
    given::<Conversation>([])
        .when(C::Start { contact: CONTACT, channel: CHANNEL, external_thread, opted_out: false })
        .then_refused("INVALID_EXTERNAL_THREAD");
}

#[test]
fn one_conversation_per_contact_and_account_is_open_at_a_time() {
    let key = format!("{CONTACT}|{CHANNEL}");
    let started = given::<Conversation>([]).when(start());
    assert_eq!(started.claims(), [Claim::take("conversation.open", &key, CONVERSATION)]);
    let resolved = started.case.when(C::Resolve { resolution: None });
    assert_eq!(resolved.claims(), []);
    let closed = resolved.case.when(C::Close);
    assert_eq!(closed.claims(), [Claim::release("conversation.open", &key, CONVERSATION)]);
}

#[test]
fn whoever_ends_or_reopens_it_and_from_where_is_kept() {
    let (from, at) = (ConversationStatus::Open, minute(3));
    open()
        .at(3)
        .when(C::Resolve { resolution: Some("  Visita agendada ".to_owned()) })
        .then([E::ConversationResolved {
            from,
            resolution: Some("Visita agendada".to_owned()),
            at,
        }])
        .at(4)
        .when(C::Reopen)
        .then([E::ConversationReopened {
            from: ConversationStatus::Resolved,
            inbound: false,
            at: minute(4),
        }])
        .at(3)
        .when(C::Close)
        .then([E::ConversationClosed { from, at }]);
}

#[test]
fn a_resolution_is_optional_and_short() {
    let resolve = |text: String| C::Resolve { resolution: Some(text) };
    open().when(resolve("x".repeat(501))).then_refused("INVALID_RESOLUTION");
    let (from, at) = (ConversationStatus::Open, minute(0));
    open().when(resolve(" ".to_owned())).then([E::ConversationResolved {
        from,
        resolution: None,
        at,
    }]);
}

#[test]
fn nobody_is_waited_for_once_it_is_resolved_or_closed() {
    assert_eq!(waiting().state.waiting_since(), Some(minute(0)));
    assert_eq!(resolved().state.waiting_since(), None);
    assert_eq!(closed().state.waiting_since(), None);
}
