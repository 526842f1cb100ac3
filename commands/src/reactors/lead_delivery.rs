//! The lead delivery saga (spec/aggregates §3): a lead that is ready is handed over for a hold of
//! credits; the first system that has it makes the hold count and the lead delivered; when none
//! has it the hold is given back. A success that comes after that is charged by a new hold, once.
//!
//! ```text
//! LeadReady ─▶ hand over: reserve, request ─▶ first target confirmed ─▶ settle: capture, confirm
//!                 │ no credits: waits                └─ dead letter   ─▶ settle: release, fail
//!                 └◀─ credits arrive                         └─ confirmed after all ─▶ settle: late
//! ```
//!
//! What has to look at the ledger or the lead is done by effects of its own kinds
//! ([`crate::effects::lead_hand_over`], [`crate::effects::lead_settle`]). Settlements of one lead
//! stand in one line, so two deliveries of it are never charged side by side.

use std::sync::Arc;

use bitacora_domain::aggregates::credit_ledger::{
    self, Balance, CreditLedger, CreditLedgerCommand, CreditLedgerEvent as LedgerEvent, Purpose,
    PurposeKind,
};
use bitacora_domain::aggregates::delivery::{Delivery, DeliveryCommand, DeliveryEvent};
use bitacora_domain::aggregates::lead::{Lead, LeadEvent};
use bitacora_domain::{DeliveryId, Effect, HoldId, LeadId, RecordedEvent};
use serde::Serialize;
use uuid::Uuid;

use super::reaction::Given;
use super::{Interest, Known, Note, Question, Reaction, Reactor, ReactorFault, Start, Wake};
use crate::effects::lead_credits::{LEAD_CREDITS, WAITING};
use crate::effects::lead_hand_over::{HAND_OVER_EFFECT, HandOverEffect};
use crate::effects::lead_settle::{SETTLE_EFFECT, SettleEffect};

const NAME: &str = "lead_delivery";
const MAY: Given = Given { by: NAME, must: false };
const MUST: Given = Given { by: NAME, must: true };

/// The lead of a delivery.
const LEAD: &str = "lead";
/// The hold of a delivery.
const HOLD: &str = "hold";
/// The delivery of a hold.
const DELIVERY: &str = "delivery";

/// The reactor.
pub fn reactor() -> Arc<dyn Reactor> {
    Arc::new(LeadDelivery)
}

struct LeadDelivery;

const INTEREST: &[Interest] = &[
    Interest {
        aggregate: "lead",
        events: &["LeadReady", "LeadDeliveryRequested", "LeadDisputeResolved"],
    },
    Interest {
        aggregate: "delivery",
        events: &["DeliveryTargetConfirmed", "DeliveryDeadLettered"],
    },
    Interest {
        aggregate: "credit_ledger",
        events: &[
            "CreditsGranted",
            "GrantActivated",
            "CreditsReserved",
            "HoldReleased",
            "HoldExpired",
            "ConsumptionRefunded",
            "CreditsAdjusted",
            "DebtSettled",
            "GrantReinstated",
            "LedgerUnfrozen",
        ],
    },
];

impl Reactor for LeadDelivery {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn start(&self) -> Start {
        Start::Beginning
    }

    fn interest(&self) -> &'static [Interest] {
        INTEREST
    }

    fn asks(&self, event: &RecordedEvent) -> Result<Vec<Question>, ReactorFault> {
        if event.is_of::<Delivery>() {
            let key = super::id_of(event)?;
            return Ok(vec![Question { topic: LEAD, key }, Question { topic: HOLD, key }]);
        }
        if event.is_of::<CreditLedger>()
            && let LedgerEvent::HoldExpired { hold, .. } = event.decode::<CreditLedger>()?
        {
            return Ok(vec![Question { topic: DELIVERY, key: hold.as_uuid() }]);
        }
        Ok(Vec::new())
    }

    fn react(&self, event: &RecordedEvent, known: &Known) -> Result<Reaction, ReactorFault> {
        if event.is_of::<Lead>() {
            let lead = LeadId::new(super::id_of(event)?);
            return Ok(to_a_lead(event, lead, event.decode::<Lead>()?));
        }
        if event.is_of::<Delivery>() {
            let delivery = DeliveryId::new(super::id_of(event)?);
            let ended = has_ended(event.decode::<Delivery>()?);
            return Ok(if ended { settlement(event, delivery, known) } else { Reaction::NONE });
        }
        Ok(to_credits(event, event.decode::<CreditLedger>()?, known))
    }
}

