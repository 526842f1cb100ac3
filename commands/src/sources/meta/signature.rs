//! `X-Hub-Signature-256: sha256=<hex of HMAC-SHA-256 over the raw body, keyed by the app secret>`.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::sources::{Arrival, Forged, Secret};

/// Name of the header. (The SHA-1 header of old is ignored.)
const HEADER: &str = "x-hub-signature-256";

/// Checks the request's header against its raw body, under any of the secrets.
pub(in crate::sources) fn verify(secrets: &[Secret], arrival: &Arrival<'_>) -> Result<(), Forged> {
    check(secrets, arrival.headers.get(HEADER), arrival.body)
}

/// Decoded bytes are compared, in constant time; anything that is not `sha256=` and 64 hex digits is forged.
fn check(secrets: &[Secret], header: Option<&[u8]>, body: &[u8]) -> Result<(), Forged> {
    let header = header.filter(|header| !header.is_empty()).ok_or(Forged::Missing)?;
    let digits = header.strip_prefix(b"sha256=").ok_or(Forged::Malformed)?;
    let mut claimed = [0_u8; 32];
    hex::decode_to_slice(digits, &mut claimed).map_err(|_| Forged::Malformed)?;
    if secrets.is_empty() {
        return Err(Forged::NoSecret);
    }
    let signed_with = |secret: &Secret| {
        // HMAC takes keys of any length
        Hmac::<Sha256>::new_from_slice(secret.expose())
            .is_ok_and(|mac| mac.chain_update(body).verify_slice(&claimed).is_ok())
    };
    if secrets.iter().any(signed_with) { Ok(()) } else { Err(Forged::Mismatch) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const M2: &str = "sha256=0c61947b610d4f45e65f3d680e26027121ec2413e77598bcb6cfc6e0d9888221";
    const M3: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn of(secret: &str, header: &str, body: &[u8]) -> Result<(), Forged> {
        check(&[Secret::new(secret).unwrap()], Some(header.as_bytes()), body)
    }

    #[test]
    fn published_vectors_m2_and_m3_pass() {
        assert_eq!(of("TEST_APP_SECRET", M2, b"test"), Ok(()));
        assert_eq!(of("It's a Secret to Everybody", M3, b"Hello, World!"), Ok(()));
    }

    #[test]
    fn the_primitive_gives_the_vectors_of_rfc_4231() {
        let cases: [(Vec<u8>, &[u8], &str); 5] = [
            (
                vec![0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size \
                  data. The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, data, mac) in cases {
            let header = format!("sha256={mac}");
            let secret = Secret::new(key).unwrap();
            assert_eq!(check(&[secret], Some(header.as_bytes()), data), Ok(()), "{mac}");
        }
    }

    #[test]
    fn one_byte_changed_is_forged() {
        for at in 0..4 {
            let mut body = *b"test";
            body[at] ^= 1;
            assert_eq!(of("TEST_APP_SECRET", M2, &body), Err(Forged::Mismatch));
        }
        assert_eq!(of("TEST_APP_SECRET", M3, b"test"), Err(Forged::Mismatch));
        assert_eq!(of("TEST_APP_SECRES", M2, b"test"), Err(Forged::Mismatch));
    }

    #[test]
    fn anything_malformed_is_forged() {
        let secrets = [Secret::new("TEST_APP_SECRET").unwrap()];
        assert_eq!(check(&secrets, None, b"test"), Err(Forged::Missing));
        assert_eq!(check(&secrets, Some(b""), b"test"), Err(Forged::Missing));
        let bare = M2.strip_prefix("sha256=").unwrap();
        for bad in [
            bare.to_owned(),
            format!("sha1={bare}"),
            format!("SHA256={bare}"),
            format!(" {M2}"),
            format!("{M2} "),
            format!("{M2}00"),
            M2[..M2.len() - 1].to_owned(),
            M2[..M2.len() - 2].to_owned(),
            format!("{}g", &M2[..M2.len() - 1]),
            "sha256=".to_owned(),
            format!("{M2},{M2}"),
        ] {
            assert_eq!(
                check(&secrets, Some(bad.as_bytes()), b"test"),
                Err(Forged::Malformed),
                "{bad}"
            );
        }
        assert_eq!(check(&secrets, Some(b"sha256=\xff\xfe"), b"test"), Err(Forged::Malformed));
    }

    #[test]
    fn every_secret_of_a_rotation_is_tried_and_none_means_forged() {
        let [old, new] = ["old", "TEST_APP_SECRET"].map(|secret| Secret::new(secret).unwrap());
        assert_eq!(check(&[old.clone(), new], Some(M2.as_bytes()), b"test"), Ok(()));
        assert_eq!(check(&[old], Some(M2.as_bytes()), b"test"), Err(Forged::Mismatch));
        assert_eq!(check(&[], Some(M2.as_bytes()), b"test"), Err(Forged::NoSecret));
    }

    #[test]
    fn the_case_of_hex_digits_says_nothing() {
        let upper = format!("sha256={}", M2.strip_prefix("sha256=").unwrap().to_uppercase());
        assert_eq!(of("TEST_APP_SECRET", &upper, b"test"), Ok(()));
    }
}
