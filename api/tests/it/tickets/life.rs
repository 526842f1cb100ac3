//! One ticket from its opening to its follow-up, and its SLA on business time.
#![allow(clippy::too_many_lines, reason = "tests")]

use bitacora_api::auth::Role;
use serde_json::{Value, json};

use super::Desk;
use crate::mutation_stage::{hire, node_id};
use crate::support::text;

const SLA: &str = "sla { breached breaches overdue firstResponse { state dueAt } \
    nextResponse { state dueAt } resolution { state dueAt } }";

/// An hour for the first answer, two for every later one, eight of work to settle it.
fn policy() -> Value {
    json!({ "policy": "018f0000-0000-7000-8000-0000000000a1", "version": 3, "targets": [
        { "priority": "HIGH", "firstResponseSeconds": 3_600, "nextResponseSeconds": 7_200,
          "resolutionSeconds": 28_800 } ] })
}

impl Desk {
    /// Monday to Friday from nine to six.
    async fn keeps_hours(&self) {
        let day = |weekday: i64| json!({ "weekday": weekday, "from": 540, "until": 1_080 });
        let week: Vec<_> = (1..=5).map(day).collect();
        let input = json!({ "week": week, "holidays": [] });
        let payload = self.try_to("setBusinessHours", "tenant { id }", input).await;
        assert_eq!(payload["errors"], json!([]));
    }

    /// Targets of the ticket as `state dueAt`, in the order of [`SLA`].
    async fn targets(&self, id: &str) -> [(String, Value); 3] {
        let sla = self.ticket(id, SLA).await["sla"].clone();
        ["firstResponse", "nextResponse", "resolution"]
            .map(|target| (text(&sla[target]["state"]), sla[target]["dueAt"].clone()))
    }

    /// What is due, as target and state.
    async fn due(&self) -> Vec<(String, String)> {
        let query = "query($at: Position) { slaDue(atLeast: $at) { nodes { target state \
            ticket { number } } } }";
        let nodes = self.query(query, json!({})).await["slaDue"]["nodes"].clone();
        let pair = |node: &Value| (text(&node["target"]), text(&node["state"]));
        nodes.as_array().unwrap().iter().map(pair).collect()
    }
}

