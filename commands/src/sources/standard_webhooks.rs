//! Standard Webhooks 1.0.0 (spec/wire-formats §12), symmetric: how deliveries of ours are signed,
//! and how those of others that follow it are checked.
//!
//! Signed is `{webhook-id}.{webhook-timestamp}.{raw body}` by HMAC-SHA-256; the key is what
//! follows `whsec_`, base64-decoded. Several signatures stand beside one another while secrets
//! are being rotated.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::{Forged, Headers};

/// Header of the message's id: the same on every attempt.
pub const ID: &str = "webhook-id";
/// Header of the attempt's time, seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Header of the signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// How far the time may be from ours, either way.
const TOLERANCE: TimeDelta = TimeDelta::seconds(300);
/// Before the key in a secret.
const PREFIX: &str = "whsec_";
/// Before a signature of this kind.
const VERSION: &str = "v1";

/// The key of an endpoint.
#[derive(Clone)]
pub struct Key(Vec<u8>);

/// The text is no secret of this standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is `whsec_` and base64")]
pub struct InvalidKey;

impl Key {
    /// The key that a secret (`whsec_…`; the prefix may be missing) stands for.
    ///
    /// # Errors
    /// [`InvalidKey`] when it is empty or not base64.
    pub fn parse(secret: &str) -> Result<Self, InvalidKey> {
        let bytes = STANDARD
            .decode(secret.strip_prefix(PREFIX).unwrap_or(secret))
            .map_err(|_| InvalidKey)?;
        Self::of_bytes(bytes)
    }

    /// The key of these bytes; the standard asks for 24 to 64 random ones.
    ///
    /// # Errors
    /// [`InvalidKey`] when there are none.
    pub fn of_bytes(bytes: Vec<u8>) -> Result<Self, InvalidKey> {
        if bytes.is_empty() { Err(InvalidKey) } else { Ok(Self(bytes)) }
    }

