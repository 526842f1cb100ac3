//! A command with everything that handling it may depend on.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{Actor, CommandId, TenantId};

/// What an aggregate handles: the body and the facts that a pure function cannot get itself.
/// It is the `Command` of every [`crate::DomainAggregate`].
#[derive(Clone, Debug)]
pub struct Directed<C> {
    /// Tenant that the command runs for.
    pub tenant: TenantId,
    /// The stream's id, as text.
    pub aggregate_id: String,
    /// Id of the command; all ids that handling makes follow from it.
    pub command_id: CommandId,
    /// Who asks.
    pub actor: Actor,
    /// The time: of the request, or when the inbox received the fact.
    pub now: DateTime<Utc>,
    /// What is asked.
    pub body: C,
}

impl<C> Directed<C> {
    /// The `n`-th id made by this command (UUIDv5), the same at every retry.
    pub fn new_id(&self, n: usize) -> Uuid {
        self.command_id.derive(&format!("id:{n}"))
    }

    /// The circumstances and the body apart, so that a decision can take the body to pieces.
    pub fn split(self) -> (Directed<()>, C) {
        let Self { tenant, aggregate_id, command_id, actor, now, body } = self;
        (Directed { tenant, aggregate_id, command_id, actor, now, body: () }, body)
    }
}
