//! Fingerprints of requests: HMAC over the canonical form of what was asked.

use std::fmt;

use bitacora_domain::{CommandId, EventId};
use hmac::{Hmac, Mac};
use serde::Serialize;
use sha2::Sha256;

/// Secret of the installation, shared by all its processes. Keys the HMACs of requests and of
/// unique keys, so that neither can be guessed from a copy of the database.
#[derive(Clone)]
pub struct InstallationKey([u8; 32]);

impl fmt::Debug for InstallationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstallationKey(***)")
    }
}

/// HMAC-SHA-256 of a request in canonical form (RFC 8785).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", hex::encode(&self.0[..4]))
    }
}

/// The request has no canonical form (a number that JSON cannot hold, a map with keys that are
/// not text).
#[derive(Debug, thiserror::Error)]
#[error("the request has no canonical JSON form: {0}")]
pub struct NotCanonical(String);

impl InstallationKey {
    /// A key from its 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Fingerprint of what was asked. Canonical, because a dependency may switch
    /// `serde_json/preserve_order` on for the whole binary.
    ///
    /// # Errors
    /// [`NotCanonical`] when `request` cannot be written as JSON.
    pub fn fingerprint(&self, request: &impl Serialize) -> Result<Fingerprint, NotCanonical> {
        let bytes = serde_json_canonicalizer::to_vec(request)
            .map_err(|error| NotCanonical(error.to_string()))?;
        Ok(Fingerprint(self.mac(b"request", &[&bytes])))
    }

    /// MAC by which a text that we gave out is known again, apart from all other MACs.
    pub fn tag(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(b"tag", &[&[purpose.as_bytes()], parts].concat())
    }

    /// HMAC of a unique key: what the store keeps of it.
    pub fn claim(&self, kind: &str, key: &str) -> [u8; 32] {
        self.mac(b"claim", &[kind.as_bytes(), key.as_bytes()])
    }

    /// The id of the `n`-th event (from 0) of a command. It follows from the command, the event
    /// `before` it in the stream and what is written, so an id names the whole history up to
    /// its event: the same command, decided on another history by another process, gives
    /// another id. A MAC and no plain hash, because the payload may be a person's words.
    pub fn event_id(
        &self,
        command: CommandId,
        n: usize,
        before: Option<EventId>,
        payload: &serde_json::Value,
    ) -> EventId {
        let before = before.map(EventId::as_uuid);
        let mac = self.mac(
            b"event",
            &[
                command.as_uuid().as_bytes(),
                &(n as u64).to_be_bytes(),
                before.as_ref().map_or(&[], |id| id.as_bytes().as_slice()),
                payload.to_string().as_bytes(),
            ],
        );
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&mac[..16]);
        EventId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Length-prefixed parts, so that no two lists of parts give the same bytes.
    fn mac(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        // HMAC pads a short key with zeros to the hash's block (RFC 2104 §2).
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_fields_does_not_matter_and_the_content_does() {
        let key = InstallationKey::new([7; 32]);
        let a = key.fingerprint(&json!({"a": 1, "b": [1, 2]})).unwrap();
        assert_eq!(a, key.fingerprint(&json!({"b": [1, 2], "a": 1})).unwrap());
        assert_ne!(a, key.fingerprint(&json!({"b": [2, 1], "a": 1})).unwrap());
        assert_ne!(
            a,
            InstallationKey::new([8; 32]).fingerprint(&json!({"a":1,"b":[1,2]})).unwrap()
        );
    }

    #[test]
    fn an_event_id_follows_from_its_whole_history_and_from_nothing_else() {
        let key = InstallationKey::new([7; 32]);
        let command = CommandId::from_fact("wa:msg:1");
        let first = key.event_id(command, 0, None, &json!({"a": 1}));
        assert_eq!(first, key.event_id(command, 0, None, &json!({"a": 1})), "a retry is equal");
        let others = [
            key.event_id(command, 0, Some(first), &json!({"a": 1})),
            key.event_id(command, 1, None, &json!({"a": 1})),
            key.event_id(command, 0, None, &json!({"a": 2})),
            key.event_id(CommandId::from_fact("wa:msg:2"), 0, None, &json!({"a": 1})),
        ];
        assert!(!others.contains(&first));
    }

    #[test]
    fn kind_and_key_cannot_run_into_each_other() {
        let key = InstallationKey::new([7; 32]);
        assert_ne!(key.claim("ab", "c"), key.claim("a", "bc"));
    }
}
