//! Samples of the conversation's events, of every kind of content, and its usual commands.

mod contents;
mod events;
mod more;

use bitacora_domain::aggregates::conversation::{
    ConversationCommand, ConversationEvent as E, DeliveryStatus, MessageContent as M, Sender,
};
use bitacora_domain::{Actor, ActorKind, MessageId};
use chrono::{DateTime, Utc};

pub(crate) use self::contents::{contents, ours};
pub(crate) use self::events::events;
use crate::support::ids::{CHANNEL, CONTACT, CONVERSATION, personal};

pub(crate) fn text(body: &str) -> M {
    M::Text { body: personal(body) }
}

pub(crate) fn template() -> M {
    M::Template {
        name: "aviso_visita".to_owned(),
        language: "es_AR".to_owned(),
        parameters: vec![personal("Lucía"), personal("mañana a las 10")],
    }
}

pub(crate) fn actor() -> Actor {
    Actor::new(ActorKind::User, "agente")
}

pub(crate) fn started() -> E {
    E::ConversationStarted {
        conversation: CONVERSATION,
        contact: CONTACT,
        channel: CHANNEL,
        external_thread: None,
        opted_out: false,
    }
}

/// A message of the contact, first unread and first waiting.
pub(crate) fn received(message: MessageId, wamid: &str, at: DateTime<Utc>) -> E {
    E::MessageReceived {
        message,
        contact: CONTACT,
        provider_message_id: wamid.to_owned(),
        content: text("Hola"),
        reply_to: None,
        referral: None,
        forwarded: false,
        sent_at: at,
        unread: 1,
        waiting_since: Some(at),
    }
}

pub(crate) fn queued(message: MessageId, content: M, at: DateTime<Utc>) -> E {
    E::MessageQueued {
        message,
        contact: CONTACT,
        client_message_id: None,
        content,
        sender: Sender::Agent,
        author: actor(),
        reply_to: None,
        queued_at: at,
        response: None,
    }
}

/// The event of a status.
pub(crate) fn advanced(
    message: MessageId,
    id: Option<&str>,
    from: DeliveryStatus,
    to: DeliveryStatus,
    at: DateTime<Utc>,
) -> E {
    let provider_message_id = id.map(str::to_owned);
    let pricing = None;
    match to {
        DeliveryStatus::Pending | DeliveryStatus::Unknown => panic!("no status says {to:?}"),
        DeliveryStatus::Sent => E::MessageSent { message, provider_message_id, from, at, pricing },
        DeliveryStatus::Delivered => {
            E::MessageDelivered { message, provider_message_id, from, at, pricing }
        }
        DeliveryStatus::Read => E::MessageRead { message, provider_message_id, from, at, pricing },
        DeliveryStatus::Played => {
            E::MessagePlayed { message, provider_message_id, from, at, pricing }
        }
        DeliveryStatus::Failed => {
            E::MessageFailed { message, provider_message_id, from, at, fault: None }
        }
    }
}

/// The command of a message of the contact.
pub(crate) fn receive(wamid: &str, sent_at: DateTime<Utc>) -> ConversationCommand {
    ConversationCommand::ReceiveMessage {
        provider_message_id: wamid.to_owned(),
        content: text("Hola"),
        reply_to: None,
        referral: None,
        forwarded: false,
        sent_at,
    }
}

/// The command of a message of ours.
pub(crate) fn queue(content: M) -> ConversationCommand {
    ConversationCommand::SendMessage {
        client_message_id: None,
        content,
        sender: Sender::Agent,
        reply_to: None,
    }
}

/// The command of a status.
pub(crate) fn report(
    message: MessageId,
    id: Option<&str>,
    status: DeliveryStatus,
    at: DateTime<Utc>,
) -> ConversationCommand {
    ConversationCommand::RecordDeliveryStatus {
        message,
        provider_message_id: id.map(str::to_owned),
        status,
        at,
        pricing: None,
        fault: None,
    }
}
