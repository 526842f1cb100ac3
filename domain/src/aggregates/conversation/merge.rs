//! Decisions on continuing one conversation in another, and on links.

use uuid::Uuid;

use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::refusal::ConversationRefusal;
use super::state::Conversation;
use super::vocabulary::LinkedKind;
use crate::{ContactId, ConversationId, Directed};

impl Conversation {
    pub(super) fn merge_into(
        &self,
        of: &Directed<()>,
        target: ConversationId,
        target_contact: ContactId,
    ) -> Decision {
        if self.is(target) {
            return Err(ConversationRefusal::MergeIntoItself);
        }
        if self.contact() != Some(target_contact) {
            return Err(ConversationRefusal::MergeOtherContact);
        }
        let mut events = self.endings(of);
        events.push(E::ConversationMerged { from: self.status, target, at: of.now });
        Ok(events)
    }

    pub(super) fn record_merge(&self, of: &Directed<()>, source: ConversationId) -> Decision {
        if self.is(source) {
            return Err(ConversationRefusal::MergeIntoItself);
        }
        Ok(vec![E::MergeRecorded { source, at: of.now }])
    }

    pub(super) fn link(of: &Directed<()>, kind: LinkedKind, id: Uuid) -> Decision {
        Ok(vec![E::EntityLinked { kind, id, by: of.actor.clone(), at: of.now }])
    }

    fn is(&self, other: ConversationId) -> bool {
        self.start.as_ref().is_some_and(|start| start.conversation == other)
    }
}
