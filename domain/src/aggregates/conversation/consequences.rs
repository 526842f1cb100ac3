//! What the log needs to know of an event: the unique keys that it takes, and what is to be done
//! outside or later because of it.

use chrono::{DateTime, Utc};

use super::commands::ConversationCommand as C;
use super::content::MessageContent;
use super::events::ConversationEvent as E;
use super::sending::{SEND_EFFECT, SendEffect};
use super::state::{Conversation, Start};
use crate::aggregates::contact::{Contact, ContactCommand, OptOutCategory};
use crate::{Claim, Effect, MessageId};

/// Kind of the claim that keeps one open conversation per contact and channel account.
const OPEN_CLAIM: &str = "conversation.open";
/// Kind of the claim on a provider's message id; its owner text is
/// `<conversation uuid>/<message uuid>`.
const PROVIDER_MESSAGE_CLAIM: &str = "message.provider";

impl Conversation {
    /// A contact and account have one open conversation; a provider's id has one message. A
    /// status claims its provider's id again each time: taking what one owns is no change, and
    /// whichever told the id first has taken it.
    pub(super) fn claims_of(&self, event: &E) -> Vec<Claim> {
        let Some(start) = &self.start else { return Vec::new() };
        let owner = start.conversation;
        let open = || format!("{}|{}", start.contact, start.channel);
        let provider = |id: &str, message: &MessageId| {
            vec![Claim::take(PROVIDER_MESSAGE_CLAIM, id, format!("{owner}/{message}"))]
        };
        match event {
            E::ConversationStarted { .. } => vec![Claim::take(OPEN_CLAIM, open(), owner)],
            E::ConversationClosed { .. } | E::ConversationMerged { .. } => {
                vec![Claim::release(OPEN_CLAIM, open(), owner)]
            }
            E::MessageReceived { message, provider_message_id: id, .. }
            | E::AgentEchoRecorded { message, provider_message_id: id, .. }
            | E::MessageAccepted { message, provider_message_id: id, .. } => provider(id, message),
            E::MessageSent { message, provider_message_id, .. }
            | E::MessageDelivered { message, provider_message_id, .. }
            | E::MessageRead { message, provider_message_id, .. }
            | E::MessagePlayed { message, provider_message_id, .. }
            | E::MessageFailed { message, provider_message_id, .. } => {
                provider_message_id.as_deref().map_or_else(Vec::new, |id| provider(id, message))
            }
            E::ServiceWindowOpened { .. }
            | E::ReactionChanged { .. }
            | E::MessageEdited { .. }
            | E::MessageRevoked { .. }
            | E::AudioTranscribed { .. }
            | E::AudioTranscriptionFailed { .. }
            | E::AutoReplyMatched { .. }
            | E::MessageTriaged { .. }
            | E::AutopilotApproved { .. }
            | E::ApprovalRequired { .. }
            | E::DataRequested { .. }
            | E::TicketRequested { .. }
            | E::ActionsProposed { .. }
            | E::ActionApproved { .. }
            | E::ActionRejected { .. }
            | E::ReplySuggested { .. }
            | E::SuggestionApproved { .. }
            | E::SuggestionRejected { .. }
            | E::SuggestionSuperseded { .. }
            | E::SuggestionExpired { .. }
            | E::MessageQueued { .. }
            | E::MessageSendAttempted { .. }
            | E::MessageSendUnknown { .. }
            | E::MessageRejected { .. }
            | E::MessageScheduled { .. }
            | E::ScheduledMessageCancelled { .. }
            | E::ScheduledMessageReleased { .. }
            | E::ScheduledMessageSkipped { .. }
            | E::MessageStepDated { .. }
            | E::MessageStatusAnomalyRecorded { .. }
            | E::HandoffRequested { .. }
            | E::HandoffAccepted { .. }
            | E::HandoffExtended { .. }
            | E::HandoffTimedOut { .. }
            | E::HandoffEnded { .. }
            | E::AiPaused { .. }
            | E::AiResumed { .. }
            | E::OptOutRecorded { .. }
            | E::OptInRecorded { .. }
            | E::NoteAdded { .. }
            | E::LabelAdded { .. }
            | E::LabelRemoved { .. }
            | E::ConversationAssigned { .. }
            | E::ConversationUnassigned { .. }
            | E::PriorityChanged { .. }
            | E::MacroApplied { .. }
            | E::ConversationSnoozed { .. }
            | E::ConversationUnsnoozed { .. }
            | E::SurveyRequested { .. }
            | E::SurveyAnswered { .. }
            | E::EntityLinked { .. }
            | E::MergeRecorded { .. }
            | E::MessageRedacted { .. }
            | E::ConversationResolved { .. }
            | E::ConversationReopened { .. }
            | E::ConversationArchived { .. }
            | E::ConversationReadByAgent { .. } => Vec::new(),
        }
    }

