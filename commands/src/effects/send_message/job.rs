//! An effect with its payload read, and the commands that come of it.

use bitacora_domain::aggregates::conversation::{ConversationRefusal, SendEffect};
use bitacora_domain::{Actor, CommandId, DomainAggregate, DomainError};
use serde::Deserialize as _;

use crate::bus::LoadError;
use crate::effects::{Claimed, Verdict};
use crate::ports::LogError;
use crate::{CommandBus, CommandError, Envelope};

/// Why a command to the conversation was not accepted.
pub(super) type ConversationError = CommandError<ConversationRefusal>;

/// An effect with its payload.
pub(super) struct Job<'a> {
    pub(super) effect: &'a Claimed,
    pub(super) send: SendEffect,
}

impl<'a> Job<'a> {
    /// Reads the payload; the error holds nothing of it.
    pub(super) fn of(effect: &'a Claimed) -> Result<Self, String> {
        let send = SendEffect::deserialize(&effect.payload)
            .map_err(|error| format!("{:?} at column {}", error.classify(), error.column()))?;
        Ok(Self { effect, send })
    }

    pub(super) fn attempt(&self) -> i64 {
        i64::from(self.effect.attempt)
    }

    pub(super) fn conversation(&self) -> String {
        self.send.conversation.to_string()
    }

    /// Gives a command whose id follows from the effect and `step`.
    pub(super) async fn execute<A: DomainAggregate>(
        &self,
        bus: &CommandBus,
        step: &str,
        aggregate_id: &str,
        body: A::Body,
    ) -> Result<(), CommandError<A::Refusal>> {
        let fingerprint =
            bus.key().fingerprint(&body).map_err(|error| LogError::Rejected(error.to_string()))?;
        let command = CommandId::new(self.effect.id).step(step);
        let envelope = Envelope {
            correlation_id: self.effect.correlation_id,
            causation_id: self.effect.event_id.as_uuid(),
            traceparent: self.effect.traceparent.clone(),
            ..Envelope::new(
                self.effect.tenant,
                Actor::system("messenger"),
                command,
                fingerprint,
                bus.clock().now(),
            )
        };
        bus.execute::<A>(envelope, aggregate_id, body).await.map(drop)
    }
}

/// The payload is not what this version reads: an operator looks at it.
pub(super) fn unreadable(detail: &str) -> Verdict {
    Verdict::Failed { code: "EFFECT_UNREADABLE".into(), detail: detail.into() }
}

/// Something could not be loaded, before any request.
pub(super) fn load_fault(error: &LoadError) -> Verdict {
    let detail = error.to_string();
    match error {
        LoadError::Log(_) => retry("LOG_UNAVAILABLE", detail),
        LoadError::Unreadable(_) => Verdict::Failed { code: "STREAM_UNREADABLE".into(), detail },
    }
}

/// A command failed before the request. Should it have been written after all, the next attempt
/// finds it.
pub(super) fn before_the_request<E: DomainError>(error: &CommandError<E>) -> Verdict {
    let (code, detail) = (error.code(), error.to_string());
    if error.retryable() {
        retry(code, detail)
    } else {
        Verdict::Failed { code: code.into(), detail }
    }
}

pub(super) fn retry(code: &str, detail: String) -> Verdict {
    Verdict::Retry { code: code.into(), detail, after: None }
}
