//! `ledger_entries`: the statement of the prepaid credits (CONV-19).

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::credit_ledger::{
    CreditLedger, CreditLedgerEvent as Event, DebtCause, Entry, GrantSource, Purpose, Settlement,
};
use cqrs_es::Aggregate;
use uuid::Uuid;

use super::credit_holds::purpose_name;
use crate::change::Set;
use crate::reveal::{aggregate_id, code, person};
use crate::value::ColumnType;
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = CreditLedger::TYPE;
/// No event has so many lines.
const LINES: i64 = 8;

/// The view.
#[derive(Debug)]
pub struct LedgerEntries;

/// Its table.
pub static TABLE: Table = Table {
    name: "ledger_entries",
    schema: 1,
    doc: "The statement: one row per movement of credits, with the balance after it.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Follows from the event and the line in it."),
        Column::once("ledger_id", ColumnType::Uuid, "Ledger."),
        Column::once(
            "number",
            ColumnType::Int,
            "Place in the statement; grows, with gaps: 8 times the event's number, and the line.",
        ),
        Column::once(
            "transaction_type",
            ColumnType::Text,
            "`CREDIT_PURCHASE`, `CREDIT_BONUS`, `CREDIT_TRIAL`, `CREDIT_GOODWILL`, \
             `CREDIT_ADJUSTMENT`, `CREDIT_ACTIVATION`, `CREDIT_HOLD`, `CREDIT_RELEASE`, \
             `CREDIT_CONSUMPTION`, `CREDIT_REFUND`, `CREDIT_EXPIRY`, `CREDIT_REVOCATION`, \
             `CREDIT_REINSTATEMENT`, `CREDIT_DEBT` or `CREDIT_DEBT_SETTLEMENT`.",
        ),
        Column::once(
            "amount",
            ColumnType::Int,
            "Change of the balance; 0 when credits are only set aside or given back.",
        ),
        Column::once("available_change", ColumnType::Int, "Change of what is available."),
        Column::once("balance_after", ColumnType::Int, "Available and held, less the debt."),
        Column::once("grant_id", ColumnType::Uuid, "Grant that it is about.").optional(),
        Column::once("hold_id", ColumnType::Uuid, "Hold that it is about.").optional(),
        Column::once("order_id", ColumnType::Uuid, "Order that paid for it.").optional(),
        Column::once(
            "purpose",
            ColumnType::Text,
            "What credits were set aside for: `LEAD`, `CALL`, `CAMPAIGN` or `MESSAGE`.",
        )
        .optional(),
        Column::once("purpose_id", ColumnType::Uuid, "Which one.").optional(),
        Column::once("reason", ColumnType::Text, "What whoever did it said.").optional(),
        Column::once("actor", ColumnType::Text, "Kind and id of who did it."),
        Column::once("at", ColumnType::Time, "When it took effect."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_number", columns: &["-number", "-id"] },
        Index { name: "by_type", columns: &["transaction_type", "-number", "-id"] },
        Index { name: "by_hold", columns: &["hold_id", "-number", "-id"] },
        Index { name: "by_purpose", columns: &["purpose_id", "-number", "-id"] },
    ],
};

impl Projection for LedgerEntries {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let said = event.decode::<CreditLedger>()?;
        let ledger = aggregate_id(event)?;
        let about = about(said);
        let lines = (0..).zip(said.entries());
        Ok(lines.map(|(line, entry)| row(event, said, (ledger, line), entry, &about)).collect())
    }
}

fn row(
    event: &RecordedEvent,
    said: &Event,
    (ledger, line): (Uuid, i64),
    entry: Entry,
    about: &Set,
) -> Change {
    let mut set = about.clone();
    set.extend([
        ("ledger_id", ledger.into()),
        ("number", (event.version.0 * LINES + line).into()),
        ("transaction_type", entry.transaction_type.as_str().into()),
        ("amount", entry.amount.into()),
        ("available_change", entry.available_change.into()),
        ("balance_after", entry.balance_after.into()),
        ("actor", person(&event.metadata.actor)),
        ("at", said.at().into()),
    ]);
    let event = event.metadata.event_id.as_uuid();
    let id = Uuid::new_v5(&event, line.to_string().as_bytes());
    Change::Insert { key: id.into(), set }
}

/// What an event that moves credits is about.
fn about(said: &Event) -> Set {
    match said {
        Event::CreditsGranted { grant, source, .. } => {
            let mut set = vec![("grant_id", grant.as_uuid().into())];
            if let GrantSource::Order(order) = source {
                set.push(("order_id", order.as_uuid().into()));
            }
            set
        }
        Event::GrantActivated { grant, .. } | Event::GrantExpired { grant, .. } => {
            vec![("grant_id", grant.as_uuid().into())]
        }
        Event::GrantRevoked { grant, reason, .. } => {
            vec![("grant_id", grant.as_uuid().into()), ("reason", code(reason))]
        }
        Event::GrantReinstated { grant, reason, .. } => {
            vec![("grant_id", grant.as_uuid().into()), ("reason", code(reason))]
        }
        Event::CreditsReserved { hold, purpose, .. }
        | Event::HoldCaptured { hold, purpose, .. }
        | Event::HoldExpired { hold, purpose, .. } => held(hold.as_uuid(), *purpose),
        Event::HoldReleased { hold, purpose, reason, .. } => {
            let mut set = held(hold.as_uuid(), *purpose);
            set.push(("reason", reason.clone().into()));
            set
        }
        Event::ConsumptionRefunded { hold, purpose, reason, .. } => {
            let mut set = held(hold.as_uuid(), *purpose);
            set.push(("reason", reason.clone().into()));
            set
        }
        Event::CreditsAdjusted { reason, .. } => vec![("reason", reason.clone().into())],
        Event::DebtRecorded { cause, .. } => vec![match cause {
            DebtCause::Revocation { grant, .. } => ("grant_id", grant.as_uuid().into()),
            DebtCause::Capture { hold } => ("hold_id", hold.as_uuid().into()),
        }],
        Event::DebtSettled { by: Settlement::Outside { reason, .. }, .. } => {
            vec![("reason", reason.clone().into())]
        }
        Event::DebtSettled { by: Settlement::Credits(_), .. }
        | Event::LedgerOpened { .. }
        | Event::CreditsExhausted { .. }
        | Event::ThresholdSet { .. }
        | Event::LowBalanceReached { .. }
        | Event::LowBalanceCleared { .. }
        | Event::LedgerFrozen { .. }
        | Event::LedgerUnfrozen { .. }
        | Event::AutoTopUpConfigured { .. }
        | Event::AutoTopUpRequested { .. }
        | Event::AutoTopUpFailed { .. } => Set::new(),
    }
}

fn held(hold: Uuid, purpose: Purpose) -> Set {
    vec![
        ("hold_id", hold.into()),
        ("purpose", purpose_name(purpose.kind).into()),
        ("purpose_id", purpose.id.into()),
    ]
}