    /// Timers are commands to the conversation itself. They are never taken back: when one
    /// comes, the conversation decides whether it still means anything.
    pub(super) fn effects_of(&self, event: &E) -> Vec<Effect> {
        let Some(start) = &self.start else { return Vec::new() };
        let at = |due: DateTime<Utc>, body: &C| vec![timer(start, body, due)];
        match event {
            E::MessageQueued { message, content, reply_to, .. } => {
                self.send_effect(start, *message, content, *reply_to).into_iter().collect()
            }
            E::MessageScheduled { scheduled, send_at, .. } => {
                at(*send_at, &C::ReleaseScheduledMessage { scheduled: *scheduled })
            }
            E::ReplySuggested { suggestion, expires_at, .. } => {
                at(*expires_at, &C::ExpireSuggestion { suggestion: *suggestion })
            }
            E::HandoffRequested { handoff, expires_at, .. } => {
                at(*expires_at, &C::TimeOutHandoff { handoff: *handoff })
            }
            E::HandoffAccepted { handoff, lease_until, .. }
            | E::HandoffExtended { handoff, lease_until } => {
                at(*lease_until, &C::CheckHandoffLease { handoff: *handoff })
            }
            E::ConversationSnoozed { snooze, until, .. } => {
                until.map_or_else(Vec::new, |until| at(until, &C::WakeUp { snooze: *snooze }))
            }
            E::ConversationMerged { target, .. } => {
                let body = C::RecordMerge { source: start.conversation };
                vec![Effect::command::<Self>(target, &body, None)]
            }
            E::OptOutRecorded { contact, by, at } => {
                let category = OptOutCategory::All;
                let body = ContactCommand::OptOut { category, by: by.clone(), at: *at };
                vec![Effect::command::<Contact>(contact, &body, None)]
            }
            E::OptInRecorded { contact, by, at } => {
                let category = OptOutCategory::All;
                let body = ContactCommand::OptIn { category, by: by.clone(), at: *at };
                vec![Effect::command::<Contact>(contact, &body, None)]
            }
            E::ConversationStarted { .. }
            | E::MessageReceived { .. }
            | E::ServiceWindowOpened { .. }
            | E::AgentEchoRecorded { .. }
            | E::ReactionChanged { .. }
            | E::MessageEdited { .. }
            | E::MessageRevoked { .. }
            | E::AudioTranscribed { .. }
            | E::AudioTranscriptionFailed { .. }
            | E::AutoReplyMatched { .. }
            | E::MessageTriaged { .. }
            | E::AutopilotApproved { .. }
            | E::ApprovalRequired { .. }
            | E::DataRequested { .. }
            | E::TicketRequested { .. }
            | E::ActionsProposed { .. }
            | E::ActionApproved { .. }
            | E::ActionRejected { .. }
            | E::SuggestionApproved { .. }
            | E::SuggestionRejected { .. }
            | E::SuggestionSuperseded { .. }
            | E::SuggestionExpired { .. }
            | E::MessageSendAttempted { .. }
            | E::MessageAccepted { .. }
            | E::MessageSendUnknown { .. }
            | E::MessageRejected { .. }
            | E::ScheduledMessageCancelled { .. }
            | E::ScheduledMessageReleased { .. }
            | E::ScheduledMessageSkipped { .. }
            | E::MessageSent { .. }
            | E::MessageDelivered { .. }
            | E::MessageRead { .. }
            | E::MessagePlayed { .. }
            | E::MessageFailed { .. }
            | E::MessageStepDated { .. }
            | E::MessageStatusAnomalyRecorded { .. }
            | E::HandoffTimedOut { .. }
            | E::HandoffEnded { .. }
            | E::AiPaused { .. }
            | E::AiResumed { .. }
            | E::NoteAdded { .. }
            | E::LabelAdded { .. }
            | E::LabelRemoved { .. }
            | E::ConversationAssigned { .. }
            | E::ConversationUnassigned { .. }
            | E::PriorityChanged { .. }
            | E::MacroApplied { .. }
            | E::ConversationUnsnoozed { .. }
            | E::SurveyRequested { .. }
            | E::SurveyAnswered { .. }
            | E::EntityLinked { .. }
            | E::MergeRecorded { .. }
            | E::MessageRedacted { .. }
            | E::ConversationResolved { .. }
            | E::ConversationReopened { .. }
            | E::ConversationClosed { .. }
            | E::ConversationArchived { .. }
            | E::ConversationReadByAgent { .. } => Vec::new(),
        }
    }

    /// Messages of one conversation leave one after the other.
    fn send_effect(
        &self,
        start: &Start,
        message: MessageId,
        content: &MessageContent,
        reply_to: Option<MessageId>,
    ) -> Option<Effect> {
        let payload = SendEffect {
            conversation: start.conversation,
            contact: start.contact,
            channel: start.channel,
            message,
            content: content.clone(),
            reply_to: reply_to.and_then(|message| self.provider_id_of(message)),
        };
        // It is plain data: it has a JSON form.
        let payload = serde_json::to_value(payload).ok()?;
        let serial = Some(start.conversation.to_string());
        Some(Effect { kind: SEND_EFFECT, serial, due: None, payload })
    }

    /// The provider's id of a message, if it is remembered.
    fn provider_id_of(&self, message: MessageId) -> Option<String> {
        let recent = self.recent.iter().find(|fact| fact.message == Some(message));
        let recent = recent.map(|fact| fact.provider_message_id.clone());
        recent.or_else(|| self.outbound(message)?.provider_message_id.clone())
    }
}

fn timer(start: &Start, body: &C, due: DateTime<Utc>) -> Effect {
    Effect::command::<Conversation>(start.conversation, body, Some(due))
}
