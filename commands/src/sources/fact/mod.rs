//! What a provider says: one fact per thing that happened. What is said of a conversation is
//! here; what is said of calls, orders and leads has a file each.

mod call;
mod lead;
mod order;

use bitacora_domain::aggregates::contact::IdentityKind;
use bitacora_domain::aggregates::conversation::{DeliveryStatus, Pricing, ProviderFault, Referral};
use chrono::{DateTime, Utc};
use serde_json::Value;

pub use call::{BirthHow, CallBirth, CallFact, CallNews, CallTarget};
pub use lead::LeadFact;
pub use order::{OrderFact, OrderNews};

/// One thing that a delivery says happened.
#[derive(Clone, PartialEq, Eq)]
pub struct Fact {
    /// Natural key (`wa:msg:{wamid}` …): a redelivery has the same one.
    pub key: String,
    /// The provider's id of the account that it happened on, in the form of the source's
    /// [`super::WebhookSource::accounts`]; routes to a tenant.
    pub account: Option<String>,
    /// When it happened, if the provider says so.
    pub at: Option<DateTime<Utc>>,
    /// The provider's fact itself: what the fingerprint covers.
    pub raw: Value,
    /// Characters that cannot be stored were replaced in the delivery.
    pub repaired: bool,
    /// What it is.
    pub kind: FactKind,
}

impl std::fmt::Debug for Fact {
    /// Shows what it is about and nothing that a person said.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fact")
            .field("key", &self.key)
            .field("account", &self.account)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Kind and value of an identity, in the canonical form of the kind.
pub type PersonIdentity = (IdentityKind, String);

/// A person as a fact knows them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Everything that identifies them, the most stable first; may be empty.
    pub identities: Vec<PersonIdentity>,
    /// Name, if said.
    pub name: Option<String>,
}

impl std::fmt::Debug for Person {
    /// Masked: it is nothing but personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person(***)")
    }
}

/// What a fact is. Ids are the provider's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// A contact wrote. Its content: [`super::WebhookSource::content`].
    Message {
        /// Who.
        from: Person,
        /// Id of the message.
        id: String,
        /// Id of the message that it answers.
        reply_to: Option<String>,
        /// Ad or post that led here.
        referral: Option<Referral>,
        /// It was forwarded.
        forwarded: bool,
    },
    /// The business wrote in its phone app.
    Echo {
        /// To whom.
        to: Person,
        /// Id of the message.
        id: String,
        /// The provider repeats what we sent over it as well, without its id.
        may_be_ours: bool,
    },
    /// A contact reacted, or took a reaction back.
    Reaction {
        /// Who.
        from: Person,
        /// Id of the reaction.
        id: String,
        /// Id of the message reacted to.
        target: String,
        /// Emoji; `None` when taken back.
        emoji: Option<String>,
    },
    /// A contact edited a message. Its content: [`super::WebhookSource::content`].
    Edit {
        /// Who.
        from: Person,
        /// Id of the edit.
        id: String,
        /// Id of the message edited.
        target: String,
    },
    /// A contact deleted a message.
    Revoke {
        /// Who.
        from: Person,
        /// Id of the revocation.
        id: String,
        /// Id of the message deleted.
        target: String,
    },
    /// The provider reports on a message of ours.
    Status {
        /// Id of the message.
        id: String,
        /// To whom it went.
        recipient: Person,
        /// Status.
        status: DeliveryStatus,
        /// What we sent along with the message, echoed.
        callback: Option<String>,
        /// What it costs.
        pricing: Option<Pricing>,
        /// Why it failed.
        fault: Option<ProviderFault>,
        /// It failed because the contact wants no marketing messages.
        opted_out: bool,
    },
    /// A person has further identities (a changed number).
    IdentityChanged {
        /// Who, as known before.
        person: Person,
        /// The new ones; at least one.
        identities: Vec<PersonIdentity>,
    },
    /// A contact wants marketing messages, or no more.
    Preference {
        /// Who.
        person: Person,
        /// They are welcome.
        welcome: bool,
    },
    /// It speaks of a call.
    Call(Box<CallFact>),
    /// It speaks of an order.
    Order(OrderFact),
    /// It speaks of a lead.
    Lead(LeadFact),
    /// Understood, or not, but not acted upon: kept.
    Ignored {
        /// Stable code.
        reason: &'static str,
    },
    /// The whole body could not be read.
    Unparsable,
}

impl FactKind {
    /// Whom it is about.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Message { from: person, .. }
            | Self::Echo { to: person, .. }
            | Self::Reaction { from: person, .. }
            | Self::Edit { from: person, .. }
            | Self::Revoke { from: person, .. }
            | Self::Status { recipient: person, .. }
            | Self::IdentityChanged { person, .. }
            | Self::Preference { person, .. } => Some(person),
            Self::Call(_)
            | Self::Order(_)
            | Self::Lead(_)
            | Self::Ignored { .. }
            | Self::Unparsable => None,
        }
    }

    /// What it is about, as far as the fact itself tells: the person, the call, the order.
    pub fn about(&self) -> Option<String> {
        match self {
            Self::Call(fact) => {
                let ours = || fact.target.map(|target| target.call.to_string());
                let ids = &fact.ids;
                ids.call_sid.clone().or_else(|| ids.el_conversation_id.clone()).or_else(ours)
            }
            Self::Order(fact) => {
                let hint = || fact.order.map(|order| order.to_string());
                hint().or_else(|| fact.intent.clone()).or_else(|| fact.session.clone())
            }
            Self::Message { .. }
            | Self::Echo { .. }
            | Self::Reaction { .. }
            | Self::Edit { .. }
            | Self::Revoke { .. }
            | Self::Status { .. }
            | Self::IdentityChanged { .. }
            | Self::Preference { .. }
            | Self::Lead(_)
            | Self::Ignored { .. }
            | Self::Unparsable => {
                let (_, id) = self.person()?.identities.first()?;
                Some(id.clone())
            }
        }
    }

    /// Stable name, for metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Echo { .. } => "echo",
            Self::Reaction { .. } => "reaction",
            Self::Edit { .. } => "edit",
            Self::Revoke { .. } => "revoke",
            Self::Status { .. } => "status",
            Self::IdentityChanged { .. } => "identity",
            Self::Preference { .. } => "preference",
            Self::Call(_) => "call",
            Self::Order(_) => "order",
            Self::Lead(_) => "lead",
            Self::Ignored { .. } => "ignored",
            Self::Unparsable => "unparsable",
        }
    }
}
