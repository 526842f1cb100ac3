//! What leaves: the effect that sends a message, and the protocol around each request. A message
//! is handed over at most once: an attempt is recorded before its request, no attempt begins
//! while another is under way, and one that nobody knows the end of is never repeated.

use serde::{Deserialize, Serialize};

use super::content::MessageContent;
use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::inbound::check_provider_id;
use super::refusal::ConversationRefusal;
use super::state::{Conversation, OutboundMessage};
use super::vocabulary::{DeliveryStatus, SendOutcome};
use crate::{ChannelAccountId, ContactId, ConversationId, Directed, DomainError, MessageId};

/// What is kept of a provider's words, in characters.
const WORDS_MAX: usize = 300;
/// The provider's own code for a closed service window (wire-formats §1.8).
const WINDOW_CODE: i64 = 131_047;

/// Kind of the effect that sends a message of ours; its payload is a [`SendEffect`].
pub const SEND_EFFECT: &str = "message.send";

/// What the worker that sends needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendEffect {
    /// The conversation.
    pub conversation: ConversationId,
    /// To whom.
    pub contact: ContactId,
    /// Over which account.
    pub channel: ChannelAccountId,
    /// Our id of the message.
    pub message: MessageId,
    /// Content.
    pub content: MessageContent,
    /// The provider's id of the message that it answers, if it is known.
    pub reply_to: Option<String>,
}

impl Conversation {
    /// The message that an attempt is for, if it may still be sent.
    pub(super) fn sendable(
        &self,
        message: MessageId,
        attempt: i64,
    ) -> Result<&OutboundMessage, ConversationRefusal> {
        let Some(known) = self.outbound(message) else {
            return Err(if self.queued == 0 {
                ConversationRefusal::MessageUnknown
            } else {
                ConversationRefusal::MessageNotPending
            });
        };
        let taken = known.provider_message_id.is_some();
        if known.status != DeliveryStatus::Pending || taken {
            return Err(ConversationRefusal::MessageNotPending);
        }
        if known.in_flight {
            return Err(ConversationRefusal::SendInFlight);
        }
        if attempt <= known.attempt {
            return Err(ConversationRefusal::SendAttemptStale);
        }
        Ok(known)
    }

    /// Allowed by the table: the request may be made.
    pub(super) fn begin_send(of: &Directed<()>, message: MessageId, attempt: i64) -> Decision {
        Ok(vec![E::MessageSendAttempted { message, attempt, at: of.now }])
    }

    /// Not allowed any more: it stays here.
    pub(super) fn withdraw_send(
        of: &Directed<()>,
        (message, attempt): (MessageId, i64),
        why: ConversationRefusal,
    ) -> Decision {
        let code = if why == ConversationRefusal::ServiceWindowClosed { WINDOW_CODE } else { 0 };
        let title = why.code().to_owned();
        Ok(vec![E::MessageRejected { message, attempt, code, title, retryable: false, at: of.now }])
    }

    /// An outcome counts for the attempt that has none yet. A status may have been quicker; then
    /// only the provider's id is news. So it is when an attempt that was given up succeeded.
    pub(super) fn send_outcome(
        &self,
        of: &Directed<()>,
        (message, attempt): (MessageId, i64),
        outcome: SendOutcome,
    ) -> Decision {
        if self.queued == 0 {
            return Err(ConversationRefusal::MessageUnknown);
        }
        let Some(known) = self.outbound(message).filter(|known| known.attempt == attempt) else {
            return Ok(vec![]);
        };
        let at = of.now;
        let open = known.in_flight && known.status == DeliveryStatus::Pending;
        Ok(match outcome {
            SendOutcome::Accepted { provider_message_id: told } => {
                check_provider_id(&told)?;
                if attempt == 0 || (!known.in_flight && known.provider_message_id.is_some()) {
                    return Ok(vec![]);
                }
                let provider_message_id = known.provider_message_id.clone().unwrap_or(told);
                vec![E::MessageAccepted { message, attempt, provider_message_id, at }]
            }
            SendOutcome::Unknown { reason } if open => {
                vec![E::MessageSendUnknown { message, attempt, reason: short(&reason), at }]
            }
            SendOutcome::Rejected { code, title, retryable } if open => {
                vec![E::MessageRejected {
                    message,
                    attempt,
                    code,
                    title: short(&title),
                    // What was redacted meanwhile is not sent another time.
                    retryable: retryable && !self.redacted.contains(&message),
                    at,
                }]
            }
            SendOutcome::Unknown { .. } | SendOutcome::Rejected { .. } => vec![],
        })
    }
}

/// A provider's words, storable and not endless.
fn short(text: &str) -> String {
    crate::text::storable(text).0.chars().take(WORDS_MAX).collect()
}
