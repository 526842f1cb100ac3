//! Bodies of requests, against JSON that was written by hand from wire-formats §1.7.

use bitacora_adapters::providers::whatsapp::{Unsendable, body};
use bitacora_commands::ports::{Address, Outgoing};
use bitacora_domain::aggregates::conversation::{
    AttachmentKind, ContactCard, ListRow, ListSection, Media, MediaSource, MessageContent, Place,
    ReplyButton, ReplyKind,
};
use bitacora_domain::{Personal, Subject};
use serde_json::{Value, json};

pub(crate) fn p<T>(value: T) -> Personal<T> {
    Personal::new(Subject("contact:x".into()), value)
}

fn text(text: &str) -> Personal<String> {
    p(text.to_owned())
}

pub(crate) fn outgoing(content: MessageContent) -> Outgoing {
    Outgoing {
        account: "210987654321098".into(),
        to: Address::Digits(text("5491166600011")),
        content,
        reply_to: None,
        callback: "b1:c:m".into(),
    }
}

/// The whole body must be this, beside the frame that all messages have.
#[track_caller]
fn golden(content: MessageContent, kind: &str, expected: &Value) {
    let whole = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "5491166600011",
        "type": kind,
        kind: expected,
        "biz_opaque_callback_data": "b1:c:m",
    });
    assert_eq!(body(&outgoing(content)).unwrap(), whole);
}

fn media() -> Media {
    Media {
        provider_media_id: "1479537139650973".into(),
        mime_type: "image/jpeg".into(),
        sha256: Some("rZ5j8m".into()),
    }
}

fn file(file: AttachmentKind, source: MediaSource) -> MessageContent {
    MessageContent::Attachment {
        file,
        source,
        caption: Some(text("así llegó")),
        filename: Some(text("factura.pdf")),
    }
}

#[test]
fn a_text_that_answers() {
    let content = MessageContent::Text { body: text("Tu pedido 48213 está en camino.") };
    let answer = Outgoing { reply_to: Some("wamid.IN1".into()), ..outgoing(content) };
    let golden: Value = serde_json::from_str(
        r#"{"messaging_product":"whatsapp","recipient_type":"individual","to":"5491166600011",
            "type":"text","context":{"message_id":"wamid.IN1"},
            "text":{"preview_url":false,"body":"Tu pedido 48213 está en camino."},
            "biz_opaque_callback_data":"b1:c:m"}"#,
    )
    .unwrap();
    assert_eq!(body(&answer).unwrap(), golden);
}

#[test]
fn somebody_without_a_number_is_a_recipient() {
    let content = MessageContent::Text { body: text("hola") };
    let to = Address::UserId(text("US.13491208655302741918"));
    let body = body(&Outgoing { to, ..outgoing(content) }).unwrap();
    assert_eq!(body["recipient"], "US.13491208655302741918");
    assert!(body.get("to").is_none(), "{body}");
}

#[test]
fn a_template() {
    golden(
        MessageContent::Template {
            name: "lead_bienvenida_spa".into(),
            language: "es_AR".into(),
            parameters: vec![text("Lucía"), text("Torre Alvear")],
        },
        "template",
        &json!({
            "name": "lead_bienvenida_spa",
            "language": {"code": "es_AR"},
            "components": [{"type": "body", "parameters": [
                {"type": "text", "text": "Lucía"}, {"type": "text", "text": "Torre Alvear"},
            ]}],
        }),
    );
    golden(
        MessageContent::Template { name: "hola".into(), language: "es".into(), parameters: vec![] },
        "template",
        &json!({"name": "hola", "language": {"code": "es"}}),
    );
}

#[test]
fn buttons() {
    let button = |id: &str, title: &str| ReplyButton { id: id.into(), title: title.into() };
    golden(
        MessageContent::Buttons {
            header: Some(text("Encuesta")),
            body: text("¿Cómo fue la atención?"),
            footer: Some(text("Gracias")),
            buttons: vec![
                button("csat:5", "Excelente"),
                button("csat:3", "Regular"),
                button("csat:1", "Mala"),
            ],
        },
        "interactive",
        &json!({"type":"button","header":{"type":"text","text":"Encuesta"},
            "body":{"text":"¿Cómo fue la atención?"},"footer":{"text":"Gracias"},
            "action":{"buttons":[
                {"type":"reply","reply":{"id":"csat:5","title":"Excelente"}},
                {"type":"reply","reply":{"id":"csat:3","title":"Regular"}},
                {"type":"reply","reply":{"id":"csat:1","title":"Mala"}}]}}),
    );
}

