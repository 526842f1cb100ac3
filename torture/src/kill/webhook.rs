//! Webhooks as Meta sends them (wire-formats §1), signed over the raw bytes.

use hmac::{Hmac, Mac as _};
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sha2::Sha256;

use super::server::APP_SECRET;

/// Meta's id of the number under torture.
pub(super) const PHONE_NUMBER_ID: &str = "210987654321098";
/// Contacts who write.
const CONTACTS: u32 = 60;

/// A request body and the messages that it brings.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub(super) body: String,
    pub(super) wamids: Vec<String>,
}

impl Webhook {
    /// The value of `X-Hub-Signature-256`.
    pub(super) fn signature(&self) -> anyhow::Result<String> {
        signature(&self.body)
    }

    /// One message, or several in one request.
    pub(super) fn messages(dice: &mut StdRng, poster: u64, serial: u64, count: u64) -> Self {
        let wamids: Vec<String> =
            (0..count).map(|n| format!("wamid.{poster}.{serial}.{n}")).collect();
        let changes: Vec<Value> = wamids.iter().map(|wamid| message(dice, wamid)).collect();
        Self { body: envelope(&changes), wamids }
    }

    /// A status of a message that nobody knows; it is kept and waits.
    pub(super) fn status(poster: u64, serial: u64) -> Self {
        let value = json!({
            "messaging_product": "whatsapp",
            "metadata": metadata(),
            "statuses": [{
                "id": format!("wamid.out.{poster}.{serial}"), "status": "delivered",
                "timestamp": "1763647210", "recipient_id": "5491166600011",
            }],
        });
        Self { body: envelope(&[change(&value)]), wamids: Vec::new() }
    }
}

/// The value of `X-Hub-Signature-256` for a body.
pub(crate) fn signature(body: &str) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes())?;
    mac.update(body.as_bytes());
    Ok(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}

fn message(dice: &mut StdRng, wamid: &str) -> Value {
    let contact = format!("54911666{:05}", dice.random_range(0..CONTACTS));
    change(&json!({
        "messaging_product": "whatsapp",
        "metadata": metadata(),
        "contacts": [{ "profile": { "name": format!("Contacto {contact}") }, "wa_id": contact }],
        "messages": [{
            "from": contact, "id": wamid, "timestamp": "1763647201", "type": "text",
            "text": { "body": format!("mensaje {wamid}, ¿llegó?") },
        }],
    }))
}

fn metadata() -> Value {
    json!({ "display_phone_number": "5491155501234", "phone_number_id": PHONE_NUMBER_ID })
}

fn change(value: &Value) -> Value {
    json!({ "field": "messages", "value": value })
}

fn envelope(changes: &[Value]) -> String {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "104857600000001", "changes": changes }],
    })
    .to_string()
}
