//! Handing leads over, and what comes of them.

use std::collections::BTreeSet;

use async_graphql::{Context, Object, Result};
use bitacora_domain::DeliveryId;
use bitacora_domain::aggregates::delivery::DeliveryTarget;
use bitacora_domain::aggregates::lead::{Lead as Aggregate, LeadCommand as Command};
use uuid::Uuid;

use super::note;
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::modules::leads::LeadLossReason;
use crate::graphql::modules::leads::words::LeadDisputeReason;
use crate::graphql::modules::offers::MoneyRange;
use crate::graphql::mutation::{Run, Unmet, user_error};

lead_types! {
    /// A lead to hand over.
    "requestLeadDelivery": RequestLeadDeliveryInput {
        /// Systems that are to have it, at most 10; all that are connected when not given.
        pub targets: Option<Vec<Uuid>>,
        /// UUID of the hold of credits that pays for it; needed where the offer is paid per lead.
        pub reservation: Option<Uuid>,
    } -> RequestLeadDeliveryPayload | RequestLeadDeliveryError
}
lead_types! {
    /// A lead that the tenant should not pay for.
    "disputeLead": DisputeLeadInput {
        /// Why; each reason once.
        pub reason: LeadDisputeReason,
        /// In words, at most 1,000 characters.
        pub note: Option<String>,
    } -> DisputeLeadPayload | DisputeLeadError
}
lead_types! {
    /// The answer to a dispute.
    "resolveLeadDispute": ResolveLeadDisputeInput {
        /// Was the tenant right?
        pub refund: bool,
        /// In words, at most 1,000 characters.
        pub note: Option<String>,
    } -> ResolveLeadDisputePayload | ResolveLeadDisputeError
}
lead_types! {
    /// A lead that was sold.
    "markLeadWon": MarkLeadWonInput {
        /// For how much.
        pub value: Option<MoneyRange>,
    } -> MarkLeadWonPayload | MarkLeadWonError
}
lead_types! {
    /// A lead that was not sold.
    "markLeadLost": MarkLeadLostInput {
        /// Why.
        pub reason: LeadLossReason,
        /// In words, at most 1,000 characters.
        pub note: Option<String>,
    } -> MarkLeadLostPayload | MarkLeadLostError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct LeadDeliveryMutations;

#[Object]
impl LeadDeliveryMutations {
    /// Hands over a lead that is ready. What it costs is reserved before; usually that happens by
    /// itself as soon as a lead is ready.
    async fn request_lead_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, to whom, paid by what.")] input: RequestLeadDeliveryInput,
    ) -> Result<RequestLeadDeliveryPayload> {
        let run = Run::begin(ctx, Capability::Work, &input)?;
        let delivery = run.derived_id("delivery");
        let prepare = async {
            Ok(Command::RequestDelivery {
                delivery: DeliveryId::new(delivery?),
                reservation: input.reservation,
                targets: targets(run.caller(), input.targets.as_deref()).await?,
            })
        };
        let outcome = run.execute::<Aggregate, _>(super::lead(&input.id), |_| prepare).await?;
        Ok(run.payload(outcome).await)
    }

    /// Says that the tenant should not pay for a lead that was delivered.
    async fn dispute_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, and why.")] input: DisputeLeadInput,
    ) -> Result<DisputeLeadPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_lead!(ctx, Work, input, async {
            let note = note(caller, &input.id, input.note.as_ref()).await?;
            Ok(Command::Dispute { reason: input.reason.into(), note })
        })
    }

    /// Answers a dispute; a refund gives back what the lead cost. For whoever runs the
    /// installation: nobody answers their own dispute.
    async fn resolve_lead_dispute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, and how.")] input: ResolveLeadDisputeInput,
    ) -> Result<ResolveLeadDisputePayload> {
        let run = Run::begin_as_operator(ctx, &input)?;
        let prepare = async {
            let note = note(run.caller(), &input.id, input.note.as_ref()).await?;
            Ok(Command::ResolveDispute { refund: input.refund, note })
        };
        let outcome = run.execute::<Aggregate, _>(super::lead(&input.id), |_| prepare).await?;
        Ok(run.payload(outcome).await)
    }

    /// Records that a delivered lead was sold.
    async fn mark_lead_won(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, and for how much.")] input: MarkLeadWonInput,
    ) -> Result<MarkLeadWonPayload> {
        on_lead!(ctx, Work, input, Command::MarkWon { value: input.value.clone().map(Into::into) })
    }

    /// Records that a delivered lead was not sold.
    async fn mark_lead_lost(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, and why.")] input: MarkLeadLostInput,
    ) -> Result<MarkLeadLostPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_lead!(ctx, Work, input, async {
            let note = note(caller, &input.id, input.note.as_ref()).await?;
            Ok(Command::MarkLost { reason: input.reason.into(), note })
        })
    }
}

/// The systems that are named, or all that are connected.
async fn targets(
    caller: &Caller,
    wanted: Option<&[Uuid]>,
) -> std::result::Result<Vec<DeliveryTarget>, Unmet> {
    let all = caller.app.leads.targets.list(caller.tenant()).await.map_err(Fault::unavailable)?;
    let wanted: Option<BTreeSet<&Uuid>> = wanted.map(|wanted| wanted.iter().collect());
    if let Some(unknown) =
        wanted.iter().flatten().find(|id| !all.iter().any(|row| row.enabled && row.id == ***id))
    {
        let message = format!("no system {unknown} is connected");
        return Err(user_error("INVALID_TARGETS", message).about("targets").into());
    }
    let chosen = all.iter().filter(|row| row.enabled);
    let chosen = chosen.filter(|row| wanted.as_ref().is_none_or(|wanted| wanted.contains(&row.id)));
    Ok(chosen.map(bitacora_commands::ports::TargetRow::target).collect())
}
