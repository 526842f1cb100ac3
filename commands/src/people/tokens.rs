//! The texts that we give out: refresh tokens, API keys, invitations. Each carries a MAC of ours,
//! so that a guess never reaches the database, and a secret of 256 bits, of which only a hash is
//! kept. Their beginnings tell them apart, also to whoever looks for leaked secrets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::InstallationKey;

/// How API keys begin.
pub const KEY_START: &str = "bk_live_";
const INVITATION_START: &str = "bi_";
const REFRESH_START: &str = "br_";
/// Bytes of the MAC in keys and invitations: they only keep guesses away from the database.
const SHORT_TAG: usize = 6;
/// Bytes of the MAC in refresh tokens: believing a forged one would end somebody's login.
const LONG_TAG: usize = 16;
/// Characters of a key that are shown, so that people know it again.
const PREFIX: usize = KEY_START.len() + 4;

/// A secret text, fresh. It is shown once.
#[derive(Clone)]
pub struct Minted {
    /// The text itself.
    pub text: String,
    /// SHA-256 of the text, hex: what is kept.
    pub hash: String,
    /// The beginning of the text, for people.
    pub prefix: String,
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Minted({}…)", self.prefix)
    }
}

pub(super) fn api_key(key: &InstallationKey, secret: [u8; 32]) -> Minted {
    mint(key, KEY_START, secret)
}

pub(super) fn invitation(key: &InstallationKey, secret: [u8; 32]) -> Minted {
    mint(key, INVITATION_START, secret)
}

/// The hash under which an API key of ours is known; `None` for any other text.
pub(super) fn api_key_hash(key: &InstallationKey, text: &str) -> Option<String> {
    known(key, KEY_START, text)
}

/// The hash under which an invitation of ours is known; `None` for any other text.
pub(super) fn invitation_hash(key: &InstallationKey, text: &str) -> Option<String> {
    known(key, INVITATION_START, text)
}

fn mint(key: &InstallationKey, start: &str, secret: [u8; 32]) -> Minted {
    let tag = key.tag(start, &[&secret]);
    let body = URL_SAFE_NO_PAD.encode([secret.as_slice(), &tag[..SHORT_TAG]].concat());
    let text = format!("{start}{body}");
    let prefix = text.chars().take(PREFIX).collect();
    Minted { hash: hash(&text), prefix, text }
}

fn known(key: &InstallationKey, start: &str, text: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(start)?).ok()?;
    let (secret, tag) = bytes.split_at_checked(32)?;
    let ours = key.tag(start, &[secret]);
    bool::from(tag.ct_eq(&ours[..SHORT_TAG])).then(|| hash(text))
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// A refresh token in pieces.
pub(super) struct Refresh {
    pub(super) session: Uuid,
    /// Which token of the login, from 0.
    pub(super) generation: i32,
    pub(super) secret: [u8; 32],
}

impl Refresh {
    /// The text for the client.
    pub(super) fn text(&self, key: &InstallationKey) -> String {
        let bytes = self.bytes();
        let tag = key.tag(REFRESH_START, &[&bytes]);
        let body = [bytes.as_slice(), &tag[..LONG_TAG]].concat();
        format!("{REFRESH_START}{}", URL_SAFE_NO_PAD.encode(body))
    }

    /// A token of ours; `None` for any other text. Whether it is still good is not said.
    pub(super) fn parse(key: &InstallationKey, text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(REFRESH_START)?).ok()?;
        let (body, tag) = bytes.split_at_checked(16 + 4 + 32)?;
        if !bool::from(tag.ct_eq(&key.tag(REFRESH_START, &[body])[..LONG_TAG])) {
            return None;
        }
        let (session, rest) = body.split_first_chunk::<16>()?;
        let (generation, secret) = rest.split_first_chunk::<4>()?;
        Some(Self {
            session: Uuid::from_bytes(*session),
            generation: i32::from_be_bytes(*generation),
            secret: secret.try_into().ok()?,
        })
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    fn bytes(&self) -> Vec<u8> {
        let generation = self.generation.to_be_bytes();
        [self.session.as_bytes().as_slice(), &generation, &self.secret].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_of_ours_are_known_and_each_as_what_it_is() {
        let ours = InstallationKey::new([7; 32]);
        let theirs = InstallationKey::new([8; 32]);
        let minted = api_key(&ours, [1; 32]);
        assert_eq!(api_key_hash(&ours, &minted.text), Some(minted.hash.clone()));
        assert_eq!(api_key_hash(&theirs, &minted.text), None);
        assert_eq!(invitation_hash(&ours, &minted.text), None);
        let disguised = minted.text.replace(KEY_START, INVITATION_START);
        assert_eq!(invitation_hash(&ours, &disguised), None);
        for bad in ["", "bk_live_", "bk_live_AAAA", &minted.text[..minted.text.len() - 1]] {
            assert_eq!(api_key_hash(&ours, bad), None, "{bad}");
        }
        assert_eq!(minted.prefix.len(), 12);
        assert!(!format!("{minted:?}").contains(&minted.text));
    }

    #[test]
    fn a_refresh_token_comes_back_in_pieces_and_cannot_be_changed() {
        let key = InstallationKey::new([7; 32]);
        let token = Refresh { session: Uuid::from_u128(5), generation: 3, secret: [9; 32] };
        let text = token.text(&key);
        let parsed = Refresh::parse(&key, &text).unwrap();
        assert_eq!(
            (parsed.session, parsed.generation, parsed.secret),
            (Uuid::from_u128(5), 3, [9; 32])
        );
        let other = Refresh { generation: 2, ..parsed };
        let mixed = format!("{}{}", &other.text(&key)[..40], &text[40..]);
        assert!(Refresh::parse(&key, &mixed).is_none());
        assert!(Refresh::parse(&InstallationKey::new([8; 32]), &text).is_none());
    }
}
