//! Every mutation of a ticket: what it does, that a repetition does nothing, and how it refuses.

use std::collections::BTreeSet;

use bitacora_api::access::operations;
use serde_json::{Value, json};

use super::Desk;
use crate::mutation_stage::{hire, node_id};
use crate::support::text;

/// A mutation on a ticket of its own.
struct Case {
    name: &'static str,
    /// What is done before.
    before: &'static [(&'static str, &'static str)],
    input: &'static str,
    /// Fields of the ticket, and what they say afterwards.
    fields: &'static str,
    expected: &'static str,
    /// Another input, and the code with which it is refused on a ticket of its own.
    refused: (&'static str, &'static str),
}

const UUID: &str = "018f0000-0000-7000-8000-0000000000c1";
const RESOLVE: (&str, &str) = ("resolveTicket", "{}");
const CLOSE: (&str, &str) = ("closeTicket", "{}");
const SURVEY: (&str, &str) = ("requestTicketSurvey", "{}");
const SLA: &str = r#"{"sla": {"policy": "$uuid", "version": 1, "targets": [{"priority": "MEDIUM", "resolutionSeconds": 3600}]}}"#;
const NO_SLA: &str = r#"{"sla": {"policy": "$uuid", "version": 1, "targets": []}}"#;
const TWICE: &str = r#"{"sla": {"policy": "$uuid", "version": 1, "targets": [{"priority": "LOW", "resolutionSeconds": 60}, {"priority": "LOW", "resolutionSeconds": 60}]}}"#;
const STEPS: &str = r#"{"macroId": "$uuid", "version": 1, "steps": [{"startWork": true}, {"setTags": {"tags": ["vip"]}},
    {"assign": {"agent": "$agent"}}, {"addComment": {"body": "Hecho"}}, {"resolve": {"resolution": "listo"}}]}"#;
const BAD_STEPS: &str = r#"{"macroId": "$uuid", "version": 1, "steps": [{"setTags": {"tags": ["vip"]}}, {"escalate": {"level": 0, "reason": "x"}}]}"#;
const SUMMARY: &str =
    r#"{"summary": "Quiere cambio", "model": "m", "promptVersion": "1", "tokens": 10}"#;
const BAD_SUMMARY: &str = r#"{"summary": "x", "model": " ", "promptVersion": "1", "tokens": 10}"#;

