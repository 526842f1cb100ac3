//! Decisions on what the AI proposes and people approve: answers and actions.

use chrono::TimeDelta;
use uuid::Uuid;

use super::content::MessageContent;
use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::limits;
use super::outbound::Outbound;
use super::refusal::ConversationRefusal;
use super::state::Conversation;
use super::vocabulary::{Citation, ProposedAction, Sender};
use crate::{ActorKind, Directed, MessageId, Personal};

/// How long a suggestion may stand, seconds.
const TTL_S: std::ops::RangeInclusive<i64> = 60..=7 * 86_400;
/// Most sources of one suggestion.
const CITATIONS_MAX: usize = 20;
/// Longest title of a source, in characters.
const TITLE_MAX: usize = 300;

impl Conversation {
    pub(super) fn suggest(
        &self,
        of: &Directed<()>,
        text: Personal<String>,
        citations: Vec<Citation>,
        ttl_s: i64,
    ) -> Decision {
        check_suggestion(Some(&text), &citations, ttl_s)?;
        Ok(self.suggested(of, text, citations, ttl_s))
    }

    /// The suggestion, which takes the place of a pending one.
    pub(super) fn suggested(
        &self,
        of: &Directed<()>,
        text: Personal<String>,
        citations: Vec<Citation>,
        ttl_s: i64,
    ) -> Vec<E> {
        let mut events: Vec<E> = self.superseded(of).into_iter().collect();
        events.push(E::ReplySuggested {
            suggestion: of.new_id(1),
            text,
            citations,
            answers: self.last_inbound,
            expires_at: of.now + TimeDelta::seconds(ttl_s),
            at: of.now,
        });
        events
    }

    /// The end of the pending suggestion by something newer, if there is one.
    pub(super) fn superseded(&self, of: &Directed<()>) -> Option<E> {
        let suggestion = self.suggestion.as_ref()?.id;
        Some(E::SuggestionSuperseded { suggestion, at: of.now })
    }

    /// Sends it, as it is or edited. It is a person's message then.
    pub(super) fn approve_suggestion(
        &self,
        of: &Directed<()>,
        id: Uuid,
        edited_text: Option<Personal<String>>,
    ) -> Decision {
        only_people(of)?;
        let Some(pending) = self.suggestion.as_ref().filter(|pending| pending.id == id) else {
            return Err(ConversationRefusal::SuggestionNotPending);
        };
        if of.now >= pending.expires_at {
            return Err(ConversationRefusal::SuggestionExpired);
        }
        let body = edited_text.unwrap_or_else(|| pending.text.clone());
        if !limits::is_text(&body) {
            return Err(ConversationRefusal::InvalidText);
        }
        let approved = E::SuggestionApproved {
            suggestion: id,
            message: MessageId::new(of.new_id(0)),
            edited: body != pending.text,
            by: of.actor.clone(),
            at: of.now,
        };
        let content = MessageContent::Text { body };
        let queued = self.message(of, Outbound::new(content, Sender::Agent));
        Ok(vec![approved, queued])
    }

    pub(super) fn reject_suggestion(
        &self,
        of: &Directed<()>,
        id: Uuid,
        reason: Option<String>,
    ) -> Decision {
        only_people(of)?;
        if self.suggestion.as_ref().is_none_or(|pending| pending.id != id) {
            return Err(ConversationRefusal::SuggestionNotPending);
        }
        let reason = optional_reason(reason)?;
        Ok(vec![E::SuggestionRejected { suggestion: id, reason, by: of.actor.clone(), at: of.now }])
    }

    pub(super) fn approve_action(&self, of: &Directed<()>, id: Uuid) -> Decision {
        only_people(of)?;
        let action = self.action(id)?.clone();
        Ok(vec![E::ActionApproved { action, by: of.actor.clone(), at: of.now }])
    }

    pub(super) fn reject_action(
        &self,
        of: &Directed<()>,
        id: Uuid,
        reason: Option<String>,
    ) -> Decision {
        only_people(of)?;
        let action = self.action(id)?.action;
        let reason = optional_reason(reason)?;
        Ok(vec![E::ActionRejected { action, reason, by: of.actor.clone(), at: of.now }])
    }

    fn action(&self, id: Uuid) -> Result<&ProposedAction, ConversationRefusal> {
        let found = self.actions.iter().find(|known| known.action.action == id);
        found.map(|known| &known.action).ok_or(ConversationRefusal::ActionNotPending)
    }
}

/// Checks what a suggestion is made of.
pub(super) fn check_suggestion(
    text: Option<&Personal<String>>,
    citations: &[Citation],
    ttl_s: i64,
) -> Result<(), ConversationRefusal> {
    let short = |citation: &Citation| limits::fits(&citation.title, 0, TITLE_MAX);
    if text.is_some_and(|text| !limits::is_text(text)) {
        return Err(ConversationRefusal::InvalidText);
    }
    if citations.len() > CITATIONS_MAX || !citations.iter().all(short) {
        return Err(ConversationRefusal::InvalidCitations);
    }
    if !TTL_S.contains(&ttl_s) {
        return Err(ConversationRefusal::InvalidSuggestionTtl);
    }
    Ok(())
}

/// A reason that may be left out: blank is none.
pub(super) fn optional_reason(
    reason: Option<String>,
) -> Result<Option<String>, ConversationRefusal> {
    match reason.filter(|reason| !reason.trim().is_empty()) {
        Some(reason) => super::work::reason(&reason).map(Some),
        None => Ok(None),
    }
}

/// What the AI proposes the AI cannot approve; nor can the contact or a provider. Whether a
/// programme of the tenant may, the scope of its API key says.
fn only_people(of: &Directed<()>) -> Result<(), ConversationRefusal> {
    match of.actor.kind {
        ActorKind::User | ActorKind::ApiKey | ActorKind::System => Ok(()),
        ActorKind::Ai | ActorKind::Provider | ActorKind::Contact => {
            Err(ConversationRefusal::ApprovalNeedsPerson)
        }
    }
}
