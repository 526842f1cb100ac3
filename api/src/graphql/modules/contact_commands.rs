//! What people do with contacts.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use bitacora_domain::aggregates::contact::{
    self as domain, Contact as Aggregate, ContactCommand as Command,
};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationCommand as Conversing};
use bitacora_domain::{ContactId, Personal, Subject};
use bitacora_projections::Cell;
use bitacora_projections::query::{Filter, Op, Page};
use uuid::Uuid;

use super::contacts::{Contact, IdentityKind};
use super::conversations::TABLE as CONVERSATIONS;
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{
    self, MutationInput, Payload, Receipted, Run, Target, mutation_types,
};

/// Most open conversations of a contact: one per channel account.
const OPEN_MAX: i64 = 100;
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

    /// Records that the contact wants no more of something. Who wants nothing automatic any more
    /// (`ALL`) gets none in the conversations that are open, either; an agent may still answer.
    async fn opt_out_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who opts out of what.")] input: OptOutContactInput,
    ) -> Result<OptOutContactPayload> {
        let run = Run::begin(ctx, Capability::Work, &input)?;
        let (category, at) = (input.category.into(), run.caller().app.clock.now());
        let body = Command::OptOut { category, by: BY_AGENT.into(), at };
        let told = Told { contact: &input.id, category: input.category };
        Ok(told.by(&run, body, Conversing::RecordOptOut { by: BY_AGENT.into() }).await?)
    }

    /// Records that the contact wants something again; `ALL` in the conversations that are
    /// open, too.
    async fn opt_in_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who opts in to what.")] input: OptInContactInput,
    ) -> Result<OptInContactPayload> {
        let run = Run::begin(ctx, Capability::Work, &input)?;
        let (category, at) = (input.category.into(), run.caller().app.clock.now());
        let body = Command::OptIn { category, by: BY_AGENT.into(), at };
        let told = Told { contact: &input.id, category: input.category };
        Ok(told.by(&run, body, Conversing::RecordOptIn { by: BY_AGENT.into() }).await?)
    }
}

/// What a contact told somebody of the team.
struct Told<'a> {
    contact: &'a ID,
    category: OptOutCategory,
}

impl Told<'_> {
    /// Tells it to the contact and, when it is about everything, to its open conversations.
    /// Conversations that start after the contact knows it start with it.
    async fn by<I: MutationInput, P: Payload>(
        &self,
        run: &Run<'_, I>,
        body: Command,
        conversing: Conversing,
    ) -> std::result::Result<P, Fault> {
        let target = Target::Existing(NodeType::Contact, self.contact);
        let prepare = std::future::ready(Ok(body));
        let mut outcome = run.execute::<Aggregate, _>(target, |_| prepare).await?;
        if let (Ok(done), OptOutCategory::All) = (&outcome, self.category) {
            let mut last = done.clone();
            for conversation in open_conversations(run.caller(), done).await? {
                let step = format!("conversation:{conversation}");
                let told =
                    run.further::<Conversation>(done, &step, conversation, conversing.clone());
                // one that has ended meanwhile is told nothing
                if let Ok(told) = told.await? {
                    last = told;
                }
            }
            outcome = Ok(last);
        }
        Ok(run.payload(outcome).await)
    }
}

/// The conversations of a contact that had not ended when the mutation was done.
async fn open_conversations(
    caller: &Caller,
    done: &Receipted,
) -> std::result::Result<Vec<Uuid>, Fault> {
    let Some(contact) = done.uuid() else { return Ok(Vec::new()) };
    caller.reached(done.receipt.cursor, &[CONVERSATIONS], None).await?;
    let over = ["CLOSED", "ARCHIVED", "MERGED"].map(|status| Cell::Text(status.into()));
    let filter = Filter::And(vec![
        Filter::Compare("contact_id", Op::Eq, Cell::Uuid(contact)),
        Filter::Not(Box::new(Filter::In("status", over.into()))),
    ]);
    let page = Page {
        table: CONVERSATIONS,
        filter,
        order: Vec::new(),
        after: None,
        limit: OPEN_MAX,
        backwards: false,
    };
    let rows = caller.app.models.page(caller.tenant(), &page).await?;
    Ok(rows.iter().filter_map(|row| row.uuid("id")).collect())
}
