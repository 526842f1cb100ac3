//! `ticketChanged`.

use std::time::Duration;

use bitacora_api::auth::Role;
use bitacora_domain::TenantId;
use serde_json::{Value, json};

use super::Desk;
use crate::graphql_socket::Client;
use crate::support::{fresh, text};

const CHANGED: &str = "subscription($id: ID, $after: Cursor) { \
    ticketChanged(ticketId: $id, after: $after) { cursor eventType version \
    ticket { number status version } } }";

async fn told(client: &mut Client) -> Value {
    client.json().await["payload"]["data"]["ticketChanged"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_tickets_are_told_in_order_and_resumed_without_loss() {
    let desk = Desk::new().await;
    let start = desk.app.position(&desk.token).await;
    let (one, two) = (desk.opens("Uno").await, desk.opens("Dos").await);
    desk.does("startTicket", "id", json!({ "id": one })).await;
    let mut client = Client::ready(&desk.app, &desk.token).await;
    client.subscribe("all", CHANGED, json!({ "after": start })).await;
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    for _ in 0..2 {
        let said = told(&mut client).await;
        // What is shown has passed the event.
        assert!(said["ticket"]["version"].as_i64() >= said["version"].as_i64(), "{said}");
        seen.push((said["ticket"]["number"].as_i64().unwrap(), text(&said["eventType"])));
        cursor = said["cursor"].clone();
    }
    drop(client);
    // Cut; another socket goes on, first with what there was, then with what comes.
    let mut client = Client::ready(&desk.app, &desk.token).await;
    client.subscribe("rest", CHANGED, json!({ "after": cursor })).await;
    let said = told(&mut client).await;
    seen.push((said["ticket"]["number"].as_i64().unwrap(), text(&said["eventType"])));
    desk.does("setTicketTags", "id", json!({ "id": two, "tags": ["vip"] })).await;
    let said = told(&mut client).await;
    seen.push((said["ticket"]["number"].as_i64().unwrap(), text(&said["eventType"])));
    let expected =
        [(1, "TicketOpened"), (2, "TicketOpened"), (1, "TicketStarted"), (2, "TicketTagged")];
    assert_eq!(seen, expected.map(|(number, event)| (number, event.to_owned())));
    // One ticket alone.
    let mut client = Client::ready(&desk.app, &desk.token).await;
    client.subscribe("one", CHANGED, json!({ "id": two, "after": start })).await;
    for event in ["TicketOpened", "TicketTagged"] {
        assert_eq!(told(&mut client).await["eventType"], event);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_hears_of_no_ticket() {
    let desk = Desk::new().await;
    let other = TenantId::new(fresh());
    desk.app.register(other, "segunda").await;
    let token = desk.app.token_of(other, Role::Owner, 40_000_000);
    let mut foreign = Client::ready(&desk.app, &token).await;
    let from = json!({ "after": desk.app.position(&token).await });
    foreign.subscribe("t", CHANGED, from).await;
    let mut own = Client::ready(&desk.app, &desk.token).await;
    let from = json!({ "after": desk.app.position(&desk.token).await });
    own.subscribe("t", CHANGED, from).await;
    desk.opens("Secreto").await;
    assert_eq!(told(&mut own).await["eventType"], "TicketOpened");
    assert!(tokio::time::timeout(Duration::from_millis(700), foreign.json()).await.is_err());
}
