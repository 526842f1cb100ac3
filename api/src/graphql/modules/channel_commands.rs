//! What administrators do with channel accounts.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::channel_account::{
    ChannelAccount as Aggregate, ChannelCommand as Command, ChannelKind as Kind,
};

use bitacora_commands::ingest::waits_for_account;

use super::channels::{ChannelAccount, ChannelKind};
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{self, Target, mutation_types};

mutation_types! {
    /// A WhatsApp number to connect.
    creates "connectWhatsAppChannel": ConnectWhatsAppChannelInput {
        /// A disabled account to connect again; a new one when absent.
        pub id: Option<ID>,
        /// Meta's id of the number, digits; unique across the installation.
        pub phone_number_id: String,
        /// Meta's id of the business account, digits.
        pub waba_id: Option<String>,
        /// The number as people write it.
        pub display_phone_number: String,
        /// Name for the team, 1–100 characters.
        pub name: String,
    } -> ConnectWhatsAppChannelPayload | ConnectWhatsAppChannelError {
        /// The channel account; null when it failed or the read side is late.
        channel_account: ChannelAccount
    }
}
mutation_types! {
    /// An account of a provider to connect.
    creates "connectChannelAccount": ConnectChannelAccountInput {
        /// A disabled account to connect again; a new one when absent.
        pub id: Option<ID>,
        /// What it is; WhatsApp numbers have a mutation of their own.
        pub kind: ChannelKind,
        /// The provider's id of it, in the form of the kind; unique across the installation.
        pub account: String,
        /// What people call it: a number, a page, 1–100 characters.
        pub display: String,
        /// Name for the team, 1–100 characters.
        pub name: String,
    } -> ConnectChannelAccountPayload | ConnectChannelAccountError {
        /// The channel account; null when it failed or the read side is late.
        channel_account: ChannelAccount
    }
}
mutation_types! {
    /// A channel account to stop using.
    "disableChannel": DisableChannelInput {
        /// The channel account.
        pub id: ID,
        /// Why, for the record; at most 500 characters.
        pub reason: Option<String>,
    } -> DisableChannelPayload | DisableChannelError {
        /// The channel account; null when it failed or the read side is late.
        channel_account: ChannelAccount
    }
}
mutation_types! {
    /// A channel account that is in trouble.
    "degradeChannel": DegradeChannelInput {
        /// The channel account.
        pub id: ID,
        /// What trouble; at most 500 characters.
        pub reason: String,
    } -> DegradeChannelPayload | DegradeChannelError {
        /// The channel account; null when it failed or the read side is late.
        channel_account: ChannelAccount
    }
}
mutation_types! {
    /// A channel account whose trouble is over.
    "restoreChannel": RestoreChannelInput {
        /// The channel account.
        pub id: ID,
    } -> RestoreChannelPayload | RestoreChannelError {
        /// The channel account; null when it failed or the read side is late.
        channel_account: ChannelAccount
    }
}

/// What was kept for the account until somebody connects it is tried now. Should that fail it is
/// tried when it is due, so the mutation does not.
async fn release(caller: &Caller, kind: Kind, account: &str) {
    if let Err(error) = caller.app.inbox.release(&waits_for_account(kind, account)).await {
        tracing::warn!(%error, "kept facts of a connected account were not released");
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct ChannelMutations;

/// A mutation of an existing channel account.
macro_rules! on_channel {
    ($ctx:ident, $input:ident, $body:expr) => {
        mutation::answer::<Aggregate, _, _>(
            $ctx,
            Capability::Configure,
            &$input,
            Target::Existing(NodeType::ChannelAccount, &$input.id),
            |_| $body,
        )
        .await
    };
}

#[Object]
impl ChannelMutations {
    /// Connects a WhatsApp number: webhooks of this number are then the tenant's.
    #[graphql(name = "connectWhatsAppChannel")]
    async fn connect_whatsapp_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which number.")] input: ConnectWhatsAppChannelInput,
    ) -> Result<ConnectWhatsAppChannelPayload> {
        let target = match &input.id {
            Some(id) => Target::Existing(NodeType::ChannelAccount, id),
            None => Target::New,
        };
        let body = Command::ConnectWhatsApp {
            phone_number_id: input.phone_number_id.clone(),
            waba_id: input.waba_id.clone(),
            display_phone_number: input.display_phone_number.clone(),
            name: input.name.clone(),
        };
        let answer = mutation::answer::<Aggregate, ConnectWhatsAppChannelPayload, _>;
        let payload = answer(ctx, Capability::Configure, &input, target, |_| body).await?;
        if payload.receipt.is_some() {
            release(Caller::of(ctx)?, Kind::Whatsapp, &input.phone_number_id).await;
        }
        Ok(payload)
    }

    /// Connects an account of another provider: its webhooks are then the tenant's.
    async fn connect_channel_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] input: ConnectChannelAccountInput,
    ) -> Result<ConnectChannelAccountPayload> {
        let target = match &input.id {
            Some(id) => Target::Existing(NodeType::ChannelAccount, id),
            None => Target::New,
        };
        let kind = Kind::from(input.kind);
        let body = Command::Connect {
            kind,
            account: input.account.clone(),
            display: input.display.clone(),
            name: input.name.clone(),
        };
        let answer = mutation::answer::<Aggregate, ConnectChannelAccountPayload, _>;
        let payload = answer(ctx, Capability::Configure, &input, target, |_| body).await?;
        if let (Some(_), Some(account)) = (&payload.receipt, kind.canonical(&input.account)) {
            release(Caller::of(ctx)?, kind, &account).await;
        }
        Ok(payload)
    }

    /// Stops using a channel account; its number is free for another one.
    async fn disable_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account, and why.")] input: DisableChannelInput,
    ) -> Result<DisableChannelPayload> {
        let reason = input.reason.clone();
        on_channel!(ctx, input, Command::Disable { reason })
    }

    /// Marks a channel account as being in trouble.
    async fn degrade_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account, and why.")] input: DegradeChannelInput,
    ) -> Result<DegradeChannelPayload> {
        let reason = input.reason.clone();
        on_channel!(ctx, input, Command::Degrade { reason })
    }

    /// Marks the trouble of a channel account as over.
    async fn restore_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] input: RestoreChannelInput,
    ) -> Result<RestoreChannelPayload> {
        on_channel!(ctx, input, Command::Restore)
    }
}
