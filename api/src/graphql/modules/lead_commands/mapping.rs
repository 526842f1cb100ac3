//! Who a lead is, and in what it is interested.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::lead::{DuplicateReason, LeadCommand as Command};
use bitacora_domain::{ContactId, LeadId};

use super::{active_offer, desk, loaded, unmet};
use crate::graphql::access::Capability;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::conversation_commands::known_contact;
use crate::graphql::mutation::{Run, argument, user_error};

lead_types! {
    /// The offer of a lead that waits for one.
    "mapLead": MapLeadInput {
        /// The offer; it must be active.
        pub offer_id: ID,
    } -> MapLeadPayload | MapLeadError
}
lead_types! {
    /// The contact of a lead that waits for one.
    "identifyLead": IdentifyLeadInput {
        /// The contact.
        pub contact_id: ID,
    } -> IdentifyLeadPayload | IdentifyLeadError
}
lead_types! {
    /// A lead that another one goes on with.
    "mergeLead": MergeLeadInput {
        /// The one that goes on.
        pub into: ID,
    } -> MergeLeadPayload | MergeLeadError
}
lead_types! {
    /// A lead that is interested in another offer instead.
    "transferLead": TransferLeadInput {
        /// The other offer; it must be active.
        pub offer_id: ID,
    } -> TransferLeadPayload | TransferLeadError
}
lead_types! {
    /// A lead whose form is to be fetched now.
    "retryLeadForm": RetryLeadFormInput {} -> RetryLeadFormPayload | RetryLeadFormError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct LeadMappingMutations;

#[Object]
impl LeadMappingMutations {
    /// Says in what a lead is interested that waits for an offer. Where the contact has a lead of
    /// the offer already, this one is its duplicate.
    async fn map_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, to what.")] input: MapLeadInput,
    ) -> Result<MapLeadPayload> {
        let run = Run::begin(ctx, Capability::Work, &input)?;
        let outcome = run.through(super::lead(&input.id), |envelope, uuid| {
            let (caller, input) = (run.caller(), &input);
            async move {
                let choice = active_offer(caller, &input.offer_id).await?;
                let contact = loaded(caller, &input.id).await?.and_then(|lead| lead.contact());
                let desk = desk(caller);
                let opted_out = desk.opted_out(caller.tenant(), contact).await.map_err(unmet)?;
                let told = |duplicate_of| Command::MapOffer {
                    choice: Some(Box::new(choice.clone())),
                    rule: Some("by hand".to_owned()),
                    opted_out,
                    duplicate_of,
                };
                desk.placed(&envelope, LeadId::new(uuid), told).await.map_err(unmet)
            }
        });
        let outcome = outcome.await?;
        Ok(run.payload(outcome).await)
    }

    /// Says who a lead is that nobody knows. Where the contact has a lead of the offer already,
    /// this one is its duplicate.
    async fn identify_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead is who.")] input: IdentifyLeadInput,
    ) -> Result<IdentifyLeadPayload> {
        let run = Run::begin(ctx, Capability::Work, &input)?;
        let outcome = run.through(super::lead(&input.id), |envelope, uuid| {
            let (caller, input) = (run.caller(), &input);
            async move {
                let contact = argument(NodeType::Contact, &input.contact_id, "contactId")?;
                known_contact(caller, contact).await?;
                let contact = ContactId::new(contact);
                let desk = desk(caller);
                let opted_out = desk.opted_out(caller.tenant(), Some(contact)).await;
                let opted_out = opted_out.map_err(unmet)?;
                let told =
                    |duplicate_of| Command::IdentifyContact { contact, opted_out, duplicate_of };
                desk.placed(&envelope, LeadId::new(uuid), told).await.map_err(unmet)
            }
        });
        let outcome = outcome.await?;
        Ok(run.payload(outcome).await)
    }

    /// Ends a lead with which another one goes on; that one hears of it.
    async fn merge_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, into which.")] input: MergeLeadInput,
    ) -> Result<MergeLeadPayload> {
        let caller = crate::graphql::caller::Caller::of(ctx)?;
        on_prepared_lead!(ctx, Work, input, async {
            let of = argument(NodeType::Lead, &input.into, "into")?;
            if loaded(caller, &input.into).await?.is_none() {
                return Err(user_error("LEAD_NOT_FOUND", "there is no such lead")
                    .about("into")
                    .into());
            }
            Ok(Command::DetectDuplicate { of: LeadId::new(of), reason: DuplicateReason::Merged })
        })
    }

    /// Gives a lead to another offer. What it answered stays, and is judged by that one's
    /// criteria.
    async fn transfer_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, to what.")] input: TransferLeadInput,
    ) -> Result<TransferLeadPayload> {
        let caller = crate::graphql::caller::Caller::of(ctx)?;
        on_prepared_lead!(ctx, Work, input, async {
            let choice = Box::new(active_offer(caller, &input.offer_id).await?);
            Ok(Command::Transfer { choice })
        })
    }

    /// Fetches the form of an ad lead now, also after the machine gave up.
    async fn retry_lead_form(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead.")] input: RetryLeadFormInput,
    ) -> Result<RetryLeadFormPayload> {
        on_lead!(ctx, Work, input, Command::RetryFormFetch)
    }
}
