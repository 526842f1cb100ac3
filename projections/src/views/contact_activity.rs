//! `contact_activity`: everything between the business and a person in one list (CS-40).

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::call_session::{CallEvent, CallSession};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationEvent};
use bitacora_domain::aggregates::credit_ledger::{
    CreditLedger, CreditLedgerEvent, Purpose, PurposeKind,
};
use bitacora_domain::aggregates::lead::{Lead, LeadEvent};
use bitacora_domain::aggregates::ticket::{Ticket, TicketEvent};
use bitacora_domain::{ContactId, ConversationId};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::reveal::aggregate_id;
use crate::table::Merge;
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

/// The view.
#[derive(Debug)]
pub struct ContactActivity;

/// Its table. What things say and how they stand is in the tables of their kinds, which `id`
/// leads to; so nothing here can contradict them, and nothing here is personal.
pub static TABLE: Table = Table {
    name: "contact_activity",
    schema: 2,
    doc: "One row per message, call, ticket and lead of a contact, at the time at which it \
          happened there, with the credits that it cost.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the message, call, ticket or lead."),
        Column::shared(
            Merge::Last,
            "contact_id",
            ColumnType::Uuid,
            "Contact; NULL while nobody knows who it is.",
        ),
        Column::shared(
            Merge::First,
            "kind",
            ColumnType::Text,
            "`MESSAGE`, `CALL`, `TICKET` or `LEAD`; says which table `id` leads to.",
        ),
        Column::shared(
            Merge::First,
            "at",
            ColumnType::Time,
            "When it happened: the provider's time of a message, of a call that came in and of a \
             call that was imported; when it was asked for, for messages and calls of ours; when \
             it was opened or captured, for tickets and leads. It never changes, but for a call \
             of which two providers tell: then the earlier of their times.",
        ),
        Column::shared(
            Merge::First,
            "conversation_id",
            ColumnType::Uuid,
            "Conversation of a message; conversation in which a ticket was opened.",
        ),
        Column::shared(
            Merge::Sum,
            "credits",
            ColumnType::Int,
            "Credits used up for it, less those refunded.",
        ),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_contact", columns: &["contact_id", "-at", "-id"] },
        Index { name: "by_time", columns: &["-at", "-id"] },
    ],
};

/// Something that begins.
struct Begun {
    id: Uuid,
    kind: &'static str,
    contact: Option<ContactId>,
    conversation: Option<Uuid>,
    at: DateTime<Utc>,
}

impl Begun {
    fn changes(self) -> Vec<Change> {
        let Self { id, kind, contact, conversation, at } = self;
        let first = |column, value: Cell| Change::KeepFirst { key: id.into(), column, value };
        let mut changes = vec![first("kind", kind.into()), began(id, at)];
        changes.extend(conversation.map(|known| first("conversation_id", known.into())));
        changes.extend(contact.map(|known| of_contact(id, known)));
        changes
    }
}

impl Projection for ContactActivity {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Conversation::TYPE, CallSession::TYPE, Ticket::TYPE, Lead::TYPE, CreditLedger::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        if event.is_of::<Conversation>() {
            message(event)
        } else if event.is_of::<CallSession>() {
            Ok(call(aggregate_id(event)?, event.decode::<CallSession>()?))
        } else if event.is_of::<Ticket>() {
            Ok(ticket(event.decode::<Ticket>()?))
        } else if event.is_of::<Lead>() {
            Ok(lead(aggregate_id(event)?, event.decode::<Lead>()?))
        } else {
            Ok(credits(event.decode::<CreditLedger>()?))
        }
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "three events of very many")]
fn message(event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
    let (id, contact, at) = match event.decode::<Conversation>()? {
        ConversationEvent::MessageReceived { message, contact, sent_at, .. } => {
            (message, Some(*contact), *sent_at)
        }
        ConversationEvent::MessageQueued { message, contact, queued_at, .. } => {
            (message, Some(*contact), *queued_at)
        }
        ConversationEvent::AgentEchoRecorded { message, sent_at, .. } => (message, None, *sent_at),
        _ => return Ok(vec![]),
    };
    let conversation = Some(aggregate_id(event)?);
    Ok(Begun { id: id.as_uuid(), kind: "MESSAGE", contact, conversation, at }.changes())
}

#[allow(clippy::wildcard_enum_match_arm, reason = "five events of very many")]
fn call(id: Uuid, said: &CallEvent) -> Vec<Change> {
    let (contact, at) = match said {
        CallEvent::CallRequested { contact, at, .. } => (Some(*contact), *at),
        CallEvent::InboundCallStarted { contact, started_at, .. }
        | CallEvent::CallImported { contact, started_at, .. } => (*contact, *started_at),
        CallEvent::CallCameIn { started_at, .. } => return vec![began(id, *started_at)],
        CallEvent::CallerIdentified { contact, .. } => return vec![of_contact(id, *contact)],
        _ => return vec![],
    };
    Begun { id, kind: "CALL", contact, conversation: None, at }.changes()
}

fn began(id: Uuid, at: DateTime<Utc>) -> Change {
    Change::KeepEarliest { key: id.into(), column: "at", value: at.into(), at }
}

fn ticket(said: &TicketEvent) -> Vec<Change> {
    let TicketEvent::TicketOpened { ticket, contact, conversation, at, .. } = said else {
        return vec![];
    };
    let conversation = conversation.map(ConversationId::as_uuid);
    let (id, contact) = (ticket.as_uuid(), Some(*contact));
    Begun { id, kind: "TICKET", contact, conversation, at: *at }.changes()
}

#[allow(clippy::wildcard_enum_match_arm, reason = "three events of very many")]
fn lead(id: Uuid, said: &LeadEvent) -> Vec<Change> {
    match said {
        LeadEvent::LeadCaptured { at, .. } => {
            Begun { id, kind: "LEAD", contact: None, conversation: None, at: *at }.changes()
        }
        LeadEvent::LeadContactIdentified { contact, .. }
        | LeadEvent::LeadMapped { contact, .. } => vec![of_contact(id, *contact)],
        _ => vec![],
    }
}

/// Credits are used up for leads and calls, and given back.
#[allow(clippy::wildcard_enum_match_arm, reason = "two events of very many")]
fn credits(said: &CreditLedgerEvent) -> Vec<Change> {
    let (purpose, credits, sign) = match said {
        CreditLedgerEvent::HoldCaptured { purpose, credits, .. } => (purpose, credits, 1),
        CreditLedgerEvent::ConsumptionRefunded { purpose, credits, .. } => (purpose, credits, -1),
        _ => return vec![],
    };
    let Purpose { kind: PurposeKind::Lead | PurposeKind::Call, id } = purpose else {
        return vec![];
    };
    let by = i64::try_from(*credits).unwrap_or(i64::MAX).saturating_mul(sign);
    vec![Change::Add { key: (*id).into(), column: "credits", by }]
}

fn of_contact(id: Uuid, contact: ContactId) -> Change {
    let value = contact.as_uuid().into();
    Change::KeepLast { key: id.into(), column: "contact_id", value }
}
