//! Texts from providers and callers, within their bounds.

use super::providers::ProviderIds;
use super::refusal::CallRefusal;
use crate::text::{storable, trimmed};
use crate::{Personal, phone};

/// Longest id of a provider, in characters.
const ID_MAX: usize = 128;
/// Longest number that is no telephone number (a SIP address, a client's name), in characters.
const NUMBER_MAX: usize = 64;
/// What is kept of a provider's words, in characters.
const WORDS_MAX: usize = 300;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;

impl ProviderIds {
    /// Are they within bounds?
    pub(super) fn check(&self) -> Result<(), CallRefusal> {
        let ids = [&self.call_sid, &self.el_conversation_id];
        ids.into_iter().flatten().try_for_each(|id| provider_id(id))
    }

    /// These, and of `told` what is not known yet.
    #[must_use]
    pub(super) fn with(&self, told: &Self) -> Self {
        let keep =
            |known: &Option<String>, told: &Option<String>| known.clone().or_else(|| told.clone());
        Self {
            call_sid: keep(&self.call_sid, &told.call_sid),
            el_conversation_id: keep(&self.el_conversation_id, &told.el_conversation_id),
        }
    }

    /// Do both name something of the same kind, and the same?
    pub(super) fn meets(&self, told: &Self) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        same(&self.call_sid, &told.call_sid)
            || same(&self.el_conversation_id, &told.el_conversation_id)
    }

    /// Do they name the same kind of thing differently?
    pub(super) fn contradicts(&self, told: &Self) -> bool {
        let other = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
        other(&self.call_sid, &told.call_sid)
            || other(&self.el_conversation_id, &told.el_conversation_id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.call_sid.is_none() && self.el_conversation_id.is_none()
    }
}

/// A provider's id has 1 to 128 visible characters.
pub(super) fn provider_id(id: &str) -> Result<(), CallRefusal> {
    let visible = |char: char| !char.is_whitespace() && !char.is_control();
    let good = !id.is_empty() && id.chars().count() <= ID_MAX && id.chars().all(visible);
    good.then_some(()).ok_or(CallRefusal::InvalidProviderId)
}

/// The number that we shall dial, in E.164.
pub(super) fn number(number: &Personal<String>) -> Result<Personal<String>, CallRefusal> {
    let text = number.reveal().ok_or(CallRefusal::InvalidNumber)?;
    let text = phone::e164(text, None).map_err(|_| CallRefusal::InvalidNumber)?;
    Ok(number.clone().map(|_| text))
}

/// The number that a provider told: in E.164 where it is one, else as it came, since nobody is
/// there who could mend it. One that is hidden, blank or endless is none.
pub(super) fn told_number(number: Option<Personal<String>>) -> Option<Personal<String>> {
    let number = number?;
    let text = number.reveal()?;
    let canonical = phone::e164(text, None).ok().or_else(|| trimmed(text, NUMBER_MAX))?;
    Some(number.map(|_| canonical))
}

/// A provider's words, storable and not endless.
pub(super) fn words(text: &str) -> String {
    storable(text).0.chars().take(WORDS_MAX).collect()
}

/// A reason that somebody gives: nothing, or 1 to 500 characters.
pub(super) fn reason(text: Option<&str>) -> Result<Option<String>, CallRefusal> {
    let Some(text) = text else { return Ok(None) };
    trimmed(text, REASON_MAX).map(Some).ok_or(CallRefusal::InvalidReason)
}
