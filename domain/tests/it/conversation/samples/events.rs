//! One of each event, and every shape that it can have.

use bitacora_domain::aggregates::conversation::{
    AssignedBy, Conversation, ConversationEvent as E, ConversationStatus, DeliveryStatus,
    MessageContent as M, Pricing, ProviderFault, Referral, Response, Sender,
};
use bitacora_domain::{Actor, ActorKind};

use super::{actor, advanced, contents, more, ours, queued, started, text};
use crate::support::ids::{AGENT, CHANNEL, CONTACT, CONVERSATION, message, minute, personal};
use crate::support::samples::Sample;

/// A message of ours that somebody waited for.
fn answer() -> E {
    E::MessageQueued {
        message: message(2),
        contact: CONTACT,
        client_message_id: Some("app-7".to_owned()),
        content: text("Sí, sigue disponible"),
        sender: Sender::Ai,
        author: Actor::new(ActorKind::Ai, "llama"),
        reply_to: Some(message(1)),
        queued_at: minute(2),
        response: Some(Response { waited_ms: 120_000, first: true }),
    }
}

/// One of each event, and every shape of content.
pub(crate) fn events() -> Vec<Sample<Conversation>> {
    let with_thread = E::ConversationStarted {
        conversation: CONVERSATION,
        contact: CONTACT,
        channel: CHANNEL,
        external_thread: Some("hilo-7".to_owned()),
        opted_out: false,
    };
    let opted_out = E::ConversationStarted {
        conversation: CONVERSATION,
        contact: CONTACT,
        channel: CHANNEL,
        external_thread: None,
        opted_out: true,
    };
    let mut events =
        vec![(Some("opted_out"), opted_out), (Some("thread"), with_thread), (None, started())];
    events.extend(contents().into_iter().map(|(shape, content)| (Some(shape), inbound(content))));
    events.push((None, E::ServiceWindowOpened { until: minute(1_440) }));
    events.extend(about_messages());
    events.extend(contents().into_iter().filter_map(|(shape, content)| {
        matches!(shape, "text" | "template")
            .then(|| (Some(shape), queued(message(2), content, minute(2))))
    }));
    events.extend(
        ours()
            .into_iter()
            .map(|(shape, content)| (Some(shape), queued(message(2), content, minute(2)))),
    );
    events.push((Some("answer"), answer()));
    events.extend(more::sending());
    events.extend(statuses());
    events.extend(more::ai());
    events.extend(more::handoff());
    events.extend(more::later());
    events.extend(team());
    events.extend(more::lifecycle());
    events
}

fn inbound(content: M) -> E {
    E::MessageReceived {
        message: message(1),
        contact: CONTACT,
        provider_message_id: "wamid.IN1".to_owned(),
        content,
        reply_to: Some("wamid.OUT0".to_owned()),
        referral: Some(Referral {
            source_type: "ad".to_owned(),
            source_id: "120210000000".to_owned(),
            source_url: Some("https://fb.me/x".to_owned()),
            headline: Some("Dos ambientes".to_owned()),
            body: None,
            ctwa_clid: Some("ARAk".to_owned()),
        }),
        forwarded: true,
        sent_at: minute(0),
        unread: 1,
        waiting_since: Some(minute(0)),
    }
}

fn about_messages() -> Vec<Sample<Conversation>> {
    let (target, at) = ("wamid.IN1".to_owned(), minute(1));
    let message = Some(message(1));
    let id = |n: u8| format!("wamid.IN{n}");
    vec![
        (
            None,
            E::AgentEchoRecorded {
                message: crate::support::ids::message(9),
                provider_message_id: id(2),
                content: text("Ya te llamo"),
                sent_at: at,
                waiting_since: None,
            },
        ),
        (
            None,
            E::ReactionChanged {
                provider_message_id: id(3),
                target: target.clone(),
                message,
                emoji: Some(personal("👍")),
                at,
            },
        ),
        (
            None,
            E::MessageEdited {
                provider_message_id: id(4),
                target: target.clone(),
                message,
                content: text("Hola, ¿sigue en venta?"),
                at,
            },
        ),
        (None, E::MessageRevoked { provider_message_id: id(5), target, message: None, at }),
    ]
}

fn statuses() -> Vec<Sample<Conversation>> {
    let (message, at) = (message(2), minute(3));
    let provider_message_id = Some("wamid.OUT1".to_owned());
    let fault = Some(ProviderFault { code: 131_026, title: "Message undeliverable".to_owned() });
    let pricing = Some(Pricing {
        billable: true,
        model: Some("PMP".to_owned()),
        category: Some("utility".to_owned()),
    });
    let sent = E::MessageSent {
        message,
        provider_message_id: provider_message_id.clone(),
        from: DeliveryStatus::Pending,
        at,
        pricing: pricing.clone(),
    };
    let status = |from, to| (None, advanced(message, Some("wamid.OUT1"), from, to, at));
    vec![
        (None, sent),
        status(DeliveryStatus::Sent, DeliveryStatus::Delivered),
        (
            None,
            E::MessageStepDated {
                message,
                step: DeliveryStatus::Sent,
                at,
                pricing: pricing.clone(),
            },
        ),
        (
            None,
            E::MessageStatusAnomalyRecorded {
                message,
                status: DeliveryStatus::Failed,
                current: DeliveryStatus::Delivered,
                at,
                fault: fault.clone(),
            },
        ),
        status(DeliveryStatus::Delivered, DeliveryStatus::Read),
        status(DeliveryStatus::Read, DeliveryStatus::Played),
        (
            None,
            E::MessageFailed {
                message,
                provider_message_id,
                from: DeliveryStatus::Sent,
                at,
                fault,
            },
        ),
    ]
}

fn team() -> Vec<Sample<Conversation>> {
    let (author, at) = (actor(), minute(5));
    let (agent, team) = (Some(AGENT), Some("Ventas".to_owned()));
    let note = message(3).as_uuid();
    let labels = vec!["urgente".to_owned(), "VIP".to_owned()];
    let (open, resolved) = (ConversationStatus::Open, ConversationStatus::Resolved);
    vec![
        (None, E::NoteAdded { note, body: personal("Llamar antes"), author, at }),
        (None, E::LabelAdded { label: "VIP".to_owned(), labels: labels.clone() }),
        (None, E::LabelRemoved { label: "VIP".to_owned(), labels: labels[..1].to_vec() }),
        (
            None,
            E::ConversationAssigned {
                agent,
                team: team.clone(),
                previous_agent: None,
                previous_team: None,
                by: AssignedBy::User,
            },
        ),
        (
            Some("policy"),
            E::ConversationAssigned {
                agent,
                team: None,
                previous_agent: None,
                previous_team: team.clone(),
                by: AssignedBy::Policy,
            },
        ),
        (None, E::ConversationUnassigned { previous_agent: agent, previous_team: team }),
        (
            None,
            E::ConversationResolved {
                from: open,
                resolution: Some("Visita agendada".to_owned()),
                at,
            },
        ),
        (None, E::ConversationReopened { from: resolved, inbound: true, at }),
        (None, E::ConversationClosed { from: open, at }),
        (None, E::ConversationReadByAgent { reader: actor(), unread: 2, at }),
    ]
}
