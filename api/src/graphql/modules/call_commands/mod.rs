//! What people, and the AI services that work for them, do with calls: one mutation per command.
//! What providers report comes by webhook, and dialling itself is the system's.

use async_graphql::{ID, MergedObject};
use bitacora_domain::aggregates::call_session::CallSession as Aggregate;
use bitacora_domain::{CallId, ContactId, Subject};
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::Target;

/// Declares input, error union and payload of a mutation of an existing call.
macro_rules! call_types {
    ($(#[$doc:meta])* $name:literal: $input:ident { $($fields:tt)* } -> $payload:ident | $error:ident) => {
        $crate::graphql::mutation::mutation_types! { $(#[$doc])* $name: $input {
            /// The call.
            pub id: async_graphql::ID,
            $($fields)*
        } -> $payload | $error {
            /// The call as it is afterwards; null when it failed or the read side is late.
            call: $crate::graphql::modules::calls::Call
        } }
    };
}

/// A mutation of an existing call.
macro_rules! on_call {
    ($ctx:ident, $input:ident, $body:expr) => {
        $crate::graphql::mutation::answer::<
            bitacora_domain::aggregates::call_session::CallSession,
            _,
            _,
        >(
            $ctx,
            $crate::graphql::access::Capability::Work,
            &$input,
            super::call(&$input.id),
            |_| $body,
        )
        .await
    };
}

/// The same where something must be looked up first: `$body` is a future of the command.
macro_rules! on_prepared_call {
    ($ctx:ident, $input:ident, $body:expr) => {
        $crate::graphql::mutation::answer_prepared::<
            bitacora_domain::aggregates::call_session::CallSession,
            _,
            _,
        >(
            $ctx, $crate::graphql::access::Capability::Work, &$input, super::call(&$input.id), $body
        )
        .await
    };
}

pub mod course;
pub mod follow_ups;
pub mod related;
pub mod request;
pub mod talk;

/// Fields of the mutation root.
#[derive(MergedObject, Default)]
pub struct CallMutations(
    course::CallCourseMutations,
    follow_ups::CallFollowUpMutations,
    related::RelatedCallMutations,
    request::RequestCallMutations,
    talk::CallTalkMutations,
);

/// A call as the target of a command.
const fn call(id: &ID) -> Target<'_> {
    Target::Existing(NodeType::Call, id)
}

/// With whom a call is; `None` also for a call that does not exist.
async fn contact_of(caller: &Caller, id: &ID) -> Result<Option<ContactId>, Fault> {
    let uuid = NodeType::Call.uuid(id).unwrap_or_default();
    let loaded = caller.app.bus.load::<Aggregate>(caller.tenant(), &uuid.to_string()).await;
    let loaded = loaded.map_err(Fault::unavailable)?;
    Ok(loaded.and_then(|(call, _)| call.contact()))
}

/// Whose data is said in a call: its contact's, or the unknown caller's.
async fn subject_of(caller: &Caller, id: &ID) -> Result<Subject, Fault> {
    let uuid: Uuid = NodeType::Call.uuid(id).unwrap_or_default();
    let unknown = || bitacora_domain::aggregates::call_session::caller(CallId::new(uuid));
    Ok(contact_of(caller, id).await?.map_or_else(unknown, Subject::contact))
}
