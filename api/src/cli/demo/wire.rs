//! The demo's acts in Meta's format (envelope, messages and statuses of the WhatsApp Cloud API).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::cast::{Customer, Shop};
use super::script::Content;

/// The first shop's page, the form of its ad, and the ad.
pub(super) const PAGE: &str = "153125381133";
pub(super) const FORM: &str = "889977665544";
const AD: &str = "23850001112220";

/// Everything that the ids and times of one day follow from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    pub(super) seed: u64,
    pub(super) number: u64,
    /// When the day began, seconds since 1970.
    pub(super) started: i64,
}

impl Day {
    /// An id of `count` digits of the thing called `label`, of this day.
    pub(super) fn digits(&self, label: &str, count: usize) -> String {
        let digest = Sha256::digest(format!("demo:{}:{}:{label}", self.seed, self.number));
        let digits = digest.iter().take(count).map(|byte| char::from(b'1' + byte % 9));
        digits.collect()
    }

    /// The provider's id of the thing called `label`: the same whenever the day is played again,
    /// another on every other day.
    pub(super) fn wamid(&self, label: &str) -> String {
        let digest = Sha256::digest(format!("demo:{}:{}:{label}", self.seed, self.number));
        format!("wamid.{}", STANDARD.encode(digest.get(..24).unwrap_or(&digest)))
    }
}

/// The header value that proves who sent `body`.
pub(super) fn signature(secret: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body);
    Some(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}

/// A delivery with one message of a customer.
pub(super) fn message(
    day: &Day,
    shop: &Shop,
    from: &Customer,
    label: &str,
    at: i64,
    content: &Content,
) -> Value {
    let mut message = match content {
        Content::Text(body) => json!({"type": "text", "text": {"body": body}}),
        Content::Image { caption } => json!({"type": "image", "image": {
            "id": media_id(day, label), "mime_type": "image/jpeg", "sha256": sha256(label), "caption": caption}}),
        Content::Voice => json!({"type": "audio", "audio": {
            "id": media_id(day, label), "mime_type": "audio/ogg; codecs=opus", "sha256": sha256(label), "voice": true}}),
        Content::Document { filename } => json!({"type": "document", "document": {
            "id": media_id(day, label), "mime_type": "application/pdf", "sha256": sha256(label), "filename": filename}}),
        Content::Location => json!({"type": "location", "location": {
            "latitude": -31.4167, "longitude": -64.1833, "name": "Casa", "address": "Av. Colón 1200, Córdoba"}}),
        Content::ListReply { id, title } => json!({"type": "interactive", "interactive": {
            "type": "list_reply", "list_reply": {"id": id, "title": title, "description": "30 minutos"}}}),
        Content::Order => json!({"type": "order", "order": {"catalog_id": "88002", "text": "",
            "product_items": [{"product_retailer_id": "TORNILLO-6X40", "quantity": 200, "item_price": 15.5, "currency": "ARS"}]}}),
        Content::Reaction { target_id, emoji } => json!({"type": "reaction", "reaction": {
            "message_id": target_id, "emoji": emoji}}),
        Content::Edit { target, text } => json!({"type": "edit", "edit": {
            "original_message_id": day.wamid(target), "message": {"type": "text", "text": {"body": text}}}}),
    };
    set(&mut message, "id", day.wamid(label).into());
    set(&mut message, "timestamp", at.to_string().into());
    let mut contact = json!({"profile": {"name": from.name}});
    if let Some(wa_id) = from.wa_id {
        set(&mut message, "from", wa_id.into());
        set(&mut contact, "wa_id", wa_id.into());
    }
    if let Some(bsuid) = from.bsuid {
        set(&mut message, "from_user_id", bsuid.into());
        set(&mut contact, "user_id", bsuid.into());
    }
    envelope(shop, json!({"contacts": [contact], "messages": [message]}))
}

/// Words of somebody who is in no cast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub(super) name: &'a str,
    pub(super) wa_id: &'a str,
    pub(super) label: &'a str,
    pub(super) at: i64,
    pub(super) words: &'a str,
}

/// A delivery with a text of somebody who is in no cast.
pub(super) fn text_of(day: &Day, shop: &Shop, said: &Said<'_>) -> Value {
    let Said { name, wa_id, label, at, words } = said;
    let message = json!({"type": "text", "text": {"body": words}, "id": day.wamid(label),
        "timestamp": at.to_string(), "from": wa_id});
    let contact = json!({"profile": {"name": name}, "wa_id": wa_id});
    envelope(shop, json!({"contacts": [contact], "messages": [message]}))
}

/// A delivery of Meta Lead Ads: somebody filled in the form of an ad.
pub(super) fn leadgen(lead: &str, at: i64) -> Value {
    let value = json!({"leadgen_id": lead, "page_id": PAGE, "form_id": FORM,
        "ad_id": AD, "adgroup_id": AD, "created_time": at});
    json!({"object": "page", "entry": [{"id": PAGE, "time": at,
        "changes": [{"field": "leadgen", "value": value}]}]})
}

fn envelope(shop: &Shop, mut value: Value) -> Value {
    set(&mut value, "messaging_product", "whatsapp".into());
    let digits: String = shop.display_phone.chars().filter(char::is_ascii_digit).collect();
    let metadata = json!({"display_phone_number": digits, "phone_number_id": shop.phone_number_id});
    set(&mut value, "metadata", metadata);
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": shop.waba_id, "changes": [{"field": "messages", "value": value}]}]})
}

fn set(object: &mut Value, field: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(field.to_owned(), value);
    }
}

fn media_id(day: &Day, label: &str) -> String {
    let digest = Sha256::digest(format!("media:{}:{}:{label}", day.seed, day.number));
    let digits = digest.iter().take(15).map(|byte| char::from(b'0' + byte % 10));
    digits.collect()
}

fn sha256(label: &str) -> String {
    STANDARD.encode(Sha256::digest(label))
}

#[cfg(test)]
mod tests {
    use super::super::cast::SHOPS;
    use super::*;

    #[test]
    fn another_day_has_other_ids_and_the_same_day_the_same_bytes() {
        let day = |number| Day { seed: 1, number, started: 1_763_647_200 };
        let body = |number| {
            let text = Content::Text("hola");
            message(&day(number), &SHOPS[0], &SHOPS[0].customers[0], "a", 5, &text).to_string()
        };
        assert_eq!(body(1), body(1));
        assert_ne!(day(1).wamid("a"), day(2).wamid("a"));
    }
}
