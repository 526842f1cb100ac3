//! People: who may log in, for which tenant, as what; and the keys of their programs.
//!
//! Users, memberships and keys are aggregates. Passwords and logins are not events
//! ([`crate::ports::Credentials`]): they must be forgotten one day. Where both change, the
//! credentials are written first: without its event a row means nothing.

mod error;
mod keys;
mod login;
mod members;
mod operator;
mod password;
mod register;
mod standing;
mod tokens;

use std::sync::Arc;

use bitacora_domain::{Actor, CommandId, DomainAggregate, TenantId};
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::memory::Memory;
use crate::ports::{Credentials, Randomness};
use crate::{CommandBus, Envelope, Receipt};

pub use error::{PeopleError, Workplace};
pub use keys::FoundKey;
pub use login::{Login, Opened};
pub use members::{ActiveMember, MemberError};
pub use operator::NewMember;
pub use register::{Joining, Registration};
pub use tokens::{KEY_START, Minted};

use password::Hasher;
use standing::Standings;

/// How long a caller's standing is believed.
const BELIEVED_FOR: TimeDelta = TimeDelta::seconds(2);
/// Callers remembered, of each kind.
const REMEMBERED: usize = 20_000;

/// Registers, logs in and knows people and their keys. Cheap to clone.
#[derive(Clone)]
pub struct People(Arc<Inner>);

struct Inner {
    bus: CommandBus,
    credentials: Arc<dyn Credentials>,
    random: Arc<dyn Randomness>,
    hasher: Hasher,
    standings: Standings,
    keys: Memory<String, Option<FoundKey>>,
}

impl People {
    /// The people of an installation.
    pub fn new(
        bus: CommandBus,
        credentials: Arc<dyn Credentials>,
        random: Arc<dyn Randomness>,
    ) -> Self {
        let standings = Standings::new(REMEMBERED, BELIEVED_FOR);
        let keys = Memory::new(REMEMBERED, BELIEVED_FOR);
        Self(Arc::new(Inner { bus, credentials, random, hasher: Hasher::new(), standings, keys }))
    }

    fn bus(&self) -> &CommandBus {
        &self.0.bus
    }

    fn credentials(&self) -> &dyn Credentials {
        self.0.credentials.as_ref()
    }

    fn fresh(&self) -> CommandId {
        CommandId::new(self.bus().clock().fresh_id())
    }

    /// Runs a step of something that people do; the same step with the same body is one command.
    async fn execute<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        actor: &Actor,
        command: CommandId,
        id: Uuid,
        body: A::Body,
    ) -> Result<Receipt, PeopleError> {
        let request = json!({ "aggregate": A::TYPE, "id": id, "body": body });
        let fingerprint = self.bus().key().fingerprint(&request);
        let fingerprint = fingerprint.map_err(|error| PeopleError::Internal(error.to_string()))?;
        let now = self.bus().clock().now();
        let envelope = Envelope::new(tenant, actor.clone(), command, fingerprint, now);
        Ok(self.bus().execute::<A>(envelope, &id.to_string(), body).await?)
    }
}