fn stands(state: &str, due: Value) -> (String, Value) {
    (state.to_owned(), due)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_lives_on_business_time_from_its_opening_to_its_follow_up() {
    let desk = Desk::new().await;
    desk.keeps_hours().await;
    let agent = hire(&desk.app, desk.app.tenant, "ana@example.com", Role::Agent).await;
    let agent = node_id("User", agent.as_uuid());
    let due = |target: &str, state: &str| (target.to_owned(), state.to_owned());

    // Monday, nine o'clock. A complaint is urgent without anybody saying so.
    let opened = desk
        .does(
            "openTicket",
            "id number status priority origin conversation { id } contact { name } missingFields",
            json!({ "subject": "Llegó roto", "category": "RECLAMO", "sla": policy(),
                "conversationId": desk.conversation.0, "missingFields": ["pedido"] }),
        )
        .await;
    let id = text(&opened["id"]);
    assert_eq!(opened["number"], 1);
    assert_eq!((&opened["status"], &opened["priority"]), (&json!("NEW"), &json!("HIGH")));
    assert_eq!(opened["contact"]["name"], "Lucía");
    assert_eq!(opened["missingFields"], json!(["pedido"]));
    let [first, next, resolution] = desk.targets(&id).await;
    assert_eq!(first, stands("RUNNING", desk.says(0, 10, 0)));
    assert_eq!(next, stands("NONE", Value::Null));
    assert_eq!(resolution, stands("RUNNING", desk.says(0, 17, 0)));
    assert_eq!(desk.due().await, [due("FIRST_RESPONSE", "RUNNING"), due("RESOLUTION", "RUNNING")]);

    // Half an hour later a person answers; at ten the ticket waits for the contact.
    desk.until(0, 9, 30).await;
    let input = json!({ "id": id, "agent": agent, "team": "postventa" });
    let assigned = desk.does("assignTicket", "team assignee { id } status", input).await;
    assert_eq!(assigned["assignee"]["id"], json!(agent));
    let input = json!({ "id": id, "body": "Ya lo vemos", "public": true });
    let answered =
        desk.does("addTicketComment", "firstResponse { waitedMs } awaitingSince", input).await;
    assert_eq!(answered["firstResponse"]["waitedMs"], 1_800_000);
    assert_eq!(answered["awaitingSince"], Value::Null);
    desk.does("startTicket", "status", json!({ "id": id })).await;
    desk.until(0, 10, 0).await;
    let input = json!({ "id": id, "question": "¿Cuál es el número de pedido?" });
    let waiting = desk.does("waitForCustomer", "status waiting { for reason since }", input).await;
    assert_eq!(waiting["status"], "IN_PROGRESS");
    assert_eq!(waiting["waiting"]["for"], "CUSTOMER");
    assert_eq!(waiting["waiting"]["since"], desk.says(0, 10, 0));
    let [first, _, resolution] = desk.targets(&id).await;
    assert_eq!(first, stands("MET", desk.says(0, 10, 0)));
    assert_eq!(resolution, stands("PAUSED", Value::Null));
    assert!(desk.due().await.is_empty());

    // The contact answers on Tuesday before the shop opens: seven hours of work are left, and
    // somebody has two to answer.
    desk.until(1, 8, 0).await;
    let replied =
        desk.does("recordTicketReply", "waiting { for } awaitingSince", json!({ "id": id }));
    assert_eq!(replied.await["waiting"], Value::Null);
    let [_, next, resolution] = desk.targets(&id).await;
    assert_eq!(next, stands("RUNNING", desk.says(1, 11, 0)));
    assert_eq!(resolution, stands("RUNNING", desk.says(1, 16, 0)));
    let input = json!({ "id": id, "field": "pedido", "value": "A-100" });
    let supplied = desk.does("supplyTicketData", "missingFields fields { name value }", input);
    let supplied = supplied.await;
    assert_eq!(supplied["missingFields"], json!([]));
    assert_eq!(supplied["fields"], json!([{ "name": "pedido", "value": "A-100" }]));

    // Nobody answers in time: that is told at the minute, once.
    desk.until(1, 12, 0).await;
    let [_, next, _] = desk.targets(&id).await;
    assert_eq!(next, stands("OVERDUE", desk.says(1, 11, 0)));
    assert_eq!(desk.due().await, [due("NEXT_RESPONSE", "OVERDUE"), due("RESOLUTION", "RUNNING")]);
    let sla = desk.ticket(&id, SLA).await["sla"].clone();
    assert_eq!((&sla["breaches"], &sla["overdue"]), (&json!(1), &json!(true)));
    let input = json!({ "id": id, "body": "Sale el reemplazo", "public": true });
    desk.does("addTicketComment", "version", input).await;
    let [_, next, _] = desk.targets(&id).await;
    assert_eq!(next.0, "MISSED");

    // Three hours aside do not count: four of eight were used, so four are left from three
    // o'clock, three of them today.
    let input = json!({ "id": id, "reason": "Esperamos el stock", "until": desk.says(1, 15, 0) });
    let held = desk.does("holdTicket", "waiting { for until }", input).await;
    assert_eq!(held["waiting"], json!({ "for": "HOLD", "until": desk.says(1, 15, 0) }));
    desk.until(1, 15, 0).await;
    desk.until(1, 15, 1).await;
    let [_, _, resolution] = desk.targets(&id).await;
    assert_eq!(resolution, stands("RUNNING", desk.says(2, 10, 0)));

    // Settled on Tuesday at five, in time; the contact is not content on Wednesday at nine.
    desk.until(1, 17, 0).await;
    let input = json!({ "id": id, "resolution": "Se repuso", "rootCause": "embalaje" });
    let resolved = desk
        .does("resolveTicket", "status resolution { text rootCause at reopenUntil }", input)
        .await;
    assert_eq!(resolved["status"], "RESOLVED");
    assert_eq!(resolved["resolution"]["reopenUntil"], desk.says(8, 17, 0));
    assert_eq!(desk.targets(&id).await[2].0, "MET");
    desk.does("requestTicketSurvey", "survey { score }", json!({ "id": id })).await;
    let input = json!({ "id": id, "score": 2, "comment": "Tardaron" });
    let rated = desk.does("recordTicketCsat", "survey { score comment }", input).await;
    assert_eq!(rated["survey"], json!({ "score": 2, "comment": "Tardaron" }));
    desk.until(2, 9, 0).await;
    let back = desk.does("recordTicketReply", "status reopenedCount", json!({ "id": id })).await;
    assert_eq!(back, json!({ "status": "IN_PROGRESS", "reopenedCount": 1 }));

    // Six of eight hours are used: at eleven it is missed, at noon settled, a week later closed.
    assert_eq!(desk.targets(&id).await[2], stands("RUNNING", desk.says(2, 11, 0)));
    desk.until(2, 12, 0).await;
    assert_eq!(desk.targets(&id).await[2], stands("OVERDUE", desk.says(2, 11, 0)));
    desk.does("resolveTicket", "status", json!({ "id": id })).await;
    assert_eq!(desk.targets(&id).await[2].0, "MISSED");
    desk.until(9, 11, 59).await;
    assert_eq!(desk.ticket(&id, "status").await["status"], "RESOLVED");
    desk.until(9, 12, 1).await;
    let closed = desk.ticket(&id, "status closedBy closedAt sla { breaches }").await;
    assert_eq!(closed["status"], "CLOSED");
    assert_eq!(closed["closedBy"], "AUTO");
    assert_eq!(closed["closedAt"], desk.says(9, 12, 0));
    assert!(desk.due().await.is_empty());

    // Closed is final: what comes now belongs to a follow-up, which has the next number.
    assert_eq!(desk.refused("recordTicketReply", json!({ "id": id })).await, "TICKET_CLOSED");
    let input = json!({ "id": id, "subject": "Sigue roto" });
    let payload = desk.try_to("createTicketFollowUp", "followUpId", input).await;
    desk.until(9, 12, 2).await;
    let follow_up = text(&payload["followUpId"]);
    let follow_up = desk.ticket(&follow_up, "number origin subject parent { number }").await;
    assert_eq!(
        follow_up,
        json!({ "number": 2, "origin": "FOLLOW_UP", "subject": "Sigue roto",
            "parent": { "number": 1 } })
    );
    let all = "followUp { number } children { totalCount } history(first: 100) { nodes { kind } }";
    let told = desk.ticket(&id, all).await;
    assert_eq!(told["followUp"]["number"], 2);
    assert_eq!(told["children"]["totalCount"], 1);
    let kinds: Vec<_> = told["history"]["nodes"].as_array().unwrap().iter().rev().collect();
    let count = |kind: &str| kinds.iter().filter(|node| node["kind"] == kind).count();
    assert_eq!(kinds[0]["kind"], "OPENED");
    // Missed: the answer of Tuesday, and on Wednesday the answer and the solution.
    assert_eq!((count("SLA_BREACHED"), count("SLA_MET"), count("CUSTOMER_REPLIED")), (3, 2, 2));
    assert_eq!((count("RESOLVED"), count("REOPENED"), count("CLOSED")), (2, 1, 1));

    // The conversation and the ticket know each other.
    let query = "query($id: ID!, $at: Position) { conversation(id: $id, atLeast: $at) { \
        links { kind } openTicket { number } tickets { totalCount } } }";
    let conversation = desk.query(query, json!({ "id": desk.conversation.0 })).await;
    let conversation = &conversation["conversation"];
    assert_eq!(conversation["links"], json!([{ "kind": "TICKET" }, { "kind": "TICKET" }]));
    assert_eq!(conversation["openTicket"]["number"], 2);
    assert_eq!(conversation["tickets"]["totalCount"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_can_be_reopened_within_its_window_and_not_a_moment_later() {
    let desk = Desk::new().await;
    let id = desk.opens("Factura equivocada").await;
    let input = json!({ "id": id, "reopenWindowSeconds": 3_600 });
    desk.does("resolveTicket", "status", input.clone()).await;
    desk.until(0, 9, 59).await;
    let reopened = desk.does("reopenTicket", "status resolution { text }", json!({ "id": id }));
    assert_eq!(reopened.await["status"], "IN_PROGRESS");
    desk.does("resolveTicket", "status", input).await;
    // The hour is over and the timer late: the ticket is not closed yet, and cannot come back.
    desk.clock.set(desk.at(0, 10, 59));
    assert_eq!(desk.ticket(&id, "status").await["status"], "RESOLVED");
    assert_eq!(desk.refused("reopenTicket", json!({ "id": id })).await, "REOPEN_WINDOW_OVER");
    assert_eq!(desk.refused("recordTicketReply", json!({ "id": id })).await, "REOPEN_WINDOW_OVER");
    desk.until(0, 11, 0).await;
    let closed = desk.ticket(&id, "status closedBy").await;
    assert_eq!(closed, json!({ "status": "CLOSED", "closedBy": "AUTO" }));
}