    /// The secret to hand to the other side.
    pub fn secret(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    fn mac(&self, id: &str, timestamp: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        Some(mac.chain_update(format!("{id}.{timestamp}.")).chain_update(body))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// The value of the signature header for an attempt at `at`: one signature per key, the newest
/// key first. The id must not contain a dot, or the receiver could be told another message.
pub fn sign(keys: &[Key], id: &str, at: DateTime<Utc>, body: &[u8]) -> String {
    let one = |key: &Key| {
        let mac = key.mac(id, at.timestamp(), body)?;
        Some(format!("{VERSION},{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    keys.iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

/// Was the request signed with one of `keys`, about now? Signatures of unknown versions are
/// passed over.
///
/// # Errors
/// [`Forged`] in every other case.
pub fn verify(
    keys: &[Key],
    headers: &Headers,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), Forged> {
    let header = |name| match headers.get(name) {
        None | Some(b"") => Err(Forged::Missing),
        Some(_) => headers.text(name).ok_or(Forged::Malformed),
    };
    let (id, timestamp, signatures) = (header(ID)?, header(TIMESTAMP)?, header(SIGNATURE)?);
    let timestamp: i64 = timestamp.parse().map_err(|_| Forged::Malformed)?;
    let at = DateTime::from_timestamp(timestamp, 0).ok_or(Forged::Malformed)?;
    if keys.is_empty() {
        return Err(Forged::NoSecret);
    }
    if now - at > TOLERANCE {
        return Err(Forged::TooOld);
    }
    if at - now > TOLERANCE {
        return Err(Forged::TooEarly);
    }
    let claimed: Vec<Vec<u8>> = signatures
        .split(' ')
        .filter_map(|signature| {
            let mut parts = signature.split(',');
            let version = parts.next();
            // What is behind a second comma says nothing, as in the standard's own library.
            parts.next().filter(|_| version == Some(VERSION))
        })
        .filter_map(|mac| STANDARD.decode(mac).ok())
        .collect();
    let signed = |key: &Key, claimed: &[u8]| {
        key.mac(id, timestamp, body).is_some_and(|mac| mac.verify_slice(claimed).is_ok())
    };
    let any = claimed.iter().any(|claimed| keys.iter().any(|key| signed(key, claimed)));
    if any { Ok(()) } else { Err(Forged::Mismatch) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const MESSAGE: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
    const SW1: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
    const AT: i64 = 1_649_367_553;

    fn time(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn keys() -> [Key; 1] {
        [Key::parse(SECRET).unwrap()]
    }

    fn headers(timestamp: i64, signature: &str) -> Headers {
        let timestamp = timestamp.to_string();
        [(ID, MESSAGE), (TIMESTAMP, timestamp.as_str()), (SIGNATURE, signature)]
            .into_iter()
            .collect()
    }

    fn check(timestamp: i64, signature: &str, now: i64) -> Result<(), Forged> {
        verify(&keys(), &headers(timestamp, signature), BODY, time(now))
    }

    #[test]
    fn sw1_signs_and_verifies() {
        assert_eq!(sign(&keys(), MESSAGE, time(AT), BODY), SW1);
        assert_eq!(check(AT, SW1, AT), Ok(()));
        assert_eq!(Key::parse(SECRET).unwrap().secret(), SECRET);
        assert_eq!(Key::parse(&SECRET[6..]).unwrap().secret(), SECRET, "the prefix is optional");
    }

    #[test]
    fn sw1_neg_fails() {
        let other = "v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU=";
        let now = 1_800_000_000;
        assert_eq!(check(now, other, now), Err(Forged::Mismatch));
        for at in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[at] ^= 1;
            let found = verify(&keys(), &headers(AT, SW1), &body, time(AT));
            assert_eq!(found, Err(Forged::Mismatch));
        }
    }

    #[test]
    fn sw_time_is_checked_on_both_sides() {
        assert_eq!(check(AT, SW1, AT + 300), Ok(()));
        assert_eq!(check(AT, SW1, AT - 300), Ok(()));
        assert_eq!(check(AT, SW1, AT + 301), Err(Forged::TooOld));
        assert_eq!(check(AT, SW1, AT - 301), Err(Forged::TooEarly));
    }

    #[test]
    fn any_signature_of_any_key_will_do_and_other_versions_are_passed_over() {
        let wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
        for good in [
            format!("{wrong} {SW1}"),
            format!("v2,{} {SW1}", &SW1[3..]),
            format!("{SW1} v1,"),
            format!("v1a,xyz {SW1}"),
        ] {
            assert_eq!(check(AT, &good, AT), Ok(()), "{good}");
        }
        let rotated = [Key::of_bytes(vec![1; 24]).unwrap(), keys()[0].clone()];
        assert_eq!(verify(&rotated, &headers(AT, SW1), BODY, time(AT)), Ok(()));
        let both = sign(&rotated, MESSAGE, time(AT), BODY);
        assert_eq!(both.split(' ').count(), 2);
        assert_eq!(check(AT, &both, AT), Ok(()));
    }

    #[test]
    fn anything_malformed_fails() {
        for bad in ["v1,", "v1", SW1.strip_prefix("v1,").unwrap(), "v1, ", "v2,abc", "v1,=", " "] {
            assert_eq!(check(AT, bad, AT), Err(Forged::Mismatch), "{bad:?}");
        }
        for missing in [ID, TIMESTAMP, SIGNATURE] {
            for value in [None, Some("")] {
                let all = [(ID, MESSAGE), (TIMESTAMP, "1649367553"), (SIGNATURE, SW1)];
                let some = all.into_iter().filter_map(|(name, good)| {
                    Some((name, if name == missing { value? } else { good }))
                });
                let found = verify(&keys(), &some.collect(), BODY, time(AT));
                assert_eq!(found, Err(Forged::Missing), "{missing}");
            }
        }
        for bad in ["", " ", "12x", "1649367553.5", "99999999999999999999", "9223372036854775807"] {
            let all = [(ID, MESSAGE), (TIMESTAMP, bad), (SIGNATURE, SW1)];
            let found = verify(&keys(), &all.into_iter().collect(), BODY, time(AT));
            assert!(matches!(found, Err(Forged::Malformed | Forged::Missing)), "{bad}: {found:?}");
        }
        assert_eq!(verify(&[], &headers(AT, SW1), BODY, time(AT)), Err(Forged::NoSecret));
    }

    #[test]
    fn a_secret_is_base64_and_not_empty() {
        for bad in ["", "whsec_", "whsec_*", "whsec_abc"] {
            assert_eq!(Key::parse(bad).err(), Some(InvalidKey), "{bad}");
        }
        assert!(!format!("{:?}", keys()).contains("C2FV"));
    }
}
