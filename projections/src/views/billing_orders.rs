//! `billing_orders`: orders of credits, and where their payment and their credits are.

mod table;

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderEvent as Event, DisputeOutcome, OrderOrigin, OrderStatus,
};
use cqrs_es::Aggregate;
use uuid::Uuid;

use super::credit_ledgers::int;
use crate::change::Set;
use crate::query::TableRow;
use crate::reveal::{aggregate_id, code};
use crate::value::Cell;
use crate::{Change, Projection, ProjectionError, Table, When};

pub use table::TABLE;

/// The view.
#[derive(Debug)]
pub struct BillingOrders;

impl Projection for BillingOrders {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[BillingOrder::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let said = event.decode::<BillingOrder>()?;
        let id = aggregate_id(event)?;
        if let Event::OrderCreated { .. } = said {
            return Ok(vec![Change::Insert { key: id.into(), set: created(said) }]);
        }
        let mut changes = counted(said, id);
        let mut set = paid(said);
        set.extend(returned(said));
        changes.push(Change::Patch { key: id.into(), set });
        // by the provider's time, whatever was told last
        let at = event.metadata.occurred_at;
        let (when, set) = (vec![When::NotAfter("changed_at", at)], vec![("changed_at", at.into())]);
        changes.push(Change::PatchWhen { key: id.into(), when, set });
        Ok(changes)
    }
}

/// Where an order stands, as a person is told. It follows from several columns, because facts
/// about money come in any order.
pub fn status(row: &TableRow) -> Option<OrderStatus> {
    let count = |column| row.cell(column).as_int().unwrap_or(0);
    let (refunded, price) = (count("refunded_minor"), count("price_minor"));
    Some(match row.cell("payment").as_text()? {
        "CREATED" => OrderStatus::Created,
        "CHECKOUT_OPEN" => OrderStatus::CheckoutOpen,
        "FAILED" => OrderStatus::Failed,
        "EXPIRED" => OrderStatus::Expired,
        _ if count("open_disputes") > 0 => OrderStatus::Disputed,
        _ if count("lost_disputes") > 0 => OrderStatus::ChargedBack,
        _ if refunded > 0 && refunded >= price => OrderStatus::Refunded,
        _ if refunded > 0 => OrderStatus::PartiallyRefunded,
        _ if *row.cell("granted_at") != Cell::Null => OrderStatus::Granted,
        _ => OrderStatus::Paid,
    })
}

fn created(said: &Event) -> Set {
    let Event::OrderCreated {
        ledger,
        number,
        buyer,
        origin,
        credits,
        price_minor,
        currency,
        valid_days,
        pay_until,
        at,
        ..
    } = said
    else {
        return Set::new();
    };
    let origin = match origin {
        OrderOrigin::Checkout => "CHECKOUT",
        OrderOrigin::AutoTopUp => "AUTO_TOP_UP",
    };
    vec![
        ("number", int(*number)),
        ("ledger_id", ledger.as_uuid().into()),
        ("payment", code(&OrderStatus::Created)),
        ("origin", origin.into()),
        ("buyer_id", buyer.map(bitacora_domain::UserId::as_uuid).into()),
        ("credits", int(*credits)),
        ("price_minor", int(*price_minor)),
        ("currency", currency.clone().into()),
        ("valid_days", valid_days.map(i64::from).into()),
        ("pay_until", (*pay_until).into()),
        ("created_at", (*at).into()),
        ("changed_at", (*at).into()),
    ]
}

/// On the way to being paid.
fn paid(said: &Event) -> Set {
    match said {
        Event::CheckoutOpened { session_id, url, expires_at, pay_until, .. } => vec![
            ("payment", code(&OrderStatus::CheckoutOpen)),
            ("session_id", session_id.clone().into()),
            ("checkout_url", url.clone().into()),
            ("checkout_expires_at", (*expires_at).into()),
            ("pay_until", (*pay_until).into()),
        ],
        Event::PaymentPending { .. } => vec![("pending", true.into())],
        Event::OrderPaid { amount_minor, payment_intent, at, .. } => vec![
            ("payment", code(&OrderStatus::Paid)),
            ("pending", false.into()),
            ("paid_minor", int(*amount_minor)),
            ("payment_intent", payment_intent.clone().into()),
            ("paid_at", (*at).into()),
        ],
        Event::PaymentIntentLinked { payment_intent, .. } => {
            vec![("payment_intent", payment_intent.clone().into())]
        }
        Event::PaymentAttemptFailed { code, attempts, .. } => {
            vec![("failed_attempts", i64::from(*attempts).into()), ("failure", code.clone().into())]
        }
        Event::OrderFailed { reason, .. } => vec![
            ("payment", code(&OrderStatus::Failed)),
            ("pending", false.into()),
            ("failure", reason.clone().into()),
        ],
        Event::OrderExpired { .. } => vec![("payment", code(&OrderStatus::Expired))],
        Event::OrderGranted { grant, at, .. } => {
            vec![("grant_id", grant.as_uuid().into()), ("granted_at", (*at).into())]
        }
        Event::OrderCreated { .. }
        | Event::PaymentAnomalyRecorded { .. }
        | Event::OrderRefunded { .. }
        | Event::OrderRefundFailed { .. }
        | Event::OrderDisputed { .. }
        | Event::OrderDisputeClosed { .. }
        | Event::OrderRevocationRequested { .. }
        | Event::OrderReinstatementRequested { .. } => Set::new(),
    }
}

/// Money that goes back, and the credits with it.
fn returned(said: &Event) -> Set {
    if let Event::OrderRefunded { refunded_minor, .. }
    | Event::OrderRefundFailed { refunded_minor, .. } = said
    {
        return vec![("refunded_minor", int(*refunded_minor))];
    }
    if let Event::OrderRevocationRequested { revoked, .. }
    | Event::OrderReinstatementRequested { revoked, .. } = said
    {
        return vec![("revoked_credits", int(*revoked))];
    }
    Set::new()
}

fn counted(said: &Event, id: Uuid) -> Vec<Change> {
    let add = |column, by| Change::Add { key: id.into(), column, by };
    if let Event::OrderDisputed { .. } = said {
        return vec![add("open_disputes", 1)];
    }
    if let Event::OrderDisputeClosed { outcome, .. } = said {
        let lost = i64::from(*outcome == DisputeOutcome::Lost);
        return vec![add("open_disputes", -1), add("lost_disputes", lost)];
    }
    if let Event::PaymentAnomalyRecorded { .. } = said {
        return vec![add("anomalies", 1)];
    }
    Vec::new()
}
