//! What people, and the AI services that work for them, do with conversations: one mutation per
//! command. What providers report comes by webhook, or by [`super::provider_facts`].

use async_graphql::{ID, MergedObject};
use bitacora_domain::aggregates::contact::Contact;
use bitacora_domain::aggregates::conversation::Conversation as Aggregate;
use bitacora_domain::{ContactId, Subject, UserId};
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{Target, Unmet, UserError, user_error};

/// Declares input, error union and payload of a mutation of an existing conversation.
macro_rules! conversation_types {
    ($(#[$doc:meta])* $name:literal: $input:ident { $($fields:tt)* } -> $payload:ident | $error:ident $(makes { $($made:tt)* })?) => {
        $crate::graphql::mutation::mutation_types! { $(#[$doc])* $name: $input {
            /// The conversation.
            pub id: async_graphql::ID,
            $($fields)*
        } -> $payload | $error {
            /// The conversation as it is afterwards; null when it failed or the read side is
            /// late.
            conversation: $crate::graphql::modules::conversations::Conversation
        } $(makes { $($made)* })? }
    };
}

/// A mutation of an existing conversation.
macro_rules! on_conversation {
    ($ctx:ident, $capability:ident, $input:ident, $body:expr) => {
        $crate::graphql::mutation::answer::<
            bitacora_domain::aggregates::conversation::Conversation,
            _,
            _,
        >(
            $ctx,
            $crate::graphql::access::Capability::$capability,
            &$input,
            super::conversation(&$input.id),
            |_| $body,
        )
        .await
    };
}

/// The same where something must be looked up first: `$body` is a future of the command.
macro_rules! on_prepared_conversation {
    ($ctx:ident, $capability:ident, $input:ident, $body:expr) => {
        $crate::graphql::mutation::answer_prepared::<
            bitacora_domain::aggregates::conversation::Conversation,
            _,
            _,
        >(
            $ctx,
            $crate::graphql::access::Capability::$capability,
            &$input,
            super::conversation(&$input.id),
            $body,
        )
        .await
    };
}

pub mod ai;
pub mod assignment;
pub mod content;
mod existing;
pub mod handoff;
pub mod lifecycle;
pub mod macros;
mod made;
pub mod merge;
pub mod messages;
pub mod suggestions;
pub mod survey;
pub mod triage;
pub mod work;

/// Fields of the mutation root.
#[derive(MergedObject, Default)]
pub struct ConversationMutations(
    ai::AiMutations,
    assignment::AssignmentMutations,
    handoff::HandoffMutations,
    lifecycle::LifecycleMutations,
    macros::MacroMutations,
    merge::MergeMutations,
    messages::MessageMutations,
    suggestions::SuggestionMutations,
    survey::SurveyMutations,
    triage::TriageMutations,
    work::WorkMutations,
);

/// A conversation as the target of a command.
const fn conversation(id: &ID) -> Target<'_> {
    Target::Existing(NodeType::Conversation, id)
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

/// A contact of the tenant.
pub(super) async fn known_contact(caller: &Caller, uuid: Uuid) -> Result<Contact, Unmet> {
    let loaded = caller.app.bus.load::<Contact>(caller.tenant(), &uuid.to_string()).await;
    let loaded = loaded.map_err(Fault::unavailable)?;
    let (contact, _) = loaded.ok_or_else(|| {
        user_error("CONTACT_NOT_FOUND", "there is no such contact").about("contactId")
    })?;
    Ok(contact)
}

/// Lets those through who may be given conversations.
pub(super) async fn active_member(
    caller: &Caller,
    user: UserId,
    field: &str,
) -> Result<UserId, Unmet> {
    match caller.app.bus.require_active_member(caller.tenant(), user).await {
        Ok(member) => Ok(member.user),
        Err(error) if error.is_refusal() => {
            let refused: UserError = user_error(error.code(), error.to_string()).about(field);
            Err(refused.into())
        }
        Err(error) => Err(Fault::unavailable(error).into()),
    }
}
