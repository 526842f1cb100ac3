//! What contacts allow: being called, and not.

use async_graphql::{Context, Enum, ID, Object, Result};
use bitacora_domain::aggregates::contact::{
    self as domain, Contact as Aggregate, ContactCommand as Command,
};

use super::contacts::Contact;
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{self, Target, mutation_types};

/// How it is known when somebody of the team records it and says nothing else.
const BY_AGENT: &str = "agent";

/// What a contact agrees to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ConsentScope")]
pub enum ConsentScope {
    /// Being called.
    Calls,
}

mutation_types! {
    /// What a contact agreed to.
    "recordContactConsent": RecordContactConsentInput {
        /// The contact.
        pub id: ID,
        /// To what.
        pub scope: ConsentScope,
        /// How it is known, 1–40 characters, such as `form` or the name of a document; `agent`
        /// when not given.
        pub by: Option<String>,
    } -> RecordContactConsentPayload | RecordContactConsentError {
        /// The contact; null when it failed or the read side is late.
        contact: Contact
    }
}
mutation_types! {
    /// What a contact does not agree to any more.
    "withdrawContactConsent": WithdrawContactConsentInput {
        /// The contact.
        pub id: ID,
        /// To what.
        pub scope: ConsentScope,
        /// How it is known, 1–40 characters; `agent` when not given.
        pub by: Option<String>,
    } -> WithdrawContactConsentPayload | WithdrawContactConsentError {
        /// The contact; null when it failed or the read side is late.
        contact: Contact
    }
}
mutation_types! {
    /// Who is not to be called.
    "addContactToDnc": AddContactToDncInput {
        /// The contact.
        pub id: ID,
        /// How it is known, 1–40 characters, such as the name of a list; `agent` when not given.
        pub by: Option<String>,
    } -> AddContactToDncPayload | AddContactToDncError {
        /// The contact; null when it failed or the read side is late.
        contact: Contact
    }
}
mutation_types! {
    /// Who may be called again.
    "removeContactFromDnc": RemoveContactFromDncInput {
        /// The contact.
        pub id: ID,
        /// How it is known, 1–40 characters; `agent` when not given.
        pub by: Option<String>,
    } -> RemoveContactFromDncPayload | RemoveContactFromDncError {
        /// The contact; null when it failed or the read side is late.
        contact: Contact
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct ContactConsentMutations;

/// A mutation of an existing contact, told at this moment.
macro_rules! told {
    ($ctx:ident, $input:ident, |$by:ident, $at:ident| $body:expr) => {{
        let $at = Caller::of($ctx)?.app.clock.now();
        let $by = $input.by.clone().unwrap_or_else(|| BY_AGENT.to_owned());
        let target = Target::Existing(NodeType::Contact, &$input.id);
        mutation::answer::<Aggregate, _, _>($ctx, Capability::Work, &$input, target, |_| $body)
            .await
    }};
}

#[Object]
impl ContactConsentMutations {
    /// Records that a contact agreed. Without it nobody is called.
    async fn record_contact_consent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who agreed to what.")] input: RecordContactConsentInput,
    ) -> Result<RecordContactConsentPayload> {
        told!(ctx, input, |by, at| Command::RecordConsent { scope: input.scope.into(), by, at })
    }

    /// Records that a contact does not agree any more.
    async fn withdraw_contact_consent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who takes back what.")] input: WithdrawContactConsentInput,
    ) -> Result<WithdrawContactConsentPayload> {
        told!(ctx, input, |by, at| Command::WithdrawConsent { scope: input.scope.into(), by, at })
    }

    /// Puts a contact on the do-not-call list: it is not called, whatever it agreed to.
    async fn add_contact_to_dnc(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: AddContactToDncInput,
    ) -> Result<AddContactToDncPayload> {
        told!(ctx, input, |by, at| Command::AddToDnc { by, at })
    }

    /// Takes a contact off the do-not-call list.
    async fn remove_contact_from_dnc(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: RemoveContactFromDncInput,
    ) -> Result<RemoveContactFromDncPayload> {
        told!(ctx, input, |by, at| Command::RemoveFromDnc { by, at })
    }
}
