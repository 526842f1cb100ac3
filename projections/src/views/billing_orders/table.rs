//! The declaration of `billing_orders`.

use bitacora_domain::aggregates::billing_order::BillingOrder;
use cqrs_es::Aggregate;

use crate::value::ColumnType;
use crate::{Column, Floor, Index, Table};

const OWNER: &str = BillingOrder::TYPE;

const fn of(name: &'static str, ty: ColumnType, doc: &'static str) -> Column {
    Column::of(OWNER, name, ty, doc)
}

const fn count(name: &'static str, doc: &'static str) -> Column {
    of(name, ColumnType::Int, doc).floored(Floor::Zero)
}

/// Its table.
pub static TABLE: Table = Table {
    name: "billing_orders",
    schema: 1,
    doc: "One row per order of credits. An order is *granted* when it is paid and has \
          `granted_at`; *disputed* while it has open disputes; *charged back* when one was lost; \
          *refunded* by what was given back.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the order."),
        of("number", ColumnType::Int, "Gapless within the tenant, from 1."),
        of("ledger_id", ColumnType::Uuid, "Ledger that gets the credits."),
        of(
            "payment",
            ColumnType::Text,
            "`CREATED`, `CHECKOUT_OPEN` (somebody can pay it), `FAILED`, `EXPIRED` or `PAID`.",
        ),
        of("origin", ColumnType::Text, "`CHECKOUT`, or `AUTO_TOP_UP` when the ledger made it."),
        of("buyer_id", ColumnType::Uuid, "User who buys; NULL when nobody in person does.")
            .optional(),
        of("credits", ColumnType::Int, "Credits."),
        of("price_minor", ColumnType::Int, "Price, in the currency's smallest unit."),
        of("currency", ColumnType::Text, "ISO 4217 code, lower case."),
        of("valid_days", ColumnType::Int, "The credits end so many days after the payment.")
            .optional(),
        of("session_id", ColumnType::Text, "The provider's checkout session.").optional(),
        of("checkout_url", ColumnType::Text, "Page where it can be paid.").optional(),
        of("checkout_expires_at", ColumnType::Time, "When the page ends.").optional(),
        of("pay_until", ColumnType::Time, "When the order expires unless it is paid."),
        of("payment_intent", ColumnType::Text, "The provider's payment intent.").optional(),
        of("pending", ColumnType::Bool, "A slow payment is under way."),
        count("failed_attempts", "Attempts to pay that failed."),
        of("failure", ColumnType::Text, "Why the last attempt, or the order, failed.").optional(),
        of("paid_minor", ColumnType::Int, "What was paid, in the smallest unit.").optional(),
        of("paid_at", ColumnType::Time, "When it was paid.").optional(),
        of("grant_id", ColumnType::Uuid, "Grant that its credits are of.").optional(),
        of("granted_at", ColumnType::Time, "When the credits were given.").optional(),
        count("refunded_minor", "What was given back, in the smallest unit."),
        count("open_disputes", "Disputes that are open."),
        count("lost_disputes", "Disputes that were lost."),
        count("revoked_credits", "Credits that were asked back, less those given again."),
        count("anomalies", "Payments of a wrong amount, or beside the one that counted."),
        of("created_at", ColumnType::Time, "When it was made."),
        of("changed_at", ColumnType::Time, "When it last changed."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_number", columns: &["-number", "-id"] },
        Index { name: "by_payment", columns: &["payment", "-number", "-id"] },
        Index { name: "by_session", columns: &["session_id"] },
        Index { name: "by_intent", columns: &["payment_intent"] },
    ],
};
