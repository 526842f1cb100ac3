//! Passwords: Argon2id with the parameters that OWASP recommends, on threads of their own and a
//! few at a time, since each takes 19 MiB.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::PeopleError;

/// OWASP Password Storage Cheat Sheet: m = 19 MiB, t = 2, p = 1.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Passwords at once.
const AT_ONCE: usize = 4;
/// How long somebody waits for a turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// Shortest password, in characters.
const SHORTEST: usize = 8;
/// Longest password, in bytes.
const LONGEST: usize = 256;

/// Hashes and checks passwords.
pub(super) struct Hasher {
    turns: Arc<Semaphore>,
    /// What an unknown address is checked against, so that it takes as long as a known one.
    decoy: Arc<OnceLock<String>>,
}

/// Is the password one that may be chosen?
pub(super) fn check(password: &str) -> Result<(), PeopleError> {
    let sound = password.chars().count() >= SHORTEST && password.len() <= LONGEST;
    if sound { Ok(()) } else { Err(PeopleError::WeakPassword) }
}

impl Hasher {
    pub(super) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), decoy: Arc::default() }
    }

    /// The hash of a password, as PHC text.
    pub(super) async fn hash(&self, password: &str, salt: [u8; 32]) -> Result<String, PeopleError> {
        let password = password.to_owned();
        self.blocking(move || hash(password.as_bytes(), &salt)).await?
    }

    /// Is it the password of this hash? Without a hash it never is, and takes as long.
    pub(super) async fn verify(
        &self,
        password: &str,
        hashed: Option<String>,
    ) -> Result<bool, PeopleError> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let (password, decoy) = (password.to_owned(), Arc::clone(&self.decoy));
        self.blocking(move || {
            // Made by whoever is first, known or not: who waits for it says nothing.
            let decoy = decoy.get_or_init(|| hash(b"", &[0; 32]).unwrap_or_default());
            let known = hashed.is_some();
            let hashed = hashed.unwrap_or_else(|| decoy.clone());
            let parsed = PasswordHash::new(&hashed).map_err(internal)?;
            let same = argon()?.verify_password(password.as_bytes(), &parsed).is_ok();
            metrics::counter!("bitacora_password_checks_total").increment(1);
            Ok(same && known)
        })
        .await?
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PeopleError> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| PeopleError::Busy)?.map_err(internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(internal)
    }
}

fn hash(password: &[u8], salt: &[u8; 32]) -> Result<String, PeopleError> {
    // 128 bits of salt are plenty.
    let salt = SaltString::encode_b64(&salt[..16]).map_err(internal)?;
    Ok(argon()?.hash_password(password, &salt).map_err(internal)?.to_string())
}

fn argon() -> Result<Argon2<'static>, PeopleError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn internal(error: impl ToString) -> PeopleError {
    PeopleError::Internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_of_one_password_and_says_how_it_was_made() {
        let hasher = Hasher::new();
        let hashed = hasher.hash("contraseña", [7; 32]).await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(!hashed.contains("contrase"));
        assert!(hasher.verify("contraseña", Some(hashed.clone())).await.unwrap());
        assert!(!hasher.verify("contrasena", Some(hashed)).await.unwrap());
        assert!(!hasher.verify("", None).await.unwrap(), "the decoy's password opens nothing");
    }

    #[test]
    fn lengths_are_bounded() {
        assert!(check("ñandúes8").is_ok());
        for bad in ["", "siete77", &"x".repeat(257)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
