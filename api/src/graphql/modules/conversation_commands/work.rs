//! Notes, labels, priority and links.

use async_graphql::{Context, Object, Result};
use bitacora_domain::Personal;
use bitacora_domain::aggregates::conversation::ConversationCommand as Command;
use uuid::Uuid;

use super::subject_of;
use crate::graphql::caller::Caller;
use crate::graphql::vocabulary::{LinkedKind, Priority};

conversation_types! {
    /// A note that only the team sees.
    "addNote": AddNoteInput {
        /// Text, 1–10,000 characters.
        pub body: String,
    } -> AddNotePayload | AddNoteError
}
conversation_types! {
    /// A label to put on.
    "addLabel": AddLabelInput {
        /// Label, 1–40 characters; compared without regard to case.
        pub label: String,
    } -> AddLabelPayload | AddLabelError
}
conversation_types! {
    /// A label to take off.
    "removeLabel": RemoveLabelInput {
        /// Label.
        pub label: String,
    } -> RemoveLabelPayload | RemoveLabelError
}
conversation_types! {
    /// How urgent a conversation is.
    "changePriority": ChangePriorityInput {
        /// Priority.
        pub priority: Priority,
    } -> ChangePriorityPayload | ChangePriorityError
}
conversation_types! {
    /// What a conversation is about.
    "linkEntity": LinkEntityInput {
        /// What it is.
        pub kind: LinkedKind,
        /// Its id.
        pub entity: Uuid,
    } -> LinkEntityPayload | LinkEntityError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct WorkMutations;

#[Object]
impl WorkMutations {
    /// Adds a note that only the team sees.
    async fn add_note(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which note where.")] input: AddNoteInput,
    ) -> Result<AddNotePayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async {
            let subject = subject_of(caller, &input.id).await?;
            Ok(Command::AddNote { body: Personal::new(subject, input.body.clone()) })
        })
    }

    /// Puts a label on. One that is on already is no change.
    async fn add_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which label where.")] input: AddLabelInput,
    ) -> Result<AddLabelPayload> {
        let label = input.label.clone();
        on_conversation!(ctx, Work, input, Command::AddLabel { label })
    }

    /// Takes a label off. One that is not on is no change.
    async fn remove_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which label where.")] input: RemoveLabelInput,
    ) -> Result<RemoveLabelPayload> {
        let label = input.label.clone();
        on_conversation!(ctx, Work, input, Command::RemoveLabel { label })
    }

    /// Says how urgent the conversation is.
    async fn change_priority(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How urgent which one is.")] input: ChangePriorityInput,
    ) -> Result<ChangePriorityPayload> {
        let priority = input.priority.into();
        on_conversation!(ctx, Work, input, Command::ChangePriority { priority })
    }

    /// Ties the conversation to a ticket, a lead, a call … One that is tied already is no
    /// change.
    async fn link_entity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is tied to what.")] input: LinkEntityInput,
    ) -> Result<LinkEntityPayload> {
        let (kind, id) = (input.kind.into(), input.entity);
        on_conversation!(ctx, Work, input, Command::LinkEntity { kind, id })
    }
}
