//! Facts about orders: which stored order they belong to, and the command that each is.
//!
//! What the provider's metadata says is a hint. An order that session or payment intent lead to
//! decides; a hint that contradicts it, or names another tenant than the order's, is an
//! operator's business. Amount and currency are for the order itself to compare.

use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand, INTENT_CLAIM, SESSION_CLAIM,
};
use bitacora_domain::{OrderId, StreamId, TenantId};
use cqrs_es::Aggregate as _;

use super::failure::Failure;
use super::job::{Job, Place};
use super::router::{Router, Verdict};
use crate::sources::{OrderFact, OrderNews};

impl Router {
    /// The tenant of the order. Facts of test payments are not believed where money is real, nor
    /// the other way round.
    pub(super) async fn place_of_order(&self, fact: &OrderFact) -> Result<Place, Failure> {
        if fact.livemode != self.live_payments {
            return Err(Failure::Refused("LIVEMODE_MISMATCH"));
        }
        let Some((tenant, _)) = self.order_of(fact).await? else {
            return Ok(Place::Waits { on: waits_for_order(fact) });
        };
        if fact.tenant.is_some_and(|named| named != tenant) {
            return Err(Failure::Refused("TENANT_MISMATCH"));
        }
        Ok(Place::Of { tenant, channel: None })
    }

    /// What a fact says of its order.
    pub(super) async fn order(&self, job: &Job<'_>, fact: &OrderFact) -> Result<Verdict, Failure> {
        let Some((tenant, order)) = self.order_of(fact).await? else {
            return Ok(Verdict::Waits { on: waits_for_order(fact) });
        };
        if tenant != job.tenant {
            return Err(Failure::Passing("ORDER_MOVED"));
        }
        let Some(body) = command(job, fact) else {
            return Err(Failure::Refused("NO_CHECKOUT_SESSION"));
        };
        self.bus.execute::<BillingOrder>(job.envelope(), &order.to_string(), body).await?;
        let ids = [fact.session.as_ref(), fact.intent.as_ref()].into_iter().flatten();
        Ok(Verdict::Done { releases: ids.map(|id| waits_for(id)).collect() })
    }

    /// The stored order: where session and intent lead, else the one that the hint names.
    async fn order_of(&self, fact: &OrderFact) -> Result<Option<(TenantId, OrderId)>, Failure> {
        let hinted = match fact.order {
            Some(order) => {
                let stream = StreamId::new(BillingOrder::TYPE, order);
                let tenant = self.bus.log().tenant_of(&stream).await?;
                tenant.map(|tenant| (tenant, order))
            }
            None => None,
        };
        let mut found = hinted;
        for (kind, id) in [(SESSION_CLAIM, &fact.session), (INTENT_CLAIM, &fact.intent)] {
            let Some(id) = id else { continue };
            let Some(owner) = self.bus.log().installation_owner(kind, id).await? else { continue };
            let known = read_owner(&owner.owner).ok_or(Failure::Stuck("MALFORMED_ORDER_OWNER"))?;
            if *found.get_or_insert(known) != known {
                return Err(Failure::Refused("ORDER_MISMATCH"));
            }
        }
        Ok(found)
    }
}

/// The fact as a command; `None` for an expiry without a session.
fn command(job: &Job<'_>, fact: &OrderFact) -> Option<BillingOrderCommand> {
    use BillingOrderCommand as C;
    let as_of = job.at();
    Some(match fact.news.clone() {
        OrderNews::Payment { status, amount_minor, currency } => C::RecordPayment {
            session_id: fact.session.clone(),
            payment_intent: fact.intent.clone(),
            status,
            amount_minor,
            currency,
        },
        OrderNews::AttemptFailed { code } => C::RecordAttemptFailure { code },
        OrderNews::Failed { reason } => C::FailOrder { reason },
        OrderNews::Expired => C::RecordCheckoutExpired { session_id: fact.session.clone()? },
        OrderNews::Refunded { refunded_minor } => C::RecordRefund { refunded_minor, as_of },
        OrderNews::RefundFailed { refund, amount_minor } => {
            C::RecordRefundFailure { refund_id: refund, amount_minor, as_of }
        }
        OrderNews::DisputeOpened { dispute, amount_minor } => {
            C::OpenDispute { dispute_id: dispute, amount_minor }
        }
        OrderNews::DisputeClosed { dispute, amount_minor, outcome } => {
            C::CloseDispute { dispute_id: dispute, amount_minor, outcome }
        }
    })
}

fn read_owner(text: &str) -> Option<(TenantId, OrderId)> {
    let (tenant, order) = text.split_once('/')?;
    Some((tenant.parse().ok()?, order.parse().ok()?))
}

fn waits_for(id: &str) -> String {
    format!("order:{id}")
}

/// What a fact about an unknown order waits for.
fn waits_for_order(fact: &OrderFact) -> String {
    let hint = || fact.order.map(|order| order.to_string());
    let id = fact.intent.clone().or_else(|| fact.session.clone()).or_else(hint);
    waits_for(&id.unwrap_or_default())
}
