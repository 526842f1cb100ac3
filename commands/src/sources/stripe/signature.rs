//! `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…][,v0=…]`: HMAC-SHA-256 over
//! `{t}.{raw body}`, keyed by the secret as it is written (`whsec_…`, not decoded).

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::sources::{Forged, Secret};

/// Name of the header.
pub(super) const HEADER: &str = "stripe-signature";
/// How old a signature may be. Stripe's own libraries do not look at the other side.
const TOLERANCE: TimeDelta = TimeDelta::seconds(300);

/// What the header says: when, and the signatures of the scheme that counts.
struct Claimed {
    timestamp: i64,
    v1: Vec<Vec<u8>>,
}

/// Pairs of other schemes, and pieces that are no pair, are passed over; a signature that is not
/// hex in small letters is none, and what stands behind a second `=` says nothing (so Stripe's own
/// libraries read it). The time must be told, and not in two ways.
fn read(header: &[u8]) -> Result<Claimed, Forged> {
    let header = std::str::from_utf8(header).map_err(|_| Forged::Malformed)?;
    let (mut timestamp, mut v1) = (None, Vec::new());
    for (name, value) in header.split(',').filter_map(|piece| piece.split_once('=')) {
        match name {
            "t" => {
                let told = value.parse::<i64>().ok().filter(|seconds| *seconds >= 0);
                let told = told.ok_or(Forged::Malformed)?;
                if *timestamp.get_or_insert(told) != told {
                    return Err(Forged::Malformed);
                }
            }
            "v1" => v1.extend(value.split('=').next().and_then(small_hex)),
            _ => {}
        }
    }
    let timestamp = timestamp.ok_or(Forged::Malformed)?;
    if v1.is_empty() {
        return Err(Forged::Malformed);
    }
    Ok(Claimed { timestamp, v1 })
}

fn small_hex(text: &str) -> Option<Vec<u8>> {
    let small = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    small.then(|| hex::decode(text).ok()).flatten()
}

/// Checks the header against the raw body, under any of the secrets: first the signature, then
/// its age.
pub(super) fn verify(
    secrets: &[Secret],
    header: Option<&[u8]>,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), Forged> {
    let header = header.filter(|header| !header.is_empty()).ok_or(Forged::Missing)?;
    let Claimed { timestamp, v1 } = read(header)?;
    let at = DateTime::from_timestamp(timestamp, 0).ok_or(Forged::Malformed)?;
    if secrets.is_empty() {
        return Err(Forged::NoSecret);
    }
    let signed = |secret: &Secret, claimed: &[u8]| {
        mac(secret, timestamp, body).is_some_and(|mac| mac.verify_slice(claimed).is_ok())
    };
    if !v1.iter().any(|claimed| secrets.iter().any(|secret| signed(secret, claimed))) {
        return Err(Forged::Mismatch);
    }
    if now - at > TOLERANCE { Err(Forged::TooOld) } else { Ok(()) }
}

/// The header's value for a body, as Stripe would make it.
pub(super) fn sign(secret: &Secret, at: DateTime<Utc>, body: &[u8]) -> String {
    let timestamp = at.timestamp();
    let mac = mac(secret, timestamp, body).map(|mac| hex::encode(mac.finalize().into_bytes()));
    format!("t={timestamp},v1={}", mac.unwrap_or_default())
}

