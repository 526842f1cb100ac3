//! Appends straight to the log, for what no aggregate does yet or must not do: gapless numbers,
//! keys of the whole installation, values that Postgres cannot hold.

use bitacora_commands::{Append, Expected, NewEvent};
use bitacora_domain::{
    Actor, ActorKind, Claim, CommandId, Metadata, PendingNumber, StreamId, Version,
};
use rand::Rng as _;
use serde_json::{Value, json};

use super::super::wire::{Kind, Outcome};
use super::super::world::KEYS;
use super::{Load, Turn};

/// Streams of numbered events.
pub const NUMBERED: &str = "torture_numbered";
/// Streams that hold a key of the installation.
pub const KEY_HOLDER: &str = "torture_key";
/// Streams that never come to be.
pub const POISONED: &str = "torture_poison";
/// Counter of the numbered events.
pub const COUNTER: &str = "torture.number";
/// Kind of the installation's keys.
pub const KEY_KIND: &str = "torture.key";

impl Load {
    /// An event that draws the tenant's next number.
    pub(super) async fn numbered(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let mut append =
            self.append(turn, NUMBERED, Expected::NONE, "Numbered", &json!({ "number": 0 }))?;
        for event in &mut append.events {
            event.number = Some(PendingNumber { counter: COUNTER, field: "number" });
        }
        self.issue_append(Kind::Numbered, append).await?;
        Ok(())
    }

    /// Takes one of a few keys of the whole installation and gives it back. Batches of the other
    /// lane then lock the system lane first.
    pub(super) async fn installation_key(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let key = format!("key-{}", turn.dice.random_range(0..KEYS));
        let mut take =
            self.append(turn, KEY_HOLDER, Expected::NONE, "KeyTaken", &json!({ "key": key }))?;
        let holder = take.stream.aggregate_id.clone();
        let claim = Claim::take(KEY_KIND, key.as_str(), holder.as_str()).installation_wide();
        take.claims.push(claim);
        let (stream, taken) = (take.stream.clone(), take.command_id);
        if !matches!(self.issue_append(Kind::Key, take).await?, Outcome::Stored(_)) {
            return Ok(());
        }
        let expected = Expected { version: Version(1), last_event: Some(taken.event(0)) };
        let mut release =
            self.append(turn, KEY_HOLDER, expected, "KeyReleased", &json!({ "key": key }))?;
        release.stream = stream;
        release
            .claims
            .push(Claim::release(KEY_KIND, key.as_str(), holder.as_str()).installation_wide());
        self.issue_append(Kind::Key, release).await?;
        Ok(())
    }

    /// NUL inside `jsonb`: Postgres refuses the statement, and only this command may suffer.
    pub(super) async fn poison(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let payload = json!({ "text": "before\u{0}after" });
        let append = self.append(turn, POISONED, Expected::NONE, "Poisoned", &payload)?;
        self.issue_append(Kind::Poison, append).await?;
        Ok(())
    }

    /// One event on a new stream of `kind`.
    fn append(
        &self,
        turn: &Turn,
        kind: &str,
        expected: Expected,
        event_type: &str,
        fields: &Value,
    ) -> anyhow::Result<Append> {
        let name = self.own_name();
        let command_id: CommandId = self.world.command(&name);
        let payload = json!({ event_type: fields });
        let fingerprint = self.bus.key().fingerprint(&&payload)?;
        let metadata = Metadata {
            event_id: command_id.event(0),
            command_id,
            correlation_id: command_id.as_uuid(),
            causation_id: command_id.as_uuid(),
            actor: Actor::new(ActorKind::System, format!("child-{}", self.child)),
            occurred_at: self.bus.clock().now(),
            traceparent: None,
        };
        let event = NewEvent {
            event_type: event_type.to_owned(),
            event_version: "1".to_owned(),
            payload,
            metadata,
            number: None,
            effects: Vec::new(),
        };
        Ok(Append {
            tenant: self.world.tenant(turn.tenant),
            stream: StreamId::new(kind, self.world.id(&name)),
            expected,
            events: vec![event],
            claims: Vec::new(),
            counts: Vec::new(),
            command_id,
            fingerprint,
            verify_only: false,
        })
    }
}
