//! Decisions on the contact's opinion.

use super::events::TicketEvent as E;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::words;
use crate::Personal;
use crate::aggregates::conversation::SurveyKind;

/// Longest comment, in characters.
const COMMENT_MAX: usize = 2_000;

impl Run<'_> {
    pub(super) fn request_survey(&mut self) {
        self.emit(E::TicketSurveyRequested { at: self.of.now });
    }

    pub(super) fn rate(&mut self, score: i64, comment: Option<&Personal<String>>) -> Step {
        if !SurveyKind::Csat.range().contains(&score) {
            return Err(No::InvalidScore);
        }
        let comment = words::maybe_personal(comment, COMMENT_MAX, No::InvalidSurveyComment)?;
        self.emit(E::TicketRated { score, comment, at: self.of.now });
        Ok(())
    }
}
