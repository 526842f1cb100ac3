//! Typed identifiers. Every id is a UUID; the type says of what.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to identify this kind of thing.
            pub const fn new(id: Uuid) -> Self { Self(id) }
            /// The bare UUID, for storage and wire formats.
            pub const fn as_uuid(self) -> Uuid { self.0 }
            /// A further id that follows from this one and `name` (UUIDv5, RFC 9562 §5.5), so
            /// that a retry derives the same one.
            pub fn derive(self, name: &str) -> Uuid { Uuid::new_v5(&self.0, name.as_bytes()) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.hyphenated().fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> { Uuid::parse_str(s).map(Self) }
        }
        impl From<Uuid> for $name { fn from(id: Uuid) -> Self { Self(id) } }
        impl From<$name> for Uuid { fn from(id: $name) -> Self { id.0 } }
    )+};
}

typed_ids! {
    /// A business that uses Bitácora. Everything belongs to exactly one tenant.
    TenantId;
    /// A conversation with one contact over one channel account.
    ConversationId;
    /// A person that the business talks to.
    ContactId;
    /// A channel account: a WhatsApp number, later a call agent or an inbox.
    ChannelAccountId;
    /// A message inside a conversation (ours, not the provider's id).
    MessageId;
    /// A matter of a contact that the business works on.
    TicketId;
    /// A person's interest in one offer.
    LeadId;
    /// Something that a tenant sells, and how it judges who is interested.
    OfferId;
    /// The handing over of a lead to a tenant's systems.
    DeliveryId;
    /// An article that people and machines answer from.
    DocumentId;
    /// A person who works for a tenant.
    UserId;
    /// The credits of a tenant; each has one ledger.
    LedgerId;
    /// Credits that were given to a tenant at once, under one set of conditions.
    GrantId;
    /// Credits that are set aside for something.
    HoldId;
    /// An order of credits that is paid for.
    OrderId;
    /// A call session: the attempts to reach one person, or one call received.
    CallId;
    /// A command; the unit of idempotency within a tenant.
    CommandId;
    /// A recorded event.
    EventId;
}

impl TenantId {
    /// Owner of everything that is unique across the installation (a `phone_number_id`, a
    /// user's e-mail). Lives in lane 0.
    pub const SYSTEM: Self = Self(Uuid::nil());
}

impl ContactId {
    /// The id of a contact that the business knows of by a lead alone: the form of an ad that was
    /// fetched. Such ids are UUIDs of version 8, all others are not, so that whoever sees the id
    /// knows for ever where the contact came from (ADR 0012).
    pub const fn of_lead(id: Uuid) -> Self {
        Self(uuid::Builder::from_custom_bytes(*id.as_bytes()).into_uuid())
    }

    /// Was the contact made because of a lead?
    pub const fn came_by_lead(self) -> bool {
        self.0.get_version_num() == 8
    }
}

/// Namespace of command ids that follow from a provider's fact.
const FACT_NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_2c1e_8f5b_4d0a_9a53_b1f0_6b1c_0a01);

impl CommandId {
    /// The command id of a provider's fact, from its natural key (`wa:msg:{wamid}` …,
    /// wire-formats §0), so that a redelivery is the same command.
    pub fn from_fact(key: &str) -> Self {
        Self(Uuid::new_v5(&FACT_NAMESPACE, key.as_bytes()))
    }

    /// The id of one step of a fact that drives several streams.
    #[must_use]
    pub fn step(self, step: &str) -> Self {
        Self(self.derive(step))
    }

    /// An id for the `n`-th event (from 0) of a command that is appended below the bus. The bus
    /// itself names events by their history as well (ADR 0005).
    pub fn event(self, n: usize) -> EventId {
        EventId(self.derive(&format!("event:{n}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_that_came_by_a_lead_is_known_by_its_id() {
        let name = TenantId::SYSTEM.derive("phone:+5491166600011");
        assert!(!ContactId::new(name).came_by_lead());
        let hidden = ContactId::of_lead(name);
        assert!(hidden.came_by_lead());
        assert_eq!(hidden, ContactId::of_lead(name));
        assert_eq!(hidden.to_string().parse::<ContactId>().unwrap(), hidden);
    }

    #[test]
    fn derived_ids_repeat_and_differ_by_name() {
        let fact = CommandId::from_fact("wa:msg:wamid.A");
        assert_eq!(fact, CommandId::from_fact("wa:msg:wamid.A"));
        assert_ne!(fact.step("a"), fact.step("b"));
        assert_ne!(fact.event(0), fact.event(1));
    }
}
