//! What people do with deliveries that did not arrive.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::delivery::{Delivery as Aggregate, DeliveryCommand as Command};

use super::deliveries::Delivery;
use crate::graphql::access::Capability;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{self, Target, mutation_types};

mutation_types! {
    /// A delivery to give up.
    "giveUpDelivery": GiveUpDeliveryInput {
        /// The delivery.
        pub id: ID,
        /// Why, 1–500 characters.
        pub reason: String,
    } -> GiveUpDeliveryPayload | GiveUpDeliveryError {
        /// The delivery as it is afterwards; null when it failed or the read side is late.
        delivery: Delivery
    }
}
mutation_types! {
    /// A delivery to try again.
    "retryDelivery": RetryDeliveryInput {
        /// The delivery, a dead letter.
        pub id: ID,
        /// Why, 1–500 characters.
        pub reason: String,
        /// Also where it may have arrived already.
        pub may_repeat: Option<bool>,
    } -> RetryDeliveryPayload | RetryDeliveryError {
        /// The delivery as it is afterwards; null when it failed or the read side is late.
        delivery: Delivery
    }
}
mutation_types! {
    /// A system that says that it has a lead.
    "confirmDeliveryTarget": ConfirmDeliveryTargetInput {
        /// The delivery.
        pub id: ID,
        /// The system.
        pub target: uuid::Uuid,
        /// The attempt that it answers, from 1.
        pub attempt: i64,
        /// What the system calls the lead, at most 200 characters.
        pub reference: Option<String>,
    } -> ConfirmDeliveryTargetPayload | ConfirmDeliveryTargetError {
        /// The delivery as it is afterwards; null when it failed or the read side is late.
        delivery: Delivery
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct DeliveryMutations;

#[Object]
impl DeliveryMutations {
    /// Gives a delivery up where it has not arrived. Where nobody has the lead, what it costs is
    /// given back.
    async fn give_up_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which delivery, and why.")] input: GiveUpDeliveryInput,
    ) -> Result<GiveUpDeliveryPayload> {
        let answer = mutation::answer::<Aggregate, _, _>;
        let target = Target::Existing(NodeType::Delivery, &input.id);
        answer(ctx, Capability::Work, &input, target, |_| Command::DeadLetter {
            reason: input.reason.clone(),
            withdrawn: false,
        })
        .await
    }

    /// Tries a delivery again where it was given up, with as many attempts as before.
    async fn retry_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which delivery, and why.")] input: RetryDeliveryInput,
    ) -> Result<RetryDeliveryPayload> {
        let answer = mutation::answer::<Aggregate, _, _>;
        let target = Target::Existing(NodeType::Delivery, &input.id);
        answer(ctx, Capability::Work, &input, target, |_| Command::RetryDeadLetter {
            reason: input.reason.clone(),
            may_repeat: input.may_repeat.unwrap_or(false),
        })
        .await
    }

    /// Records that a system has the lead of an attempt that was thought to have failed, or of
    /// which nobody knows the end. Counts however late it comes.
    async fn confirm_delivery_target(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which system has what.")] input: ConfirmDeliveryTargetInput,
    ) -> Result<ConfirmDeliveryTargetPayload> {
        let answer = mutation::answer::<Aggregate, _, _>;
        let target = Target::Existing(NodeType::Delivery, &input.id);
        answer(ctx, Capability::Work, &input, target, |_| Command::ConfirmTarget {
            target: input.target,
            attempt: input.attempt,
            reference: input.reference.clone(),
        })
        .await
    }
}
