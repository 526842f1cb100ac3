//! `X-Chatwoot-Signature: sha256=<hex of HMAC-SHA-256>`, over `{X-Chatwoot-Timestamp}.{raw body}`
//! or, from releases that send no time, over the raw body alone. A request that is signed must be
//! signed well: only one without a signature may show the secret in its path instead.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::sources::{Arrival, Forged, Secret};

const SIGNATURE: &str = "x-chatwoot-signature";
const TIMESTAMP: &str = "x-chatwoot-timestamp";
/// How far the signature's time may be from ours, both ways.
const TOLERANCE: TimeDelta = TimeDelta::seconds(300);

/// Is the request of somebody who knows one of `secrets`? `none` when none is configured at all.
pub(super) fn verify(
    none: bool,
    secrets: &[&Secret],
    arrival: &Arrival<'_>,
    now: DateTime<Utc>,
) -> Result<(), Forged> {
    let signature = arrival.headers.get(SIGNATURE).filter(|header| !header.is_empty());
    let Some(signature) = signature else { return by_path(none, secrets, arrival) };
    let digits = signature.strip_prefix(b"sha256=").ok_or(Forged::Malformed)?;
    let mut claimed = [0_u8; 32];
    hex::decode_to_slice(digits, &mut claimed).map_err(|_| Forged::Malformed)?;
    let time = arrival.headers.get(TIMESTAMP).map(|time| seconds(time, now)).transpose()?;
    if none {
        return Err(Forged::NoSecret);
    }
    let signed_with = |secret: &&Secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose());
        mac.is_ok_and(|mut mac| {
            if let Some(time) = time {
                mac.update(time);
                mac.update(b".");
            }
            mac.update(arrival.body);
            mac.verify_slice(&claimed).is_ok()
        })
    };
    if secrets.iter().any(signed_with) { Ok(()) } else { Err(Forged::Mismatch) }
}

/// The time as it was signed, if it is near ours.
fn seconds(header: &[u8], now: DateTime<Utc>) -> Result<&[u8], Forged> {
    let text = std::str::from_utf8(header).map_err(|_| Forged::Malformed)?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Forged::Malformed);
    }
    let seconds = text.parse().map_err(|_| Forged::Malformed)?;
    let at = DateTime::from_timestamp(seconds, 0).ok_or(Forged::Malformed)?;
    if now - at > TOLERANCE {
        return Err(Forged::TooOld);
    }
    if at - now > TOLERANCE {
        return Err(Forged::TooEarly);
    }
    Ok(header)
}

fn by_path(none: bool, secrets: &[&Secret], arrival: &Arrival<'_>) -> Result<(), Forged> {
    let claimed = *arrival.segments().first().ok_or(Forged::Missing)?;
    if none {
        return Err(Forged::NoSecret);
    }
    // all of them, so that the time does not tell which one came close
    let known =
        secrets.iter().fold(false, |known, secret| secret.equals(claimed.as_bytes()) | known);
    if known { Ok(()) } else { Err(Forged::Mismatch) }
}
