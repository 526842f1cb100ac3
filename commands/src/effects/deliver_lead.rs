//! The kind `lead.deliver`: tells one target of a lead. The delivery is told first that an attempt
//! begins, and allows one at a time. The target knows a notice by its id, so that one whose end
//! nobody knows may be made again, as often as the delivery allows; the last of them stays
//! unknown, because somebody may have the lead. It ends in `ConfirmTarget`, `FailTarget` or
//! `RecordTargetUnknown`.

mod notice;

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::Actor;
use bitacora_domain::aggregates::delivery::{
    DELIVER_EFFECT, DeliverEffect, Delivery, DeliveryCommand, TargetKind, TargetStatus,
};
use serde::Deserialize as _;

use super::giving::{Giving, not_given, retry, unreadable};
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::ports::{DeliveryTargets, LeadReceiver, NoticeFault, TargetRow};
use crate::{CommandBus, CommandError};

/// Whose breaker guards it: the tenant's own systems.
const PROVIDER: &str = "lead_targets";
/// Longest reason of a failed attempt, in characters.
const REASON_MAX: usize = 500;

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    Arc::new(DeliverLead {
        bus: parts.bus.clone(),
        targets: Arc::clone(&parts.leads.targets),
        receiver: Arc::clone(&parts.leads.receiver),
    })
}

struct DeliverLead {
    bus: CommandBus,
    targets: Arc<dyn DeliveryTargets>,
    receiver: Arc<dyn LeadReceiver>,
}

#[async_trait]
impl EffectHandler for DeliverLead {
    fn kind(&self) -> &'static str {
        DELIVER_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        Some(PROVIDER)
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let Ok(job) = DeliverEffect::deserialize(&effect.payload) else { return unreadable() };
        self.attempt(&self.giving(effect), &job).await.unwrap_or_else(|verdict| verdict)
    }

    async fn abandoned(&self, effect: &Claimed) -> Verdict {
        let Ok(job) = DeliverEffect::deserialize(&effect.payload) else { return unreadable() };
        let settled = self.settle(&self.giving(effect), &job).await;
        settled.unwrap_or_else(|verdict| unknown(&verdict))
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.abandoned(effect).await
    }

    /// Without this attempt the delivery would wait for ever: it is given up, and a person may
    /// have it tried again.
    async fn given_up(
        &self,
        effect: &Claimed,
        code: &str,
        _: &str,
        discarded: bool,
    ) -> Result<(), Untold> {
        let Ok(job) = DeliverEffect::deserialize(&effect.payload) else { return Ok(()) };
        let reason = if discarded { "DISCARDED".to_owned() } else { code.to_owned() };
        let body = DeliveryCommand::DeadLetter { reason, withdrawn: false };
        let step = format!("given-up:{}", effect.attempt);
        match self.giving(effect).give::<Delivery>(&step, job.delivery, body).await {
            Ok(_) | Err(CommandError::Refused(_)) => Ok(()),
            Err(error) => Err(Untold(error.to_string())),
        }
    }
}

impl DeliverLead {
    fn giving<'a>(&'a self, effect: &'a Claimed) -> Giving<'a> {
        Giving { bus: &self.bus, effect, actor: Actor::system("leads") }
    }

    async fn attempt(&self, giving: &Giving<'_>, job: &DeliverEffect) -> Result<Verdict, Verdict> {
        let found = self.targets.find(giving.effect.tenant, job.target.id).await;
        let found = found.map_err(|error| retry("LOOKUP_UNAVAILABLE", error))?;
        let (target, attempt) = (job.target.id, job.attempt);
        // A worker that was frozen and wakes up is refused here: the attempt is under way.
        let begin = DeliveryCommand::AttemptTarget { target, attempt };
        let step = format!("begin:{}", giving.effect.attempt);
        match giving.give::<Delivery>(&step, job.delivery, begin).await {
            Ok(_) => {}
            Err(CommandError::Refused(_)) if self.has_begun(giving).await? => {
                return self.settle(giving, job).await;
            }
            Err(error) => return Err(not_given(&error)),
        }
        let told = match reachable(job, found.as_ref()) {
            Ok(row) => self.tell(job, row).await,
            Err(code) => Err(NoticeFault::Refused(code.to_owned())),
        };
        let body = match told {
            Ok(reference) => DeliveryCommand::ConfirmTarget { target, attempt, reference },
            Err(NoticeFault::Failed(why)) => failure(job, &why, true),
            Err(NoticeFault::Refused(why)) => failure(job, &why, false),
            Err(NoticeFault::Unknown(why)) => self.unsure(giving, job, why).await?,
        };
        Ok(self.record(giving, job, body).await.unwrap_or_else(|verdict| unknown(&verdict)))
    }

