//! The decision on taking a message's content off all screens.

use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::state::{Conversation, OutboundMessage};
use super::vocabulary::DeliveryStatus;
use super::work;
use crate::{Directed, MessageId};

/// Why what hung on the message ends too.
const REDACTED: &str = "MESSAGE_REDACTED";

impl Conversation {
    /// What the AI made of the message may repeat it: a suggestion that answers it and actions
    /// proposed because of it end. A message of ours that has not left stays here.
    pub(super) fn redact(&self, of: &Directed<()>, message: MessageId, why: &str) -> Decision {
        let reason = work::reason(why)?;
        let mut events = Vec::new();
        if let Some(known) = self.outbound(message).filter(|known| waits(known)) {
            events.push(E::MessageRejected {
                message,
                attempt: known.attempt,
                code: 0,
                title: REDACTED.to_owned(),
                retryable: false,
                at: of.now,
            });
        }
        if self.suggestion.as_ref().is_some_and(|pending| pending.answers == Some(message)) {
            events.extend(self.superseded(of));
        }
        let proposed = self.actions.iter().filter(|known| known.because_of == message);
        events.extend(proposed.map(|known| E::ActionRejected {
            action: known.action.action,
            reason: Some(REDACTED.to_owned()),
            by: of.actor.clone(),
            at: of.now,
        }));
        events.push(E::MessageRedacted { message, reason, by: of.actor.clone(), at: of.now });
        Ok(events)
    }
}

/// Has it certainly not left?
fn waits(known: &OutboundMessage) -> bool {
    let taken = known.in_flight || known.provider_message_id.is_some();
    known.status == DeliveryStatus::Pending && !taken
}
