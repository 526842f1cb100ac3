//! Faults that a system of this kind had, as far as they touch tickets (features §2, F-CS): ours
//! has none of them.

use futures::future::join_all;
use serde_json::{Value, json};

use super::Desk;
use crate::support::text;

impl Desk {
    /// The contact writes; the global id of the message.
    async fn hears(&self, wamid: &str, words: &str) -> String {
        self.app.receive(self.conversation.1, wamid, words).await;
        self.settle().await;
        let query = "query($wamid: String!, $at: Position!) { messages(first: 1, atLeast: $at, \
            filter: { providerMessageId: { eq: $wamid } }) { nodes { id } } }";
        let found = self.query(query, json!({ "wamid": wamid })).await;
        text(&found["messages"]["nodes"][0]["id"])
    }

    /// What triage makes of a message, and what follows.
    async fn judges(&self, message: &str, more: Value) {
        let mut input = json!({ "id": self.conversation.0, "messageId": message,
            "category": "INFO", "confidenceBp": 9_500, "model": "m", "promptVersion": "1",
            "tokens": 10 });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let payload = self.try_to("recordTriage", "receipt { position }", input).await;
        assert_eq!(payload["errors"], json!([]));
        self.settle().await;
    }

    /// All tickets, the first one first.
    async fn tickets(&self, fields: &str) -> Vec<Value> {
        let query = format!(
            "query($at: Position) {{ tickets(atLeast: $at, orderBy: [{{ field: NUMBER, \
             direction: ASC }}]) {{ nodes {{ {fields} }} }} }}"
        );
        self.query(&query, json!({})).await["tickets"]["nodes"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f_cs_a_ticket_for_every_conversation_even_pure_info() {
    let desk = Desk::new().await;
    let message = desk.hears("wamid.1", "¿A qué hora abren?").await;
    desk.judges(&message, json!({ "reply": "A las 9." })).await;
    assert_eq!(desk.tickets("number").await, Vec::<Value>::new());
    // What the AI is not sure of becomes one; a second doubt of the kind goes on there.
    for wamid in ["wamid.2", "wamid.3"] {
        let message = desk.hears(wamid, "Lo de siempre").await;
        desk.judges(&message, json!({ "confidenceBp": 4_000 })).await;
    }
    let tickets = desk.tickets("number origin category").await;
    let expected = json!([{ "number": 1, "origin": "LOW_CONFIDENCE", "category": "INFO" }]);
    assert_eq!(json!(tickets), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn f_cs_a_resolved_ticket_is_reused_without_reopening() {
    let desk = Desk::new().await;
    let message = desk.hears("wamid.1", "No anda").await;
    let doubt = json!({ "category": "RECLAMO", "confidenceBp": 4_000 });
    desk.judges(&message, doubt.clone()).await;
    let id = text(&desk.tickets("id").await[0]["id"]);
    desk.does("resolveTicket", "status", json!({ "id": id })).await;
    // The contact comes back within the window: the ticket is reopened before anything is added.
    desk.until(0, 12, 0).await;
    let message = desk.hears("wamid.2", "Sigue sin andar").await;
    desk.judges(&message, doubt.clone()).await;
    let fields = "number status reopenedCount awaitingSince history(first: 3) { nodes { kind } }";
    let tickets = desk.tickets(fields).await;
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    assert_eq!(tickets[0]["status"], "IN_PROGRESS");
    assert_eq!(tickets[0]["reopenedCount"], 1);
    assert_eq!(tickets[0]["awaitingSince"], desk.says(0, 9, 0), "nobody has answered since then");
    // After the window it is not: what comes is a ticket of its own.
    desk.does("resolveTicket", "status", json!({ "id": id })).await;
    desk.until(8, 9, 0).await;
    let message = desk.hears("wamid.3", "Otra vez lo mismo").await;
    desk.judges(&message, doubt).await;
    let tickets = desk.tickets("number status reopenedCount").await;
    let first = json!({ "number": 1, "status": "CLOSED", "reopenedCount": 1 });
    assert_eq!(tickets[0], first);
    assert!(tickets.len() > 1, "{tickets:#?}");
    assert!(tickets[1..].iter().all(|ticket| ticket["status"] == "NEW"), "{tickets:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f_cs_the_guardrail_low_confidence_asks_for_data_never_asks() {
    let desk = Desk::new().await;
    let message = desk.hears("wamid.1", "¿Dónde está mi pedido?").await;
    let doubt = json!({ "category": "TRACKING", "confidenceBp": 4_000,
        "missingFields": ["número de pedido"], "reply": "¿Me pasás el número de pedido?" });
    desk.judges(&message, doubt).await;
    let tickets = desk.tickets("id missingFields fields { name value suppliedAt }").await;
    assert_eq!(tickets[0]["missingFields"], json!(["número de pedido"]));
    assert_eq!(
        tickets[0]["fields"],
        json!([{ "name": "número de pedido", "value": null, "suppliedAt": null }])
    );
    // The contact is asked: the question waits for a person, who has only to send it.
    let query = "query($id: ID!, $at: Position) { conversation(id: $id, atLeast: $at) { \
        pendingSuggestion { text status } timeline { nodes { kind } } openTicket { id } } }";
    let seen = desk.query(query, json!({ "id": desk.conversation.0 })).await;
    let seen = &seen["conversation"];
    assert_eq!(seen["pendingSuggestion"]["text"], "¿Me pasás el número de pedido?");
    let kinds = seen["timeline"]["nodes"].as_array().unwrap();
    assert!(kinds.iter().any(|node| node["kind"] == "DATA_REQUESTED"), "{kinds:?}");
    assert_eq!(seen["openTicket"]["id"], tickets[0]["id"]);
    let id = text(&tickets[0]["id"]);
    let input = json!({ "id": id, "field": "número de pedido", "value": "A-100" });
    let supplied = desk.does("supplyTicketData", "missingFields", input).await;
    assert_eq!(supplied["missingFields"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn f_cs_an_idempotency_check_that_is_not_atomic_and_takes_equal_words_for_a_repetition() {
    let desk = Desk::new().await;
    // Sixteen at once under one key are one ticket.
    let input = json!({ "subject": "hola", "category": "OTRO", "contactId": desk.contact,
        "idempotencyKey": "k-1" });
    let opened = (0..16).map(|_| desk.does("openTicket", "id number", input.clone()));
    let opened = join_all(opened).await;
    assert!(opened.iter().all(|ticket| *ticket == opened[0]), "{opened:?}");
    // The same words twice are two comments.
    let id = text(&opened[0]["id"]);
    for _ in 0..2 {
        desk.does("addTicketComment", "id", json!({ "id": id, "body": "hola" })).await;
    }
    let seen = desk.ticket(&id, "commentCount comments { nodes { text } }").await;
    assert_eq!(seen["commentCount"], 2);
    assert_eq!(seen["comments"]["nodes"], json!([{ "text": "hola" }, { "text": "hola" }]));
    // And the contact's second "hola" is a turn of its own.
    let id = desk.opens("Con conversación").await;
    for wamid in ["wamid.1", "wamid.2"] {
        desk.hears(wamid, "hola").await;
    }
    let filter = "history(filter: { kind: { eq: CUSTOMER_REPLIED } }) { totalCount }";
    assert_eq!(desk.ticket(&id, filter).await["history"]["totalCount"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn f_cs_400_for_every_error() {
    let desk = Desk::new().await;
    let id = desk.opens("Uno").await;
    let nothing = crate::mutation_stage::node_id("Ticket", uuid::Uuid::from_u128(1));
    let cases = [
        (
            "addTicketComment",
            json!({ "id": id, "body": " " }),
            "ValidationError",
            "INVALID_COMMENT",
        ),
        ("closeTicket", json!({ "id": id }), "RefusedError", "TICKET_NOT_RESOLVED"),
        ("closeTicket", json!({ "id": nothing }), "NotFoundError", "TICKET_NOT_FOUND"),
        (
            "startTicket",
            json!({ "id": id, "expectedVersion": 9 }),
            "ConflictError",
            "VERSION_CONFLICT",
        ),
    ];
    for (name, input, kind, code) in cases {
        let payload = desk.try_to(name, "ticket { id }", input).await;
        assert_eq!(payload["errors"][0]["__typename"], kind, "{name}");
        assert_eq!(payload["errors"][0]["code"], code, "{name}");
        assert_eq!(payload["ticket"], Value::Null, "{name}");
    }
    let comment =
        desk.try_to("addTicketComment", "ticket { id }", json!({ "id": id, "body": " " }));
    assert_eq!(comment.await["errors"][0]["path"], json!(["input"]));
    // Which ticket there is already is told, not guessed.
    let auto = json!({ "subject": "x", "category": "OTRO", "origin": "CALL",
        "conversationId": desk.conversation.0 });
    let first = desk.does("openTicket", "id", auto.clone()).await;
    let fields = "receipt { position } conflict: errors { ... on ConflictError { existingId } }";
    let second = desk.try_to("openTicket", fields, auto).await;
    assert_eq!(second["errors"][0]["code"], "ALREADY_TAKEN");
    assert_eq!(second["conflict"][0]["existingId"], first["id"]);
    // A caller without the right is told so, and a document that is none.
    let reader = desk.app.token_of(desk.app.tenant, bitacora_api::auth::Role::Viewer, 40_000_000);
    let mutation = "mutation($id: ID!) { startTicket(input: { id: $id }) { ticket { id } } }";
    let forbidden = desk.app.run_as(&reader, mutation, json!({ "id": id })).await;
    assert_eq!(forbidden.code(), "FORBIDDEN");
    let wrong = desk.app.run_as(&desk.token, "{ ticket { id } }", json!({})).await;
    assert_eq!(wrong.code(), "BAD_USER_INPUT");
}
