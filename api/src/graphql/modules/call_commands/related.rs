//! Who a call is with, what it is tied to, and what is left of it.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::call_session::{
    CallCommand as Command, CallLink, CallSession as Aggregate, DeletionReason,
};
use bitacora_domain::aggregates::contact::Contact;
use bitacora_domain::aggregates::conversation::Conversation;
use bitacora_domain::aggregates::lead::Lead;
use bitacora_domain::aggregates::ticket::Ticket;
use bitacora_domain::{ContactId, DomainAggregate};
use uuid::Uuid;

use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::{self, NodeType};
use crate::graphql::mutation::{self, Unmet, argument, user_error};

call_types! {
    /// Who called.
    "identifyCaller": IdentifyCallerInput {
        /// The contact.
        pub contact_id: ID,
    } -> IdentifyCallerPayload | IdentifyCallerError
}
call_types! {
    /// What a call is tied to.
    "linkCall": LinkCallInput {
        /// Global id of a conversation, a ticket or a lead.
        pub to: ID,
    } -> LinkCallPayload | LinkCallError
}
call_types! {
    /// Which recording goes.
    "deleteCallRecording": DeleteCallRecordingInput {
        /// The recording: an artefact of the call.
        pub recording_id: ID,
    } -> DeleteCallRecordingPayload | DeleteCallRecordingError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct RelatedCallMutations;

#[Object]
impl RelatedCallMutations {
    /// Says who called, or who it was instead of whom it was thought to be.
    async fn identify_caller(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, in which call.")] input: IdentifyCallerInput,
    ) -> Result<IdentifyCallerPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_call!(ctx, input, async {
            let contact = argument(NodeType::Contact, &input.contact_id, "contactId")?;
            if !exists::<Contact>(caller, contact).await? {
                let message = "there is no such contact";
                return Err(user_error("CONTACT_NOT_FOUND", message).about("contactId").into());
            }
            Ok(Command::IdentifyCaller { contact: ContactId::new(contact) })
        })
    }

    /// Ties a call to a conversation, a ticket or a lead.
    async fn link_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to what.")] input: LinkCallInput,
    ) -> Result<LinkCallPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_call!(ctx, input, async { link(caller, &input.to).await })
    }

    /// Deletes a recording here and at its provider, for good. The deletion itself is recorded.
    async fn delete_call_recording(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which recording.")] input: DeleteCallRecordingInput,
    ) -> Result<DeleteCallRecordingPayload> {
        // Nobody gets it back, so it takes more than working with calls.
        let capability = Capability::Supervise;
        let target = super::call(&input.id);
        let body = async {
            let recording = argument(NodeType::CallArtefact, &input.recording_id, "recordingId")?;
            Ok(Command::DeleteRecording { recording, reason: DeletionReason::Redaction })
        };
        mutation::answer_prepared::<Aggregate, _, _>(ctx, capability, &input, target, body).await
    }
}

async fn link(caller: &Caller, to: &ID) -> std::result::Result<Command, Unmet> {
    let wrong = |message: &str| -> Unmet { user_error("INVALID_ID", message).about("to").into() };
    let Some((node, id)) = ids::decode(to) else {
        return Err(wrong("this is not a global id of this API"));
    };
    let (kind, found) = if node == NodeType::Conversation {
        (CallLink::Conversation, exists::<Conversation>(caller, id).await?)
    } else if node == NodeType::Ticket {
        (CallLink::Ticket, exists::<Ticket>(caller, id).await?)
    } else if node == NodeType::Lead {
        (CallLink::Lead, exists::<Lead>(caller, id).await?)
    } else {
        return Err(wrong("a call is tied to a conversation, a ticket or a lead"));
    };
    if found {
        Ok(Command::LinkCall { kind, id })
    } else {
        Err(user_error("NOT_FOUND", "there is nothing with this id").about("to").into())
    }
}

async fn exists<A: DomainAggregate>(caller: &Caller, id: Uuid) -> std::result::Result<bool, Fault> {
    let loaded = caller.app.bus.load::<A>(caller.tenant(), &id.to_string()).await;
    Ok(loaded.map_err(Fault::unavailable)?.is_some())
}
