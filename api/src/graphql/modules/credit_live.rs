//! What happens to the prepaid credits of the tenant, as it happens.

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject, Subscription};
use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::credit_ledger as domain;
use domain::CreditLedgerEvent as Event;
use futures::{Stream, StreamExt as _};

use super::credit_ledgers::{self, CreditLedger};
use crate::graphql::announced::{Announced, announced};
use crate::graphql::scalars::Cursor;

/// What somebody should be told about the credits (CHATI-38, CONV-40).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CreditAlert {
    /// Credits are running out. Once, until they have recovered.
    LowBalance,
    /// There are enough again.
    Recovered,
    /// The last available credit is gone.
    Exhausted,
    /// Credits are owed, or more than before.
    InDebt,
    /// Nothing may be set aside any more.
    Frozen,
    /// Buying by itself came to nothing, and stopped.
    TopUpFailed,
}

/// Something about the credits of the tenant changed.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct LedgerChanged {
    #[graphql(flatten)]
    announced: Announced,
}

#[ComplexObject]
impl LedgerChanged {
    /// The credits as they are now; null, with an error beside it, while they are parked.
    async fn ledger(&self) -> Option<Result<CreditLedger>> {
        self.announced.node(CreditLedger)
    }
    /// What somebody should be told; null for what is as usual.
    async fn alert(&self) -> Option<CreditAlert> {
        alert(&self.announced.event)
    }
}

fn alert(event: &RecordedEvent) -> Option<CreditAlert> {
    match event.decode::<domain::CreditLedger>().ok()? {
        Event::LowBalanceReached { .. } => Some(CreditAlert::LowBalance),
        Event::LowBalanceCleared { .. } => Some(CreditAlert::Recovered),
        Event::CreditsExhausted { .. } => Some(CreditAlert::Exhausted),
        Event::DebtRecorded { .. } => Some(CreditAlert::InDebt),
        Event::LedgerFrozen { .. } => Some(CreditAlert::Frozen),
        Event::AutoTopUpFailed { .. } => Some(CreditAlert::TopUpFailed),
        Event::LedgerOpened { .. }
        | Event::CreditsGranted { .. }
        | Event::GrantActivated { .. }
        | Event::CreditsReserved { .. }
        | Event::HoldCaptured { .. }
        | Event::HoldReleased { .. }
        | Event::HoldExpired { .. }
        | Event::ConsumptionRefunded { .. }
        | Event::CreditsAdjusted { .. }
        | Event::GrantExpired { .. }
        | Event::GrantRevoked { .. }
        | Event::DebtSettled { .. }
        | Event::GrantReinstated { .. }
        | Event::ThresholdSet { .. }
        | Event::LedgerUnfrozen { .. }
        | Event::AutoTopUpConfigured { .. }
        | Event::AutoTopUpRequested { .. } => None,
    }
}

/// Fields of the subscription root.
#[derive(Default)]
pub struct CreditSubscriptions;

#[Subscription]
impl CreditSubscriptions {
    /// Changes of the tenant's credits behind `after` (from now on when absent), in order, one
    /// per event, without hole or double. Resume with the last cursor.
    async fn ledger_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what somebody should be told: events with an `alert`.")]
        alerts_only: Option<bool>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<LedgerChanged>> + use<>> {
        let alerts_only = alerts_only.unwrap_or(false);
        let changed = move |event: &RecordedEvent| {
            let told =
                event.is_of::<domain::CreditLedger>() && (!alerts_only || alert(event).is_some());
            told.then(|| event.stream.aggregate_id.parse().ok()).flatten()
        };
        let announced = announced(ctx, after, credit_ledgers::TABLE, changed).await?;
        Ok(announced.map(|item| item.map(|announced| LedgerChanged { announced })))
    }
}
