//! Every mutation of a conversation: done, repeated, refused, on another tenant's, and by a
//! tenant that is suspended. One table, and a check that no mutation is missing from it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use bitacora_api::auth::Role;
use bitacora_domain::TenantId;
use bitacora_domain::aggregates::tenant::{Tenant, TenantCommand};
use serde_json::{Value, json};

use crate::mutation_stage::{Scene, Stage, give};
use crate::support::{TestApp, fresh};

/// What a mutation needs before it, and what it is given.
struct Case {
    name: &'static str,
    /// Mutations that come before, in the same words as `input`.
    before: &'static [(&'static str, &'static str)],
    /// Input without `id`. `$message`, `$suggestion` … stand for ids of the scene.
    input: &'static str,
    /// What is asked of the payload, and what it must say.
    fields: &'static str,
    expected: &'static str,
    /// Another input that is refused, and the code.
    refused: Option<(&'static str, &'static str)>,
    /// It says something to the contact, or lets the AI act.
    outbound: bool,
}

const fn case(name: &'static str, input: &'static str) -> Case {
    let (fields, expected) = ("receipt { replayed }", r#"{"receipt": {"replayed": false}}"#);
    Case { name, before: &[], input, fields, expected, refused: None, outbound: false }
}

const TEXT: &str = r#"{"content": {"text": {"body": "Hola, ¿en qué te ayudo?"}}}"#;
const TRIAGE: &str = r#"{"messageId": "$message", "category": "INFO", "confidenceBp": 9000,
    "model": "m", "promptVersion": "1", "tokens": 10, "reply": "Abrimos a las 9.",
    "actions": [{"kind": "create_ticket", "arguments": "{}"}]}"#;
const SUGGEST: &str = r#"{"text": "Abrimos a las 9.", "citations": [{"document":
    "018f0000-0000-7000-8000-000000000001", "title": "Horarios"}]}"#;
const HANDOFF: &str = r#"{"reason": "CUSTOMER_ASKED", "note": "Pide una persona"}"#;
const LATER: &str = r#"{"content": {"text": {"body": "Mañana seguimos"}}, "sendAt": "$later"}"#;

