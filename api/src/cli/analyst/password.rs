//! A password that Postgres never sees: it gets a SCRAM-SHA-256 verifier (RFC 5802, RFC 7677),
//! from which the password does not follow.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

/// As many as Postgres makes itself.
const ITERATIONS: u32 = 4_096;

/// A generated password.
pub(super) struct Password {
    text: String,
    salt: [u8; 16],
}

impl Password {
    /// 192 random bits, in letters that an address takes as they are.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub(super) fn generate() -> std::io::Result<Self> {
        let (mut secret, mut salt) = ([0; 24], [0; 16]);
        let mut random = std::fs::File::open("/dev/urandom")?;
        random.read_exact(&mut secret)?;
        random.read_exact(&mut salt)?;
        Ok(Self { text: URL_SAFE_NO_PAD.encode(secret), salt })
    }

    /// The password, to be shown once.
    pub(super) fn reveal(&self) -> &str {
        &self.text
    }

    /// What Postgres keeps of it.
    pub(super) fn verifier(&self) -> String {
        let salted = self.salted();
        let stored = Sha256::digest(mac(&salted, &[b"Client Key"]));
        let server = mac(&salted, &[b"Server Key"]);
        let [salt, stored, server] =
            [&self.salt[..], &stored[..], &server[..]].map(|bytes| STANDARD.encode(bytes));
        format!("SCRAM-SHA-256${ITERATIONS}:{salt}${stored}:{server}")
    }

    /// `Hi` of RFC 5802, which is PBKDF2 with one block.
    fn salted(&self) -> [u8; 32] {
        let key = self.text.as_bytes();
        let mut last = mac(key, &[&self.salt, &1_u32.to_be_bytes()]);
        let mut sum = last;
        for _ in 1..ITERATIONS {
            last = mac(key, &[&last]);
            sum.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
        }
        sum
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length; a failure would be one of the crate.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;

    /// The exchange of RFC 7677, section 3: user `user`, password `pencil`.
    #[test]
    fn the_verifier_is_the_one_of_the_standards_example() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap();
        let verifier = Password { text: "pencil".to_owned(), salt }.verifier();
        let (_, keys) = verifier.rsplit_once('$').unwrap();
        let (stored, server) = keys.split_once(':').unwrap();
        let said = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
             r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
             c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let server = mac(&STANDARD.decode(server).unwrap(), &[said.as_bytes()]);
        assert_eq!(STANDARD.encode(server), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        let stored = STANDARD.decode(stored).unwrap();
        let proof = STANDARD.decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
        let signature = mac(&stored, &[said.as_bytes()]);
        let client: Vec<u8> = proof.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        assert_eq!(Sha256::digest(client)[..], stored[..], "the proof belongs to the verifier");
    }

    #[test]
    fn passwords_differ_and_need_no_quoting() {
        let (one, other) = (Password::generate().unwrap(), Password::generate().unwrap());
        assert_ne!(one.text, other.text);
        assert_eq!(one.text.len(), 32);
        assert!(one.text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    }
}
