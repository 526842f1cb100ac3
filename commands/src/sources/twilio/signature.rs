//! `X-Twilio-Signature`: base64 of HMAC-SHA-1, keyed by the auth token, over the URL that Twilio
//! asked for and the parameters of its form (wire-formats §5.1).
//!
//! The signing side is not consistent about ports, so each URL is tried as it was given, without
//! its port, and with the usual one. A body that is no form is bound by its SHA-256 in the query.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::form::Form;
use super::variants::variants;
use crate::sources::{Arrival, Forged, Secret, candidates};

/// Name of the header.
const HEADER: &str = "x-twilio-signature";
/// Parameter of the query that binds a body which is no form.
const BODY_HASH: &str = "bodySHA256";

/// Checks the request under the tokens that may have signed for its account.
pub(super) fn verify(secrets: &[Secret], arrival: &Arrival<'_>) -> Result<(), Forged> {
    let header = arrival.headers.get(HEADER).filter(|header| !header.is_empty());
    let header = header.ok_or(Forged::Missing)?;
    let claimed = STANDARD.decode(header).map_err(|_| Forged::Malformed)?;
    if claimed.len() != 20 {
        return Err(Forged::Malformed);
    }
    let form = Form::of(arrival);
    let body_is_bound = body_is_bound(arrival, &form);
    let account = form.first("AccountSid");
    let mut tokens = candidates(secrets, account).peekable();
    if tokens.peek().is_none() {
        return Err(Forged::NoSecret);
    }
    let parameters = form.signed();
    let signed = |token: &Secret, url: &str| {
        mac(token, url, &parameters).is_some_and(|mac| mac.verify_slice(&claimed).is_ok())
    };
    let urls: Vec<String> = arrival.urls.iter().flat_map(|url| variants(url)).collect();
    let ours = tokens.any(|token| urls.iter().any(|url| signed(token, url)));
    if ours && body_is_bound { Ok(()) } else { Err(Forged::Mismatch) }
}

/// Is every byte of the body signed? A form's parameters are; anything else must be what the
/// query says, and where the query says something it must be so.
fn body_is_bound(arrival: &Arrival<'_>, form: &Form) -> bool {
    let hash = form_urlencoded::parse(arrival.query.as_bytes())
        .find(|(name, _)| name == BODY_HASH)
        .map(|(_, hash)| hex::decode(hash.as_bytes()).unwrap_or_default());
    match hash {
        _ if !form.is_empty() => true,
        Some(hash) => hash.ct_eq(&Sha256::digest(arrival.body)).into(),
        None => arrival.body.is_empty(),
    }
}

/// The header's value, as Twilio would make it for this URL.
pub(super) fn sign(token: &Secret, url: &str, parameters: &[(String, String)]) -> String {
    let parameters = Form::from_pairs(parameters.to_vec()).signed();
    let mac = mac(token, url, &parameters).map(|mac| STANDARD.encode(mac.finalize().into_bytes()));
    mac.unwrap_or_default()
}

fn mac(token: &Secret, url: &str, parameters: &str) -> Option<Hmac<Sha1>> {
    // HMAC takes keys of any length
    let mac = Hmac::<Sha1>::new_from_slice(token.expose()).ok()?;
    Some(mac.chain_update(url).chain_update(parameters))
}
