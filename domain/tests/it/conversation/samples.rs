//! Samples of the conversation's events, of every kind of content, and its usual commands.

use bitacora_domain::aggregates::conversation::{
    AssignedBy, AttachmentKind, ContactCard, Conversation, ConversationCommand,
    ConversationEvent as E, ConversationStatus, DeliveryStatus, ListRow, ListSection, Media,
    MediaSource, MessageContent as M, OrderLine, Place, Pricing, ProviderFault, Referral,
    ReplyButton, ReplyKind, Response, Sender,
};
use bitacora_domain::{Actor, ActorKind, MessageId, Personal, Subject};
use chrono::{DateTime, Utc};

use crate::support::ids::{AGENT, CHANNEL, CONTACT, CONVERSATION, message, minute, personal};
use crate::support::samples::Sample;

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

fn media(mime_type: &str) -> Media {
    Media {
        provider_media_id: "1754951608042154".to_owned(),
        mime_type: mime_type.to_owned(),
        sha256: Some("q83vEjRWeJA=".to_owned()),
    }
}

/// Every kind of content, named as in JSON.
pub(crate) fn contents() -> Vec<(&'static str, M)> {
    let caption = || Some(personal("La fachada"));
    let subject = || Subject::contact(CONTACT);
    let place = Place {
        latitude_e6: -34_603_722,
        longitude_e6: -58_381_592,
        name: Some("Obelisco".to_owned()),
        address: None,
        url: None,
    };
    let card = ContactCard {
        formatted_name: "Raúl Ibarra".to_owned(),
        phones: vec!["+54 9 11 6660-0022".to_owned()],
        emails: vec![],
        company: Some("Ibarra Propiedades".to_owned()),
    };
    let line = OrderLine {
        product: "SKU-7".to_owned(),
        quantity: 2,
        price_e6: 1_250_500_000,
        currency: "ARS".to_owned(),
    };
    vec![
        ("text", text("Hola, ¿sigue disponible?")),
        ("image", M::Image { media: media("image/jpeg"), caption: caption(), sticker: false }),
        (
            "document",
            M::Document {
                media: media("application/pdf"),
                filename: Some(personal("recibo.pdf")),
                caption: None,
            },
        ),
        ("audio", M::Audio { media: media("audio/ogg; codecs=opus"), voice: true }),
        ("video", M::Video { media: media("video/mp4"), caption: caption() }),
        ("location", M::Location { place: Personal::new(subject(), place) }),
        ("contact", M::Contact { cards: Personal::new(subject(), vec![card]) }),
        (
            "interactive",
            M::Interactive {
                reply: ReplyKind::List,
                option_id: "turno-2".to_owned(),
                title: personal("Martes 10 h"),
                detail: Some(personal("Con Raúl")),
            },
        ),
        ("template", template()),
        (
            "order",
            M::Order {
                catalog_id: "190045".to_owned(),
                text: Some(personal("Para hoy")),
                lines: vec![line],
            },
        ),
        (
            "system",
            M::System {
                event: "user_changed_number".to_owned(),
                body: Some(personal("User changed from 1 to 2")),
            },
        ),
        ("unsupported", M::Unsupported { provider_type: "poll".to_owned(), code: Some(131_051) }),
    ]
}

/// What only we send.
pub(crate) fn ours() -> Vec<(&'static str, M)> {
    let row = |id: &str, title: &str| ListRow {
        id: id.to_owned(),
        title: title.to_owned(),
        description: None,
    };
    let section = |title: &str, rows| ListSection { title: Some(title.to_owned()), rows };
    let button = |id: &str, title: &str| ReplyButton { id: id.to_owned(), title: title.to_owned() };
    vec![
        (
            "attachment",
            M::Attachment {
                file: AttachmentKind::Document,
                source: MediaSource::Link("https://example.test/plano.pdf".to_owned()),
                caption: Some(personal("El plano")),
                filename: Some(personal("plano.pdf")),
            },
        ),
        (
            "buttons",
            M::Buttons {
                header: Some(personal("Encuesta")),
                body: personal("¿Cómo fue la atención?"),
                footer: None,
                buttons: vec![button("csat:5", "Excelente"), button("csat:1", "Mala")],
            },
        ),
        (
            "list",
            M::List {
                header: None,
                body: personal("Elegí un horario"),
                footer: Some(personal("Gracias")),
                button: "Ver horarios".to_owned(),
                sections: vec![
                    section("Lunes 24", vec![row("slot:1", "14:00"), row("slot:2", "15:00")]),
                    section("Martes 25", vec![row("slot:3", "10:00")]),
                ],
            },
        ),
    ]
}

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
        waiting_since: at,
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
    events.extend(super::more_samples::sending());
    events.extend(statuses());
    events.extend(super::more_samples::ai());
    events.extend(super::more_samples::handoff());
    events.extend(super::more_samples::later());
    events.extend(team());
    events.extend(super::more_samples::lifecycle());
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
        waiting_since: minute(0),
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
        pricing,
    };
    let status = |from, to| (None, advanced(message, Some("wamid.OUT1"), from, to, at));
    vec![
        (None, sent),
        status(DeliveryStatus::Sent, DeliveryStatus::Delivered),
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
