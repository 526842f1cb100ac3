//! One fact on its way to commands.

use std::sync::Arc;

use bitacora_domain::{Actor, ActorKind, ChannelAccountId, CommandId, ContactId, TenantId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::failure::Failure;
use crate::sources::{Fact, WebhookSource};
use crate::{Envelope, Fingerprint};

/// The delivery that brought a fact.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) id: Uuid,
    pub(super) source: &'static dyn WebhookSource,
    pub(super) received_at: DateTime<Utc>,
    pub(super) traceparent: Option<String>,
    /// How often it, or the kept fact, was tried before.
    pub(super) attempts: i32,
}

/// A fact of a delivery.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) delivery: Arc<Delivery>,
    pub(super) ordinal: i32,
    pub(super) fact: Fact,
}

impl Item {
    /// Facts of the same partition are done one after another, in order of arrival: those of
    /// one person on one account, of one call, of one order.
    pub(super) fn partition(&self) -> (String, String) {
        let account = self.fact.account.clone().unwrap_or_default();
        let about = self.fact.kind.about();
        (account, about.unwrap_or_else(|| self.fact.key.clone()))
    }
}

/// Where a fact's account leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) tenant: TenantId,
    pub(super) channel: ChannelAccountId,
}

/// Where a fact belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To this tenant.
    Of {
        tenant: TenantId,
        /// On this account, where it is about one.
        channel: Option<ChannelAccountId>,
    },
    /// Nobody connected its account.
    Unconnected,
    /// It speaks of something that nobody knows so far.
    Waits { on: String },
}

impl From<Route> for Place {
    fn from(Route { tenant, channel }: Route) -> Self {
        Self::Of { tenant, channel: Some(channel) }
    }
}

/// A fact whose tenant is known.
pub(super) struct Job<'a> {
    pub(super) item: &'a Item,
    pub(super) tenant: TenantId,
    /// The account that it happened on, where it is about one.
    pub(super) channel: Option<ChannelAccountId>,
    pub(super) fingerprint: Fingerprint,
}

impl Job<'_> {
    pub(super) fn fact(&self) -> &Fact {
        &self.item.fact
    }

    pub(super) fn delivery(&self) -> &Delivery {
        &self.item.delivery
    }

    /// The account of a fact about a conversation.
    pub(super) fn channel(&self) -> Result<ChannelAccountId, Failure> {
        self.channel.ok_or(Failure::Stuck("NO_CHANNEL"))
    }

    /// The provider's time, or else when we received it.
    pub(super) fn at(&self) -> DateTime<Utc> {
        self.fact().at.unwrap_or(self.delivery().received_at)
    }

    /// The fact's own command id. It is always the *last* command of the fact, so its presence
    /// in the log means that nothing is left to do.
    pub(super) fn command_id(&self) -> CommandId {
        CommandId::from_fact(&self.fact().key)
    }

    /// Envelope of the fact's own command, by the provider.
    pub(super) fn envelope(&self) -> Envelope {
        let delivery = self.delivery();
        let actor = Actor::provider(delivery.source.provider());
        Envelope {
            occurred_at: self.fact().at,
            correlation_id: delivery.id,
            causation_id: delivery.id,
            traceparent: delivery.traceparent.clone(),
            ..Envelope::new(
                self.tenant,
                actor,
                self.command_id(),
                self.fingerprint,
                delivery.received_at,
            )
        }
    }

    /// The same, by the contact.
    pub(super) fn envelope_of(&self, contact: ContactId) -> Envelope {
        Envelope { actor: Actor::new(ActorKind::Contact, contact.to_string()), ..self.envelope() }
    }
}
