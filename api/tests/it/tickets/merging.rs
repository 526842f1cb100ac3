//! Merged tickets.

use serde_json::{Value, json};

use super::Desk;
use crate::support::text;

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_ticket_is_read_only_and_points_to_where_it_goes_on() {
    let desk = Desk::new().await;
    let (source, survivor) = (desk.opens("Uno").await, desk.opens("Dos").await);
    let uuid = text(&desk.ticket(&source, "uuid").await["uuid"]);
    let input = json!({ "id": source, "into": survivor, "idempotencyKey": "m-1" });
    let fields = "status mergedInto { id mergedFrom } closedBy version";
    let merged = desk.does("mergeTickets", fields, input.clone()).await;
    assert_eq!(merged["status"], "CLOSED");
    assert_eq!(merged["closedBy"], Value::Null);
    assert_eq!(merged["mergedInto"]["id"], json!(survivor));
    // The second half by the effect, too: it is recorded once.
    desk.until(0, 9, 1).await;
    assert_eq!(desk.does("mergeTickets", fields, input).await["version"], merged["version"]);
    assert_eq!(desk.ticket(&survivor, "mergedFrom").await["mergedFrom"], json!([uuid]));

    let id = &source;
    let macro_id = "018f0000-0000-7000-8000-0000000000b1";
    let attempts = [
        ("addTicketComment", json!({ "id": id, "body": "x" })),
        ("assignTicket", json!({ "id": id, "team": "ventas" })),
        ("changeTicketPriority", json!({ "id": id, "priority": "URGENT" })),
        ("changeTicketCategory", json!({ "id": id, "category": "TRACKING" })),
        ("setTicketTags", json!({ "id": id, "tags": ["vip"] })),
        ("startTicket", json!({ "id": id })),
        ("waitForCustomer", json!({ "id": id })),
        ("holdTicket", json!({ "id": id, "reason": "x" })),
        ("recordTicketReply", json!({ "id": id })),
        ("requestTicketData", json!({ "id": id, "fields": ["dni"] })),
        ("resolveTicket", json!({ "id": id })),
        ("reopenTicket", json!({ "id": id })),
        ("closeTicket", json!({ "id": id })),
        ("splitTicket", json!({ "id": id, "subject": "x" })),
        ("createTicketFollowUp", json!({ "id": id, "subject": "x" })),
        ("linkTicket", json!({ "id": id, "kind": "CALL", "entity": macro_id })),
        ("requestTicketSurvey", json!({ "id": id })),
        (
            "applyTicketMacro",
            json!({ "id": id, "macroId": macro_id, "version": 1, "steps": [{ "startWork": true }] }),
        ),
    ];
    for (name, input) in attempts {
        assert_eq!(desk.refused(name, input).await, "TICKET_MERGED", "{name}");
    }
    assert_eq!(desk.ticket(&source, "version").await["version"], merged["version"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_merged_into_open_ones_of_the_same_contact_only() {
    let desk = Desk::new().await;
    let ticket = desk.opens("Uno").await;
    let merge = |into: &str| json!({ "id": ticket, "into": into });
    assert_eq!(desk.refused("mergeTickets", merge(&ticket)).await, "TICKET_MERGE_INTO_ITSELF");
    let stranger = desk.app.contact("+5491166600022", "Marta").await;
    let input = json!({ "subject": "Otro", "category": "OTRO", "contactId": stranger });
    let other = text(&desk.does("openTicket", "id", input).await["id"]);
    assert_eq!(desk.refused("mergeTickets", merge(&other)).await, "TICKET_MERGE_OTHER_CONTACT");
    let over = desk.opens("Dos").await;
    desk.does("resolveTicket", "status", json!({ "id": over })).await;
    desk.does("closeTicket", "status", json!({ "id": over })).await;
    assert_eq!(desk.refused("mergeTickets", merge(&over)).await, "TICKET_SURVIVOR_OVER");
    assert_eq!(desk.refused("mergeTickets", merge(&desk.contact)).await, "INVALID_ID");
}
