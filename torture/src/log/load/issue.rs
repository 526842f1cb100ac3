//! Issuing one command until its outcome is certain, as a well-behaved caller would: the same
//! id again whenever the fault may pass.

use std::time::Duration;

use bitacora_commands::append::AppendOutcome;
use bitacora_commands::ports::LogError;
use bitacora_commands::{Append, CommandError, Envelope};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationCommand};
use bitacora_domain::{Actor, ActorKind, CommandId, Cursor, DomainError as _, StreamId, Version};

use super::super::wire::{Done, Issued, Kind, Line, Outcome, Place};
use super::Load;

/// Attempts at a command while the database does not answer, 100 ms apart.
const PATIENCE: u32 = 300;

/// A command to a conversation.
pub(super) struct Order {
    pub(super) tenant: u64,
    pub(super) command: CommandId,
    pub(super) request: char,
    pub(super) kind: Kind,
    pub(super) conversation: String,
    pub(super) body: ConversationCommand,
    pub(super) expected: Option<Version>,
}

impl Load {
    /// An order under an id that nobody else uses.
    pub(super) fn order(
        &self,
        tenant: u64,
        kind: Kind,
        conversation: &str,
        body: ConversationCommand,
    ) -> Order {
        let command = self.world.command(&self.own_name());
        let conversation = conversation.to_owned();
        Order { tenant, command, request: 'a', kind, conversation, body, expected: None }
    }

    /// Issues a command through the bus, tells the parent, and returns what came of it.
    pub(super) async fn issue(&self, order: Order) -> anyhow::Result<Outcome> {
        let Order { tenant, command, request, kind, conversation, body, expected } = order;
        let tenant = self.world.tenant(tenant);
        let about = Issued { tenant: tenant.as_uuid(), command: command.as_uuid(), request, kind };
        self.tell(Line::Issued(about.clone())).await?;
        let fingerprint =
            self.bus.key().fingerprint(&(&conversation, &body, expected.map(|v| v.0)))?;
        let mut attempts = 0;
        let outcome = loop {
            let now = self.bus.clock().now();
            let actor = Actor::new(ActorKind::User, format!("child-{}", self.child));
            let mut envelope = Envelope::new(tenant, actor, command, fingerprint, now);
            envelope.expected_version = expected;
            let answer =
                self.bus.execute::<Conversation>(envelope, &conversation, body.clone()).await;
            let error = match answer {
                Ok(receipt) => {
                    break Outcome::Stored(place(
                        receipt.cursor,
                        receipt.version,
                        &receipt.stream,
                        receipt.replayed,
                    ));
                }
                Err(error) => error,
            };
            match error {
                CommandError::Refused(refusal) => break Outcome::Refused(refusal.code().into()),
                CommandError::VersionConflict { .. } => break Outcome::Version,
                CommandError::Reserved { .. } => break Outcome::Reserved,
                CommandError::LimitReached { .. } => break Outcome::Wrong("a limit".into()),
                CommandError::IdempotencyMismatch => break Outcome::Mismatch,
                CommandError::ForeignStream => break Outcome::Wrong("foreign stream".into()),
                CommandError::Unreadable(error) => break Outcome::Wrong(error.to_string()),
                CommandError::Contention => {}
                CommandError::Log(error) => {
                    if let Some(outcome) = final_fault(&error) {
                        break outcome;
                    }
                }
            }
            attempts += 1;
            if attempts >= PATIENCE {
                break Outcome::GaveUp("the database never answered".into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        self.told(about, outcome).await
    }

    /// Issues an append straight to the log.
    pub(super) async fn issue_append(&self, kind: Kind, append: Append) -> anyhow::Result<Outcome> {
        let about = Issued {
            tenant: append.tenant.as_uuid(),
            command: append.command_id.as_uuid(),
            request: 'a',
            kind,
        };
        self.tell(Line::Issued(about.clone())).await?;
        let mut attempts = 0;
        let outcome = loop {
            match self.bus.log().append(append.clone()).await {
                Ok(AppendOutcome::Appended(landed)) => {
                    break Outcome::Stored(place(
                        landed.cursor,
                        landed.version,
                        &landed.stream,
                        false,
                    ));
                }
                Ok(AppendOutcome::Replayed(landed)) => {
                    break Outcome::Stored(place(
                        landed.cursor,
                        landed.version,
                        &landed.stream,
                        true,
                    ));
                }
                Ok(AppendOutcome::Reserved { .. }) => break Outcome::Reserved,
                Ok(AppendOutcome::Conflict { .. }) => break Outcome::Version,
                Ok(AppendOutcome::Mismatch { .. }) => break Outcome::Mismatch,
                Ok(AppendOutcome::LimitReached { .. }) => break Outcome::Wrong("a limit".into()),
                Ok(AppendOutcome::Verified) => break Outcome::Wrong("verified".into()),
                Ok(AppendOutcome::ForeignStream) => break Outcome::Wrong("foreign stream".into()),
                Err(error) => {
                    if let Some(outcome) = final_fault(&error) {
                        break outcome;
                    }
                }
            }
            attempts += 1;
            if attempts >= PATIENCE {
                break Outcome::GaveUp("the database never answered".into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        self.told(about, outcome).await
    }

    async fn told(&self, about: Issued, outcome: Outcome) -> anyhow::Result<Outcome> {
        let Issued { tenant, command, request, .. } = about;
        let done = Done { tenant, command, request, at: self.now_micros(), outcome };
        self.tell(Line::Done(done.clone())).await?;
        Ok(done.outcome)
    }
}

/// What a fault of the log means to the caller, unless trying again may help. A connection that
/// is cut in the middle of a replay may look like damage: only the checks at the end can tell.
fn final_fault(error: &LogError) -> Option<Outcome> {
    match error {
        LogError::Rejected(reason) => Some(Outcome::Rejected(reason.clone())),
        LogError::UnknownTenant => Some(Outcome::Wrong("unknown tenant".into())),
        LogError::Unavailable(_) | LogError::Overloaded | LogError::Corrupt(_) => None,
    }
}

fn place(cursor: Cursor, version: Version, stream: &StreamId, replayed: bool) -> Place {
    Place {
        lane: cursor.lane.0,
        position: cursor.position.0,
        version: version.0,
        stream: stream.to_string(),
        replayed,
    }
}
