//! The closed sets that queries and mutations of conversations share.

use async_graphql::Enum;
use bitacora_domain::aggregates::conversation as domain;

/// Where a hand-off to a person stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::HandoffStatus")]
pub enum HandoffStatus {
    /// The AI, or nobody, answers.
    None,
    /// A person was asked for and nobody has come yet.
    Requested,
    /// A person has it.
    Accepted,
    /// Nobody came in time.
    TimedOut,
}

/// Why a person is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::HandoffReason")]
pub enum HandoffReason {
    /// The AI does not trust itself.
    LowConfidence,
    /// The contact asked.
    CustomerAsked,
    /// The category is one of high risk.
    HighRisk,
    /// A person of the team decided so.
    Agent,
    /// Something failed.
    Error,
}

/// What happens when nobody comes in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::HandoffFallback")]
pub enum HandoffFallback {
    /// It waits on, marked as timed out.
    KeepWaiting,
    /// The AI takes it back.
    ReturnToBot,
}

/// How urgent a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Priority")]
pub enum Priority {
    /// It can wait.
    Low,
    /// As usual.
    Medium,
    /// Before the others.
    High,
    /// Now.
    Urgent,
}

/// Who chose the assignee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AssignedBy")]
pub enum AssignedBy {
    /// A person.
    User,
    /// The assignment policy: the least loaded.
    Policy,
}

/// Where a suggested reply stands; each but the first is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::SuggestionStatus")]
pub enum SuggestionStatus {
    /// It waits for a person.
    Proposed,
    /// It was sent, as it was or edited.
    Approved,
    /// A person turned it down.
    Rejected,
    /// Something newer took its place.
    Superseded,
    /// Nobody looked in time.
    Expired,
}

/// Why a person must look at what the AI would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ApprovalReason")]
pub enum ApprovalReason {
    /// The tenant's AI only suggests.
    Assisted,
    /// The category is not one in which the AI may answer by itself.
    Category,
    /// The category is one of high risk.
    HighRisk,
    /// A hand-off is under way.
    Handoff,
    /// The AI is paused here.
    Paused,
    /// The contact opted out.
    OptedOut,
    /// The service window is closed.
    WindowClosed,
}

/// What a survey asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::SurveyKind")]
pub enum SurveyKind {
    /// Satisfaction, 1–5.
    Csat,
    /// Recommendation, 0–10.
    Nps,
}

/// What a conversation can be linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::LinkedKind")]
pub enum LinkedKind {
    /// A ticket.
    Ticket,
    /// A lead.
    Lead,
    /// A call.
    Call,
    /// A shipment.
    Shipment,
    /// An appointment.
    Appointment,
    /// Another conversation.
    Conversation,
}
