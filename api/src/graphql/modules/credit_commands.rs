//! What whoever runs the installation does with a tenant's credits. No role of a tenant may any
//! of it: a tenant that could give itself credits would not have to pay. The operator's own user
//! answers for what is adjusted and settled.

use async_graphql::{Context, Enum, ID, Object, Result};
use bitacora_domain::aggregates::credit_ledger::{
    CreditLedgerCommand as Command, GrantKind, GrantSource,
};
use bitacora_domain::{GrantId, HoldId, UserId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::billing_commands::{Prepared, credits, on_ledger};
use super::credit_ledgers::CreditLedger;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{
    MutationInput, Payload, Run, Unmet, argument, mutation_types, user_error,
};

/// Why credits are given without a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum GivenCreditKind {
    /// Added to a purchase, or for a campaign.
    Bonus,
    /// To try the product with; once.
    Trial,
    /// Out of courtesy.
    Goodwill,
}

impl From<GivenCreditKind> for GrantKind {
    fn from(kind: GivenCreditKind) -> Self {
        match kind {
            GivenCreditKind::Bonus => Self::Bonus,
            GivenCreditKind::Trial => Self::Trial,
            GivenCreditKind::Goodwill => Self::Goodwill,
        }
    }
}

mutation_types! {
    /// Credits to give without a payment.
    "grantCredits": GrantCreditsInput {
        /// Why.
        pub kind: GivenCreditKind,
        /// How many, 1 to 1,000,000,000.
        pub credits: i64,
        /// 1 to 50, 10 when absent; lower is used first.
        pub priority: Option<i32>,
        /// From when they can be used; at once when absent.
        pub effective_at: Option<DateTime<Utc>>,
        /// Until when, exclusive; for ever when absent.
        pub expires_at: Option<DateTime<Utc>>,
    } -> GrantCreditsPayload | GrantCreditsError {
        /// The credits; null when it failed.
        ledger: CreditLedger
    }
}
mutation_types! {
    /// A correction of the balance.
    "adjustCredits": AdjustCreditsInput {
        /// Up or down, not 0; what is taken must be available.
        pub credits: i64,
        /// Why, 1–500 characters.
        pub reason: String,
    } -> AdjustCreditsPayload | AdjustCreditsError {
        /// The credits; null when it failed.
        ledger: CreditLedger
    }
}
mutation_types! {
    /// Credits to give back that were used up.
    "refundConsumption": RefundConsumptionInput {
        /// The hold that was captured.
        pub hold_id: ID,
        /// How many, 1 to what was captured.
        pub credits: i64,
        /// Why, 1–500 characters.
        pub reason: String,
    } -> RefundConsumptionPayload | RefundConsumptionError {
        /// The credits; null when it failed.
        ledger: CreditLedger
    }
}
mutation_types! {
    /// A debt that was settled outside, or is written off.
    "settleDebt": SettleDebtInput {
        /// How many credits of it, 1 to the debt.
        pub credits: i64,
        /// Why, 1–500 characters.
        pub reason: String,
    } -> SettleDebtPayload | SettleDebtError {
        /// The credits; null when it failed.
        ledger: CreditLedger
    }
}
mutation_types! {
    /// Why nothing may be set aside.
    "freezeLedger": FreezeLedgerInput {
        /// Why, 1–500 characters.
        pub reason: String,
    } -> FreezeLedgerPayload | FreezeLedgerError {
        /// The credits; null when it failed.
        ledger: CreditLedger
    }
}
mutation_types! {
    /// Why credits may be set aside again.
    "unfreezeLedger": UnfreezeLedgerInput {
        /// Why, 1–500 characters.
        pub reason: String,
    } -> UnfreezeLedgerPayload | UnfreezeLedgerError {
        /// The credits; null when it failed.
        ledger: CreditLedger
    }
}

/// Gives a command to the ledger of the operator's token.
async fn answer<P: Payload, I: MutationInput>(
    ctx: &Context<'_>,
    input: &I,
    body: impl FnOnce(Uuid) -> Prepared<Command>,
) -> Result<P> {
    let run = Run::begin_as_operator(ctx, input)?;
    // Ids of grants and adjustments follow from the mutation's key, so that a retry is the same
    // thing again.
    let body = run.derived_id("credits").map_err(Unmet::from).and_then(body);
    on_ledger(&run, body).await
}

/// Who answers for it.
fn approver(ctx: &Context<'_>) -> Prepared<UserId> {
    let user = Caller::of(ctx).ok().and_then(|caller| caller.principal.user());
    Ok(user.ok_or_else(|| user_error("APPROVER_REQUIRED", "a person must answer for it"))?)
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct CreditMutations;

#[Object]
impl CreditMutations {
    /// Gives credits without a payment. For whoever runs the installation.
    async fn grant_credits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to give.")] input: GrantCreditsInput,
    ) -> Result<GrantCreditsPayload> {
        let now = Caller::of(ctx)?.app.clock.now();
        let body = |grant| {
            let priority = u8::try_from(input.priority.unwrap_or(10)).unwrap_or(0);
            Ok(Command::GrantCredits {
                grant: GrantId::new(grant),
                kind: input.kind.into(),
                credits: credits(input.credits),
                priority,
                effective_at: input.effective_at.unwrap_or(now),
                expires_at: input.expires_at,
                source: GrantSource::Admin,
            })
        };
        answer(ctx, &input, body).await
    }

    /// Corrects the balance. For whoever runs the installation.
    async fn adjust_credits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By how many, and why.")] input: AdjustCreditsInput,
    ) -> Result<AdjustCreditsPayload> {
        let body = |adjustment| {
            let (credits, reason) = (input.credits, input.reason.clone());
            Ok(Command::AdjustCredits { adjustment, credits, reason, approver: approver(ctx)? })
        };
        answer(ctx, &input, body).await
    }

    /// Gives back what was used up: once per hold. For whoever runs the installation.
    async fn refund_consumption(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to give back.")] input: RefundConsumptionInput,
    ) -> Result<RefundConsumptionPayload> {
        let body = |_| {
            let hold = HoldId::new(argument(NodeType::CreditHold, &input.hold_id, "holdId")?);
            let (credits, reason) = (credits(input.credits), input.reason.clone());
            Ok(Command::RefundConsumption { hold, credits, reason })
        };
        answer(ctx, &input, body).await
    }

    /// Records that a debt was settled outside, or writes it off. For whoever runs the
    /// installation.
    async fn settle_debt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much of it, and why.")] input: SettleDebtInput,
    ) -> Result<SettleDebtPayload> {
        let body = |_| {
            let (credits, reason) = (credits(input.credits), input.reason.clone());
            Ok(Command::SettleDebt { credits, reason, approver: approver(ctx)? })
        };
        answer(ctx, &input, body).await
    }

    /// Stops that credits are set aside; what was delivered is charged, and what was paid is
    /// granted. For whoever runs the installation.
    async fn freeze_ledger(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Why.")] input: FreezeLedgerInput,
    ) -> Result<FreezeLedgerPayload> {
        let reason = input.reason.clone();
        answer(ctx, &input, |_| Ok(Command::FreezeLedger { reason })).await
    }

    /// Ends a freeze. For whoever runs the installation.
    async fn unfreeze_ledger(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Why.")] input: UnfreezeLedgerInput,
    ) -> Result<UnfreezeLedgerPayload> {
        let reason = input.reason.clone();
        answer(ctx, &input, |_| Ok(Command::UnfreezeLedger { reason })).await
    }
}
