//! The kind `command`: gives a stored command to an aggregate. A timer when it has a due time,
//! else a reaction. When its time comes, the aggregate decides whether it still means anything.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::{
    Actor, AggregateVisitor, COMMAND_EFFECT, CommandId, DomainAggregate, aggregates,
};
use serde::Deserialize;
use serde_json::Value;

use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::{CommandBus, CommandError, Envelope, OutboundError};

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    over(parts.bus.clone())
}

/// The handler alone; it needs nothing but the bus.
pub fn over(bus: CommandBus) -> Arc<dyn EffectHandler> {
    Arc::new(Command { bus })
}

struct Command {
    bus: CommandBus,
}

/// What [`bitacora_domain::Effect::command`] wrote, and what a reactor adds to it.
#[derive(Deserialize)]
struct Stored {
    aggregate_type: String,
    aggregate_id: String,
    body: Value,
    /// The reactor that gives it.
    by: Option<String>,
    /// A refusal is a dead letter: somebody has to look.
    #[serde(default)]
    must: bool,
}

#[async_trait]
impl EffectHandler for Command {
    fn kind(&self) -> &'static str {
        COMMAND_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        None
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let stored = match Stored::deserialize(&effect.payload) {
            Ok(stored) => stored,
            Err(error) => return unreadable(&error.to_string()),
        };
        let envelope = match self.envelope(effect, stored.by.as_deref().unwrap_or("timer")) {
            Ok(envelope) => envelope,
            Err(verdict) => return verdict,
        };
        let execute = Execute {
            bus: &self.bus,
            envelope,
            aggregate_id: &stored.aggregate_id,
            body: stored.body,
            must: stored.must,
        };
        match aggregates::dispatch(&stored.aggregate_type, execute) {
            Some(executed) => executed.await,
            None => unreadable(&format!("no aggregate is called {}", stored.aggregate_type)),
        }
    }

    /// The command's id is the effect's, so doing it again changes nothing.
    async fn abandoned(&self, _: &Claimed) -> Verdict {
        let (code, detail) = ("ABANDONED".into(), "the worker was lost".into());
        Verdict::Retry { code, detail, after: None }
    }

    /// Only an attempt that could not even be asked about is unknown; a retry is harmless.
    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    async fn given_up(&self, _: &Claimed, _: &str, _: &str, _: bool) -> Result<(), Untold> {
        Ok(())
    }
}

impl Command {
    fn envelope(&self, effect: &Claimed, by: &str) -> Result<Envelope, Verdict> {
        let fingerprint = self.bus.key().fingerprint(&effect.payload);
        let fingerprint = fingerprint.map_err(|error| unreadable(&error.to_string()))?;
        let command = CommandId::new(effect.id);
        // A clock that was set back since the claim must not make the timer come too early: the
        // aggregate would have nothing to do, and it never comes again.
        let now = self.bus.clock().now().max(effect.due_at);
        let actor = Actor::system(by);
        Ok(Envelope {
            correlation_id: effect.correlation_id,
            causation_id: effect.event_id.as_uuid(),
            traceparent: effect.traceparent.clone(),
            ..Envelope::new(effect.tenant, actor, command, fingerprint, now)
        })
    }
}

/// Executes a body on the aggregate that it is visited with.
struct Execute<'a> {
    bus: &'a CommandBus,
    envelope: Envelope,
    aggregate_id: &'a str,
    body: Value,
    must: bool,
}

impl<'a> AggregateVisitor for Execute<'a> {
    type Output = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

    fn visit<A: DomainAggregate>(self) -> Self::Output {
        Box::pin(async move {
            let body = match serde_json::from_value::<A::Body>(self.body) {
                Ok(body) => body,
                Err(error) => return unreadable(&error.to_string()),
            };
            let Envelope { tenant, command_id, .. } = self.envelope;
            if A::is_outbound(&body)
                && let Err(error) = self.bus.require_outbound(tenant, command_id).await
            {
                return held_back(&error);
            }
            let outcome = self.bus.execute::<A>(self.envelope, self.aggregate_id, body).await;
            outcome.map_or_else(|error| verdict(&error, self.must), |_| Verdict::Done)
        })
    }
}

/// A refusal is an answer: the aggregate has moved on, and the timer means nothing any more. What
/// must be done, such as giving credits that were paid for, is for somebody to look at.
fn verdict<E: bitacora_domain::DomainError>(error: &CommandError<E>, must: bool) -> Verdict {
    let (code, detail) = (error.code().to_owned(), error.to_string());
    match error {
        CommandError::Refused(_) if must => Verdict::Failed { code, detail },
        CommandError::Refused(_) => Verdict::Dropped { code, detail },
        CommandError::Contention | CommandError::Log(_) | CommandError::LimitReached { .. } => {
            Verdict::Retry { code, detail, after: None }
        }
        CommandError::VersionConflict { .. }
        | CommandError::Reserved { .. }
        | CommandError::IdempotencyMismatch
        | CommandError::ForeignStream
        | CommandError::Unreadable(_) => Verdict::Failed { code, detail },
    }
}

/// What a suspended tenant was to send waits for an operator: the suspension may last, and the
/// aggregate knows nothing of it.
fn held_back(error: &OutboundError) -> Verdict {
    let (code, detail) = (error.code().to_owned(), error.to_string());
    if error.is_refusal() {
        Verdict::Failed { code, detail }
    } else {
        Verdict::Retry { code, detail, after: None }
    }
}

fn unreadable(detail: &str) -> Verdict {
    Verdict::Failed { code: "EFFECT_UNREADABLE".into(), detail: detail.into() }
}
