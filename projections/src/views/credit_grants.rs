//! `credit_grants`: where the prepaid credits come from, and what is left of each.

use bitacora_domain::aggregates::credit_ledger::{
    Allocation, CreditLedger, CreditLedgerEvent as Event, DebtCause, GrantKind, GrantSource,
    Regrant, Settlement,
};
use bitacora_domain::{GrantId, RecordedEvent};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;

use super::credit_ledgers::int;
use crate::reveal::code;
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Floor, Index, Projection, ProjectionError, Table};

const OWNER: &str = CreditLedger::TYPE;

/// The view.
#[derive(Debug)]
pub struct CreditGrants;

const fn part(name: &'static str, doc: &'static str) -> Column {
    Column::of(OWNER, name, ColumnType::Int, doc).floored(Floor::Zero)
}

/// Its table.
pub static TABLE: Table = Table {
    name: "credit_grants",
    schema: 1,
    doc: "One row per grant: credits that came in at once, and where they are now.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the grant."),
        Column::of(OWNER, "number", ColumnType::Int, "Order of creation in the ledger, from 1."),
        Column::of(
            OWNER,
            "kind",
            ColumnType::Text,
            "`PURCHASE`, `BONUS`, `TRIAL`, `ADJUSTMENT` or `GOODWILL`.",
        ),
        Column::of(
            OWNER,
            "source",
            ColumnType::Text,
            "`ORDER`, `ADMIN`, or what the ledger made it for: `REFUND` of a hold, \
             `REINSTATEMENT` of a grant, `ADJUSTMENT`.",
        ),
        Column::of(OWNER, "source_id", ColumnType::Uuid, "Which one; NULL for `ADMIN`.").optional(),
        Column::of(OWNER, "priority", ColumnType::Int, "1 to 50; lower burns first."),
        part("credits", "What was given."),
        part("remaining", "Neither held nor used nor gone."),
        part("held", "In open holds."),
        part(
            "used",
            "Used up by captures, less what was refunded to it; by adjustments; to settle debts.",
        ),
        part("lapsed", "Ended unused."),
        part("revoked", "Taken back with the payment: also what was used or had lapsed."),
        part("owed", "Of `held`, taken back: it goes when the hold ends."),
        Column::of(OWNER, "active", ColumnType::Bool, "It has begun."),
        Column::of(OWNER, "granted_at", ColumnType::Time, "When it was given."),
        Column::of(OWNER, "effective_at", ColumnType::Time, "From when it can be used."),
        Column::of(OWNER, "expires_at", ColumnType::Time, "Exclusive end; NULL for never.")
            .optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_number", columns: &["-number", "-id"] },
        Index { name: "by_kind", columns: &["kind", "-number", "-id"] },
        Index { name: "by_end", columns: &["expires_at", "id"] },
    ],
};

impl Projection for CreditGrants {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let mut changes = Vec::new();
        made(event.decode::<CreditLedger>()?, &mut changes);
        moved(event.decode::<CreditLedger>()?, &mut changes);
        Ok(changes)
    }
}

/// New rows, which events of four kinds make.
fn made(said: &Event, changes: &mut Vec<Change>) {
    if let Event::CreditsGranted {
        grant,
        number,
        kind,
        credits,
        priority,
        effective_at,
        expires_at,
        source,
        scheduled,
        at,
        ..
    } = said
    {
        let times = (*at, *effective_at);
        let terms = Regrant {
            grant: *grant,
            number: *number,
            credits: *credits,
            priority: *priority,
            expires_at: *expires_at,
        };
        changes.push(inserted(&terms, *kind, *source, !*scheduled, times));
    }
    let Some((Some(terms), kind, source)) = regranted(said) else { return };
    changes.push(inserted(terms, kind, source, true, (said.at(), said.at())));
}

type Regranted<'a> = (Option<&'a Regrant>, GrantKind, GrantSource);

/// A grant that the ledger made itself. It begins at once.
fn regranted(said: &Event) -> Option<Regranted<'_>> {
    if let Event::ConsumptionRefunded { regranted, hold, .. } = said {
        return Some((regranted.as_ref(), GrantKind::Goodwill, GrantSource::Refund(*hold)));
    }
    if let Event::GrantReinstated { regranted, grant, .. } = said {
        return Some((regranted.as_ref(), GrantKind::Goodwill, GrantSource::Reinstatement(*grant)));
    }
    if let Event::CreditsAdjusted { granted, adjustment, .. } = said {
        let source = GrantSource::Adjustment(*adjustment);
        return Some((granted.as_ref(), GrantKind::Adjustment, source));
    }
    None
}

