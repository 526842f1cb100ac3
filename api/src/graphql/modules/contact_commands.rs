//! What people do with contacts.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use bitacora_domain::aggregates::contact::{
    self as domain, Contact as Aggregate, ContactCommand as Command,
};
use bitacora_domain::{ContactId, Personal, Subject};
use uuid::Uuid;

use super::contacts::{Contact, IdentityKind};
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{self, Target, mutation_types};

/// How an opt-out is known when somebody of the team records it.
const BY_AGENT: &str = "agent";

/// What a contact can opt out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::OptOutCategory")]
pub enum OptOutCategory {
    /// Marketing messages.
    Marketing,
    /// Everything that the business sends by itself.
    All,
}

/// Something by which a contact is known.
#[derive(Clone, Debug, InputObject)]
pub struct IdentityInput {
    /// Kind.
    pub kind: IdentityKind,
    /// Value; brought into the canonical form of its kind.
    pub value: String,
}

impl IdentityInput {
    fn of(&self, contact: Uuid) -> domain::Identity {
        let value = Personal::new(subject(contact), self.value.clone());
        domain::Identity { kind: self.kind.into(), value }
    }
}

fn subject(contact: Uuid) -> Subject {
    Subject::contact(ContactId::new(contact))
}

mutation_types! {
    /// A contact to make.
    creates "registerContact": RegisterContactInput {
        /// By what the contact is known: at least one.
        pub identities: Vec<IdentityInput>,
        /// Name.
        pub name: Option<String>,
    } -> RegisterContactPayload | RegisterContactError {
        /// The contact; null when it failed or the read side is late.
        contact: Contact
    }
}
mutation_types! {
    /// A further identity of a contact.
    "addContactIdentity": AddContactIdentityInput {
        /// The contact.
        pub id: ID,
        /// The identity.
        pub identity: IdentityInput,
    } -> AddContactIdentityPayload | AddContactIdentityError {
        /// The contact; null when it failed or the read side is late.
        contact: Contact
    }
}
mutation_types! {
    /// Another name of a contact.
    "renameContact": RenameContactInput {
        /// The contact.
        pub id: ID,
        /// Name, 1–200 characters.
        pub name: String,
    } -> RenameContactPayload | RenameContactError {
        /// The contact; null when it failed or the read side is late.
        contact: Contact
    }
}
mutation_types! {
    /// What a contact does not want any more.
    "optOutContact": OptOutContactInput {
        /// The contact.
        pub id: ID,
        /// Of what.
        pub category: OptOutCategory,
    } -> OptOutContactPayload | OptOutContactError {
        /// The contact; null when it failed or the read side is late.
        contact: Contact
    }
}
mutation_types! {
    /// What a contact wants again.
    "optInContact": OptInContactInput {
        /// The contact.
        pub id: ID,
        /// To what.
        pub category: OptOutCategory,
    } -> OptInContactPayload | OptInContactError {
        /// The contact; null when it failed or the read side is late.
        contact: Contact
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct ContactMutations;

/// A mutation of an existing contact.
macro_rules! on_contact {
    ($ctx:ident, $input:ident, |$uuid:ident| $body:expr) => {
        mutation::answer::<Aggregate, _, _>(
            $ctx,
            Capability::Work,
            &$input,
            Target::Existing(NodeType::Contact, &$input.id),
            |$uuid| $body,
        )
        .await
    };
}

#[Object]
impl ContactMutations {
    /// Makes a contact. An identity belongs to one contact: `ALREADY_TAKEN` tells which.
    async fn register_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The contact.")] input: RegisterContactInput,
    ) -> Result<RegisterContactPayload> {
        let answer = mutation::answer::<Aggregate, _, _>;
        answer(ctx, Capability::Work, &input, Target::New, |uuid| Command::Register {
            identities: input.identities.iter().map(|identity| identity.of(uuid)).collect(),
            name: input.name.clone().map(|name| Personal::new(subject(uuid), name)),
        })
        .await
    }

    /// Adds a further identity of the same person.
    async fn add_contact_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which identity of whom.")] input: AddContactIdentityInput,
    ) -> Result<AddContactIdentityPayload> {
        on_contact!(ctx, input, |uuid| Command::AddIdentity { identity: input.identity.of(uuid) })
    }

    /// Gives the contact another name.
    async fn rename_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who gets which name.")] input: RenameContactInput,
    ) -> Result<RenameContactPayload> {
        on_contact!(ctx, input, |uuid| {
            Command::Rename { name: Personal::new(subject(uuid), input.name.clone()) }
        })
    }

    /// Records that the contact wants no more of something.
    async fn opt_out_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who opts out of what.")] input: OptOutContactInput,
    ) -> Result<OptOutContactPayload> {
        let at = Caller::of(ctx)?.app.clock.now();
        let category = input.category.into();
        on_contact!(ctx, input, |_uuid| Command::OptOut { category, by: BY_AGENT.into(), at })
    }

    /// Records that the contact wants something again.
    async fn opt_in_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who opts in to what.")] input: OptInContactInput,
    ) -> Result<OptInContactPayload> {
        let at = Caller::of(ctx)?.app.clock.now();
        let category = input.category.into();
        on_contact!(ctx, input, |_uuid| Command::OptIn { category, by: BY_AGENT.into(), at })
    }
}
