//! Conversation: its life, and every state against every command.

mod automatic;
mod handoff;
mod inbound;
mod later;
mod limits;
mod matrix;
mod outbound;
mod properties;
mod redaction;
pub(crate) mod samples;
mod sending;
mod suggestions;
mod team;
mod triage;
mod work;

use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E, ConversationStatus,
};
use bitacora_domain::{Claim, ContactId};
use uuid::Uuid;

use crate::support::ids::{CHANNEL, CONTACT, CONVERSATION, minute};
use crate::support::{Case, given};
use samples::{receive, started};

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
