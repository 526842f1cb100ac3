//! A message as the Cloud API takes it (wire-formats §1.7).

use bitacora_commands::ports::{Address, Outgoing};
use bitacora_domain::Personal;
use bitacora_domain::aggregates::conversation::{
    AttachmentKind, ContactCard, ListSection, Media, MediaSource, MessageContent, Place,
    ReplyButton,
};
use serde_json::{Map, Value, json};

/// A message that cannot leave as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// A part of it is masked, or its person was erased.
    #[error("a part of the message may not be seen any more")]
    Hidden,
    /// A kind of content that only comes in.
    #[error("this kind of message cannot be sent")]
    Kind,
}

type Built<T = Value> = Result<T, Unsendable>;

/// The body of the request.
///
/// # Errors
/// [`Unsendable`].
pub fn body(outgoing: &Outgoing) -> Built {
    let (kind, content) = content(&outgoing.content)?;
    let mut body = Map::new();
    body.insert("messaging_product".into(), "whatsapp".into());
    body.insert("recipient_type".into(), "individual".into());
    match &outgoing.to {
        Address::Digits(digits) => body.insert("to".into(), shown(digits)?.as_str().into()),
        Address::UserId(id) => body.insert("recipient".into(), shown(id)?.as_str().into()),
    };
    body.insert("type".into(), kind.into());
    if let Some(answered) = &outgoing.reply_to {
        body.insert("context".into(), json!({ "message_id": answered }));
    }
    body.insert(kind.into(), content);
    body.insert("biz_opaque_callback_data".into(), outgoing.callback.clone().into());
    Ok(body.into())
}

/// Name of the type, and the object below that name.
fn content(content: &MessageContent) -> Built<(&'static str, Value)> {
    use MessageContent as C;
    Ok(match content {
        C::Text { body } => ("text", json!({ "preview_url": false, "body": shown(body)? })),
        C::Attachment { file, source, caption, filename } => {
            attachment(*file, source, caption.as_ref(), filename.as_ref())?
        }
        C::Image { media, caption, sticker } => {
            let file = if *sticker { AttachmentKind::Sticker } else { AttachmentKind::Image };
            attachment(file, &held(media), caption.as_ref(), None)?
        }
        C::Document { media, filename, caption } => {
            attachment(AttachmentKind::Document, &held(media), caption.as_ref(), filename.as_ref())?
        }
        C::Audio { media, .. } => attachment(AttachmentKind::Audio, &held(media), None, None)?,
        C::Video { media, caption } => {
            attachment(AttachmentKind::Video, &held(media), caption.as_ref(), None)?
        }
        C::Location { place } => ("location", location(shown(place)?)),
        C::Contact { cards } => ("contacts", shown(cards)?.iter().map(card).collect()),
        C::Template { name, language, parameters } => {
            ("template", template(name, language, parameters)?)
        }
        C::Buttons { header, body, footer, buttons } => {
            let action = json!({ "buttons": buttons.iter().map(button).collect::<Vec<_>>() });
            ("interactive", interactive("button", header.as_ref(), body, footer.as_ref(), action)?)
        }
        C::List { header, body, footer, button, sections } => {
            let sections: Vec<_> = sections.iter().map(section).collect();
            let action = json!({ "button": button, "sections": sections });
            ("interactive", interactive("list", header.as_ref(), body, footer.as_ref(), action)?)
        }
        C::Interactive { .. } | C::Order { .. } | C::System { .. } | C::Unsupported { .. } => {
            return Err(Unsendable::Kind);
        }
    })
}

fn shown<T>(value: &Personal<T>) -> Built<&T> {
    value.reveal().ok_or(Unsendable::Hidden)
}

fn shown_if<T>(value: Option<&Personal<T>>) -> Built<Option<&T>> {
    value.map(shown).transpose()
}

/// A file that the provider has already.
fn held(media: &Media) -> MediaSource {
    MediaSource::Id(media.provider_media_id.clone())
}

