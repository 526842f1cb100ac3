//! Nothing of a ticket is another tenant's.

use bitacora_api::auth::Role;
use bitacora_domain::TenantId;
use serde_json::{Value, json};

use super::Desk;
use crate::mutation_stage::give;
use crate::support::fresh;

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_sees_and_moves_no_ticket() {
    let desk = Desk::new().await;
    let input = json!({ "subject": "Secreto", "category": "OTRO", "contactId": desk.contact,
        "sla": { "policy": "018f0000-0000-7000-8000-0000000000a1", "version": 1, "targets": [
            { "priority": "MEDIUM", "resolutionSeconds": 3_600 }] } });
    let id = desk.does("openTicket", "id", input).await["id"].clone();
    desk.does("addTicketComment", "id", json!({ "id": id, "body": "Privado" })).await;
    let other = TenantId::new(fresh());
    desk.app.register(other, "segunda").await;
    let token = desk.app.token_of(other, Role::Owner, 40_000_000);
    let at = desk.app.run_as(&token, "{ logPosition }", json!({})).await;
    let at = at.data()["logPosition"].clone();
    let query = "query($id: ID!, $at: Position) { ticket(id: $id, atLeast: $at) { subject } \
        byNumber: ticket(number: 1, atLeast: $at) { subject } \
        node(id: $id, atLeast: $at) { id } \
        tickets(atLeast: $at) { totalCount nodes { subject } } \
        slaDue(atLeast: $at) { totalCount } }";
    let seen = desk.app.run_as(&token, query, json!({ "id": id, "at": at })).await;
    let seen = seen.data();
    assert_eq!(
        (&seen["ticket"], &seen["byNumber"], &seen["node"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(seen["tickets"], json!({ "totalCount": 0, "nodes": [] }));
    assert_eq!(seen["slaDue"]["totalCount"], 0);
    // Its own tenant sees all of it.
    let own = desk.query(query, json!({ "id": id })).await;
    assert_eq!(own["ticket"]["subject"], "Secreto");
    assert_eq!(own["byNumber"]["subject"], "Secreto");
    assert_eq!(own["node"]["id"], id);
    assert_eq!(own["slaDue"]["totalCount"], 1);

    let errors = "ticket { id } errors { ... on UserError { code } }";
    let refused = async |name: &str, input: Value| {
        let payload = give(&desk.app, &token, name, errors, &input).await;
        assert_eq!(payload["ticket"], Value::Null, "{name}");
        payload["errors"][0]["code"].clone()
    };
    for (name, input, code) in [
        ("addTicketComment", json!({ "id": id, "body": "x" }), "NOT_FOUND"),
        ("assignTicket", json!({ "id": id, "team": "x" }), "NOT_FOUND"),
        ("resolveTicket", json!({ "id": id }), "NOT_FOUND"),
        ("mergeTickets", json!({ "id": id, "into": id }), "TICKET_NOT_FOUND"),
    ] {
        assert_eq!(refused(name, input).await, code, "{name}");
    }
    let input = json!({ "subject": "x", "category": "OTRO", "contactId": desk.contact });
    assert_eq!(refused("openTicket", input).await, "CONTACT_NOT_FOUND");
    let input = json!({ "subject": "x", "category": "OTRO",
        "conversationId": desk.conversation.0 });
    assert_eq!(refused("openTicket", input).await, "CONVERSATION_NOT_FOUND");
    // Numbers begin at 1 in every tenant.
    let contact = "mutation { registerContact(input: { identities: [{ kind: PHONE, value: \
        \"+5491166600011\" }] }) { contact { id } errors { ... on UserError { code } } } }";
    let contact = desk.app.run_as(&token, contact, json!({})).await;
    let contact = contact.data()["registerContact"]["contact"]["id"].clone();
    let input = json!({ "subject": "Propio", "category": "OTRO", "contactId": contact });
    let opened = give(&desk.app, &token, "openTicket", "ticket { number }", &input).await;
    assert_eq!(opened["ticket"]["number"], 1);
}
