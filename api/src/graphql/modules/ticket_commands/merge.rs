//! Two tickets of a contact become one.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::TicketId;
use bitacora_domain::aggregates::ticket::{Ticket as Aggregate, TicketCommand as Command};

use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{Run, Unmet, argument, user_error};

ticket_types! {
    /// Which ticket goes on in which other one.
    "mergeTickets": MergeTicketsInput {
        /// The ticket of the same contact in which it goes on.
        pub into: ID,
    } -> MergeTicketsPayload | MergeTicketsError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TicketMergeMutations;

#[Object]
impl TicketMergeMutations {
    /// Continues a ticket in another one of the same contact; `id` is read-only then and shows
    /// where it goes on. Both are written, one after the other; what a time-out leaves open is
    /// completed by itself, or by a repetition with the same key.
    async fn merge_tickets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What goes on where.")] input: MergeTicketsInput,
    ) -> Result<MergeTicketsPayload> {
        let run = Run::begin(ctx, Capability::Work, &input)?;
        let caller = run.caller();
        let into = argument(NodeType::Ticket, &input.into, "into");
        let prepare = async { merging(caller, TicketId::new(into.clone()?)).await };
        let merged = run.execute::<Aggregate, _>(super::ticket(&input.id), |_| prepare).await?;
        let outcome = match (merged, into) {
            (Ok(done), Ok(survivor)) => {
                let source = TicketId::new(done.uuid().unwrap_or_default());
                let body = Command::RecordMerge { source };
                run.further::<Aggregate>(&done, "merge:record", survivor, body).await?
            }
            (outcome, _) => outcome,
        };
        Ok(run.payload(outcome).await)
    }
}

/// Whose the survivor is and where it stands, for the ticket to judge.
async fn merging(caller: &Caller, survivor: TicketId) -> std::result::Result<Command, Unmet> {
    let loaded = caller.app.bus.load::<Aggregate>(caller.tenant(), &survivor.to_string()).await;
    let found = loaded.map_err(Fault::unavailable)?.map(|(ticket, _)| ticket);
    let known = found.as_ref().and_then(|found| Some((found.contact()?, found.status())));
    let Some((survivor_contact, survivor_status)) = known else {
        let message = "there is no such ticket";
        return Err(user_error("TICKET_NOT_FOUND", message).about("into").into());
    };
    Ok(Command::MergeInto { survivor, survivor_contact, survivor_status })
}
