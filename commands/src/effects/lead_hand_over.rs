//! The kind `lead.hand_over`: sets aside what a lead costs and asks for its delivery. Without
//! credits, or without a system that takes leads, it waits.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::lead::{
    Lead, LeadCommand, LeadRefusal as No, LeadStatus, OpenMatter,
};
use bitacora_domain::aggregates::offer::ChargeModel;
use bitacora_domain::{Actor, DeliveryId, HoldId, LeadId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::giving::{Giving, dropped, failed, retry, unreadable};
use super::lead_credits::{held_back, passing_or_failed};
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::ports::{DeliveryTargets, TargetRow};
use crate::{CommandBus, CommandError};

/// Name of the kind.
pub const HAND_OVER_EFFECT: &str = "lead.hand_over";
/// Code of what waits for a system that takes leads.
const NO_TARGETS: &str = "NO_DELIVERY_TARGETS";

/// What it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOverEffect {
    /// The lead that is ready.
    pub lead: LeadId,
}

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    Arc::new(HandOver { bus: parts.bus.clone(), targets: Arc::clone(&parts.leads.targets) })
}

struct HandOver {
    bus: CommandBus,
    targets: Arc<dyn DeliveryTargets>,
}

/// The delivery that an effect asks for: the same in every attempt.
fn delivery_of(effect: &Claimed) -> DeliveryId {
    DeliveryId::new(Uuid::new_v5(&effect.id, b"delivery"))
}

#[async_trait]
impl EffectHandler for HandOver {
    fn kind(&self) -> &'static str {
        HAND_OVER_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        None
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let Ok(HandOverEffect { lead }) = HandOverEffect::deserialize(&effect.payload) else {
            return unreadable();
        };
        let steps = Giving { bus: &self.bus, effect, actor: Actor::system("lead_delivery") };
        self.hand_over(&steps, lead).await.unwrap_or_else(|verdict| verdict)
    }

    /// Every step can be taken again.
    async fn abandoned(&self, _: &Claimed) -> Verdict {
        retry("ABANDONED", "the worker was lost")
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    /// What was set aside for it is given back.
    async fn given_up(&self, effect: &Claimed, code: &str, _: &str, _: bool) -> Result<(), Untold> {
        let steps = Giving { bus: &self.bus, effect, actor: Actor::system("lead_delivery") };
        let outcome = match self.was_requested(&steps).await {
            Ok(true) => return Ok(()),
            Ok(false) => steps.release_all(delivery_of(effect), false, code).await,
            Err(verdict) => Err(verdict),
        };
        outcome.map_err(|verdict| Untold(format!("{verdict:?}")))
    }
}

impl HandOver {
    async fn hand_over(&self, steps: &Giving<'_>, id: LeadId) -> Result<Verdict, Verdict> {
        if self.was_requested(steps).await? {
            return Ok(Verdict::Done);
        }
        let delivery = delivery_of(steps.effect);
        let lead = steps.load::<Lead>(id).await?.ok_or_else(|| failed("LEAD_NOT_FOUND", "lead"))?;
        if lead.status() != LeadStatus::LeadReady || lead.matter() == OpenMatter::Delivery {
            return self.not_wanted(steps, delivery, "LEAD_NOT_READY").await;
        }
        let request = steps.command("request");
        if let Err(error) = self.bus.require_outbound(steps.effect.tenant, request).await {
            return Err(held_back(&error));
        }
        let targets = self.targets.list(steps.effect.tenant).await;
        let targets = targets.map_err(|error| retry("TARGETS_UNAVAILABLE", error))?;
        let targets: Vec<_> =
            targets.iter().filter(|row| row.enabled).map(TargetRow::target).collect();
        if targets.is_empty() {
            return Err(steps.wait(NO_TARGETS));
        }
        let paid = lead.offer().is_some_and(|offer| offer.charge == ChargeModel::PerLead);
        let reservation = if paid { Some(steps.hold(id, delivery, false).await?) } else { None };
        let body = LeadCommand::RequestDelivery {
            delivery,
            reservation: reservation.map(HoldId::as_uuid),
            targets,
        };
        match steps.give::<Lead>("request", id, body).await {
            Ok(_) => Ok(Verdict::Done),
            Err(CommandError::Refused(
                refusal @ (No::NotReady
                | No::AlreadyDelivered
                | No::Disqualified
                | No::Ended
                | No::DeliveryPending
                | No::DeliveryUsed
                | No::TooManyDeliveries),
            )) => {
                let code = bitacora_domain::DomainError::code(&refusal);
                self.not_wanted(steps, delivery, code).await
            }
            Err(error) => Err(passing_or_failed(&error)),
        }
    }

    /// The lead has moved on: what was set aside for it goes back.
    async fn not_wanted(
        &self,
        steps: &Giving<'_>,
        delivery: DeliveryId,
        code: &str,
    ) -> Result<Verdict, Verdict> {
        steps.release_all(delivery, false, code).await?;
        Ok(dropped(code, "the lead is not to be handed over any more"))
    }

    async fn was_requested(&self, steps: &Giving<'_>) -> Result<bool, Verdict> {
        let command = steps.command("request");
        let outcome = self.bus.log().outcome(steps.effect.tenant, command).await;
        outcome.map(|landed| landed.is_some()).map_err(|error| retry("LOG_UNAVAILABLE", error))
    }
}
