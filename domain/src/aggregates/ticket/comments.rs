//! Decisions on comments and summaries.

use super::events::TicketEvent as E;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::words;
use crate::text::trimmed;
use crate::{ActorKind, Personal};

/// Longest comment, in characters.
const COMMENT_MAX: usize = 10_000;
/// Longest summary, in characters.
const SUMMARY_MAX: usize = 4_000;
/// Longest name of a model or prompt, in characters.
const MODEL_MAX: usize = 100;

impl Run<'_> {
    pub(super) fn comment(&mut self, public: bool, body: &Personal<String>) -> Step {
        let body = words::personal(body, COMMENT_MAX).ok_or(No::InvalidComment)?;
        let author = self.of.actor.clone();
        let contact = author.kind == ActorKind::Contact;
        if contact && !public {
            return Err(No::CommentMustBePublic);
        }
        let answers = public && is_person(author.kind);
        let (comment, at) = (self.of.new_id(0), self.of.now);
        self.emit(E::TicketCommented { comment, public, body, author, at });
        if contact {
            self.customer_turn(None);
        } else if answers {
            self.respond(at);
        }
        Ok(())
    }

    pub(super) fn summarise(
        &mut self,
        summary: &Personal<String>,
        (model, prompt_version, tokens): (&str, &str, i64),
    ) -> Step {
        let summary = words::personal(summary, SUMMARY_MAX).ok_or(No::InvalidSummary)?;
        let model = trimmed(model, MODEL_MAX).ok_or(No::InvalidSummary)?;
        let prompt_version = trimmed(prompt_version, MODEL_MAX).ok_or(No::InvalidSummary)?;
        if tokens < 0 {
            return Err(No::InvalidSummary);
        }
        let at = self.of.now;
        self.emit(E::TicketSummarised { summary, model, prompt_version, tokens, at });
        Ok(())
    }
}

/// Does the team itself speak, so that the contact was answered? The AI's words do not keep the
/// promise that a person answers.
const fn is_person(kind: ActorKind) -> bool {
    match kind {
        ActorKind::User | ActorKind::ApiKey => true,
        ActorKind::Ai | ActorKind::System | ActorKind::Provider | ActorKind::Contact => false,
    }
}
