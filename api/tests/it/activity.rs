//! What happened with a contact, as one list over GraphQL: by the provider's time, in pages that
//! new things do not shift.
#![allow(clippy::unwrap_used, reason = "tests")]

use bitacora_api::auth::Role;
use bitacora_domain::aggregates::call_session::{
    CallCommand, CallDirection, CallOutcome, CallSession, ProviderIds,
};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, MessageContent,
};
use bitacora_domain::{ContactId, Personal, Subject, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, fresh, text};

struct Stage {
    app: TestApp,
    /// Global id and UUID.
    contact: (String, Uuid),
    conversation: Uuid,
    start: DateTime<Utc>,
}

const LIST: &str = "query($id: ID!, $first: Int, $after: Cursor, $at: Position, $filter: ActivityFilter) { \
    contact(id: $id) { activity(first: $first, after: $after, atLeast: $at, filter: $filter) { \
    pageInfo { hasNextPage endCursor } nodes { kind at credits message { text } \
    ticket { number } call { status } conversation { id } } } } }";

impl Stage {
    async fn set() -> Self {
        let app = TestApp::start().await;
        let contact = app.contact("+5491166600011", "Lucía").await;
        let channel = app.channel("210987654321098").await;
        let (_, conversation) = app.conversation(&contact, &channel).await;
        let query = "query($id: ID!) { contact(id: $id) { uuid } }";
        let found = app.run(query, json!({ "id": contact })).await;
        let uuid = text(&found.data()["contact"]["uuid"]).parse().unwrap();
        let start = app.app.clock.now() - TimeDelta::hours(2);
        Self { app, contact: (contact, uuid), conversation, start }
    }

    fn at(&self, minutes: i64) -> DateTime<Utc> {
        self.start + TimeDelta::minutes(minutes)
    }

    async fn hears(&self, text: &str, minutes: i64) -> String {
        let subject = Subject::contact(ContactId::new(self.contact.1));
        let body = ConversationCommand::ReceiveMessage {
            provider_message_id: format!("wamid.{text}"),
            content: MessageContent::Text { body: Personal::new(subject, text.into()) },
            reply_to: None,
            referral: None,
            forwarded: false,
            sent_at: self.at(minutes),
        };
        let id = self.conversation.to_string();
        self.app.execute::<Conversation>(self.app.tenant, &id, body).await.cursor.to_string()
    }

    async fn called(&self, minutes: i64) -> String {
        let call = fresh();
        let body = CallCommand::ImportCall {
            contact: Some(ContactId::new(self.contact.1)),
            direction: CallDirection::Inbound,
            number: None,
            channel: None,
            ids: ProviderIds { call_sid: Some(format!("CA{minutes}")), el_conversation_id: None },
            outcome: CallOutcome::Completed,
            started_at: self.at(minutes),
            duration_s: Some(60),
        };
        self.app
            .execute::<CallSession>(self.app.tenant, &call.to_string(), body)
            .await
            .cursor
            .to_string()
    }

    async fn page(&self, first: i64, after: &Value, at: &str, filter: Value) -> Value {
        let variables = json!({ "id": self.contact.0, "first": first, "after": after,
            "at": at, "filter": filter });
        let reply = self.app.run(LIST, variables).await;
        reply.data()["contact"]["activity"].clone()
    }

    /// Kind and minute of each entry.
    fn shown(&self, page: &Value) -> Vec<(String, i64)> {
        let entry = |node: &Value| {
            let at: DateTime<Utc> = text(&node["at"]).parse().unwrap();
            (text(&node["kind"]), (at - self.start).num_minutes())
        };
        page["nodes"].as_array().unwrap().iter().map(entry).collect()
    }
}

fn named(entries: &[(&str, i64)]) -> Vec<(String, i64)> {
    entries.iter().map(|(kind, at)| ((*kind).to_owned(), *at)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_with_a_contact_is_one_list_by_the_providers_time() {
    let stage = Stage::set().await;
    // As webhooks come: not in the order in which it happened.
    stage.hears("tercero", 30).await;
    stage.called(10).await;
    stage.hears("segundo", 20).await;
    let input =
        json!({ "subject": "No llegó", "category": "RECLAMO", "contactId": stage.contact.0 });
    let query = "mutation($input: OpenTicketInput!) { openTicket(input: $input) { \
        ticket { id } receipt { position } errors { ... on UserError { code message } } } }";
    let opened = stage.app.run(query, json!({ "input": input })).await;
    let opened = &opened.data()["openTicket"];
    assert_eq!(opened["errors"], json!([]));
    let at = text(&opened["receipt"]["position"]);
    let all = stage.page(10, &Value::Null, &at, Value::Null).await;
    let by_time = [("TICKET", 120), ("MESSAGE", 30), ("MESSAGE", 20), ("CALL", 10)];
    assert_eq!(stage.shown(&all), named(&by_time));
    assert_eq!(all["nodes"][1]["message"]["text"], "tercero");
    assert_eq!(all["nodes"][1]["ticket"], Value::Null);
    assert_eq!(all["nodes"][0]["ticket"]["number"], 1);
    let calls = json!({ "kind": { "eq": "CALL" } });
    let calls = stage.page(10, &Value::Null, &at, calls).await;
    assert_eq!(calls["nodes"][0]["call"]["status"], "COMPLETED");
    assert_eq!(stage.shown(&calls), named(&[("CALL", 10)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_still_while_new_things_happen() {
    let stage = Stage::set().await;
    let mut at = String::new();
    for minute in 1..=7 {
        at = stage.hears(&format!("m{minute}"), minute).await;
    }
    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = stage.page(3, &after, &at, Value::Null).await;
        seen.extend(stage.shown(&page));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
        // Newer than all of it: it belongs before the first page.
        at = stage.called(60 + i64::try_from(seen.len()).unwrap()).await;
    }
    let expected: Vec<_> = (1..=7).rev().map(|minute| ("MESSAGE", minute)).collect();
    assert_eq!(seen, named(&expected), "neither hole nor double");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_it_is_another_tenants() {
    let stage = Stage::set().await;
    let at = stage.called(10).await;
    let list = "query($at: Position) { activity(first: 10, atLeast: $at) { nodes { kind } } }";
    let own = stage.app.run(list, json!({ "at": at })).await;
    assert_eq!(own.data()["activity"]["nodes"], json!([{ "kind": "CALL" }]));
    let other = TenantId::new(fresh());
    stage.app.register(other, "segunda").await;
    let other = stage.app.token_of(other, Role::Owner, 600);
    let list = "{ activity(first: 10) { nodes { kind } } }";
    let others = stage.app.run_as(&other, list, json!({})).await;
    assert_eq!(others.data()["activity"]["nodes"], json!([]));
}
