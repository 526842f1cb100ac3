//! What a conversation hears and says.

use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, ConversationEvent as E, LinkedKind, MessageContent, Sender,
};
use bitacora_domain::aggregates::lead::{Lead, LeadCommand};
use bitacora_domain::aggregates::ticket::{Ticket, TicketCommand};
use bitacora_domain::{
    ContactId, ConversationId, Effect, MessageId, Personal, RecordedEvent, Subject,
};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Around, CLOSED, CONVERSATIONS, LEADS, MAY, TICKETS};
use crate::effects::ticket_open::{OPEN_TICKET_EFFECT, OpenTicketEffect};
use crate::reactors::{Note, Reaction};

/// A reply so long after its ticket was closed begins something new.
const FOLLOWS_WITHIN: TimeDelta = TimeDelta::days(14);
/// Longest part of a message that becomes the subject of a ticket, in characters.
const SUBJECT_MAX: usize = 120;

pub(super) const EVENTS: &[&str] = &[
    "ConversationStarted",
    "MessageReceived",
    "MessageQueued",
    "AgentEchoRecorded",
    "TicketRequested",
    "EntityLinked",
    "ConversationClosed",
    "ConversationMerged",
];

pub(super) fn asks(conversation: Uuid, event: &E) -> Vec<(&'static str, Uuid)> {
    if let E::ConversationStarted { contact, .. } = event {
        vec![(LEADS, contact.as_uuid())]
    } else if let E::MessageReceived { contact, .. } = event {
        vec![(LEADS, contact.as_uuid()), (TICKETS, conversation), (CLOSED, conversation)]
    } else if answered_at(event).is_some() {
        vec![(TICKETS, conversation)]
    } else if let E::ConversationMerged { target, .. } = event {
        [TICKETS, CLOSED]
            .into_iter()
            .flat_map(|topic| [(topic, conversation), (topic, target.as_uuid())])
            .collect()
    } else {
        Vec::new()
    }
}

pub(super) fn react(of: &RecordedEvent, id: Uuid, event: &E, known: &Around<'_>) -> Reaction {
    let conversation = ConversationId::new(id);
    if let E::ConversationStarted { contact, .. } = event {
        return started(conversation, *contact, known);
    }
    if let E::MessageReceived { message, contact, content, .. } = event {
        return heard(of, conversation, (*message, *contact, content), known);
    }
    if let Some(at) = answered_at(event) {
        return answered(id, at.min(of.recorded_at), known);
    }
    if let E::TicketRequested { message, category, missing_fields } = event {
        let payload = OpenTicketEffect {
            conversation,
            message: *message,
            category: *category,
            missing_fields: missing_fields.iter().cloned().collect(),
        };
        let payload = serde_json::to_value(payload).unwrap_or_default();
        let serial = Some(format!("tickets:{conversation}"));
        return Reaction::default().effect(Effect {
            kind: OPEN_TICKET_EFFECT,
            serial,
            due: None,
            payload,
        });
    }
    if let E::EntityLinked { kind: LinkedKind::Call, id: call, .. } = event {
        return Reaction::default().effect(super::calls::link_to_conversation(*call, conversation));
    }
    let over = Note::Drop { topic: CONVERSATIONS, value: id };
    if let E::ConversationMerged { target, .. } = event {
        let moved = |topic| Note::Move { topic, from: id, to: target.as_uuid() };
        return Reaction::default().note(over).note(moved(TICKETS)).note(moved(CLOSED));
    }
    if let E::ConversationClosed { .. } = event {
        Reaction::default().note(over)
    } else {
        Reaction::NONE
    }
}

/// A contact whose lead waits writes for the first time, or is written to.
fn started(conversation: ConversationId, contact: ContactId, known: &Around<'_>) -> Reaction {
    let leads = known.of(LEADS, contact.as_uuid()).iter();
    let links = leads.map(|lead| link(conversation, LinkedKind::Lead, lead.value));
    Reaction::default().effects(links).note(Note::Put {
        topic: CONVERSATIONS,
        key: contact.as_uuid(),
        value: conversation.as_uuid(),
    })
}

