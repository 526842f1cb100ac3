//! What people do with conversations: one mutation per command of a person. What providers
//! report comes by webhook, or by [`super::provider_facts`].

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result};
use bitacora_domain::aggregates::conversation::{
    Conversation as Aggregate, ConversationCommand as Command, MessageContent, Sender,
};
use bitacora_domain::{ChannelAccountId, ContactId, MessageId, Personal, Subject, UserId};
use uuid::Uuid;

use super::conversations::Conversation;
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{self, Target, mutation_types};

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

/// A text.
#[derive(Clone, Debug, InputObject)]
pub struct TextContentInput {
    /// The text, 1–4,096 characters.
    pub body: String,
}

/// An approved template.
#[derive(Clone, Debug, InputObject)]
pub struct TemplateContentInput {
    /// Name of the template.
    pub name: String,
    /// Language code, such as `es_AR`.
    pub language: String,
    /// Values of the body's parameters, in order.
    pub parameters: Option<Vec<String>>,
}

/// What a message says: exactly one of these.
#[derive(Clone, Debug, OneofObject)]
pub enum MessageContentInput {
    /// A text; only while the service window is open.
    Text(TextContentInput),
    /// An approved template.
    Template(TemplateContentInput),
}

mutation_types! {
    /// A message to the contact.
    "queueMessage": QueueMessageInput {
        /// The conversation.
        pub id: ID,
        /// What it says.
        pub content: MessageContentInput,
        /// Your own id for it, echoed on the message; at most 128 characters.
        pub client_message_id: Option<String>,
        /// The message of this conversation that it answers.
        pub reply_to: Option<ID>,
    } -> QueueMessagePayload | QueueMessageError {
        /// The conversation with the message as its last; null when it failed or the read side
        /// is late.
        conversation: Conversation
    }
}
mutation_types! {
    /// A note that only the team sees.
    "addNote": AddNoteInput {
        /// The conversation.
        pub id: ID,
        /// Text, 1–10,000 characters.
        pub body: String,
    } -> AddNotePayload | AddNoteError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}
mutation_types! {
    /// A label to put on.
    "addLabel": AddLabelInput {
        /// The conversation.
        pub id: ID,
        /// Label, 1–40 characters; compared without regard to case.
        pub label: String,
    } -> AddLabelPayload | AddLabelError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}
mutation_types! {
    /// A label to take off.
    "removeLabel": RemoveLabelInput {
        /// The conversation.
        pub id: ID,
        /// Label.
        pub label: String,
    } -> RemoveLabelPayload | RemoveLabelError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}
mutation_types! {
    /// Who gets the conversation: a person, a team, or a person of a team.
    "assignConversation": AssignConversationInput {
        /// The conversation.
        pub id: ID,
        /// Global id of the person.
        pub agent: Option<ID>,
        /// Team, 1–60 characters.
        pub team: Option<String>,
    } -> AssignConversationPayload | AssignConversationError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}
mutation_types! {
    /// Which conversation to take from whoever has it.
    "unassignConversation": UnassignConversationInput {
        /// The conversation.
        pub id: ID,
    } -> UnassignConversationPayload | UnassignConversationError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}
mutation_types! {
    /// Which conversation is settled, and how.
    "resolveConversation": ResolveConversationInput {
        /// The conversation.
        pub id: ID,
        /// How it was settled, for the record; at most 500 characters.
        pub resolution: Option<String>,
    } -> ResolveConversationPayload | ResolveConversationError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}
mutation_types! {
    /// Which conversation to open again.
    "reopenConversation": ReopenConversationInput {
        /// The conversation.
        pub id: ID,
    } -> ReopenConversationPayload | ReopenConversationError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}
mutation_types! {
    /// Which conversation to end for good.
    "closeConversation": CloseConversationInput {
        /// The conversation.
        pub id: ID,
    } -> CloseConversationPayload | CloseConversationError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}
