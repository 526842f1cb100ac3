//! What nobody may see of a lead before it is delivered, wherever they look (ADR 0012).

use bitacora_api::auth::Role;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, MessageContent,
};
use bitacora_domain::{ContactId, Personal, Subject};
use serde_json::{Value, json};
use uuid::Uuid;

use super::desk::{Desk, SECRETS, id_of_lead};
use crate::support::text;

const SAID: &str = "Hola, soy Mariano, escribime a mquiroga@example.test";

/// Everything that shows something of a contact, a conversation or a lead.
const LOOK: &str = "query($at: Position) {
    contacts(first: 5, atLeast: $at) { nodes { id uuid name phone email identities { kind value }
        timeline(first: 20) { nodes { kind title text } }
        leads(first: 5) { nodes { id } }
        conversations(first: 5, atLeast: $at) { nodes { id uuid preview lastMessage { text }
            handoff { note } leads { id }
            messages(first: 10, atLeast: $at) { nodes { text } }
            timeline(first: 20) { nodes { text } } } } } }
    leads(first: 5, atLeast: $at) { nodes { id name phone email note
        fields { name value } contact { name phone email }
        answers(first: 20) { nodes { field value said } } } }
    messages(first: 50, atLeast: $at) { nodes { text } }
    timeline(first: 100, atLeast: $at) { nodes { kind title text } }
}";

const HISTORY: &str = "query($type: String!, $id: ID!) { history(aggregate: $type, id: $id) {
    state events(first: 100) { nodes { eventType payload } } } }";

/// A lead of an ad that was written to and answered.
struct Scene {
    desk: Desk,
    lead: bitacora_domain::LeadId,
    contact: Uuid,
    conversation: Uuid,
}

async fn scene() -> Scene {
    let desk = Desk::new().await;
    let lead = desk.ad_lead("1").await;
    desk.settle().await;
    let bus = &desk.app.app.bus;
    let loaded = bus
        .load::<bitacora_domain::aggregates::lead::Lead>(desk.app.tenant, &lead.to_string())
        .await;
    let contact = loaded.unwrap().unwrap().0.contact().expect("the form said who it is");
    assert!(contact.came_by_lead());
    let sql = "select aggregate_id::uuid from log.events where event_type = 'ConversationStarted'";
    let pool = &desk.app.db.pools().admin;
    for _ in 0..50 {
        desk.settle().await;
        let started: Option<Uuid> = sqlx::query_scalar(sql).fetch_optional(pool).await.unwrap();
        if started.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let conversation: Uuid = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
    let body = Personal::new(Subject::contact(contact), SAID.to_owned());
    let receive = ConversationCommand::ReceiveMessage {
        provider_message_id: "wamid.L1".into(),
        content: MessageContent::Text { body },
        reply_to: None,
        referral: None,
        forwarded: false,
        sent_at: desk.app.app.clock.now(),
    };
    let (tenant, id) = (desk.app.tenant, conversation.to_string());
    desk.app.execute::<Conversation>(tenant, &id, receive).await;
    desk.settle().await;
    Scene { desk, lead, contact: contact.as_uuid(), conversation }
}

fn shows(value: &Value) -> Vec<&'static str> {
    let shown = value.to_string();
    SECRETS.into_iter().filter(|secret| shown.contains(secret)).collect()
}

impl Scene {
    async fn look(&self, token: &str) -> Value {
        let variables = json!({ "at": self.desk.now().await });
        self.desk.app.run_as(token, LOOK, variables).await.body
    }

    async fn histories(&self, token: &str) -> Vec<Value> {
        let all = [
            ("lead", self.lead.as_uuid()),
            ("contact", self.contact),
            ("conversation", self.conversation),
        ];
        let mut told = Vec::new();
        for (kind, id) in all {
            let reply = self
                .desk
                .app
                .run_as(token, HISTORY, json!({ "type": kind, "id": id.to_string() }))
                .await;
            told.push(reply.body);
        }
        told
    }

    /// What analysts see, all views at once.
    async fn analysts(&self) -> String {
        let pool = &self.desk.app.db.pools().admin;
        let sql =
            "select table_name::text from information_schema.views where table_schema = 'read'";
        let views: Vec<String> = sqlx::query_scalar(sql).fetch_all(pool).await.unwrap();
        assert!(views.len() > 20, "{views:?}");
        let mut seen = String::new();
        for view in views {
            let sql = format!("select coalesce(string_agg(v::text, ' '), '') from read.{view} v");
            seen += &sqlx::query_scalar::<_, String>(&sql).fetch_one(pool).await.unwrap();
        }
        seen
    }