/// Leads of the contact go on because of it, and so do tickets of the conversation. Where the last
/// one was closed, it goes on in a new one.
fn heard(
    of: &RecordedEvent,
    conversation: ConversationId,
    (message, contact, content): (MessageId, ContactId, &MessageContent),
    known: &Around<'_>,
) -> Reaction {
    let text = if let MessageContent::Text { body } = content { Some(body.clone()) } else { None };
    let replied = |lead: Uuid| {
        let body = LeadCommand::RecordReply { message, text: text.clone() };
        MAY.command::<Lead>(lead, &body, format!("lead-heard:{lead}"))
    };
    let leads = known.of(LEADS, contact.as_uuid()).iter().map(|lead| replied(lead.value));
    let open = known.of(TICKETS, conversation.as_uuid());
    let told = |ticket: Uuid| {
        let body = TicketCommand::CustomerReplied { message: Some(message) };
        MAY.command::<Ticket>(ticket, &body, format!("ticket:{ticket}"))
    };
    let reaction =
        Reaction::default().effects(leads).effects(open.iter().map(|ticket| told(ticket.value)));
    let closed = known.of(CLOSED, conversation.as_uuid()).last();
    let lately = closed.filter(|closed| of.recorded_at - closed.at <= FOLLOWS_WITHIN);
    match lately {
        Some(closed) if open.is_empty() && asks_for_something(content) => {
            reaction.effect(follow_up(closed.value, contact, text.as_ref()))
        }
        Some(_) | None => reaction,
    }
}

fn follow_up(ticket: Uuid, contact: ContactId, text: Option<&Personal<String>>) -> Effect {
    let said = text.and_then(Personal::reveal).map(|text| text.trim());
    let subject = match said {
        Some(said) if !said.is_empty() => {
            format!("Seguimiento: {}", said.chars().take(SUBJECT_MAX).collect::<String>())
        }
        Some(_) | None => "Seguimiento".to_owned(),
    };
    let subject = Personal::new(Subject::contact(contact), subject);
    let body = TicketCommand::CreateFollowUp { subject, category: None, priority: None };
    MAY.command::<Ticket>(ticket, &body, format!("ticket:{ticket}"))
}

/// Thanks, a number (the answer to a survey) and a lone emoji after the end are no new matter.
fn asks_for_something(content: &MessageContent) -> bool {
    const COURTESIES: [&str; 14] = [
        "gracias",
        "muchas gracias",
        "mil gracias",
        "ok",
        "oka",
        "okey",
        "dale",
        "listo",
        "perfecto",
        "genial",
        "buenisimo",
        "si",
        "no",
        "thanks",
    ];
    let MessageContent::Text { body } = content else { return true };
    let Some(text) = body.reveal() else { return true };
    let letters = |char: char| match char {
        'á' | 'Á' => 'a',
        'é' | 'É' => 'e',
        'í' | 'Í' => 'i',
        'ó' | 'Ó' => 'o',
        'ú' | 'Ú' => 'u',
        other if other.is_alphabetic() => other,
        _ => ' ',
    };
    let folded: String = text.to_lowercase().chars().map(letters).collect();
    let words = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    !words.is_empty() && !COURTESIES.contains(&words.as_str())
}

/// When a person of the team answered.
const fn answered_at(event: &E) -> Option<DateTime<Utc>> {
    if let E::MessageQueued { sender: Sender::Agent, queued_at, .. } = event {
        Some(*queued_at)
    } else if let E::AgentEchoRecorded { sent_at, .. } = event {
        Some(*sent_at)
    } else {
        None
    }
}

fn answered(conversation: Uuid, at: DateTime<Utc>, known: &Around<'_>) -> Reaction {
    let told = |ticket: Uuid| {
        let body = TicketCommand::RecordResponse { at };
        MAY.command::<Ticket>(ticket, &body, format!("ticket:{ticket}"))
    };
    let tickets = known.of(TICKETS, conversation).iter();
    Reaction::default().effects(tickets.map(|ticket| told(ticket.value)))
}

/// Ties something to a conversation.
pub(super) fn link(conversation: ConversationId, kind: LinkedKind, id: Uuid) -> Effect {
    let body = ConversationCommand::LinkEntity { kind, id };
    MAY.command::<Conversation>(conversation, &body, format!("links:{conversation}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courtesies_open_nothing_again() {
        let text = |said: &str| MessageContent::Text {
            body: Personal::new(Subject("contact:1".into()), said.to_owned()),
        };
        for said in ["Gracias!", "¡Muchas  gracias!", "ok", "👍", "5", "Perfecto.", "SÍ", " "] {
            assert!(!asks_for_something(&text(said)), "{said}");
        }
        for said in ["sigue sin funcionar", "gracias, pero llegó roto", "5 días y nada"] {
            assert!(asks_for_something(&text(said)), "{said}");
        }
    }
}
