//! The kind `lead.settle`: a delivery has arrived somewhere, or nowhere. Charges or gives back, and
//! tells the lead. Settlements of one lead are done one after the other, so of several deliveries
//! one is charged.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::credit_ledger::{
    self, CreditLedger, CreditLedgerCommand, CreditLedgerRefusal, HoldStanding,
};
use bitacora_domain::aggregates::delivery::Delivery;
use bitacora_domain::aggregates::lead::{Lead, LeadCommand, LeadRefusal};
use bitacora_domain::aggregates::offer::ChargeModel;
use bitacora_domain::{Actor, DeliveryId, HoldId, LeadId};
use serde::{Deserialize, Serialize};

use super::giving::{Giving, retry, unreadable};
use super::lead_credits::{LEAD_CREDITS, passing_or_failed};
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::{CommandBus, CommandError};

/// Name of the kind.
pub const SETTLE_EFFECT: &str = "lead.settle";
/// Why the credits go back and the lead hears of a failure.
const NOWHERE: &str = "NOT_DELIVERED";

/// What it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettleEffect {
    /// The lead.
    pub lead: LeadId,
    /// Its delivery.
    pub delivery: DeliveryId,
    /// What was set aside for it.
    pub reservation: Option<HoldId>,
}

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    Arc::new(Settle { bus: parts.bus.clone() })
}

struct Settle {
    bus: CommandBus,
}

#[async_trait]
impl EffectHandler for Settle {
    fn kind(&self) -> &'static str {
        SETTLE_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        None
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let Ok(wanted) = SettleEffect::deserialize(&effect.payload) else {
            return unreadable();
        };
        let steps = Giving { bus: &self.bus, effect, actor: Actor::system("lead_delivery") };
        settle(&steps, wanted).await.map_or_else(|verdict| verdict, |()| Verdict::Done)
    }

    /// Every step can be taken again.
    async fn abandoned(&self, _: &Claimed) -> Verdict {
        retry("ABANDONED", "the worker was lost")
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    /// A dead letter of this kind is money: it stays until somebody looks.
    async fn given_up(&self, _: &Claimed, _: &str, _: &str, _: bool) -> Result<(), Untold> {
        Ok(())
    }
}

/// What became of the delivery is asked now: it may have arrived since.
async fn settle(steps: &Giving<'_>, wanted: SettleEffect) -> Result<(), Verdict> {
    let delivery = steps.load::<Delivery>(wanted.delivery).await?;
    if delivery.is_some_and(|delivery| delivery.confirmed() > 0) {
        arrived(steps, wanted).await
    } else {
        nowhere(steps, wanted).await
    }
}

/// Nobody has it: the credits go back, and the lead may be handed over again.
async fn nowhere(steps: &Giving<'_>, wanted: SettleEffect) -> Result<(), Verdict> {
    if let Some(hold) = wanted.reservation {
        steps.release(hold, NOWHERE).await?;
    }
    fail(steps, wanted, NOWHERE).await
}

/// Somebody has it. The lead is paid for by what was set aside for this delivery; where that is
/// over, by a new hold, for which it may have to wait.
async fn arrived(steps: &Giving<'_>, wanted: SettleEffect) -> Result<(), Verdict> {
    let lead = steps.load::<Lead>(wanted.lead).await?;
    let Some(lead) = lead else { return Ok(()) };
    if let Some(first) = lead.delivered() {
        return if first == wanted.delivery { Ok(()) } else { not_charged(steps, wanted).await };
    }
    let paid = lead.offer().is_some_and(|offer| offer.charge == ChargeModel::PerLead);
    let captured = if paid { Some(charged(steps, wanted).await?) } else { None };
    let (delivery, captured) = (wanted.delivery, captured.map(HoldId::as_uuid));
    let body = LeadCommand::ConfirmDelivery { delivery, captured };
    match steps.give::<Lead>("confirm", wanted.lead, body).await {
        Ok(_) => Ok(()),
        Err(CommandError::Refused(LeadRefusal::AlreadyDelivered)) => {
            not_charged(steps, wanted).await
        }
        Err(error) => Err(passing_or_failed(&error)),
    }
}

/// The hold that pays for it, captured.
async fn charged(steps: &Giving<'_>, wanted: SettleEffect) -> Result<HoldId, Verdict> {
    let own = match wanted.reservation {
        Some(hold) => match steps.standing(hold).await? {
            HoldStanding::Pending | HoldStanding::Captured => Some(hold),
            HoldStanding::Unknown => steps.captured_before(hold).await?.then_some(hold),
            HoldStanding::Due | HoldStanding::Released | HoldStanding::Expired => None,
        },
        None => None,
    };
    let hold = match own {
        Some(hold) => hold,
        None => {
            // Only what comes late may be paid for by another hold than its own.
            fail(steps, wanted, "HOLD_OVER").await?;
            steps.hold(wanted.lead, wanted.delivery, true).await?
        }
    };
    steps.capture(hold).await?;
    Ok(hold)
}

/// Another delivery of the lead was first: this one costs nothing.
async fn not_charged(steps: &Giving<'_>, wanted: SettleEffect) -> Result<(), Verdict> {
    let mut holds = steps.holds(wanted.delivery, true).await?;
    if let Some(own) = wanted.reservation {
        holds.push((own, steps.standing(own).await?));
    }
    for (hold, standing) in holds {
        match standing {
            HoldStanding::Pending => steps.release(hold, "LEAD_ALREADY_DELIVERED").await?,
            HoldStanding::Captured => give_back(steps, hold).await?,
            HoldStanding::Due
            | HoldStanding::Released
            | HoldStanding::Expired
            | HoldStanding::Unknown => {}
        }
    }
    Ok(())
}

async fn give_back(steps: &Giving<'_>, hold: HoldId) -> Result<(), Verdict> {
    let reason = "LEAD_ALREADY_DELIVERED".to_owned();
    let body = CreditLedgerCommand::RefundConsumption { hold, credits: LEAD_CREDITS, reason };
    let ledger = credit_ledger::id_of(steps.effect.tenant);
    match steps.give::<CreditLedger>(&format!("refund:{hold}"), ledger, body).await {
        Ok(_) | Err(CommandError::Refused(CreditLedgerRefusal::AlreadyRefunded)) => Ok(()),
        Err(error) => Err(passing_or_failed(&error)),
    }
}

async fn fail(steps: &Giving<'_>, wanted: SettleEffect, why: &str) -> Result<(), Verdict> {
    let body = LeadCommand::FailDelivery { delivery: wanted.delivery, reason: why.to_owned() };
    match steps.give::<Lead>(&format!("fail:{why}"), wanted.lead, body).await {
        Ok(_) => Ok(()),
        Err(error) => Err(passing_or_failed(&error)),
    }
}
