//! The closed sets that queries and mutations of tickets share.

use async_graphql::Enum;
use bitacora_domain::aggregates::ticket as domain;

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ShownStatus")]
pub enum TicketStatus {
    /// Nobody has begun.
    New,
    /// Somebody works on it, or it waits.
    InProgress,
    /// Settled; within its window it can be reopened.
    Resolved,
    /// Ended for good, also by a merge: what comes now belongs to a follow-up.
    Closed,
}

/// What a ticket waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::WaitingFor")]
pub enum TicketWaitingFor {
    /// The contact.
    Customer,
    /// Somebody else: a carrier, a supplier, another department.
    ThirdParty,
    /// A time, or somebody who goes on: it was put aside.
    Hold,
}

/// How a ticket came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::TicketOrigin")]
pub enum TicketOrigin {
    /// A person opened it.
    Manual,
    /// Triage asked for it.
    Triage,
    /// The AI was not sure enough.
    LowConfidence,
    /// A call led to it.
    Call,
    /// It follows a closed one.
    FollowUp,
    /// It was split off another one.
    Split,
}

/// Who closed a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ClosedBy")]
pub enum TicketClosedBy {
    /// A person, or a programme of the tenant.
    User,
    /// The end of the window in which it could be reopened.
    Auto,
}

/// What a ticket can be linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::TicketLinkKind")]
pub enum TicketLinkKind {
    /// A shipment.
    Shipment,
    /// A call.
    Call,
    /// An invoice.
    Invoice,
    /// A quote.
    Quote,
    /// A conversation.
    Conversation,
    /// A lead.
    Lead,
    /// Another ticket.
    Ticket,
}

/// What an SLA promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::SlaTarget")]
pub enum SlaTarget {
    /// An answer of a person to what opened the ticket.
    FirstResponse,
    /// An answer of a person to a later turn of the contact.
    NextResponse,
    /// That the matter is settled.
    Resolution,
}

/// Where a target of an SLA stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SlaState {
    /// No limit, or nothing to count yet.
    None,
    /// Its clock counts while the business is open.
    Running,
    /// Its clock stands still: the ticket waits, or is settled.
    Paused,
    /// Missed, and still to be done.
    Overdue,
    /// Done in time.
    Met,
    /// Missed, and done or over since.
    Missed,
    /// The ticket ended before it was done or missed.
    Cancelled,
}
