//! The views, by the story of a conversation as the log would hold it.

mod activity;
mod contacts;
mod conversations;
mod cuts;
mod handoffs;
mod knowledge;
mod leads;
mod messages;
mod scheduled_messages;
mod stats;
mod suggestions;
mod tickets;
mod timeline;

use bitacora_domain::aggregates::contact::{Contact, ContactEvent};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as Event, MessageContent, Response, Sender,
};
use bitacora_domain::{
    Actor, ActorKind, ChannelAccountId, ContactId, ConversationId, MessageId, Personal, Subject,
};
use bitacora_projections::value::Cell;
use bitacora_projections::{Key, Projection, views};
use cqrs_es::{Aggregate, DomainEvent};
use uuid::Uuid;

use crate::support::{World, at, tenant};

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn contact() -> ContactId {
    ContactId::new(id(1))
}

fn message(n: u128) -> MessageId {
    MessageId::new(id(100 + n))
}

fn words(text: &str) -> Personal<String> {
    Personal::new(Subject::contact(contact()), text.to_owned())
}

fn body(body: &str) -> MessageContent {
    MessageContent::Text { body: words(body) }
}

fn ana() -> Actor {
    Actor::new(ActorKind::User, "ana")
}

/// A story: events of one conversation and its contact.
struct Story(World);

impl Story {
    fn new() -> Self {
        let story = Self(World::new());
        story.says(Event::ConversationStarted {
            conversation: ConversationId::new(id(2)),
            contact: contact(),
            channel: ChannelAccountId::new(id(3)),
            external_thread: None,
            opted_out: false,
        });
        story
    }

    fn append(&self, stream: (&str, Uuid), event: &impl DomainEvent) {
        let payload = serde_json::to_value(event).unwrap();
        let stream = (stream.0, stream.1.to_string());
        self.0.log.append(tenant(0), (stream.0, &stream.1), &event.event_type(), payload);
    }

    #[allow(clippy::needless_pass_by_value)] // stories read better without borrows
    fn says(&self, event: Event) {
        self.append((Conversation::TYPE, id(2)), &event);
    }

    #[allow(clippy::needless_pass_by_value)] // as above
    fn contact(&self, event: ContactEvent) {
        self.append((Contact::TYPE, contact().as_uuid()), &event);
    }

    fn receives(&self, n: u128, content: MessageContent, unread: i64) {
        self.says(Event::MessageReceived {
            message: message(n),
            contact: contact(),
            provider_message_id: format!("wamid.{n}"),
            content,
            reply_to: None,
            referral: None,
            forwarded: false,
            sent_at: at(1_000),
            unread,
            waiting_since: Some(at(1_000)),
        });
    }

    fn queues(&self, n: u128, content: MessageContent) {
        self.answers(n, content, Sender::Agent, None);
    }

    fn answers(&self, n: u128, content: MessageContent, sender: Sender, waited: Option<Response>) {
        self.says(Event::MessageQueued {
            message: message(n),
            contact: contact(),
            client_message_id: Some("client-1".into()),
            content,
            sender,
            author: ana(),
            reply_to: Some(message(1)),
            queued_at: at(2_000),
            response: waited,
        });
    }

    /// The columns of a row after everything so far, as text.
    async fn row(&self, view: &str, key: impl Into<Cell>, columns: &[&str]) -> Vec<String> {
        let view: &'static dyn Projection = views::find(view).unwrap();
        self.0.runner(view, 3).catch_up().await.unwrap();
        let parked = bitacora_projections::ports::ReadStore::parked(&self.0.store, None).await;
        assert!(parked.unwrap().is_empty());
        let rows = self.0.store.rows(view.table());
        let Some(row) = rows.get(&(tenant(0), Key::from(Keyed(key.into())))) else {
            return vec![];
        };
        let place = |name: &&str| view.table().index_of(name).unwrap();
        columns.iter().map(|name| show(&row.row.0[place(name)])).collect()
    }

    /// All rows of a view in the order of one of its columns, as text.
    async fn list(&self, view: &str, by: &str, columns: &[&str]) -> Vec<Vec<String>> {
        let table = views::find(view).unwrap().table();
        self.row(view, id(0), &[]).await;
        let place = |name: &str| table.index_of(name).unwrap();
        let mut rows: Vec<_> =
            self.0.store.rows(table).into_values().map(|row| row.row.0).collect();
        rows.sort_by(|a, b| a[place(by)].order(&b[place(by)]));
        let shown = |row: &Vec<Cell>| columns.iter().map(|c| show(&row[place(c)])).collect();
        rows.iter().map(shown).collect()
    }

    async fn conversation(&self, columns: &[&str]) -> Vec<String> {
        self.row("conversations", id(2), columns).await
    }

    async fn message(&self, n: u128, columns: &[&str]) -> Vec<String> {
        self.row("messages", message(n).as_uuid(), columns).await
    }
}

struct Keyed(Cell);
impl From<Keyed> for Cell {
    fn from(Keyed(cell): Keyed) -> Self {
        cell
    }
}

fn show(cell: &Cell) -> String {
    match cell {
        Cell::Null => "-".into(),
        Cell::Text(v) => v.clone(),
        Cell::Int(v) => v.to_string(),
        Cell::Bool(v) => v.to_string(),
        Cell::Time(v) => (v.timestamp() - at(0).timestamp()).to_string(),
        Cell::Date(v) => v.to_string(),
        Cell::Uuid(v) => v.as_u128().to_string(),
        Cell::Json(v) => v.to_string(),
    }
}
