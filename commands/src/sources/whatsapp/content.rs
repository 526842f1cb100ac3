//! What a message carries, by type (spec/wire-formats §1.3). A type that we do not know, or
//! whose parts are missing, becomes `Unsupported`; the raw body stays in the inbox.

use bitacora_domain::aggregates::conversation::{
    ContactCard, Media, MessageContent, OrderLine, Place, ReplyKind,
};
use bitacora_domain::{Personal, Subject};
use serde_json::Value;

use super::json;

/// The content of a message, of an echo, or of what an edit says now.
pub(super) fn content(raw: &Value, subject: &Subject) -> MessageContent {
    let said = raw.get("edit").and_then(|edit| edit.get("message")).unwrap_or(raw);
    let kind = json::text(said, "type").unwrap_or("unknown");
    let part = said.get(kind).unwrap_or(&Value::Null);
    let reader = Reader { part, subject };
    let read = match kind {
        "text" => reader.text(),
        "image" => reader.image(false),
        "sticker" => reader.image(true),
        "document" => reader.document(),
        "audio" => reader.audio(),
        "video" => reader.video(),
        "location" => reader.location(),
        "contacts" => reader.contacts(),
        "interactive" => reader.interactive(),
        "button" => reader.button(),
        "order" => reader.order(),
        "system" => reader.system(),
        _ => None,
    };
    read.unwrap_or_else(|| MessageContent::Unsupported {
        provider_type: kind.chars().take(64).collect(),
        code: json::list(said, "errors").first().and_then(|error| json::integer(error, "code")),
    })
}

/// Reads the part of a message that its type names.
struct Reader<'a> {
    part: &'a Value,
    subject: &'a Subject,
}

impl Reader<'_> {
    fn personal<T>(&self, value: T) -> Personal<T> {
        Personal::new(self.subject.clone(), value)
    }

    fn optional(&self, field: &str) -> Option<Personal<String>> {
        json::filled(self.part, field).map(|text| self.personal(text))
    }

    fn text(&self) -> Option<MessageContent> {
        let body = json::text(self.part, "body")?.to_owned();
        Some(MessageContent::Text { body: self.personal(body) })
    }

    fn media(&self) -> Option<Media> {
        Some(Media {
            provider_media_id: json::id(self.part, "id")?,
            mime_type: json::filled(self.part, "mime_type")
                .unwrap_or_else(|| "application/octet-stream".to_owned()),
            sha256: json::filled(self.part, "sha256"),
        })
    }

    fn image(&self, sticker: bool) -> Option<MessageContent> {
        let caption = self.optional("caption");
        Some(MessageContent::Image { media: self.media()?, caption, sticker })
    }

    fn document(&self) -> Option<MessageContent> {
        let (filename, caption) = (self.optional("filename"), self.optional("caption"));
        Some(MessageContent::Document { media: self.media()?, filename, caption })
    }

    fn audio(&self) -> Option<MessageContent> {
        Some(MessageContent::Audio { media: self.media()?, voice: json::flag(self.part, "voice") })
    }

    fn video(&self) -> Option<MessageContent> {
        Some(MessageContent::Video { media: self.media()?, caption: self.optional("caption") })
    }

    fn location(&self) -> Option<MessageContent> {
        let place = Place {
            latitude_e6: json::millionths(self.part, "latitude")?,
            longitude_e6: json::millionths(self.part, "longitude")?,
            name: json::filled(self.part, "name"),
            address: json::filled(self.part, "address"),
            url: json::filled(self.part, "url"),
        };
        Some(MessageContent::Location { place: self.personal(place) })
    }

    fn contacts(&self) -> Option<MessageContent> {
        let cards: Vec<ContactCard> = self.part.as_array()?.iter().map(card).collect();
        Some(MessageContent::Contact { cards: self.personal(cards) })
    }

    /// The answer to buttons, a list or a flow.
    fn interactive(&self) -> Option<MessageContent> {
        let kind = json::text(self.part, "type")?;
        let answer = self.part.get(kind)?;
        let (reply, option_id, title, detail) = match kind {
            "button_reply" => (ReplyKind::Button, json::id(answer, "id")?, "title", "description"),
            "list_reply" => (ReplyKind::List, json::id(answer, "id")?, "title", "description"),
            "nfm_reply" => {
                let name = json::filled(answer, "name").unwrap_or_else(|| "flow".to_owned());
                (ReplyKind::Flow, name, "body", "response_json")
            }
            _ => return None,
        };
        let title = json::filled(answer, title).unwrap_or_default();
        let detail = json::filled(answer, detail).map(|text| self.personal(text));
        Some(MessageContent::Interactive { reply, option_id, title: self.personal(title), detail })
    }

    /// The quick reply of a template: another thing than a reply button.
    fn button(&self) -> Option<MessageContent> {
        let title = json::filled(self.part, "text");
        let option_id = json::filled(self.part, "payload").or_else(|| title.clone())?;
        Some(MessageContent::Interactive {
            reply: ReplyKind::TemplateButton,
            option_id,
            title: self.personal(title.unwrap_or_default()),
            detail: None,
        })
    }

    fn order(&self) -> Option<MessageContent> {
        let lines: Vec<OrderLine> =
            json::list(self.part, "product_items").iter().filter_map(line).collect();
        // a line that cannot be read would make the order another one
        if lines.len() != json::list(self.part, "product_items").len() {
            return None;
        }
        let catalog_id = json::id(self.part, "catalog_id")?;
        Some(MessageContent::Order { catalog_id, text: self.optional("text"), lines })
    }

    fn system(&self) -> Option<MessageContent> {
        let event = json::filled(self.part, "type")?;
        Some(MessageContent::System { event, body: self.optional("body") })
    }
}

fn card(raw: &Value) -> ContactCard {
    let texts = |list: &str, field: &str| {
        json::list(raw, list).iter().filter_map(|item| json::filled(item, field)).collect()
    };
    let name = raw.get("name").unwrap_or(&Value::Null);
    ContactCard {
        formatted_name: json::filled(name, "formatted_name")
            .or_else(|| json::filled(name, "first_name"))
            .unwrap_or_default(),
        phones: texts("phones", "phone"),
        emails: texts("emails", "email"),
        company: raw.get("org").and_then(|org| json::filled(org, "company")),
    }
}

fn line(raw: &Value) -> Option<OrderLine> {
    Some(OrderLine {
        product: json::id(raw, "product_retailer_id")?,
        quantity: json::integer(raw, "quantity")?,
        price_e6: json::millionths(raw, "item_price")?,
        currency: json::filled(raw, "currency")?,
    })
}
