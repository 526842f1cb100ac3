//! Decisions on data that are needed and asked for.

use std::collections::BTreeSet;

use super::events::TicketEvent as E;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::vocabulary::TicketStatus;
use super::words;
use crate::Personal;
use crate::text::trimmed;

/// Longest name of a field, in characters.
const FIELD_MAX: usize = 100;
/// Most fields asked for at once.
const FIELDS_MAX: usize = 20;
/// Most fields ever asked for.
const KNOWN_MAX: usize = 50;
/// Longest value, in characters.
const VALUE_MAX: usize = 2_000;

/// Names of fields in their form; none at all is fine here.
pub(super) fn fields(fields: &BTreeSet<String>) -> Result<BTreeSet<String>, No> {
    words::names(fields, FIELD_MAX, FIELDS_MAX).ok_or(No::InvalidFields)
}

impl Run<'_> {
    /// What was supplied is asked for again, if it is asked for again.
    pub(super) fn request_data(&mut self, asked: &BTreeSet<String>) -> Step {
        let asked = fields(asked)?;
        if asked.is_empty() {
            return Err(No::InvalidFields);
        }
        let mut missing = self.state.missing();
        if asked.is_subset(&missing) {
            return Ok(());
        }
        let new = asked.iter().filter(|field| !self.state.fields.contains_key(*field)).count();
        if self.state.fields.len() + new > KNOWN_MAX {
            return Err(No::TooManyFields);
        }
        missing.extend(asked.iter().cloned());
        self.emit(E::TicketDataRequested { fields: asked, missing, at: self.of.now });
        Ok(())
    }

    /// The last one that was missing ends the waiting for the contact.
    pub(super) fn supply(&mut self, field: &str, value: &Personal<String>) -> Step {
        let field = trimmed(field, FIELD_MAX).ok_or(No::FieldNotRequested)?;
        let Some(known) = self.state.fields.get(&field) else {
            return Err(No::FieldNotRequested);
        };
        let (value, news) =
            (words::personal(value, VALUE_MAX).ok_or(No::InvalidFieldValue)?, !known);
        let mut missing = self.state.missing();
        missing.remove(&field);
        let complete = news && missing.is_empty();
        self.emit(E::TicketDataSupplied { field, value, missing, at: self.of.now });
        if complete && self.state.status == TicketStatus::WaitingCustomer {
            self.resume(true);
        }
        Ok(())
    }
}