    /// Did an earlier try at this effect begin the attempt, although the log could not say so at
    /// that time?
    async fn has_begun(&self, giving: &Giving<'_>) -> Result<bool, Verdict> {
        for earlier in 1..giving.effect.attempt {
            let command = giving.command(&format!("begin:{earlier}"));
            let landed = self.bus.log().outcome(giving.effect.tenant, command).await;
            if landed.map_err(|error| retry("LOG_UNAVAILABLE", error))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn tell(
        &self,
        job: &DeliverEffect,
        row: &TargetRow,
    ) -> Result<Option<String>, NoticeFault> {
        let notice = notice::of(job, self.bus.clock().now());
        let taken = self.receiver.tell(row, notice).await?;
        Ok(taken.reference)
    }

    /// The attempt began and nobody knows its end. The target knows the notice by its id, so the
    /// next attempt does no harm; where there is none it stays unknown.
    async fn unsure(
        &self,
        giving: &Giving<'_>,
        job: &DeliverEffect,
        why: &str,
    ) -> Result<DeliveryCommand, Verdict> {
        let delivery = giving.load::<Delivery>(job.delivery).await?;
        let again = delivery.is_some_and(|delivery| delivery.has_attempts_left(job.target.id));
        let (target, attempt, reason) = (job.target.id, job.attempt, why.to_owned());
        Ok(if again {
            failure(job, why, true)
        } else {
            DeliveryCommand::RecordTargetUnknown { target, attempt, reason }
        })
    }

    /// Of an attempt whose worker was lost.
    async fn settle(&self, giving: &Giving<'_>, job: &DeliverEffect) -> Result<Verdict, Verdict> {
        let delivery = giving.load::<Delivery>(job.delivery).await?;
        let standing = delivery.and_then(|delivery| {
            Some((delivery.target(job.target.id)?, delivery.attempts_at(job.target.id)?))
        });
        match standing {
            Some((TargetStatus::Waiting | TargetStatus::Failed, attempts))
                if attempts < job.attempt =>
            {
                Ok(retry("ABANDONED", "the worker was lost before the attempt began"))
            }
            Some((TargetStatus::InFlight, attempts)) if attempts == job.attempt => {
                let body = self.unsure(giving, job, "WORKER_LOST").await?;
                self.record(giving, job, body).await
            }
            // Its end is known, or the delivery has moved on.
            Some(_) | None => Ok(Verdict::Done),
        }
    }

    async fn record(
        &self,
        giving: &Giving<'_>,
        job: &DeliverEffect,
        body: DeliveryCommand,
    ) -> Result<Verdict, Verdict> {
        let step = format!("end:{}", giving.effect.attempt);
        match giving.give::<Delivery>(&step, job.delivery, body).await {
            Ok(_) => Ok(Verdict::Done),
            Err(error) => Err(not_given(&error)),
        }
    }
}

/// Where the target is, or why it cannot be told.
fn reachable<'a>(
    job: &DeliverEffect,
    found: Option<&'a TargetRow>,
) -> Result<&'a TargetRow, &'static str> {
    match (job.target.kind, found) {
        (TargetKind::GoogleSheets | TargetKind::TokkoCrm, _) => Err("TARGET_KIND_NOT_SUPPORTED"),
        (TargetKind::Webhook, None) => Err("TARGET_NOT_CONNECTED"),
        (TargetKind::Webhook, Some(row)) if !row.enabled => Err("TARGET_DISABLED"),
        (TargetKind::Webhook, Some(row)) => Ok(row),
    }
}

fn failure(job: &DeliverEffect, why: &str, retryable: bool) -> DeliveryCommand {
    let reason = why.chars().take(REASON_MAX).collect();
    let (target, attempt) = (job.target.id, job.attempt);
    DeliveryCommand::FailTarget { target, attempt, reason, retryable }
}

/// After the attempt began: what could not be recorded is asked about later, and not repeated.
fn unknown(verdict: &Verdict) -> Verdict {
    match verdict {
        Verdict::Retry { code, detail, .. } => {
            Verdict::Unknown { code: code.clone(), detail: detail.clone() }
        }
        Verdict::Done
        | Verdict::Dropped { .. }
        | Verdict::Defer { .. }
        | Verdict::Unknown { .. }
        | Verdict::Failed { .. } => verdict.clone(),
    }
}