fn attachment(
    file: AttachmentKind,
    source: &MediaSource,
    caption: Option<&Personal<String>>,
    filename: Option<&Personal<String>>,
) -> Built<(&'static str, Value)> {
    let mut object = Map::new();
    match source {
        MediaSource::Id(id) => object.insert("id".into(), id.clone().into()),
        MediaSource::Link(link) => object.insert("link".into(), link.clone().into()),
    };
    let (kind, captioned, named) = match file {
        AttachmentKind::Image => ("image", true, false),
        AttachmentKind::Document => ("document", true, true),
        AttachmentKind::Video => ("video", true, false),
        AttachmentKind::Audio => ("audio", false, false),
        AttachmentKind::Sticker => ("sticker", false, false),
    };
    if let Some(caption) = shown_if(caption.filter(|_| captioned))? {
        object.insert("caption".into(), caption.clone().into());
    }
    if let Some(name) = shown_if(filename.filter(|_| named))? {
        object.insert("filename".into(), name.clone().into());
    }
    Ok((kind, object.into()))
}

fn location(place: &Place) -> Value {
    let mut object = Map::new();
    object.insert("latitude".into(), degrees(place.latitude_e6));
    object.insert("longitude".into(), degrees(place.longitude_e6));
    if let Some(name) = &place.name {
        object.insert("name".into(), name.clone().into());
    }
    if let Some(address) = &place.address {
        object.insert("address".into(), address.clone().into());
    }
    object.into()
}

/// Millionths of a degree as a JSON number: exact in a double, which is what the wire has.
#[allow(clippy::cast_precision_loss, reason = "degrees in millionths are far below 2^53")]
fn degrees(millionths: i64) -> Value {
    json!(millionths as f64 / 1e6)
}

/// The provider wants one more part of a name beside the whole.
fn card(card: &ContactCard) -> Value {
    let name = json!({ "formatted_name": card.formatted_name, "first_name": card.formatted_name });
    let mut object = Map::new();
    object.insert("name".into(), name);
    let list = |field: &str, values: &[String]| -> Value {
        values.iter().map(|value| json!({ field: value })).collect()
    };
    if !card.phones.is_empty() {
        object.insert("phones".into(), list("phone", &card.phones));
    }
    if !card.emails.is_empty() {
        object.insert("emails".into(), list("email", &card.emails));
    }
    if let Some(company) = &card.company {
        object.insert("org".into(), json!({ "company": company }));
    }
    object.into()
}

fn template(name: &str, language: &str, parameters: &[Personal<String>]) -> Built {
    let mut object = json!({ "name": name, "language": { "code": language } });
    let parameters: Vec<Value> = parameters
        .iter()
        .map(|text| Ok(json!({ "type": "text", "text": shown(text)? })))
        .collect::<Built<_>>()?;
    if let (false, Some(object)) = (parameters.is_empty(), object.as_object_mut()) {
        let body = json!({ "type": "body", "parameters": parameters });
        object.insert("components".into(), json!([body]));
    }
    Ok(object)
}

fn interactive(
    kind: &str,
    header: Option<&Personal<String>>,
    body: &Personal<String>,
    footer: Option<&Personal<String>>,
    action: Value,
) -> Built {
    let mut object = Map::new();
    object.insert("type".into(), kind.into());
    if let Some(header) = shown_if(header)? {
        object.insert("header".into(), json!({ "type": "text", "text": header }));
    }
    object.insert("body".into(), json!({ "text": shown(body)? }));
    if let Some(footer) = shown_if(footer)? {
        object.insert("footer".into(), json!({ "text": footer }));
    }
    object.insert("action".into(), action);
    Ok(object.into())
}

fn button(button: &ReplyButton) -> Value {
    json!({ "type": "reply", "reply": { "id": button.id, "title": button.title } })
}

fn section(section: &ListSection) -> Value {
    let mut object = Map::new();
    if let Some(title) = &section.title {
        object.insert("title".into(), title.clone().into());
    }
    let rows = section.rows.iter().map(|row| {
        let mut object = Map::new();
        object.insert("id".into(), row.id.clone().into());
        object.insert("title".into(), row.title.clone().into());
        if let Some(description) = &row.description {
            object.insert("description".into(), description.clone().into());
        }
        Value::from(object)
    });
    object.insert("rows".into(), rows.collect());
    object.into()
}