#[test]
fn a_list() {
    let row = |id: &str, title: &str, description: Option<&str>| ListRow {
        id: id.into(),
        title: title.into(),
        description: description.map(str::to_owned),
    };
    golden(
        MessageContent::List {
            header: Some(text("Turnos")),
            body: text("Elegí un horario"),
            footer: None,
            button: "Ver horarios".into(),
            sections: vec![ListSection {
                title: Some("Lunes 24".into()),
                rows: vec![row("slot:1", "14:00", Some("30 min")), row("slot:2", "15:00", None)],
            }],
        },
        "interactive",
        &json!({"type":"list","header":{"type":"text","text":"Turnos"},
            "body":{"text":"Elegí un horario"},
            "action":{"button":"Ver horarios","sections":[{"title":"Lunes 24","rows":[
                {"id":"slot:1","title":"14:00","description":"30 min"},
                {"id":"slot:2","title":"15:00"}]}]}}),
    );
}

#[test]
fn files_by_id_and_by_link() {
    let id = || MediaSource::Id("1908647269898587".into());
    let link = || MediaSource::Link("https://example.test/p.jpg".into());
    golden(
        file(AttachmentKind::Image, link()),
        "image",
        &json!({"link": "https://example.test/p.jpg", "caption": "así llegó"}),
    );
    golden(
        file(AttachmentKind::Document, id()),
        "document",
        &json!({"id": "1908647269898587", "caption": "así llegó", "filename": "factura.pdf"}),
    );
    golden(
        file(AttachmentKind::Video, id()),
        "video",
        &json!({"id": "1908647269898587", "caption": "así llegó"}),
    );
    golden(file(AttachmentKind::Audio, id()), "audio", &json!({"id": "1908647269898587"}));
    golden(
        file(AttachmentKind::Sticker, link()),
        "sticker",
        &json!({"link": "https://example.test/p.jpg"}),
    );
}

#[test]
fn what_came_in_goes_out_by_its_id() {
    let (media, caption) = (media, || Some(text("mirá")));
    let id = "1479537139650973";
    golden(
        MessageContent::Image { media: media(), caption: caption(), sticker: false },
        "image",
        &json!({"id": id, "caption": "mirá"}),
    );
    golden(
        MessageContent::Image { media: media(), caption: None, sticker: true },
        "sticker",
        &json!({"id": id}),
    );
    golden(
        MessageContent::Document {
            media: media(),
            filename: Some(text("a.pdf")),
            caption: caption(),
        },
        "document",
        &json!({"id": id, "caption": "mirá", "filename": "a.pdf"}),
    );
    golden(MessageContent::Audio { media: media(), voice: true }, "audio", &json!({"id": id}));
    golden(MessageContent::Video { media: media(), caption: None }, "video", &json!({"id": id}));
}

#[test]
fn a_place_has_degrees_as_numbers() {
    golden(
        MessageContent::Location {
            place: p(Place {
                latitude_e6: -34_603_700,
                longitude_e6: -58_381_592,
                name: Some("Obelisco".into()),
                address: Some("Av. 9 de Julio s/n".into()),
                url: Some("https://example.test/lugar".into()),
            }),
        },
        "location",
        &serde_json::from_str(
            r#"{"latitude":-34.6037,"longitude":-58.381592,"name":"Obelisco","address":"Av. 9 de Julio s/n"}"#,
        )
        .unwrap(),
    );
}

#[test]
fn contact_cards() {
    let raul = ContactCard {
        formatted_name: "Raúl Ibarra".into(),
        phones: vec!["+54 9 11 6660-0022".into()],
        emails: vec!["raul@example.test".into()],
        company: Some("Ibarra Propiedades".into()),
    };
    let bare =
        ContactCard { formatted_name: "Ana".into(), phones: vec![], emails: vec![], company: None };
    golden(
        MessageContent::Contact { cards: p(vec![raul, bare]) },
        "contacts",
        &json!([
            {"name": {"formatted_name": "Raúl Ibarra", "first_name": "Raúl Ibarra"},
             "phones": [{"phone": "+54 9 11 6660-0022"}],
             "emails": [{"email": "raul@example.test"}],
             "org": {"company": "Ibarra Propiedades"}},
            {"name": {"formatted_name": "Ana", "first_name": "Ana"}},
        ]),
    );
}

#[test]
fn what_only_comes_in_and_what_is_hidden_does_not_go_out() {
    let incoming = [
        MessageContent::Interactive {
            reply: ReplyKind::Button,
            option_id: "x".into(),
            title: text("x"),
            detail: None,
        },
        MessageContent::Order { catalog_id: "x".into(), text: None, lines: vec![] },
        MessageContent::System { event: "x".into(), body: None },
        MessageContent::Unsupported { provider_type: "x".into(), code: None },
    ];
    for content in incoming {
        assert_eq!(body(&outgoing(content)), Err(Unsendable::Kind));
    }
    // a person who was erased leaves the tag without the value
    let hidden: Personal<String> =
        serde_json::from_value(json!({"$p": {"s": "contact:x"}})).unwrap();
    let content = MessageContent::Text { body: hidden.clone() };
    assert_eq!(body(&outgoing(content)), Err(Unsendable::Hidden));
    let content = MessageContent::Text { body: text("hola") };
    let nobody = Outgoing { to: Address::Digits(hidden), ..outgoing(content) };
    assert_eq!(body(&nobody), Err(Unsendable::Hidden));
}