#[rustfmt::skip] // a table
#[allow(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    vec![
        Case { fields: "message { text status sender }", outbound: true,
            expected: r#"{"message": {"text": "Hola, ¿en qué te ayudo?", "status": "PENDING", "sender": "AGENT"}}"#,
            refused: Some((r#"{"content": {"text": {"body": " "}}}"#, "INVALID_TEXT")),
            ..case("sendMessage", TEXT) },
        Case { fields: "conversation { preview }", outbound: true,
            expected: r#"{"conversation": {"preview": "Hola, ¿en qué te ayudo?"}}"#,
            refused: Some((r#"{"content": {"text": {"body": " "}}}"#, "INVALID_TEXT")),
            ..case("queueMessage", TEXT) },
        Case { fields: "scheduledMessage { status }", outbound: true,
            expected: r#"{"scheduledMessage": {"status": "PENDING"}}"#,
            refused: Some((r#"{"content": {"text": {"body": "x"}}, "sendAt": "2020-01-01T00:00:00Z"}"#, "INVALID_SEND_AT")),
            ..case("scheduleMessage", LATER) },
        Case { before: &[("scheduleMessage", LATER)],
            refused: Some((r#"{"scheduledMessageId": "$scheduled"}"#, "SCHEDULED_MESSAGE_NOT_PENDING")),
            ..case("cancelScheduledMessage", r#"{"scheduledMessageId": "$scheduled"}"#) },
        Case { refused: Some((r#"{"messageId": "$nobody", "reason": "x"}"#, "MESSAGE_UNKNOWN")),
            ..case("redactMessage", r#"{"messageId": "$message", "reason": "tarjeta de crédito"}"#) },
        Case { fields: "conversation { unread }", expected: r#"{"conversation": {"unread": 0}}"#,
            ..case("markConversationRead", "{}") },
        Case { fields: "conversation { phase handoff { status } }",
            expected: r#"{"conversation": {"phase": "AWAITING_AGENT", "handoff": {"status": "REQUESTED"}}}"#,
            // asking again for what was asked for is no change, whatever is asked: see below
            ..case("requestHandoff", HANDOFF) },
        Case { before: &[("requestHandoff", HANDOFF)], fields: "conversation { phase }",
            expected: r#"{"conversation": {"phase": "HUMAN_ACTIVE"}}"#,
            refused: Some((r#"{"agent": "$stranger"}"#, "MEMBER_NOT_FOUND")),
            ..case("acceptHandoff", "{}") },
        Case { before: &[("requestHandoff", HANDOFF), ("acceptHandoff", "{}")],
            fields: "conversation { phase }", expected: r#"{"conversation": {"phase": "PENDING_BOT"}}"#,
            refused: Some(("{}", "HANDOFF_NOT_ACCEPTED")), ..case("returnToBot", "{}") },
        case("pauseAi", r#"{"reason": "cliente molesto"}"#),
        Case { before: &[("pauseAi", "{}")], ..case("resumeAi", "{}") },
        Case { outbound: true, fields: "suggestion { status text }",
            expected: r#"{"suggestion": {"status": "PROPOSED", "text": "Abrimos a las 9."}}"#,
            refused: Some((r#"{"text": "x", "expiresSeconds": 1}"#, "INVALID_SUGGESTION_TTL")),
            ..case("suggestReply", SUGGEST) },
        Case { outbound: true, before: &[("suggestReply", SUGGEST)], fields: "message { text sender }",
            expected: r#"{"message": {"text": "Abrimos a las 9:00.", "sender": "AGENT"}}"#,
            refused: Some((r#"{"suggestionId": "$suggestion"}"#, "SUGGESTION_NOT_PENDING")),
            ..case("approveSuggestion", r#"{"suggestionId": "$suggestion", "editedText": "Abrimos a las 9:00."}"#) },
        Case { before: &[("suggestReply", SUGGEST)],
            refused: Some((r#"{"suggestionId": "$suggestion"}"#, "SUGGESTION_NOT_PENDING")),
            ..case("rejectSuggestion", r#"{"suggestionId": "$suggestion", "reason": "no es así"}"#) },
        // the tenant's AI only suggests, whatever the service would like
        Case { outbound: true, fields: "message { id } suggestion { status } actions",
            expected: r#"{"message": null, "suggestion": {"status": "PROPOSED"}}"#,
            refused: Some((r#"{"messageId": "$nobody", "category": "INFO", "confidenceBp": 9000, "model": "m", "promptVersion": "1", "tokens": 1}"#, "MESSAGE_UNKNOWN")),
            ..case("recordTriage", TRIAGE) },
        Case { outbound: true, before: &[("recordTriage", TRIAGE)],
            refused: Some((r#"{"action": "$action"}"#, "ACTION_NOT_PENDING")),
            ..case("approveAction", r#"{"action": "$action"}"#) },
        Case { before: &[("recordTriage", TRIAGE)],
            refused: Some((r#"{"action": "$action"}"#, "ACTION_NOT_PENDING")),
            ..case("rejectAction", r#"{"action": "$action", "reason": "ya existe"}"#) },
        Case { refused: Some((r#"{"messageId": "$nobody", "text": "x", "language": "es", "model": "w"}"#, "MESSAGE_UNKNOWN")),
            ..case("attachAudioTranscript", r#"{"messageId": "$message", "text": "Hola", "language": "es", "model": "w"}"#) },
        Case { fields: "conversation { status }", expected: r#"{"conversation": {"status": "RESOLVED"}}"#,
            ..case("resolveConversation", r#"{"resolution": "vendido"}"#) },
        Case { before: &[("resolveConversation", "{}")], fields: "conversation { status }",
            expected: r#"{"conversation": {"status": "OPEN"}}"#, ..case("reopenConversation", "{}") },
        Case { fields: "conversation { status }", expected: r#"{"conversation": {"status": "CLOSED"}}"#,
            ..case("closeConversation", "{}") },
        Case { before: &[("closeConversation", "{}")], fields: "conversation { status }",
            expected: r#"{"conversation": {"status": "ARCHIVED"}}"#, ..case("archiveConversation", "{}") },
        Case { fields: "conversation { status }", expected: r#"{"conversation": {"status": "SNOOZED"}}"#,
            refused: Some((r#"{"until": "2020-01-01T00:00:00Z"}"#, "INVALID_SNOOZE")),
            ..case("snoozeConversation", r#"{"until": "$later"}"#) },
        Case { before: &[("snoozeConversation", "{}")], fields: "conversation { status }",
            expected: r#"{"conversation": {"status": "OPEN"}}"#, ..case("unsnoozeConversation", "{}") },
        Case { refused: Some((r#"{"body": " "}"#, "INVALID_NOTE")),
            ..case("addNote", r#"{"body": "Cliente habitual"}"#) },
        Case { fields: "conversation { labels }", expected: r#"{"conversation": {"labels": ["VIP"]}}"#,
            refused: Some((r#"{"label": " "}"#, "INVALID_LABEL")), ..case("addLabel", r#"{"label": "VIP"}"#) },
        Case { before: &[("addLabel", r#"{"label": "VIP"}"#)], fields: "conversation { labels }",
            expected: r#"{"conversation": {"labels": []}}"#, ..case("removeLabel", r#"{"label": "vip"}"#) },
        Case { fields: "conversation { priority }", expected: r#"{"conversation": {"priority": "URGENT"}}"#,
            ..case("changePriority", r#"{"priority": "URGENT"}"#) },
        case("linkEntity", r#"{"kind": "TICKET", "entity": "018f0000-0000-7000-8000-000000000002"}"#),
        Case { fields: "conversation { team assignee { id } }",
            expected: r#"{"conversation": {"team": "ventas", "assignee": {"id": "$agent"}}}"#,
            refused: Some((r#"{"agent": "$stranger"}"#, "MEMBER_NOT_FOUND")),
            ..case("assignConversation", r#"{"agent": "$agent", "team": "ventas"}"#) },
        Case { before: &[("assignConversation", r#"{"team": "ventas"}"#)], fields: "conversation { team }",
            expected: r#"{"conversation": {"team": null}}"#, ..case("unassignConversation", "{}") },
        Case { outbound: true, fields: "conversation { priority labels }",
            expected: r#"{"conversation": {"priority": "HIGH", "labels": ["reclamo"]}}"#,
            refused: Some((r#"{"macroId": "018f0000-0000-7000-8000-000000000003", "version": 1, "steps": [{"assign": {"agent": "$stranger"}}]}"#, "MEMBER_NOT_FOUND")),
            ..case("applyMacro", r#"{"macroId": "018f0000-0000-7000-8000-000000000003", "version": 2, "steps": [
                {"sendText": {"body": "Lo vemos ya mismo."}}, {"addLabel": {"label": "reclamo"}},
                {"changePriority": {"priority": "HIGH"}}, {"assign": {"agent": "$agent"}}]}"#) },
        Case { outbound: true, fields: "message { kind sender }",
            expected: r#"{"message": {"kind": "INTERACTIVE", "sender": "SYSTEM"}}"#,
            refused: Some((r#"{"kind": "NPS", "content": {"text": {"body": " "}}}"#, "INVALID_TEXT")),
            ..case("requestSurvey", r#"{"kind": "CSAT"}"#) },
        Case { before: &[("requestSurvey", r#"{"kind": "CSAT"}"#)], fields: "conversation { survey { score } }",
            expected: r#"{"conversation": {"survey": {"score": 5}}}"#,
            refused: Some((r#"{"kind": "NPS", "score": 9}"#, "SURVEY_NOT_REQUESTED")),
            ..case("recordSurvey", r#"{"kind": "CSAT", "score": 5, "comment": "¡Genial!"}"#) },
        Case { fields: "conversation { status mergedInto { id } }",
            expected: r#"{"conversation": {"status": "MERGED", "mergedInto": {"id": "$other"}}}"#,
            ..case("mergeConversations", r#"{"into": "$other"}"#) },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_has_every_mutation_of_a_conversation() {
    let app = TestApp::start().await;
    let query = "{ __schema { mutationType { fields(includeDeprecated: true) { name type { ofType { fields { name \
        type { name } } } } args { type { ofType { inputFields { name } } } } } } } }";
    let reply = app.run(query, json!({})).await;
    let fields = reply.data()["__schema"]["mutationType"]["fields"].as_array().unwrap().clone();
    let named = |list: &Value, name: &str| {
        list.as_array().is_some_and(|list| list.iter().any(|field| field["name"] == name))
    };
    let of_conversations: BTreeSet<String> = fields
        .iter()
        .filter(|field| {
            let input = &field["args"][0]["type"]["ofType"]["inputFields"];
            named(&field["type"]["ofType"]["fields"], "conversation") && named(input, "id")
        })
        .map(|field| field["name"].as_str().unwrap().to_owned())
        // providers' facts by hand: graphql_facts.rs
        .filter(|name| name != "receiveMessage" && name != "recordDeliveryStatus")
        .collect();
    let listed: BTreeSet<String> = cases().iter().map(|case| case.name.to_owned()).collect();
    assert_eq!(of_conversations, listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_is_done_repeated_refused_and_unknown_to_others() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let foreign = TenantId::new(fresh());
    app.register(foreign, "otra").await;
    let foreign = stage.token_in(&app, foreign).await;
    for case in cases() {
        let scene = stage.scene(&app, case.before).await;
        let mut input = scene.input(case.input);
        let fields = format!("{} errors {{ __typename ... on UserError {{ code }} }}", case.fields);
        let ask =
            async |token: &str, input: &Value| give(&app, token, case.name, &fields, input).await;
        let stranger = ask(&foreign, &input).await;
        assert_eq!(
            stranger["errors"][0]["__typename"], "NotFoundError",
            "{}: {stranger:#}",
            case.name
        );

        input["idempotencyKey"] = json!(format!("k-{}", case.name));
        let first = ask(&stage.token, &input).await;
        assert_eq!(first["errors"], json!([]), "{}", case.name);
        for (field, expected) in scene.filled(case.expected).as_object().unwrap() {
            assert_eq!(first[field], *expected, "{}", case.name);
        }
        let receipt = "receipt { position version replayed } errors { ... on UserError { code } }";
        let before = events(&app).await;
        let again = give(&app, &stage.token, case.name, receipt, &input).await;
        assert_eq!(again["receipt"]["replayed"], true, "{}: {again:#}", case.name);
        assert_eq!(events(&app).await, before, "{}", case.name);

        if let Some((refused, code)) = case.refused {
            let refused = ask(&stage.token, &scene.input(refused)).await;
            assert_eq!(refused["errors"][0]["code"], code, "{}", case.name);
        }
        input["id"] = json!(scene.ids["nothing"]);
        input.as_object_mut().unwrap().remove("idempotencyKey");
        let nothing = ask(&stage.token, &input).await;
        assert_eq!(nothing["errors"][0]["code"], "CONVERSATION_NOT_FOUND", "{}", case.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_tenant_says_nothing_and_its_ai_does_nothing() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let mut ready: Vec<(Case, Scene)> = Vec::new();
    for case in cases() {
        let scene = stage.scene(&app, case.before).await;
        ready.push((case, scene));
    }
    // with something to say to the contact, a hand-off is outbound; without, it is work
    let notice = r#"{"reason": "AGENT", "notice": "Ya te atiende una persona."}"#;
    let telling = Case { outbound: true, ..case("requestHandoff", notice) };
    ready.push((telling, stage.scene(&app, &[]).await));
    let suspend = TenantCommand::Suspend { reason: "falta de pago".into() };
    app.execute::<Tenant>(app.tenant, &app.tenant.to_string(), suspend).await;
    // for as long as a tenant is believed active
    tokio::time::sleep(std::time::Duration::from_millis(2_200)).await;
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for (case, scene) in ready {
        let before = events(&app).await;
        let fields = "receipt { replayed } errors { __typename ... on UserError { code } }";
        let input = scene.input(case.input);
        let payload = give(&app, &stage.token, case.name, fields, &input).await;
        if case.outbound {
            let error = &payload["errors"][0];
            assert_eq!(error["code"], "TENANT_SUSPENDED", "{}: {payload:#}", case.name);
            assert_eq!(error["__typename"], "RefusedError", "{}", case.name);
            assert_eq!(events(&app).await, before, "{}", case.name);
            *held.entry(case.name).or_default() += 1;
        } else {
            assert_eq!(payload["errors"], json!([]), "{}", case.name);
        }
    }
    assert_eq!(held.len(), 10, "{held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_asked_for_within_a_time_that_makes_sense() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let scene = stage.scene(&app, &[]).await;
    for seconds in [0, -1, 10_000_000] {
        let input = scene.input(&format!(r#"{{"reason": "AGENT", "timeoutSeconds": {seconds}}}"#));
        let fields = "errors { ... on UserError { code path } }";
        let refused = give(&app, &stage.token, "requestHandoff", fields, &input).await;
        let error =
            json!([{ "code": "INVALID_HANDOFF_TIMEOUT", "path": ["input", "timeoutSeconds"] }]);
        assert_eq!(refused["errors"], error, "{seconds}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_may_give_none_of_them() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let scene = stage.scene(&app, &[]).await;
    let viewer = app.token(Role::Viewer);
    for case in cases() {
        let query = crate::mutation_stage::document(case.name, "receipt { position }");
        let variables = json!({ "input": scene.input(case.input) });
        let reply = app.run_as(&viewer, &query, variables).await;
        assert_eq!(reply.code(), "FORBIDDEN", "{}: {:#}", case.name, reply.body);
    }
}

async fn events(app: &TestApp) -> i64 {
    let count = sqlx::query_scalar("select count(*) from log.events");
    count.fetch_one(&app.db.pools().admin).await.unwrap()
}
