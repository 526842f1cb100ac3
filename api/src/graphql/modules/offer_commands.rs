//! What administrators do with offers.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::offer::{
    AdKey, Criteria, Offer as Aggregate, OfferCommand as Command,
};

use super::offers::{AdKeyKind, ChargeModel, Offer, OfferCriteria, OfferKind};
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{self, Target, Unmet, argument, mutation_types};

/// Declares input, error union and payload of a mutation of an existing offer.
macro_rules! offer_types {
    ($(#[$doc:meta])* $name:literal: $input:ident { $($fields:tt)* } -> $payload:ident | $error:ident) => {
        mutation_types! { $(#[$doc])* $name: $input {
            /// The offer.
            pub id: ID,
            $($fields)*
        } -> $payload | $error {
            /// The offer as it is afterwards; null when it failed or the read side is late.
            offer: Offer
        } }
    };
}

/// A mutation of an existing offer.
macro_rules! on_offer {
    ($ctx:ident, $input:ident, $body:expr) => {
        mutation::answer::<Aggregate, _, _>(
            $ctx,
            Capability::Configure,
            &$input,
            Target::Existing(NodeType::Offer, &$input.id),
            |_| $body,
        )
        .await
    };
}

mutation_types! {
    /// An offer to write down.
    creates "createOffer": CreateOfferInput {
        /// Name, 1–120 characters.
        pub name: String,
        /// What is offered.
        pub kind: OfferKind,
        /// How its leads are paid for.
        pub charge: ChargeModel,
        /// How it judges leads; what is not given is as in the default.
        pub criteria: Option<OfferCriteria>,
    } -> CreateOfferPayload | CreateOfferError {
        /// The offer, a draft; null when it failed or the read side is late.
        offer: Offer
    }
}
offer_types! {
    /// Another name of an offer.
    "renameOffer": RenameOfferInput {
        /// Name, 1–120 characters.
        pub name: String,
    } -> RenameOfferPayload | RenameOfferError
}
offer_types! {
    /// The next version of an offer's criteria.
    "setOfferCriteria": SetOfferCriteriaInput {
        /// How it judges leads from now on; what is not given stays as it is.
        pub criteria: OfferCriteria,
    } -> SetOfferCriteriaPayload | SetOfferCriteriaError
}
offer_types! {
    /// An offer to which leads are mapped from now on.
    "publishOffer": PublishOfferInput {} -> PublishOfferPayload | PublishOfferError
}
offer_types! {
    /// An offer that takes no leads for the moment.
    "pauseOffer": PauseOfferInput {} -> PauseOfferPayload | PauseOfferError
}
offer_types! {
    /// An offer that takes no more leads.
    "archiveOffer": ArchiveOfferInput {} -> ArchiveOfferPayload | ArchiveOfferError
}
offer_types! {
    /// An ad, form, campaign or page that leads to an offer.
    "mapAd": MapAdInput {
        /// What it is.
        pub kind: AdKeyKind,
        /// The provider's id, 1–64 letters, digits, `_`, `-`.
        pub ad_id: String,
    } -> MapAdPayload | MapAdError
}
offer_types! {
    /// An ad, form, campaign or page that leads to an offer no more.
    "unmapAd": UnmapAdInput {
        /// What it is.
        pub kind: AdKeyKind,
        /// The provider's id.
        pub ad_id: String,
    } -> UnmapAdPayload | UnmapAdError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct OfferMutations;

#[Object]
impl OfferMutations {
    /// Writes down an offer, as a draft with version 1 of its criteria.
    async fn create_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is offered.")] input: CreateOfferInput,
    ) -> Result<CreateOfferPayload> {
        let answer = mutation::answer::<Aggregate, _, _>;
        answer(ctx, Capability::Configure, &input, Target::New, |_| Command::Create {
            name: input.name.clone(),
            kind: input.kind.into(),
            charge: input.charge.into(),
            criteria: input.criteria.clone().unwrap_or_default().over(Criteria::default()),
        })
        .await
    }

    /// Gives an offer another name.
    async fn rename_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which offer gets which name.")] input: RenameOfferInput,
    ) -> Result<RenameOfferPayload> {
        on_offer!(ctx, input, Command::Rename { name: input.name.clone() })
    }

    /// Sets how an offer judges leads from now on. Leads keep the version that they were mapped
    /// with until they are scored again.
    async fn set_offer_criteria(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which offer judges how.")] input: SetOfferCriteriaInput,
    ) -> Result<SetOfferCriteriaPayload> {
        let caller = Caller::of(ctx)?;
        let prepare = async {
            let base = criteria_of(caller, &input.id).await?;
            Ok(Command::SetCriteria { criteria: input.criteria.clone().over(base) })
        };
        let target = Target::Existing(NodeType::Offer, &input.id);
        let answer = mutation::answer_prepared::<Aggregate, _, _>;
        answer(ctx, Capability::Configure, &input, target, prepare).await
    }

    /// Has leads mapped to an offer from now on.
    async fn publish_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which offer.")] input: PublishOfferInput,
    ) -> Result<PublishOfferPayload> {
        on_offer!(ctx, input, Command::Publish)
    }

    /// Has no leads mapped to an offer for the moment; its ads stay.
    async fn pause_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which offer.")] input: PauseOfferInput,
    ) -> Result<PauseOfferPayload> {
        on_offer!(ctx, input, Command::Pause)
    }

    /// Ends an offer; its ads are free again.
    async fn archive_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which offer.")] input: ArchiveOfferInput,
    ) -> Result<ArchiveOfferPayload> {
        on_offer!(ctx, input, Command::Archive)
    }

    /// Leads an ad, form, campaign or page to an offer. It leads to one: `ALREADY_TAKEN` tells
    /// which has it.
    async fn map_ad(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What leads where.")] input: MapAdInput,
    ) -> Result<MapAdPayload> {
        let ad = AdKey { kind: input.kind.into(), id: input.ad_id.clone() };
        on_offer!(ctx, input, Command::MapAd { ad })
    }

    /// Leads an ad, form, campaign or page to an offer no more.
    async fn unmap_ad(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What leads no more.")] input: UnmapAdInput,
    ) -> Result<UnmapAdPayload> {
        let ad = AdKey { kind: input.kind.into(), id: input.ad_id.clone() };
        on_offer!(ctx, input, Command::UnmapAd { ad })
    }
}

/// The criteria that an offer has now; the default for one that does not exist, since the
/// command will be refused.
async fn criteria_of(caller: &Caller, id: &ID) -> std::result::Result<Criteria, Unmet> {
    let uuid = argument(NodeType::Offer, id, "id")?;
    let loaded = caller.app.bus.load::<Aggregate>(caller.tenant(), &uuid.to_string()).await;
    let loaded = loaded.map_err(Fault::unavailable)?;
    let choice = loaded.and_then(|(offer, _)| offer.criteria_now());
    Ok(choice.map(|choice| choice.criteria).unwrap_or_default())
}
