//! Everyday work: opening, closing, notes, labels, messages; on streams that everybody writes
//! and on streams of one's own.

use bitacora_domain::aggregates::conversation::{
    AssignedBy, ConversationCommand as C, MessageContent,
};
use bitacora_domain::{ContactId, Personal, Subject, UserId};
use rand::Rng as _;

use super::super::wire::{Kind, Outcome};
use super::super::world::{HOT_CONTACTS, HOT_STREAMS};
use super::{Load, Turn};

/// Labels in play; far fewer than a conversation may have.
pub(super) const LABELS: u64 = 12;

impl Load {
    /// Two processes race for the one open conversation of a few contacts; whoever wins closes
    /// it again later, so that the race never ends.
    pub(super) async fn open_or_close(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let contact = format!("hot:{}", turn.dice.random_range(0..HOT_CONTACTS));
        let contact = self.world.contact(turn.tenant, &contact);
        let conversation = self.world.id(&self.own_name()).to_string();
        let start = self.start(turn.tenant, contact);
        let opened = self.issue(self.order(turn.tenant, Kind::Open, &conversation, start)).await?;
        if !matches!(opened, Outcome::Stored(_)) {
            return Ok(());
        }
        for _ in 0..turn.dice.random_range(0..3) {
            let note = Self::note(contact, turn);
            self.issue(self.order(turn.tenant, Kind::Work, &conversation, note)).await?;
        }
        self.issue(self.order(turn.tenant, Kind::Work, &conversation, C::Close)).await?;
        Ok(())
    }

    /// A note on a conversation that everybody writes.
    pub(super) async fn note_on_hot(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let (conversation, contact) = self.hot(turn).await?;
        let note = Self::note(contact, turn);
        self.issue(self.order(turn.tenant, Kind::Work, &conversation, note)).await?;
        Ok(())
    }

    /// A label on or off; often it is there already, which is a no-op that is logged.
    pub(super) async fn label_on_hot(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let (conversation, _) = self.hot(turn).await?;
        let label = format!("label-{}", turn.dice.random_range(0..LABELS));
        let body = if turn.dice.random_bool(0.5) {
            C::AddLabel { label }
        } else {
            C::RemoveLabel { label }
        };
        self.issue(self.order(turn.tenant, Kind::Work, &conversation, body)).await?;
        Ok(())
    }

    /// A conversation of one's own, from start to end.
    pub(super) async fn cold_conversation(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let name = self.own_name();
        let contact = self.world.contact(turn.tenant, &name);
        let conversation = self.world.id(&name).to_string();
        let mut steps = vec![self.start(turn.tenant, contact), Self::note(contact, turn)];
        steps.push(C::AddLabel { label: "cold".into() });
        steps.push(C::Assign {
            agent: Some(UserId::new(self.world.id("agent"))),
            team: None,
            by: AssignedBy::User,
        });
        steps.push(C::MarkRead);
        for body in steps {
            self.issue(self.order(turn.tenant, Kind::Work, &conversation, body)).await?;
        }
        Ok(())
    }

    /// A message of the contact on a hot conversation. Now and then its provider id is one that
    /// another conversation of the tenant has taken.
    pub(super) async fn receive(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let (conversation, contact) = self.hot(turn).await?;
        let reused = turn.dice.random_bool(0.1);
        let (kind, wamid) = if reused {
            (Kind::Open, format!("wamid.shared.{}", turn.dice.random_range(0..200)))
        } else {
            (Kind::Work, format!("wamid.{}", self.own_name()))
        };
        let text = format!("mensaje {}", turn.dice.random::<u32>());
        let body = C::ReceiveMessage {
            provider_message_id: wamid,
            content: MessageContent::Text { body: Personal::new(Subject::contact(contact), text) },
            reply_to: None,
            referral: None,
            forwarded: false,
            sent_at: self.bus.clock().now(),
        };
        self.issue(self.order(turn.tenant, kind, &conversation, body)).await?;
        if turn.dice.random_bool(0.1) {
            self.issue(self.order(turn.tenant, Kind::Work, &conversation, C::MarkRead)).await?;
        }
        Ok(())
    }

    /// A hot conversation, started by whoever comes first, always by the same command.
    pub(super) async fn hot(&self, turn: &mut Turn) -> anyhow::Result<(String, ContactId)> {
        let n = turn.dice.random_range(0..HOT_STREAMS);
        let contact = self.world.contact(turn.tenant, &format!("stream:{n}"));
        let conversation = self.world.hot_stream(turn.tenant, n);
        let body = self.start(turn.tenant, contact);
        if turn.dice.random_bool(0.02) || !self.started.seen(turn.tenant, n) {
            let mut order = self.order(turn.tenant, Kind::Twin, &conversation, body);
            order.command = self.world.command(&format!("hot:{}:{n}", turn.tenant));
            self.issue(order).await?;
            self.started.note(turn.tenant, n);
        }
        Ok((conversation, contact))
    }

    pub(super) fn start(&self, tenant: u64, contact: ContactId) -> C {
        C::Start {
            contact,
            channel: self.world.channel(tenant),
            external_thread: None,
            opted_out: false,
        }
    }

    pub(super) fn note(contact: ContactId, turn: &mut Turn) -> C {
        let text = format!("nota {}", turn.dice.random::<u32>());
        C::AddNote { body: Personal::new(Subject::contact(contact), text) }
    }
}
