//! `credit_holds`: credits that are, or were, set aside for something.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::credit_ledger::{
    CreditLedger, CreditLedgerEvent as Event, PurposeKind, ReleaseCause,
};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;

use super::credit_ledgers::int;
use crate::change::Set;
use crate::value::ColumnType;
use crate::{Change, Column, Floor, Index, Projection, ProjectionError, Table};

const OWNER: &str = CreditLedger::TYPE;

/// The view.
#[derive(Debug)]
pub struct CreditHolds;

/// Its table.
pub static TABLE: Table = Table {
    name: "credit_holds",
    schema: 1,
    doc: "One row per hold: credits that were set aside, and what became of them.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the hold."),
        Column::of(OWNER, "number", ColumnType::Int, "Number of the hold in the ledger, from 1."),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`PENDING`, `CAPTURED`, `RELEASED` or `EXPIRED`; each but the first is final.",
        ),
        Column::of(OWNER, "credits", ColumnType::Int, "Credits that were set aside."),
        Column::of(OWNER, "captured", ColumnType::Int, "Credits that were used up.")
            .floored(Floor::Zero),
        Column::of(OWNER, "refunded", ColumnType::Int, "Credits that were given back afterwards.")
            .floored(Floor::Zero),
        Column::of(
            OWNER,
            "purpose",
            ColumnType::Text,
            "What for: `LEAD`, `CALL`, `CAMPAIGN` or `MESSAGE`.",
        ),
        Column::of(OWNER, "purpose_id", ColumnType::Uuid, "Which one."),
        Column::of(OWNER, "reason", ColumnType::Text, "Why it was released, or given back.")
            .optional(),
        Column::of(OWNER, "reserved_at", ColumnType::Time, "When they were set aside."),
        Column::of(OWNER, "expires_at", ColumnType::Time, "Until when, exclusive."),
        Column::of(OWNER, "ended_at", ColumnType::Time, "When it was over.").optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_number", columns: &["-number", "-id"] },
        Index { name: "by_status", columns: &["status", "-number", "-id"] },
        Index { name: "by_purpose", columns: &["purpose_id", "-number", "-id"] },
    ],
};

impl Projection for CreditHolds {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        Ok(change(event.decode::<CreditLedger>()?).into_iter().collect())
    }
}

fn change(said: &Event) -> Option<Change> {
    if let Event::CreditsReserved { hold, number, credits, purpose, expires_at, at, .. } = said {
        let set = vec![
            ("number", int(*number)),
            ("status", "PENDING".into()),
            ("credits", int(*credits)),
            ("purpose", purpose_name(purpose.kind).into()),
            ("purpose_id", purpose.id.into()),
            ("reserved_at", (*at).into()),
            ("expires_at", (*expires_at).into()),
        ];
        return Some(Change::Insert { key: hold.as_uuid().into(), set });
    }
    let (hold, set) = ended(said)?;
    Some(Change::Patch { key: hold.as_uuid().into(), set })
}

fn ended(said: &Event) -> Option<(bitacora_domain::HoldId, Set)> {
    if let Event::HoldCaptured { hold, credits, at, .. } = said {
        let mut set = over("CAPTURED", *at);
        set.push(("captured", int(*credits)));
        return Some((*hold, set));
    }
    // The remainder of a capture is released in the same breath; the hold was captured.
    if let Event::HoldReleased { hold, cause: ReleaseCause::Released, reason, at, .. } = said {
        let mut set = over("RELEASED", *at);
        set.push(("reason", reason.clone().into()));
        return Some((*hold, set));
    }
    if let Event::HoldExpired { hold, at, .. } = said {
        return Some((*hold, over("EXPIRED", *at)));
    }
    if let Event::ConsumptionRefunded { hold, credits, reason, .. } = said {
        let set = vec![("refunded", int(*credits)), ("reason", reason.clone().into())];
        return Some((*hold, set));
    }
    None
}

/// What credits were set aside for, as columns have it.
pub(crate) const fn purpose_name(kind: PurposeKind) -> &'static str {
    match kind {
        PurposeKind::Lead => "LEAD",
        PurposeKind::Call => "CALL",
        PurposeKind::Campaign => "CAMPAIGN",
        PurposeKind::Message => "MESSAGE",
    }
}

fn over(status: &str, at: DateTime<Utc>) -> Set {
    vec![("status", status.into()), ("ended_at", at.into())]
}
