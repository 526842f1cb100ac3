//! The kind `checkout.open`: gives an order a page where it can be paid. The provider answers the
//! same request with the same page, so an attempt whose end nobody knows is made again. It ends
//! in `OpenCheckout` or, given up for good, in `FailOrder`.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand, BillingOrderRefusal, CHECKOUT_EFFECT, CheckoutEffect,
    OrderStatus,
};
use bitacora_domain::{Actor, CommandId};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use serde::Deserialize as _;

use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::bus::LoadError;
use crate::ports::{Checkout, CheckoutFault, CheckoutPage, CheckoutRequest, LogError};
use crate::{CommandBus, CommandError, Envelope};

/// Name of the provider, for breakers and the record.
const PROVIDER: &str = "stripe";
/// A page is open for so long from the moment of the order: less than the 24 hours that the
/// provider allows and after which the order ends, however late it is opened.
const PAGE: TimeDelta = TimeDelta::hours(23);
/// Longest reason of a failed order, in characters.
const REASON_MAX: usize = 500;

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    Arc::new(OpenCheckout { bus: parts.bus.clone(), checkout: Arc::clone(&parts.checkout) })
}

struct OpenCheckout {
    bus: CommandBus,
    checkout: Arc<dyn Checkout>,
}

type OrderError = CommandError<BillingOrderRefusal>;

#[async_trait]
impl EffectHandler for OpenCheckout {
    fn kind(&self) -> &'static str {
        CHECKOUT_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        Some(PROVIDER)
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let Ok(wanted) = CheckoutEffect::deserialize(&effect.payload) else { return unreadable() };
        self.attempt(effect, &wanted).await.unwrap_or_else(|verdict| verdict)
    }

    async fn abandoned(&self, _: &Claimed) -> Verdict {
        retry("ABANDONED", "the worker was lost; the same request gives the same page".into())
    }

    /// Nothing here is ever unknown; what an operator's tool asks about is simply tried again.
    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    async fn given_up(
        &self,
        effect: &Claimed,
        code: &str,
        detail: &str,
        _: bool,
    ) -> Result<(), Untold> {
        let Ok(wanted) = CheckoutEffect::deserialize(&effect.payload) else { return Ok(()) };
        let reason = format!("{code}: {detail}").chars().take(REASON_MAX).collect();
        // An operator may have tried again in between; each end is told once.
        let step = format!("failed:{}", effect.attempt);
        match self.tell(effect, &wanted, &step, BillingOrderCommand::FailOrder { reason }).await {
            Ok(()) | Err(CommandError::Refused(_) | CommandError::IdempotencyMismatch) => Ok(()),
            Err(error) => Err(Untold(error.to_string())),
        }
    }
}

impl OpenCheckout {
    /// One attempt; `Err` is the verdict on one that opened nothing.
    async fn attempt(&self, effect: &Claimed, wanted: &CheckoutEffect) -> Result<Verdict, Verdict> {
        self.waits(effect, wanted).await?;
        let request = CheckoutRequest {
            tenant: effect.tenant,
            order: wanted.order,
            credits: wanted.credits,
            price_minor: wanted.price_minor,
            currency: wanted.currency.clone(),
            expires_at: page_end(effect.created_at),
        };
        let page = self.checkout.open(&request).await.map_err(|fault| verdict(&fault))?;
        let CheckoutPage { session_id, url, expires_at } = page;
        let body = BillingOrderCommand::OpenCheckout { session_id, url, expires_at };
        match self.tell(effect, wanted, "opened", body).await {
            Ok(()) => Ok(Verdict::Done),
            Err(error) => Err(not_told(&error)),
        }
    }

    /// Does the order still wait for a page?
    async fn waits(&self, effect: &Claimed, wanted: &CheckoutEffect) -> Result<(), Verdict> {
        let id = wanted.order.to_string();
        let loaded = self.bus.load::<BillingOrder>(effect.tenant, &id).await;
        let loaded = loaded.map_err(|error| load_fault(&error))?;
        match loaded.and_then(|(order, _)| order.status()) {
            Some(OrderStatus::Created) => Ok(()),
            Some(_) => Err(dropped("ORDER_NOT_WAITING", "the order has a page, or needs none")),
            None => Err(dropped("ORDER_NOT_FOUND", "there is no such order")),
        }
    }

    async fn tell(
        &self,
        effect: &Claimed,
        wanted: &CheckoutEffect,
        step: &str,
        body: BillingOrderCommand,
    ) -> Result<(), OrderError> {
        let fingerprint = self.bus.key().fingerprint(&body);
        let fingerprint = fingerprint.map_err(|error| LogError::Rejected(error.to_string()))?;
        let envelope = Envelope {
            correlation_id: effect.correlation_id,
            causation_id: effect.event_id.as_uuid(),
            traceparent: effect.traceparent.clone(),
            ..Envelope::new(
                effect.tenant,
                Actor::system("checkout"),
                CommandId::new(effect.id).step(step),
                fingerprint,
                self.bus.clock().now(),
            )
        };
        self.bus.execute::<BillingOrder>(envelope, &wanted.order.to_string(), body).await.map(drop)
    }
}

/// When the page of an order that was made at `created` ends.
fn page_end(created: DateTime<Utc>) -> DateTime<Utc> {
    (created + PAGE).trunc_subsecs(0)
}

fn verdict(fault: &CheckoutFault) -> Verdict {
    let (code, detail) = (fault.code(), fault.to_string());
    match fault {
        CheckoutFault::Unavailable(_) | CheckoutFault::Unauthorized { .. } => retry(&code, detail),
        CheckoutFault::Busy { after, .. } => Verdict::Retry { code, detail, after: *after },
        CheckoutFault::Refused { .. } => Verdict::Failed { code, detail },
    }
}

/// There is a page and the order does not know it yet. A refusal says that it needs none.
fn not_told(error: &OrderError) -> Verdict {
    use BillingOrderRefusal as No;
    let (code, detail) = (error.code(), error.to_string());
    if matches!(error, CommandError::Refused(No::Over | No::CheckoutOpen)) {
        dropped(code, &detail)
    } else if error.retryable() {
        retry(code, detail)
    } else {
        Verdict::Failed { code: code.to_owned(), detail }
    }
}

fn load_fault(error: &LoadError) -> Verdict {
    match error {
        LoadError::Log(_) => retry("LOG_UNAVAILABLE", error.to_string()),
        LoadError::Unreadable(_) => {
            Verdict::Failed { code: "STREAM_UNREADABLE".into(), detail: error.to_string() }
        }
    }
}

fn unreadable() -> Verdict {
    Verdict::Failed { code: "EFFECT_UNREADABLE".into(), detail: "payload".into() }
}

fn dropped(code: &str, detail: &str) -> Verdict {
    Verdict::Dropped { code: code.into(), detail: detail.into() }
}

fn retry(code: &str, detail: String) -> Verdict {
    Verdict::Retry { code: code.into(), detail, after: None }
}