fn mac(secret: &Secret, timestamp: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose()).ok()?;
    Some(mac.chain_update(format!("{timestamp}.")).chain_update(body))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Vector S5, of an independent library.
    const BODY: &[u8] = br#"{"account":"acct_123","api_version":"2017-05-25","created":1533204620,"data":{"object":{"amount":1000,"currency":"usd","customer":"cus_123","date":1533204620,"description":"Test Invoice Item","discountable":false,"id":"ii_123","invoice":"in_123","livemode":false,"metadata":{},"object":"invoiceitem","period":{"end":1533204620,"start":1533204620},"proration":false,"quantity":3,"quantity_decimal":"0"}},"id":"evt_123","livemode":false,"object":"event","pending_webhooks":1,"request":{"id":"req_123","idempotency_key":"idempotency-key-123"},"type":"invoiceitem.created"}"#;
    const V1: &str = "d7373bc68f4bd320b253cd7461f87af6e1cdf1b4d7db1614d8d1d746972d2d0a";
    const AT: i64 = 1_533_204_620;

    fn secret(text: &str) -> Secret {
        Secret::new(text).unwrap()
    }

    fn check_at(header: &str, now: i64) -> Result<(), Forged> {
        let now = DateTime::from_timestamp(now, 0).unwrap();
        verify(&[secret("secret")], Some(header.as_bytes()), BODY, now)
    }

    fn check(header: &str) -> Result<(), Forged> {
        check_at(header, AT)
    }

    fn plain(text: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(b"test_secret").unwrap().chain_update(text);
        hex::encode(mac.finalize().into_bytes())
    }

    #[test]
    fn s1_s2_and_s3_are_what_the_primitive_gives() {
        for (message, expected) in [
            (&b""[..], "f7f9bd47fb987337b5796fdc1fdb9ba221d0d5396814bfcaf9521f43fd8927fd"),
            (
                br#"{"obj1":"hello","obj2":"world"}"#,
                "bebb1a643997f419b315ddba19e6f5411e1ce7f810ba6d3617ce72823092f363",
            ),
            (
                "\u{1F600}".as_bytes(),
                "837da296d05c4fe31f61d5d7ead035099d9585a5bcde87de952012a78f0b0c43",
            ),
        ] {
            assert_eq!(plain(message), expected);
        }
    }

    #[test]
    fn s5_verifies_and_signs() {
        assert_eq!(check(&format!("t={AT},v1={V1}")), Ok(()));
        let at = DateTime::from_timestamp(AT, 0).unwrap();
        assert_eq!(sign(&secret("secret"), at, BODY), format!("t={AT},v1={V1}"));
    }

    #[test]
    fn only_the_past_side_is_bounded() {
        let header = format!("t={AT},v1={V1}");
        for good in [AT + 300, AT - 300, AT - 1_000_000] {
            assert_eq!(check_at(&header, good), Ok(()), "{good}");
        }
        assert_eq!(check_at(&header, AT + 301), Err(Forged::TooOld));
        let forged = format!("t={AT},v1={}", "0".repeat(64));
        assert_eq!(check_at(&forged, AT + 301), Err(Forged::Mismatch), "the signature comes first");
    }

    #[test]
    fn several_signatures_may_stand_and_other_schemes_do_not_count() {
        let zeros = "0".repeat(64);
        for good in [
            format!("t={AT},v1={zeros},v1={V1}"),
            format!("t={AT},v1={V1},v1={zeros}"),
            format!("t={AT},v1={V1},v0={zeros}"),
            format!("v1={V1},t={AT}"),
            format!("t={AT},v1=not-hex,v1={V1}"),
            format!("t={AT},,x,y=,v1={V1},"),
            format!("t={AT},t={AT},v1={V1}"),
            format!("t={AT},v1={V1}=1"),
        ] {
            assert_eq!(check(&good), Ok(()), "{good}");
        }
        for bad in [format!("t={AT},v1={zeros}"), format!("t={},v1={V1}", AT + 1)] {
            assert_eq!(check(&bad), Err(Forged::Mismatch), "{bad}");
        }
    }

    #[test]
    fn malformed_headers_are_errors() {
        for bad in [
            "i'm not even a real signature header".to_owned(),
            format!("t={AT},v1={}", V1.to_uppercase()),
            "1234567890".to_owned(),
            ",".to_owned(),
            "=".to_owned(),
            format!("v1={V1}"),
            format!("t=,v1={V1}"),
            format!("t=x,v1={V1}"),
            format!("t=-1,v1={V1}"),
            format!("t= {AT},v1={V1}"),
            format!("t={AT}.0,v1={V1}"),
            format!("t=99999999999999999999,v1={V1}"),
            format!("t=9223372036854775807,v1={V1}"),
            format!("T={AT},v1={V1}"),
            format!("t={AT}"),
            format!("t={AT},v0={V1}"),
            format!("t={AT}, v1={V1}"),
            format!("t={AT},v1="),
            format!("t={AT},v1={V1}=").replace('=', ":"),
            format!("t={AT},t={},v1={V1}", AT + 1),
        ] {
            let found = check(&bad);
            assert!(matches!(found, Err(Forged::Malformed | Forged::Mismatch)), "{bad}: {found:?}");
        }
        let now = DateTime::from_timestamp(AT, 0).unwrap();
        let raw = |header| verify(&[secret("secret")], header, BODY, now);
        assert_eq!(raw(None), Err(Forged::Missing));
        assert_eq!(raw(Some(b"")), Err(Forged::Missing));
        assert_eq!(raw(Some(b"t=1,v1=\xff\xfe")), Err(Forged::Malformed));
    }

    #[test]
    fn one_byte_changed_is_forged_and_every_secret_of_a_rotation_is_tried() {
        let header = format!("t={AT},v1={V1}");
        let now = DateTime::from_timestamp(AT, 0).unwrap();
        let verify =
            |secrets: &[Secret], body: &[u8]| verify(secrets, Some(header.as_bytes()), body, now);
        let mut body = BODY.to_vec();
        body[10] ^= 1;
        assert_eq!(verify(&[secret("secret")], &body), Err(Forged::Mismatch));
        assert_eq!(verify(&[secret("old"), secret("secret")], BODY), Ok(()));
        assert_eq!(verify(&[secret("old")], BODY), Err(Forged::Mismatch));
        assert_eq!(verify(&[], BODY), Err(Forged::NoSecret));
    }
}
