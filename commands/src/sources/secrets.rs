//! Secrets of webhook sources. They are never shown and never compared in variable time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use subtle::ConstantTimeEq as _;

/// A secret shared with a provider; not empty.
#[derive(Clone)]
pub struct Secret {
    bytes: Arc<[u8]>,
    /// The provider's account that it is of; of all of them when absent.
    account: Option<Arc<str>>,
}

/// An empty secret would make forgery easy, so there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret must not be empty")]
pub struct EmptySecret;

impl Secret {
    /// A secret of these bytes.
    ///
    /// # Errors
    /// [`EmptySecret`].
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, EmptySecret> {
        let bytes = bytes.as_ref();
        if bytes.is_empty() {
            return Err(EmptySecret);
        }
        Ok(Self { bytes: bytes.into(), account: None })
    }

    /// The same secret, of one account of the provider.
    #[must_use]
    pub fn of_account(self, account: &str) -> Self {
        Self { account: Some(account.into()), ..self }
    }

    /// The account that it is of; `None` when it is of all.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Its bytes, to key a MAC with.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Is it `candidate`? Takes the same time wherever they differ (the length is no secret).
    pub fn equals(&self, candidate: &[u8]) -> bool {
        self.bytes.ct_eq(candidate).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Of `secrets` those that may have signed for `account`, as a request that is not believed yet
/// names it: its own, and those of all accounts. Whoever signed with one of them is believed to
/// speak for that account, and for no other.
pub fn candidates<'a>(
    secrets: &'a [Secret],
    account: Option<&'a str>,
) -> impl Iterator<Item = &'a Secret> {
    secrets.iter().filter(move |secret| {
        secret.account().is_none_or(|own| account.is_some_and(|named| named == own))
    })
}

/// Secrets of all sources, several each while they are being rotated. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct SourceSecrets(Arc<BTreeMap<String, SecretsOfSource>>);

#[derive(Clone, Debug, Default)]
struct SecretsOfSource {
    signing: Vec<Secret>,
    verify_tokens: Vec<Secret>,
}

impl SourceSecrets {
    /// With the secrets of `source` (its name) replaced.
    #[must_use]
    pub fn with(mut self, source: &str, signing: Vec<Secret>, verify_tokens: Vec<Secret>) -> Self {
        Arc::make_mut(&mut self.0)
            .insert(source.to_owned(), SecretsOfSource { signing, verify_tokens });
        self
    }

    /// Keys of signatures, the newest first.
    pub fn signing(&self, source: &str) -> &[Secret] {
        self.0.get(source).map_or(&[], |secrets| &secrets.signing)
    }

    /// Tokens of the handshake.
    pub fn verify_tokens(&self, source: &str) -> &[Secret] {
        self.0.get(source).map_or(&[], |secrets| &secrets.verify_tokens)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_never_empty() {
        assert_eq!(Secret::new("").err(), Some(EmptySecret));
        let secrets =
            SourceSecrets::default().with("a/b", vec![Secret::new("hush-hush").unwrap()], vec![]);
        assert!(!format!("{secrets:?}").contains("hush"));
        assert_eq!(secrets.signing("a/b").len(), 1);
        assert!(secrets.signing("other").is_empty() && secrets.verify_tokens("a/b").is_empty());
    }

    #[test]
    fn an_account_is_spoken_for_by_its_own_secrets_and_by_those_of_all() {
        let secret = |text: &str| Secret::new(text).unwrap();
        let all = [secret("one").of_account("a"), secret("two").of_account("b"), secret("three")];
        let of =
            |account| -> Vec<&[u8]> { candidates(&all, account).map(Secret::expose).collect() };
        assert_eq!(of(Some("a")), [&b"one"[..], b"three"]);
        assert_eq!(of(Some("b")), [&b"two"[..], b"three"]);
        assert_eq!(of(Some("c")), [&b"three"[..]]);
        assert_eq!(of(None), [&b"three"[..]]);
    }

    #[test]
    fn only_the_whole_secret_equals() {
        let secret = Secret::new("token").unwrap();
        assert!(secret.equals(b"token"));
        for other in [&b""[..], b"toke", b"tokenn", b"Token"] {
            assert!(!secret.equals(other));
        }
    }
}
