//! Judging leads.

use async_graphql::{Context, Object, Result};
use bitacora_domain::aggregates::lead::{LeadCommand as Command, OptOutMeans};

use super::{criteria_now, loaded, note};
use crate::graphql::caller::Caller;
use crate::graphql::modules::leads::words::DisqualifyReason;
use crate::graphql::mutation::user_error;

lead_types! {
    /// A lead to score again.
    "scoreLead": ScoreLeadInput {} -> ScoreLeadPayload | ScoreLeadError
}
lead_types! {
    /// How much a lead matters.
    "prioritiseLead": PrioritiseLeadInput {
        /// Little?
        pub low_priority: bool,
    } -> PrioritiseLeadPayload | PrioritiseLeadError
}
lead_types! {
    /// A lead that is none.
    "disqualifyLead": DisqualifyLeadInput {
        /// Why.
        pub reason: DisqualifyReason,
        /// In words, at most 1,000 characters.
        pub note: Option<String>,
    } -> DisqualifyLeadPayload | DisqualifyLeadError
}
lead_types! {
    /// A lead whose contact wants no more messages.
    "stopLead": StopLeadInput {} -> StopLeadPayload | StopLeadError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct LeadJudgingMutations;

#[Object]
impl LeadJudgingMutations {
    /// Scores a lead by the criteria that its offer has now; it keeps that version.
    async fn score_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead.")] input: ScoreLeadInput,
    ) -> Result<ScoreLeadPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_lead!(ctx, Work, input, async {
            let missing = |code, message| user_error(code, message);
            let lead = loaded(caller, &input.id).await?;
            let lead = lead.ok_or_else(|| missing("LEAD_NOT_FOUND", "there is no such lead"))?;
            let unmapped = || missing("LEAD_NOT_MAPPED", "the lead has no offer yet: map it first");
            let offer = lead.offer().ok_or_else(unmapped)?.offer;
            let choice = criteria_now(caller, offer.as_uuid()).await?.ok_or_else(unmapped)?;
            Ok(Command::Score { choice: Box::new(choice) })
        })
    }

    /// Says how much a lead matters; scores no longer change that.
    async fn prioritise_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, and how much.")] input: PrioritiseLeadInput,
    ) -> Result<PrioritiseLeadPayload> {
        on_lead!(ctx, Work, input, Command::Prioritise { low_priority: input.low_priority })
    }

    /// Says that a lead is none. A person can bring it back with a reason.
    async fn disqualify_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, and why.")] input: DisqualifyLeadInput,
    ) -> Result<DisqualifyLeadPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_lead!(ctx, Work, input, async {
            let note = note(caller, &input.id, input.note.as_ref()).await?;
            Ok(Command::Disqualify { reason: input.reason.into(), note })
        })
    }

    /// Ends a lead whose contact told somebody of the business that it wants no more messages, of
    /// whatever offer. Final.
    async fn stop_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead.")] input: StopLeadInput,
    ) -> Result<StopLeadPayload> {
        on_lead!(ctx, Work, input, Command::OptOut { by: OptOutMeans::Agent })
    }
}
