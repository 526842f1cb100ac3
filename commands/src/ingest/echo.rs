//! What the business itself sent over a provider, repeated by it.

use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, ConversationEvent, DeliveryStatus, MessageContent,
};
use bitacora_domain::recorded::decode_payload;
use bitacora_domain::{ContactId, ConversationId, DomainAggregate, MessageId, StreamId};
use chrono::TimeDelta;
use cqrs_es::Aggregate as _;

use super::failure::Failure;
use super::job::Job;
use super::router::{Router, Verdict, content, waits_for_message};
use crate::sources::Person;

/// For how long a message of ours is looked for among what a provider repeats.
const REPEATED_WITHIN: TimeDelta = TimeDelta::minutes(15);

impl Router {
    /// The business wrote, over the provider's own app or bot: recorded as the team's. A provider
    /// that repeats our own messages without their ids tells with it that they were sent.
    pub(super) async fn echo(
        &self,
        job: &Job<'_>,
        to: &Person,
        (id, may_be_ours): (&str, bool),
    ) -> Result<Verdict, Failure> {
        let contact = self.contact(job, to).await?;
        let content = content(job, contact);
        let provider_message_id = id.to_owned();
        let ours = if may_be_ours { self.ours(job, contact, &content).await? } else { None };
        if let Some((conversation, message)) = ours {
            let command = ConversationCommand::RecordDeliveryStatus {
                message,
                provider_message_id: Some(provider_message_id),
                status: DeliveryStatus::Sent,
                at: job.at(),
                pricing: None,
                fault: None,
            };
            let conversation = conversation.to_string();
            self.bus.execute::<Conversation>(job.envelope(), &conversation, command).await?;
        } else {
            let sent_at = job.at();
            let command =
                ConversationCommand::RecordAgentEcho { provider_message_id, content, sent_at };
            self.in_open_conversation(job, contact, false, command).await?;
        }
        Ok(Verdict::Done { releases: vec![waits_for_message(id)] })
    }

    /// The first of our messages with these words that left lately and that no provider has
    /// called anything yet.
    async fn ours(
        &self,
        job: &Job<'_>,
        contact: ContactId,
        content: &MessageContent,
    ) -> Result<Option<(ConversationId, MessageId)>, Failure> {
        let Some(words) = words(content) else { return Ok(None) };
        // done before: it must not look like another one
        self.not_done_before(job).await?;
        let Some(open) = self.open_conversation(job, contact).await? else { return Ok(None) };
        let loaded = self.bus.load::<Conversation>(job.tenant, &open.to_string()).await?;
        let Some((conversation, _)) = loaded else { return Ok(None) };
        if !conversation.followed().any(|message| message.provider_message_id.is_none()) {
            return Ok(None);
        }
        let stream = StreamId::new(Conversation::TYPE, open);
        let schema = Conversation::STATE_SCHEMA;
        let stored = self.bus.log().load(job.tenant, &stream, schema, false).await?;
        for event in stored.into_iter().flat_map(|stored| stored.events) {
            if event.event_type != "MessageQueued" {
                continue;
            }
            let payload = event.payload;
            let event =
                decode_payload::<Conversation>(&event.event_type, &event.event_version, payload)
                    .map_err(|_| Failure::Stuck("STREAM_UNREADABLE"))?;
            let ConversationEvent::MessageQueued { message, content, queued_at, .. } = event else {
                continue;
            };
            let unnamed = conversation
                .outbound(message)
                .is_some_and(|known| known.provider_message_id.is_none());
            let lately = (job.delivery().received_at - queued_at).abs() <= REPEATED_WITHIN;
            if unnamed && lately && self::words(&content).as_ref() == Some(&words) {
                return Ok(Some((open, message)));
            }
        }
        Ok(None)
    }
}

/// The words as a provider repeats them.
fn words(content: &MessageContent) -> Option<String> {
    let words = content.text()?.reveal()?.trim();
    (!words.is_empty()).then(|| words.to_owned())
}
