//! `credit_ledgers`: how the prepaid credits of a tenant stand (CONV-19).

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::credit_ledger::{
    AutoTopUp, Balance, CreditLedger, CreditLedgerEvent as Event, GrantSource,
};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::aggregate_id;
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Floor, Projection, ProjectionError, Table};

const OWNER: &str = CreditLedger::TYPE;

/// The view.
#[derive(Debug)]
pub struct CreditLedgers;

const fn amount(name: &'static str, doc: &'static str) -> Column {
    Column::of(OWNER, name, ColumnType::Int, doc)
}

/// Its table.
pub static TABLE: Table = Table {
    name: "credit_ledgers",
    schema: 1,
    doc: "One row per tenant with credits: how many there are. Credits are whole numbers.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the ledger."),
        amount("available", "Credits that can be set aside.").floored(Floor::ZeroUnless("debt")),
        amount("held", "Credits that are set aside.").floored(Floor::Zero),
        amount("scheduled", "Credits of grants that have not begun.").floored(Floor::Zero),
        amount("debt", "Credits owed: used before their payment was taken back.")
            .floored(Floor::Zero),
        amount("balance", "Available and held, less the debt."),
        Column::of(OWNER, "frozen", ColumnType::Bool, "Nothing may be set aside."),
        Column::of(OWNER, "frozen_reason", ColumnType::Text, "Why it is frozen.").optional(),
        amount("low", "A warning comes at so many available credits or fewer."),
        amount("rearm", "The balance has recovered at so many available credits or more."),
        Column::of(OWNER, "alerted", ColumnType::Bool, "Warned, and not recovered since."),
        amount("top_up_at", "Buys by itself at so many available credits or fewer.").optional(),
        amount("top_up_credits", "How many it buys.").optional(),
        amount("top_up_price_minor", "At which price, in the currency's smallest unit.").optional(),
        Column::of(OWNER, "top_up_currency", ColumnType::Text, "ISO 4217 code, lower case.")
            .optional(),
        Column::of(OWNER, "top_up_order_id", ColumnType::Uuid, "Order that is under way.")
            .optional(),
        Column::of(
            OWNER,
            "top_up_failure",
            ColumnType::Text,
            "Why the last automatic order came to nothing; none is made until a purchase arrives \
             or it is configured anew.",
        )
        .optional(),
        Column::of(OWNER, "opened_at", ColumnType::Time, "When it was opened."),
        Column::of(OWNER, "changed_at", ColumnType::Time, "When it last changed."),
        Column::of(OWNER, "version", ColumnType::Int, "Number of its events."),
    ],
    key: &["id"],
    indexes: &[],
};

/// A number of credits or of money as a cell. Both are far below 2^53.
pub(crate) fn int(number: u64) -> Cell {
    Cell::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

impl Projection for CreditLedgers {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let said = event.decode::<CreditLedger>()?;
        let mut set = said.balance().map(balance).unwrap_or_default();
        set.extend(settings(said));
        set.extend(top_ups(said));
        set.push(("changed_at", said.at().into()));
        set.push(("version", event.version.0.into()));
        let key = aggregate_id(event)?;
        let changed = Change::Upsert { key: key.into(), set };
        Ok([Some(changed), arrived(said, key)].into_iter().flatten().collect())
    }
}

fn balance(balance: Balance) -> Set {
    vec![
        ("available", int(balance.available)),
        ("held", int(balance.held)),
        ("scheduled", int(balance.scheduled)),
        ("debt", int(balance.debt)),
        ("balance", balance.booked().into()),
    ]
}

fn settings(said: &Event) -> Set {
    match said {
        Event::LedgerOpened { low, rearm, at, .. } => opened(*low, *rearm, *at),
        Event::ThresholdSet { low, rearm, .. } => vec![("low", int(*low)), ("rearm", int(*rearm))],
        Event::LowBalanceReached { .. } => vec![("alerted", true.into())],
        Event::LowBalanceCleared { .. } => vec![("alerted", false.into())],
        Event::LedgerFrozen { reason, .. } => {
            vec![("frozen", true.into()), ("frozen_reason", reason.clone().into())]
        }
        Event::LedgerUnfrozen { .. } => {
            vec![("frozen", false.into()), ("frozen_reason", Cell::Null)]
        }
        Event::CreditsGranted { .. }
        | Event::GrantActivated { .. }
        | Event::CreditsReserved { .. }
        | Event::HoldCaptured { .. }
        | Event::HoldReleased { .. }
        | Event::HoldExpired { .. }
        | Event::ConsumptionRefunded { .. }
        | Event::CreditsAdjusted { .. }
        | Event::GrantExpired { .. }
        | Event::GrantRevoked { .. }
        | Event::DebtRecorded { .. }
        | Event::DebtSettled { .. }
        | Event::GrantReinstated { .. }
        | Event::CreditsExhausted { .. }
        | Event::AutoTopUpConfigured { .. }
        | Event::AutoTopUpRequested { .. }
        | Event::AutoTopUpFailed { .. } => Set::new(),
    }
}

fn opened(low: u64, rearm: u64, at: DateTime<Utc>) -> Set {
    vec![("low", int(low)), ("rearm", int(rearm)), ("opened_at", at.into())]
}

fn top_ups(said: &Event) -> Set {
    if let Event::AutoTopUpConfigured { top_up, .. } = said {
        return configured(top_up.as_ref());
    }
    if let Event::AutoTopUpRequested { order, .. } = said {
        return vec![("top_up_order_id", order.as_uuid().into())];
    }
    if let Event::AutoTopUpFailed { reason, .. } = said {
        return vec![("top_up_order_id", Cell::Null), ("top_up_failure", reason.clone().into())];
    }
    // A purchase makes it try again, whoever bought.
    if let Event::CreditsGranted { source: GrantSource::Order(_), .. } = said {
        return vec![("top_up_failure", Cell::Null)];
    }
    Set::new()
}

/// The order that was waited for has arrived.
fn arrived(said: &Event, key: Uuid) -> Option<Change> {
    let Event::CreditsGranted { source: GrantSource::Order(order), .. } = said else { return None };
    let (column, value) = ("top_up_order_id", order.as_uuid().into());
    Some(Change::PatchIf { key: key.into(), column, value, set: vec![(column, Cell::Null)] })
}

fn configured(top_up: Option<&AutoTopUp>) -> Set {
    vec![
        ("top_up_at", top_up.map(|it| int(it.at_or_below)).into()),
        ("top_up_credits", top_up.map(|it| int(it.credits)).into()),
        ("top_up_price_minor", top_up.map(|it| int(it.price_minor)).into()),
        ("top_up_currency", top_up.map(|it| it.currency.clone()).into()),
        ("top_up_failure", Cell::Null),
    ]
}
