//! Decisions on automatic messages: the contact's opt-out, and the AI's pause.

use super::content::MessageContent;
use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::refusal::ConversationRefusal;
use super::state::Conversation;
use super::suggestions::optional_reason;
use crate::text::trimmed;
use crate::{ContactId, Directed};

/// Longest word for how it was said, in characters.
const BY_MAX: usize = 40;

impl Conversation {
    pub(super) fn opt_out(of: &Directed<()>, contact: ContactId, by: &str) -> Decision {
        let by = trimmed(by, BY_MAX).ok_or(ConversationRefusal::InvalidOptOutSource)?;
        Ok(vec![E::OptOutRecorded { contact, by, at: of.now }])
    }

    pub(super) fn opt_in(of: &Directed<()>, contact: ContactId, by: &str) -> Decision {
        let by = trimmed(by, BY_MAX).ok_or(ConversationRefusal::InvalidOptOutSource)?;
        Ok(vec![E::OptInRecorded { contact, by, at: of.now }])
    }

    /// Also where the contact opted out: an opt-in later does not end a person's pause.
    pub(super) fn pause_ai(of: &Directed<()>, reason: Option<String>) -> Decision {
        let reason = optional_reason(reason)?;
        Ok(vec![E::AiPaused { reason, by: of.actor.clone(), at: of.now }])
    }

    pub(super) fn resume_ai(of: &Directed<()>) -> Decision {
        Ok(vec![E::AiResumed { by: of.actor.clone(), at: of.now }])
    }
}

/// Is the content a text that says so? See [`crate::opt_out`].
pub(super) fn is_said_by(content: &MessageContent) -> bool {
    let MessageContent::Text { body } = content else { return false };
    body.reveal().is_some_and(|text| crate::opt_out::is_keyword(text))
}
