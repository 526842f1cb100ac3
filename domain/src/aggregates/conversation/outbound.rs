//! Decisions on our own messages: what may leave, and how far it got.

use chrono::{DateTime, Utc};

use super::content::MessageContent;
use super::delivery::{Step, step};
use super::events::{ConversationEvent, DeliveryStatus, Pricing, ProviderFault, Sender};
use super::handle::Decision;
use super::refusal::ConversationRefusal;
use super::state::{Conversation, OutboundMessage};
use crate::{ContactId, Directed, MessageId};

/// Longest text that WhatsApp takes, in characters.
const TEXT_MAX: usize = 4_096;
/// Longest name of a template.
const TEMPLATE_NAME_MAX: usize = 512;
/// Longest language code of a template.
const LANGUAGE_MAX: usize = 20;
/// Most parameters of a template.
const PARAMETERS_MAX: usize = 64;
/// Longest parameter: a template's whole body has at most so many characters.
const PARAMETER_MAX: usize = 1_024;
/// Longest id that a client may give its message.
const CLIENT_ID_MAX: usize = 128;

/// A message to the contact.
pub(super) struct Outbound {
    pub(super) client_message_id: Option<String>,
    pub(super) content: MessageContent,
    pub(super) sender: Sender,
    pub(super) reply_to: Option<MessageId>,
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
    pub(super) fn queue_message(
        &self,
        of: &Directed<()>,
        contact: ContactId,
        outbound: Outbound,
    ) -> Decision {
        self.not_closed()?;
        if let Some(id) = &outbound.client_message_id
            && (id.is_empty() || id.chars().count() > CLIENT_ID_MAX)
        {
            return Err(ConversationRefusal::InvalidClientMessageId);
        }
        match &outbound.content {
            MessageContent::Text { body } => {
                body.reveal()
                    .filter(|text| is_text(text))
                    .ok_or(ConversationRefusal::InvalidText)?;
                if self.window_until.is_none_or(|until| of.now >= until) {
                    return Err(ConversationRefusal::ServiceWindowClosed);
                }
            }
            MessageContent::Template { name, language, parameters } => {
                let fits = |text: &String| text.chars().count() <= PARAMETER_MAX;
                let parameters_fit = parameters.len() <= PARAMETERS_MAX
                    && parameters.iter().all(|value| value.reveal().is_some_and(fits));
                if !is_template_name(name) || !is_language(language) || !parameters_fit {
                    return Err(ConversationRefusal::InvalidTemplate);
                }
            }
            MessageContent::Image { .. }
            | MessageContent::Document { .. }
            | MessageContent::Audio { .. }
            | MessageContent::Video { .. }
            | MessageContent::Location { .. }
            | MessageContent::Contact { .. }
            | MessageContent::Interactive { .. }
            | MessageContent::Order { .. }
            | MessageContent::System { .. }
            | MessageContent::Unsupported { .. } => {
                return Err(ConversationRefusal::UnsupportedContent);
            }
        }
        Ok(vec![ConversationEvent::MessageQueued {
            message: MessageId::new(of.new_id(0)),
            contact,
            client_message_id: outbound.client_message_id,
            content: outbound.content,
            sender: outbound.sender,
            author: of.actor.clone(),
            reply_to: outbound.reply_to,
            queued_at: of.now,
        }])
    }

    /// A message that is not in the state is final, or was pushed out by newer ones: its
    /// statuses are no news. Only where no message was ever queued can it be called unknown.
    pub(super) fn delivery_status(&self, message: MessageId, report: Report) -> Decision {
        if self.queued == 0 {
            return Err(ConversationRefusal::MessageUnknown);
        }
        let Some(known) = self.outbound(message) else { return Ok(vec![]) };
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
            Step::Anomaly | Step::Nothing => vec![],
        })
    }
}

/// The event of an advance. The provider's id is the one that was bound first.
fn advanced(known: &OutboundMessage, report: Report) -> Option<ConversationEvent> {
    use ConversationEvent as E;
    let Report { provider_message_id: told, status, at, pricing, fault } = report;
    let (message, from) = (known.id, known.status);
    let provider_message_id = known.provider_message_id.clone().or(told);
    match status {
        DeliveryStatus::Pending => None, // nothing advances to it
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

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= TEXT_MAX
}

fn is_template_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.len() <= TEMPLATE_NAME_MAX && name.bytes().all(allowed)
}

fn is_language(code: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (2..=LANGUAGE_MAX).contains(&code.len()) && code.bytes().all(allowed)
}
