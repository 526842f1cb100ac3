//! What mutations give: the object as it is afterwards, and where the outcome stands.

use async_graphql::SimpleObject;
use bitacora_domain::{CommandId, DomainAggregate, Version};
use bitacora_projections::Table;
use bitacora_projections::query::TableRow;
use uuid::Uuid;

use super::errors::UserError;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::scalars::Position;

/// Most events of one command; far more than any emits.
const EVENTS_MAX: i64 = 100;

/// Where the outcome of a mutation stands.
#[derive(Clone, Debug, SimpleObject)]
pub struct Receipt {
    /// Position of the outcome: give it as `atLeast` to read your write.
    pub position: Position,
    /// Version of the object after it.
    pub version: i64,
    /// The same idempotency key was used before for the same request: this is the first
    /// outcome, and nothing was done now.
    pub replayed: bool,
}

/// A payload of a mutation.
pub trait Payload: Sized {
    /// The object that it shows.
    type Entity: Entity;
    /// Of an accepted mutation.
    fn done(done: &Receipted, entity: Option<Self::Entity>, echo: Option<String>) -> Self;
    /// Of a failed one.
    fn failed(error: UserError, echo: Option<String>) -> Self;
}

/// An object that payloads show.
pub trait Entity: Sized + Send {
    /// The object as it is after the mutation; `None` when the read side has not caught up
    /// within the deadline, or cannot.
    fn after(caller: &Caller, done: &Receipted) -> impl Future<Output = Option<Self>> + Send;
}

/// An accepted mutation.
#[derive(Clone, Debug)]
pub struct Receipted {
    /// Its receipt.
    pub receipt: bitacora_commands::Receipt,
    /// Its command.
    pub command: CommandId,
}

impl Receipted {
    /// The receipt as clients see it.
    pub fn to_graphql(&self) -> Receipt {
        Receipt {
            position: Position(self.receipt.cursor),
            version: self.receipt.version.0,
            replayed: self.receipt.replayed,
        }
    }

    /// UUID of the object that the command ran on.
    pub fn uuid(&self) -> Option<Uuid> {
        self.receipt.stream.aggregate_id.parse().ok()
    }

    /// What happened because of the mutation's own command, also when it was done before.
    ///
    /// # Errors
    /// When the log does not answer or holds something that cannot be read.
    pub async fn events<A: DomainAggregate>(
        &self,
        caller: &Caller,
    ) -> Result<Vec<A::Event>, Fault> {
        let (stream, version) = (&self.receipt.stream, self.receipt.version.0);
        let after = Version((version - EVENTS_MAX).max(0));
        let reader = &caller.app.reader;
        let events = reader.read_stream(caller.tenant(), stream, after, EVENTS_MAX).await?;
        let own = events.iter().filter(|event| event.metadata.command_id == self.command);
        own.map(|event| event.decode::<A>().cloned().map_err(Fault::internal)).collect()
    }
}

/// The row of the object as it is after the mutation; `None` when the read side has not caught
/// up within the deadline, or cannot. `beside` are the tables that its fields read, too.
pub async fn reread(
    caller: &Caller,
    done: &Receipted,
    table: &'static Table,
    beside: &[&'static Table],
) -> Option<TableRow> {
    let stream = &done.receipt.stream;
    caller.reached(done.receipt.cursor, &[table], Some(stream)).await.ok()?;
    // What stands beside may be late or parked without taking the object itself away.
    drop(caller.reached(done.receipt.cursor, beside, None).await);
    caller.row(table, done.uuid()?).await.ok().flatten()
}
