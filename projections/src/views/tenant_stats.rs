//! `tenant_stats`: counters per UTC day (CONV-31).

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::contact::{Contact, ContactEvent};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as Event, DeliveryStatus as Status,
};
use cqrs_es::Aggregate;

use crate::table::Merge;
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Key, Projection, ProjectionError, Table};

/// The view.
#[derive(Debug)]
pub struct TenantStats;

const fn counter(name: &'static str, doc: &'static str) -> Column {
    Column::shared(Merge::Sum, name, ColumnType::Int, doc)
}

/// Its table.
pub static TABLE: Table = Table {
    name: "tenant_stats",
    schema: 1,
    doc: "One row per tenant and UTC day on which something happened: what happened, counted. An \
          event counts on the day on which it happened.",
    columns: &[
        Column::key("day", ColumnType::Date, "Day, UTC."),
        counter("conversations_started", "Conversations opened."),
        counter("conversations_resolved", "Conversations settled; one may be so several times."),
        counter("conversations_reopened", "Conversations opened again, by a person or a message."),
        counter("conversations_closed", "Conversations ended for good."),
        counter("messages_in", "Messages of contacts."),
        counter("messages_out", "Messages to contacts: queued here or typed in the phone app."),
        counter("messages_delivered", "Messages that reached the contact's device."),
        counter("messages_read", "Messages that the contact has read."),
        counter("messages_failed", "Messages that will not arrive."),
        counter("notes", "Notes written by the team."),
        counter("new_contacts", "Contacts made."),
    ],
    key: &["day"],
    indexes: &[],
};

impl Projection for TenantStats {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Conversation::TYPE, Contact::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let columns =
            if event.is_of::<Contact>() { of_contact(event)? } else { of_conversation(event)? };
        let key = Key::from(Cell::Date(event.metadata.occurred_at.date_naive()));
        Ok(columns.iter().map(|&column| Change::Add { key: key.clone(), column, by: 1 }).collect())
    }
}

fn of_contact(event: &RecordedEvent) -> Result<&'static [&'static str], ProjectionError> {
    Ok(match event.decode::<Contact>()? {
        ContactEvent::ContactCreated { .. } => &["new_contacts"],
        ContactEvent::ContactIdentityAdded { .. }
        | ContactEvent::ContactRenamed { .. }
        | ContactEvent::ContactOptedOut { .. }
        | ContactEvent::ContactOptedIn { .. } => &[],
    })
}

fn of_conversation(event: &RecordedEvent) -> Result<&'static [&'static str], ProjectionError> {
    Ok(match event.decode::<Conversation>()? {
        Event::ConversationStarted { .. } => &["conversations_started"],
        Event::ConversationResolved { .. } => &["conversations_resolved"],
        Event::ConversationReopened { .. } => &["conversations_reopened"],
        Event::ConversationClosed { .. } => &["conversations_closed"],
        Event::MessageReceived { .. } => &["messages_in"],
        Event::AgentEchoRecorded { .. } | Event::MessageQueued { .. } => &["messages_out"],
        Event::MessageDelivered { .. } => &["messages_delivered"],
        // Providers leave statuses out: what was read was delivered, what was played was read.
        Event::MessageRead { from, .. } => match from {
            Status::Pending | Status::Sent => &["messages_delivered", "messages_read"],
            Status::Delivered => &["messages_read"],
            Status::Read | Status::Played | Status::Failed => &[],
        },
        Event::MessagePlayed { from, .. } => match from {
            Status::Pending | Status::Sent => &["messages_delivered", "messages_read"],
            Status::Delivered => &["messages_read"],
            Status::Read | Status::Played | Status::Failed => &[],
        },
        Event::MessageFailed { .. } => &["messages_failed"],
        Event::NoteAdded { .. } => &["notes"],
        Event::ServiceWindowOpened { .. }
        | Event::ReactionChanged { .. }
        | Event::MessageEdited { .. }
        | Event::MessageRevoked { .. }
        | Event::MessageSent { .. }
        | Event::MessageStatusAnomalyRecorded { .. }
        | Event::LabelAdded { .. }
        | Event::LabelRemoved { .. }
        | Event::ConversationAssigned { .. }
        | Event::ConversationUnassigned { .. }
        | Event::ConversationReadByAgent { .. } => &[],
    })
}
