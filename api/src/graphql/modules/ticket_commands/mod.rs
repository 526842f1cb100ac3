//! What people, and the AI services that work for them, do with tickets: one mutation per command.
//! Timers (the targets of the SLA, the end of a hold, the end of the window) are the system's.

use async_graphql::{ID, MergedObject};
use bitacora_domain::aggregates::ticket::Ticket as Aggregate;
use bitacora_domain::{ContactId, Personal, Subject};
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{Target, Unmet};

/// Declares input, error union and payload of a mutation of an existing ticket.
macro_rules! ticket_types {
    ($(#[$doc:meta])* $name:literal: $input:ident { $($fields:tt)* } -> $payload:ident | $error:ident $(makes { $($made:tt)* })?) => {
        $crate::graphql::mutation::mutation_types! { $(#[$doc])* $name: $input {
            /// The ticket.
            pub id: async_graphql::ID,
            $($fields)*
        } -> $payload | $error {
            /// The ticket as it is afterwards; null when it failed or the read side is late.
            ticket: $crate::graphql::modules::tickets::Ticket
        } $(makes { $($made)* })? }
    };
}

/// A mutation of an existing ticket.
macro_rules! on_ticket {
    ($ctx:ident, $capability:ident, $input:ident, $body:expr) => {
        $crate::graphql::mutation::answer::<bitacora_domain::aggregates::ticket::Ticket, _, _>(
            $ctx,
            $crate::graphql::access::Capability::$capability,
            &$input,
            super::ticket(&$input.id),
            |_| $body,
        )
        .await
    };
}

/// The same where something must be looked up first: `$body` is a future of the command.
macro_rules! on_prepared_ticket {
    ($ctx:ident, $capability:ident, $input:ident, $body:expr) => {
        $crate::graphql::mutation::answer_prepared::<
            bitacora_domain::aggregates::ticket::Ticket,
            _,
            _,
        >(
            $ctx,
            $crate::graphql::access::Capability::$capability,
            &$input,
            super::ticket(&$input.id),
            $body,
        )
        .await
    };
}

pub mod assignment;
pub mod data;
pub mod ending;
pub mod labels;
pub mod macros;
pub mod merge;
pub mod opening;
pub mod progress;
pub mod related;
pub mod sla;
pub mod survey;

/// Fields of the mutation root.
#[derive(MergedObject, Default)]
pub struct TicketMutations(
    assignment::TicketAssignmentMutations,
    data::TicketDataMutations,
    ending::TicketEndingMutations,
    labels::TicketLabelMutations,
    macros::TicketMacroMutations,
    merge::TicketMergeMutations,
    opening::OpenTicketMutations,
    progress::TicketProgressMutations,
    related::RelatedTicketMutations,
    sla::SlaMutations,
    survey::TicketSurveyMutations,
);

/// A ticket as the target of a command.
const fn ticket(id: &ID) -> Target<'_> {
    Target::Existing(NodeType::Ticket, id)
}

/// What is said about somebody else's matter: words of the ticket's contact. For a ticket that
/// does not exist any subject does, since the command will be refused.
async fn personal(caller: &Caller, id: &ID, words: &str) -> Result<Personal<String>, Unmet> {
    Ok(Personal::new(subject_of(caller, id).await?, words.to_owned()))
}

/// The same for words that may be missing.
async fn maybe_personal(
    caller: &Caller,
    id: &ID,
    words: Option<&String>,
) -> Result<Option<Personal<String>>, Unmet> {
    match words {
        Some(words) => Ok(Some(personal(caller, id, words).await?)),
        None => Ok(None),
    }
}

/// Whose data is said on a ticket: its contact's.
async fn subject_of(caller: &Caller, id: &ID) -> Result<Subject, Fault> {
    let uuid = NodeType::Ticket.uuid(id).unwrap_or_default();
    let loaded = caller.app.bus.load::<Aggregate>(caller.tenant(), &uuid.to_string()).await;
    let loaded = loaded.map_err(Fault::unavailable)?;
    let contact = loaded.and_then(|(ticket, _)| ticket.contact());
    Ok(Subject::contact(contact.unwrap_or(ContactId::new(Uuid::nil()))))
}