fn inserted(
    terms: &Regrant,
    kind: GrantKind,
    source: GrantSource,
    active: bool,
    (granted_at, effective_at): (DateTime<Utc>, DateTime<Utc>),
) -> Change {
    let (source, source_id) = match source {
        GrantSource::Order(order) => ("ORDER", Some(order.as_uuid())),
        GrantSource::Admin => ("ADMIN", None),
        GrantSource::Refund(hold) => ("REFUND", Some(hold.as_uuid())),
        GrantSource::Reinstatement(grant) => ("REINSTATEMENT", Some(grant.as_uuid())),
        GrantSource::Adjustment(adjustment) => ("ADJUSTMENT", Some(adjustment)),
    };
    let set = vec![
        ("number", int(terms.number)),
        ("kind", code(&kind)),
        ("source", source.into()),
        ("source_id", source_id.into()),
        ("priority", i64::from(terms.priority).into()),
        ("credits", int(terms.credits)),
        ("remaining", int(terms.credits)),
        ("active", active.into()),
        ("granted_at", granted_at.into()),
        ("effective_at", effective_at.into()),
        ("expires_at", terms.expires_at.into()),
    ];
    Change::Insert { key: terms.grant.as_uuid().into(), set }
}

/// Credits that go from one part of a grant to another.
struct Moves<'a>(&'a mut Vec<Change>);

impl Moves<'_> {
    fn add(&mut self, grant: GrantId, column: &'static str, by: i64) {
        if by != 0 {
            self.0.push(Change::Add { key: grant.as_uuid().into(), column, by });
        }
    }

    fn one(&mut self, grant: GrantId, from: &'static str, to: Option<&'static str>, credits: u64) {
        let credits = i64::try_from(credits).unwrap_or(i64::MAX);
        self.add(grant, from, -credits);
        if let Some(to) = to {
            self.add(grant, to, credits);
        }
    }

    fn all(&mut self, parts: &[Allocation], from: &'static str, to: Option<&'static str>) {
        for part in parts {
            self.one(part.grant, from, to, part.credits);
        }
    }
}

fn moved(said: &Event, changes: &mut Vec<Change>) {
    let mut moves = Moves(changes);
    match said {
        Event::GrantActivated { grant, .. } => {
            let (key, set) = (grant.as_uuid().into(), vec![("active", Cell::Bool(true))]);
            moves.0.push(Change::Patch { key, set });
        }
        Event::CreditsReserved { allocations, .. } => {
            moves.all(allocations, "remaining", Some("held"));
        }
        Event::HoldCaptured { allocations, .. } => moves.all(allocations, "held", Some("used")),
        Event::HoldReleased { returned, lapsed, clawed, .. }
        | Event::HoldExpired { returned, lapsed, clawed, .. } => {
            moves.all(returned, "held", Some("remaining"));
            moves.all(lapsed, "held", Some("lapsed"));
            moves.all(clawed, "held", None);
            moves.all(clawed, "owed", None);
        }
        Event::ConsumptionRefunded { allocations, .. } => {
            moves.all(allocations, "used", Some("remaining"));
        }
        Event::CreditsAdjusted { allocations, .. }
        | Event::DebtSettled { by: Settlement::Credits(allocations), .. } => {
            moves.all(allocations, "remaining", Some("used"));
        }
        Event::GrantExpired { grant, remaining, .. } => {
            moves.one(*grant, "remaining", Some("lapsed"), *remaining);
        }
        Event::GrantRevoked { .. } | Event::GrantReinstated { .. } => taken_back(said, &mut moves),
        Event::DebtRecorded { cause: DebtCause::Capture { .. }, allocations, .. } => {
            moves.all(allocations, "owed", None);
        }
        Event::DebtRecorded { cause: DebtCause::Revocation { .. }, .. }
        | Event::DebtSettled { by: Settlement::Outside { .. }, .. }
        | Event::LedgerOpened { .. }
        | Event::CreditsGranted { .. }
        | Event::CreditsExhausted { .. }
        | Event::ThresholdSet { .. }
        | Event::LowBalanceReached { .. }
        | Event::LowBalanceCleared { .. }
        | Event::LedgerFrozen { .. }
        | Event::LedgerUnfrozen { .. }
        | Event::AutoTopUpConfigured { .. }
        | Event::AutoTopUpRequested { .. }
        | Event::AutoTopUpFailed { .. } => {}
    }
}

fn taken_back(said: &Event, moves: &mut Moves<'_>) {
    let signed = |credits: u64| i64::try_from(credits).unwrap_or(i64::MAX);
    if let Event::GrantRevoked { grant, credits, clawed, owed, .. } = said {
        moves.add(*grant, "remaining", -signed(*clawed));
        moves.add(*grant, "owed", signed(*owed));
        moves.add(*grant, "revoked", signed(*credits));
    }
    if let Event::GrantReinstated { grant, credits, restored, unowed, regranted, .. } = said {
        let back = if regranted.is_some() { 0 } else { *restored };
        moves.add(*grant, "remaining", signed(back));
        moves.add(*grant, "owed", -signed(*unowed));
        moves.add(*grant, "revoked", -signed(*credits));
    }
}
