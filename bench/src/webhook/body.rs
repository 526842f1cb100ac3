//! Webhooks as Meta sends them (wire-formats §1), signed over the raw bytes.

use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::Sha256;

use crate::server::{APP_SECRET, Tenant};

/// Contacts who write, per tenant.
const CONTACTS: u64 = 200;

/// Makes them. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Webhooks {
    numbers: Vec<String>,
}

impl Webhooks {
    pub(crate) fn new(tenants: &[Tenant]) -> Self {
        Self { numbers: tenants.iter().map(|tenant| tenant.phone_number_id.clone()).collect() }
    }

    /// The message `serial` and its signature; the tenants take turns. Another serial is another
    /// message.
    pub(crate) fn message(&self, serial: u64) -> (Vec<u8>, String) {
        let count = self.numbers.len().max(1) as u64;
        let turn = usize::try_from(serial % count).unwrap_or_default();
        let number = self.numbers.get(turn).map_or("", String::as_str);
        let contact = format!("54911666{:05}", serial / count % CONTACTS);
        let body = json!({
            "object": "whatsapp_business_account",
            "entry": [{ "id": "104857600000001", "changes": [{ "field": "messages", "value": {
                "messaging_product": "whatsapp",
                "metadata": { "display_phone_number": "5491155501234", "phone_number_id": number },
                "contacts": [{ "profile": { "name": format!("Contacto {contact}") }, "wa_id": contact }],
                "messages": [{
                    "from": contact, "id": wamid(serial), "timestamp": "1763647201", "type": "text",
                    "text": { "body": "Hola, ¿ya llegaron los lentes? Paso el jueves a la tarde si están." },
                }],
            }}]}],
        });
        let body = body.to_string().into_bytes();
        let signature = sign(&body);
        (body, signature)
    }
}

/// The provider's id of the message `serial`.
fn wamid(serial: u64) -> String {
    format!("wamid.HBgNNTQ5MTE2NjYwMDAxMRUCABIYFjNFQjBDMDUyODJB{serial:020}")
}

/// The serial in a provider's id.
pub(crate) fn serial_of(wamid: &str) -> Option<u64> {
    wamid.get(wamid.len().checked_sub(20)?..)?.parse().ok()
}

/// The value of `X-Hub-Signature-256`.
fn sign(body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_survives_the_way_through_a_provider_id() {
        assert_eq!(
            [0, 7, u64::MAX].map(|n| serial_of(&wamid(n))),
            [Some(0), Some(7), Some(u64::MAX)]
        );
        assert_eq!(serial_of("wamid.X"), None);
    }
}