fn to_a_lead(event: &RecordedEvent, lead: LeadId, said: &LeadEvent) -> Reaction {
    if let LeadEvent::LeadReady { .. } = said {
        let line = format!("lead:{lead}");
        return Reaction::default().effect(effect(
            HAND_OVER_EFFECT,
            line,
            &HandOverEffect { lead },
        ));
    }
    if let LeadEvent::LeadDeliveryRequested { delivery, reservation, .. } = said {
        let key = delivery.as_uuid();
        let noted = Reaction::default().note(Note::Put { topic: LEAD, key, value: lead.as_uuid() });
        let Some(hold) = *reservation else { return noted };
        return noted.note(Note::Put { topic: HOLD, key, value: hold }).note(Note::Put {
            topic: DELIVERY,
            key: hold,
            value: key,
        });
    }
    if let LeadEvent::LeadDisputeResolved { refund: true, captured: Some(hold), .. } = said {
        let body = CreditLedgerCommand::RefundConsumption {
            hold: HoldId::new(*hold),
            credits: LEAD_CREDITS,
            reason: "LEAD_REFUNDED".to_owned(),
        };
        let ledger = credit_ledger::id_of(event.tenant);
        return Reaction::default().effect(MUST.command::<CreditLedger>(
            ledger,
            &body,
            settle_line(lead),
        ));
    }
    Reaction::NONE
}

/// Somebody has the data now, or nobody will.
const fn has_ended(said: &DeliveryEvent) -> bool {
    matches!(
        said,
        DeliveryEvent::DeliveryTargetConfirmed { first: true, .. }
            | DeliveryEvent::DeliveryDeadLettered { confirmed: 0, .. }
    )
}

fn settlement(event: &RecordedEvent, delivery: DeliveryId, known: &Known) -> Reaction {
    let of = |topic| known.of(event.tenant, topic, delivery.as_uuid()).first();
    let Some(lead) = of(LEAD).map(|noted| LeadId::new(noted.value)) else { return Reaction::NONE };
    let reservation = of(HOLD).map(|noted| HoldId::new(noted.value));
    let payload = SettleEffect { lead, delivery, reservation };
    Reaction::default().effect(effect(SETTLE_EFFECT, settle_line(lead), &payload))
}

/// Credits that became available go to leads that wait for them. A hold that expired ends the
/// delivery that it was for: nobody knows of a system that has the lead, and if one has it after
/// all, that counts as late.
fn to_credits(event: &RecordedEvent, said: &LedgerEvent, known: &Known) -> Reaction {
    let mut reaction = Reaction::default();
    if let LedgerEvent::HoldExpired {
        hold, purpose: Purpose { kind: PurposeKind::Lead, .. }, ..
    } = said
    {
        let body =
            DeliveryCommand::DeadLetter { reason: "HOLD_EXPIRED".to_owned(), withdrawn: false };
        let late = known.of(event.tenant, DELIVERY, hold.as_uuid()).first().map(|noted| {
            let delivery = DeliveryId::new(noted.value);
            MAY.command::<Delivery>(delivery, &body, format!("delivery:{delivery}"))
        });
        reaction = reaction.effects(late);
    }
    if brings_credits(said) {
        for kind in [HAND_OVER_EFFECT, SETTLE_EFFECT] {
            reaction = reaction.wake(Wake { kind, code: WAITING });
        }
    }
    reaction
}

/// Can something be set aside now that could not before? After somebody who had waited has taken
/// their part, the next ones look.
fn brings_credits(said: &LedgerEvent) -> bool {
    if let LedgerEvent::CreditsGranted { balance, .. }
    | LedgerEvent::GrantActivated { balance, .. }
    | LedgerEvent::CreditsReserved { balance, .. }
    | LedgerEvent::HoldReleased { balance, .. }
    | LedgerEvent::HoldExpired { balance, .. }
    | LedgerEvent::ConsumptionRefunded { balance, .. }
    | LedgerEvent::CreditsAdjusted { balance, .. }
    | LedgerEvent::DebtSettled { balance, .. }
    | LedgerEvent::GrantReinstated { balance, .. } = said
    {
        let Balance { available, debt, .. } = *balance;
        return available > 0 && debt == 0;
    }
    matches!(said, LedgerEvent::LedgerUnfrozen { .. })
}

fn settle_line(lead: LeadId) -> String {
    format!("settle:{lead}")
}

fn effect(kind: &'static str, line: String, payload: &impl Serialize) -> Effect {
    // Payloads are ids: they have a JSON form.
    let payload = serde_json::to_value(payload).unwrap_or_default();
    Effect { kind, serial: Some(line), due: None, payload }
}

/// The id of the hold that a lead's delivery takes, for the `n`-th time.
pub(crate) fn hold_of(delivery: DeliveryId, n: u32, late: bool) -> HoldId {
    let name = if late { "late" } else { "hold" };
    let id: Uuid = delivery.derive(&format!("{name}:{n}"));
    HoldId::new(id)
}
