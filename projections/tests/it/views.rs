//! The views, by the story of a conversation as the log would hold it.

use bitacora_domain::aggregates::contact::{
    Contact, ContactEvent, Identity, IdentityKind, OptOutCategory,
};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as Event, ConversationStatus, DeliveryStatus, MessageContent,
    Pricing, ProviderFault, Sender,
};
use bitacora_domain::{
    Actor, ActorKind, ChannelAccountId, ContactId, ConversationId, MessageId, Personal, Subject,
    UserId,
};
use bitacora_projections::value::Cell;
use bitacora_projections::{Key, Projection, views};
use cqrs_es::{Aggregate, DomainEvent};
use serde_json::json;
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
            waiting_since: at(1_000),
        });
    }

    fn queues(&self, n: u128, content: MessageContent) {
        self.says(Event::MessageQueued {
            message: message(n),
            contact: contact(),
            client_message_id: Some("client-1".into()),
            content,
            sender: Sender::Agent,
            author: Actor::new(ActorKind::User, "ana"),
            reply_to: Some(message(1)),
            queued_at: at(2_000),
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

#[tokio::test]
async fn the_inbox_follows_the_conversation() {
    let story = Story::new();
    let inbox =
        ["status", "unread", "waiting_since", "last_message_preview", "last_message_direction"];
    assert_eq!(story.conversation(&inbox).await, ["OPEN", "0", "-", "-", "-"]);
    story.receives(1, body("Hola,\n¿está?"), 1);
    story.says(Event::ServiceWindowOpened { until: at(87_400) });
    assert_eq!(story.conversation(&inbox).await, ["OPEN", "1", "1000", "Hola, ¿está?", "INBOUND"]);
    story.says(Event::ConversationReadByAgent {
        reader: Actor::new(ActorKind::User, "ana"),
        unread: 1,
        at: at(1_500),
    });
    story.queues(2, body("Sí"));
    assert_eq!(story.conversation(&inbox).await, ["OPEN", "0", "-", "Sí", "OUTBOUND"]);
    let more =
        ["last_activity_at", "last_message_at", "window_until", "started_at", "version", "labels"];
    assert_eq!(story.conversation(&more).await, ["5", "2000", "87400", "1", "5", "[]"]);
}

#[tokio::test]
async fn work_on_a_conversation_shows() {
    let story = Story::new();
    let agent = UserId::new(id(7));
    let labels = vec!["a".to_owned(), "b".to_owned()];
    story.says(Event::LabelAdded { label: "b".into(), labels });
    story.says(Event::ConversationAssigned {
        agent: Some(agent),
        team: None,
        previous_agent: None,
        previous_team: None,
    });
    let work = ["status", "assignee_id", "team", "labels", "resolved_at", "closed_at"];
    assert_eq!(story.conversation(&work).await, ["OPEN", "7", "-", r#"["a","b"]"#, "-", "-"]);
    let from = ConversationStatus::Open;
    story.says(Event::ConversationResolved { from, resolution: Some("ok".into()), at: at(50) });
    story.says(Event::ConversationUnassigned { previous_agent: Some(agent), previous_team: None });
    assert_eq!(story.conversation(&work[..3]).await, ["RESOLVED", "-", "-"]);
    let from = ConversationStatus::Resolved;
    story.says(Event::ConversationReopened { from, inbound: true, at: at(60) });
    assert_eq!(story.conversation(&["status", "resolved_at"]).await, ["OPEN", "-"]);
    story.says(Event::ConversationClosed { from: ConversationStatus::Open, at: at(70) });
    assert_eq!(story.conversation(&["status", "closed_at"]).await, ["CLOSED", "70"]);
}

#[tokio::test]
async fn only_the_last_messages_edit_changes_the_preview() {
    let story = Story::new();
    story.receives(1, body("uno"), 1);
    story.receives(2, body("dos"), 2);
    let edit = |n: u128, text: &str| Event::MessageEdited {
        provider_message_id: "e".into(),
        target: format!("wamid.{n}"),
        message: Some(message(n)),
        content: body(text),
        at: at(3_000),
    };
    story.says(edit(1, "uno!"));
    assert_eq!(story.conversation(&["last_message_preview"]).await, ["dos"]);
    story.says(edit(2, "dos!"));
    assert_eq!(story.conversation(&["last_message_preview"]).await, ["dos!"]);
    assert_eq!(story.message(1, &["text", "edited_at"]).await, ["uno!", "3000"]);
    let said = story.0.search.said();
    assert_eq!(said, ["index uno", "index dos", "index uno!", "index dos!"]);
}

#[tokio::test]
async fn a_revoked_message_is_forgotten_everywhere() {
    let story = Story::new();
    story.receives(1, body("secreto"), 1);
    story.says(Event::MessageRevoked {
        provider_message_id: "r".into(),
        target: "wamid.1".into(),
        message: Some(message(1)),
        at: at(9),
    });
    assert_eq!(story.message(1, &["text", "content", "revoked_at"]).await, ["-", "-", "9"]);
    assert_eq!(story.conversation(&["last_message_preview"]).await, ["-"]);
    let said = story.0.search.said();
    assert!(said[1].starts_with("forget Document"), "{said:?}");
    story.row("timeline", id(0), &[]).await;
    let timeline = story.0.store.rows(views::find("timeline").unwrap().table());
    assert!(!format!("{timeline:?}").contains("secreto"));
}

#[tokio::test]
async fn a_message_of_ours_goes_through_its_states() {
    let story = Story::new();
    story.queues(5, body("Buenas"));
    let columns =
        ["direction", "sender", "author", "status", "client_message_id", "reply_to", "at"];
    let reply_to = message(1).to_string();
    let row = story.message(5, &columns).await;
    assert_eq!(row, ["OUTBOUND", "agent", "user:ana", "PENDING", "client-1", &reply_to, "2000"]);
    story.says(Event::MessageSent {
        message: message(5),
        provider_message_id: Some("wamid.5".into()),
        from: DeliveryStatus::Pending,
        at: at(11),
        pricing: Some(Pricing { billable: true, model: None, category: Some("utility".into()) }),
    });
    story.says(Event::MessageRead {
        message: message(5),
        provider_message_id: None,
        from: DeliveryStatus::Sent,
        at: at(12),
        pricing: None,
    });
    let columns =
        ["status", "provider_message_id", "pricing_category", "billable", "sent_at", "read_at"];
    let row = story.message(5, &columns).await;
    assert_eq!(row, ["READ", "wamid.5", "utility", "true", "11", "12"]);
    story.queues(6, body("Otra"));
    story.says(Event::MessageFailed {
        message: message(6),
        provider_message_id: None,
        from: DeliveryStatus::Pending,
        at: at(13),
        fault: Some(ProviderFault { code: 131_047, title: "Re-engagement message".into() }),
    });
    let row = story.message(6, &["status", "failure_code", "failure_title", "failed_at"]).await;
    assert_eq!(row, ["FAILED", "131047", "Re-engagement message", "13"]);
}

#[tokio::test]
async fn a_message_shows_its_content_without_tags_and_its_reaction() {
    let story = Story::new();
    story.receives(
        1,
        MessageContent::Location {
            place: words("x").map(|_| bitacora_domain::aggregates::conversation::Place {
                latitude_e6: -34_603_722,
                longitude_e6: -58_381_592,
                name: Some("Obelisco".into()),
                address: None,
                url: None,
            }),
        },
        1,
    );
    let react = |emoji: Option<&str>| Event::ReactionChanged {
        provider_message_id: "r".into(),
        target: "wamid.1".into(),
        message: Some(message(1)),
        emoji: emoji.map(words),
        at: at(5),
    };
    story.says(react(Some("👍")));
    let row = story.message(1, &["kind", "text", "content", "reaction"]).await;
    let content: serde_json::Value = serde_json::from_str(&row[2]).unwrap();
    assert_eq!((row[0].as_str(), row[1].as_str(), row[3].as_str()), ("LOCATION", "-", "👍"));
    assert_eq!(content["place"]["name"], json!("Obelisco"));
    story.says(react(None));
    assert_eq!(story.message(1, &["reaction"]).await, ["-"]);
    assert!(story.0.search.said().is_empty(), "there are no words to find");
}

#[tokio::test]
async fn an_echo_from_the_phone_is_ours_and_ends_the_waiting() {
    let story = Story::new();
    story.receives(1, body("¿Hola?"), 1);
    story.says(Event::AgentEchoRecorded {
        message: message(2),
        provider_message_id: "wamid.echo".into(),
        content: body("Te escribo del celular"),
        sent_at: at(1_200),
    });
    let row = story.message(2, &["direction", "sender", "status", "conversation_id"]).await;
    assert_eq!(row, ["OUTBOUND", "phone", "SENT", "2"]);
    assert_eq!(story.conversation(&["waiting_since"]).await, ["-"]);
}

#[tokio::test]
async fn a_contact_gathers_identities_and_opt_outs_whoever_comes_first() {
    let story = Story::new();
    // A message may make the row before the contact's own events come (or were parked).
    story.receives(1, body("Hola"), 1);
    let key = contact().as_uuid();
    let row =
        story.row("contacts", key, &["first_message_at", "last_conversation_id", "created_at"]);
    assert_eq!(row.await, ["1000", "2", "-"]);
    story.contact(ContactEvent::ContactCreated { contact: contact(), name: Some(words("Lucía")) });
    for (kind, value) in [
        (IdentityKind::Phone, "+5491166600011"),
        (IdentityKind::WaId, "5491166600011"),
        (IdentityKind::Phone, "+5491166600012"),
    ] {
        let identity = Identity { kind, value: words(value) };
        story.contact(ContactEvent::ContactIdentityAdded { identity });
    }
    let category = OptOutCategory::Marketing;
    story.contact(ContactEvent::ContactOptedOut { category, by: "keyword".into(), at: at(8) });
    let columns =
        ["name", "phones", "phone", "wa_id", "opted_out_marketing", "opted_out_all", "version"];
    let phones = r#"["+5491166600011","+5491166600012"]"#;
    let row = story.row("contacts", key, &columns).await;
    assert_eq!(row, ["Lucía", phones, "+5491166600012", "5491166600011", "true", "false", "5"]);
    story.contact(ContactEvent::ContactOptedIn { category, by: "agent".into(), at: at(9) });
    story.contact(ContactEvent::ContactRenamed { name: words("Lu") });
    let row =
        story.row("contacts", key, &["name", "opted_out_marketing", "first_message_at"]).await;
    assert_eq!(row, ["Lu", "false", "1000"]);
}

#[tokio::test]
async fn the_timeline_has_one_row_per_noteworthy_event() {
    let story = Story::new();
    story.contact(ContactEvent::ContactCreated { contact: contact(), name: Some(words("Lucía")) });
    story.receives(1, body("Hola"), 1);
    story.says(Event::NoteAdded {
        note: id(9),
        body: words("llamar el lunes"),
        author: Actor::new(ActorKind::User, "ana"),
        at: at(40),
    });
    story.says(Event::ServiceWindowOpened { until: at(87_400) });
    story.row("timeline", id(0), &[]).await;
    let table = views::find("timeline").unwrap().table();
    let place = |name| table.index_of(name).unwrap();
    let mut rows: Vec<_> = story.0.store.rows(table).into_values().map(|row| row.row.0).collect();
    rows.sort_by_key(|row| row[place("position")].as_int());
    let columns = ["kind", "contact_id", "conversation_id", "title", "text", "at"];
    let shown: Vec<Vec<_>> =
        rows.iter().map(|row| columns.iter().map(|c| show(&row[place(c)])).collect()).collect();
    assert_eq!(
        shown,
        [
            ["CONVERSATION_STARTED", "1", "2", "-", "-", "1"],
            ["CONTACT_CREATED", "1", "-", "-", "Lucía", "2"],
            ["MESSAGE_RECEIVED", "1", "2", "TEXT", "-", "1000"],
            ["NOTE", "-", "2", "-", "llamar el lunes", "40"],
        ]
    );
}

#[tokio::test]
async fn statistics_count_by_the_day_and_count_skipped_states() {
    let story = Story::new();
    story.contact(ContactEvent::ContactCreated { contact: contact(), name: None });
    story.receives(1, body("a"), 1);
    story.receives(2, body("b"), 2);
    story.queues(3, body("c"));
    story.queues(4, body("d"));
    let (provider_message_id, pricing, at) = (None, None, at(3));
    story.says(Event::MessageDelivered {
        message: message(3),
        provider_message_id: None,
        from: DeliveryStatus::Sent,
        at,
        pricing: None,
    });
    let from = DeliveryStatus::Delivered;
    story.says(Event::MessageRead { message: message(3), provider_message_id, from, at, pricing });
    // Delivered was never told of this one.
    story.says(Event::MessagePlayed {
        message: message(4),
        provider_message_id: None,
        from: DeliveryStatus::Sent,
        at,
        pricing: None,
    });
    let columns = [
        "conversations_started",
        "new_contacts",
        "messages_in",
        "messages_out",
        "messages_delivered",
        "messages_read",
        "messages_failed",
    ];
    let day = Cell::Date(at.date_naive());
    assert_eq!(story.row("tenant_stats", day, &columns).await, ["1", "1", "2", "2", "2", "2", "0"]);
}

#[tokio::test]
async fn what_may_not_be_seen_is_null_and_not_found() {
    let story = Story::new();
    let masked = json!({ "$p": { "s": "contact:1", "v": null } });
    let content: MessageContent =
        serde_json::from_value(json!({ "kind": "text", "body": masked })).unwrap();
    story.receives(1, content, 1);
    let row = story.message(1, &["kind", "text", "content"]).await;
    assert_eq!((row[0].as_str(), row[1].as_str()), ("TEXT", "-"));
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&row[2]).unwrap(),
        json!({ "kind": "text", "body": null })
    );
    assert_eq!(story.conversation(&["last_message_preview"]).await, ["-"]);
    assert!(story.0.search.said().is_empty());
}