mutation_types! {
    /// Which conversation the team has read.
    "markConversationRead": MarkConversationReadInput {
        /// The conversation.
        pub id: ID,
    } -> MarkConversationReadPayload | MarkConversationReadError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct ConversationMutations;

/// A mutation of an existing conversation.
macro_rules! on_conversation {
    ($ctx:ident, $input:ident, $body:expr) => {
        mutation::answer::<Aggregate, _, _>(
            $ctx,
            Capability::Work,
            &$input,
            Target::Existing(NodeType::Conversation, &$input.id),
            |_| $body,
        )
        .await
    };
}

#[Object]
impl ConversationMutations {
    /// Opens a conversation. There is at most one open conversation per contact and channel
    /// account: `ALREADY_TAKEN` tells the one that is open.
    async fn start_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "With whom.")] input: StartConversationInput,
    ) -> Result<StartConversationPayload> {
        let contact = ContactId::new(NodeType::Contact.uuid(&input.contact_id)?);
        let channel = NodeType::ChannelAccount.uuid(&input.channel_id)?;
        let channel = ChannelAccountId::new(channel);
        let body =
            Command::Start { contact, channel, external_thread: input.external_thread.clone() };
        let answer = mutation::answer::<Aggregate, _, _>;
        answer(ctx, Capability::Work, &input, Target::New, |_| body).await
    }

    /// Queues a message to the contact. Its delivery shows on the message.
    async fn queue_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to say where.")] input: QueueMessageInput,
    ) -> Result<QueueMessagePayload> {
        let reply_to = input.reply_to.as_ref().map(|id| NodeType::Message.uuid(id)).transpose()?;
        let subject = subject_of(Caller::of(ctx)?, &input.id).await?;
        let body = Command::QueueMessage {
            client_message_id: input.client_message_id.clone(),
            content: content(&input.content, &subject),
            sender: Sender::Agent,
            reply_to: reply_to.map(MessageId::new),
        };
        on_conversation!(ctx, input, body)
    }

    /// Adds a note that only the team sees.
    async fn add_note(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which note where.")] input: AddNoteInput,
    ) -> Result<AddNotePayload> {
        let subject = subject_of(Caller::of(ctx)?, &input.id).await?;
        let body = Personal::new(subject, input.body.clone());
        on_conversation!(ctx, input, Command::AddNote { body })
    }

    /// Puts a label on. One that is on already is no change.
    async fn add_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which label where.")] input: AddLabelInput,
    ) -> Result<AddLabelPayload> {
        let label = input.label.clone();
        on_conversation!(ctx, input, Command::AddLabel { label })
    }

    /// Takes a label off. One that is not on is no change.
    async fn remove_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which label where.")] input: RemoveLabelInput,
    ) -> Result<RemoveLabelPayload> {
        let label = input.label.clone();
        on_conversation!(ctx, input, Command::RemoveLabel { label })
    }

    /// Gives the conversation to a person or a team.
    async fn assign_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who gets what.")] input: AssignConversationInput,
    ) -> Result<AssignConversationPayload> {
        let agent = input.agent.as_ref().map(|id| NodeType::User.uuid(id)).transpose()?;
        let agent = agent.map(UserId::new);
        let team = input.team.clone();
        on_conversation!(ctx, input, Command::Assign { agent, team })
    }

    /// Takes the conversation from whoever has it.
    async fn unassign_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: UnassignConversationInput,
    ) -> Result<UnassignConversationPayload> {
        on_conversation!(ctx, input, Command::Unassign)
    }

    /// Settles the matter. A further message of the contact opens the conversation again.
    async fn resolve_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation, and how.")] input: ResolveConversationInput,
    ) -> Result<ResolveConversationPayload> {
        let resolution = input.resolution.clone();
        on_conversation!(ctx, input, Command::Resolve { resolution })
    }

    /// Opens a resolved conversation again.
    async fn reopen_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: ReopenConversationInput,
    ) -> Result<ReopenConversationPayload> {
        on_conversation!(ctx, input, Command::Reopen)
    }

    /// Ends the conversation. A further message of the contact starts a new one.
    async fn close_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: CloseConversationInput,
    ) -> Result<CloseConversationPayload> {
        on_conversation!(ctx, input, Command::Close)
    }

    /// The team has read everything.
    async fn mark_conversation_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: MarkConversationReadInput,
    ) -> Result<MarkConversationReadPayload> {
        on_conversation!(ctx, input, Command::MarkRead)
    }
}

/// Whose data is said in a conversation: its contact's. For a conversation that does not exist
/// any subject does, since the command will be refused.
pub(super) async fn subject_of(caller: &Caller, id: &ID) -> Result<Subject, Fault> {
    let uuid = NodeType::Conversation.uuid(id).unwrap_or_default();
    let loaded = caller.app.bus.load::<Aggregate>(caller.tenant(), &uuid.to_string()).await;
    let loaded = loaded.map_err(Fault::unavailable)?;
    let contact = loaded.and_then(|(conversation, _)| conversation.contact());
    Ok(Subject::contact(contact.unwrap_or(ContactId::new(Uuid::nil()))))
}

fn content(input: &MessageContentInput, subject: &Subject) -> MessageContent {
    let personal = |text: &String| Personal::new(subject.clone(), text.clone());
    match input {
        MessageContentInput::Text(text) => MessageContent::Text { body: personal(&text.body) },
        MessageContentInput::Template(template) => MessageContent::Template {
            name: template.name.clone(),
            language: template.language.clone(),
            parameters: template.parameters.iter().flatten().map(personal).collect(),
        },
    }
}
