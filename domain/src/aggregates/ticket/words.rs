//! Texts in their form and length.

use std::collections::BTreeSet;

use super::refusal::TicketRefusal as No;
use crate::Personal;
use crate::text::trimmed;

/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// The text trimmed, if 1 to `max` characters are left; a hidden one is none.
pub(super) fn personal(text: &Personal<String>, max: usize) -> Option<Personal<String>> {
    let trimmed = text.reveal().and_then(|text| trimmed(text, max))?;
    Some(Personal::new(text.subject().clone(), trimmed))
}

/// The same of a text that may be absent.
pub(super) fn maybe_personal(
    text: Option<&Personal<String>>,
    max: usize,
    otherwise: No,
) -> Result<Option<Personal<String>>, No> {
    text.map(|text| personal(text, max).ok_or(otherwise)).transpose()
}

/// The same of a plain text that may be absent.
pub(super) fn maybe(text: Option<&str>, max: usize, otherwise: No) -> Result<Option<String>, No> {
    text.map(|text| trimmed(text, max).ok_or(otherwise)).transpose()
}

/// A reason, trimmed.
pub(super) fn reason(text: &str) -> Result<String, No> {
    trimmed(text, REASON_MAX).ok_or(No::InvalidReason)
}

/// Names of fields or tags, each trimmed; `None` when one is blank or too long, or when there
/// are too many.
pub(super) fn names(
    names: &BTreeSet<String>,
    longest: usize,
    most: usize,
) -> Option<BTreeSet<String>> {
    let names: Option<BTreeSet<String>> = names.iter().map(|name| trimmed(name, longest)).collect();
    names.filter(|names| names.len() <= most)
}