    async fn is_delivered(&self) {
        let answer = json!({ "id": id_of_lead(self.lead),
            "answer": { "answer": { "typology": "loft" }, "said": "un loft" } });
        self.desk.does("answerLeadQuestion", "lead { id }", answer).await;
        for _ in 0..100 {
            self.desk.settle().await;
            let lead = self.desk.lead(self.lead, "deliveredAt").await;
            if !lead["deliveredAt"].is_null() {
                self.desk.settle().await;
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let lead = self.desk.lead(self.lead, "status deliveryFailure delivery { status }").await;
        panic!("not delivered: {lead}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_who_a_lead_is_before_it_is_delivered_and_everybody_afterwards() {
    let scene = scene().await;
    let (mut looked, mut read) = (0, 0);
    for role in Role::ALL {
        let token = scene.desk.app.token(role);
        let seen = scene.look(&token).await;
        assert_eq!(shows(&seen), Vec::<&str>::new(), "{role:?}: {seen}");
        looked += usize::from(seen["data"]["leads"]["nodes"][0]["id"].is_string());
        for history in scene.histories(&token).await {
            assert_eq!(shows(&history), Vec::<&str>::new(), "{role:?}: {history}");
            read += usize::from(history["data"]["history"]["state"].is_object());
        }
    }
    assert!(looked >= 6, "{looked} roles see leads");
    assert!(read >= 12, "{read} histories were read");
    let owner = scene.desk.app.token(Role::Owner);
    let seen = scene.look(&owner).await;
    let contact = &seen["data"]["contacts"]["nodes"][0];
    assert_eq!(contact["conversations"]["nodes"][0]["leads"][0]["id"], id_of_lead(scene.lead));
    assert_eq!(contact["leads"]["nodes"][0]["id"], id_of_lead(scene.lead));
    assert!(!scene.analysts().await.contains("Mariano"));

    scene.is_delivered().await;
    assert_eq!(scene.desk.taken.lock().unwrap()[0]["data"]["name"], "Mariano Quiroga");
    let seen = scene.look(&owner).await;
    let data = &seen["data"];
    let lead = &data["leads"]["nodes"][0];
    assert_eq!(
        (text(&lead["name"]), text(&lead["email"])),
        ("Mariano Quiroga".into(), "mquiroga@example.test".into())
    );
    let contact = &data["contacts"]["nodes"][0];
    assert_eq!(
        (text(&contact["name"]), text(&contact["phone"])),
        ("Mariano Quiroga".into(), "+5491166600033".into())
    );
    assert!(seen.to_string().contains(SAID), "what they said, too: {seen}");
    let histories = scene.histories(&owner).await;
    assert!(!shows(&histories[1]).is_empty() && !shows(&histories[2]).is_empty());
    assert!(scene.analysts().await.contains(SAID));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_cannot_be_guessed_by_a_filter() {
    let scene = scene().await;
    let at = scene.desk.now().await;
    let seen = scene.desk.asks(
        "query($at: Position) {
            byPhone: contacts(filter: { phone: { eq: \"+5491166600033\" } }, atLeast: $at) { nodes { id } }
            byName: contacts(filter: { name: { contains: \"Mariano\" } }) { nodes { id } }
            byText: messages(filter: { text: { contains: \"Mariano\" } }, atLeast: $at) { nodes { id } }
            all: contacts { nodes { id } } }",
        json!({ "at": at }),
    ).await;
    for guess in ["byPhone", "byName", "byText"] {
        assert_eq!(seen[guess]["nodes"], json!([]), "{guess}");
    }
    assert_eq!(seen["all"]["nodes"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_is_known_otherwise_is_not_hidden_by_a_lead() {
    let desk = Desk::new().await;
    desk.app.contact("+5491166600033", "Mariano de siempre").await;
    let lead = desk.ad_lead("1").await;
    desk.settle().await;
    let seen = desk.lead(lead, "name phone contact { name phone email }").await;
    assert_eq!(seen["contact"]["name"], "Mariano de siempre");
    assert_eq!(seen["contact"]["email"], Value::Null, "what the form says is the lead's");
    assert_eq!((&seen["name"], &seen["phone"]), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_say_where_a_contact_came_from() {
    let scene = scene().await;
    assert!(ContactId::new(scene.contact).came_by_lead());
    let sql = "select count(*) from read.contacts where name is not null or phone is not null";
    let pool = &scene.desk.app.db.pools().admin;
    let shown: i64 = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
    assert_eq!(shown, 0, "nothing of them is in the table");
}
