//! Decisions on category, priority and tags.

use std::collections::BTreeSet;

use super::TicketCategory;
use super::events::TicketEvent as E;
use super::open::default_priority;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::words;
use crate::aggregates::conversation::Priority;
use crate::text::trimmed;

/// Longest tag, in characters.
const TAG_MAX: usize = 40;
/// Most tags of a ticket.
const TAGS_MAX: usize = 50;
/// Longest name of a model, in characters.
const MODEL_MAX: usize = 100;

impl Run<'_> {
    pub(super) fn triage(
        &mut self,
        category: TicketCategory,
        priority: Option<Priority>,
        (confidence_bp, model): (i64, &str),
    ) -> Step {
        let model = trimmed(model, MODEL_MAX).ok_or(No::InvalidTriage)?;
        if !(0..=10_000).contains(&confidence_bp) {
            return Err(No::InvalidTriage);
        }
        let priority = priority.unwrap_or_else(|| default_priority(category, Some(confidence_bp)));
        let at = self.of.now;
        self.emit(E::TicketTriaged { category, priority, confidence_bp, model, at });
        self.change_category(category);
        self.change_priority(priority);
        Ok(())
    }

    pub(super) fn change_category(&mut self, to: TicketCategory) {
        if let Some(from) = self.state.category.filter(|from| *from != to) {
            self.emit(E::TicketReclassified { from, to, at: self.of.now });
        }
    }

    pub(super) fn change_priority(&mut self, to: Priority) {
        let (from, at) = (self.state.priority, self.of.now);
        if from != to {
            self.breach_what_is_due(at);
            self.emit(E::TicketPriorityChanged { from, to, at });
            self.follow_priority();
        }
    }

    pub(super) fn set_tags(&mut self, tags: &BTreeSet<String>) -> Step {
        let lower = tags.iter().map(|tag| tag.to_lowercase()).collect();
        let tags = words::names(&lower, TAG_MAX, TAGS_MAX).ok_or(No::InvalidTags)?;
        if tags != self.state.tags {
            self.emit(E::TicketTagged { tags, at: self.of.now });
        }
        Ok(())
    }
}
