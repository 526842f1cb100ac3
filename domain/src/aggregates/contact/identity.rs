//! Canonical forms of identities: two texts that mean the same person give the same value.

use super::refusal::ContactRefusal;
use super::vocabulary::{Identity, IdentityKind};
use crate::text::{digits, email};
use crate::{Personal, Subject, phone};

/// Longest business-scoped user id, in characters.
const BSUID_MAX: usize = 128;

impl Identity {
    /// The identity that `text` means, in canonical form, belonging to `subject`.
    ///
    /// # Errors
    /// The refusal of the kind (`INVALID_PHONE` …) when `text` is none.
    pub fn parse(kind: IdentityKind, text: &str, subject: Subject) -> Result<Self, ContactRefusal> {
        let text = text.trim();
        let value = match kind {
            IdentityKind::Phone => {
                phone::e164(text, None).map_err(|_| ContactRefusal::InvalidPhone)?
            }
            IdentityKind::WaId if digits(text, 5, 20) => text.to_owned(),
            IdentityKind::WaId => return Err(ContactRefusal::InvalidWaId),
            IdentityKind::Bsuid if is_bsuid(text) => text.to_owned(),
            IdentityKind::Bsuid => return Err(ContactRefusal::InvalidBsuid),
            IdentityKind::Email => email(text).ok_or(ContactRefusal::InvalidEmail)?,
        };
        Ok(Self { kind, value: Personal::new(subject, value) })
    }

    /// The same identity in canonical form, whoever built it.
    pub(super) fn canonical(&self) -> Result<Self, ContactRefusal> {
        let text = self.value.reveal().ok_or(ContactRefusal::HiddenIdentity)?;
        Self::parse(self.kind, text, self.value.subject().clone())
    }

    /// Text under which the identity is unique within the tenant: `<kind>:<value>`. `None` when
    /// the value is hidden or erased.
    pub fn key(&self) -> Option<String> {
        self.value.reveal().map(|value| format!("{}:{value}", self.kind.as_str()))
    }
}

fn is_bsuid(text: &str) -> bool {
    let visible = |char: char| !char.is_whitespace() && !char.is_control();
    !text.is_empty() && text.chars().count() <= BSUID_MAX && text.chars().all(visible)
}
