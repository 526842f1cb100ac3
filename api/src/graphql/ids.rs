//! Global ids (Relay): opaque to clients, unique over all types, the same for ever.

use async_graphql::ID;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::fault::Fault;

/// Types that have global ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeType {
    /// An API key.
    ApiKey,
    /// An order of credits.
    BillingOrder,
    /// A call.
    Call,
    /// A recording, transcript or analysis of a call.
    CallArtefact,
    /// An attempt of a call.
    CallAttempt,
    /// A message that was proposed after a call.
    CallFollowUp,
    /// A channel account.
    ChannelAccount,
    /// A contact.
    Contact,
    /// A conversation.
    Conversation,
    /// Credits that came in at once.
    CreditGrant,
    /// Credits that are set aside.
    CreditHold,
    /// The prepaid credits of a tenant.
    CreditLedger,
    /// A hand-off of a conversation to a person.
    Handoff,
    /// A document of the knowledge base.
    KnowledgeDocument,
    /// A line of the statement of credits.
    LedgerEntry,
    /// A handing over of a lead.
    Delivery,
    /// A lead.
    Lead,
    /// Something that the tenant sells.
    Offer,
    /// A member of the tenant.
    Member,
    /// A message.
    Message,
    /// A message that is to be sent later.
    ScheduledMessage,
    /// A suggested answer.
    Suggestion,
    /// A tenant.
    Tenant,
    /// A ticket.
    Ticket,
    /// A person of the team.
    User,
}

impl NodeType {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::ApiKey,
        Self::BillingOrder,
        Self::Call,
        Self::CallArtefact,
        Self::CallAttempt,
        Self::CallFollowUp,
        Self::ChannelAccount,
        Self::Contact,
        Self::Conversation,
        Self::CreditGrant,
        Self::CreditHold,
        Self::CreditLedger,
        Self::Handoff,
        Self::KnowledgeDocument,
        Self::LedgerEntry,
        Self::Delivery,
        Self::Lead,
        Self::Offer,
        Self::Member,
        Self::Message,
        Self::ScheduledMessage,
        Self::Suggestion,
        Self::Tenant,
        Self::Ticket,
        Self::User,
    ];

    /// The GraphQL type's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "ApiKey",
            Self::BillingOrder => "BillingOrder",
            Self::Call => "Call",
            Self::CallArtefact => "CallArtefact",
            Self::CallAttempt => "CallAttempt",
            Self::CallFollowUp => "CallFollowUp",
            Self::ChannelAccount => "ChannelAccount",
            Self::Contact => "Contact",
            Self::Conversation => "Conversation",
            Self::CreditGrant => "CreditGrant",
            Self::CreditHold => "CreditHold",
            Self::CreditLedger => "CreditLedger",
            Self::Handoff => "Handoff",
            Self::KnowledgeDocument => "KnowledgeDocument",
            Self::LedgerEntry => "LedgerEntry",
            Self::Delivery => "Delivery",
            Self::Lead => "Lead",
            Self::Offer => "Offer",
            Self::Member => "Member",
            Self::Message => "Message",
            Self::ScheduledMessage => "ScheduledMessage",
            Self::Suggestion => "Suggestion",
            Self::Tenant => "Tenant",
            Self::Ticket => "Ticket",
            Self::User => "User",
        }
    }

    /// The global id of the `uuid` of this type.
    pub fn id(self, uuid: Uuid) -> ID {
        ID(URL_SAFE_NO_PAD.encode(format!("{}:{}", self.as_str(), uuid.hyphenated())))
    }

    /// The UUID in a global id of this type.
    ///
    /// # Errors
    /// A `BAD_USER_INPUT` fault when it is no id, or one of another type.
    pub fn uuid(self, id: &ID) -> Result<Uuid, Fault> {
        match decode(id) {
            Some((found, uuid)) if found == self => Ok(uuid),
            Some((found, _)) => Err(Fault::input(format!(
                "an id of {} is needed, not one of {}",
                self.as_str(),
                found.as_str()
            ))),
            None => Err(Fault::input(format!("this is not an id of {}", self.as_str()))),
        }
    }
}

/// Type and UUID of a global id, or of nothing.
pub fn decode(id: &ID) -> Option<(NodeType, Uuid)> {
    let bytes = URL_SAFE_NO_PAD.decode(id.as_str()).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let (name, uuid) = text.split_once(':')?;
    let node = NodeType::ALL.into_iter().find(|node| node.as_str() == name)?;
    let uuid = Uuid::parse_str(uuid).ok()?;
    // One id, one text: other spellings of the UUID are refused.
    (node.id(uuid).as_str() == id.as_str()).then_some((node, uuid))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_id_is_of_one_type_and_has_one_text() {
        let uuid = Uuid::from_u128(7);
        let id = NodeType::Contact.id(uuid);
        assert_eq!(decode(&id), Some((NodeType::Contact, uuid)));
        assert_eq!(NodeType::Contact.uuid(&id).unwrap(), uuid);
        assert!(NodeType::Message.uuid(&id).is_err());
        let simple = URL_SAFE_NO_PAD.encode(format!("Contact:{}", uuid.simple()));
        for bad in ["", "x", uuid.to_string().as_str(), simple.as_str()] {
            assert_eq!(decode(&ID(bad.to_owned())), None, "{bad}");
        }
    }
}
