//! Which tickets a conversation and a contact have.

use bitacora_domain::aggregates::ticket::TicketEvent as E;
use uuid::Uuid;

use super::{CLOSED, MATTERS, TICKETS};
use crate::reactors::{Note, Reaction};

pub(super) const EVENTS: &[&str] =
    &["TicketOpened", "TicketClosed", "TicketMerged", "TicketFollowUpCreated"];

pub(super) fn react(ticket: Uuid, event: &E) -> Reaction {
    let settled = Note::Drop { topic: MATTERS, value: ticket };
    if let E::TicketOpened { contact, conversation, .. } = event {
        let matter = Note::Put { topic: MATTERS, key: contact.as_uuid(), value: ticket };
        let reaction = Reaction::default().note(matter);
        let Some(conversation) = conversation.map(bitacora_domain::ConversationId::as_uuid) else {
            return reaction;
        };
        // Whatever was closed before, this is what is talked about now.
        reaction.note(Note::Clear { topic: CLOSED, key: conversation }).note(Note::Put {
            topic: TICKETS,
            key: conversation,
            value: ticket,
        })
    } else if let E::TicketClosed { .. } = event {
        let closed = Note::Change { from: TICKETS, to: CLOSED, value: ticket };
        Reaction::default().note(settled).note(closed)
    } else if let E::TicketMerged { survivor, .. } = event {
        let with = survivor.as_uuid();
        let replaced = Note::Replace { topic: TICKETS, value: ticket, with };
        Reaction::default().note(settled).note(replaced)
    } else if let E::TicketFollowUpCreated { .. } = event {
        Reaction::default().note(Note::Drop { topic: CLOSED, value: ticket })
    } else {
        Reaction::NONE
    }
}
