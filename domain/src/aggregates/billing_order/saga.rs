//! What the purchase saga does: pure functions from an event of one side to the command for the
//! other. Ids follow from the order, so that a step that is taken twice counts once. Events of
//! one order are to be followed in their order.

use super::commands::BillingOrderCommand;
use super::events::BillingOrderEvent as E;
use super::vocabulary::OrderOrigin;
use crate::OrderId;
use crate::aggregates::credit_ledger::{
    CreditLedgerCommand, CreditLedgerEvent, GrantKind, GrantSource,
};

/// Priority of what was paid for: after whatever was a present.
const PURCHASE_PRIORITY: u8 = 40;

/// What the tenant's ledger is to do because of an order's event.
pub fn ledger_command(event: &E) -> Option<CreditLedgerCommand> {
    match *event {
        E::OrderPaid { order, grant, credits, credits_expire_at: expires_at, at, .. } => {
            Some(CreditLedgerCommand::GrantCredits {
                grant,
                kind: GrantKind::Purchase,
                credits,
                priority: PURCHASE_PRIORITY,
                effective_at: at,
                expires_at,
                source: GrantSource::Order(order),
            })
        }
        E::OrderRevocationRequested { grant, revocation, reason, credits, .. } => {
            Some(CreditLedgerCommand::RevokeGrant { grant, revocation, reason, credits })
        }
        E::OrderReinstatementRequested { grant, reinstatement, reason, credits, .. } => {
            Some(CreditLedgerCommand::ReinstateGrant { grant, reinstatement, reason, credits })
        }
        E::OrderCreated { .. }
        | E::CheckoutOpened { .. }
        | E::PaymentPending { .. }
        | E::PaymentIntentLinked { .. }
        | E::PaymentAnomalyRecorded { .. }
        | E::PaymentAttemptFailed { .. }
        | E::OrderFailed { .. }
        | E::OrderExpired { .. }
        | E::OrderGranted { .. }
        | E::OrderRefunded { .. }
        | E::OrderRefundFailed { .. }
        | E::OrderDisputed { .. }
        | E::OrderDisputeClosed { .. } => None,
    }
}

/// What an order is to do because of a ledger's event, and which order.
pub fn order_command(event: &CreditLedgerEvent) -> Option<(OrderId, BillingOrderCommand)> {
    if let CreditLedgerEvent::CreditsGranted { grant, source: GrantSource::Order(order), .. } =
        event
    {
        return Some((*order, BillingOrderCommand::MarkGranted { grant: *grant }));
    }
    if let CreditLedgerEvent::AutoTopUpRequested { order, credits, price_minor, currency, .. } =
        event
    {
        let body = BillingOrderCommand::CreateOrder {
            buyer: None,
            origin: OrderOrigin::AutoTopUp,
            credits: *credits,
            price_minor: *price_minor,
            currency: currency.clone(),
            valid_days: None,
        };
        return Some((*order, body));
    }
    None
}
