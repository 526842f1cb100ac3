//! The purchase saga: an order that is paid gives credits, and is told so; money that goes back
//! takes them away (spec/aggregates §3). What follows from what is
//! [`billing_order::ledger_command`] and [`billing_order::order_command`]; here it is put into
//! order: all steps of one order stand in one line.
//!
//! Every step is a command under an id that follows from its event, so a crash between any two of
//! them only means that the next one comes later. A refusal is a dead letter: money is involved.

use std::sync::Arc;

use bitacora_domain::aggregates::billing_order::{
    self, BillingOrder, BillingOrderEvent as OrderEvent,
};
use bitacora_domain::aggregates::credit_ledger::{
    self, CreditLedger, CreditLedgerCommand as LedgerCommand, CreditLedgerEvent,
};
use bitacora_domain::{OrderId, RecordedEvent, TenantId};

use super::reaction::Given;
use super::{Interest, Known, Reaction, Reactor, ReactorFault, Start};

const NAME: &str = "purchase";
/// Money: a refusal is for somebody to look at.
const MUST: Given = Given { by: NAME, must: true };
/// An order that was no top-up is no news to the ledger.
const MAY: Given = Given { by: NAME, must: false };

/// The reactor.
pub fn reactor() -> Arc<dyn Reactor> {
    Arc::new(Purchase)
}

struct Purchase;

const INTEREST: &[Interest] = &[
    Interest {
        aggregate: "billing_order",
        events: &[
            "OrderPaid",
            "OrderRevocationRequested",
            "OrderReinstatementRequested",
            "OrderFailed",
            "OrderExpired",
        ],
    },
    Interest { aggregate: "credit_ledger", events: &["CreditsGranted", "AutoTopUpRequested"] },
];

impl Reactor for Purchase {
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

    fn react(&self, event: &RecordedEvent, _: &Known) -> Result<Reaction, ReactorFault> {
        if event.is_of::<BillingOrder>() {
            let order = super::id_of(event)?;
            return Ok(to_the_ledger(
                event.tenant,
                OrderId::new(order),
                event.decode::<BillingOrder>()?,
            ));
        }
        Ok(to_the_order(event.decode::<CreditLedger>()?))
    }
}

/// What the ledger has to do because of an order. It is opened before it is given anything.
fn to_the_ledger(tenant: TenantId, order: OrderId, event: &OrderEvent) -> Reaction {
    let ledger = credit_ledger::id_of(tenant);
    let give = |given: Given, body: &LedgerCommand| {
        given.command::<CreditLedger>(ledger, body, line(order))
    };
    if let OrderEvent::OrderFailed { .. } | OrderEvent::OrderExpired { .. } = event {
        let reason =
            if matches!(event, OrderEvent::OrderFailed { .. }) { "FAILED" } else { "EXPIRED" };
        let body = LedgerCommand::RecordTopUpFailure { order, reason: reason.to_owned() };
        return Reaction::default().effect(give(MAY, &body));
    }
    let Some(body) = billing_order::ledger_command(event) else { return Reaction::NONE };
    let open = matches!(event, OrderEvent::OrderPaid { .. }).then_some(LedgerCommand::OpenLedger);
    Reaction::default().effects(open.iter().chain([&body]).map(|body| give(MUST, body)))
}

/// What an order has to do because of the ledger.
fn to_the_order(event: &CreditLedgerEvent) -> Reaction {
    let command = billing_order::order_command(event);
    let effect = |(order, body)| MUST.command::<BillingOrder>(order, &body, line(order));
    Reaction::default().effects(command.map(effect))
}

fn line(order: OrderId) -> String {
    format!("order:{order}")
}
