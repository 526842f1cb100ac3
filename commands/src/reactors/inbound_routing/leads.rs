//! Which leads a contact has, and what the contact's opting out means to them.

use bitacora_domain::ConversationId;
use bitacora_domain::aggregates::contact::{ContactEvent, OptOutCategory};
use bitacora_domain::aggregates::conversation::LinkedKind;
use bitacora_domain::aggregates::lead::{
    Lead, LeadCommand, LeadEvent as E, LeadStatus, OptOutMeans,
};
use uuid::Uuid;

use super::conversations::link;
use super::{Around, CONVERSATIONS, LEADS, MAY};
use crate::reactors::{Note, Reaction};

pub(super) const EVENTS: &[&str] = &[
    "LeadContactIdentified",
    "LeadStopped",
    "LeadDuplicateDetected",
    "LeadWon",
    "LeadLost",
    "LeadDisputeResolved",
];
pub(super) const CONTACT_EVENTS: &[&str] = &["ContactOptedOut"];

pub(super) fn asks(event: &E) -> Vec<(&'static str, Uuid)> {
    if let E::LeadContactIdentified { contact, .. } = event {
        vec![(CONVERSATIONS, contact.as_uuid())]
    } else {
        Vec::new()
    }
}

pub(super) fn react(lead: Uuid, event: &E, known: &Around<'_>) -> Reaction {
    if let E::LeadContactIdentified { contact, .. } = event {
        let conversations = known.of(CONVERSATIONS, contact.as_uuid()).iter();
        let links =
            conversations.map(|talk| link(ConversationId::new(talk.value), LinkedKind::Lead, lead));
        let own = Note::Put { topic: LEADS, key: contact.as_uuid(), value: lead };
        return Reaction::default().effects(links).note(own);
    }
    if is_over(event) {
        Reaction::default().note(Note::Drop { topic: LEADS, value: lead })
    } else {
        Reaction::NONE
    }
}

/// It hears no replies any more.
const fn is_over(event: &E) -> bool {
    matches!(
        event,
        E::LeadStopped { .. }
            | E::LeadDuplicateDetected { .. }
            | E::LeadWon { .. }
            | E::LeadLost { .. }
            | E::LeadDisputeResolved { status: LeadStatus::Refunded, .. }
    )
}

/// Who wants nothing automatic any more has no open leads.
pub(super) fn of_contact(contact: Uuid, event: &ContactEvent, known: &Around<'_>) -> Reaction {
    let ContactEvent::ContactOptedOut { category: OptOutCategory::All, .. } = event else {
        return Reaction::NONE;
    };
    let body = LeadCommand::OptOut { by: OptOutMeans::Preference };
    let stop = |lead: Uuid| MAY.command::<Lead>(lead, &body, format!("lead-heard:{lead}"));
    let leads = known.of(LEADS, contact).iter();
    Reaction::default().effects(leads.map(|lead| stop(lead.value)))
}