#[rustfmt::skip] // a table
#[allow(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let case = |name, before, input, fields, expected, refused| Case { name, before, input, fields, expected, refused };
    vec![
        case("assignTicket", &[], r#"{"agent": "$agent", "team": "ventas"}"#, "team assignee { id }",
            r#"{"team": "ventas", "assignee": {"id": "$agent"}}"#, (r#"{"agent": "$stranger"}"#, "MEMBER_NOT_FOUND")),
        case("assignTicket", &[], r#"{"auto": true}"#, "assignee { id }", r#"{"assignee": {"id": "$agent"}}"#,
            (r#"{"auto": true, "agent": "$agent"}"#, "ASSIGNEE_AMBIGUOUS")),
        case("unassignTicket", &[("assignTicket", r#"{"team": "ventas"}"#)], "{}", "team", r#"{"team": null}"#,
            (r#"{"expectedVersion": 99}"#, "VERSION_CONFLICT")),
        case("escalateTicket", &[], r#"{"level": 2, "reason": "Cliente grande"}"#, "escalation { level reason }",
            r#"{"escalation": {"level": 2, "reason": "Cliente grande"}}"#, (r#"{"level": 300, "reason": "x"}"#, "INVALID_ESCALATION")),
        case("startTicket", &[], "{}", "status", r#"{"status": "IN_PROGRESS"}"#, (r#"{"expectedVersion": 99}"#, "VERSION_CONFLICT")),
        case("waitForCustomer", &[], r#"{"question": "¿Color?"}"#, "status waiting { for reason }",
            r#"{"status": "IN_PROGRESS", "waiting": {"for": "CUSTOMER", "reason": "¿Color?"}}"#, (r#"{"question": " "}"#, "INVALID_QUESTION")),
        case("waitForThirdParty", &[("startTicket", "{}")], r#"{"party": "Correo"}"#, "waiting { for reason }",
            r#"{"waiting": {"for": "THIRD_PARTY", "reason": "Correo"}}"#, ("{}", "TICKET_NOT_STARTED")),
        case("recordTicketReply", &[("waitForCustomer", "{}")], "{}", "status waiting { for }",
            r#"{"status": "IN_PROGRESS", "waiting": null}"#, (r#"{"messageId": "$agent"}"#, "INVALID_ID")),
        case("holdTicket", &[], r#"{"reason": "Feriado"}"#, "status waiting { for reason until }",
            r#"{"status": "NEW", "waiting": {"for": "HOLD", "reason": "Feriado", "until": null}}"#,
            (r#"{"reason": "x", "until": "2020-01-01T00:00:00Z"}"#, "INVALID_HOLD")),
        case("releaseTicketHold", &[("holdTicket", r#"{"reason": "x"}"#)], "{}", "waiting { for }", r#"{"waiting": null}"#,
            (r#"{"expectedVersion": 99}"#, "VERSION_CONFLICT")),
        case("requestTicketData", &[], r#"{"fields": ["dni", "pedido"]}"#, "missingFields fields { name suppliedAt }",
            r#"{"missingFields": ["dni", "pedido"], "fields": [{"name": "dni", "suppliedAt": null}, {"name": "pedido", "suppliedAt": null}]}"#,
            (r#"{"fields": []}"#, "INVALID_FIELDS")),
        case("supplyTicketData", &[("requestTicketData", r#"{"fields": ["dni"]}"#)], r#"{"field": "dni", "value": "12345678"}"#,
            "missingFields fields { name value }", r#"{"missingFields": [], "fields": [{"name": "dni", "value": "12345678"}]}"#,
            (r#"{"field": "dni", "value": "1"}"#, "FIELD_NOT_REQUESTED")),
        case("addTicketComment", &[], r#"{"body": "Nota interna"}"#,
            "commentCount awaitingSince: firstResponse { at } comments { nodes { text public kind } }",
            r#"{"commentCount": 1, "awaitingSince": null, "comments": {"nodes": [{"text": "Nota interna", "public": false, "kind": "COMMENT"}]}}"#,
            (r#"{"body": " "}"#, "INVALID_COMMENT")),
        case("summariseTicket", &[], SUMMARY, "summary { text }", r#"{"summary": {"text": "Quiere cambio"}}"#, (BAD_SUMMARY, "INVALID_SUMMARY")),
        case("triageTicket", &[], r#"{"category": "RECLAMO", "confidenceBp": 8000, "model": "m"}"#, "category priority",
            r#"{"category": "RECLAMO", "priority": "HIGH"}"#, (r#"{"category": "INFO", "confidenceBp": 10001, "model": "m"}"#, "INVALID_TICKET_TRIAGE")),
        case("changeTicketCategory", &[], r#"{"category": "TRACKING"}"#, "category", r#"{"category": "TRACKING"}"#,
            (r#"{"category": "TRACKING", "expectedVersion": 99}"#, "VERSION_CONFLICT")),
        case("changeTicketPriority", &[], r#"{"priority": "URGENT"}"#, "priority", r#"{"priority": "URGENT"}"#,
            (r#"{"priority": "LOW", "expectedVersion": 99}"#, "VERSION_CONFLICT")),
        case("setTicketTags", &[], r#"{"tags": ["VIP", "cambio"]}"#, "tags", r#"{"tags": ["cambio", "vip"]}"#, (r#"{"tags": [" "]}"#, "INVALID_TAGS")),
        case("applyTicketMacro", &[], STEPS, "status tags assignee { id } commentCount",
            r#"{"status": "RESOLVED", "tags": ["vip"], "assignee": {"id": "$agent"}, "commentCount": 1}"#, (BAD_STEPS, "INVALID_ESCALATION")),
        case("applyTicketMacro", &[], r#"{"macroId": "$uuid", "version": 1, "steps": [{"requestData": {"fields": ["dni"]}}, {"waitForCustomer": {}}]}"#,
            "missingFields waiting { for }", r#"{"missingFields": ["dni"], "waiting": {"for": "CUSTOMER"}}"#,
            (r#"{"macroId": "$uuid", "version": 1, "steps": [{"assign": {"agent": "$stranger"}}]}"#, "MEMBER_NOT_FOUND")),
        case("applySlaPolicy", &[], SLA, "sla { policy version resolution { state limitSeconds } firstResponse { state } }",
            r#"{"sla": {"policy": "$uuid", "version": 1, "resolution": {"state": "RUNNING", "limitSeconds": 3600}, "firstResponse": {"state": "NONE"}}}"#,
            (NO_SLA, "INVALID_SLA_POLICY")),
        case("applySlaPolicy", &[("waitForCustomer", "{}")], SLA, "sla { resolution { state dueAt } }",
            r#"{"sla": {"resolution": {"state": "PAUSED", "dueAt": null}}}"#, (TWICE, "INVALID_SLA_POLICY")),
        case("recordTicketFirstResponse", &[], "{}", "awaitingSince responses { count }", r#"{"awaitingSince": null, "responses": {"count": 1}}"#,
            (r#"{"expectedVersion": 99}"#, "VERSION_CONFLICT")),
        case("recordTicketResponse", &[("recordTicketResponse", "{}"), ("recordTicketReply", "{}")], "{}", "responses { count }",
            r#"{"responses": {"count": 2}}"#, (r#"{"expectedVersion": 99}"#, "VERSION_CONFLICT")),
        case("resolveTicket", &[], r#"{"resolution": "Cambiado", "rootCause": "falla"}"#, "status resolution { text rootCause }",
            r#"{"status": "RESOLVED", "resolution": {"text": "Cambiado", "rootCause": "falla"}}"#,
            (r#"{"reopenWindowSeconds": 7776001}"#, "INVALID_REOPEN_WINDOW")),
        case("reopenTicket", &[RESOLVE], r#"{"reason": "Sigue igual"}"#, "status reopenedCount", r#"{"status": "IN_PROGRESS", "reopenedCount": 1}"#,
            (r#"{"expectedVersion": 99}"#, "VERSION_CONFLICT")),
        case("closeTicket", &[RESOLVE], "{}", "status closedBy", r#"{"status": "CLOSED", "closedBy": "USER"}"#, ("{}", "TICKET_NOT_RESOLVED")),
        case("mergeTickets", &[], r#"{"into": "$other"}"#, "status mergedInto { id }", r#"{"status": "CLOSED", "mergedInto": {"id": "$other"}}"#,
            (r#"{"into": "$nothing"}"#, "TICKET_NOT_FOUND")),
        case("splitTicket", &[], r#"{"subject": "La funda"}"#, "status", r#"{"status": "NEW"}"#, (r#"{"subject": " "}"#, "INVALID_SUBJECT")),
        case("createTicketFollowUp", &[RESOLVE, CLOSE], r#"{"subject": "Otra vez"}"#, "status", r#"{"status": "CLOSED"}"#,
            (r#"{"subject": "x"}"#, "TICKET_NOT_CLOSED")),
        case("linkTicket", &[], r#"{"kind": "SHIPMENT", "entity": "$uuid"}"#, "links { kind uuid }",
            r#"{"links": [{"kind": "SHIPMENT", "uuid": "$uuid"}]}"#, (r#"{"kind": "CALL", "entity": "$uuid", "expectedVersion": 99}"#, "VERSION_CONFLICT")),
        case("requestTicketSurvey", &[RESOLVE], "{}", "survey { score }", r#"{"survey": {"score": null}}"#, ("{}", "TICKET_NOT_RESOLVED")),
        case("recordTicketCsat", &[RESOLVE, SURVEY], r#"{"score": 5, "comment": "¡Genial!"}"#, "survey { score comment }",
            r#"{"survey": {"score": 5, "comment": "¡Genial!"}}"#, (r#"{"score": 5}"#, "TICKET_SURVEY_NOT_REQUESTED")),
    ]
}

/// Ids that inputs and expectations name.
struct Names {
    agent: String,
    other: String,
}

impl Names {
    fn filled(&self, template: &str) -> Value {
        let text = template
            .replace("$agent", &self.agent)
            .replace("$other", &self.other)
            .replace("$stranger", &node_id("User", uuid::Uuid::from_u128(1)))
            .replace("$nothing", &node_id("Ticket", uuid::Uuid::from_u128(1)))
            .replace("$uuid", UUID);
        serde_json::from_str(&text).unwrap()
    }

    fn input(&self, id: &str, template: &str) -> Value {
        let mut input = self.filled(template);
        input["id"] = json!(id);
        input
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_of_a_ticket_does_its_work_once_and_refuses_with_a_code() {
    let desk = Desk::new().await;
    let agent =
        hire(&desk.app, desk.app.tenant, "ana@example.com", bitacora_api::auth::Role::Agent);
    let agent = node_id("User", agent.await.as_uuid());
    let names = Names { agent: agent.clone(), other: desk.opens("El otro").await };
    let available = "mutation($id: ID!) { setMemberCapacity(input: { id: $id, capacity: 100 }) { \
        errors { ... on UserError { code } } } }";
    let member =
        desk.query("query($at: Position) { members(atLeast: $at) { nodes { id } } }", json!({}));
    let member = member.await["members"]["nodes"][0]["id"].clone();
    desk.app.run_as(&desk.token, available, json!({ "id": member })).await.data();
    for (n, case) in cases().into_iter().enumerate() {
        let Case { name, before, input, fields, expected, refused } = case;
        let id = desk.opens(&format!("Caso {n}")).await;
        for (earlier, input) in before {
            desk.does(earlier, "id", names.input(&id, input)).await;
        }
        let mut input = names.input(&id, input);
        input["idempotencyKey"] = json!(format!("case-{n}"));
        input["clientMutationId"] = json!("c-1");
        let all =
            format!("ticket {{ id {fields} }} receipt {{ version replayed }} clientMutationId");
        let done = desk.try_to(name, &all, input.clone()).await;
        assert_eq!(done["errors"], json!([]), "{name}");
        assert_eq!(done["receipt"]["replayed"], false, "{name}");
        assert_eq!(done["clientMutationId"], "c-1");
        for (field, value) in names.filled(expected).as_object().unwrap() {
            assert_eq!(&done["ticket"][field], value, "{name} {field}");
        }
        let again = desk.try_to(name, &all, input.clone()).await;
        assert_eq!(again["receipt"]["replayed"], true, "{name}");
        assert_eq!(again["receipt"]["version"], done["receipt"]["version"], "{name}");
        assert_eq!(again["ticket"], done["ticket"], "{name}");
        input["id"] = json!(names.other);
        let other = desk.try_to(name, "receipt { version }", input).await;
        assert_eq!(other["errors"][0]["__typename"], "IdempotencyError", "{name}");

        let id = desk.opens(&format!("Caso {n}, rechazado")).await;
        let version = desk.ticket(&id, "version").await["version"].clone();
        let refusal = desk.refused(name, names.input(&id, refused.0)).await;
        assert_eq!(refusal, refused.1, "{name}");
        assert_eq!(desk.ticket(&id, "version").await["version"], version, "{name} left something");
    }
}

#[test]
fn every_mutation_of_a_ticket_has_a_case() {
    let told: BTreeSet<_> = cases().iter().map(|case| case.name).collect();
    let others = ["applySlaPolicy", "waitForCustomer", "waitForThirdParty"];
    let mutations = operations::all().filter(|(kind, ..)| *kind == operations::Kind::Mutation);
    let named = mutations.map(|(_, name, _)| name);
    let of_tickets = named.filter(|name| name.contains("Ticket") || others.contains(name));
    let expected: BTreeSet<_> = of_tickets.filter(|name| *name != "openTicket").collect();
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_a_ticket_refuses_with_a_code() {
    let desk = Desk::new().await;
    let stranger = desk.app.contact("+5491166600022", "Marta").await;
    let cases = [
        (json!({}), "TICKET_CONTACT_REQUIRED"),
        (
            json!({ "contactId": stranger, "conversationId": desk.conversation.0 }),
            "TICKET_CONTACT_MISMATCH",
        ),
        (json!({ "contactId": node_id("Contact", uuid::Uuid::from_u128(1)) }), "CONTACT_NOT_FOUND"),
        (
            json!({ "conversationId": node_id("Conversation", uuid::Uuid::from_u128(1)) }),
            "CONVERSATION_NOT_FOUND",
        ),
        (json!({ "contactId": stranger, "subject": " " }), "INVALID_SUBJECT"),
        (json!({ "contactId": stranger, "origin": "FOLLOW_UP" }), "INVALID_TICKET_ORIGIN"),
        (json!({ "contactId": stranger, "confidenceBp": 10_001 }), "INVALID_TICKET_TRIAGE"),
        (json!({ "contactId": stranger, "missingFields": [" "] }), "INVALID_FIELDS"),
        (
            json!({ "contactId": stranger, "sla": { "policy": UUID, "version": 0, "targets": [
            { "priority": "LOW", "resolutionSeconds": 60 }] } }),
            "INVALID_SLA_POLICY",
        ),
        (
            json!({ "contactId": stranger, "sla": { "policy": UUID, "version": 1, "targets": [
            { "priority": "LOW", "resolutionSeconds": 60 }], "calendar": { "calendar": UUID,
            "version": 1, "timeZone": "Luna/Base", "week": [], "holidays": [] } } }),
            "INVALID_SLA_POLICY",
        ),
    ];
    for (input, code) in cases {
        let mut whole = json!({ "subject": "Asunto", "category": "OTRO" });
        whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        assert_eq!(desk.refused("openTicket", whole).await, code, "{input}");
    }
    // None of them left a gap.
    let id = desk.opens("El primero").await;
    assert_eq!(desk.ticket(&id, "number").await["number"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_a_matter_become_tickets_of_their_own() {
    let desk = Desk::new().await;
    let id = desk.opens("Dos cosas").await;
    let input = json!({ "id": id, "subject": "La segunda", "priority": "HIGH" });
    let payload = desk.try_to("splitTicket", "partId", input).await;
    desk.until(0, 9, 1).await;
    let part = text(&payload["partId"]);
    let part = desk
        .ticket(&part, "number origin subject priority category parent { id } conversation { id }");
    let expected = json!({ "number": 2, "origin": "SPLIT", "subject": "La segunda",
        "priority": "HIGH", "category": "OTRO", "parent": { "id": id },
        "conversation": { "id": desk.conversation.0 } });
    assert_eq!(part.await, expected);
}
