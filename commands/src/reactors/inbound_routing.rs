//! Inbound routing: what a contact says or does reaches the conversation, tickets and leads that
//! it is about, and they know of each other (spec/aggregates §3).
//!
//! Who belongs to whom is noted from the tenant's own events as they pass, so nothing is looked
//! up in read tables, which may be behind or under construction, and nothing is reachable but the
//! event's tenant. Whether a command still means anything is decided by the aggregate that gets
//! it: a refusal is an answer.

mod calls;
mod conversations;
mod leads;
mod tickets;

use std::sync::Arc;

use bitacora_domain::aggregates::call_session::CallSession;
use bitacora_domain::aggregates::contact::Contact;
use bitacora_domain::aggregates::conversation::Conversation;
use bitacora_domain::aggregates::lead::Lead;
use bitacora_domain::aggregates::ticket::Ticket;
use bitacora_domain::{RecordedEvent, TenantId};
use uuid::Uuid;

use super::reaction::Given;
use super::{Interest, Known, Noted, Question, Reaction, Reactor, ReactorFault, Start};

const NAME: &str = "inbound_routing";
/// A refusal is an answer.
const MAY: Given = Given { by: NAME, must: false };

/// Conversations of a contact that are not over.
const CONVERSATIONS: &str = "conversations";
/// Leads of a contact that are not over.
const LEADS: &str = "leads";
/// Tickets of a contact that are not over.
const MATTERS: &str = "matters";
/// Tickets of a conversation that are not over.
const TICKETS: &str = "tickets";
/// Closed tickets of a conversation that has had none since.
const CLOSED: &str = "closed";

/// Most things of one kind that one event reaches; the latest.
const REACH: usize = 10;

/// The reactor.
pub fn reactor() -> Arc<dyn Reactor> {
    Arc::new(InboundRouting)
}

struct InboundRouting;

const INTEREST: &[Interest] = &[
    Interest { aggregate: "conversation", events: conversations::EVENTS },
    Interest { aggregate: "ticket", events: tickets::EVENTS },
    Interest { aggregate: "lead", events: leads::EVENTS },
    Interest { aggregate: "contact", events: leads::CONTACT_EVENTS },
    Interest { aggregate: "call_session", events: calls::EVENTS },
];

impl Reactor for InboundRouting {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        1
    }

    /// What happened before this reactor came is not answered now.
    fn start(&self) -> Start {
        Start::Remembering
    }

    fn interest(&self) -> &'static [Interest] {
        INTEREST
    }

    fn asks(&self, event: &RecordedEvent) -> Result<Vec<Question>, ReactorFault> {
        let asked: Vec<(&'static str, Uuid)> = if event.is_of::<Conversation>() {
            conversations::asks(super::id_of(event)?, event.decode::<Conversation>()?)
        } else if event.is_of::<Lead>() {
            leads::asks(event.decode::<Lead>()?)
        } else if event.is_of::<Contact>() {
            vec![(LEADS, super::id_of(event)?)]
        } else if event.is_of::<CallSession>() {
            calls::asks(event.decode::<CallSession>()?)
        } else {
            Vec::new()
        };
        Ok(asked.into_iter().map(|(topic, key)| Question { topic, key }).collect())
    }

    fn react(&self, event: &RecordedEvent, known: &Known) -> Result<Reaction, ReactorFault> {
        let (id, known) = (super::id_of(event)?, Around { tenant: event.tenant, known });
        Ok(if event.is_of::<Conversation>() {
            conversations::react(event, id, event.decode::<Conversation>()?, &known)
        } else if event.is_of::<Ticket>() {
            tickets::react(id, event.decode::<Ticket>()?)
        } else if event.is_of::<Lead>() {
            leads::react(id, event.decode::<Lead>()?, &known)
        } else if event.is_of::<Contact>() {
            leads::of_contact(id, event.decode::<Contact>()?, &known)
        } else {
            calls::react(event, id, event.decode::<CallSession>()?, &known)
        })
    }
}

/// What is known around one event.
struct Around<'a> {
    tenant: TenantId,
    known: &'a Known,
}

impl Around<'_> {
    /// What belongs to `key`, the oldest first, the latest few.
    fn of(&self, topic: &'static str, key: Uuid) -> &[Noted] {
        let all = self.known.of(self.tenant, topic, key);
        all.get(all.len().saturating_sub(REACH)..).unwrap_or_default()
    }
}
