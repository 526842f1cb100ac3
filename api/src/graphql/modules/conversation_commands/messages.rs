//! Messages to the contact: now, later, taken back; and those of the contact, read.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::MessageId;
use bitacora_domain::aggregates::conversation::{ConversationCommand as Command, Sender};
use chrono::{DateTime, Utc};

use super::content::MessageContentInput;
use super::{existing, made, subject_of};
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::messages::Message;
use crate::graphql::modules::scheduled::ScheduledMessage;
use crate::graphql::mutation::argument;

conversation_types! {
    /// A message to the contact.
    "sendMessage": SendMessageInput {
        /// What it says.
        pub content: MessageContentInput,
        /// Your own id for it, echoed on the message; at most 128 characters.
        pub client_message_id: Option<String>,
        /// The message of this conversation that it answers.
        pub reply_to: Option<ID>,
    } -> SendMessagePayload | SendMessageError makes {
        /// The message; its delivery shows on it. Null when it failed or the read side is late.
        async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
            made::message(ctx, self.made.as_ref()).await
        }
    }
}
conversation_types! {
    /// A message to the contact.
    "queueMessage": QueueMessageInput {
        /// What it says.
        pub content: MessageContentInput,
        /// Your own id for it, echoed on the message; at most 128 characters.
        pub client_message_id: Option<String>,
        /// The message of this conversation that it answers.
        pub reply_to: Option<ID>,
    } -> QueueMessagePayload | QueueMessageError
}
conversation_types! {
    /// A message that is sent later.
    "scheduleMessage": ScheduleMessageInput {
        /// What it says.
        pub content: MessageContentInput,
        /// When; at most a year ahead.
        pub send_at: DateTime<Utc>,
        /// Your own id for it, echoed on the message; at most 128 characters.
        pub client_message_id: Option<String>,
    } -> ScheduleMessagePayload | ScheduleMessageError makes {
        /// It, for `cancelScheduledMessage`; null when it failed or the read side is late.
        async fn scheduled_message(&self, ctx: &Context<'_>) -> Result<Option<ScheduledMessage>> {
            made::scheduled(ctx, self.made.as_ref()).await
        }
    }
}
conversation_types! {
    /// Which scheduled message is not to be sent.
    "cancelScheduledMessage": CancelScheduledMessageInput {
        /// Which.
        pub scheduled_message_id: ID,
    } -> CancelScheduledMessagePayload | CancelScheduledMessageError
}
conversation_types! {
    /// Which message's content is to go.
    "redactMessage": RedactMessageInput {
        /// The message.
        pub message_id: ID,
        /// Why, for the record; 1–500 characters.
        pub reason: String,
    } -> RedactMessagePayload | RedactMessageError
}
conversation_types! {
    /// Which conversation the team has read.
    "markConversationRead": MarkConversationReadInput {
    } -> MarkConversationReadPayload | MarkConversationReadError
}

/// What a person says, in the words of two inputs that are alike.
macro_rules! said {
    ($caller:ident, $input:ident) => {{
        let reply_to = $input.reply_to.as_ref();
        let reply_to = reply_to.map(|id| argument(NodeType::Message, id, "replyTo"));
        Ok(Command::SendMessage {
            client_message_id: $input.client_message_id.clone(),
            content: $input.content.clone().of(&subject_of($caller, &$input.id).await?),
            sender: Sender::Agent,
            reply_to: reply_to.transpose()?.map(MessageId::new),
        })
    }};
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct MessageMutations;

#[Object]
impl MessageMutations {
    /// Sends a message to the contact. It is queued when this returns; how far it gets shows on
    /// the message. Free-form content needs an open service window, a template does not.
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to say where.")] input: SendMessageInput,
    ) -> Result<SendMessagePayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async { said!(caller, input) })
    }

    /// The former name of `sendMessage`.
    #[graphql(deprecation = "Use `sendMessage`, which takes the same input and also returns the \
                       message. Removed after 2027-06-30.")]
    async fn queue_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to say where.")] input: QueueMessageInput,
    ) -> Result<QueueMessagePayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async { said!(caller, input) })
    }

    /// Sends a message later. Whether it may be sent is looked at when its time comes: one that
    /// may not is skipped, and the timeline says why.
    async fn schedule_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to say where and when.")] input: ScheduleMessageInput,
    ) -> Result<ScheduleMessagePayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async {
            Ok(Command::ScheduleMessage {
                client_message_id: input.client_message_id.clone(),
                content: input.content.clone().of(&subject_of(caller, &input.id).await?),
                send_at: input.send_at,
            })
        })
    }

    /// Takes a scheduled message back.
    async fn cancel_scheduled_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CancelScheduledMessageInput,
    ) -> Result<CancelScheduledMessagePayload> {
        on_prepared_conversation!(ctx, Work, input, async {
            let (id, field) = (&input.scheduled_message_id, "scheduledMessageId");
            let scheduled = argument(NodeType::ScheduledMessage, id, field)?;
            Ok(Command::CancelScheduledMessage { scheduled })
        })
    }

    /// Takes a message's content off all screens. Nothing is taken back at the provider.
    async fn redact_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and why.")] input: RedactMessageInput,
    ) -> Result<RedactMessagePayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async {
            let message = existing::message(caller, &input.id, &input.message_id).await?;
            Ok(Command::RedactMessage { message, reason: input.reason.clone() })
        })
    }

    /// The team has read everything.
    async fn mark_conversation_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: MarkConversationReadInput,
    ) -> Result<MarkConversationReadPayload> {
        on_conversation!(ctx, Work, input, Command::MarkRead)
    }
}
