//! Decisions on our own messages: what may leave, and how far it got.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::content::MessageContent;
use super::delivery::{Step, step};
use super::events::ConversationEvent;
use super::handle::Decision;
use super::limits;
use super::refusal::ConversationRefusal;
use super::state::{Conversation, OutboundMessage, Untold};
use super::vocabulary::{DeliveryStatus, Pricing, ProviderFault, Response, Sender};
use crate::{Actor, Directed, MessageId};

/// Longest id that a client may give its message.
const CLIENT_ID_MAX: usize = 128;

/// A message to the contact.
pub(super) struct Outbound {
    pub(super) client_message_id: Option<String>,
    pub(super) content: MessageContent,
    pub(super) sender: Sender,
    /// Whose message it is, when not that of whoever gives the command.
    pub(super) author: Option<Actor>,
    pub(super) reply_to: Option<MessageId>,
}

impl Outbound {
    pub(super) const fn new(content: MessageContent, sender: Sender) -> Self {
        Self { client_message_id: None, content, sender, author: None, reply_to: None }
    }
}

/// What the provider says about a message of ours.
pub(super) struct Report {
    pub(super) provider_message_id: Option<String>,
    pub(super) status: DeliveryStatus,
    pub(super) at: DateTime<Utc>,
    pub(super) pricing: Option<Pricing>,
    pub(super) fault: Option<ProviderFault>,
}

impl Conversation {
    pub(super) fn send(&self, of: &Directed<()>, outbound: Outbound) -> Decision {
        check_client_id(outbound.client_message_id.as_deref())?;
        limits::check(&outbound.content)?;
        Ok(self.queued(of, outbound))
    }

    /// A rule's answer to a message.
    pub(super) fn auto_reply(
        &self,
        of: &Directed<()>,
        (rule, rule_version): (Uuid, i64),
        message: MessageId,
        reply: MessageContent,
    ) -> Decision {
        limits::check(&reply)?;
        if !self.heard(message) {
            return Err(ConversationRefusal::MessageUnknown);
        }
        let at = of.now;
        let matched = ConversationEvent::AutoReplyMatched { rule, rule_version, message, at };
        let queued = self.queued(of, Outbound::new(reply, Sender::AutoReply));
        Ok(std::iter::once(matched).chain(queued).collect())
    }

    /// The message, and the end of a pending suggestion if it answers the contact.
    pub(super) fn queued(&self, of: &Directed<()>, outbound: Outbound) -> Vec<ConversationEvent> {
        let superseded = if answers(outbound.sender) { self.superseded(of) } else { None };
        std::iter::once(self.message(of, outbound)).chain(superseded).collect()
    }

    /// The message alone. Its id is the first that the command makes.
    pub(super) fn message(&self, of: &Directed<()>, outbound: Outbound) -> ConversationEvent {
        let Outbound { client_message_id, content, sender, author, reply_to } = outbound;
        let response = self.waiting_since.filter(|_| answers(sender)).map(|since| Response {
            waited_ms: (of.now - since).num_milliseconds().max(0),
            first: !self.answered,
        });
        ConversationEvent::MessageQueued {
            message: MessageId::new(of.new_id(0)),
            // Only a conversation that was started comes here.
            contact: self.contact().unwrap_or(crate::ContactId::new(Uuid::nil())),
            client_message_id,
            content,
            sender,
            author: author.unwrap_or_else(|| of.actor.clone()),
            reply_to,
            queued_at: of.now,
            response,
        }
    }

    /// A message that is not in the state is final, or was pushed out by newer ones: its
    /// statuses are no news, but for steps that are still [untold](Untold). Only where no message
    /// was ever queued can it be called unknown.
    pub(super) fn delivery_status(&self, message: MessageId, report: Report) -> Decision {
        if self.queued == 0 {
            return Err(ConversationRefusal::MessageUnknown);
        }
        let dated = || self.dated(message, &report).into_iter().collect();
        let Some(known) = self.outbound(message) else { return Ok(dated()) };
        Ok(match step(known.status, report.status) {
            Step::Advance => advanced(known, report).into_iter().collect(),
            Step::Anomaly if !known.anomaly => {
                vec![ConversationEvent::MessageStatusAnomalyRecorded {
                    message,
                    status: report.status,
                    current: known.status,
                    at: report.at,
                    fault: report.fault,
                }]
            }
            Step::Anomaly => vec![],
            Step::Nothing => dated(),
        })
    }

    /// The time of a step that nobody had told when the message went past it.
    fn dated(&self, message: MessageId, report: &Report) -> Option<ConversationEvent> {
        let (step, at, pricing) = (report.status, report.at, report.pricing.clone());
        let news = self.untold.contains(&Untold { message, step });
        news.then_some(ConversationEvent::MessageStepDated { message, step, at, pricing })
    }
}

/// The event of an advance. The provider's id is the one that was bound first.
fn advanced(known: &OutboundMessage, report: Report) -> Option<ConversationEvent> {
    use ConversationEvent as E;
    let Report { provider_message_id: told, status, at, pricing, fault } = report;
    let (message, from) = (known.id, known.status);
    let provider_message_id = known.provider_message_id.clone().or(told);
    match status {
        DeliveryStatus::Pending | DeliveryStatus::Unknown => None, // nothing advances to it
        DeliveryStatus::Sent => {
            Some(E::MessageSent { message, provider_message_id, from, at, pricing })
        }
        DeliveryStatus::Delivered => {
            Some(E::MessageDelivered { message, provider_message_id, from, at, pricing })
        }
        DeliveryStatus::Read => {
            Some(E::MessageRead { message, provider_message_id, from, at, pricing })
        }
        DeliveryStatus::Played => {
            Some(E::MessagePlayed { message, provider_message_id, from, at, pricing })
        }
        DeliveryStatus::Failed => {
            Some(E::MessageFailed { message, provider_message_id, from, at, fault })
        }
    }
}

/// Does a message of `sender` answer the contact? Notices, surveys and campaigns do not.
pub(super) const fn answers(sender: Sender) -> bool {
    match sender {
        Sender::Agent | Sender::Ai | Sender::AutoReply => true,
        Sender::System | Sender::Campaign => false,
    }
}

pub(super) fn check_client_id(id: Option<&str>) -> Result<(), ConversationRefusal> {
    match id {
        Some(id) if !limits::fits(id, 1, CLIENT_ID_MAX) => {
            Err(ConversationRefusal::InvalidClientMessageId)
        }
        Some(_) | None => Ok(()),
    }
}
