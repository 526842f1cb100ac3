//! Every kind of content.

use bitacora_domain::aggregates::conversation::{
    AttachmentKind, ContactCard, ListRow, ListSection, Media, MediaSource, MessageContent as M,
    OrderLine, Place, ReplyButton, ReplyKind,
};
use bitacora_domain::{Personal, Subject};

use super::{template, text};
use crate::support::ids::{CONTACT, personal};

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
