//! Commands that come of an effect, and verdicts on what came of them: what handlers that give
//! commands to aggregates have in common.
#![allow(clippy::needless_pass_by_value)] // an id is as good as a text, by value or not

use bitacora_domain::{Actor, CommandId, DomainAggregate, DomainError};

use super::{Claimed, Verdict};
use crate::bus::LoadError;
use crate::ports::LogError;
use crate::{CommandBus, CommandError, Envelope, Receipt};

/// Gives commands in the name of one effect.
pub(super) struct Giving<'a> {
    pub(super) bus: &'a CommandBus,
    pub(super) effect: &'a Claimed,
    pub(super) actor: Actor,
}

impl Giving<'_> {
    /// The envelope of a command whose id follows from the effect and `step`. What is asked is
    /// the effect itself: a repetition is the same request, whatever was looked up for it.
    pub(super) fn envelope(&self, step: &str) -> Result<Envelope, LogError> {
        let fingerprint = self.bus.key().fingerprint(&self.effect.payload);
        let fingerprint = fingerprint.map_err(|error| LogError::Rejected(error.to_string()))?;
        let command = CommandId::new(self.effect.id).step(step);
        let now = self.bus.clock().now();
        Ok(Envelope {
            correlation_id: self.effect.correlation_id,
            causation_id: self.effect.event_id.as_uuid(),
            traceparent: self.effect.traceparent.clone(),
            ..Envelope::new(self.effect.tenant, self.actor.clone(), command, fingerprint, now)
        })
    }

    pub(super) async fn give<A: DomainAggregate>(
        &self,
        step: &str,
        id: impl ToString,
        body: A::Body,
    ) -> Result<Receipt, CommandError<A::Refusal>> {
        self.bus.execute::<A>(self.envelope(step)?, &id.to_string(), body).await
    }

    /// The state of an aggregate; `None` when there is none.
    pub(super) async fn load<A: DomainAggregate>(
        &self,
        id: impl ToString,
    ) -> Result<Option<A>, Verdict> {
        let loaded = self.bus.load::<A>(self.effect.tenant, &id.to_string()).await;
        Ok(loaded.map_err(|error| load_fault(&error))?.map(|(state, _)| state))
    }
}

/// The payload is not what this version reads: an operator looks at it.
pub(super) fn unreadable() -> Verdict {
    failed("EFFECT_UNREADABLE", "payload")
}

pub(super) fn load_fault(error: &LoadError) -> Verdict {
    match error {
        LoadError::Log(_) => retry("LOG_UNAVAILABLE", error),
        LoadError::Unreadable(_) => failed("STREAM_UNREADABLE", error),
    }
}

/// What a command that was not accepted means for the effect: what can pass is tried again, a
/// refusal says that the aggregate has moved on.
pub(super) fn not_given<E: DomainError>(error: &CommandError<E>) -> Verdict {
    let code = error.code();
    if error.retryable() {
        return retry(code, error);
    }
    match error {
        CommandError::Refused(_) => dropped(code, error),
        CommandError::LimitReached { .. } => retry(code, error),
        CommandError::VersionConflict { .. }
        | CommandError::Reserved { .. }
        | CommandError::IdempotencyMismatch
        | CommandError::ForeignStream
        | CommandError::Unreadable(_)
        | CommandError::Contention
        | CommandError::Log(_) => failed(code, error),
    }
}

pub(super) fn retry(code: &str, detail: impl ToString) -> Verdict {
    Verdict::Retry { code: code.into(), detail: detail.to_string(), after: None }
}

pub(super) fn dropped(code: &str, detail: impl ToString) -> Verdict {
    Verdict::Dropped { code: code.into(), detail: detail.to_string() }
}

pub(super) fn failed(code: &str, detail: impl ToString) -> Verdict {
    Verdict::Failed { code: code.into(), detail: detail.to_string() }
}
