//! The board: filters, orders, pages, and what belongs to them.

use std::sync::atomic::Ordering;

use bitacora_api::auth::Role;
use bitacora_commands::ports::Clock as _;
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Desk;
use crate::mutation_stage::{hire, node_id};
use crate::support::text;

impl Desk {
    /// Numbers of the tickets that a filter finds, in the order of the list.
    async fn finds(&self, filter: &Value, order: Value) -> Vec<i64> {
        let query = "query($filter: TicketFilter, $order: [TicketOrder!], $at: Position) { \
            tickets(first: 100, filter: $filter, orderBy: $order, atLeast: $at) { \
            nodes { number } } }";
        let found = self.query(query, json!({ "filter": filter, "order": order })).await;
        let nodes = found["tickets"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| node["number"].as_i64().unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "a table")]
async fn every_filter_of_the_board_finds_its_tickets() {
    let desk = Desk::new().await;
    let me = hire(&desk.app, desk.app.tenant, "ana@example.com", Role::Owner).await;
    let (auth, ttl) = (&desk.app.app.auth, TimeDelta::days(400));
    let own = auth.mint(desk.app.tenant, me, Role::Owner, desk.clock.now(), ttl).unwrap();
    let agent = node_id("User", me.as_uuid());
    let stranger = desk.app.contact("+5491166600022", "Marta").await;
    let mut ids = Vec::new();
    for n in 1..=6 {
        let contact = if n == 6 { &stranger } else { &desk.contact };
        let conversation = (n <= 2).then_some(&desk.conversation.0);
        let category = if n == 3 { "TRACKING" } else { "OTRO" };
        let input = json!({ "subject": format!("Asunto {n}"), "category": category,
            "contactId": contact, "conversationId": conversation,
            "sla": (n == 5).then(|| json!({ "policy": Uuid::from_u128(7), "version": 1,
                "targets": [{ "priority": "MEDIUM", "firstResponseSeconds": 60,
                    "resolutionSeconds": 36_000 }] })) });
        ids.push(text(&desk.does("openTicket", "id", input).await["id"]));
        desk.until(0, 9, n).await;
    }
    let id = |n: usize| ids[n - 1].as_str();
    desk.does("assignTicket", "id", json!({ "id": id(1), "agent": agent })).await;
    desk.does("assignTicket", "id", json!({ "id": id(2), "team": "ventas" })).await;
    desk.does("waitForCustomer", "id", json!({ "id": id(2) })).await;
    desk.does("setTicketTags", "id", json!({ "id": id(3), "tags": ["VIP"] })).await;
    desk.does("changeTicketPriority", "id", json!({ "id": id(4), "priority": "URGENT" })).await;
    desk.does("holdTicket", "id", json!({ "id": id(4), "reason": "feriado" })).await;
    desk.does("escalateTicket", "id", json!({ "id": id(4), "level": 2, "reason": "x" })).await;
    desk.does("resolveTicket", "id", json!({ "id": id(6) })).await;
    desk.until(0, 9, 30).await;
    let cases = [
        (json!({ "number": { "eq": 3 } }), vec![3]),
        (json!({ "status": { "eq": "NEW" } }), vec![5, 4, 3, 1]),
        (json!({ "status": { "in": ["IN_PROGRESS", "RESOLVED"] } }), vec![6, 2]),
        (json!({ "waitingFor": { "eq": "CUSTOMER" } }), vec![2]),
        (json!({ "waitingFor": { "eq": "HOLD" } }), vec![4]),
        (json!({ "assignee": { "eq": agent } }), vec![1]),
        (json!({ "assignee": { "me": true } }), vec![1]),
        (json!({ "assignee": { "isNull": true }, "team": { "isNull": true } }), vec![6, 5, 4, 3]),
        (json!({ "team": { "eq": "ventas" } }), vec![2]),
        (json!({ "priority": { "eq": "URGENT" } }), vec![4]),
        (json!({ "category": { "eq": "TRACKING" } }), vec![3]),
        (json!({ "tags": { "has": "vip" } }), vec![3]),
        (json!({ "contact": { "eq": stranger } }), vec![6]),
        (json!({ "conversation": { "eq": desk.conversation.0 } }), vec![2, 1]),
        (json!({ "conversation": { "isNull": true } }), vec![6, 5, 4, 3]),
        (json!({ "overdue": { "eq": true } }), vec![5]),
        (json!({ "overdue": { "eq": false }, "status": { "eq": "NEW" } }), vec![4, 3, 1]),
        (json!({ "breached": { "eq": true } }), vec![5]),
        (json!({ "firstResponse": { "eq": "OVERDUE" } }), vec![5]),
        (json!({ "resolution": { "eq": "RUNNING" } }), vec![5]),
        (json!({ "resolutionDueAt": { "lt": desk.says(0, 20, 0) } }), vec![5]),
        (json!({ "subject": { "contains": "asunto 4" } }), vec![4]),
        (json!({ "escalationLevel": { "gte": 1 } }), vec![4]),
        (json!({ "openedAt": { "lt": desk.says(0, 9, 2) } }), vec![2, 1]),
        (json!({ "merged": true }), vec![]),
        (json!({ "origin": { "ne": "MANUAL" } }), vec![]),
        (
            json!({ "or": [{ "team": { "eq": "ventas" } }, { "tags": { "has": "vip" } }] }),
            vec![3, 2],
        ),
    ];
    let desk = Desk { token: own, ..desk };
    for (filter, expected) in cases {
        assert_eq!(desk.finds(&filter, json!([])).await, expected, "{filter}");
    }
    let by = |field: &str, way: &str| json!([{ "field": field, "direction": way }]);
    let all = json!({});
    assert_eq!(desk.finds(&all, by("NUMBER", "ASC")).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(desk.finds(&all, by("PRIORITY", "DESC")).await, [4, 6, 5, 2, 1, 3]);
    assert_eq!(desk.finds(&all, by("AWAITING_SINCE", "ASC")).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(desk.finds(&all, by("RESOLUTION_DUE_AT", "ASC")).await[0], 5);
    // Pages go on where they ended.
    let query = "query($after: Cursor, $at: Position) { tickets(first: 4, after: $after, \
        atLeast: $at) { nodes { number } pageInfo { endCursor hasNextPage } } }";
    let first = desk.query(query, json!({})).await["tickets"].clone();
    assert_eq!(
        first["nodes"],
        json!([{ "number": 6 }, { "number": 5 }, { "number": 4 }, { "number": 3 }])
    );
    let after = json!({ "after": first["pageInfo"]["endCursor"] });
    let rest = desk.query(query, after).await["tickets"].clone();
    assert_eq!(rest["nodes"], json!([{ "number": 2 }, { "number": 1 }]));
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
    // What is due, of one person, of one target.
    let query = "query($filter: SlaClockFilter, $at: Position) { slaDue(filter: $filter, \
        atLeast: $at) { nodes { target state elapsedMs ticket { number } } } }";
    let due = async |filter: Value| {
        desk.query(query, json!({ "filter": filter })).await["slaDue"]["nodes"].clone()
    };
    let nobody = due(json!({ "assignee": { "isNull": true } })).await;
    assert_eq!(nobody.as_array().unwrap().len(), 2);
    assert_eq!(nobody[0]["target"], "FIRST_RESPONSE");
    assert_eq!(due(json!({ "assignee": { "me": true } })).await, json!([]));
    let resolution = due(json!({ "target": { "eq": "RESOLUTION" } })).await;
    assert_eq!(
        resolution,
        json!([{ "target": "RESOLUTION", "state": "RUNNING", "elapsedMs": 0,
            "ticket": { "number": 5 } }])
    );
}

/// P8: however long the page of the inbox is, contact, last message and open ticket come with one
/// statement each.
#[tokio::test] // on one thread: a level of a query is asked for as a whole
async fn a_page_of_fifty_conversations_reads_contact_message_and_open_ticket_together() {
    let desk = Desk::new().await;
    for n in 0..50 {
        let contact = desk.app.contact(&format!("+549116661{n:04}"), &format!("Ana {n}")).await;
        let (id, uuid) = desk.app.conversation(&contact, &desk.channel).await;
        desk.app.receive(uuid, &format!("wamid.{n}"), "hola").await;
        for subject in ["viejo", "nuevo"] {
            let input = json!({ "subject": subject, "category": "OTRO", "conversationId": id });
            desk.does("openTicket", "id", input).await;
        }
    }
    let query = "query($first: Int, $at: Position) { conversations(first: $first, atLeast: $at) { \
        nodes { contact { name } lastMessage { text } openTicket { number subject contact { name } \
        sla { overdue } } } } }";
    let mut reads = Vec::new();
    for first in [2, 50] {
        let at = desk.app.run_as(&desk.token, "{ logPosition }", json!({})).await;
        let at = at.data()["logPosition"].clone();
        // All tables have seen everything before the reads are counted.
        let seen = "query($at: Position) { tickets(first: 1, atLeast: $at) { totalCount } \
            messages(first: 1, atLeast: $at) { totalCount } \
            contacts(first: 1, atLeast: $at) { totalCount } }";
        desk.app.run_as(&desk.token, seen, json!({ "at": at })).await.data();
        desk.app.counting.reads.store(0, Ordering::SeqCst);
        let page = desk.app.run_as(&desk.token, query, json!({ "first": first, "at": at })).await;
        let nodes = page.data()["conversations"]["nodes"].as_array().unwrap().clone();
        assert_eq!(nodes.len(), first);
        for node in nodes {
            assert_eq!(node["lastMessage"]["text"], "hola");
            assert_eq!(node["openTicket"]["subject"], "nuevo");
            assert_eq!(node["openTicket"]["contact"]["name"], node["contact"]["name"]);
        }
        reads.push(desk.app.counting.reads.load(Ordering::SeqCst));
    }
    assert!(reads[1] <= 6 && reads[1] <= reads[0] + 1, "grows with the page: {reads:?}");
}
