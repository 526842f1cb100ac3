//! What an event says of an order, by its type (wire-formats §6.2).

use bitacora_domain::aggregates::billing_order::{DisputeOutcome, PaymentStatus};
use serde_json::Value;

use super::json;
use crate::sources::{OrderFact, OrderNews};

/// Longest code or reason that is kept, in characters.
const WORDS_MAX: usize = 100;

/// Why an event is kept and not acted upon.
type Kept = &'static str;

/// Objects that an event can be about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Session,
    Intent,
    /// A charge, a refund, a dispute: what refers to an intent.
    OfIntent,
}

/// What the event says of an order.
pub(super) fn order(event: &Value) -> Result<OrderFact, Kept> {
    let kind = json::text(event, "type").ok_or("NO_EVENT_TYPE")?;
    let object = event.get("data").and_then(|data| data.get("object"));
    let object = object.filter(|object| object.is_object()).ok_or("NO_OBJECT")?;
    let (about, news) = news(kind, object)?;
    let (session, intent) = match about {
        About::Session => (json::id(object, "id"), reference(object, "payment_intent")),
        About::Intent => (None, json::id(object, "id")),
        About::OfIntent => (None, reference(object, "payment_intent")),
    };
    let hint = |field| object.get("metadata").and_then(|metadata| json::text(metadata, field));
    let reference = json::text(object, "client_reference_id");
    let order = hint("order_id").or(reference).and_then(|order| order.trim().parse().ok());
    if order.is_none() && session.is_none() && intent.is_none() {
        return Err("NO_ORDER");
    }
    Ok(OrderFact {
        order,
        tenant: hint("tenant_id").and_then(|tenant| tenant.trim().parse().ok()),
        session,
        intent,
        livemode: json::flag(event, "livemode"),
        news,
    })
}

fn news(kind: &str, object: &Value) -> Result<(About, OrderNews), Kept> {
    Ok(match kind {
        "checkout.session.completed" => (About::Session, completed(object)?),
        "checkout.session.async_payment_succeeded" => {
            of_payment(object)?;
            (About::Session, payment(object, PaymentStatus::Paid, &["amount_total"])?)
        }
        "checkout.session.async_payment_failed" => {
            of_payment(object)?;
            let reason = "the payment did not succeed".to_owned();
            (About::Session, OrderNews::Failed { reason })
        }
        "checkout.session.expired" => {
            of_payment(object)?;
            (About::Session, OrderNews::Expired)
        }
        "payment_intent.succeeded" => {
            let amounts = ["amount_received", "amount"];
            (About::Intent, payment(object, PaymentStatus::Paid, &amounts)?)
        }
        "payment_intent.payment_failed" => {
            (About::Intent, OrderNews::AttemptFailed { code: failure(object) })
        }
        "charge.refunded" => {
            let refunded_minor = amount(object, &["amount_refunded"])?;
            (About::OfIntent, OrderNews::Refunded { refunded_minor })
        }
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            (About::OfIntent, refund(object)?)
        }
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => (About::OfIntent, dispute(kind, object)?),
        _ => return Err("TYPE_NOT_HANDLED"),
    })
}

/// Sessions of subscriptions and of set-ups are not about orders.
fn of_payment(session: &Value) -> Result<(), Kept> {
    match json::text(session, "mode") {
        None | Some("payment") => Ok(()),
        Some(_) => Err("SESSION_MODE"),
    }
}

/// A session is completed when the page is done; the money may still be under way.
fn completed(session: &Value) -> Result<OrderNews, Kept> {
    of_payment(session)?;
    let status = match json::text(session, "payment_status") {
        Some("paid") => PaymentStatus::Paid,
        Some("no_payment_required") => PaymentStatus::NoPaymentRequired,
        Some("unpaid") => PaymentStatus::Unpaid,
        _ => return Err("PAYMENT_STATUS_UNKNOWN"),
    };
    payment(session, status, &["amount_total"])
}

fn payment(object: &Value, status: PaymentStatus, amounts: &[&str]) -> Result<OrderNews, Kept> {
    let currency = json::filled(object, "currency").ok_or("MALFORMED_EVENT")?;
    Ok(OrderNews::Payment { status, amount_minor: amount(object, amounts)?, currency })
}

/// `charge.refunded` tells all that was given back; a refund by itself only matters when it came
/// to nothing.
fn refund(refund: &Value) -> Result<OrderNews, Kept> {
    match json::text(refund, "status") {
        Some("failed" | "canceled") => Ok(OrderNews::RefundFailed {
            refund: json::id(refund, "id").ok_or("MALFORMED_EVENT")?,
            amount_minor: amount(refund, &["amount"])?,
        }),
        Some("pending" | "requires_action" | "succeeded") => Err("REFUND_TOLD_BY_CHARGE"),
        _ => Err("REFUND_STATUS_UNKNOWN"),
    }
}

/// What a dispute means follows from its status; the movements of money are told by the type.
/// While a bank only asks (`warning_…`), no money has moved.
fn dispute(kind: &str, dispute: &Value) -> Result<OrderNews, Kept> {
    let id = json::id(dispute, "id").ok_or("MALFORMED_EVENT")?;
    let amount_minor = amount(dispute, &["amount"])?;
    let closed = |outcome| OrderNews::DisputeClosed { dispute: id.clone(), amount_minor, outcome };
    let opened = OrderNews::DisputeOpened { dispute: id.clone(), amount_minor };
    Ok(match (kind, json::text(dispute, "status").unwrap_or_default()) {
        (_, "won" | "prevented") | ("charge.dispute.funds_reinstated", _) => {
            closed(DisputeOutcome::Won)
        }
        (_, "lost") => closed(DisputeOutcome::Lost),
        ("charge.dispute.funds_withdrawn", _) | (_, "needs_response" | "under_review") => opened,
        (_, status) if status.starts_with("warning_") => return Err("DISPUTE_INQUIRY"),
        _ => return Err("DISPUTE_STATUS_UNKNOWN"),
    })
}

/// The first of `fields` that holds an amount.
fn amount(object: &Value, fields: &[&str]) -> Result<u64, Kept> {
    let amount = fields.iter().find_map(|field| json::integer(object, field));
    amount.and_then(|amount| u64::try_from(amount).ok()).ok_or("MALFORMED_EVENT")
}

/// The id in `field`, be it an id or the whole object.
fn reference(object: &Value, field: &str) -> Option<String> {
    json::id(object, field).or_else(|| json::id(object.get(field)?, "id"))
}

/// The code of the last failure of an intent.
fn failure(intent: &Value) -> String {
    let error = intent.get("last_payment_error").unwrap_or(&Value::Null);
    let code = json::filled(error, "decline_code").or_else(|| json::filled(error, "code"));
    let code = code.or_else(|| json::filled(error, "type"));
    code.map_or_else(|| "unknown".to_owned(), |code| code.chars().take(WORDS_MAX).collect())
}
