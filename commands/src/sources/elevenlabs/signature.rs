//! `ElevenLabs-Signature: t=<seconds>,v0=<hex of HMAC-SHA-256 over "{t}.{raw body}">`, keyed by
//! the webhook's secret as it is (wire-formats §4.1).
//!
//! Like the provider's libraries: unknown parts are skipped, and a signature is good for 30
//! minutes. Unlike them, one from the future is not good for longer, and a header with two times
//! is malformed instead of meaning the first or the last.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::sources::{Forged, Secret};

/// Name of the header.
pub(super) const HEADER: &str = "elevenlabs-signature";
/// How far the signature's time may be from ours, both ways.
const TOLERANCE: TimeDelta = TimeDelta::minutes(30);

/// Checks a signature over a body that arrives in pieces.
pub(super) struct Check {
    macs: Vec<(Secret, Hmac<Sha256>)>,
    claimed: Vec<[u8; 32]>,
}

impl Check {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Forged`] when nothing that follows could be believed.
    pub(super) fn begin(
        secrets: &[Secret],
        header: Option<&[u8]>,
        now: DateTime<Utc>,
    ) -> Result<Self, Forged> {
        let header = header.filter(|header| !header.is_empty()).ok_or(Forged::Missing)?;
        let Parts { time, claimed } = parts(header).ok_or(Forged::Malformed)?;
        if secrets.is_empty() {
            return Err(Forged::NoSecret);
        }
        let seconds: i64 = time.parse().map_err(|_| Forged::Malformed)?;
        let at = DateTime::from_timestamp(seconds, 0).ok_or(Forged::Malformed)?;
        if now - at > TOLERANCE {
            return Err(Forged::TooOld);
        }
        if at - now > TOLERANCE {
            return Err(Forged::TooEarly);
        }
        let begun = |secret: &Secret| {
            // HMAC takes keys of any length
            let mac = Hmac::<Sha256>::new_from_slice(secret.expose()).ok()?;
            Some((secret.clone(), mac.chain_update(time).chain_update(b".")))
        };
        Ok(Self { macs: secrets.iter().filter_map(begun).collect(), claimed })
    }

    /// The next bytes of the body.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        for (_, mac) in &mut self.macs {
            mac.update(bytes);
        }
    }

    /// Is any of the secrets of one account alone?
    pub(super) fn needs_account(&self) -> bool {
        self.macs.iter().any(|(secret, _)| secret.account().is_some())
    }

    /// The end of the body, which speaks for `account`.
    ///
    /// # Errors
    /// [`Forged::Mismatch`].
    pub(super) fn finish(self, account: Option<&str>) -> Result<(), Forged> {
        let Self { macs, claimed } = self;
        let signed = |(secret, mac): (Secret, Hmac<Sha256>)| {
            let mac = mac.finalize().into_bytes();
            let may = secret.account().is_none_or(|own| Some(own) == account);
            may && claimed.iter().any(|claimed| bool::from(claimed[..].ct_eq(&mac[..])))
        };
        if macs.into_iter().any(signed) { Ok(()) } else { Err(Forged::Mismatch) }
    }
}

struct Parts<'a> {
    time: &'a str,
    claimed: Vec<[u8; 32]>,
}

fn parts(header: &[u8]) -> Option<Parts<'_>> {
    let (mut time, mut claimed) = (None, Vec::new());
    for part in std::str::from_utf8(header).ok()?.split(',') {
        if let Some(digits) = part.strip_prefix("t=") {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if !plain || time.replace(digits).is_some() {
                return None;
            }
        } else if let Some(digits) = part.strip_prefix("v0=") {
            let mut signature = [0_u8; 32];
            hex::decode_to_slice(digits, &mut signature).ok()?;
            claimed.push(signature);
        }
    }
    let time = time?;
    (!claimed.is_empty()).then_some(Parts { time, claimed })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const AT: i64 = 1_763_648_000;
    const BODY: &[u8] = "{\"type\":\"post_call_transcription\",\"x\":\"ma\u{f1}ana\"}".as_bytes();

    fn sign(secret: &str, time: &str, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        let mac = mac.chain_update(format!("{time}.")).chain_update(body).finalize();
        hex::encode(mac.into_bytes())
    }

    fn check(secrets: &[&str], header: &str, body: &[u8], now: i64) -> Result<(), Forged> {
        let secrets: Vec<Secret> = secrets.iter().map(|s| Secret::new(s).unwrap()).collect();
        let now = DateTime::from_timestamp(now, 0).unwrap();
        let mut check = Check::begin(&secrets, Some(header.as_bytes()), now)?;
        body.chunks(7).for_each(|piece| check.update(piece));
        check.finish(None)
    }

    #[test]
    fn a_secret_of_one_account_speaks_for_no_other() {
        let header = format!("t={AT},v0={}", sign("s", &AT.to_string(), BODY));
        let now = DateTime::from_timestamp(AT, 0).unwrap();
        let said = |secret: Secret, account: Option<&str>| {
            let mut check = Check::begin(&[secret], Some(header.as_bytes()), now).unwrap();
            check.update(BODY);
            check.finish(account)
        };
        let own = || Secret::new("s").unwrap().of_account("agent_1");
        assert_eq!(said(own(), Some("agent_1")), Ok(()));
        assert_eq!(said(own(), Some("agent_2")), Err(Forged::Mismatch));
        assert_eq!(said(own(), None), Err(Forged::Mismatch));
        assert_eq!(said(Secret::new("s").unwrap(), Some("agent_2")), Ok(()));
    }

    /// Made with Node's `crypto`, as the provider's JavaScript library does.
    #[test]
    fn a_signature_of_the_providers_library_is_good() {
        const V0: &str = "v0=849c3913cb242ea9c09d778559757a70edb1426dddcfec788aca9e0ff648e6e5";
        let header = format!("t=1763648000,{V0}");
        assert_eq!(check(&["wsec_prueba"], &header, BODY, AT), Ok(()));
        assert_eq!(check(&["otro", "wsec_prueba"], &header, BODY, AT), Ok(()), "while rotating");
        assert_eq!(check(&["otro"], &header, BODY, AT), Err(Forged::Mismatch));
        assert_eq!(check(&[], &header, BODY, AT), Err(Forged::NoSecret));
        let mut changed = BODY.to_vec();
        changed[3] ^= 1;
        assert_eq!(check(&["wsec_prueba"], &header, &changed, AT), Err(Forged::Mismatch));
        let later = header.replace("t=1763648000", "t=1763648001");
        assert_eq!(check(&["wsec_prueba"], &later, BODY, AT), Err(Forged::Mismatch));
    }

    #[test]
    fn a_signature_is_good_for_half_an_hour_both_ways() {
        let header = format!("t={AT},v0={}", sign("s", &AT.to_string(), BODY));
        for (now, expected) in [
            (AT + 1_800, Ok(())),
            (AT + 1_801, Err(Forged::TooOld)),
            (AT - 1_800, Ok(())),
            (AT - 1_801, Err(Forged::TooEarly)),
        ] {
            assert_eq!(check(&["s"], &header, BODY, now), expected, "{now}");
        }
    }

    #[test]
    fn headers_of_another_form_are_malformed() {
        let v0 = format!("v0={}", sign("s", &AT.to_string(), BODY));
        let good = format!("t={AT},{v0}");
        let upper = good.to_uppercase().replace("T=", "t=").replace("V0=", "v0=");
        for same in [format!("{v0},t={AT}"), format!("t={AT},v1=00,{v0},x"), upper] {
            assert_eq!(check(&["s"], &same, BODY, AT), Ok(()), "{same}");
        }
        let two = format!("t={AT},v0={},{v0}", "0".repeat(64));
        assert_eq!(check(&["s"], &two, BODY, AT), Ok(()), "any of several");
        for bad in [
            v0.clone(),
            format!("t={AT}"),
            format!("t={AT},v0="),
            format!("t=,{v0}"),
            format!("t=x,{v0}"),
            format!("t=-{AT},{v0}"),
            format!("t=+{AT},{v0}"),
            format!("t={AT}.0,{v0}"),
            format!("t=99999999999999999999,{v0}"),
            format!("t={AT},t={AT},{v0}"),
            format!(" t={AT},{v0}"),
            format!("t={AT}, {v0}"),
            format!("t={AT},{}", &v0[..v0.len() - 1]),
            format!("t={AT},{v0}0"),
            "sha256=00".to_owned(),
        ] {
            assert_eq!(check(&["s"], &bad, BODY, AT), Err(Forged::Malformed), "{bad}");
        }
        assert_eq!(check(&["s"], "", BODY, AT), Err(Forged::Missing));
        let secrets = [Secret::new("s").unwrap()];
        let now = DateTime::from_timestamp(AT, 0).unwrap();
        assert_eq!(Check::begin(&secrets, None, now).err(), Some(Forged::Missing));
        assert_eq!(Check::begin(&secrets, Some(b"t=\xff"), now).err(), Some(Forged::Malformed));
    }
}
