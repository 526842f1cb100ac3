//! From the start of a conversation to its end.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::channel_account::ChannelAccount;
use bitacora_domain::aggregates::contact::OptOutCategory;
use bitacora_domain::aggregates::conversation::{
    Conversation as Aggregate, ConversationCommand as Command,
};
use bitacora_domain::{ChannelAccountId, ContactId};
use chrono::{DateTime, Utc};

use super::known_contact;
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::conversations::Conversation;
use crate::graphql::mutation::{self, Target, Unmet, argument, mutation_types, user_error};

mutation_types! {
    /// With whom to start a conversation.
    creates "startConversation": StartConversationInput {
        /// The contact.
        pub contact_id: ID,
        /// Over which channel account.
        pub channel_id: ID,
        /// The provider's thread, if it has such a thing; 1–256 characters.
        pub external_thread: Option<String>,
    } -> StartConversationPayload | StartConversationError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}
conversation_types! {
    /// Which conversation is settled, and how.
    "resolveConversation": ResolveConversationInput {
        /// How it was settled, for the record; at most 500 characters.
        pub resolution: Option<String>,
    } -> ResolveConversationPayload | ResolveConversationError
}
conversation_types! {
    /// Which conversation to open again.
    "reopenConversation": ReopenConversationInput {
    } -> ReopenConversationPayload | ReopenConversationError
}
conversation_types! {
    /// Which conversation to end for good.
    "closeConversation": CloseConversationInput {
    } -> CloseConversationPayload | CloseConversationError
}
conversation_types! {
    /// Which closed conversation to put out of the way.
    "archiveConversation": ArchiveConversationInput {
    } -> ArchiveConversationPayload | ArchiveConversationError
}
conversation_types! {
    /// Which conversation to put aside, and for how long.
    "snoozeConversation": SnoozeConversationInput {
        /// Until then, at most a year ahead; until the contact writes when not given.
        pub until: Option<DateTime<Utc>>,
    } -> SnoozeConversationPayload | SnoozeConversationError
}
conversation_types! {
    /// Which conversation to take back from the side.
    "unsnoozeConversation": UnsnoozeConversationInput {
    } -> UnsnoozeConversationPayload | UnsnoozeConversationError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct LifecycleMutations;

#[Object]
impl LifecycleMutations {
    /// Opens a conversation. There is at most one open conversation per contact and channel
    /// account: `ALREADY_TAKEN` tells the one that is open.
    async fn start_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "With whom.")] input: StartConversationInput,
    ) -> Result<StartConversationPayload> {
        let caller = Caller::of(ctx)?;
        let prepare = async {
            let contact = argument(NodeType::Contact, &input.contact_id, "contactId")?;
            let known = known_contact(caller, contact).await?;
            Ok(Command::Start {
                contact: ContactId::new(contact),
                channel: known_channel(caller, &input.channel_id).await?,
                external_thread: input.external_thread.clone(),
                opted_out: known.has_opted_out(OptOutCategory::All),
            })
        };
        let answer = mutation::answer_prepared::<Aggregate, _, _>;
        answer(ctx, Capability::Work, &input, Target::New, prepare).await
    }

    /// Settles the matter. A further message of the contact opens the conversation again.
    async fn resolve_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation, and how.")] input: ResolveConversationInput,
    ) -> Result<ResolveConversationPayload> {
        let resolution = input.resolution.clone();
        on_conversation!(ctx, Work, input, Command::Resolve { resolution })
    }

    /// Opens a resolved conversation again.
    async fn reopen_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: ReopenConversationInput,
    ) -> Result<ReopenConversationPayload> {
        on_conversation!(ctx, Work, input, Command::Reopen)
    }

    /// Ends the conversation. A further message of the contact starts a new one.
    async fn close_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: CloseConversationInput,
    ) -> Result<CloseConversationPayload> {
        on_conversation!(ctx, Work, input, Command::Close)
    }

    /// Puts a closed conversation out of the way.
    async fn archive_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: ArchiveConversationInput,
    ) -> Result<ArchiveConversationPayload> {
        on_conversation!(ctx, Work, input, Command::Archive)
    }

    /// Puts the conversation aside until a time, or until the contact writes; a message of the
    /// contact always brings it back.
    async fn snooze_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation, until when.")] input: SnoozeConversationInput,
    ) -> Result<SnoozeConversationPayload> {
        let until = input.until;
        on_conversation!(ctx, Work, input, Command::Snooze { until })
    }

    /// Takes the conversation back from the side before its time.
    async fn unsnooze_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: UnsnoozeConversationInput,
    ) -> Result<UnsnoozeConversationPayload> {
        on_conversation!(ctx, Work, input, Command::Unsnooze)
    }
}

async fn known_channel(caller: &Caller, id: &ID) -> std::result::Result<ChannelAccountId, Unmet> {
    let channel = argument(NodeType::ChannelAccount, id, "channelId")?;
    let bus = &caller.app.bus;
    let loaded = bus.load::<ChannelAccount>(caller.tenant(), &channel.to_string()).await;
    if loaded.map_err(Fault::unavailable)?.is_none() {
        let message = "there is no such channel account";
        return Err(user_error("CHANNEL_NOT_FOUND", message).about("channelId").into());
    }
    Ok(ChannelAccountId::new(channel))
}
