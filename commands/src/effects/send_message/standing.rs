//! Where a message stands, as its conversation has it.

use bitacora_domain::MessageId;
use bitacora_domain::aggregates::conversation::{Conversation, DeliveryStatus};

use super::SendMessage;
use super::job::{Job, load_fault};
use crate::effects::Verdict;

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// No attempt is open; `attempt` is the last one that began, 0 for none.
    Waiting { attempt: i64 },
    /// The attempt has begun and has no outcome.
    InFlight { attempt: i64 },
    /// Nobody knows whether the attempt reached the provider.
    Unknown { attempt: i64 },
    /// The provider has it.
    Taken,
    /// It is final (and may have left the conversation's memory), or there is no such message.
    Over,
}

impl Standing {
    /// Of a message in `conversation`.
    pub(super) fn of(conversation: &Conversation, message: MessageId) -> Self {
        let Some(found) = conversation.outbound(message) else { return Self::Over };
        let attempt = found.attempt;
        match found.status {
            DeliveryStatus::Pending if found.in_flight => Self::InFlight { attempt },
            DeliveryStatus::Pending if found.provider_message_id.is_some() => Self::Taken,
            DeliveryStatus::Pending => Self::Waiting { attempt },
            DeliveryStatus::Unknown => Self::Unknown { attempt },
            DeliveryStatus::Sent
            | DeliveryStatus::Delivered
            | DeliveryStatus::Read
            | DeliveryStatus::Played => Self::Taken,
            DeliveryStatus::Failed => Self::Over,
        }
    }
}

impl SendMessage {
    /// Where the job's message stands now, read from the log.
    pub(super) async fn standing(&self, job: &Job<'_>) -> Result<Standing, Verdict> {
        let loaded = self.bus.load::<Conversation>(job.effect.tenant, &job.conversation()).await;
        let loaded = loaded.map_err(|error| load_fault(&error))?;
        Ok(loaded.map_or(Standing::Over, |(state, _)| Standing::of(&state, job.send.message)))
    }
}
