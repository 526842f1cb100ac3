//! Calls and what they belong to.

use bitacora_domain::aggregates::call_session::{
    CallCommand, CallEvent as E, CallLink, CallSession, FollowUpChannel,
};
use bitacora_domain::aggregates::conversation::LinkedKind;
use bitacora_domain::aggregates::ticket::{Ticket, TicketCommand, TicketLinkKind};
use bitacora_domain::{CallId, ContactId, ConversationId, Effect, RecordedEvent};
use uuid::Uuid;

use super::{Around, CONVERSATIONS, LEADS, MATTERS, MAY, conversations};
use crate::effects::call_follow_up::{FOLLOW_UP_EFFECT, FollowUpEffect};
use crate::reactors::Reaction;

pub(super) const EVENTS: &[&str] =
    &["InboundCallStarted", "CallImported", "CallerIdentified", "CallLinked", "FollowUpApproved"];

/// Whose call it is, as soon as that is known.
const fn caller(event: &E) -> Option<ContactId> {
    if let E::InboundCallStarted { contact, .. } | E::CallImported { contact, .. } = event {
        *contact
    } else if let E::CallerIdentified { contact, .. } = event {
        Some(*contact)
    } else {
        None
    }
}

pub(super) fn asks(event: &E) -> Vec<(&'static str, Uuid)> {
    if let Some(contact) = caller(event) {
        let key = contact.as_uuid();
        vec![(CONVERSATIONS, key), (LEADS, key), (MATTERS, key)]
    } else if let E::FollowUpApproved { contact, .. } = event {
        vec![(CONVERSATIONS, contact.as_uuid())]
    } else {
        Vec::new()
    }
}

pub(super) fn react(of: &RecordedEvent, id: Uuid, event: &E, known: &Around<'_>) -> Reaction {
    let call = CallId::new(id);
    if let Some(contact) = caller(event) {
        let key = contact.as_uuid();
        let kinds = [
            (CallLink::Conversation, CONVERSATIONS),
            (CallLink::Lead, LEADS),
            (CallLink::Ticket, MATTERS),
        ];
        let links = kinds.into_iter().flat_map(|(kind, topic)| {
            known.of(topic, key).iter().map(move |noted| link(call, kind, noted.value))
        });
        return Reaction::default().effects(links);
    }
    if let E::CallLinked { kind, id: other, .. } = event {
        return Reaction::default().effects(linked(call, *kind, *other));
    }
    if let E::FollowUpApproved { follow_up, contact, channel, text, .. } = event {
        // The effect sends what a person let go, or says that there is nowhere to send it.
        let latest = known.of(CONVERSATIONS, contact.as_uuid()).last();
        let by_message = *channel == FollowUpChannel::Whatsapp;
        let payload = FollowUpEffect {
            call,
            follow_up: *follow_up,
            conversation: latest.filter(|_| by_message).map(|noted| noted.value.into()),
            text: text.clone(),
            by: of.metadata.actor.clone(),
        };
        let payload = serde_json::to_value(payload).unwrap_or_default();
        let serial = Some(call.to_string());
        return Reaction::default().effect(Effect {
            kind: FOLLOW_UP_EFFECT,
            serial,
            due: None,
            payload,
        });
    }
    Reaction::NONE
}

fn link(call: CallId, kind: CallLink, id: Uuid) -> Effect {
    MAY.command::<CallSession>(call, &CallCommand::LinkCall { kind, id }, format!("links:{call}"))
}

/// A conversation knows the call, so the call is to know the conversation.
pub(super) fn link_to_conversation(call: Uuid, conversation: ConversationId) -> Effect {
    link(CallId::new(call), CallLink::Conversation, conversation.as_uuid())
}

/// The other side of a link. A lead has none: it is found by its contact.
fn linked(call: CallId, kind: CallLink, other: Uuid) -> Option<Effect> {
    match kind {
        CallLink::Conversation => {
            let conversation = ConversationId::new(other);
            Some(conversations::link(conversation, LinkedKind::Call, call.as_uuid()))
        }
        CallLink::Ticket => {
            let body = TicketCommand::Link { kind: TicketLinkKind::Call, id: call.as_uuid() };
            Some(MAY.command::<Ticket>(other, &body, format!("ticket:{other}")))
        }
        CallLink::Lead => None,
    }
}
