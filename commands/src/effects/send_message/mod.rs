//! The kind `message.send`: hands a message to the provider, at most once by the machine.
//!
//! The order of things: look whether it may leave now (channel, tenant, contact, pace), tell the
//! conversation that the attempt begins, make the request, tell the conversation how it ended.
//! The conversation refuses an attempt that is not the newest, and any attempt while an earlier
//! one has begun and not ended; so between "begins" and "ended" there is one request at most.
//! Whatever ends in between is *unknown*: the machine asks, and never sends again. Neither does
//! an operator's retry: an unknown message is not pending. Whoever wants it said again says it
//! again, in a message of its own.

mod job;
mod outcome;
mod pace;
mod prepare;
mod probe;
mod standing;

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, DeliveryStatus, ProviderFault, SEND_EFFECT, SendOutcome,
};

use self::job::{Job, unreadable};
use self::pace::Pace;
use self::probe::Probes;
use self::standing::Standing;
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::ports::Messenger;
use crate::{CommandBus, CommandError};

/// Name of the provider, for breakers and the record.
const PROVIDER: &str = "whatsapp";

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    Arc::new(SendMessage {
        bus: parts.bus.clone(),
        messenger: Arc::clone(&parts.messenger),
        pace: Pace::default(),
        probes: Probes::default(),
    })
}

struct SendMessage {
    bus: CommandBus,
    messenger: Arc<dyn Messenger>,
    pace: Pace,
    probes: Probes,
}

#[async_trait]
impl EffectHandler for SendMessage {
    fn kind(&self) -> &'static str {
        SEND_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        Some(PROVIDER)
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        match Job::of(effect) {
            Ok(job) => self.attempt(&job).await.unwrap_or_else(|verdict| verdict),
            Err(error) => unreadable(&error),
        }
    }

    async fn abandoned(&self, effect: &Claimed) -> Verdict {
        let Ok(job) = Job::of(effect) else { return unreadable("payload") };
        match self.standing(&job).await {
            Ok(Standing::Waiting { .. }) => Verdict::Retry {
                code: "ABANDONED".into(),
                detail: "the worker was lost before the request began".into(),
                after: None,
            },
            Ok(standing) => self.settled(&job, standing).await,
            Err(verdict) => not_known(&verdict),
        }
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        let Ok(job) = Job::of(effect) else { return unreadable("payload") };
        match self.standing(&job).await {
            // An operator may retry without fear.
            Ok(Standing::Waiting { .. }) => Verdict::Failed {
                code: "NEVER_LEFT".into(),
                detail: "the request had not begun; retrying sends it once".into(),
            },
            // A status that ends a message also ends what was not known about it.
            Ok(Standing::Over) => Verdict::Done,
            Ok(standing) => self.settled(&job, standing).await,
            Err(verdict) => not_known(&verdict),
        }
    }

    /// A dead letter waits for an operator, and so does its message. One that was discarded has
    /// failed: that is how an operator ends a message of which no status ever came.
    async fn given_up(
        &self,
        effect: &Claimed,
        _: &str,
        _: &str,
        discarded: bool,
    ) -> Result<(), Untold> {
        let Ok(job) = Job::of(effect) else { return Ok(()) };
        if !discarded {
            return Ok(());
        }
        let fault = ProviderFault { code: 0, title: "DISCARDED".into() };
        let body = ConversationCommand::RecordDeliveryStatus {
            message: job.send.message,
            provider_message_id: None,
            status: DeliveryStatus::Failed,
            at: self.bus.clock().now(),
            pricing: None,
            fault: Some(fault),
        };
        let step = format!("discarded:{}", job.attempt());
        match job.execute::<Conversation>(&self.bus, &step, &job.conversation(), body).await {
            // over meanwhile, or told before (at another time, hence the mismatch)
            Ok(()) | Err(CommandError::Refused(_) | CommandError::IdempotencyMismatch) => Ok(()),
            Err(error) => Err(Untold(error.to_string())),
        }
    }
}

impl SendMessage {
    /// One attempt; `Err` is the verdict on one that did not get as far as the request.
    async fn attempt(&self, job: &Job<'_>) -> Result<Verdict, Verdict> {
        let ready = self.prepare(job).await?;
        self.begin(job, ready.opted_out).await?;
        let answer = match ready.outgoing.clone() {
            Ok(outgoing) => self.messenger.send(outgoing).await,
            Err(refusal) => Err(refusal.into()),
        };
        Ok(self.conclude(job, &ready, answer).await)
    }

    /// Tells the conversation that the attempt begins. `Ok` only when it agreed.
    async fn begin(&self, job: &Job<'_>, opted_out: bool) -> Result<(), Verdict> {
        let (attempt, message) = (job.attempt(), job.send.message);
        let (step, id) = (format!("begin:{attempt}"), job.conversation());
        let body = ConversationCommand::BeginSend { message, attempt, opted_out };
        match job.execute::<Conversation>(&self.bus, &step, &id, body).await {
            // It may have answered that the message must not leave any more.
            Ok(()) => match self.standing(job).await? {
                Standing::InFlight { attempt: begun } if begun == attempt => Ok(()),
                standing @ (Standing::Waiting { .. }
                | Standing::InFlight { .. }
                | Standing::Unknown { .. }
                | Standing::Taken
                | Standing::Over) => Err(self.settled(job, standing).await),
            },
            Err(CommandError::Refused(refusal)) => {
                let (code, detail) = (refusal_code(&refusal), refusal.to_string());
                Err(match self.standing(job).await? {
                    Standing::Over => Verdict::Dropped { code, detail },
                    Standing::Waiting { .. } => Verdict::Failed { code, detail },
                    standing @ (Standing::InFlight { .. }
                    | Standing::Unknown { .. }
                    | Standing::Taken) => self.settled(job, standing).await,
                })
            }
            Err(error) => Err(job::before_the_request(&error)),
        }
    }

    /// The verdict on a message that this attempt must not send. One whose attempt has begun
    /// and not ended becomes unknown in the conversation, too.
    async fn settled(&self, job: &Job<'_>, standing: Standing) -> Verdict {
        match standing {
            Standing::Taken => Verdict::Done,
            Standing::Over => Verdict::Dropped {
                code: "MESSAGE_OVER".into(),
                detail: "the message is final, or may not leave any more".into(),
            },
            Standing::InFlight { attempt } => {
                let outcome = SendOutcome::Unknown { reason: "ABANDONED".into() };
                let step = format!("abandoned:{attempt}");
                if let Err(error) = self.record(job, &step, attempt, outcome).await {
                    tracing::warn!(effect = %job.effect.id, code = error.code(),
                        "an abandoned attempt is not recorded yet; asked again later");
                }
                unknown("ABANDONED")
            }
            Standing::Unknown { .. } => unknown("NO_STATUS_YET"),
            Standing::Waiting { .. } => Verdict::Dropped {
                code: "ATTEMPT_STALE".into(),
                detail: "another worker goes on with it".into(),
            },
        }
    }
}

fn refusal_code(refusal: &impl bitacora_domain::DomainError) -> String {
    refusal.code().to_owned()
}

fn unknown(code: &str) -> Verdict {
    let detail = "the request may have reached the provider; a status tells".into();
    Verdict::Unknown { code: code.into(), detail }
}

/// Where the message stands could not be looked up: nothing may be concluded from that.
fn not_known(verdict: &Verdict) -> Verdict {
    tracing::debug!(?verdict, "an attempt cannot be asked about now");
    unknown("LOG_UNAVAILABLE")
}
