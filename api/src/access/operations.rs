//! What every root field of the schema needs: the one table. A field that is not in it is
//! refused; a test compares it with the schema.

use super::Access::{self, Authenticated, Needs, Operator, Person, PersonWith};
use super::Capability as C;

/// Root type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A field of `Query`.
    Query,
    /// A field of `Mutation`.
    Mutation,
    /// A field of `Subscription`.
    Subscription,
}

impl Kind {
    /// Name of the root type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Subscription => "Subscription",
        }
    }
}

/// Fields by what they need; each field stands once.
#[rustfmt::skip]
pub const OPERATIONS: &[(Kind, Access, &[&str])] = &[
    (Kind::Query, Authenticated, &["logPosition", "node", "nodes"]),
    (Kind::Query, Person, &["me"]),
    (Kind::Query, Needs(C::Read), &[
        "activity", "contact", "contacts", "conversation", "conversations", "handoffs", "inboxCounts",
        "messages", "scheduledMessages", "slaDue", "suggestions", "ticket", "tickets", "timeline",
    ]),
    (Kind::Query, Needs(C::Read), &[
        "deliveries", "delivery", "lead", "leadDisputes", "leadFunnel", "leads",
    ]),
    (Kind::Query, Needs(C::Settings), &["leadTargets", "offer", "offers"]),
    (Kind::Query, Needs(C::Read), &["knowledgeDocument", "knowledgeDocuments"]),
    (Kind::Query, Needs(C::Figures), &["dailyStats", "usage"]),
    (Kind::Query, Needs(C::Settings), &[
        "channelAccount", "channelAccounts", "members", "tenant",
    ]),
    (Kind::Query, Needs(C::Billing), &[
        "billingOrder", "billingOrders", "creditGrants", "creditHolds", "creditLedger",
        "creditPacks", "ledgerEntries",
    ]),
    (Kind::Query, Needs(C::ApiKeys), &["apiKeys"]),
    (Kind::Query, Needs(C::Audit), &["history"]),
    (Kind::Query, Needs(C::Operate), &[
        "deadLetters", "effects", "parkedEvents", "projections",
    ]),

    (Kind::Query, Needs(C::Read), &["call", "callArtefacts", "callFollowUps", "calls"]),

    (Kind::Mutation, Needs(C::Work), &[
        "addContactToDnc", "approveCall", "approveCallFollowUp", "blockCall", "cancelCall",
        "dismissCallFollowUp", "hangUpCall", "identifyCaller", "linkCall", "placeCall",
        "recordContactConsent", "removeContactFromDnc", "requestCall", "requestCallback",
        "retryCall", "scheduleCall", "suggestCallFollowUp", "transferCall",
        "withdrawContactConsent",
    ]),
    (Kind::Mutation, Needs(C::Supervise), &["deleteCallRecording"]),
    (Kind::Mutation, Person, &["setMyAvailability"]),
    (Kind::Mutation, PersonWith(C::Work), &["setTyping"]),
    (Kind::Mutation, Needs(C::Work), &[
        "acceptHandoff", "addContactIdentity", "addLabel", "addNote", "applyMacro",
        "approveAction", "approveSuggestion", "archiveConversation", "assignConversation",
        "cancelScheduledMessage", "changePriority", "closeConversation", "linkEntity",
        "markConversationRead", "mergeConversations", "optInContact", "optOutContact", "pauseAi", "queueMessage",
        "redactMessage", "registerContact", "rejectAction", "rejectSuggestion", "removeLabel",
        "renameContact", "reopenConversation", "requestHandoff", "requestSurvey",
        "resolveConversation", "resumeAi", "returnToBot", "scheduleMessage", "sendMessage",
        "snoozeConversation", "startConversation", "unassignConversation",
        "unsnoozeConversation",
    ]),
    (Kind::Mutation, Needs(C::Work), &[
        "addTicketComment", "applySlaPolicy", "applyTicketMacro", "assignTicket",
        "changeTicketCategory", "changeTicketPriority", "closeTicket", "createTicketFollowUp",
        "escalateTicket", "holdTicket", "linkTicket", "mergeTickets", "openTicket",
        "recordTicketFirstResponse", "recordTicketReply", "recordTicketResponse",
        "releaseTicketHold", "reopenTicket", "requestTicketData", "requestTicketSurvey",
        "resolveTicket", "setTicketTags", "splitTicket", "startTicket", "supplyTicketData",
        "unassignTicket", "waitForCustomer", "waitForThirdParty",
    ]),
    (Kind::Mutation, Needs(C::Work), &[
        "answerLeadQuestion", "captureLead", "coolLead", "disputeLead", "disqualifyLead",
        "handOffLead", "identifyLead", "mapLead", "markLeadLost", "markLeadWon", "mergeLead",
        "prioritiseLead", "reactivateLead", "recordLeadContact", "requestLeadContact",
        "requestLeadDelivery", "retryLeadForm", "returnLead", "scoreLead", "stopLead",
        "transferLead",
    ]),
    (Kind::Mutation, Needs(C::Configure), &[
        "archiveOffer", "connectLeadTarget", "createOffer", "enableLeadTarget", "mapAd",
        "pauseOffer", "publishOffer", "renameOffer", "rotateLeadTargetSecret", "setOfferCriteria",
        "unmapAd",
    ]),
    (Kind::Mutation, Needs(C::Work), &[
        "confirmDeliveryTarget", "giveUpDelivery", "retryDelivery",
    ]),
    (Kind::Mutation, Operator, &["resolveLeadDispute"]),
    (Kind::Mutation, Needs(C::Work), &[
        "classifyKnowledgeDocument", "reviseKnowledgeDocument", "uploadKnowledgeDocument",
    ]),
    (Kind::Mutation, Needs(C::Integrate), &["failKnowledgeIngestion", "ingestKnowledgeDocument"]),
    (Kind::Mutation, Needs(C::Supervise), &[
        "approveKnowledgeDocument", "publishKnowledgeDocument", "reindexKnowledgeDocument",
        "rejectKnowledgeDocument", "restoreKnowledgeDocument", "retireKnowledgeDocument",
    ]),
    (Kind::Mutation, Needs(C::Supervise), &["setMemberCapacity", "setMemberSkills"]),
    (Kind::Mutation, Needs(C::Configure), &[
        "connectChannelAccount", "connectWhatsAppChannel", "degradeChannel", "disableChannel",
        "restoreChannel",
        "setAiMode", "setAutopilotCategories", "setBusinessHours", "setConfidenceThreshold",
        "updateTenantSettings",
    ]),
    (Kind::Mutation, Needs(C::Billing), &[
        "cancelOrder", "configureAutoTopUp", "createCheckout", "setLowBalanceThreshold",
    ]),
    (Kind::Mutation, Operator, &[
        "adjustCredits", "changePlan", "freezeLedger", "grantCredits", "refundConsumption",
        "settleDebt", "unfreezeLedger",
    ]),
    (Kind::Mutation, Needs(C::Members), &[
        "changeMemberRole", "inviteMember", "reactivateMember", "removeMember", "suspendMember",
    ]),
    (Kind::Mutation, Needs(C::ApiKeys), &["issueApiKey", "revokeApiKey"]),
    (Kind::Mutation, Needs(C::Integrate), &[
        "attachAudioTranscript", "receiveMessage", "recordDeliveryStatus", "recordSurvey",
        "recordTriage", "suggestReply", "recordTicketCsat", "summariseTicket", "triageTicket",
    ]),
    (Kind::Mutation, Needs(C::Operate), &[
        "discardEffect", "discardParked", "retryEffect", "retryParked",
    ]),

    (Kind::Subscription, Needs(C::Read), &[
        "callChanged",
        "leadChanged",
        "conversationChanged", "handoffRequested", "messageAdded", "ticketChanged", "typing",
    ]),
    (Kind::Subscription, Needs(C::Billing), &["ledgerChanged"]),
    (Kind::Subscription, Needs(C::Audit), &["events"]),
];

/// What the field of the root type needs; `None` when it is not in the table.
pub fn needs(kind: Kind, field: &str) -> Option<Access> {
    let mut rows = OPERATIONS.iter();
    rows.find(|(of, _, fields)| *of == kind && fields.contains(&field))
        .map(|(_, access, _)| *access)
}

/// Every operation, in the order of the table.
pub fn all() -> impl Iterator<Item = (Kind, &'static str, Access)> {
    let rows = OPERATIONS.iter();
    rows.flat_map(|(kind, access, fields)| fields.iter().map(|field| (*kind, *field, *access)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_stands_once() {
        let mut seen = std::collections::BTreeSet::new();
        for (kind, field, _) in all() {
            assert!(seen.insert((kind, field)), "{field} twice");
        }
    }
}
